"""Taking elements by their index, and what is its transpose: adding elements up by their index."""

import operator

import numpy as np

from minigraph.errors import InputError, OperationError, ShapeError
from minigraph.node import Node, described, places
from minigraph.nodes.shape import Unsqueeze, axes_of
from minigraph.spelling import COMPOSED_BY

__all__ = ["Gather", "OneHot", "ScatterAdd"]


def whole_numbers(node, indices):
    """Raise unless the operand that indexes holds whole numbers."""
    if indices.dtype.kind not in "iu":
        raise OperationError(
            f"{type(node).__name__} takes whole numbers as indices, but {indices} is {indices.dtype}.{places(indices)}"
            "\n  Declare it with dtype=np.int64."
        )


def within(node, indices, values, least, size, what):
    """Raise an InputError that shows the first of the values that lies outside of [least, size)."""
    if values.size and (values.min() < least or values.max() >= size):
        bad = tuple(map(int, np.argwhere((values < least) | (values >= size))[0]))
        raise InputError(
            f"{type(node).__name__} takes {what} from {least} to {size - 1}, but {indices}"
            f"{list(bad) if bad else ''} is {values[bad]}.{places(indices)}"
        )


class Gather(Node):
    """The elements of x at the `indices` along `axis`: `np.take(x, indices, axis)`.

    >>> import minigraph as mg
    >>> mg.Gather(mg.Parameter("table", np.ones((50, 8))), mg.Input("words", ("N", 5), dtype=np.int64))
    Gather (N × 5 × 8, float32)
    """

    axis: int = 0
    selectors = ("indices",)

    def forward(self, x, indices, out=None):
        return np.take(x, indices, axis=self.axis)

    def backward(self, gradient, y, x, indices):
        return ScatterAdd.apply(gradient, indices, np.shape(x), axis=self.axis), None

    def infer(self, x, indices):
        whole_numbers(self, indices)
        (self.axis,) = axes_of(x, self.axis)
        return x.shape[: self.axis] + indices.shape + x.shape[self.axis + 1 :], x.dtype

    def validate(self, x, indices):
        size = x.shape[self.axis]
        if isinstance(size, int):
            within(self, self.operands[1], indices, -size, size, "indices")

    @classmethod
    def from_numpy(cls, a, indices, axis=None):
        if axis is None:
            return cls(a.reshape(-1), indices)
        return cls(a, indices, axis=axis)


COMPOSED_BY[np.take] = Gather.from_numpy


class ScatterAdd(Node):
    """Zeros of the given shape, to which each of the updates is added at its index along `axis`: Gather's transpose."""

    axis: int = 0
    selectors = ("indices", "shape")

    def forward(self, updates, indices, shape, out=None):
        result = np.zeros(tuple(shape), updates.dtype)
        np.add.at(result, (slice(None),) * self.axis + (indices,), updates)
        return result

    def backward(self, gradient, y, updates, indices, shape):
        return np.take(gradient, indices, axis=self.axis), None, None

    def infer(self, updates, indices, shape):
        whole_numbers(self, indices)
        (self.axis,) = axes_of(updates, self.axis, rank=len(shape.known))
        return shape.known, updates.dtype


class OneHot(Node):
    """1 where the place along the new `axis`, of size `depth`, is the index, else 0."""

    depth: int
    axis: int = -1
    to: type = np.float32
    selectors = ("indices",)

    def forward(self, indices, out=None):
        hot = np.equal(indices[..., np.newaxis], np.arange(self.depth)).astype(self.to)
        order = [*range(indices.ndim)]
        order.insert(self.axis % hot.ndim, indices.ndim)
        return hot if order[-1] == indices.ndim else hot.transpose(order)

    def backward(self, gradient, y, indices):
        return None

    def infer(self, indices):
        whole_numbers(self, indices)
        if not isinstance(self.depth, int | np.integer) or self.depth < 0:
            raise ShapeError(f"OneHot takes its depth as a whole number, not {self.depth!r}.")
        (self.axis,) = axes_of(indices, self.axis, rank=indices.ndim + 1)
        return (*indices.shape[: self.axis], int(self.depth), *indices.shape[self.axis :]), np.dtype(self.to)


def getitem(x, index):
    """`x[index]` for whole numbers, slices with known bounds, `...`, None, and arrays or nodes of indices."""
    parts = list(index) if isinstance(index, tuple) else [index]
    taken = sum(part is not None and part is not Ellipsis for part in parts)
    if taken > x.ndim:
        raise OperationError(f"{described(x)} has {x.ndim} axes and cannot be indexed by {taken}.{places(x)}")
    if Ellipsis in [part for part in parts if not isinstance(part, Node | np.ndarray)]:
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        parts[at : at + 1] = [slice(None)] * (x.ndim - taken)
    axis = 0
    for part in parts:
        if part is None:
            x = Unsqueeze(x, axes=axis)
        elif part != slice(None):
            x = Gather(x, _indices(x, part, axis), axis=axis)
        axis += part is None or _rank(part)
    return x


def _rank(part):
    return 1 if isinstance(part, slice) else part.ndim if isinstance(part, Node) else np.ndim(part)


def _indices(x, part, axis):
    size = x.shape[axis]
    if not isinstance(part, slice):
        return part
    if isinstance(size, str):
        raise OperationError(f"{described(x)} cannot be sliced along {size}, whose size is known only in a run.{places(x)}")
    return np.arange(size)[part]


COMPOSED_BY[operator.getitem] = getitem
