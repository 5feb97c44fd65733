"""Schedules: the learning rate as a function of how many steps were taken before.

A schedule is written in NumPy's language, so it takes a number, to be looked at, and a node, to be part of an update:
`mg.SGD(cosine(0.1, steps=1000))`. Rates are computed in float64.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.core.errors import GraphError, UnknownNameError, listing
from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Node
from minigraph.training.checks import check_number, check_whole

__all__ = ["FromHistory", "Schedule", "cosine", "one_cycle", "plateau", "step_decay", "tabulated", "warm_up"]

Schedule = Callable[[Any], Any]
"""From the number of steps taken to the learning rate; a function of one's own must be written for nodes too."""


def tabulated(curve: Callable[[int], float], steps: int) -> Schedule:
    """Any function of the step's number, from 0: its values are looked up, and after `steps` steps it stays at `curve(steps)`.

    >>> rate = tabulated(lambda step: 0.1 if step % 2 else 0.2, steps=3)
    >>> [float(rate(step)) for step in range(6)]
    [0.2, 0.1, 0.2, 0.1, 0.1, 0.1]
    """
    check_whole("steps", steps, 1)
    table = np.array([float(curve(step)) for step in range(steps + 1)])
    if not (np.isfinite(table).all() and (table >= 0).all()):
        bad = int(np.argmin(np.isfinite(table) & (table >= 0)))
        raise GraphError(f"The schedule gives {table[bad]} at step {bad}: a learning rate is a finite number, 0 or more.")
    held = Constant(table, dtype=np.float64)

    def rate(step: Any) -> Any:
        place = np.minimum(step, steps).astype(np.int64)
        return np.take(held if isinstance(place, Node) else table, place)

    return rate


def cosine(learning_rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Half a cosine wave down from `learning_rate` to `end` in `steps` steps.

    end + ½ (learning_rate − end) (1 + cos(π t / steps)): Loshchilov and Hutter, SGDR, 2017.

    >>> [round(float(cosine(0.1, steps=4)(step)), 4) for step in range(6)]
    [0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0]
    """
    check_number("learning_rate", learning_rate, above=0)
    check_number("end", end, least=0)
    return tabulated(lambda step: _between(learning_rate, end, step / steps), steps)


def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """The learning rate multiplied by `factor` after every `every` steps.

    >>> [float(step_decay(1.0, every=2, factor=0.5)(step)) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    check_number("learning_rate", learning_rate, above=0)
    check_whole("every", every, 1)
    check_number("factor", factor, above=0)

    def rate(step: Any) -> Any:
        drops = np.divide(step, every).astype(np.int64)
        return learning_rate * np.power(factor, drops.astype(np.float64))

    return rate


def warm_up(schedule: Schedule | float, steps: int) -> Schedule:
    """A straight line up to the first rate of `schedule` in `steps` steps, then the schedule, which counts from there.

    >>> [round(float(warm_up(0.4, steps=4)(step)), 4) for step in range(6)]
    [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    """
    check_whole("steps", steps, 1)
    if not callable(schedule):
        check_number("The learning rate", schedule, above=0)

    def rate(step: Any) -> Any:
        later = schedule(np.maximum(np.subtract(step, steps), 0)) if callable(schedule) else schedule
        return np.minimum(np.add(step, 1) / steps, 1) * later

    return rate


def one_cycle(
    learning_rate: float, steps: int, warm_up: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25
) -> Schedule:
    """Up to `learning_rate` in the first part, `warm_up`, of the steps, and down to almost nothing, both along cosines.

    It begins at `start` and ends at `end` of the learning rate. Smith and Topin, Super-convergence, 2019; the defaults are
    PyTorch's.

    >>> [round(float(one_cycle(1.0, steps=10)(step)), 4) for step in (0, 2, 5, 9)]
    [0.04, 1.0, 0.6113, 0.0]
    """
    check_number("learning_rate", learning_rate, above=0)
    check_whole("steps", steps, 3)
    check_number("warm_up", warm_up, above=0, below=1)
    top, last = warm_up * steps - 1, steps - 1

    def curve(step: int) -> float:
        if step <= top:
            return _between(start * learning_rate, learning_rate, step / top)
        return _between(learning_rate, end * learning_rate, (min(step, last) - top) / (last - top))

    return tabulated(curve, steps)


def _between(start: float, end: float, part: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2


class FromHistory(Variable):
    """A variable that depends on the figures of the epochs so far: whoever trains sets it after each epoch."""

    def __init__(self, name: str, follow: Callable[[Mapping[str, Sequence[float]]], float]) -> None:
        super().__init__(name, 1.0, np.float64)
        self.follow = follow


@dataclass(frozen=True)
class plateau:
    """The learning rate multiplied by `factor` whenever `monitor` has not become smaller for `patience` epochs.

    `monitor` names a figure of the history; where a larger one is better, say `larger=True`. After each reduction the epochs
    are counted anew. `mg.train` looks at the history after each epoch.

    >>> schedule = plateau(0.1, monitor="loss", patience=1)
    >>> schedule.scale_after([3.0, 2.0, 2.0, 2.5, 1.0])
    0.1
    """

    learning_rate: float
    monitor: str = "validation loss"
    factor: float = 0.1
    patience: int = 10
    larger: bool = False
    scale: FromHistory = field(init=False, repr=False)
    _looked: "_Looked" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("factor", self.factor, above=0, below=1)
        check_whole("patience", self.patience, 0)
        object.__setattr__(self, "_looked", _Looked({}))
        object.__setattr__(self, "scale", FromHistory(f"scale after plateaus of {self.monitor}", self._follow))

    def __call__(self, step: Any) -> Any:
        return self.learning_rate * self.scale if isinstance(step, Node) else self.learning_rate

    def _follow(self, history: Mapping[str, Sequence[float]]) -> float:
        if history and self.monitor not in history:
            raise UnknownNameError(
                f"The learning rate follows the plateaus of {self.monitor!r}, and the history has {listing(history)}."
            )
        if history is not self._looked.history:
            object.__setattr__(self, "_looked", _Looked(history))
        return self._looked.scale_after(self, history[self.monitor] if history else [])

    def scale_after(self, figures: Sequence[float]) -> float:
        """By what the learning rate is multiplied after epochs with these figures."""
        return _Looked({}).scale_after(self, figures)


class _Looked:
    """How far a plateau has looked at a history: each look costs what the epochs since the last do."""

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history
        self._seen, self._best, self._waited, self._scale = 0, math.inf, 0, 1.0

    def scale_after(self, schedule: plateau, figures: Sequence[float]) -> float:
        for figure in figures[self._seen :]:
            signed = -figure if schedule.larger else figure
            self._best, self._waited = (signed, 0) if signed < self._best else (self._best, self._waited + 1)
            if self._waited > schedule.patience:
                self._scale, self._waited = self._scale * schedule.factor, 0
        self._seen = len(figures)
        return self._scale
