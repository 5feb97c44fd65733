"""Rounding to whole numbers, which takes no derivative."""

import numpy as np

from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import WithoutDerivative

__all__ = ["Ceil", "Floor", "Round"]


class Floor(WithoutDerivative, ufunc=np.floor, numpy=np.floor):
    """The largest whole number that is not above x. It takes no derivative.

    >>> Floor.apply(np.array([-1.5, 2.7]))
    array([-2.,  2.])
    """


class Ceil(WithoutDerivative, ufunc=np.ceil, numpy=np.ceil):
    """The smallest whole number that is not below x. It takes no derivative.

    >>> Ceil.apply(np.array([-1.5, 2.2]))
    array([-1.,  3.])
    """


class Round(WithoutDerivative, ufunc=np.rint, numpy=np.rint):
    """The nearest whole number; halves go to the even one. It takes no derivative.

    >>> Round.apply(np.array([0.5, 1.5, 2.6]))
    array([0., 2., 3.])
    """


@composes(np.round)
def rounded(a, decimals=0):
    """To so many decimals: whole numbers after a multiplication by a power of 10, as NumPy computes it."""
    if decimals == 0:
        return Round(a)
    scale = 10.0 ** abs(decimals)
    return Round(a * scale) / scale if decimals > 0 else Round(a / scale) * scale


composes(np.around)(rounded)


@composes(np.trunc)
def truncated(x):
    """The whole number that is next towards 0."""
    return np.where(np.less(x, 0), np.ceil(x), np.floor(x))


composes(np.fix)(truncated)
composes(np.modf)(lambda x: (x - truncated(x), truncated(x)))
