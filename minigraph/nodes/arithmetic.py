"""Elementwise arithmetic. Operands broadcast; the traversal undoes that for the gradients."""

import operator
from functools import reduce

import numpy as np

from minigraph.node import Node

__all__ = ["Abs", "Add", "Cast", "Div", "Exp", "Log", "Max", "Min", "Mul", "Neg", "Pow", "Sign", "Sqrt", "Sub"]


class Add(Node, numpy=np.add):
    """The sum, a + b.

    >>> Add(2.0, 3.0).shape
    ()
    """

    def forward(self, a, b, out=None):
        return np.add(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient, gradient


class Sub(Node, numpy=np.subtract):
    """The difference, a − b."""

    def forward(self, a, b, out=None):
        return np.subtract(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient, -gradient


class Mul(Node, numpy=np.multiply):
    """The product of the elements, a ⊙ b."""

    def forward(self, a, b, out=None):
        return np.multiply(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient * b, gradient * a


class Div(Node, numpy=np.divide):
    """The quotient, a / b, of floating-point numbers."""

    floating = True

    def forward(self, a, b, out=None):
        return np.divide(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient / b, -gradient * y / b


class Neg(Node, numpy=np.negative):
    """The opposite, −x."""

    def forward(self, x, out=None):
        return np.negative(x, out=out)

    def backward(self, gradient, y, x):
        return -gradient


class Pow(Node, numpy=np.power):
    """The power, a to the b.

    The gradient for the exponent, y·ln a, is taken to be 0 where a is not positive.
    """

    floating = True

    def forward(self, a, b, out=None):
        return np.power(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient * b * a ** (b - 1), gradient * y * np.log(np.where(a > 0, a, 1))


class Exp(Node, numpy=np.exp):
    """The exponential, e to the x."""

    floating = True

    def forward(self, x, out=None):
        return np.exp(x, out=out)

    def backward(self, gradient, y, x):
        return gradient * y


class Log(Node, numpy=np.log):
    """The natural logarithm, ln x."""

    floating = True

    def forward(self, x, out=None):
        return np.log(x, out=out)

    def backward(self, gradient, y, x):
        return gradient / x


class Sqrt(Node, numpy=np.sqrt):
    """The square root."""

    floating = True

    def forward(self, x, out=None):
        return np.sqrt(x, out=out)

    def backward(self, gradient, y, x):
        return gradient / (2 * y)


class Abs(Node, numpy=np.abs):
    """The absolute value. Its gradient at 0 is taken to be 0, as PyTorch does."""

    def forward(self, x, out=None):
        return np.abs(x, out=out)

    def backward(self, gradient, y, x):
        return gradient * np.sign(x)


class Sign(Node, numpy=np.sign):
    """−1, 0 or 1 by the sign of each element. It takes no derivative."""

    def forward(self, x, out=None):
        return np.sign(x, out=out)

    def backward(self, gradient, y, x):
        return None


class _Extreme(Node):
    """What Max and Min share: among operands that tie, the gradient is split evenly, as PyTorch does."""

    def backward(self, gradient, y, *operands):
        wins = [np.equal(operand, y).astype(gradient.dtype) for operand in operands]
        share = gradient / reduce(operator.add, wins)
        return tuple(share * win for win in wins)


class Max(_Extreme, numpy=np.maximum):
    """The largest of the operands, element by element; where several tie they share the gradient evenly."""

    def forward(self, *operands, out=None):
        return np.maximum(reduce(np.maximum, operands[:-1] or operands), operands[-1], out=out)


class Min(_Extreme, numpy=np.minimum):
    """The smallest of the operands, element by element; where several tie they share the gradient evenly."""

    def forward(self, *operands, out=None):
        return np.minimum(reduce(np.minimum, operands[:-1] or operands), operands[-1], out=out)


class Cast(Node, numpy=np.astype):
    """The same values with elements of the type `to`."""

    to: type

    def forward(self, x, out=None):
        return x.astype(self.to)

    def backward(self, gradient, y, x):
        return gradient.astype(x.dtype) if x.dtype.kind == "f" else None

    def infer(self, x):
        self.to = np.dtype(self.to)
        return x.shape, self.to

    @classmethod
    def from_numpy(cls, x, dtype):
        return cls(x, to=dtype)
