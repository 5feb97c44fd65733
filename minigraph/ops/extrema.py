"""The larger and the smaller of several values, element by element, and values kept within bounds."""

import operator
from functools import reduce

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.arithmetic import OfNumbers, OfSizes
from minigraph.ops.checks import refused

__all__ = ["Clip", "Max", "Min"]


class _Extreme(OfSizes):
    """The base of Max and Min: among operands that tie, the gradient is split evenly, as PyTorch does."""

    def backward(self, gradient, y, *operands):
        wins = [np.equal(operand, y).astype(gradient.dtype) for operand in operands]
        even = gradient / reduce(operator.add, wins)
        return tuple(even * win for win in wins)


class Max(_Extreme, numpy=np.maximum):
    """The largest of the operands, element by element; where several tie the gradient is split evenly among them.

    >>> Max.apply(np.array([1, 5]), np.array([4, 2]), 3)
    array([4, 5])
    """

    def forward(self, *operands, out=None):
        return np.maximum(reduce(np.maximum, operands[:-1] or operands), operands[-1], out=out)


class Min(_Extreme, numpy=np.minimum):
    """The smallest of the operands, element by element; where several tie the gradient is split evenly among them.

    >>> Min.apply(np.array([1, 5]), np.array([4, 2]), 3)
    array([1, 2])
    """

    def forward(self, *operands, out=None):
        return np.minimum(reduce(np.minimum, operands[:-1] or operands), operands[-1], out=out)


class Clip(OfNumbers, numpy=np.clip):
    """x, but not below `minimum` nor above `maximum`, numbers of which either may be None. ONNX calls them min and max.

    `np.clip` with nodes or arrays for bounds composes Max and Min.

    Where x is clipped its gradient is 0; at a bound itself it is that of the value, as PyTorch has it.

    >>> Clip.apply(np.array([-2.0, 0.5, 9.0]), minimum=0, maximum=1)
    array([0. , 0.5, 1. ])
    """

    minimum: float | None = None
    maximum: float | None = None

    def forward(self, x, out=None):
        above = x if self.minimum is None else np.maximum(x, self.minimum)
        return above if self.maximum is None else np.minimum(above, self.maximum)

    def backward(self, gradient, y, x):
        return np.where(np.equal(x, y), gradient, 0)

    def infer(self, x):
        for bound in (self.minimum, self.maximum):
            if bound is not None and not isinstance(bound, int | float | np.number):
                why = f"takes numbers as its bounds, not {bound!r}; for nodes use np.maximum, np.minimum"
                raise refused(self, why, error=OperationError)
        self.minimum, self.maximum = (self._bound(x, bound) for bound in (self.minimum, self.maximum))
        return x.shape, x.dtype

    def _bound(self, x, bound):
        """A bound as a number of Python's, which takes the type of x, or an error where x has no such number."""
        number = bound.item() if isinstance(bound, np.number) else bound
        if number is None or x.dtype.kind == "f":
            return number
        least, most = np.iinfo(x.dtype).min, np.iinfo(x.dtype).max
        if number != number or not least <= number <= most or number != int(number):
            why = f"of {x.dtype} takes bounds of that type, not {bound!r}: {described(x)}"
            raise refused(self, why, x, error=OperationError)
        return int(number)

    @classmethod
    def from_numpy(cls, a, a_min=None, a_max=None, min=None, max=None):
        bounds = (a_min if min is None else min, a_max if max is None else max)
        if isinstance(a, Node) and all(bound is None or isinstance(bound, int | float | np.number) for bound in bounds):
            return cls(a, minimum=bounds[0], maximum=bounds[1])
        for bound, operation in zip(bounds, (Max, Min), strict=True):
            a = a if bound is None else operation(a, bound)
        return a


@composes(np.fmax)
def fmax(a, b):
    """The larger of two, or of a number and what is none the number."""
    return Max(np.where(np.isnan(a), b, a), np.where(np.isnan(b), a, b))


@composes(np.fmin)
def fmin(a, b):
    """The smaller of two, or of a number and what is none the number."""
    return Min(np.where(np.isnan(a), b, a), np.where(np.isnan(b), a, b))
