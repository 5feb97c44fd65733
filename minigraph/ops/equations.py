"""NumPy's functions that solve equations, composed of inverses and solutions; and what says how well they can be solved."""

import math

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Constant
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import show_shape
from minigraph.ops.checks import as_nodes, axes_of, shaped
from minigraph.ops.linalg import Cholesky, LogAbsDet, PseudoInverse, SignDet

__all__: list[str] = []

SLOGDET = type(np.linalg.slogdet(np.ones((1, 1))))
"""NumPy's named tuple of a sign and a logarithm."""

composes(np.linalg.slogdet)(lambda a: SLOGDET(SignDet(a), LogAbsDet(a)))


@composes(np.linalg.cholesky)
def cholesky(a, upper=False):
    """The lower triangle of a matrix, or its transpose."""
    return Cholesky(a).mT if upper else Cholesky(a)


@composes(np.linalg.cond)
def cond(x, p=None):
    """How many times an error can grow: the largest singular value by the smallest, or the norms of x and of its inverse."""
    if p not in (None, 2, -2):
        return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))
    s = np.linalg.svdvals(x)
    largest, smallest = np.max(s, axis=-1), np.min(s, axis=-1)
    return smallest / largest if p == -2 else largest / smallest


@composes(np.linalg.matrix_rank)
def matrix_rank(A, tol=None, hermitian=False, rtol=None):
    """How many singular values are above a limit: by default the largest, times its type's precision and the larger size."""
    if A.ndim < 2:
        return np.max(np.not_equal(A, 0).astype(np.int64))
    s = np.linalg.svd(A, compute_uv=False, hermitian=hermitian)
    if tol is not None:
        return np.sum(np.greater(s, np.expand_dims(tol, -1)), axis=-1)
    largest = np.sum(s[..., :1], axis=-1, keepdims=True)  # which is 0 where there is none
    limit = largest * larger(A) * np.finfo(A.dtype).eps if rtol is None else largest * np.expand_dims(rtol, -1)
    return np.sum(np.greater(s, limit), axis=-1)


@composes(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    """The x of which a · x is nearest to b, what is left of it, the rank of a and its singular values.

    What is left, Σ (b − a · x)² of each column of b, is given where a has more rows than columns, whatever its rank.
    """
    a, b = as_nodes(a, b)
    if a.ndim != 2 or b.ndim not in (1, 2):
        shapes = f"{show_shape(a.shape)} and {show_shape(b.shape)}"
        raise ShapeError(f"np.linalg.lstsq takes a matrix, and a vector or a matrix, not {shapes}.")
    rcond = float(np.finfo(a.dtype).eps) if rcond is not None and rcond < 0 else rcond
    x = PseudoInverse(a, rcond=rcond) @ b
    left = np.sum(np.square(b - a @ x), axis=0, keepdims=b.ndim == 1)
    if all(isinstance(size, int) for size in a.shape) and a.shape[0] <= a.shape[1]:
        left = Constant(np.empty(0), dtype=x.dtype)
    return x, left, np.linalg.matrix_rank(a, rtol=rcond), np.linalg.svdvals(a)


@composes(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """The inverse of a tensor whose first `ind` axes have as many elements as the others, in tensor products over those."""
    if not 0 < ind < a.ndim:
        raise OperationError(f"np.linalg.tensorinv takes ind from 1 to {a.ndim - 1}, the axes of one side, not {ind}.")
    before, behind = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(before), math.prod(behind)))), behind + before)


@composes(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """The x for which np.tensordot(a, x, x.ndim) is b; `axes` of a come last."""
    a, b = shaped(a), shaped(b)
    if axes is not None:
        moved = axes_of(a, axes)
        a = np.transpose(a, [*(axis for axis in range(a.ndim) if axis not in moved), *moved])
    shape = a.shape[b.ndim :]
    return np.reshape(np.linalg.solve(np.reshape(a, (-1, math.prod(shape))), np.ravel(b)), shape)


def larger(x):
    """The larger of the sizes of the last two axes."""
    sizes = x.shape[-2:]
    return max(sizes) if all(isinstance(size, int) for size in sizes) else np.maximum(np.size(x, axis=-2), np.size(x, axis=-1))
