"""Elementary functions of every element, and what steps, bounds or stops."""

import math

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.ops.arithmetic import OfNumbers

__all__ = ["Ceil", "Clip", "Erf", "Expm1", "Floor", "Identity", "Log1p", "Mod", "Reciprocal", "Round", "StopGradient"]


class Reciprocal(Node, ufunc=np.reciprocal, numpy=np.reciprocal):
    """The reciprocal, 1 / x.

    >>> Reciprocal.apply(np.array([2.0, -4.0]))
    array([ 0.5 , -0.25])
    """

    floating = True

    def backward(self, gradient, y, x):
        return -gradient * y * y


class Expm1(Node, ufunc=np.expm1, numpy=np.expm1):
    """The exponential less 1, eˣ − 1, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Expm1.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient * (y + 1)


class Log1p(Node, ufunc=np.log1p, numpy=np.log1p):
    """The natural logarithm of 1 + x, exact also where x is close to 0. It is NumPy's; ONNX has none.

    >>> Log1p.apply(np.array([0.0, 1e-10]))
    array([0.e+00, 1.e-10])
    """

    floating = True

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


def polynomial(x, coefficients):
    """The polynomial with these coefficients, that of the highest power first, by Horner's rule."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


class Erf(Node):
    """The error function, 2/√π · ∫₀ˣ e^(−t²) dt.

    W. J. Cody, Rational Chebyshev approximations for the error function, Mathematics of Computation 23, 1969: the value is
    right to 1e-15 in double precision.

    >>> Erf.apply(np.array([0.0, 1.0, 9.0])).round(6)
    array([0.      , 0.842701, 1.      ])
    """

    floating = True

    def forward(self, x, out=None):
        near, far = np.clip(x, -BORDER, BORDER), np.clip(np.abs(x), BORDER, 6)
        squared = near * near
        inside = near * polynomial(squared, NEAR) / polynomial(squared, NEAR_UNDER)
        rest = np.exp(-far * far) * polynomial(far, FAR) / polynomial(far, FAR_UNDER)
        # Both are taken everywhere, and each stands still where the other moves: a choice takes longer than a polynomial.
        return np.clip(inside + near / BORDER * (REST - rest), -1, 1)

    def backward(self, gradient, y, x):
        return gradient * (2 / math.sqrt(math.pi)) * np.exp(-x * x)


class _Step(Node):
    """What functions that are flat between their steps share: the gradient is 0 there, and taken to be 0 at a step."""

    def backward(self, gradient, y, *operands):
        return (None,) * len(operands)


class Floor(_Step, ufunc=np.floor, numpy=np.floor):
    """The largest whole number that is not above x. It takes no derivative.

    >>> Floor.apply(np.array([-1.5, 2.7]))
    array([-2.,  2.])
    """


class Ceil(_Step, ufunc=np.ceil, numpy=np.ceil):
    """The smallest whole number that is not below x. It takes no derivative.

    >>> Ceil.apply(np.array([-1.5, 2.2]))
    array([-1.,  3.])
    """


class Round(_Step, ufunc=np.rint, numpy=np.rint):
    """The nearest whole number; halves go to the even one. It takes no derivative.

    >>> Round.apply(np.array([0.5, 1.5, 2.6]))
    array([0., 2., 3.])
    """

    floating = True


class Mod(OfNumbers, numpy=np.mod):
    """What is left of a after it was divided by b: with the sign of b, or that of a with `fmod=True`, as in C.

    ONNX asks for `fmod=True` where the numbers are floating-point ones; NumPy's two functions take both.

    >>> Mod.apply(np.array([-7.0, 7.0]), np.array([3.0, 3.0])), Mod.apply(np.array([-7.0]), np.array([3.0]), fmod=True)
    (array([2., 1.]), array([-1.]))
    """

    fmod: bool = False

    def forward(self, a, b, out=None):
        return (np.fmod if self.fmod else np.mod)(a, b, out=out)

    def backward(self, gradient, y, a, b):
        quotient = a / b
        return gradient, -gradient * (np.sign(quotient) * np.floor(np.abs(quotient)) if self.fmod else np.floor(quotient))


class Clip(OfNumbers):
    """x, but not below `minimum` nor above `maximum`, numbers of which either may be None. ONNX calls them min and max.

    Where x is clipped its gradient is 0; at a bound itself the gradient passes, as PyTorch has it.

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
                raise OperationError(f"Clip takes numbers as its bounds, not {bound!r}; for nodes use np.maximum, np.minimum.")
        self.minimum, self.maximum = (self._bound(x, bound) for bound in (self.minimum, self.maximum))
        return x.shape, x.dtype

    def _bound(self, x, bound):
        """A bound as a number of Python's, which takes the type of x, or an error where x has no such number."""
        number = bound.item() if isinstance(bound, np.number) else bound
        if number is None or x.dtype.kind == "f":
            return number
        least, most = np.iinfo(x.dtype).min, np.iinfo(x.dtype).max
        if number != number or not least <= number <= most or number != int(number):
            raise OperationError(f"Clip of {x.dtype} takes bounds of that type, not {bound!r}: {described(x)}.{places(x)}")
        return int(number)

    @classmethod
    def from_numpy(cls, a, a_min=None, a_max=None, min=None, max=None):
        return cls(a, minimum=a_min if min is None else min, maximum=a_max if max is None else max)


class Identity(Node, numpy=np.copy):
    """x itself.

    >>> Identity.apply(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    moves_elements = True
    keeps_order = True

    def forward(self, x, out=None):
        return np.copy(x)

    def backward(self, gradient, y, x):
        return gradient


class StopGradient(Node):
    """x itself, which takes no derivative: what leads to it is a constant to whoever differentiates.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> float(mg.Graph(y=x * mg.StopGradient(x)).forward(x=3.0).backward()["x"])
    3.0
    """

    def forward(self, x, out=None):
        return np.copy(x)

    def backward(self, gradient, y, x):
        return None


def rounded(a, decimals=0):
    """`np.round(a)`: to whole numbers alone."""
    if decimals:
        raise OperationError(f"np.round on a node rounds to whole numbers, not to decimals={decimals}.")
    return Round(a)


def square(x):
    """`np.square(x)`, which is x · x."""
    return x * x


def c_remainder(a, b):
    """`np.fmod(a, b)`: what is left, with the sign of a."""
    return Mod(a, b, fmod=True)


COMPOSED_BY[np.positive] = Identity.from_numpy
COMPOSED_BY[np.clip] = Clip.from_numpy
COMPOSED_BY[np.round] = rounded
COMPOSED_BY[np.square] = square
COMPOSED_BY[np.fmod] = c_remainder
