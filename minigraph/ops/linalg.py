"""Square matrices and stacks of them: triangles, inverses, determinants, equations and factors.

Their derivatives are those of Giles, "An extended collection of matrix derivative results", 2008, and, of the Cholesky factor,
of Murray, "Differentiation of the Cholesky decomposition", 2016.
"""

import numpy as np

from minigraph.core.errors import InputError, ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import broadcast

__all__ = ["Cholesky", "Det", "Inverse", "LogAbsDet", "Solve", "Trilu"]


class Trilu(Node):
    """A matrix, or a stack, with zeros below its k-th diagonal, or above it with `upper=False`; the others stay.

    Diagonal 0 is the main one, those above it are counted up. ONNX's operand k is an attribute.

    >>> Trilu.apply(np.ones((2, 3)), k=1)
    array([[0., 1., 1.],
           [0., 0., 1.]])
    """

    k: int = 0
    upper: bool = True

    def forward(self, x, out=None):
        return np.triu(x, self.k) if self.upper else np.tril(x, self.k)

    def backward(self, gradient, y, x):
        return Trilu.apply(gradient, k=self.k, upper=self.upper)

    def infer(self, x):
        if x.ndim < 2:
            raise ShapeError(f"Trilu takes a matrix or a stack of them, not {described(x)}.{places(x)}")
        return x.shape, x.dtype


class _Square(Node):
    """What operations on square matrices share; NumPy's refusal of a singular one is told as an error of the input."""

    floating = True

    def infer(self, x):
        square(self, x)
        return x.shape, x.dtype

    def checked(self, function, *operands):
        try:
            return function(*operands)
        except np.linalg.LinAlgError as error:
            line = places(*self.operands[:1]) if "operands" in vars(self) else ""
            raise InputError(f"{type(self).__name__} cannot take a matrix that is {_why(error)}.{line}") from None


def _why(error):
    return "singular" if "Singular" in str(error) else "not positive definite"


def square(node, x):
    """Raise unless the operand is a square matrix or a stack of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{type(node).__name__} takes a square matrix or a stack of them, not {described(x)}.{places(x)}")


class Inverse(_Square, numpy=np.linalg.inv):
    """The inverse matrix, x⁻¹, of each in a stack; the gradient is −x⁻ᵀ · □ · x⁻ᵀ. To solve equations, `Solve` is better.

    >>> Inverse.apply(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """

    def forward(self, x, out=None):
        return self.checked(np.linalg.inv, x)

    def backward(self, gradient, y, x):
        return -(y.mT @ gradient @ y.mT)


class Det(_Square, numpy=np.linalg.det):
    """The determinant of each matrix in a stack; the gradient is □ · det x · x⁻ᵀ, and needs x to have an inverse.

    >>> Det.apply(np.array([[2.0, 0.0], [0.0, 4.0]])).round(3).item()
    8.0
    """

    def forward(self, x, out=None):
        return np.linalg.det(x)

    def backward(self, gradient, y, x):
        return np.expand_dims(gradient * y, (-2, -1)) * Inverse.apply(x).mT

    def infer(self, x):
        square(self, x)
        return x.shape[:-2], x.dtype


class LogAbsDet(_Square):
    """The logarithm of the determinant's absolute value, where the determinant itself would overflow; −∞ of a singular matrix.

    It is the second part of `np.linalg.slogdet`; the gradient is □ · x⁻ᵀ.

    >>> LogAbsDet.apply(1e-200 * np.eye(3)).round(1).item()
    -1381.6
    """

    def forward(self, x, out=None):
        return np.linalg.slogdet(np.asarray(x)).logabsdet

    def backward(self, gradient, y, x):
        return np.expand_dims(gradient, (-2, -1)) * Inverse.apply(x).mT

    def infer(self, x):
        square(self, x)
        return x.shape[:-2], x.dtype


class Solve(_Square, numpy=np.linalg.solve):
    """The solution y of a · y = b, for a stack of square matrices; b is a vector when it has one axis, else matrices.

    With g = a⁻ᵀ · □ the gradients are −g · yᵀ for a, and g for b.

    >>> Solve.apply(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """

    def forward(self, a, b, out=None):
        return self.checked(np.linalg.solve, a, b)

    def backward(self, gradient, y, a, b):
        if b.ndim == 1:
            columns = Solve.apply(a.mT, np.expand_dims(gradient, -1))
            return -columns * np.expand_dims(y, -2), np.squeeze(columns, axis=-1)
        for_b = Solve.apply(a.mT, gradient)
        return -(for_b @ y.mT), for_b

    def infer(self, a, b):
        square(self, a)
        rows = b.shape[-2:][:1]
        stack = broadcast(a.shape[:-2], b.shape[:-2])
        if rows != a.shape[-1:] or stack is None:
            raise ShapeError(
                f"Solve cannot solve {described(a)} · y = {described(b)}: the rows of both must be equally many, and the "
                f"stacks broadcast.{places(a, b)}"
            )
        return stack + a.shape[-1:] + b.shape[-2:][1:], a.dtype


class Cholesky(_Square, numpy=np.linalg.cholesky):
    """The lower triangle L with L · Lᵀ = x, of each symmetric positive definite matrix in a stack.

    Of a matrix that is not symmetric it takes (x + xᵀ) / 2, so that the gradient is symmetric.

    >>> Cholesky.apply(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """

    def forward(self, x, out=None):
        return self.checked(np.linalg.cholesky, (x + x.mT) / 2)

    def backward(self, gradient, y, x):
        product = y.mT @ gradient
        halved = (np.tril(product) + np.tril(product, -1)) / 2  # the diagonal by half, what is above it not at all
        turned = Solve.apply(y.mT, Solve.apply(y.mT, halved).mT)
        return (turned + turned.mT) / 2


COMPOSED_BY[np.triu] = lambda m, k=0: Trilu(m, k=k)
COMPOSED_BY[np.tril] = lambda m, k=0: Trilu(m, k=k, upper=False)
