"""Joining values, splitting one, and repeating it."""

import operator
from itertools import accumulate, pairwise

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import KnownOnce, as_nodes, axes_of, check_same_shape, known_size, refused
from minigraph.ops.gather import Gather
from minigraph.ops.indexing import Slice
from minigraph.ops.shape import Expand, Reshape, Unsqueeze
from minigraph.ops.sizes import InSizes

__all__ = ["Concat", "Stack", "Tile"]


class _Joined(Node):
    """Values put one after the other along an axis, of their own or new."""

    @KnownOnce
    def known(self):
        """Sizes one after the other are sizes."""
        parts = [operand.known for operand in self.operands]
        return None if None in parts or self.ndim != 1 else tuple(size for part in parts for size in part)


class Stack(_Joined, numpy=np.stack):
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
        check_same_shape(self, operands)
        shape = operands[0].shape
        (self.axis,) = axes_of(operands[0], self.axis, rank=len(shape) + 1)
        return (*shape[: self.axis], len(operands), *shape[self.axis :]), operands[0].dtype

    @classmethod
    def from_numpy(cls, arrays, axis=0):
        return cls(*arrays, axis=axis)


class Concat(_Joined, numpy=np.concatenate):
    """Values one after the other along `axis`; the other axes must be the same.

    Along a named axis the sizes add up: a token and T places give T + 1.

    >>> Concat.apply(np.array([[1], [2]]), np.array([[3, 4], [5, 6]]), axis=1)
    array([[1, 3, 4],
           [2, 5, 6]])
    """

    axis: int

    def forward(self, *operands, out=None):
        return np.concatenate(operands, axis=self.axis, out=out)

    def backward(self, gradient, y, *operands):
        ends = accumulate((operand.shape[self.axis] for operand in operands), initial=0)
        return tuple(Slice.apply(gradient, starts=(i,), ends=(j,), axes=(self.axis,)) for i, j in pairwise(ends))

    def infer(self, *operands):
        first = operands[0]
        (self.axis,) = axes_of(first, self.axis)
        for operand in operands:
            if operand.ndim != first.ndim:
                why = f"joins values that have as many axes, not {described(first)} and {described(operand)}"
                raise refused(self, why, first, operand, remedy="np.expand_dims(…, axis) adds an axis of size 1.")
            if self._around(operand, ()) != self._around(first, ()):
                why = (
                    f"joins values that differ along axis {self.axis} at most, not {described(first)} and {described(operand)}"
                )
                raise refused(self, why, first, operand)
        sizes = [operand.shape[self.axis] for operand in operands]
        return self._around(first, (sum(sizes),)), first.dtype

    def _around(self, x, size):
        """The shape of x with another size along the axis."""
        return x.shape[: self.axis] + size + x.shape[self.axis + 1 :]

    @classmethod
    def from_numpy(cls, arrays, axis=0):
        if axis is None:
            return cls(*(np.reshape(array, -1) for array in arrays), axis=0)
        return cls(*arrays, axis=axis)


class Tile(InSizes, numpy=np.tile):
    """The value laid side by side so many times along each axis, by `repeats`: one for each axis, counted from the last.

    >>> Tile.apply(np.array([[1, 2]]), repeats=(2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """

    repeats: tuple[int, ...]
    counted = ("repeats",)
    moves_elements = True

    def forward(self, x, sizes=None, out=None):
        return np.tile(x, *self.numbers(sizes))

    def backward(self, gradient, y, x, sizes=None):
        (repeats,) = self.numbers(sizes)
        shape = (1,) * (len(repeats) - x.ndim) + x.shape
        pairs = [size for pair in zip(repeats, shape, strict=True) for size in pair]
        total = np.sum(np.reshape(gradient, tuple(pairs)), axis=tuple(range(0, len(pairs), 2)))
        for_x = np.reshape(total, np.shape(x))
        return for_x if sizes is None else (for_x, None)

    def infer(self, x, sizes=None):
        given = self.repeats if isinstance(self.repeats, tuple | list | np.ndarray) else (self.repeats,)
        numbers = [each for each in given if not isinstance(each, SymbolicSize)]
        if any(not isinstance(each, int | np.integer) or each < 0 for each in numbers):
            why = f"takes repeats that are whole numbers, each 0 or more, not {self.repeats!r}"
            raise refused(self, why, error=OperationError)
        repeats = (each if isinstance(each, SymbolicSize) else int(each) for each in given)
        self.repeats = (1,) * (x.ndim - len(given)) + tuple(repeats)
        shape = (1,) * (len(self.repeats) - x.ndim) + x.shape
        return tuple(map(operator.mul, self.repeats, shape)), x.dtype

    @classmethod
    def from_numpy(cls, A, reps):
        return cls(A, repeats=reps)


@composes(np.split)
def split(ary, indices_or_sections, axis=0):
    """As many parts of one size, or those between the given bounds: each is a slice.

    ONNX's Split is this function and no operation of its own, since a node has one value.
    """
    (axis,) = axes_of(ary, axis)
    if np.ndim(indices_or_sections) == 0 and ary.shape[axis] % operator.index(indices_or_sections) != 0:
        raise ShapeError(
            f"{described(ary)} cannot be split along axis {axis} into {indices_or_sections} parts of one size.{places(ary)}"
            "\n  np.array_split makes parts that differ by one."
        )
    return array_split(ary, indices_or_sections, axis)


@composes(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    """The parts between the given bounds, or so many whose sizes differ by one at most."""
    (axis,) = axes_of(ary, axis)
    size = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        many = operator.index(indices_or_sections)
        lengths = [(size + many - 1 - i) // many for i in range(many)]  # the first ones are longer by one
        bounds = [*accumulate(lengths, initial=0)]
    else:
        bounds = [0, *(bound if isinstance(bound, SymbolicSize) else int(bound) for bound in indices_or_sections), size]
    return [Slice(ary, starts=(start,), ends=(end,), axes=(axis,)) for start, end in pairwise(bounds)]


@composes(getattr(np, "unstack", None))
def unstack(x, *, axis=0):
    """The parts of size 1 along an axis, without that axis."""
    return tuple(Gather(x, i, axis=axis) for i in range(known_size(x, axis)))


for function, axis in ((np.vsplit, 0), (np.dsplit, 2)):
    composes(function)(lambda ary, indices_or_sections, axis=axis: split(ary, indices_or_sections, axis))
composes(np.hsplit)(lambda ary, indices_or_sections: split(ary, indices_or_sections, min(1, ary.ndim - 1)))


def each_of(tup):
    """The values that a stack is made of: of one node the parts along its first axis."""
    return unstack(tup) if isinstance(tup, Node) else tup


def columns(tup):
    """Vectors as columns beside matrices."""
    return Concat(*(np.expand_dims(x, 1) if np.ndim(x) == 1 else np.atleast_2d(x) for x in each_of(tup)), axis=1)


def side_by_side(tup):
    """Along the second axis, or the only one."""
    parts = [np.atleast_1d(x) for x in each_of(tup)]
    return Concat(*parts, axis=min(1, parts[0].ndim - 1))


composes(np.vstack)(lambda tup: Concat(*(np.atleast_2d(x) for x in each_of(tup)), axis=0))
composes(np.hstack)(side_by_side)
composes(np.dstack)(lambda tup: Concat(*(np.atleast_3d(x) for x in each_of(tup)), axis=2))
composes(np.column_stack)(columns)


@composes(np.append)
def append(arr, values, axis=None):
    """One value behind the other, along an axis or with all elements in a row."""
    return np.concatenate(as_nodes(arr, values), axis=axis)


@composes(np.block)
def block(arrays):
    """A value put together from blocks: the innermost lists side by side, those around them one below the other."""
    depth, leaves = _depth_and_leaves(arrays)
    rank = max(depth, *map(np.ndim, leaves))

    def joined(part, axis):
        if isinstance(part, list):
            return Concat(*(joined(each, axis + 1) for each in part), axis=axis)
        return np.expand_dims(part, tuple(range(rank - np.ndim(part))))

    return joined(arrays, -depth)


def _depth_and_leaves(part):
    """How deep lists are nested, and what is in them."""
    if not isinstance(part, list):
        return 0, [part]
    found = [_depth_and_leaves(each) for each in part]
    return 1 + max(depth for depth, _ in found), [leaf for _, leaves in found for leaf in leaves]


@composes(np.repeat)
def repeat(a, repeats, axis=None):
    """Each element, or part along an axis, `repeats` times in a row; different numbers for each, where they are known."""
    if axis is None:
        a, axis = a.reshape(-1), 0
    (axis,) = axes_of(a, axis)
    if not isinstance(repeats, SymbolicSize) and np.ndim(repeats):
        return Gather(a, np.repeat(np.arange(known_size(a, axis)), repeats), axis=axis)
    count = repeats if isinstance(repeats, SymbolicSize) else operator.index(repeats)
    filled = Expand(Unsqueeze(a, axes=axis + 1), (*a.shape[: axis + 1], count, *a.shape[axis + 1 :]))
    return Reshape(filled, (*a.shape[:axis], a.shape[axis] * count, *a.shape[axis + 1 :]))
