"""Elementwise arithmetic, and what converts. Operands broadcast; a traversal undoes that for gradients."""

from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, MinigraphError
from minigraph.core.node import Node
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize, terms_of
from minigraph.ops.checks import WithoutDerivative, refused

__all__ = [
    "Abs", "Add", "Cast", "Div", "FloorDivide", "Identity", "Mod", "Mul", "Neg", "Reciprocal", "Sign", "StopGradient", "Sub",
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


MOST = 1000
"""How many sizes a shape has at most, and how many letters each of them: each square would double a sum's terms."""


class OfSizes(Node):
    """An operation that gives sizes of sizes, of which one at least has a name: its own rule computes them."""

    def __init__(self, *operands: Any, **options: Any) -> None:
        super().__init__(*operands, **options)
        self._known = self._sizes() if self.dtype.kind in "iu" else None  # once, so that a long chain is walked by no one

    @property
    def known(self):
        """The sizes that the value consists of, where it follows from sizes alone."""
        return self._known

    def _sizes(self):
        given = [operand.known for operand in self.operands]
        if None in given or not any(isinstance(size, SymbolicSize) for sizes in given for size in sizes):
            return None
        if self.ndim > 1 or any(isinstance(size, SymbolicSize) or size > MOST for size in self.shape):
            return None
        try:
            values = [self.forward(*sizes) for sizes in np.broadcast(*(np.array(sizes, object) for sizes in given))]
        except MinigraphError:
            return None
        sizes = all(isinstance(size, int | np.integer | SymbolicSize) and len(str(size)) <= MOST for size in values)
        found = tuple(size if isinstance(size, SymbolicSize) else int(size) for size in values if sizes)
        return found if sizes and not any(max(terms_of(size).values(), default=0) < 0 for size in found) else None


class Add(OfSizes, numpy=np.add):
    """The sum, a + b.

    >>> Add.apply(np.arange(3), 10)
    array([10, 11, 12])
    """

    def forward(self, a, b, out=None):
        return np.add(a, b, out=out)

    def backward(self, gradient, y, a, b):
        return gradient, gradient


class Sub(OfNumbers, OfSizes, ufunc=np.subtract, numpy=np.subtract):
    """The difference, a − b.

    >>> Sub.apply(np.arange(3), 1)
    array([-1,  0,  1])
    """

    def backward(self, gradient, y, a, b):
        return gradient, -gradient


class Mul(OfSizes, ufunc=np.multiply, numpy=np.multiply):
    """The product of the elements, a ⊙ b.

    >>> Mul.apply(np.array([[1], [10]]), np.arange(3))
    array([[ 0,  1,  2],
           [ 0, 10, 20]])
    """

    def backward(self, gradient, y, a, b):
        return gradient * b, gradient * a


class Div(Node, ufunc=np.divide, numpy=np.divide):
    """The quotient, a / b, of floating-point numbers.

    >>> Div.apply(np.array([1.0, 3.0]), 2)
    array([0.5, 1.5])
    """

    floating = True

    def backward(self, gradient, y, a, b):
        return gradient / b, -gradient * y / b


class Neg(OfNumbers, OfSizes, ufunc=np.negative, numpy=np.negative):
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


class FloorDivide(WithoutDerivative, OfNumbers, OfSizes, ufunc=np.floor_divide, numpy=np.floor_divide):
    """How many times b goes into a as a whole, ⌊a / b⌋. It takes no derivative. It is NumPy's; ONNX has none.

    >>> FloorDivide.apply(np.array([-7, 7]), 2)
    array([-4,  3])
    """


class Mod(OfNumbers, OfSizes, numpy=np.mod):
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


composes(np.square)(lambda x: x * x)
composes(np.fabs)(Abs.from_numpy)
composes(np.fmod)(lambda a, b: Mod(a, b, fmod=True))
composes(np.divmod)(lambda a, b: (FloorDivide(a, b), Mod(a, b)))
composes(np.positive)(Identity.from_numpy)
# A real number is its own conjugate, and its own real part.
composes(np.conjugate)(Identity.from_numpy)
composes(np.real)(Identity.from_numpy)
composes(np.real_if_close)(lambda a, tol=100: Identity(a))
composes(np.imag)(np.zeros_like)
composes(np.isreal)(lambda x: np.full_like(x, True, dtype=bool))
composes(np.iscomplex)(lambda x: np.full_like(x, False, dtype=bool))
composes(np.isrealobj)(lambda x: True)
composes(np.iscomplexobj)(lambda x: False)
composes(np.result_type)(lambda *of: np.result_type(*(x.dtype if isinstance(x, Node) else x for x in of)))
