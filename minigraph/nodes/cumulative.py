"""Products over axes, and sums and products up to each place."""

import math
from functools import partial

import numpy as np

from minigraph.nodes.along import AlongAxis, along_or_flat
from minigraph.nodes.reduction import _Reduction
from minigraph.nodes.shape import axes_of
from minigraph.spelling import COMPOSED_BY

__all__ = ["CumProd", "CumSum", "ReduceProd"]


class ReduceProd(_Reduction, numpy=np.prod):
    """The product over `axes`; of none it is 1.

    The gradient for an element is the product of all the others, computed without a division, so that it holds at 0 too.
    Over an axis of a named size it is the product divided by the element, which at 0 holds for the first derivative only.

    >>> ReduceProd.apply(np.array([[2.0, 3.0], [4.0, 5.0]]), axes=1, keepdims=False)
    array([ 6., 20.])
    """

    floating = True

    def forward(self, x, out=None):
        return np.prod(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        axes = axes_of(x, self.axes)
        named = any(isinstance(x.shape[axis], str) for axis in axes)
        return self.restore(gradient) * (self.quotients(x) if named else self.others(x, axes))

    def others(self, x, axes):
        """For each element the product of those it is multiplied with."""
        order = [*(axis for axis in range(x.ndim) if axis not in axes), *axes]
        count = math.prod(x.shape[axis] for axis in axes)
        kept = tuple(np.shape(x)[axis] for axis in order[: x.ndim - len(axes)])
        row = np.reshape(np.transpose(x, order), (*kept, 1, count))
        left = ReduceProd.apply(np.where(np.eye(count, dtype=bool), 1, row), axes=(-1,), keepdims=False)
        apart = np.reshape(left, (*kept, *(x.shape[axis] for axis in axes)))
        return np.transpose(apart, tuple(map(int, np.argsort(order))))

    def quotients(self, x):
        """The same by division, with the elements that are 0 set apart."""
        zero = np.equal(x, 0)
        safe = np.where(zero, 1, x)
        count = zero.astype(x.dtype)
        more = np.sum(count, axis=self.axes, keepdims=True) - count
        return np.where(more > 0, 0, np.prod(safe, axis=self.axes, keepdims=True) / safe)


class _Cumulative(AlongAxis):
    """What both share: the `axis`, and whether to leave each element itself out (`exclusive`) or to begin at the end."""

    axis: int = 0
    exclusive: bool = False
    reverse: bool = False

    def accumulated(self, x, accumulate, first):
        """The elements accumulated along the axis; with `exclusive` they are moved by one, behind `first`."""
        turned = np.flip(x, self.axis) if self.reverse else x
        if self.exclusive:
            size = x.shape[self.axis]
            inner = [(1, 0) if axis == self.axis % x.ndim else (0, 0) for axis in range(x.ndim)]
            part = tuple(slice(0, size) if axis == self.axis % x.ndim else slice(None) for axis in range(x.ndim))
            turned = np.pad(turned, inner, constant_values=first)[part]
        total = accumulate(turned, axis=self.axis)
        return np.flip(total, self.axis) if self.reverse else total


class CumSum(_Cumulative):
    """The sum of the elements up to each place along `axis`, itself included unless `exclusive`; from the end if `reverse`.

    >>> CumSum.apply(np.array([1.0, 2.0, 3.0])), CumSum.apply(np.array([1.0, 2.0, 3.0]), exclusive=True, reverse=True)
    (array([1., 3., 6.]), array([5., 3., 0.]))
    """

    def forward(self, x, out=None):
        if self.exclusive or self.reverse:
            return self.accumulated(x, partial(np.cumsum, dtype=x.dtype), 0)  # NumPy would widen whole numbers
        return np.cumsum(x, axis=self.axis, dtype=x.dtype, out=out)

    def backward(self, gradient, y, x):
        return CumSum.apply(gradient, axis=self.axis, exclusive=self.exclusive, reverse=not self.reverse)


class CumProd(_Cumulative):
    """The product of the elements up to each place along `axis`. The attributes are CumSum's.

    Its gradient holds where elements are 0, the gradient of that gradient elsewhere.

    >>> CumProd.apply(np.array([1.0, 2.0, 3.0]))
    array([1., 2., 6.])
    """

    floating = True

    def forward(self, x, out=None):
        if self.exclusive or self.reverse:
            return self.accumulated(x, np.cumprod, 1)
        return np.cumprod(x, axis=self.axis, out=out)

    def backward(self, gradient, y, x):
        zero = np.equal(x, 0)
        before = CumSum.apply(zero.astype(x.dtype), axis=self.axis, exclusive=True, reverse=self.reverse)
        first = np.logical_and(zero, np.equal(before, 0))
        without = CumProd.apply(np.where(first, 1, x), axis=self.axis, exclusive=self.exclusive, reverse=self.reverse)
        later = {"axis": self.axis, "exclusive": self.exclusive, "reverse": not self.reverse}
        at_first = CumSum.apply(gradient * without, **later)
        elsewhere = CumSum.apply(gradient * y, **later) / np.where(zero, 1, x)
        return np.where(first, at_first, np.where(zero, 0, elsewhere))


COMPOSED_BY[np.cumsum] = lambda a, axis=None, dtype=None: along_or_flat(CumSum, a, axis)
COMPOSED_BY[np.cumprod] = lambda a, axis=None, dtype=None: along_or_flat(CumProd, a, axis)
