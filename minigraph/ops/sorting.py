"""Sorting and searching: elements in order of size, and the places of the largest and smallest.

A node has one value, so that the largest elements and their places are two operations, as ReduceMax and ArgMax are.
"""

import math
import operator

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import (
    AlongAxis,
    NeedsElements,
    WithoutDerivative,
    along_or_flat,
    as_nodes,
    known_size,
    refused,
    whole_number,
)
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import Slice
from minigraph.ops.scatter import ScatterElements

__all__ = ["ArgMax", "ArgMin", "ArgSort", "ArgTopK", "SearchSorted", "Sort", "TopK"]


class _Places(WithoutDerivative, AlongAxis):
    """Places along an axis."""

    def infer(self, x):
        return super().infer(x)[0], np.dtype(np.int64)


class _PlaceOfExtreme(NeedsElements, _Places):
    """The base of ArgMax and ArgMin."""

    axis: int = 0
    keepdims: bool = True
    select_last_index: bool = False

    def infer(self, x):
        shape, dtype = super().infer(x)
        return shape[: self.axis] + (1,) * self.keepdims + shape[self.axis + 1 :], dtype

    def place(self, find, x, out):
        """Where `find` finds the extreme: the first place, or with `select_last_index` the last."""
        if not self.select_last_index:
            return find(x, axis=self.axis, keepdims=self.keepdims, out=out)
        return x.shape[self.axis] - 1 - find(np.flip(x, self.axis), axis=self.axis, keepdims=self.keepdims)

    @classmethod
    def from_numpy(cls, a, axis=None, keepdims=False):
        if axis is not None:
            return cls(a, axis=axis, keepdims=keepdims)
        place = cls(a.reshape(-1), axis=0, keepdims=False)
        return place.reshape((1,) * a.ndim) if keepdims else place


class ArgMax(_PlaceOfExtreme, numpy=np.argmax):
    """The place of the largest element along `axis`, the first one where several tie. It takes no derivative.

    >>> import minigraph as mg
    >>> scores = mg.Input("scores", ("N", 10))
    >>> np.argmax(scores, axis=1)
    ArgMax (N, int64)
    >>> mg.ArgMax(scores, axis=1)
    ArgMax (N × 1, int64)
    """

    def forward(self, x, out=None):
        return self.place(np.argmax, x, out)


class ArgMin(_PlaceOfExtreme, numpy=np.argmin):
    """The place of the smallest element along `axis`, the first one where several tie. It takes no derivative.

    >>> ArgMin.apply(np.array([[3.0, 1.0], [2.0, 5.0]]), axis=1, keepdims=False)
    array([1, 0])
    """

    def forward(self, x, out=None):
        return self.place(np.argmin, x, out)


class _FirstK(AlongAxis):
    """Before another base: the first `k` of the largest elements along an axis, or of the smallest with `largest=False`."""

    k: int
    largest: bool = True

    def infer(self, x):
        shape, dtype = super().infer(x)
        whole_number(self, "k")
        self.validate(x)
        return (*shape[: self.axis], int(self.k), *shape[self.axis + 1 :]), dtype

    def validate(self, x):
        size = x.shape[self.axis]
        if isinstance(size, int) and size < self.k:
            operand = self.operands[0]
            why = f"needs {self.k} elements along axis {self.axis} of {described(operand)}, which has {size}"
            raise refused(self, why, operand)


class _Sorting(AlongAxis):
    """Before another base: elements that tie keep their order, whatever NumPy is asked to sort by."""

    descending: bool = False

    @classmethod
    def from_numpy(cls, a, axis=-1, kind=None, stable=None):
        return along_or_flat(cls, a, axis)


class ArgSort(_Sorting, _Places, numpy=np.argsort):
    """The places from which the elements come when they are sorted along `axis`; those that tie keep their order.

    >>> ArgSort.apply(np.array([2.0, 3.0, 1.0, 3.0]), descending=True)
    array([1, 3, 0, 2])
    """

    def forward(self, x, out=None):
        if not self.descending:
            return np.argsort(x, axis=self.axis, stable=True)
        backwards = np.argsort(np.flip(x, axis=self.axis), axis=self.axis, stable=True)
        return np.size(x, axis=self.axis) - 1 - np.flip(backwards, axis=self.axis)


class ArgTopK(_FirstK, _Places):
    """The places of the k largest elements along `axis`, the largest first, or of the smallest with `largest=False`.

    Of those that tie the first comes first. It is the second output of ONNX's TopK.

    >>> ArgTopK.apply(np.array([2.0, 3.0, 1.0, 3.0]), k=2)
    array([1, 3])
    """

    def forward(self, x, out=None):
        order = ArgSort.apply(x, axis=self.axis, descending=self.largest)
        return Slice.apply(order, starts=(0,), ends=(self.k,), axes=(self.axis,))


class _Ordered(AlongAxis):
    """The base of Sort and TopK: each element of the value is one of x, and its gradient is put there."""

    def forward(self, x, out=None):
        return np.take_along_axis(x, self.order(x), axis=self.axis)

    def backward(self, gradient, y, x):
        return ScatterElements.apply(np.zeros_like(x), self.order(x), gradient, axis=self.axis)


class Sort(_Sorting, _Ordered, numpy=np.sort):
    """The elements sorted along `axis`, the smallest first, or the largest first with `descending`.

    Elements that tie keep their order, and with it their gradients.

    >>> Sort.apply(np.array([2.0, 3.0, 1.0]))
    array([1., 2., 3.])
    """

    def order(self, x):
        return ArgSort.apply(x, axis=self.axis, descending=self.descending)


class TopK(_FirstK, _Ordered):
    """The k largest elements along `axis`, the largest first, or the smallest ones with `largest=False`.

    Of those that tie the first comes first, and the gradient goes to it alone. ONNX's second output is `ArgTopK`; what ONNX
    leaves in any order, with `sorted` 0, is sorted as well.

    >>> TopK.apply(np.array([2.0, 3.0, 1.0]), k=2)
    array([3., 2.])
    """

    def order(self, x):
        return ArgTopK.apply(x, axis=self.axis, k=self.k, largest=self.largest)


class SearchSorted(WithoutDerivative, numpy=np.searchsorted):
    """The place in the increasing vector `a` at which each of `v` would be put in: before its equals, or behind with `right`.

    It takes no derivative. It is NumPy's; ONNX has none.

    >>> SearchSorted.apply(np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.0])), SearchSorted.apply(np.arange(3), 1, right=True)
    (array([0, 1]), np.int64(2))
    """

    right: bool = False

    def forward(self, a, v, out=None):
        return np.searchsorted(a, v, side="right" if self.right else "left")

    def infer(self, a, v):
        if a.ndim != 1:
            raise refused(self, f"searches a vector, not {described(a)}", a)
        return v.shape, np.dtype(np.int64)

    @classmethod
    def from_numpy(cls, a, v, side="left", sorter=None):
        if side not in ("left", "right"):
            raise OperationError(f"np.searchsorted takes a side of 'left' or 'right', not {side!r}.")
        return cls(a if sorter is None else np.take(a, sorter), v, right=side == "right")


@composes(np.digitize)
def digitize(x, bins, right=False):
    """Between which bounds each number lies; bounds that decrease are known before a run."""
    if isinstance(bins, Node) or np.all(np.diff(bins) >= 0):
        return SearchSorted(bins, x, right=not right)
    return len(bins) - SearchSorted(np.flip(bins), x, right=right)


@composes(np.lexsort)
def lexsort(keys, axis=-1):
    """The places in order of the last key, of those that tie by the one before, and so on."""
    order = None
    for key in [keys[i] for i in range(keys.shape[0])] if isinstance(keys, Node) else keys:
        sorted_by_others = key if order is None else np.take_along_axis(key, order, axis=axis)
        by_key = np.argsort(sorted_by_others, axis=axis)
        order = by_key if order is None else np.take_along_axis(order, by_key, axis=axis)
    return order


@composes(np.unravel_index)
def unravel_index(indices, shape):
    """The index along each axis of a place in the elements in a row."""
    behind = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    return tuple(np.mod(np.floor_divide(indices, step), size) for step, size in zip(behind, shape, strict=True))


@composes(np.ravel_multi_index)
def ravel_multi_index(multi_index, dims):
    """The place in the elements in a row of an index along each axis."""
    return sum(index * math.prod(dims[i + 1 :]) for i, index in enumerate(multi_index))


@composes(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The bounds between which np.histogram counts: so many bins from the smallest to the largest element, or those given."""
    if np.ndim(bins):
        return bins
    low, high = (np.min(a), np.max(a)) if range is None else range
    return np.linspace(low, high, operator.index(bins) + 1)


@composes(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """How many elements lie between each two bounds, or the sum of their weights, and the bounds, the last included."""
    a, edges = as_nodes(np.ravel(a), histogram_bin_edges(a, bins, range))
    count = known_size(edges, 0) - 1
    place = np.where(np.equal(a, edges[-1]), count - 1, SearchSorted(edges, a, right=True) - 1)
    inside = np.logical_and(np.greater_equal(place, 0), np.less(place, count))
    summands = np.where(inside, 1 if weights is None else np.ravel(weights), 0)
    total = ScatterAdd(summands, np.clip(place, 0, count - 1), (count,))
    if density:
        total = total.astype(edges.dtype) / np.diff(edges) / np.sum(total).astype(edges.dtype)
    return total, edges


# What is sorted is partitioned at any place, and NumPy leaves the order within the parts open.
composes(np.partition)(lambda a, kth, axis=-1, kind=None, order=None: Sort.from_numpy(a, axis))
composes(np.argpartition)(lambda a, kth, axis=-1, kind=None, order=None: ArgSort.from_numpy(a, axis))
