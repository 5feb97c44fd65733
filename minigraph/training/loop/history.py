"""The figures of a training run, epoch by epoch, and which epoch is the best."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from minigraph.core.errors import UnknownNameError, listing, nearest
from minigraph.training.checks import check_fields, numbers
from minigraph.training.metrics.plots import plot_history

__all__ = ["Best", "History", "best_epoch"]


class History(Mapping[str, list[Any]]):
    """The figures of a run, one list of an epoch each by name: `history["loss"]`, `history["validation accuracy"]`.

    A figure is a number, or an array such as a confusion matrix.

    Attributes
    ----------
    epochs : int
        How many epochs there are.
    statistics : dict
        In the same way what the callback Statistics measures.
    test : dict
        The figures of the test set by name.
    stopped : str
        Why a run ended early, or "".

    Examples
    --------
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
        """Draw the curves, training and validation, into a file whose suffix says the format: .png, .svg or .pdf."""
        return plot_history({name: figures for name, figures in self.items() if np.ndim(figures[0]) == 0}, file)

    def state(self, start: int = 0) -> dict[str, Any]:
        """All of it, or the epochs after `start`, as JSON can hold it; floating-point numbers keep every bit."""
        figures = {
            name: [each if type(each) is float else np.asarray(each).tolist() for each in figures[start:]]
            for name, figures in self.items()
        }
        statistics = {name: figures[start:] for name, figures in self.statistics.items()}
        return {"epochs": self.epochs - start, "figures": figures, "statistics": statistics}

    @classmethod
    def of(cls, states: Iterable[Mapping[str, Any]]) -> Self:
        """The history that gave these states, of some epochs each; a ValueError where they are none of the kind."""
        history = cls()
        for state in states:
            _check(state)
            history.epochs += state["epochs"]
            for name, figures in state["figures"].items():
                history._figures.setdefault(name, []).extend(np.asarray(f) if isinstance(f, list) else f for f in figures)
            for name, figures in state["statistics"].items():
                history.statistics.setdefault(name, []).extend(figures)
        if any(len(figures) != history.epochs for figures in (*history.values(), *history.statistics.values())):
            raise ValueError("not as many figures as epochs")
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


class Best:
    """The best epoch of a history: to ask after each epoch costs as much after many of them as after few."""

    def __init__(self, figure: str, larger: bool = False) -> None:
        self._figure, self._larger = figure, larger
        self._history: Mapping[str, Sequence[float]] | None = None

    def epoch(self, history: Mapping[str, Sequence[float]]) -> int:
        """The first epoch with the smallest, or the largest, figure so far."""
        if history is not self._history:
            self._history, self._seen, self._best, self._least = history, 0, 1, np.inf
        figures = history[self._figure] if history else []
        for epoch in range(self._seen + 1, len(figures) + 1):
            signed = figures[epoch - 1] * (-1 if self._larger else 1)
            if signed < self._least:
                self._best, self._least = epoch, signed
        self._seen = len(figures)
        return self._best


def best_epoch(figures: Sequence[float], larger: bool = False) -> int:
    """The first epoch with the smallest, or the largest, of the figures; one that is not a number is never the best.

    >>> best_epoch([3.0, 1.0, 1.0, 2.0])
    2
    """
    return Best("figures", larger).epoch({"figures": figures})


def _check(state: Any) -> None:
    """Raise a ValueError unless it is what `History.state` gives."""
    check_fields(state, {"epochs": int, "figures": dict, "statistics": dict})
    for kind in ("statistics", "figures"):
        for name, figures in state[kind].items():
            if not isinstance(figures, list) or numbers(figures).ndim < 1 or (kind == "statistics" and np.ndim(figures) != 1):
                raise ValueError(f"{name} is no list of {kind}")
