"""Sums and products up to each place along an axis."""

from functools import partial
from itertools import pairwise

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import described, places
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import AlongAxis, along_or_flat, axes_of

__all__ = ["CumProd", "CumSum"]


class _Cumulative(AlongAxis):
    """The base of both: the `axis`, and whether to leave each element itself out (`exclusive`) or to begin at the end."""

    axis: int = 0
    exclusive: bool = False
    reverse: bool = False

    def accumulated(self, x, accumulate, first):
        """The elements accumulated along the axis; with `exclusive` they are moved by one, behind `first`."""
        ordered = np.flip(x, self.axis) if self.reverse else x
        if self.exclusive:
            ordered = Shift.apply(ordered, axis=self.axis, first=first)
        total = accumulate(ordered, axis=self.axis)
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

    The gradient for an element is the product of those before it times the gradient at the places behind it, each times the
    product of the elements in between: without a division, so that it holds at 0, as do its own derivatives.

    >>> CumProd.apply(np.array([1.0, 2.0, 3.0]))
    array([1., 2., 6.])
    """

    floating = True

    def forward(self, x, out=None):
        if self.exclusive or self.reverse:
            return self.accumulated(x, np.cumprod, 1)
        return np.cumprod(x, axis=self.axis, out=out)

    def backward(self, gradient, y, x):
        back = {"axis": self.axis, "reverse": not self.reverse}
        before = y if self.exclusive else CumProd.apply(x, axis=self.axis, exclusive=True, reverse=self.reverse)
        behind = Shift.apply(gradient, **back) if self.exclusive else gradient
        return before * Recurrence.apply(behind, Shift.apply(x, **back), **back)


class Shift(AlongAxis):
    """The elements one place further along `axis`, behind `first`, without the last; with `reverse` towards the beginning.

    >>> Shift.apply(np.array([1.0, 2.0, 3.0])), Shift.apply(np.array([1.0, 2.0, 3.0]), reverse=True, first=9)
    (array([0., 1., 2.]), array([2., 3., 9.]))
    """

    reverse: bool = False
    first: float = 0

    def forward(self, x, out=None):
        y = np.full_like(x, self.first)
        target, source = np.swapaxes(y, self.axis, 0), np.swapaxes(x, self.axis, 0)
        if self.reverse:
            target[:-1] = source[1:]
        else:
            target[1:] = source[:-1]
        return y

    def backward(self, gradient, y, x):
        return Shift.apply(gradient, axis=self.axis, reverse=not self.reverse)


class Recurrence(AlongAxis):
    """y₁ = b₁, then y₂ = b₂ + c₂ y₁, y₃ = b₃ + c₃ y₂ and so on along `axis`; from the end if `reverse`.

    Its gradient is such a recurrence in the other direction.

    >>> Recurrence.apply(np.array([1.0, 1.0, 1.0]), np.array([9.0, 2.0, 3.0]))
    array([ 1.,  3., 10.])
    """

    reverse: bool = False

    def forward(self, b, c, out=None):
        y = np.array(b)
        along, factors = np.swapaxes(y, self.axis, 0), np.swapaxes(c, self.axis, 0)
        for last, place in pairwise(range(len(along))[:: -1 if self.reverse else 1]):
            along[place] += factors[place] * along[last]
        return y

    def backward(self, gradient, y, b, c):
        back = {"axis": self.axis, "reverse": not self.reverse}
        for_b = Recurrence.apply(gradient, Shift.apply(c, **back), **back)
        return for_b, for_b * Shift.apply(y, axis=self.axis, reverse=self.reverse)

    def infer(self, b, c):
        return super().infer(b)


def accumulated(operation, a, axis=None, dtype=None):
    """`np.cumsum` or `np.cumprod`: along an axis, or over all elements in a row."""
    return along_or_flat(operation, a if dtype is None else a.astype(dtype), axis)


def accumulated_from(operation, first, x, axis=None, dtype=None, include_initial=False):
    """`np.cumulative_sum` or `np.cumulative_prod`: along an axis, which only a vector need not name; `first` may come first."""
    if axis is None and x.ndim != 1:
        raise OperationError(f"{described(x)} is accumulated along one axis: axis=0, say.{places(x)}")
    (axis,) = axes_of(x, axis)
    y = accumulated(operation, x, axis, dtype)
    return np.pad(y, [(int(i == axis), 0) for i in range(x.ndim)], constant_values=first) if include_initial else y


for operation, first, functions in (
    (CumSum, 0, (np.cumsum, getattr(np, "cumulative_sum", None))),
    (CumProd, 1, (np.cumprod, getattr(np, "cumulative_prod", None))),
):
    composes(functions[0])(partial(accumulated, operation))
    composes(functions[1])(partial(accumulated_from, operation, first))
