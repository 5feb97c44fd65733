"""Comparisons, which give booleans and take no derivative, and the choice made by one."""

import numpy as np

from minigraph.core.node import Constant, Node

__all__ = ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Where"]


class _Comparison(Node):
    """What all comparisons share."""

    def backward(self, gradient, y, a, b):
        return None, None

    def infer(self, a, b):
        return self.broadcast(a, b), np.dtype(bool)


class Equal(_Comparison, ufunc=np.equal, numpy=np.equal):
    """Where a = b.

    >>> Equal.apply(np.arange(3), 1)
    array([False,  True, False])
    """


class Greater(_Comparison, ufunc=np.greater, numpy=np.greater):
    """Where a > b.

    >>> Greater.apply(np.arange(3), 1)
    array([False, False,  True])
    """


class GreaterOrEqual(_Comparison, ufunc=np.greater_equal, numpy=np.greater_equal):
    """Where a ≥ b.

    >>> GreaterOrEqual.apply(np.arange(3), 1)
    array([False,  True,  True])
    """


class Less(_Comparison, ufunc=np.less, numpy=np.less):
    """Where a < b.

    >>> Less.apply(np.arange(3), 1)
    array([ True, False, False])
    """


class LessOrEqual(_Comparison, ufunc=np.less_equal, numpy=np.less_equal):
    """Where a ≤ b.

    >>> LessOrEqual.apply(np.arange(3), 1)
    array([ True,  True, False])
    """


class Where(Node, numpy=np.where):
    """The element of a where the condition holds, else that of b. The gradient goes to the one that was taken.

    >>> Where.apply(np.array([True, False]), np.array([1, 2]), 0)
    array([1, 0])
    """

    selectors = ("condition",)

    def forward(self, condition, a, b, out=None):
        return np.where(condition, a, b)

    def backward(self, gradient, y, condition, a, b):
        return None, np.where(condition, gradient, 0), np.where(condition, 0, gradient)

    @property
    def known(self):
        """Sizes chosen by a constant are sizes."""
        condition, a, b = self.operands
        if self.dtype != np.int64 or not isinstance(condition, Constant) or a.known is None or b.known is None:
            return None
        either = np.broadcast(condition.value, np.array(a.known, object), np.array(b.known, object))
        return tuple(first if holds else second for holds, first, second in either) if self.ndim < 2 else None
