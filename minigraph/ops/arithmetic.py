"""Elementwise arithmetic, and what rounds, bounds or converts. Operands broadcast; a traversal undoes that for gradients."""

import operator
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import COMPOSED_BY, composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import WithoutDerivative, refused

__all__ = [
    "Abs", "Add", "Cast", "Ceil", "Clip", "Div", "Floor", "Identity", "Max", "Min", "Mod", "Mul", "Neg", "Reciprocal", "Round",
    "Sign", "StopGradient", "Sub",
]  # fmt: skip


class OfNumbers(Node):
    """An operation that takes no booleans, unless they meet numbers: what NumPy does not do with them, or makes integers of."""

    def _common_dtype(self, values):
        dtype = super()._common_dtype(values)
        nodes = [value for value in values if isinstance(value, Node)]
        if dtype.kind == "b" and nodes:
            remedy = "Convert it with .astype(np.int64), or use the logical operations: ~a, a & b, a | b and a ^ b."
            raise refused(self, f"takes numbers, but {nodes[0]} is bool", nodes[0], remedy=remedy, error=DTypeError)
        return dtype


class Add(Node, numpy=np.add):
    """The sum, a + b.

    >>> Add.apply(np.arange(3), 10)
    array([10, 11, 12])
    """

    def forward(self, a, b, out=None):
        return np.add(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient, gradient


class Sub(OfNumbers, ufunc=np.subtract, numpy=np.subtract):
    """The difference, a − b.

    >>> Sub.apply(np.arange(3), 1)
    array([-1,  0,  1])
    """

    def backward(self, gradient, y, a, b):
        return gradient, -gradient


class Mul(Node, ufunc=np.multiply, numpy=np.multiply):
    """The product of the elements, a ⊙ b.

    >>> Mul.apply(np.array([[1], [10]]), np.arange(3))
    array([[ 0,  1,  2],
           [ 0, 10, 20]])
    """

    def backward(self, gradient, y, a, b):
        return gradient * b, gradient * a

    def __init__(self, *operands: Any, **options: Any) -> None:
        super().__init__(*operands, **options)
        self._known = None if self.dtype.kind == "f" else self._size()  # once, so that a long chain is walked by no one

    @property
    def known(self):
        """A product of sizes, of which one at least has a name, is a size."""
        return self._known

    def _size(self):
        a, b = (operand.known for operand in self.operands)
        named = a and b and any(isinstance(size, SymbolicSize) for size in (*a, *b))
        if not named or any(isinstance(size, int) and size < 0 for size in (*a, *b)):
            return None
        return tuple(one * other for one, other in np.broadcast(np.array(a, object), np.array(b, object)))


class Div(Node, ufunc=np.divide, numpy=np.divide):
    """The quotient, a / b, of floating-point numbers.

    >>> Div.apply(np.array([1.0, 3.0]), 2)
    array([0.5, 1.5])
    """

    floating = True

    def backward(self, gradient, y, a, b):
        return gradient / b, -gradient * y / b


class Neg(OfNumbers, ufunc=np.negative, numpy=np.negative):
    """The opposite, −x.

    >>> Neg.apply(np.arange(3))
    array([ 0, -1, -2])
    """

    def backward(self, gradient, y, x):
        return -gradient


class Abs(Node, ufunc=np.abs, numpy=np.abs):
    """The absolute value. Its gradient at 0 is taken to be 0, as PyTorch does.

    >>> Abs.apply(np.array([-2.0, 3.0]))
    array([2., 3.])
    """

    def backward(self, gradient, y, x):
        return gradient * np.sign(x)


class Sign(WithoutDerivative, OfNumbers, ufunc=np.sign, numpy=np.sign):
    """−1, 0 or 1 by the sign of each element. It takes no derivative.

    >>> Sign.apply(np.array([-2.0, 0.0, 3.0]))
    array([-1.,  0.,  1.])
    """


class _Extreme(Node):
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


class Cast(Node, numpy=np.astype):
    """The same values with elements of the type `to`; towards whole numbers they are cut off, and take no derivative.

    >>> Cast.apply(np.array([-1.5, 2.9]), to=np.int64)
    array([-1,  2])
    """

    to: type
    keeps_order = True

    def forward(self, x, out=None):
        return x.astype(self.to)

    def backward(self, gradient, y, x):
        return gradient.astype(x.dtype) if x.dtype.kind == "f" else None

    def infer(self, x):
        self.to = np.dtype(self.to)
        if self.to.kind not in "fiub":
            raise refused(self, f"gives real numbers, not {self.to}", x, error=DTypeError)
        return x.shape, self.to

    @classmethod
    def from_numpy(cls, x, dtype):
        return cls(x, to=dtype)


class Reciprocal(Node, ufunc=np.reciprocal, numpy=np.reciprocal):
    """The reciprocal, 1 / x.

    >>> Reciprocal.apply(np.array([2.0, -4.0]))
    array([ 0.5 , -0.25])
    """

    floating = True

    def backward(self, gradient, y, x):
        return -gradient * y * y


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


class Clip(OfNumbers, numpy=np.clip):
    """x, but not below `minimum` nor above `maximum`, numbers of which either may be None. ONNX calls them min and max.

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
        return cls(a, minimum=a_min if min is None else min, maximum=a_max if max is None else max)


class Identity(Node, numpy=np.copy):
    """x itself.

    >>> Identity.apply(np.array([1.0, 2.0]))
    array([1., 2.])
    """

    keeps_order = True

    def forward(self, x, out=None):
        return np.copy(x)

    def backward(self, gradient, y, x):
        return gradient


class StopGradient(WithoutDerivative):
    """x itself, which takes no derivative: what leads to it is a constant to whoever differentiates.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> float(mg.Graph(y=x * mg.StopGradient(x)).forward(x=3.0).backward()["x"])
    3.0
    """

    def forward(self, x, out=None):
        return np.copy(x)


@composes(np.round)
def rounded(a, decimals=0):
    """`np.round(a)`: to whole numbers alone."""
    if decimals:
        raise OperationError(f"np.round on a node rounds to whole numbers, not to decimals={decimals}.")
    return Round(a)


@composes(np.square)
def square(x):
    """`np.square(x)`, which is x · x."""
    return x * x


@composes(np.fmod)
def c_remainder(a, b):
    """`np.fmod(a, b)`: what is left, with the sign of a."""
    return Mod(a, b, fmod=True)


COMPOSED_BY[np.positive] = Identity.from_numpy
