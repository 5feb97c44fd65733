"""Matrix products and the transpose."""

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import broadcast, show_shape
from minigraph.ops.arithmetic import OfNumbers

__all__ = ["Gemm", "MatMul", "Transpose"]


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
            return np.squeeze(row @ b.mT, axis=-2), np.expand_dims(a, 1) * row
        if b.ndim == 1:
            column = np.expand_dims(gradient, -1)
            return column * b, np.squeeze(a.mT @ column, axis=-1)
        return gradient @ b.mT, a.mT @ gradient

    def infer(self, a, b):
        rows, inner = a.shape[:-1], a.shape[-1:]
        facing, columns = b.shape[-2:][:1], b.shape[-2:][1:]
        stack = broadcast(rows[:-1], b.shape[:-2])
        if not inner or inner != facing:
            raise ShapeError(self._misfit(a, b, inner, facing))
        if stack is None:
            raise ShapeError(
                f"MatMul cannot pair the stacks of {described(a)} and {described(b)}: counted from the last, the axes "
                f"before the two that are multiplied must be equal, or one of them 1.{places(a, b)}"
            )
        return stack + rows[-1:] + columns, a.dtype

    def _misfit(self, a, b, inner, facing):
        if not inner or not facing:
            why = "a scalar has no axis to sum over; use * instead"
            return f"MatMul cannot multiply {described(a)} by {described(b)}: {why}.{places(a, b)}"
        turned = f"\n  If {b} is stored the other way round, use {b}.T." if b.name and b.ndim == 2 else ""
        position = "first" if b.ndim <= 2 else "second last"
        return (
            f"MatMul cannot multiply {described(a)} by {described(b)}: the last axis of {a}, {inner[0]}, "
            f"must equal the {position} of {b}, {facing[0]}.{places(a, b)}{turned}"
        )


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
        b_turned = b if self.transB else b.T
        a_turned = a if self.transA else a.T
        for_a = b_turned.T @ scaled.T if self.transA else scaled @ b_turned
        for_b = scaled.T @ a_turned.T if self.transB else a_turned @ scaled
        return (for_a, for_b) if c is None else (for_a, for_b, gradient if self.beta == 1 else self.beta * gradient)

    def infer(self, a, b, c=None):
        if a.ndim != 2 or b.ndim != 2:
            raise ShapeError(f"Gemm multiplies two matrices, not {described(a)} and {described(b)}.{places(a, b)}")
        rows, inner = a.shape[::-1] if self.transA else a.shape
        facing, columns = b.shape[::-1] if self.transB else b.shape
        if inner != facing:
            raise ShapeError(
                f"Gemm cannot multiply {described(a)} by {described(b)} with transA={self.transA}, transB={self.transB}: "
                f"{inner} must equal {facing}.{places(a, b)}"
            )
        if a.dtype.kind != "f":
            self.alpha, self.beta = (self._whole(name) for name in ("alpha", "beta"))
        shape = (rows, columns)
        if c is not None and broadcast(shape, c.shape) != shape:
            raise ShapeError(f"Gemm cannot add {described(c)} to a product of {show_shape(shape)}.{places(c)}")
        return shape, a.dtype

    def _whole(self, name):
        """A factor of whole numbers as one of them."""
        factor = getattr(self, name)
        if factor != int(factor):
            raise OperationError(
                f"Gemm cannot multiply whole numbers by {name}={factor!r}: convert its operands with .astype(np.float32)."
            )
        return int(factor)


class Transpose(Node, numpy=np.transpose):
    """The axes in the order `perm`, or reversed when it is not given.

    >>> import minigraph as mg
    >>> mg.Transpose(mg.Input("images", ("N", 28, 28, 3)), perm=(0, 3, 1, 2))
    Transpose (N × 3 × 28 × 28, float32)
    """

    perm: tuple[int, ...] | None = None
    moves_elements = True

    def forward(self, x, out=None):
        return np.transpose(x, self.perm)

    def backward(self, gradient, y, x):
        return np.transpose(gradient, None if self.perm is None else tuple(map(int, np.argsort(self.perm))))

    def infer(self, x):
        order = tuple(reversed(range(x.ndim))) if self.perm is None else tuple(self.perm)
        axes = [axis % x.ndim if -x.ndim <= axis < x.ndim else axis for axis in order]
        if sorted(axes) != list(range(x.ndim)):
            raise ShapeError(
                f"Transpose cannot order the {x.ndim} axes of {described(x)} by perm={order}: "
                f"each of 0 to {x.ndim - 1} must stand there once.{places(x)}"
            )
        self.perm = None if axes == list(reversed(range(x.ndim))) else tuple(axes)
        return tuple(x.shape[axis] for axis in axes), x.dtype

    @classmethod
    def from_numpy(cls, a, axes=None):
        return cls(a, perm=axes)

    @classmethod
    def of_matrices(cls, x):
        """The last two axes exchanged: `x.mT`, `np.matrix_transpose(x)`."""
        if x.ndim < 2:
            raise OperationError(f"{described(x)} has no two axes to exchange: .mT takes a matrix or a stack of them.")
        return cls(x, perm=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


COMPOSED_BY[np.matrix_transpose] = Transpose.of_matrices
