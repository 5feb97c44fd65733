"""NumPy's functions that arrange elements: the order of the axes, and of the elements along them."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import axes_of
from minigraph.ops.gather import Gather
from minigraph.ops.indexing import FAR, Slice
from minigraph.ops.shape import Reshape
from minigraph.ops.sizes import Range


@composes(np.ravel)
def ravel(a):
    """The elements in one row."""
    return Reshape(a, -1)


@composes(np.swapaxes)
def swapaxes(a, axis1, axis2):
    """The value with two of its axes exchanged."""
    order, (first, second) = [*range(a.ndim)], axes_of(a, axis1) + axes_of(a, axis2)
    order[first], order[second] = second, first
    return np.transpose(a, order)


@composes(np.moveaxis)
def moveaxis(a, source, destination):
    """The value with some of its axes moved to other places; the rest keep their order."""
    sources, targets = axes_of(a, source), axes_of(a, destination)
    if len(sources) != len(targets):
        raise OperationError(f"np.moveaxis takes a destination for each source, not {source!r} and {destination!r}.")
    order = [axis for axis in range(a.ndim) if axis not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return np.transpose(a, order)


@composes(np.flip)
def flip(m, axis=None):
    """The elements in reverse order along an axis, several, or all: a slice by −1."""
    axes = axes_of(m, axis)
    return Slice(m, starts=(FAR,) * len(axes), ends=(-FAR,) * len(axes), axes=axes, steps=(-1,) * len(axes))


composes(np.flipud)(lambda m: flip(m, 0))
composes(np.fliplr)(lambda m: flip(m, 1))


@composes(np.roll)
def roll(a, shift, axis=None):
    """The elements moved on along an axis, or several; what falls over the end comes back at the start."""
    if axis is None:
        return np.reshape(roll(a.reshape(-1), shift, 0), np.shape(a))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    for moved, each in zip(np.broadcast_to(shift, len(axes)).tolist(), axes, strict=True):
        (each,) = axes_of(a, each)
        size = a.shape[each]
        if isinstance(size, SymbolicSize):
            a = Gather(a, np.mod(Range.apply(0, size) - moved, size), axis=each)
        elif size and moved % size:
            a = np.concatenate(np.split(a, [size - moved % size], axis=each)[::-1], axis=each)
    return a
