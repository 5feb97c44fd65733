"""The figures of a training run, epoch by epoch."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from minigraph.errors import UnknownNameError, listing, nearest
from minigraph.training.plots import plot_history

__all__ = ["History"]


class History(Mapping[str, list[float]]):
    """One list of figures, an epoch each, by name: `history["loss"]`, `history["validation accuracy"]`.

    >>> history = History()
    >>> history.add({"loss": 0.7, "accuracy": 0.5})
    >>> history.add({"loss": 0.25, "accuracy": 1.0})
    >>> history
    History of 2 epochs: loss 0.7 → 0.25, accuracy 0.5 → 1
    >>> history["loss"]
    [0.7, 0.25]
    """

    def __init__(self) -> None:
        self._figures: dict[str, list[float]] = {}
        self.epochs = 0

    def add(self, figures: Mapping[str, float]) -> None:
        """Add the figures of one more epoch."""
        self.epochs += 1
        for name, figure in figures.items():
            self._figures.setdefault(name, []).append(figure)

    def plot(self, file: str | os.PathLike[str]) -> Path:
        """Draw the curves, training and held-out, into a file whose suffix says the format: .png, .svg or .pdf."""
        return plot_history(self, file)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self._figures:
            raise UnknownNameError(
                f"The history holds no {name!r}; it has {listing(self._figures)}.{nearest(name, self._figures)}"
            )
        return self._figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        changes = ", ".join(f"{name} {figures[0]:.4g} → {figures[-1]:.4g}" for name, figures in self.items())
        return f"History of {self.epochs} epoch{'s' * (self.epochs != 1)}: {changes}"
