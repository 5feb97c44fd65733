"""Norms: how long vectors are, and how large matrices, as `np.linalg.norm` has them."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import described, places
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import axes_of, refused
from minigraph.ops.reductions import OfFloats, ReduceSum, Scale

__all__ = ["ReduceL1", "ReduceL2", "ReduceLp", "ReduceSumSquare"]


class Largest(Scale):
    """The largest of numbers that are not negative over `axes`, and 0 of none."""

    def forward(self, x, out=None):
        return np.max(x, axis=self.axes, keepdims=self.keepdims, initial=0, out=out)


class Magnitude(Scale):
    """The largest |x| over `axes`, or 1 where that is 0 or infinite.

    Divided by it, numbers can be squared and added up: no square overflows, and none that counts vanishes (BLAS's nrm2).

    >>> Magnitude.apply(np.array([[3.0, -4.0], [0.0, 0.0]]), axes=1)
    array([[4.],
           [1.]])
    """

    neutral = 1
    """What stands for it in a formula: whatever it is, what is divided by it and multiplied with it stays the same."""

    def forward(self, x, out=None):
        largest = Largest.apply(np.abs(x), axes=self.axes, keepdims=self.keepdims)
        return np.where(np.isinf(largest), 1, np.where(np.equal(largest, 0), 1, largest))


class ReduceL1(OfFloats):
    """The sum of the absolute values, Σ |x|, over `axes`.

    >>> ReduceL1.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[7.]])
    """

    def forward(self, x, out=None):
        return self.summed(np.abs(x))

    def backward(self, gradient, y, x):
        return self.restore(gradient) * np.sign(x)


class ReduceL2(OfFloats):
    """The Euclidean length, √Σ x², over `axes`. Its derivative at 0 is taken to be 0, as PyTorch has it.

    The squares are those of x over its largest element, so that a length is right from the smallest number to the largest.

    >>> ReduceL2.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[5.]])
    """

    def forward(self, x, out=None):
        scale = Magnitude.apply(x, axes=self.axes)
        return self.drop(scale * np.sqrt(ReduceSum.apply((x / scale) * (x / scale), axes=self.axes, keepdims=True)))

    def backward(self, gradient, y, x):
        length = self.restore(y)
        return self.restore(gradient) * (x / np.where(np.equal(length, 0), 1, length))


class ReduceSumSquare(OfFloats):
    """The sum of the squares, Σ x², over `axes`.

    >>> ReduceSumSquare.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[25.]])
    """

    def forward(self, x, out=None):
        return self.summed(x * x)

    def backward(self, gradient, y, x):
        return self.restore(gradient) * 2 * x


class ReduceLp(OfFloats):
    """The norm of order p, (Σ |x|ᵖ)^(1/p), over `axes`, for a p other than 0; ReduceL1 and ReduceL2 are those of 1 and 2.

    Its derivative, sign x · (|x| / y)^(p − 1), is taken to be 0 where x or the norm is 0, as PyTorch has it. As in ReduceL2
    x is divided by its largest element before it is raised to a power.

    >>> ReduceLp.apply(np.array([[1.0, -2.0, 2.0]]), p=3, axes=1).round(3)
    array([[2.571]])
    """

    p: float

    def forward(self, x, out=None):
        scale = Magnitude.apply(x, axes=self.axes)
        powers = ReduceSum.apply(np.power(np.abs(x) / scale, self.p), axes=self.axes, keepdims=True)
        return self.drop(scale * np.power(powers, 1 / self.p))

    def backward(self, gradient, y, x):
        length = self.restore(y)
        if self.p > 1:
            ratio = np.abs(x) / np.where(np.equal(length, 0), 1, length)
            return self.restore(gradient) * np.sign(x) * np.power(ratio, self.p - 1)
        none = np.equal(x, 0)  # where the power would be infinite
        ratio = np.where(none, 1, np.abs(x)) / np.where(none, 1, length)
        return self.restore(gradient) * np.where(none, 0, np.sign(x) * np.power(ratio, self.p - 1))

    def infer(self, x):
        if not isinstance(self.p, int | float | np.number) or not np.isfinite(self.p) or self.p == 0:
            raise refused(self, f"takes p as a number other than 0, not {self.p!r}", error=OperationError)
        self.p = float(self.p)
        return super().infer(x)


@composes(np.linalg.vector_norm)
def vector_norm(x, axis=None, keepdims=False, ord=2):
    """The norm of the elements along some axes, or of all: of order p, the largest of them (np.inf), how many are not 0 (0)."""
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(np.not_equal(x, 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if ord in (1, 2):
        return (ReduceL1 if ord == 1 else ReduceL2)(x, axes=axis, keepdims=keepdims)
    return ReduceLp(x, p=ord, axes=axis, keepdims=keepdims)


@composes(np.linalg.matrix_norm)
def matrix_norm(x, keepdims=False, ord="fro"):
    """The norm of the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


@composes(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors along one axis, or of matrices along two."""
    axes = axes_of(x, axis)
    if ord is None:
        return ReduceL2(x, axes=axes, keepdims=keepdims)
    if len(axes) == 1 and not isinstance(ord, str):
        return vector_norm(x, axes, keepdims, ord)
    if len(axes) != 2 or ord not in OF_MATRICES:
        raise OperationError(f"np.linalg.norm of {described(x)} along the axes {axes} has no order {ord!r}.{places(x)}")
    found = OF_MATRICES[ord](np.moveaxis(x, axes, (-2, -1)))
    return np.expand_dims(found, axes) if keepdims else found


OF_MATRICES = {
    "fro": lambda x: ReduceL2(x, axes=(-2, -1), keepdims=False),
    "nuc": lambda x: np.sum(np.linalg.svdvals(x), axis=-1),
    2: lambda x: np.max(np.linalg.svdvals(x), axis=-1),
    -2: lambda x: np.min(np.linalg.svdvals(x), axis=-1),
    1: lambda x: np.max(np.sum(np.abs(x), axis=-2), axis=-1),
    -1: lambda x: np.min(np.sum(np.abs(x), axis=-2), axis=-1),
    np.inf: lambda x: np.max(np.sum(np.abs(x), axis=-1), axis=-1),
    -np.inf: lambda x: np.min(np.sum(np.abs(x), axis=-1), axis=-1),
}
"""The norms of matrices in the last two axes, by their order: Frobenius's, the nuclear, the spectral, and those of sums."""
