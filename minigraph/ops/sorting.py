"""Sorting and searching: elements in order of size, and the places of the largest and smallest.

A node has one value, so that the largest elements and their places are two operations, as ReduceMax and ArgMax are.
"""

import math

import numpy as np

from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import AlongAxis, NeedsElements, WithoutDerivative, along_or_flat, refused, whole_number
from minigraph.ops.indexing import Slice
from minigraph.ops.scatter import ScatterElements
from minigraph.ops.sizes import InSizes

__all__ = ["ArgMax", "ArgMin", "ArgSort", "ArgTopK", "Sort", "TopK"]


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


class _FirstK(AlongAxis, InSizes):
    """Before another base: the first `k` of the largest elements along an axis, or of the smallest with `largest=False`."""

    k: int
    largest: bool = True
    counted = ("k",)

    def infer(self, x, sizes=None):
        shape, dtype = super().infer(x)
        if not isinstance(self.k, SymbolicSize):
            whole_number(self, "k")
            self.k = int(self.k)
        self.validate(x)
        return (*shape[: self.axis], self.k, *shape[self.axis + 1 :]), dtype

    def validate(self, x, sizes=None):
        size, (k,) = x.shape[self.axis], self.numbers(sizes)
        if isinstance(size, int) and isinstance(k, int) and size < k:
            operand = self.operands[0]
            why = f"needs {k} elements along axis {self.axis} of {described(operand)}, which has {size}"
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

    def forward(self, x, sizes=None, out=None):
        (k,) = self.numbers(sizes)
        order = ArgSort.apply(x, axis=self.axis, descending=self.largest)
        return Slice.apply(order, starts=(0,), ends=(k,), axes=(self.axis,))


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

    def forward(self, x, sizes=None, out=None):
        return np.take_along_axis(x, self.order(x, sizes), axis=self.axis)

    def backward(self, gradient, y, x, sizes=None):
        for_x = ScatterElements.apply(np.zeros_like(x), self.order(x, sizes), gradient, axis=self.axis)
        return for_x if sizes is None else (for_x, None)

    def order(self, x, sizes):
        (k,) = self.numbers(sizes)
        return ArgTopK.apply(x, axis=self.axis, k=k, largest=self.largest)


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


# What is sorted is partitioned at any place, and NumPy leaves the order within the parts open.
composes(np.partition)(lambda a, kth, axis=-1, kind=None, order=None: Sort.from_numpy(a, axis))
composes(np.argpartition)(lambda a, kth, axis=-1, kind=None, order=None: ArgSort.from_numpy(a, axis))
