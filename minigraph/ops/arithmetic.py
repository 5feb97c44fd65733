"""Elementwise arithmetic. Operands broadcast; the traversal undoes that for the gradients."""

import operator
from functools import reduce

import numpy as np

from minigraph.core.errors import DTypeError
from minigraph.core.messages import booleans_refused
from minigraph.core.node import Node, places
from minigraph.core.shapes import product

__all__ = ["Abs", "Add", "Cast", "Div", "Exp", "Log", "Max", "Min", "Mul", "Neg", "Pow", "Sign", "Sqrt", "Sub"]


class OfNumbers(Node):
    """An operation that takes no booleans, unless they meet numbers: what NumPy does not do with them, or makes integers of."""

    def _common_dtype(self, values):
        dtype = super()._common_dtype(values)
        if dtype.kind == "b" and any(isinstance(value, Node) for value in values):
            raise booleans_refused(type(self), next(value for value in values if isinstance(value, Node)))
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

    def __init__(self, *operands, **options):
        super().__init__(*operands, **options)
        self._known = None if self.dtype.kind == "f" else self._size()  # once, so that a long chain is walked by no one

    @property
    def known(self):
        """A product of sizes, of which one at least has a name, is a size."""
        return self._known

    def _size(self):
        a, b = (operand.known for operand in self.operands)
        named = a and b and any(isinstance(size, str) for size in (*a, *b))
        if not named or any(isinstance(size, int) and size < 0 for size in (*a, *b)):
            return None
        return tuple(map(product, np.broadcast(np.array(a, object), np.array(b, object))))


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

    floating = True

    def backward(self, gradient, y, x):
        return gradient * y


class Log(Node, ufunc=np.log, numpy=np.log):
    """The natural logarithm, ln x: −∞ at 0, not a number below.

    >>> Log.apply(np.array([1.0, np.e]))
    array([0., 1.])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / x


class Sqrt(Node, ufunc=np.sqrt, numpy=np.sqrt):
    """The square root. Its slope at 0 is infinite.

    >>> Sqrt.apply(np.array([0.0, 4.0]))
    array([0., 2.])
    """

    floating = True

    def backward(self, gradient, y, x):
        return gradient / (2 * y)


class Abs(Node, ufunc=np.abs, numpy=np.abs):
    """The absolute value. Its gradient at 0 is taken to be 0, as PyTorch does.

    >>> Abs.apply(np.array([-2.0, 3.0]))
    array([2., 3.])
    """

    def backward(self, gradient, y, x):
        return gradient * np.sign(x)


class Sign(OfNumbers, ufunc=np.sign, numpy=np.sign):
    """−1, 0 or 1 by the sign of each element. It takes no derivative.

    >>> Sign.apply(np.array([-2.0, 0.0, 3.0]))
    array([-1.,  0.,  1.])
    """

    def backward(self, gradient, y, x):
        return None


class _Extreme(Node):
    """What Max and Min share: among operands that tie, the gradient is split evenly, as PyTorch does."""

    def backward(self, gradient, y, *operands):
        wins = [np.equal(operand, y).astype(gradient.dtype) for operand in operands]
        share = gradient / reduce(operator.add, wins)
        return tuple(share * win for win in wins)


class Max(_Extreme, numpy=np.maximum):
    """The largest of the operands, element by element; where several tie they share the gradient evenly.

    >>> Max.apply(np.array([1, 5]), np.array([4, 2]), 3)
    array([4, 5])
    """

    def forward(self, *operands, out=None):
        return np.maximum(reduce(np.maximum, operands[:-1] or operands), operands[-1], out=out)


class Min(_Extreme, numpy=np.minimum):
    """The smallest of the operands, element by element; where several tie they share the gradient evenly.

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
    moves_elements = True
    keeps_order = True

    def forward(self, x, out=None):
        return x.astype(self.to)

    def backward(self, gradient, y, x):
        return gradient.astype(x.dtype) if x.dtype.kind == "f" else None

    def infer(self, x):
        self.to = np.dtype(self.to)
        if self.to.kind not in "fiub":
            raise DTypeError(f"Cast gives real numbers, not {self.to}.{places(x)}")
        return x.shape, self.to

    @property
    def known(self):
        return self.operands[0].known if self.to == np.int64 else None

    @classmethod
    def from_numpy(cls, x, dtype):
        return cls(x, to=dtype)
