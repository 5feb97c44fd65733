"""Comparisons and logic, which give booleans and take no derivative, and the choice made by a condition."""

import numpy as np

from minigraph.core.errors import DTypeError
from minigraph.core.node import Constant, Node
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import WithoutDerivative, refused

__all__ = [
    "And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or", "Where", "Xor",
]  # fmt: skip


class _Comparison(WithoutDerivative):
    """The base of comparisons: the value is a boolean for each element."""

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


class _Logic(WithoutDerivative):
    """The base of logic on booleans."""

    def infer(self, *operands):
        for operand in operands:
            if operand.dtype != bool:
                why, remedy = f"takes booleans, but {operand} is {operand.dtype}", "Compare it first, as in mg.Greater(x, 0)."
                raise refused(self, why, operand, remedy=remedy, error=DTypeError)
        return self.broadcast(*operands), np.dtype(bool)


class And(_Logic, ufunc=np.logical_and, numpy=np.logical_and):
    """Where both a and b are true.

    >>> And.apply(np.array([True, True]), np.array([True, False]))
    array([ True, False])
    """


class Or(_Logic, ufunc=np.logical_or, numpy=np.logical_or):
    """Where a or b is true, or both.

    >>> Or.apply(np.array([True, False]), np.array([False, False]))
    array([ True, False])
    """


class Xor(_Logic, ufunc=np.logical_xor, numpy=np.logical_xor):
    """Where one of a and b is true, and not both.

    >>> Xor.apply(np.array([True, True]), np.array([True, False]))
    array([False,  True])
    """


class Not(_Logic, ufunc=np.logical_not, numpy=np.logical_not):
    """Where x is false.

    >>> Not.apply(np.array([True, False]))
    array([False,  True])
    """


class _Question(WithoutDerivative):
    """A question about each number."""

    floating = True

    def infer(self, x):
        return x.shape, np.dtype(bool)


class IsNaN(_Question, ufunc=np.isnan, numpy=np.isnan):
    """Where x is not a number.

    >>> IsNaN.apply(np.array([1.0, np.nan]))
    array([False,  True])
    """


class IsInf(_Question, ufunc=np.isinf, numpy=np.isinf):
    """Where x is infinite, of either sign.

    >>> IsInf.apply(np.array([1.0, -np.inf]))
    array([False,  True])
    """


@composes(np.not_equal)
def not_equal(a, b):
    """`np.not_equal(a, b)`: where a and b differ."""
    return Not(Equal(a, b))
