"""Square matrices and stacks of them: triangles, inverses, determinants, equations and factors.

Their derivatives are those of Giles, "An extended collection of matrix derivative results", 2008, and, of the Cholesky factor,
of Murray, "Differentiation of the Cholesky decomposition", 2016.
"""

import numpy as np

from minigraph.core.errors import InputError, OperationError
from minigraph.core.node import Node, described
from minigraph.core.shapes import broadcast
from minigraph.ops.checks import WithoutDerivative, refused
from minigraph.ops.diagonals import check_matrices

__all__ = ["Cholesky", "Det", "Inverse", "LogAbsDet", "PseudoInverse", "SignDet", "Solve"]


class _Square(Node):
    """The base of operations on square matrices; NumPy's refusal of a singular one becomes an InputError."""

    floating = True

    def infer(self, x):
        square(self, x)
        return x.shape, x.dtype

    def checked(self, function, *operands):
        return checked(self, function, *operands)


def checked(node, function, *operands, **options):
    """What LAPACK gives, or an InputError that says for what matrix there is nothing."""
    try:
        return function(*operands, **options)
    except np.linalg.LinAlgError as error:
        fault = next((words for sign, words in FAULTS.items() if sign in str(error)), "not finite")
        operands = node.operands[:1] if "operands" in vars(node) else ()
        raise refused(node, f"cannot take a matrix that is {fault}", *operands, error=InputError) from None


FAULTS = {"Singular": "singular", "positive definite": "not positive definite"}
"""What is wrong with a matrix, by what LAPACK's error says; else it found nothing that converges."""


def square(node, x):
    """Raise unless the operand is a square matrix or a stack of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise refused(node, f"takes a square matrix or a stack of them, not {described(x)}", x)


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


class _Determinant(_Square):
    """A number for each matrix of a stack."""

    def infer(self, x):
        return super().infer(x)[0][:-2], x.dtype


class Det(_Determinant, numpy=np.linalg.det):
    """The determinant of each matrix in a stack; the gradient is □ · det x · x⁻ᵀ, and needs x to have an inverse.

    >>> Det.apply(np.array([[2.0, 0.0], [0.0, 4.0]])).round(3).item()
    8.0
    """

    def forward(self, x, out=None):
        return np.linalg.det(x)

    def backward(self, gradient, y, x):
        return np.expand_dims(gradient * y, (-2, -1)) * Inverse.apply(x).mT


class LogAbsDet(_Determinant):
    """The logarithm of the determinant's absolute value, where the determinant itself would overflow; −∞ of a singular matrix.

    It is the second part of `np.linalg.slogdet`; the gradient is □ · x⁻ᵀ.

    >>> LogAbsDet.apply(1e-200 * np.eye(3)).round(1).item()
    -1381.6
    """

    def forward(self, x, out=None):
        return np.linalg.slogdet(np.asarray(x)).logabsdet

    def backward(self, gradient, y, x):
        return np.expand_dims(gradient, (-2, -1)) * Inverse.apply(x).mT


class SignDet(WithoutDerivative, _Determinant):
    """The sign of the determinant, 1, −1, or 0 of a singular matrix, also where the determinant itself would overflow.

    >>> SignDet.apply(-1e-200 * np.eye(3)).item()
    -1.0
    """

    def forward(self, x, out=None):
        return np.linalg.slogdet(np.asarray(x)).sign


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
            why = f"cannot solve {described(a)} · y = {described(b)}"
            raise refused(self, f"{why}: the rows of both must be equally many, and the stacks broadcast", a, b)
        return stack + a.shape[-1:] + b.shape[-2:][1:], a.dtype


class Cholesky(_Square):
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
        lower = (np.tril(product) + np.tril(product, -1)) / 2  # the diagonal by half, what is above it not at all
        for_x = Solve.apply(y.mT, Solve.apply(y.mT, lower).mT)
        return (for_x + for_x.mT) / 2


class PseudoInverse(Node, numpy=np.linalg.pinv):
    """The Moore–Penrose inverse x⁺ of a matrix, or of each in a stack, which need not be square nor have an inverse.

    Singular values up to `rcond` times the largest count as 0. By default that is the larger size times the precision of the
    type, where NumPy has 1e-15 for every type. The derivative holds where no small change of x changes its rank. Source:
    G. Golub, V. Pereyra, "The Differentiation of Pseudo-Inverses and Nonlinear Least Squares Problems Whose Variables
    Separate", 1973, theorem 4.3.

    >>> PseudoInverse.apply(np.array([[2.0], [0.0]]))
    array([[0.5, 0. ]])
    """

    floating = True
    rcond: float | None = None

    def forward(self, x, out=None):
        x = np.asarray(x)
        limit = np.finfo(x.dtype).eps * max(x.shape[-2:]) if self.rcond is None else self.rcond
        return checked(self, np.linalg.pinv, x, limit)

    def backward(self, gradient, y, x):
        rows, columns = gradient.mT @ y @ y.mT, y.mT @ y @ gradient.mT
        return rows - x @ (y @ rows) + columns - (columns @ y) @ x - y.mT @ gradient @ y.mT

    def infer(self, x):
        check_matrices(self, x)
        if self.rcond is not None and not isinstance(self.rcond, int | float | np.number):
            raise refused(self, f"takes rcond as a number, not {self.rcond!r}", x, error=OperationError)
        return (*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype

    @classmethod
    def from_numpy(cls, a, rcond=None, hermitian=False, rtol=None):
        return cls((a + a.mT) / 2 if hermitian else a, rcond=rcond if rtol is None else rtol)
