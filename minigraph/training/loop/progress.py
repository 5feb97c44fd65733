"""What a person sees while a model trains: a bar, in a terminal with the time that is left, or a few lines elsewhere."""

import html
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Self
from uuid import uuid4

import numpy as np

from minigraph.core.errors import printable
from minigraph.training.loop.trainer import Callback, Trainer

__all__ = ["Progress", "progress_bar", "shown"]

LINES = 10
"""How many lines a run writes where nothing can be redrawn."""
BAR = range(5, 41)
"""The least and the most columns of a bar."""
REDRAWN = 0.2
"""Seconds after which it is shown anew how far an epoch is."""


class Progress(Callback):
    """The epoch and its figures on standard error: a bar in a terminal or a notebook, a few lines anywhere else."""

    everywhere = False

    def __init__(self) -> None:
        self._open = ExitStack()
        self._bar: _Lines | None = None

    def on_train_begin(self, trainer: Trainer) -> None:
        """Show the bar."""
        self._bar = self._open.enter_context(progress_bar(trainer.epochs))
        self._show_step(trainer, self._bar)

    def on_step_end(self, trainer: Trainer) -> None:
        """Show how far the epoch is, now and then."""
        if self._bar is not None and time.monotonic() - self._shown > REDRAWN:
            self._show_step(trainer, self._bar)

    def _show_step(self, trainer: Trainer, bar: "_Lines") -> None:
        bar.within(trainer.epoch, trainer.step / trainer.steps if trainer.steps else 0.0)
        self._shown = time.monotonic()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Show the figures of the epoch, if it is time."""
        if self._bar is not None and self._bar.is_due(trainer.epoch):
            self._show_epoch(trainer, self._bar)

    def _show_epoch(self, trainer: Trainer, bar: "_Lines") -> None:
        bar.show(trainer.epoch, {name: each[-1] for name, each in trainer.history.items() if np.ndim(each[-1]) == 0})

    def on_exit(self, trainer: Trainer) -> None:
        """Show the last epoch, and leave the terminal as it was."""
        if self._bar is not None and self._bar.redrawn and trainer.epoch:
            self._show_epoch(trainer, self._bar)
        self._bar = None
        self._open.close()


class _Lines:
    """A line after every tenth of the epochs, where nothing can be redrawn."""

    redrawn = False
    """Whether what is shown takes the place of what was shown before."""

    def __init__(self, epochs: int, console: Any) -> None:
        self._epochs, self._console = epochs, console

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def within(self, epoch: int, part: float) -> None:
        """Show, where it can be redrawn, that `epoch` epochs are done, and that part of the next: `epoch 2.4/20`."""

    def is_due(self, epoch: int) -> bool:
        """Whether to show an epoch that has just ended, counted from 1."""
        return epoch * LINES // self._epochs > (epoch - 1) * LINES // self._epochs

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Show the figures of an epoch; where nothing can be redrawn, of one that is due."""
        if self.is_due(epoch):
            text = "  ".join([f"epoch {epoch}/{self._epochs}", *_parts(figures)])
            self._console.print(text, soft_wrap=True, highlight=False, markup=False)


class _Redrawn(_Lines):
    """What shows an epoch in the place of the one before, from time to time."""

    redrawn = True
    _shown = _sent = _done = 0.0
    _first: float | None = None
    _ended = False
    _figures: Sequence[str] = ()

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended = True
        self._stop()

    def is_due(self, epoch: int) -> bool:
        return time.monotonic() - self._shown > REDRAWN

    def within(self, epoch: int, part: float) -> None:
        self._done = epoch + min(int(part * 10) / 10, 0.9)
        self._first = self._done if self._first is None else self._first
        if time.monotonic() - self._sent > REDRAWN:
            self._sent = time.monotonic()
            self._update()

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        self._figures = _parts(figures)
        self.within(epoch, 0)
        self._shown = time.monotonic()

    @property
    def _epoch(self) -> str:
        return f"epoch {self._done:g}/{self._epochs}"

    @property
    def _time(self) -> str:
        """How long it will take from here on, at the pace so far, or has taken once it has ended."""
        seconds = time.monotonic() - self._began
        if self._ended:
            return f"in {_clock(seconds)}"
        passed = self._done - (self._first or 0)
        return f"{_clock(seconds * (self._epochs - self._done) / passed)} left" if passed else ""

    def _start(self) -> None:
        """Begin to show it."""

    def _update(self) -> None:
        """Show it as it is now."""

    def _stop(self) -> None:
        """Show it for the last time."""


class _Bar(_Redrawn):
    """A bar in a terminal: on one line with the figures, or where they have no room there, above them."""

    _stacked = False

    def _start(self) -> None:
        live = import_module("rich.live").Live
        self._live = live(get_renderable=self._drawn, console=self._console, refresh_per_second=10)
        self._live.start()

    def _stop(self) -> None:
        self._live.stop()

    def _drawn(self) -> Any:
        parts = [self._epoch, *filter(None, [self._time])]
        width = self._console.width - sum(len(part) + 1 for part in parts)
        line = "  ".join(self._figures)
        self._stacked = self._stacked or width - len(line) - 1 < BAR[0]
        lines = import_module("rich.table").Table.grid(padding=(0, 1, 0, 0))
        bar = min(width if self._stacked else width - len(line) - 1, BAR[-1])
        cells: list[Any] = [_text(part) for part in parts]
        if bar in BAR:
            cells.insert(1, import_module("rich.progress_bar").ProgressBar(self._epochs, self._done, width=bar))
        if not self._stacked:
            lines.add_row(*cells, _text(line))
            return lines
        lines.add_row(*cells)
        return import_module("rich.console").Group(lines, *map(_text, _wrapped(self._figures, self._console.width)))


class _Cell(_Redrawn):
    """A bar below a notebook's cell: one output, which is replaced, and stays as the notebook is saved."""

    def __init__(self, epochs: int, console: Any) -> None:
        super().__init__(epochs, console)
        self._display: Any = import_module("IPython.display")
        self._id = uuid4().hex

    def _start(self) -> None:
        self._send(self._display.display)

    def _update(self) -> None:
        self._send(self._display.update_display)

    _stop = _update

    def _send(self, send: Any) -> None:
        text = "  ".join(filter(None, [self._epoch, self._time, *self._figures]))
        bar = f'<progress value="{self._done:g}" max="{self._epochs}"></progress>'
        send({"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}, raw=True, display_id=self._id)


def progress_bar(epochs: int, console: Any = None) -> _Lines:
    """The epoch, its loss and its metrics on a console of rich's, unless given standard error, redrawn where that can be.

    FORCE_COLOR makes no terminal of a pipe, and what CI keeps as a log cannot be redrawn.
    """
    if console is None:
        redrawn = sys.stderr.isatty() and not os.environ.get("CI")
        console = import_module("rich.console").Console(stderr=True, force_interactive=None if redrawn else False, emoji=False)
    kind = _Cell if console.is_jupyter else _Bar if console.is_interactive else _Lines
    return kind(epochs, console)


def _clock(seconds: float) -> str:
    """A time as a clock shows it.

    >>> _clock(5.2), _clock(3725)
    ('0:05', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _text(line: str) -> Any:
    """A line that takes no part of itself for colours."""
    return import_module("rich.text").Text(line)


def _wrapped(parts: Sequence[str], width: int) -> list[str]:
    """Figures in lines of at most that width, none broken if it fits."""
    lines = list(parts[:1])
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 2 <= width:
            lines[-1] += f"  {part}"
        else:
            lines.append(part)
    return lines


def _parts(figures: Mapping[str, float]) -> list[str]:
    """The figures of an epoch, such as `accuracy 98.5%, validation 96.0%`; beside others the validation loss is left out."""
    parts = []
    alone = figures.keys() <= {"loss", "validation loss"}
    for name in (name for name in figures if not name.startswith("validation ")):
        validation = figures.get(f"validation {name}") if name != "loss" or alone else None
        text = shown(name, figures[name]) + ("" if validation is None else f", validation {_number(name, validation)}")
        parts.append(printable(text))
    return parts


def shown(name: str, figure: float) -> str:
    """A figure of a history as a person reads it.

    >>> shown("loss", 0.05471), shown("validation accuracy", 0.96)
    ('loss 0.05471', 'validation accuracy 96.0%')
    """
    return f"{name} {_number(name, figure)}"


PERCENT = ("accuracy", "calibration error", "largest class")
"""How the names of figures end that a person reads in per cent."""


def _number(name: str, figure: float) -> str:
    if name.endswith(PERCENT):
        return f"{figure:.1%}"
    return f"{figure:.0f}" if 1000 <= abs(figure) < 1e7 else f"{figure:#.4g}"
