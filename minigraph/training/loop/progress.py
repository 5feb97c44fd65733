"""What a person sees while a model trains: a bar, in a terminal with the time that is left, or a few lines elsewhere."""

import html
import os
import sys
import time
from collections.abc import Mapping
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
FIGURES = 68
"""The columns that the epoch, a loss and an accuracy take; the bar has what a terminal leaves, if that is enough."""
TIME = 6
"""Those that the time that is left takes."""
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
            text = f"epoch {epoch}/{self._epochs}  {_line(figures)}"
            self._console.print(text, soft_wrap=True, highlight=False, markup=False)


class _Redrawn(_Lines):
    """What shows an epoch in the place of the one before, from time to time."""

    redrawn = True
    _shown = 0.0

    def is_due(self, epoch: int) -> bool:
        return time.monotonic() - self._shown > REDRAWN


class _Bar(_Redrawn):
    """A bar in a terminal."""

    def __init__(self, epochs: int, console: Any) -> None:
        super().__init__(epochs, console)
        rich, column = import_module("rich.progress"), import_module("rich.table").Column
        epoch = rich.TextColumn("epoch {task.completed:g}/{task.total}", table_column=column(no_wrap=True))
        figures = rich.TextColumn("{task.fields[figures]}", table_column=column(overflow="fold"), markup=False)
        left = min(console.width - FIGURES - TIME, BAR[-1])
        bar = [rich.BarColumn(bar_width=left), rich.TimeRemainingColumn(compact=True)] if left in BAR else []
        columns = [epoch, *bar, figures]
        self._progress = rich.Progress(*columns, console=console)
        self._task = self._progress.add_task("", total=epochs, figures="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def within(self, epoch: int, part: float) -> None:
        self._progress.update(self._task, completed=_done(epoch, part))

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        self._progress.update(self._task, completed=epoch, figures=_line(figures))
        self._shown = time.monotonic()


class _Cell(_Redrawn):
    """A bar below a notebook's cell: one output, which is replaced, and stays as the notebook is saved."""

    def __init__(self, epochs: int, console: Any) -> None:
        super().__init__(epochs, console)
        self._display: Any = import_module("IPython.display")
        self._text, self._id, self._done, self._sent = "", uuid4().hex, 0.0, 0.0

    def __enter__(self) -> Self:
        self._send(self._display.display)
        return self

    def __exit__(self, *exception: object) -> None:
        self._send(self._display.update_display)

    def within(self, epoch: int, part: float) -> None:
        self._done = _done(epoch, part)
        if time.monotonic() - self._sent > REDRAWN:
            self._send(self._display.update_display)

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        self._text = _line(figures)
        self.within(epoch, 0)
        self._shown = time.monotonic()

    def _send(self, send: Any) -> None:
        text = f"epoch {self._done:g}/{self._epochs}  {self._text}".rstrip()
        bar = f'<progress value="{self._done:g}" max="{self._epochs}"></progress>'
        send({"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}, raw=True, display_id=self._id)
        self._sent = time.monotonic()


def progress_bar(epochs: int, console: Any = None) -> _Lines:
    """The epoch, its loss and its metrics on a console of rich's, unless given standard error, redrawn where that can be.

    FORCE_COLOR makes no terminal of a pipe, and what CI keeps as a log cannot be redrawn.
    """
    if console is None:
        redrawn = sys.stderr.isatty() and not os.environ.get("CI")
        console = import_module("rich.console").Console(stderr=True, force_interactive=None if redrawn else False, emoji=False)
    kind = _Cell if console.is_jupyter else _Bar if console.is_interactive else _Lines
    return kind(epochs, console)


def _done(epoch: int, part: float) -> float:
    return epoch + min(int(part * 10) / 10, 0.9)


def _line(figures: Mapping[str, float]) -> str:
    """The figures of an epoch: `accuracy 98.5%, validation 96.0%`; the validation loss is left to the history."""
    parts = []
    for name in (name for name in figures if not name.startswith("validation ")):
        validation = figures.get(f"validation {name}") if name != "loss" else None
        parts.append(shown(name, figures[name]) + ("" if validation is None else f", validation {_number(name, validation)}"))
    return printable("  ".join(parts))


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
