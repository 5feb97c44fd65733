"""Products of matrices and of vectors: the matrix product, and those of NumPy's that are made of it."""

from functools import cache

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.ops.arithmetic import OfNumbers
from minigraph.ops.checks import refused, shaped
from minigraph.ops.diagonals import EyeLike

__all__ = ["Gemm", "MatMul"]


class MatMul(Node, numpy=np.matmul):
    """The matrix product of the last two axes; leading axes broadcast, and a vector stands as NumPy's does.

    >>> import minigraph as mg
    >>> mg.Input("x", ("N", 2)) @ np.ones((2, 500))
    MatMul (N × 500, float32)
    """

    def forward(self, a, b, out=None):
        return np.matmul(a, b, out=out)

    def backward(self, gradient, y, a, b):
        if a.ndim == 1 and b.ndim == 1:
            return gradient * b, gradient * a
        if a.ndim == 1:
            row = np.expand_dims(gradient, -2)
            return lambda: np.squeeze(row @ b.mT, axis=-2), lambda: np.expand_dims(a, 1) * row
        if b.ndim == 1:
            column = np.expand_dims(gradient, -1)
            return lambda: column * b, lambda: np.squeeze(a.mT @ column, axis=-1)
        return lambda: gradient @ b.mT, lambda: a.mT @ gradient

    def infer(self, a, b):
        rows, inner = a.shape[:-1], a.shape[-1:]
        facing, columns = b.shape[-2:][:1], b.shape[-2:][1:]
        stack = broadcast(rows[:-1], b.shape[:-2])
        if not inner or not facing:
            why = f"cannot multiply {described(a)} by {described(b)}: a scalar has no axis to sum over; use * instead"
            raise refused(self, why, a, b)
        if inner != facing:
            remedy = f"If {b} is stored the other way round, use {b}.T." if b.name and b.ndim == 2 else ""
            position = "first" if b.ndim <= 2 else "second last"
            why = f"cannot multiply {described(a)} by {described(b)}: the last axis of {a}, {inner[0]}, must equal"
            raise refused(self, f"{why} the {position} of {b}, {facing[0]}", a, b, remedy=remedy)
        if stack is None:
            why = f"cannot pair the stacks of {described(a)} and {described(b)}: counted from the last, the axes before"
            raise refused(self, f"{why} the two that are multiplied must be equal, or one of them 1", a, b)
        return stack + rows[-1:] + columns, a.dtype


class Gemm(OfNumbers):
    """The general matrix product, alpha · a' · b' + beta · c, where a' is a, or its transpose with `transA`.

    >>> import minigraph as mg
    >>> mg.Gemm(mg.Input("x", ("N", 2)), np.ones((500, 2)), np.zeros(500), transB=True)
    Gemm (N × 500, float32)
    """

    alpha: float = 1.0
    beta: float = 1.0
    transA: bool = False
    transB: bool = False

    def forward(self, a, b, c=None, out=None):
        product = np.matmul(a.T if self.transA else a, b.T if self.transB else b)
        scaled = product if self.alpha == 1 else self.alpha * product
        return scaled if c is None else scaled + (c if self.beta == 1 else self.beta * c)

    def backward(self, gradient, y, a, b, c=None):
        scaled = gradient if self.alpha == 1 else self.alpha * gradient

        def for_a():
            return (b.T if self.transB else b) @ scaled.T if self.transA else scaled @ (b if self.transB else b.T)

        def for_b():
            return scaled.T @ (a.T if self.transA else a) if self.transB else (a if self.transA else a.T) @ scaled

        return (for_a, for_b) if c is None else (for_a, for_b, gradient if self.beta == 1 else self.beta * gradient)

    def infer(self, a, b, c=None):
        if a.ndim != 2 or b.ndim != 2:
            raise refused(self, f"multiplies two matrices, not {described(a)} and {described(b)}", a, b)
        rows, inner = a.shape[::-1] if self.transA else a.shape
        facing, columns = b.shape[::-1] if self.transB else b.shape
        if inner != facing:
            why = f"cannot multiply {described(a)} by {described(b)} with transA={self.transA}, transB={self.transB}"
            raise refused(self, f"{why}: {inner} must equal {facing}", a, b)
        if a.dtype.kind != "f":
            self.alpha, self.beta = (self._whole(name) for name in ("alpha", "beta"))
        shape = (rows, columns)
        if c is not None and broadcast(shape, c.shape) != shape:
            raise refused(self, f"cannot add {described(c)} to a product of {show_shape(shape)}", c)
        return shape, a.dtype

    def _whole(self, name):
        """A factor of whole numbers as one of them."""
        factor = getattr(self, name)
        if factor != int(factor):
            why = f"cannot multiply whole numbers by {name}={factor!r}: convert its operands with .astype(np.float32)"
            raise refused(self, why, error=OperationError)
        return int(factor)


composes(np.linalg.matmul)(MatMul)
composes(np.linalg.matrix_transpose)(lambda x: np.matrix_transpose(x))
composes(np.vdot)(lambda a, b: MatMul(np.ravel(a), np.ravel(b)))


@composes(np.outer)
def outer(a, b):
    """The product of each element of the one, in a row, with each of the other."""
    return np.expand_dims(np.ravel(a), 1) * np.ravel(b)


@composes(np.linalg.outer)
def outer_of_vectors(x1, x2):
    """The outer product of two vectors."""
    x1, x2 = shaped(x1), shaped(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise of_shapes("np.linalg.outer takes two vectors", x1, x2)
    return outer(x1, x2)


@composes(np.kron)
def kron(a, b):
    """The Kronecker product: each element of a, times all of b."""
    a, b = shaped(a), shaped(b)
    rank = max(a.ndim, b.ndim)
    a, b = (np.expand_dims(each, tuple(range(rank - each.ndim))) if each.ndim < rank else each for each in (a, b))
    products = np.expand_dims(a, tuple(range(1, 2 * rank, 2))) * np.expand_dims(b, tuple(range(0, 2 * rank, 2)))
    return np.reshape(products, [np.size(products, axis=(i, i + 1)) for i in range(0, 2 * rank, 2)])


@composes(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The vector product of vectors of three elements, along an axis of each."""
    axes = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a, b = (np.moveaxis(shaped(each), along, -1) for each, along in ((a, axes[0]), (b, axes[1])))
    if a.shape[-1:] != (3,) or b.shape[-1:] != (3,):
        raise of_shapes("np.cross takes vectors of three elements", a, b)
    (a1, b1), (a2, b2) = ([np.take(each, order, axis=-1) for each in (a, b)] for order in ([1, 2, 0], [2, 0, 1]))
    return np.moveaxis(a1 * b2 - a2 * b1, -1, axes[2])


composes(np.linalg.cross)(lambda x1, x2, axis=-1: cross(x1, x2, axis=axis))


@composes(np.linalg.matrix_power)
def matrix_power(a, n):
    """The product of n equal matrices, by repeated squaring: for 0 the identity, for a negative n that of inverses."""
    if not isinstance(n, int | np.integer):
        raise OperationError(f"np.linalg.matrix_power takes a whole number of factors, not {n!r}.")
    if shaped(a).ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise of_shapes("np.linalg.matrix_power takes square matrices", a)
    if n <= 0:
        return matrix_power(np.linalg.inv(a), -n) if n else EyeLike(a)
    half = matrix_power(a, n // 2) if n > 1 else None
    squared = a if half is None else half @ half
    return squared @ a if n % 2 and n > 1 else squared


@composes(np.linalg.multi_dot)
def multi_dot(arrays):
    """The product of several matrices in the order that takes the fewest multiplications; the ends may be vectors.

    Where a size is known only in a run, it is taken to be large. Source: Cormen et al., "Introduction to Algorithms", 15.2.
    """
    arrays = [shaped(each) for each in arrays]
    ranks = [each.ndim for each in arrays]
    if len(arrays) < 2 or not {*ranks[1:-1]} <= {2} or not {ranks[0], ranks[-1]} <= {1, 2}:
        raise of_shapes(
            "np.linalg.multi_dot takes two or more matrices, of which the first and the last may be vectors", *arrays
        )
    first, last = (1 if each.ndim == 1 else each.shape[end] for each, end in ((arrays[0], 0), (arrays[-1], 1)))
    sizes = [first, *(each.shape[-1] for each in arrays[:-1]), last]
    sizes = [size if isinstance(size, int) else 1000 for size in sizes]

    @cache
    def cheapest(i, j):
        """How many multiplications the product of the matrices i to j takes, and behind which it is best divided."""
        ways = [(cheapest(i, k)[0] + cheapest(k + 1, j)[0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)]
        return min(ways, default=(0, i))

    def product(i, j):
        k = cheapest(i, j)[1]
        return arrays[i] if i == j else product(i, k) @ product(k + 1, j)

    return product(0, len(arrays) - 1)


def of_shapes(what, *given):
    """The error of a function that takes operands of other shapes than those given."""
    shapes = listing(show_shape(each.shape) for each in given)
    return ShapeError(f"{what}, not {shapes}.{places(*(each for each in given if isinstance(each, Node)))}")
