"""What a person sees while a model trains: a bar in a terminal, a few lines anywhere else."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
from rich.table import Column

__all__ = ["ProgressBar", "shown"]

LINES = 10
"""How many lines a run writes where there is no terminal."""
FIGURES = 66
"""The columns that the epoch, a loss and an accuracy take; the bar has what a terminal leaves, if that is enough."""
BAR = range(10, 41)
"""The least and the most columns of a bar."""


class ProgressBar:
    """The epoch, its loss and its metrics, on standard error: redrawn in a terminal, else a line now and then."""

    def __init__(self, epochs: int, console: Console | None = None) -> None:
        self.epochs = epochs
        self._console = console or Console(stderr=True)
        self._bar = self._redrawn() if self._console.is_terminal else None

    def _redrawn(self) -> Progress:
        epoch = TextColumn("epoch {task.completed:g}/{task.total}", table_column=Column(no_wrap=True))
        figures = TextColumn("{task.fields[figures]}", table_column=Column(overflow="fold"))
        left = min(self._console.width - FIGURES, BAR[-1])
        columns: list[ProgressColumn] = [epoch, BarColumn(bar_width=left), figures] if left in BAR else [epoch, figures]
        bar = Progress(*columns, console=self._console)
        self._task = bar.add_task("", total=self.epochs, figures="")
        return bar

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def within(self, epoch: int, part: float) -> None:
        """Show in a terminal that `epoch` epochs are done, and that part of the next: `epoch 2.4/20`."""
        if self._bar:
            self._bar.update(self._task, completed=epoch + min(int(part * 10) / 10, 0.9))

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Show the figures of the epoch that has just ended, counted from 1."""
        text = "  ".join(_with_held_out(name, figures) for name in figures if not name.startswith("validation "))
        if self._bar:
            self._bar.update(self._task, completed=epoch, figures=text)
        elif epoch * LINES // self.epochs > (epoch - 1) * LINES // self.epochs:
            self._console.print(f"epoch {epoch}/{self.epochs}  {text}", soft_wrap=True, highlight=False, markup=False)


def _with_held_out(name: str, figures: Mapping[str, float]) -> str:
    """`accuracy 98.5%, held-out 96.0%`; the held-out loss is left to the history."""
    held_out = figures.get(f"validation {name}")
    beside = f", held-out {_written(name, held_out)}" if held_out is not None and name != "loss" else ""
    return f"{name} {_written(name, figures[name])}{beside}"


def shown(name: str, figure: float) -> str:
    """A figure of a history as a person reads it.

    >>> shown("loss", 0.05471), shown("validation accuracy", 0.96)
    ('loss 0.05471', 'held-out accuracy 96.0%')
    """
    return f"{name.replace('validation', 'held-out')} {_written(name, figure)}"


def _written(name: str, figure: float) -> str:
    return f"{figure:.1%}" if name.endswith("accuracy") else f"{figure:#.4g}"
