"""Learning-rate schedules: the learning rate as a function of how many steps were taken before.

A schedule is written in NumPy's language, so it takes a number, to be read, and a node, to be part of an update:
`mg.SGD(cosine(0.1, steps=1000))`. Rates are computed in float64.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError, UnknownNameError, listing
from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Node
from minigraph.training.checks import check_number, check_whole

__all__ = ["FromHistory", "Schedule", "cosine", "one_cycle", "plateau", "step_decay", "tabulated", "warm_up"]

Schedule = Callable[[Any], Any]
"""From the number of steps taken to the learning rate; a function of one's own must be written for nodes too. Those here can be
pickled, with the optimizer."""


def tabulated(curve: Callable[[int], float], steps: int) -> Schedule:
    """Any function of the step's number: its values are looked up in a table.

    Parameters
    ----------
    curve : callable
        A function from a step's number, from 0, to the learning rate, in plain Python.
    steps : int
        Up to where it is tabulated: after so many steps the rate stays at `curve(steps)`.

    Returns
    -------
    Schedule
        The learning-rate schedule, as `mg.SGD` and every other optimizer takes it; so it is with all functions here.

    Raises
    ------
    GraphError
        For a learning rate that is negative or not finite.

    Examples
    --------
    >>> rate = tabulated(lambda step: 0.1 if step % 2 else 0.2, steps=3)
    >>> [float(rate(step)) for step in range(6)]
    [0.2, 0.1, 0.2, 0.1, 0.1, 0.1]
    """
    check_whole("steps", steps, 1)
    table = np.array([float(curve(step)) for step in range(steps + 1)])
    if not (np.isfinite(table).all() and (table >= 0).all()):
        bad = int(np.argmin(np.isfinite(table) & (table >= 0)))
        raise GraphError(f"The schedule gives {table[bad]} at step {bad}: a learning rate is a finite number, 0 or more.")
    return partial(_looked_up, table)


def _looked_up(table: NDArray[np.float64], step: Any) -> Any:
    place = np.minimum(step, len(table) - 1).astype(np.int64)
    return np.take(Constant(table, dtype=np.float64) if isinstance(place, Node) else table, place)


def cosine(learning_rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Half a cosine wave down: end + ½ (learning_rate − end) (1 + cos(π t / steps)) at step t.

    Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017.

    Parameters
    ----------
    learning_rate : float
        The first rate, more than 0.
    steps : int
        How many steps it takes to the last.
    end : float
        The last rate, at which it stays.

    Examples
    --------
    >>> [round(float(cosine(0.1, steps=4)(step)), 4) for step in range(6)]
    [0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0]
    """
    check_number("learning_rate", learning_rate, above=0)
    check_number("end", end, least=0)
    return tabulated(lambda step: _between(learning_rate, end, step / steps), steps)


def step_decay(learning_rate: float, every: int, factor: float = 0.1) -> Schedule:
    """The learning rate multiplied by a factor after every so many steps.

    Parameters
    ----------
    learning_rate : float
        The first rate, more than 0.
    every : int
        How many steps are between two changes.
    factor : float
        By what the rate is multiplied, more than 0.

    Examples
    --------
    >>> [float(step_decay(1.0, every=2, factor=0.5)(step)) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    check_number("learning_rate", learning_rate, above=0)
    check_whole("every", every, 1)
    check_number("factor", factor, above=0)
    return partial(_dropped, learning_rate, every, factor)


def _dropped(learning_rate: float, every: int, factor: float, step: Any) -> Any:
    drops = np.divide(step, every).astype(np.int64)
    return learning_rate * np.power(factor, drops.astype(np.float64))


def warm_up(schedule: Schedule | float, steps: int) -> Schedule:
    """A straight line up to the first rate of a schedule, then the schedule, which counts from there.

    Parameters
    ----------
    schedule : Schedule or float
        Another schedule, or a learning rate that is constant.
    steps : int
        How many steps the line takes.

    Examples
    --------
    >>> [round(float(warm_up(0.4, steps=4)(step)), 4) for step in range(6)]
    [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    """
    check_whole("steps", steps, 1)
    if not callable(schedule):
        check_number("The learning rate", schedule, above=0)
    return partial(_warmed, schedule, steps)


def _warmed(schedule: Schedule | float, steps: int, step: Any) -> Any:
    later = schedule(np.maximum(np.subtract(step, steps), 0)) if callable(schedule) else schedule
    return np.minimum(np.add(step, 1) / steps, 1) * later


def one_cycle(
    learning_rate: float, steps: int, warm_up: float = 0.3, start: float = 1 / 25, end: float = 1e-4 / 25
) -> Schedule:
    """Up to a learning rate in the first part of the steps, and down to almost nothing, both along cosines.

    Smith and Topin, Super-convergence: very fast training of neural networks using large learning rates, 2019; the defaults
    are PyTorch's.

    Parameters
    ----------
    learning_rate : float
        The largest rate, more than 0.
    steps : int
        How many steps there are, at least 3.
    warm_up : float
        In which part of them the rate grows, between 0 and 1.
    start, end : float
        At which fraction of the learning rate it begins and ends.

    Examples
    --------
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
    """A variable that depends on the history: the trainer sets it after each epoch, to what `follow` gives for the figures."""

    def __init__(self, name: str, follow: Callable[[Mapping[str, Sequence[float]]], float]) -> None:
        super().__init__(name, 1.0, np.float64)
        self.follow = follow


@dataclass(frozen=True)
class plateau:
    """The learning rate multiplied by a factor whenever a figure of the history has not improved for so many epochs.

    After each reduction the epochs are counted anew. `mg.train` and a Trainer give it the history after each epoch.

    Parameters
    ----------
    learning_rate : float
        The first rate, more than 0.
    monitor : str
        The name of the figure.
    factor : float
        By what the rate is multiplied, between 0 and 1.
    patience : int
        For how many epochs the figure may get no better.
    larger : bool
        Whether a larger figure is better than a smaller one.

    Raises
    ------
    UnknownNameError
        When training begins, where the run measures no figure of that name.

    Examples
    --------
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
    _followed: "_Followed" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_number("learning_rate", self.learning_rate, above=0)
        check_number("factor", self.factor, above=0, below=1)
        check_whole("patience", self.patience, 0)
        object.__setattr__(self, "_followed", _Followed({}))
        object.__setattr__(self, "scale", FromHistory(f"scale after plateaus of {self.monitor}", self._follow))

    def __reduce__(self) -> Any:
        return plateau, (self.learning_rate, self.monitor, self.factor, self.patience, self.larger)

    def __call__(self, step: Any) -> Any:
        return self.learning_rate * self.scale if isinstance(step, Node) else self.learning_rate

    def _follow(self, history: Mapping[str, Sequence[float]]) -> float:
        if history and self.monitor not in history:
            raise UnknownNameError(
                f"The learning rate follows the plateaus of {self.monitor!r}, and the history has {listing(history)}."
            )
        if history is not self._followed.history:
            object.__setattr__(self, "_followed", _Followed(history))
        return self._followed.scale_after(self, history[self.monitor] if history else [])

    def scale_after(self, figures: Sequence[float]) -> float:
        """By what the learning rate is multiplied after epochs with these figures."""
        return _Followed({}).scale_after(self, figures)


class _Followed:
    """How far a plateau has followed a history: to ask again costs what the epochs since the last time do."""

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


SCHEDULES: dict[str, Callable[[float, int], Any]] = {
    "cosine": cosine,
    "one-cycle": lambda rate, steps: one_cycle(rate, max(steps, 3)),
    "step-decay": lambda rate, steps: step_decay(rate, -(-steps // 3)),
    "warm-up": lambda rate, steps: warm_up(rate, -(-steps // 10)),
    "plateau": lambda rate, steps: plateau(rate),
}
"""Schedules by a name, of a learning rate over so many steps in all: by steps, a tenth of it after each third; warm up, in the
first tenth."""
