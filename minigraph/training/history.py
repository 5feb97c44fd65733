"""The figures of a training run, epoch by epoch."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from minigraph.errors import UnknownNameError, listing, nearest
from minigraph.training.plots import plot_history

__all__ = ["History"]


class History(Mapping[str, list[Any]]):
    """One list of figures, an epoch each, by name: `history["loss"]`, `history["validation accuracy"]`.

    A figure is a number, or an array such as a confusion matrix. `statistics` holds in the same way what the extension
    Statistics measures, `test` the figures of the test data by name, and `stopped` why a run ended before its time.

    >>> history = History()
    >>> history.add({"loss": 0.7, "accuracy": 0.5})
    >>> history.add({"loss": 0.25, "accuracy": 1.0})
    >>> history
    History of 2 epochs: loss 0.7 → 0.25, accuracy 0.5 → 1
    >>> history["loss"]
    [0.7, 0.25]
    """

    def __init__(self) -> None:
        self._figures: dict[str, list[Any]] = {}
        self.statistics: dict[str, list[float]] = {}
        self.test: dict[str, Any] = {}
        self.epochs = 0
        self.stopped = ""

    def add(self, figures: Mapping[str, Any], statistics: Mapping[str, float] | None = None) -> None:
        """Add the figures of one more epoch."""
        self.epochs += 1
        for name, figure in figures.items():
            self._figures.setdefault(name, []).append(figure)
        for name, figure in (statistics or {}).items():
            self.statistics.setdefault(name, []).append(figure)

    def plot(self, file: str | os.PathLike[str]) -> Path:
        """Draw the curves, training and held-out, into a file whose suffix says the format: .png, .svg or .pdf."""
        return plot_history({name: figures for name, figures in self.items() if np.ndim(figures[0]) == 0}, file)

    def state(self) -> dict[str, Any]:
        """All of it, as JSON can hold it; floating-point numbers keep every bit."""
        figures = {name: [np.asarray(each).tolist() for each in figures] for name, figures in self.items()}
        return {"epochs": self.epochs, "figures": figures, "statistics": self.statistics}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """The history that gave this state."""
        history = cls()
        history.epochs = int(state["epochs"])
        for name, figures in state["figures"].items():
            history._figures[name] = [np.asarray(each) if isinstance(each, list) else each for each in figures]
        history.statistics = dict(state["statistics"])
        return history

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self._figures:
            raise UnknownNameError(
                f"The history holds no {name!r}; it has {listing(self._figures)}.{nearest(str(name), self._figures)}"
            )
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        numbers = {name: figures for name, figures in self.items() if np.ndim(figures[0]) == 0}
        changes = ", ".join(f"{name} {figures[0]:.4g} → {figures[-1]:.4g}" for name, figures in numbers.items())
        return f"History of {self.epochs} epoch{'s' * (self.epochs != 1)}: {changes}"
