"""Taking elements by their index, and its transpose: adding elements up by their index."""

import math
from typing import ClassVar

import numpy as np

from minigraph.core.errors import ShapeError
from minigraph.core.node import Constant, Node, described
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import (
    KnownOnce,
    WithoutDerivative,
    axes_of,
    check_along_axis,
    check_index_type,
    check_within,
    refused,
    whole_number,
)
from minigraph.ops.sizes import InSizes, known_sizes

__all__ = ["Gather", "OneHot", "ScatterAdd"]


def zeros(shape, dtype, out):
    """Zeros in the array `out`, or in a new one."""
    out = np.empty(shape, dtype) if out is None else out
    out.fill(0)
    return out


LONG = 1500
"""How many elements are added to each row, on average, from which on it takes less time to sort them by their rows."""


def add_to_rows(result, rows, width, updates, zero=False):
    """The result, an array of its own, perhaps all zero, with each update added to one of its rows, of so many elements."""
    if updates.size >= LONG * max(result.size // max(width, 1), 1):
        rows = rows.ravel()
        order = np.argsort(rows, kind="stable")
        updates, rows = updates.reshape(-1, width).take(order, axis=0), rows[order]
        starts = np.flatnonzero(np.diff(rows, prepend=-1)).tolist()
        table = result.reshape(-1, width)
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            row, own = table[rows[start]], updates[start:end]
            if zero:
                np.add.reduce(own, axis=0, out=row)
            else:
                np.add(row, np.add.reduce(own, axis=0, dtype=row.dtype), out=row)
        return result
    # Places in the flat result: np.add.at is 2 to 6 times as fast on one axis as on rows, and faster than sorting.
    places = np.add.outer(width * rows, np.arange(width))
    np.add.at(result.reshape(-1), places.ravel(), updates.ravel())
    return result


class Gather(Node, numpy=np.take):
    """The elements of x at the `indices` along `axis`: `np.take(x, indices, axis)`. Negative ones count from the end.

    >>> import minigraph as mg
    >>> mg.Gather(mg.Parameter("table", np.ones((50, 8))), mg.Input("words", ("N", 5), dtype=np.int64))
    Gather (N × 5 × 8, float32)
    """

    axis: int = 0
    selectors = ("indices",)
    moves_elements = True

    def forward(self, x, indices, out=None):
        return np.take(x, indices, axis=self.axis)

    def backward(self, gradient, y, x, indices):
        return ScatterAdd.apply(gradient, indices, np.shape(x), axis=self.axis), None

    def infer(self, x, indices):
        check_index_type(self, indices)
        (self.axis,) = axes_of(x, self.axis)
        return x.shape[: self.axis] + indices.shape + x.shape[self.axis + 1 :], x.dtype

    def validate(self, x, indices):
        check_along_axis(self, x, indices, self.axis, self.operands[1])

    @classmethod
    def from_numpy(cls, a, indices, axis=None):
        return cls(a.reshape(-1), indices) if axis is None else cls(a, indices, axis=axis)

    @KnownOnce
    def known(self):
        """Sizes chosen by constant indices are sizes."""
        x, indices = self.operands
        if x.known is None or x.ndim != 1 or not isinstance(indices, Constant) or indices.ndim > 1:
            return None
        return tuple(x.known[i] for i in indices.value.flat)


class ScatterAdd(Node):
    """Zeros of the given shape, to which each of the updates is added at its index along `axis`: Gather's transpose.

    The updates have the shape that `Gather` would give for these indices. It is a primitive: NumPy has no one call for it, and
    its rule is read with numbers alone.

    >>> ScatterAdd.apply(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 0]), (4,))
    array([4., 0., 2., 0.])
    """

    axis: int = 0
    selectors = ("indices", "shape")
    takes_out = True

    def forward(self, updates, indices, shape, out=None):
        shape = tuple(map(int, shape))
        size, result = shape[self.axis], zeros(shape, updates.dtype, out)
        if np.ndim(indices) == 0:  # nothing meets in one place
            result[(slice(None),) * self.axis + (indices,)] = updates
            return result
        rows = np.add.outer(size * np.arange(math.prod(shape[: self.axis])), np.mod(indices, size).ravel())
        return add_to_rows(result, rows, math.prod(shape[self.axis + 1 :]), updates, zero=True)

    def backward(self, gradient, y, updates, indices, shape):
        return np.take(gradient, indices, axis=self.axis), None, None

    def infer(self, updates, indices, shape):
        check_index_type(self, indices)
        sizes = known_sizes(self, shape)
        (self.axis,) = axes_of(updates, self.axis, rank=len(sizes))
        along = f" along axis {self.axis}"
        check_updates(self, updates, indices, sizes[: self.axis] + indices.shape + sizes[self.axis + 1 :], along)
        return sizes, updates.dtype

    def validate(self, updates, indices, shape):
        size = int(shape[self.axis])
        check_within(self, self.operands[1], indices, -size, size, "indices")


def check_updates(node, updates, indices, expected, along=""):
    """Raise unless the updates have the shape that is expected for the indices."""
    if updates.shape != expected:
        given = f"needs updates of {show_shape(expected)} for these indices{along}"
        raise refused(node, f"{given}, but {described(updates)} is not of that shape", updates, indices)


class OneHot(WithoutDerivative, InSizes):
    """1 where the place along the new `axis`, of size `depth`, is the index, else 0, as elements of type `to`.

    The indices count from 0; ONNX's also take negative ones, counted from the end. ONNX's operands depth and values are the
    attribute `depth` and the values 0 and 1.

    >>> OneHot.apply(np.array([0, 2]), depth=3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """

    depth: int
    axis: int = -1
    to: type = np.float32
    counted = ("depth",)
    selectors: ClassVar[tuple[str, ...]] = ("indices", "sizes")

    def forward(self, indices, sizes=None, out=None):
        (depth,) = self.numbers(sizes)
        hot = np.equal(indices[..., np.newaxis], np.arange(depth))
        hot = hot if self.to is bool else hot.astype(self.to)
        axis = self.axis % hot.ndim
        if axis == indices.ndim:
            return hot
        order = [*range(indices.ndim)]
        order.insert(axis, indices.ndim)
        return hot.transpose(order)

    def infer(self, indices, sizes=None):
        check_index_type(self, indices)
        if not isinstance(self.depth, SymbolicSize):
            whole_number(self, "depth", error=ShapeError)
            self.depth = int(self.depth)
        (self.axis,) = axes_of(indices, self.axis, rank=indices.ndim + 1)
        self.to = np.dtype(self.to)  # as an element type, a graph in another precision converts it
        return (*indices.shape[: self.axis], self.depth, *indices.shape[self.axis :]), self.to

    def validate(self, indices, sizes=None):
        (depth,) = self.numbers(sizes)
        if isinstance(depth, int):
            check_within(self, self.operands[0], indices, 0, depth, "indices")
