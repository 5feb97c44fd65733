"""Reductions over axes. As in ONNX a reduced axis stays, with size 1, unless `keepdims=False`."""

from typing import Any, cast

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import NeedsElements, WithoutDerivative, as_nodes, axes_of, refused
from minigraph.ops.cumulative import CumProd
from minigraph.ops.shape import Size

__all__ = [
    "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceVariance",
]  # fmt: skip


class Reduction(Node):
    """The base of reductions: `axes` (one, several, or None for all) and `keepdims`."""

    axes: tuple[int, ...] | int | None = None
    keepdims: bool = True
    reduces = cast(Any, None)  # the ufunc whose reduction it is, which knows the value of no elements

    @property
    def along(self):
        """The axes that it runs along."""
        return self.axes

    def infer(self, x):
        self.axes = axes_of(x, self.axes)
        reduced = [1 if i in self.axes else axis for i, axis in enumerate(x.shape)]
        return tuple(axis for i, axis in enumerate(reduced) if self.keepdims or i not in self.axes), x.dtype

    def restore(self, reduced):
        """The reduced value with its reduced axes again, of size 1."""
        return reduced if self.keepdims or self.axes is None else np.expand_dims(reduced, self.axes)

    def drop(self, reduced):
        """The inverse: a value whose reduced axes have size 1, without them unless `keepdims`."""
        return reduced if self.keepdims else np.squeeze(reduced, axis=self.axes)

    @classmethod
    def from_numpy(cls, a, axis=None, dtype=None, keepdims=False, initial=None, where=None):
        a = a if dtype is None else a.astype(dtype)
        if where is not None:
            instead = initial if cls.reduces.identity is None else cls.reduces.identity
            if instead is None:
                raise OperationError(f"np.{cls.reduces.__name__} over some elements alone takes `initial`: there may be none.")
            a = np.where(where, a, instead)
        y = cls(a, axes=axis, keepdims=keepdims)
        return y if initial is None else cls.reduces(y, initial)


class ReduceSum(Reduction, numpy=np.sum):
    """The sum over `axes`; of none it is 0. Whole numbers and booleans add up to NumPy's widest whole numbers.

    >>> ReduceSum.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1)
    array([[3.],
           [7.]])
    """

    reduces = np.add

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient), np.shape(x))

    def infer(self, x):
        return super().infer(x)[0], np.sum(np.empty(0, x.dtype)).dtype


def chosen(where, a, axis, keepdims):
    """How many elements along the axes `where` is true of, in the type of `a`."""
    return np.sum(np.broadcast_to(*as_nodes(where), np.shape(a)), axis=axis, keepdims=keepdims).astype(a.dtype)


class ReduceMean(Reduction, numpy=np.mean):
    """The mean over `axes`; of none it is not a number, and its gradient is empty.

    >>> ReduceMean.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=0, keepdims=False)
    array([2., 3.])
    """

    floating = True

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims) / Size.apply(x, axes=self.axes)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient / Size.apply(x, axes=self.axes)), np.shape(x))

    @classmethod
    def from_numpy(cls, a, axis=None, dtype=None, keepdims=False, where=None):
        a = a if dtype is None else a.astype(dtype)
        if where is None:
            return cls(a, axes=axis, keepdims=keepdims)
        return np.sum(a, axis=axis, keepdims=keepdims, where=where) / chosen(where, a, axis, keepdims)


class _Extreme(NeedsElements, Reduction):
    """The largest or smallest element. The gradient is split evenly among those that tie, as PyTorch's amax and amin do.

    Of no elements there is none: an axis of size 0 is refused.
    """

    def backward(self, gradient, y, x):
        ties = np.equal(x, self.restore(y)).astype(gradient.dtype)
        return ties * (self.restore(gradient) / np.sum(ties, axis=self.axes, keepdims=True))


class ReduceMax(_Extreme, numpy=np.max):
    """The largest element over `axes`; where several tie the gradient is split evenly among them.

    >>> ReduceMax.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1, keepdims=False)
    array([2., 4.])
    """

    reduces = np.maximum

    def forward(self, x, out=None):
        return np.max(x, axis=self.axes, keepdims=self.keepdims, out=out)


class ReduceMin(_Extreme, numpy=np.min):
    """The smallest element over `axes`; where several tie the gradient is split evenly among them.

    >>> ReduceMin.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1, keepdims=False)
    array([1., 3.])
    """

    reduces = np.minimum

    def forward(self, x, out=None):
        return np.min(x, axis=self.axes, keepdims=self.keepdims, out=out)


class ReduceProd(Reduction, numpy=np.prod):
    """The product over `axes`; of none it is 1.

    The gradient for an element is the product of all before it and all behind it, without a division, so that it holds at 0.

    >>> ReduceProd.apply(np.array([[2.0, 3.0], [4.0, 5.0]]), axes=1, keepdims=False)
    array([ 6., 20.])
    """

    floating = True
    reduces = np.multiply

    def forward(self, x, out=None):
        return np.prod(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        return self.restore(gradient) * self.others(x, axes_of(x, self.axes))

    def others(self, x, axes):
        """For each element the product of those it is multiplied with."""
        order = [*(axis for axis in range(x.ndim) if axis not in axes), *axes]
        last = np.transpose(x, order)  # the axes that are reduced come last, and then as one
        sizes = tuple(np.shape(x)[axis] for axis in order[: x.ndim - len(axes)])
        row = np.reshape(last, (*sizes, Size.apply(x, axes=axes)))
        before, behind = (CumProd.apply(row, axis=-1, exclusive=True, reverse=reverse) for reverse in (False, True))
        return np.transpose(np.reshape(before * behind, np.shape(last)), tuple(map(int, np.argsort(order))))


class OfFloats(Reduction):
    """A reduction composed of others, of floating-point numbers."""

    floating = True

    def summed(self, x):
        """The sum over the same axes, with the same `keepdims`."""
        return ReduceSum.apply(x, axes=self.axes, keepdims=self.keepdims)


class Scale(WithoutDerivative, OfFloats):
    """A number that only keeps others from overflowing."""


class FiniteMax(NeedsElements, Scale):
    """The largest element over `axes`, or 0 where that is infinite.

    >>> FiniteMax.apply(np.array([[1.0, 2.0], [1.0, np.inf]]), axes=1)
    array([[2.],
           [0.]])
    """

    def forward(self, x, out=None):
        largest = ReduceMax.apply(x, axes=self.axes, keepdims=self.keepdims)
        return np.where(np.isinf(largest), 0, largest)


class ReduceLogSum(OfFloats):
    """The logarithm of the sum, ln Σ x, over `axes`.

    >>> ReduceLogSum.apply(np.array([[0.25, 0.75]]), axes=1)
    array([[0.]])
    """

    def forward(self, x, out=None):
        return np.log(self.summed(x))

    def backward(self, gradient, y, x):
        return self.restore(gradient / self.summed(x)) * np.ones_like(x)


class ReduceLogSumExp(NeedsElements, OfFloats):
    """The logarithm of the sum of the exponentials, ln Σ eˣ, over `axes`.

    The largest element is subtracted first, so that no power overflows; an infinite one stays, and decides the sum.

    >>> ReduceLogSumExp.apply(np.array([[1000.0, 1000.0]]), axes=1).round(3)
    array([[1000.693]])
    """

    def forward(self, x, out=None):
        offset = FiniteMax.apply(x, axes=self.axes)
        return self.drop(np.log(ReduceSum.apply(np.exp(x - offset), axes=self.axes, keepdims=True)) + offset)

    def backward(self, gradient, y, x):
        return self.restore(gradient) * np.exp(x - self.restore(y))


class ReduceVariance(OfFloats, numpy=np.var):
    """The variance, the mean of (x − mean)², over `axes`; the sum is divided by n − `ddof`. It is NumPy's; ONNX has none.

    >>> import minigraph as mg
    >>> ReduceVariance.apply(np.array([1.0, 3.0]))
    array([1.])
    >>> np.var(mg.Input("x", ("N", 5)), axis=0)
    ReduceVariance (5, float32)
    """

    ddof: float = 0

    def forward(self, x, out=None):
        centred = x - ReduceMean.apply(x, axes=self.axes, keepdims=True)
        return self.summed(centred * centred) / self.count(x)

    def backward(self, gradient, y, x):
        centred = x - ReduceMean.apply(x, axes=self.axes, keepdims=True)
        return self.restore(gradient / self.count(x)) * 2 * centred

    def count(self, x):
        """What a sum of squares is divided by."""
        return Size.apply(x, axes=self.axes) - self.ddof

    def infer(self, x):
        ddof = self.ddof
        if not isinstance(ddof, int | float | np.number) or not np.isfinite(ddof):
            raise refused(self, f"takes ddof as a number, not {ddof!r}", error=OperationError)
        self.ddof = int(ddof) if ddof == int(ddof) else float(ddof)
        return super().infer(x)

    @classmethod
    def from_numpy(cls, a, axis=None, dtype=None, ddof=0, keepdims=False, where=None, correction=None):
        a, ddof = a if dtype is None else a.astype(dtype), ddof if correction is None else correction
        if where is None:
            return cls(a, axes=axis, ddof=ddof, keepdims=keepdims)
        centred = np.where(where, a - np.mean(a, axis=axis, keepdims=True, where=where), 0)
        count = chosen(where, a, axis, keepdims) - ddof
        return np.sum(centred * centred, axis=axis, keepdims=keepdims) / count


composes(np.amax)(ReduceMax.from_numpy)
composes(np.amin)(ReduceMin.from_numpy)
