"""The state that random numbers are drawn from."""

from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.leaves import Variable
from minigraph.core.node import Node

__all__ = ["RandomState"]


class RandomState(Variable):
    """What random operations draw from: a variable of two whole numbers, the seed and the number of the step.

    A draw is a function of the seed, the step, and its own stream, a number that the state hands to each operation when it is
    composed. So a run that is made again draws the same numbers, several draws of one graph differ, and a checkpoint, which
    holds all variables, goes on where it stopped. An optimizer's `minimize` moves the state on with each step, and so does
    `advance` in a program of your own:

    >>> import minigraph as mg
    >>> random = RandomState(7, name="noise")
    >>> draw = mg.compile(mg.Graph(x=mg.RandomUniform((2,), random)), updates=random.advance())
    >>> draw()["x"].round(2), draw()["x"].round(2)
    (array([0.87, 0.3 ], dtype=float32), array([0.83, 0.35], dtype=float32))
    >>> random.value
    array([7, 2], dtype=uint64)

    Two states of one seed draw the same numbers: give each a seed of its own.
    """

    def __init__(self, seed: int, name: str = "random") -> None:
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or not 0 <= seed < 1 << 64:
            raise OperationError(f"A RandomState takes a seed from 0 to 2⁶⁴ − 1, not {seed!r}.")
        super().__init__(name, np.array([seed, 0], np.uint64), np.uint64)
        self._streams = 0

    def advance(self) -> dict[Variable, Node]:
        """The state with its value after a step, to be among the updates of a program."""
        later: Any = self + np.array([0, 1], np.uint64)
        return {self: later}

    def next_stream(self) -> int:
        """The number of the stream that the next operation draws from."""
        self._streams += 1
        return self._streams - 1
