"""Joining values, splitting one, and repeating it."""

import operator
from itertools import pairwise

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import product
from minigraph.ops.checks import axes_of, known_size
from minigraph.ops.gather import Gather
from minigraph.ops.indexing import Slice
from minigraph.ops.shape import Expand, Reshape, Unsqueeze

__all__ = ["Concat", "Stack", "Tile"]


class Stack(Node, numpy=np.stack):
    """Values of one shape laid side by side along a new axis.

    >>> Stack.apply(np.array([1, 2]), np.array([3, 4]), axis=1)
    array([[1, 3],
           [2, 4]])
    """

    axis: int = 0

    def forward(self, *operands, out=None):
        return np.stack(operands, axis=self.axis, out=out)

    def backward(self, gradient, y, *operands):
        return tuple(np.take(gradient, i, axis=self.axis) for i in range(len(operands)))

    def infer(self, *operands):
        first = operands[0]
        for operand in operands:
            if operand.shape != first.shape:
                raise ShapeError(
                    f"Stack takes values of one shape, not {described(first)} and {described(operand)}.{places(first, operand)}"
                )
        (self.axis,) = axes_of(first, self.axis, rank=first.ndim + 1)
        return (*first.shape[: self.axis], len(operands), *first.shape[self.axis :]), first.dtype

    @property
    def known(self):
        return known_together(self)

    @classmethod
    def from_numpy(cls, arrays, axis=0):
        return cls(*arrays, axis=axis)


def known_together(node):
    """The sizes that a node puts one after the other, or None where they are not known before a run."""
    parts = [operand.known for operand in node.operands]
    return None if None in parts or node.ndim != 1 else tuple(size for part in parts for size in part)


def split(ary, indices_or_sections, axis=0):
    """As many parts of one size, or those between the given bounds: each is a slice.

    ONNX's Split is this function and no operation of its own, since a node has one value.
    """
    if np.ndim(indices_or_sections) == 0 and known_size(ary, axis) % operator.index(indices_or_sections):
        raise ShapeError(
            f"{described(ary)} cannot be split along axis {axis} into {indices_or_sections} parts of one size.{places(ary)}"
            "\n  np.array_split makes parts that differ by one."
        )
    return array_split(ary, indices_or_sections, axis)


def array_split(ary, indices_or_sections, axis=0):
    """The parts between the given bounds, or so many whose sizes differ by one at most."""
    size = known_size(ary, axis)
    if np.ndim(indices_or_sections) == 0:
        many, longer = divmod(size, operator.index(indices_or_sections))
        lengths = [many + 1] * longer + [many] * (indices_or_sections - longer)
        indices_or_sections = np.cumsum(lengths[:-1], dtype=int)
    bounds = [0, *map(int, indices_or_sections), size]
    return [Slice(ary, starts=(start,), ends=(end,), axes=(axis,)) for start, end in pairwise(bounds)]


def unstack(x, axis=0):
    """The parts of size 1 along an axis, without that axis."""
    return tuple(Gather(x, i, axis=axis) for i in range(known_size(x, axis)))


class Concat(Node):
    """Values one after the other along `axis`; the other axes must be the same.

    Parts along an axis whose size is known only in a run must all be of that size: N and N give 2·N.

    >>> Concat.apply(np.array([[1], [2]]), np.array([[3, 4], [5, 6]]), axis=1)
    array([[1, 3, 4],
           [2, 5, 6]])
    """

    axis: int

    def forward(self, *operands, out=None):
        return np.concatenate(operands, axis=self.axis, out=out)

    def backward(self, gradient, y, *operands):
        sizes = [operand.shape[self.axis] for operand in operands]
        if any(isinstance(size, str) for size in sizes):
            each = [np.size(operands[0], axis=i) for i in range(gradient.ndim)]
            parts = np.reshape(gradient, (*each[: self.axis], len(sizes), *each[self.axis :]))
            return tuple(np.take(parts, i, axis=self.axis) for i in range(len(sizes)))
        return tuple(np.split(gradient, np.cumsum(sizes[:-1], dtype=int), axis=self.axis))

    def _without(self, x):
        """The sizes before and after the axis along which values are joined."""
        return x.shape[: self.axis], x.shape[self.axis + 1 :]

    def infer(self, *operands):
        first = operands[0]
        (self.axis,) = axes_of(first, self.axis)
        at = self.axis
        for operand in operands:
            if operand.ndim != first.ndim:
                raise ShapeError(
                    f"Concat joins values that have as many axes, not {described(first)} and {described(operand)}."
                    f"{places(first, operand)}\n  np.expand_dims(…, axis) adds an axis of size 1."
                )
            if self._without(operand) != self._without(first):
                raise ShapeError(
                    f"Concat joins values that differ along axis {at} at most, not {described(first)} and {described(operand)}."
                    f"{places(first, operand)}"
                )
        sizes = [operand.shape[at] for operand in operands]
        if any(isinstance(size, str) and size != other for size in sizes for other in sizes):
            odd = next(operand for operand in operands if operand.shape[at] != first.shape[at])
            raise ShapeError(
                f"Concat cannot tell the size of {described(first)} and {described(odd)} together along axis {at}: parts along "
                f"an axis whose size is known only in a run must be of one size.{places(first, odd)}"
            )
        joined = product([sizes[0], len(sizes)]) if isinstance(sizes[0], str) else sum(sizes)
        return (*first.shape[:at], joined, *first.shape[at + 1 :]), first.dtype

    @property
    def known(self):
        return known_together(self)

    @classmethod
    def from_numpy(cls, arrays, axis=0):
        if axis is None:
            return cls(*(np.reshape(array, -1) for array in arrays), axis=0)
        return cls(*arrays, axis=axis)


class Tile(Node):
    """The value laid side by side so many times along each axis, by `repeats`: one for each axis, counted from the last.

    >>> Tile.apply(np.array([[1, 2]]), repeats=(2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """

    repeats: tuple[int, ...]
    moves_elements = True

    def forward(self, x, out=None):
        return np.tile(x, self.repeats)

    def backward(self, gradient, y, x):
        new = len(self.repeats) - x.ndim
        sizes = [1] * new + [np.size(x, axis=i) for i in range(x.ndim)]
        apart = [size for pair in zip(self.repeats, sizes, strict=True) for size in pair]
        total = np.sum(np.reshape(gradient, tuple(apart)), axis=tuple(range(0, len(apart), 2)))
        return np.reshape(total, np.shape(x))

    def infer(self, x):
        given = self.repeats if isinstance(self.repeats, tuple | list | np.ndarray) else (self.repeats,)
        if any(not isinstance(each, int | np.integer) or each < 0 for each in given):
            raise OperationError(f"Tile takes repeats that are whole numbers, each 0 or more, not {self.repeats!r}.")
        self.repeats = (1,) * (x.ndim - len(given)) + tuple(map(int, given))
        shape = (1,) * (len(self.repeats) - x.ndim) + x.shape
        return tuple(product(pair) for pair in zip(self.repeats, shape, strict=True)), x.dtype

    @classmethod
    def from_numpy(cls, A, reps):
        return cls(A, repeats=reps)


def vstack(tup):
    """Values one below the other, vectors as rows."""
    return Concat(*(Unsqueeze(each, axes=0) if each.ndim == 1 else each for each in tup), axis=0)


def hstack(tup):
    """Values side by side: along the second axis, or the only one."""
    return Concat(*tup, axis=min(1, tup[0].ndim - 1))


def repeat(a, repeats, axis=None):
    """Each element, or part along an axis, `repeats` times in a row; different numbers for each, where they are known."""
    if axis is None:
        a, axis = a.reshape(-1), 0
    (axis,) = axes_of(a, axis)
    if np.ndim(repeats):
        return Gather(a, np.repeat(np.arange(known_size(a, axis)), repeats), axis=axis)
    count = operator.index(repeats)
    sizes = [np.size(a, axis=i) for i in range(a.ndim)]
    apart = Unsqueeze(a, axes=axis + 1)
    filled = Expand(apart, (*sizes[: axis + 1], count, *sizes[axis + 1 :]))
    joined = a.shape[axis] * count if isinstance(a.shape[axis], int) else -1  # which no elements at all would not tell
    return Reshape(filled, (*sizes[:axis], joined, *sizes[axis + 1 :]))


def roll(a, shift, axis=None):
    """The elements moved on along an axis, or several; what falls over the end comes back at the start."""
    if axis is None:
        return np.reshape(roll(a.reshape(-1), shift, 0), np.shape(a))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    for moved, each in zip(np.broadcast_to(shift, len(axes)).tolist(), axes, strict=True):
        size = known_size(a, each)
        if size and moved % size:
            a = np.concatenate(np.split(a, [size - moved % size], axis=each)[::-1], axis=each)
    return a


COMPOSED_BY[np.split] = split
COMPOSED_BY[np.array_split] = array_split
COMPOSED_BY[np.unstack] = lambda x, *, axis=0: unstack(x, axis)
COMPOSED_BY[np.concatenate] = Concat.from_numpy
COMPOSED_BY[np.vstack] = vstack
COMPOSED_BY[np.hstack] = hstack
COMPOSED_BY[np.tile] = Tile.from_numpy
COMPOSED_BY[np.repeat] = repeat
COMPOSED_BY[np.roll] = roll
