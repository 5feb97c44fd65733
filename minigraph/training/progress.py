"""What a person sees while a model trains: a bar in a terminal, a few lines anywhere else."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn

__all__ = ["ProgressBar", "shown"]

LINES = 10
"""How many lines a run writes where there is no terminal."""
NARROW = 72
"""Columns below which a terminal shows the figures without a bar."""


class ProgressBar:
    """The epoch, its loss and its metrics, on standard error: redrawn in a terminal, else a line now and then."""

    def __init__(self, epochs: int, console: Console | None = None) -> None:
        self.epochs = epochs
        self._console = console or Console(stderr=True)
        self._bar = self._redrawn() if self._console.is_terminal else None

    def _redrawn(self) -> Progress:
        epoch, figures = TextColumn("epoch {task.completed}/{task.total}"), TextColumn("{task.fields[figures]}")
        columns: list[ProgressColumn] = [epoch, figures]
        if self._console.width >= NARROW:
            columns = [epoch, BarColumn(bar_width=None), figures, TimeRemainingColumn()]
        bar = Progress(*columns, console=self._console, expand=True)
        self._task = bar.add_task("", total=self.epochs, figures="")
        return bar

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, epoch: int, figures: Mapping[str, float]) -> None:
        """Show the figures of the epoch that has just ended, counted from 1."""
        text = "  ".join(shown(name, figure) for name, figure in figures.items() if name != "validation loss")
        if self._bar:
            self._bar.update(self._task, completed=epoch, figures=text)
        elif epoch * LINES // self.epochs > (epoch - 1) * LINES // self.epochs:
            self._console.print(f"epoch {epoch}/{self.epochs}  {text}", soft_wrap=True, highlight=False, markup=False)


def shown(name: str, figure: float) -> str:
    """`loss 0.0547`, `held-out accuracy 96.0 %`."""
    label = name.replace("validation", "held-out")
    return f"{label} {figure:.1%}" if name.endswith("accuracy") else f"{label} {figure:#.4g}"
