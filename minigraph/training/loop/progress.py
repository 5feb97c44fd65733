"""What a person sees while a model trains: a bar in a terminal or a notebook, a few lines anywhere else."""

import html
import os
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, Self
from uuid import uuid4

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.table import Column

from minigraph.core.errors import printable

__all__ = ["ProgressBar", "shown"]

LINES = 10
"""How many lines a run writes where nothing can be redrawn."""
FIGURES = 68
"""The columns that the epoch, a loss and an accuracy take; the bar has what a terminal leaves, if that is enough."""
BAR = range(10, 41)
"""The least and the most columns of a bar."""
REDRAWN = 0.2
"""Seconds after which a notebook is sent how far a run is."""


class ProgressBar:
    """The epoch, its loss and its metrics, on standard error: redrawn in a terminal or a notebook, else a line now and then."""

    def __init__(self, epochs: int, console: Console | None = None) -> None:
        self.epochs = epochs
        self._view = _view(epochs, console or _standard_error())

    def __enter__(self) -> Self:
        self._view.begin()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._view.end()

    def within(self, epoch: int, part: float) -> None:
        """Show, where it can be redrawn, that `epoch` epochs are done, and that part of the next: `epoch 2.4/20`."""
        self._view.redraw(epoch + min(int(part * 10) / 10, 0.9))

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Show the figures of the epoch that has just ended, counted from 1."""
        text = "  ".join(_with_validation(name, figures) for name in figures if not name.startswith("validation "))
        self._view.show(epoch, printable(text))


class _View(Protocol):
    """Where the progress is shown."""

    def begin(self) -> None: ...

    def redraw(self, done: float) -> None:
        """Show that so many epochs are done."""

    def show(self, epoch: int, text: str) -> None:
        """Show the figures of an epoch that is done."""

    def end(self) -> None: ...


def _standard_error() -> Console:
    """Standard error; FORCE_COLOR makes no terminal of a pipe, and what CI keeps as a log cannot be redrawn."""
    redrawn = sys.stderr.isatty() and not os.environ.get("CI")
    return Console(stderr=True, force_interactive=None if redrawn else False, emoji=False)


def _view(epochs: int, console: Console) -> _View:
    if console.is_jupyter:
        return _Cell(epochs)
    return _Bar(epochs, console) if console.is_interactive else _Lines(epochs, console)


class _Lines:
    """A line after every tenth of the epochs."""

    def __init__(self, epochs: int, console: Console) -> None:
        self._epochs, self._console = epochs, console

    def begin(self) -> None:
        pass

    def redraw(self, done: float) -> None:
        pass

    def show(self, epoch: int, text: str) -> None:
        if epoch * LINES // self._epochs > (epoch - 1) * LINES // self._epochs:
            self._console.print(f"epoch {epoch}/{self._epochs}  {text}", soft_wrap=True, highlight=False, markup=False)

    def end(self) -> None:
        pass


class _Bar:
    """A bar in a terminal."""

    def __init__(self, epochs: int, console: Console) -> None:
        epoch = TextColumn("epoch {task.completed:g}/{task.total}", table_column=Column(no_wrap=True))
        figures = TextColumn("{task.fields[figures]}", table_column=Column(overflow="fold"), markup=False)
        left = min(console.width - FIGURES, BAR[-1])
        columns: list[ProgressColumn] = [epoch, BarColumn(bar_width=left), figures] if left in BAR else [epoch, figures]
        self._progress = Progress(*columns, console=console)
        self._task = self._progress.add_task("", total=epochs, figures="")
        self.begin, self.end = self._progress.start, self._progress.stop

    def redraw(self, done: float) -> None:
        self._progress.update(self._task, completed=done)

    def show(self, epoch: int, text: str) -> None:
        self._progress.update(self._task, completed=epoch, figures=text)


class _Cell:
    """A bar below a notebook's cell: one output, which is replaced, and stays as the notebook is kept."""

    def __init__(self, epochs: int) -> None:
        self._epochs, self._text, self._id = epochs, "", uuid4().hex
        self._display: Any = import_module("IPython.display")
        self._done, self._sent = 0.0, 0.0

    def begin(self) -> None:
        self._send(self._display.display)

    def redraw(self, done: float) -> None:
        self._done = done
        if time.monotonic() - self._sent > REDRAWN:
            self._send(self._display.update_display)

    def show(self, epoch: int, text: str) -> None:
        self._text = text
        self.redraw(epoch)

    def end(self) -> None:
        self._send(self._display.update_display)

    def _send(self, send: Any) -> None:
        text = f"epoch {self._done:g}/{self._epochs}  {self._text}".rstrip()
        bar = f'<progress value="{self._done:g}" max="{self._epochs}"></progress>'
        send({"text/plain": text, "text/html": f"{bar} {html.escape(text)}"}, raw=True, display_id=self._id)
        self._sent = time.monotonic()


def _with_validation(name: str, figures: Mapping[str, float]) -> str:
    """`accuracy 98.5%, validation 96.0%`; the validation loss is left to the history."""
    validation = figures.get(f"validation {name}")
    after = f", validation {_written(name, validation)}" if validation is not None and name != "loss" else ""
    return f"{name} {_written(name, figures[name])}{after}"


def shown(name: str, figure: float) -> str:
    """A figure of a history as a person reads it.

    >>> shown("loss", 0.05471), shown("validation accuracy", 0.96)
    ('loss 0.05471', 'validation accuracy 96.0%')
    """
    return f"{name} {_written(name, figure)}"


def _written(name: str, figure: float) -> str:
    return f"{figure:.1%}" if name.endswith("accuracy") else f"{figure:#.4g}"
