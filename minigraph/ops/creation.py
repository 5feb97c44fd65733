"""NumPy's functions that make values: like another's, evenly spaced, or of the powers of others."""

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import known_size
from minigraph.ops.shape import Expand, Shape


@composes(np.full_like)
def full_like(a, fill_value, dtype=None, shape=None):
    """Values of one number, or node, of another's shape and element type."""
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    value = fill_value.astype(dtype) if isinstance(fill_value, Node) else Constant(fill_value, dtype=dtype)
    return Expand(value, Shape(a) if shape is None else shape)


composes(np.zeros_like)(lambda a, dtype=None, shape=None: full_like(a, 0, dtype, shape))
composes(np.ones_like)(lambda a, dtype=None, shape=None: full_like(a, 1, dtype, shape))
composes(np.empty_like)(lambda a, dtype=None, shape=None: full_like(a, 0, dtype, shape))


@composes(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """So many values from start to stop, at one distance from each other."""
    steps = num - 1 if endpoint else num
    rank = max(np.ndim(start), np.ndim(stop))
    parts = np.reshape(np.arange(num) / max(steps, 1), (num,) + (1,) * rank)
    spaced = np.multiply(start, 1 - parts) + np.multiply(stop, parts)
    spaced = np.moveaxis(spaced if dtype is None else spaced.astype(dtype), 0, axis) if rank else spaced
    return (spaced, np.subtract(stop, start) / steps if steps else np.nan) if retstep else spaced


@composes(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """Powers of the base with evenly spaced exponents."""
    powers = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else powers.astype(dtype)


@composes(np.geomspace)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Values from start to stop, both of one sign, of which each is the same multiple of the one before."""
    exponents = linspace(np.log(np.abs(start)), np.log(np.abs(stop)), num, endpoint, axis=axis)
    spaced = np.exp(exponents) * np.sign(start)
    return spaced if dtype is None else spaced.astype(dtype)


@composes(np.vander)
def vander(x, N=None, increasing=False):
    """The powers of each element in a row, the highest first."""
    powers = np.arange(known_size(x, 0) if N is None else N, dtype=float)
    return np.power(np.expand_dims(x, 1), powers if increasing else powers[::-1])


@composes(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """The coordinates of the points of a grid, from those along each of its axes."""
    vectors = [np.ravel(each) for each in xi]
    axes = [1 - i if indexing == "xy" and i < 2 <= len(xi) else i for i in range(len(xi))]
    grid = [np.expand_dims(x, tuple(j for j in range(len(xi)) if j != i)) for i, x in zip(axes, vectors, strict=True)]
    return tuple(grid if sparse else np.broadcast_arrays(*grid))


composes(np.tril_indices_from)(lambda arr, k=0: np.tril_indices(known_size(arr, 0), k, known_size(arr, 1)))
composes(np.triu_indices_from)(lambda arr, k=0: np.triu_indices(known_size(arr, 0), k, known_size(arr, 1)))
composes(np.diag_indices_from)(lambda arr: np.diag_indices(known_size(arr, 0), arr.ndim))
