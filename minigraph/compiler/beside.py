"""New values computed beside the old ones: a step is taken whole, by exchanging the two, or not at all."""

import math
from collections.abc import Callable, Mapping, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from minigraph.compiler.engine import aligned
from minigraph.core.leaves import Variable

__all__ = ["Accept", "Beside", "Block", "is_finite"]

ALIGNMENT = 64
"""Elements of which an array in a block takes a multiple: each begins at a line of the cache."""
NOBODY = next(map(getrefcount, [np.empty(0)]))
"""What `getrefcount` gives for an array that only its list has, asked as it is below: it differs by Python's version."""


class Block:
    """Memory for a new value of each variable, those of one type side by side."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        starts: list[int] = []
        sizes: dict[np.dtype[Any], int] = {}
        for each in variables:
            starts.append(sizes.get(each.dtype, 0))
            sizes[each.dtype] = starts[-1] + -(-each._array.size // ALIGNMENT) * ALIGNMENT
        self._flat = {dtype: aligned(size * dtype.itemsize).view(dtype) for dtype, size in sizes.items()}
        for array in self._flat.values():
            array.fill(0)
        self.arrays = [
            self._flat[each.dtype][start : start + each._array.size].reshape(each.shape)
            for each, start in zip(variables, starts, strict=True)
        ]
        """The array of each variable."""
        self._owners = [array.base for array in self._flat.values()]
        self._views = list(map(getrefcount, self._owners))

    def in_use(self) -> bool:
        """Whether anyone beside it has one of the arrays, or a view of one."""
        return max(map(getrefcount, self.arrays), default=0) > NOBODY or [*map(getrefcount, self._owners)] != self._views

    def is_finite(self) -> bool:
        """Whether all floating-point numbers are finite."""
        return all([is_finite(flat) for dtype, flat in self._flat.items() if dtype.kind == "f"])


def is_finite(array: Any) -> bool:
    """Whether all elements are finite. Where the sum of their squares is, they are: BLAS takes a third of the time for it."""
    return math.isfinite(np.vdot(array, array)) or bool(np.isfinite(array).all())


Accept = Callable[[Mapping[str, Any], Block], None]
"""What is given a step's outputs and the new values, and raises an error where the variables are not to take them."""


class Beside:
    """The variables of a program, and two blocks in which their values lie by turns."""

    def __init__(self, variables: Sequence[Variable]) -> None:
        self._variables = variables
        self._blocks: list[Block | None] = [None, None]

    def free(self) -> Block:
        """A block for new values, of which nobody has anything."""
        before, block = self._blocks
        if block is None or block.in_use():
            block = Block(self._variables)
        self._blocks = [block, before]
        return block

    def take(self, block: Block) -> None:
        """Let the variables have the arrays of the block. An interruption, such as Ctrl-C, comes when all of them have."""
        try:
            self._exchange(block)
        except BaseException:
            self._exchange(block)
            raise

    def _exchange(self, block: Block) -> None:
        for variable, array in zip(self._variables, block.arrays, strict=True):
            variable._array = array
