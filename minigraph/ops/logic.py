"""Logic on booleans, and questions about numbers. None of it takes a derivative."""

import numpy as np

from minigraph.core.errors import DTypeError
from minigraph.core.node import Node, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.ops.comparison import Equal

__all__ = ["And", "IsInf", "IsNaN", "Not", "Or", "Xor"]


class _Logic(Node):
    """What all share: the value is a boolean for each element."""

    def backward(self, gradient, y, *operands):
        return (None,) * len(operands)

    def infer(self, *operands):
        for operand in operands:
            if operand.dtype != bool:
                raise DTypeError(
                    f"{type(self).__name__} takes booleans, but {operand} is {operand.dtype}.{places(operand)}\n"
                    "  Compare it first, as in mg.Greater(x, 0)."
                )
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


class _Question(_Logic):
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


def not_equal(a, b):
    """`np.not_equal(a, b)`: where a and b differ."""
    return Not(Equal(a, b))


COMPOSED_BY[np.not_equal] = not_equal
