"""Elementary functions of every element: powers, logarithms, trigonometric and hyperbolic functions. Angles are in radians.

The hyperbolic tangent, Tanh, is among the activations.
"""

import math

import numpy as np

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import composes

__all__ = [
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "Cbrt", "Cos", "Cosh", "Exp", "Expm1", "Hypot", "Log", "Log10",
    "Log1p", "Log2", "Pow", "Sin", "Sinh", "Sqrt", "Tan",
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


class Cbrt(Node, ufunc=np.cbrt, numpy=np.cbrt):
    """The cube root, also of negative numbers. Its derivative at 0 is infinite. It is NumPy's; ONNX has none.

    >>> Cbrt.apply(np.array([0.0, 27.0, -8.0]))
    array([ 0.,  3., -2.])
    """

    def backward(self, gradient, y, x):
        return gradient / (3 * y * y)


class Expm1(Node, ufunc=np.expm1, numpy=np.expm1):
    """The exponential less 1, eˣ − 1, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Expm1.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    def backward(self, gradient, y, x):
        return gradient * (y + 1)


class Log2(Node, ufunc=np.log2, numpy=np.log2):
    """The logarithm to the base 2, exact at the powers of 2. It is NumPy's; ONNX has none.

    >>> Log2.apply(np.array([0.5, 8.0]))
    array([-1.,  3.])
    """

    def backward(self, gradient, y, x):
        return gradient / (x * math.log(2))


class Log10(Node, ufunc=np.log10, numpy=np.log10):
    """The logarithm to the base 10, exact at the powers of 10. It is NumPy's; ONNX has none.

    >>> Log10.apply(np.array([0.1, 1000.0]))
    array([-1.,  3.])
    """

    def backward(self, gradient, y, x):
        return gradient / (x * math.log(10))


class Log1p(Node, ufunc=np.log1p, numpy=np.log1p):
    """The natural logarithm of 1 + x, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Log1p.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    def backward(self, gradient, y, x):
        return gradient / (1 + x)


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


class Hypot(Node, ufunc=np.hypot, numpy=np.hypot):
    """The length √(a² + b²), from the smallest number to the largest. Its derivatives at (0, 0) are taken to be 0.

    So are those of ReduceL2; where a length is 0 there is no direction. It is NumPy's; ONNX has none.

    >>> Hypot.apply(np.array([3.0, 3e300]), np.array([4.0, 4e300]))
    array([5.e+000, 5.e+300])
    """

    def backward(self, gradient, y, a, b):
        length = np.where(np.equal(y, 0), 1, y)
        return gradient * (a / length), gradient * (b / length)


class Atan2(Node, ufunc=np.arctan2, numpy=np.arctan2):
    """The angle, from −π to π, of the point at height a and width b. It is NumPy's; ONNX has none.

    Its derivatives at (0, 0) are taken to be 0, as PyTorch has them.

    >>> Atan2.apply(np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, -1.0])).round(3)
    array([0.   , 1.571, 3.142])
    """

    def backward(self, gradient, y, a, b):
        length = Hypot.apply(a, b)
        length = np.where(np.equal(length, 0), 1, length)
        turned = gradient / length  # divided twice: a square of the length could overflow
        return turned * (b / length), -turned * (a / length)


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


composes(np.exp2)(lambda x: Pow(2, x))
composes(np.float_power)(Pow.from_numpy)
for degrees, radians in ((np.degrees, np.radians), (np.rad2deg, np.deg2rad)):
    composes(degrees)(lambda x: x * (180 / math.pi))
    composes(radians)(lambda x: x * (math.pi / 180))
composes(np.angle)(lambda z, deg=False: Atan2(np.zeros_like(z), z) * (180 / math.pi if deg else 1))


@composes(np.ldexp)
def ldexp(x, i):
    """x · 2ⁱ, in two steps, of which neither overflows where the result does not."""
    half = np.floor_divide(i, 2)
    for part in (half, np.subtract(i, half)):
        x = x * np.exp2(part.astype(getattr(x, "dtype", np.float32)) if isinstance(part, Node) else part)
    return x
