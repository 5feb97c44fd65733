"""Elementary functions of every element: powers, logarithms, trigonometric and hyperbolic functions. Angles are in radians.

The hyperbolic tangent, Tanh, is among the activations.
"""

import math

import numpy as np

from minigraph.core.node import Node

__all__ = [
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Erf", "Exp", "Expm1", "Log", "Log1p", "Pow", "Sin",
    "Sinh", "Sqrt", "Tan",
]  # fmt: skip


class Pow(Node, ufunc=np.power, numpy=np.power):
    """The power, a to the b, with ∂y/∂a = b·a^(b − 1) and ∂y/∂b = y·ln a.

    The gradient for the exponent is taken to be 0 where a is not positive. A power of 0 is the constant 1 wherever a
    is, 0 included, so all its derivatives are 0; the same holds for the derivative that any whole power ends in.

    >>> Pow.apply(np.array([0.0, 3.0]), 2)
    array([0., 9.])
    """

    floating = True

    def backward(self, gradient, y, a, b):
        lowered = np.where(np.equal(b, 0), 0, b - 1)  # no 0 · 0^(−1), which is not a number
        return gradient * b * a**lowered, np.where(a > 0, gradient * y * np.log(np.where(a > 0, a, 1)), 0)


class Exp(Node, ufunc=np.exp, numpy=np.exp):
    """The exponential, e to the x.

    >>> Exp.apply(np.array([0.0, 1.0])).round(3)
    array([1.   , 2.718])
    """

    def backward(self, gradient, y, x):
        return gradient * y


class Log(Node, ufunc=np.log, numpy=np.log):
    """The natural logarithm, ln x: −∞ at 0, not a number below.

    >>> Log.apply(np.array([1.0, np.e]))
    array([0., 1.])
    """

    def backward(self, gradient, y, x):
        return gradient / x


class Sqrt(Node, ufunc=np.sqrt, numpy=np.sqrt):
    """The square root. Its derivative at 0 is infinite.

    >>> Sqrt.apply(np.array([0.0, 4.0]))
    array([0., 2.])
    """

    def backward(self, gradient, y, x):
        return gradient / (2 * y)


class Expm1(Node, ufunc=np.expm1, numpy=np.expm1):
    """The exponential less 1, eˣ − 1, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Expm1.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    def backward(self, gradient, y, x):
        return gradient * (y + 1)


class Log1p(Node, ufunc=np.log1p, numpy=np.log1p):
    """The natural logarithm of 1 + x, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Log1p.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    def backward(self, gradient, y, x):
        return gradient / (1 + x)


NEAR = (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3)
NEAR_UNDER = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
FAR = (
    2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1, 2.98635138197400131e2,
    8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
)  # fmt: skip
FAR_UNDER = (
    1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3, 3.29079923573345963e3,
    4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
)  # fmt: skip
BORDER = 0.46875
"""Erf is a quotient of polynomials in x² below it, and 1 − e^(−x²) times one in |x| above."""

REST = 0.5073865267820621
"""1 − erf at the border."""

SINGLE = (0.0546028253, 7.34756412, 93.7710495, 1346.52754, 4810.22918, 28990.5278)
SINGLE_UNDER = (1.0, 29.3194615, 378.614629, 2899.8364, 12827.0059, 25692.1867)
SINGLE_BORDER = 3.83
"""In single precision one quotient in x² does, up to where erf is 1. Fitted to erf(x) / x so that the largest relative error is
least, which is 1.3e-8."""


def polynomial(x, coefficients):
    """The polynomial with these coefficients, that of the highest power first, by Horner's rule."""
    first, second, *others = coefficients
    value = second + (x if first == 1 else first * x)
    for coefficient in others:
        value = value * x + coefficient
    return value


class Erf(Node):
    """The error function, 2/√π · ∫₀ˣ e^(−t²) dt.

    W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of Computation 23, 1969: the value is
    right to 1e-15 in double precision; in single precision one quotient of polynomials gives it to 4e-7.

    >>> Erf.apply(np.array([0.0, 1.0, 9.0])).round(6)
    array([0.      , 0.842701, 1.      ])
    """

    floating = True

    def forward(self, x, out=None):
        if x.dtype == np.float32:
            x = np.clip(x, -SINGLE_BORDER, SINGLE_BORDER)
            squared = x * x
            return np.clip(x * (polynomial(squared, SINGLE) / polynomial(squared, SINGLE_UNDER)), -1, 1)
        near, far = np.clip(x, -BORDER, BORDER), np.clip(np.abs(x), BORDER, 6)
        squared = near * near
        inside = near * polynomial(squared, NEAR) / polynomial(squared, NEAR_UNDER)
        rest = np.exp(-far * far) * polynomial(far, FAR) / polynomial(far, FAR_UNDER)
        # Both are taken everywhere, and each stands still where the other moves: a choice takes longer than a polynomial.
        return np.clip(inside + near / BORDER * (REST - rest), -1, 1)

    def backward(self, gradient, y, x):
        return gradient * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


class Sin(Node, ufunc=np.sin, numpy=np.sin):
    """The sine.

    >>> Sin.apply(np.array([0.0, np.pi / 2]))
    array([0., 1.])
    """

    def backward(self, gradient, y, x):
        return gradient * np.cos(x)


class Cos(Node, ufunc=np.cos, numpy=np.cos):
    """The cosine.

    >>> Cos.apply(np.array([0.0, np.pi]))
    array([ 1., -1.])
    """

    def backward(self, gradient, y, x):
        return -gradient * np.sin(x)


class Tan(Node, ufunc=np.tan, numpy=np.tan):
    """The tangent, whose derivative is 1 + tan² x.

    >>> Tan.apply(np.array([0.0, np.pi / 4])).round(3)
    array([0., 1.])
    """

    def backward(self, gradient, y, x):
        return gradient * (1 + y * y)


class Asin(Node, ufunc=np.arcsin, numpy=np.arcsin):
    """The angle, from −π/2 to π/2, whose sine is x. Its derivative at −1 and 1 is infinite.

    >>> Asin.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.571])
    """

    def backward(self, gradient, y, x):
        return gradient / np.sqrt((1 - x) * (1 + x))


class Acos(Node, ufunc=np.arccos, numpy=np.arccos):
    """The angle, from 0 to π, whose cosine is x. Its derivative at −1 and 1 is infinite.

    >>> Acos.apply(np.array([1.0, 0.0])).round(3)
    array([0.   , 1.571])
    """

    def backward(self, gradient, y, x):
        return -gradient / np.sqrt((1 - x) * (1 + x))


class Atan(Node, ufunc=np.arctan, numpy=np.arctan):
    """The angle, from −π/2 to π/2, whose tangent is x.

    >>> Atan.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.785])
    """

    def backward(self, gradient, y, x):
        return gradient / (1 + x * x)


class Sinh(Node, ufunc=np.sinh, numpy=np.sinh):
    """The hyperbolic sine, (eˣ − e⁻ˣ) / 2.

    >>> Sinh.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 1.175])
    """

    def backward(self, gradient, y, x):
        return gradient * np.cosh(x)


class Cosh(Node, ufunc=np.cosh, numpy=np.cosh):
    """The hyperbolic cosine, (eˣ + e⁻ˣ) / 2.

    >>> Cosh.apply(np.array([0.0, 1.0])).round(3)
    array([1.   , 1.543])
    """

    def backward(self, gradient, y, x):
        return gradient * np.sinh(x)


class Asinh(Node, ufunc=np.arcsinh, numpy=np.arcsinh):
    """The number whose hyperbolic sine is x.

    >>> Asinh.apply(np.array([0.0, 1.0])).round(3)
    array([0.   , 0.881])
    """

    def backward(self, gradient, y, x):
        return gradient / np.sqrt(x * x + 1)


class Acosh(Node, ufunc=np.arccosh, numpy=np.arccosh):
    """The number, 0 or more, whose hyperbolic cosine is x, which is 1 or more. Its derivative at 1 is infinite.

    >>> Acosh.apply(np.array([1.0, 2.0])).round(3)
    array([0.   , 1.317])
    """

    def backward(self, gradient, y, x):
        return gradient / np.sqrt((x - 1) * (x + 1))


class Atanh(Node, ufunc=np.arctanh, numpy=np.arctanh):
    """The number whose hyperbolic tangent is x, which is between −1 and 1.

    >>> Atanh.apply(np.array([0.0, 0.5])).round(3)
    array([0.   , 0.549])
    """

    def backward(self, gradient, y, x):
        return gradient / ((1 - x) * (1 + x))
