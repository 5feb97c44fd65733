"""Trigonometric and hyperbolic functions, and their inverses. Angles are in radians."""

import numpy as np

from minigraph.core.node import Node

__all__ = ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Sin", "Sinh", "Tan"]


class Sin(Node, ufunc=np.sin, numpy=np.sin):
    """The sine.

    >>> Sin.apply(np.array([0.0, np.pi / 2]))
    array([0., 1.])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient * np.cos(x)


class Cos(Node, ufunc=np.cos, numpy=np.cos):
    """The cosine.

    >>> Cos.apply(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    floating = True

    def backward(self, gradient, y, x):
        return -gradient * np.sin(x)


class Tan(Node, ufunc=np.tan, numpy=np.tan):
    """The tangent, whose slope is 1 + tan² x.

    >>> Tan.apply(np.array([0.0, np.pi / 4])).round(3)
    array([0., 1.])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient * (1 + y * y)


class Asin(Node, ufunc=np.arcsin, numpy=np.arcsin):
    """The angle, from −π/2 to π/2, whose sine is x. Its slope at −1 and 1 is infinite.

    >>> Asin.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.571])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / np.sqrt((1 - x) * (1 + x))


class Acos(Node, ufunc=np.arccos, numpy=np.arccos):
    """The angle, from 0 to π, whose cosine is x. Its slope at −1 and 1 is infinite.

    >>> Acos.apply(np.array([1.0, 0.0])).round(3)
    array([0.   , 1.571])
    """

    floating = True

    def backward(self, gradient, y, x):
        return -gradient / np.sqrt((1 - x) * (1 + x))


class Atan(Node, ufunc=np.arctan, numpy=np.arctan):
    """The angle, from −π/2 to π/2, whose tangent is x.

    >>> Atan.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.785])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / (1 + x * x)


class Sinh(Node, ufunc=np.sinh, numpy=np.sinh):
    """The hyperbolic sine, (eˣ − e⁻ˣ) / 2.

    >>> Sinh.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.175])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient * np.cosh(x)


class Cosh(Node, ufunc=np.cosh, numpy=np.cosh):
    """The hyperbolic cosine, (eˣ + e⁻ˣ) / 2.

    >>> Cosh.apply(np.array([0.0, 1.0])).round(3)
    array([1.   , 1.543])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient * np.sinh(x)


class Asinh(Node, ufunc=np.arcsinh, numpy=np.arcsinh):
    """The number whose hyperbolic sine is x.

    >>> Asinh.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.881])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / np.sqrt(x * x + 1)


class Acosh(Node, ufunc=np.arccosh, numpy=np.arccosh):
    """The number, 0 or more, whose hyperbolic cosine is x, which is 1 or more. Its slope at 1 is infinite.

    >>> Acosh.apply(np.array([1.0, 2.0])).round(3)
    array([0.   , 1.317])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / np.sqrt((x - 1) * (x + 1))


class Atanh(Node, ufunc=np.arctanh, numpy=np.arctanh):
    """The number whose hyperbolic tangent is x, which is between −1 and 1.

    >>> Atanh.apply(np.array([0.0, 0.5])).round(3)
    array([0.   , 0.549])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / ((1 - x) * (1 + x))
