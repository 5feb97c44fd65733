"""NumPy's functions that arrange elements: the order of the axes, and of the elements along them."""

from functools import partial

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import as_nodes, axes_of, known_size
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
    return a if order == [*range(a.ndim)] else np.transpose(a, order)


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


@composes(np.rollaxis)
def rollaxis(a, axis, start=0):
    """The value with an axis moved to before another."""
    (axis,) = axes_of(a, axis)
    start += a.ndim if start < 0 else 0
    return moveaxis(a, axis, start - (axis < start))


@composes(np.rot90)
def rot90(m, k=1, axes=(0, 1)):
    """The value turned by quarters of a circle, from the first of two axes to the second."""
    first, second = axes_of(m, tuple(axes))
    if k % 4 == 2:
        return flip(m, (first, second))
    turned = m if k % 2 == 0 else swapaxes(flip(m, second) if k % 4 == 1 else m, first, second)
    return flip(turned, second) if k % 4 == 3 else turned


ADDED = ({0: (0,)}, {0: (0, 1), 1: (0,)}, {0: (0, 1, 2), 1: (0, 2), 2: (2,)})
"""For `np.atleast_1d`, `2d` and `3d`: the axes that are added to a value of so many."""


def atleast(rank, *arys):
    """Each with axes of size 1 until it has so many."""
    found = tuple(np.expand_dims(x, ADDED[rank - 1].get(np.ndim(x), ())) for x in arys)
    return found[0] if len(found) == 1 else found


composes(np.atleast_1d)(partial(atleast, 1))
composes(np.atleast_2d)(partial(atleast, 2))
composes(np.atleast_3d)(partial(atleast, 3))


@composes(np.broadcast_arrays)
def broadcast_arrays(*args):
    """Each repeated to fill the shape that they have together."""
    shape, values = (), as_nodes(*args)
    for x in values:
        joined = broadcast(shape, x.shape)
        if joined is None:
            raise ShapeError(f"np.broadcast_arrays cannot bring {listing(show_shape(x.shape) for x in values)} to one shape.")
        shape = joined
    return tuple(np.broadcast_to(x, shape) for x in values)


@composes(np.resize)
def resize(a, new_shape):
    """The elements in a row, again and again, in another shape."""
    flat = np.ravel(a)
    return np.take(flat, np.resize(np.arange(known_size(flat, 0)), new_shape))


@composes(np.delete)
def delete(arr, obj, axis=None):
    """The value without some places along an axis."""
    arr, axis = (np.ravel(arr), 0) if axis is None else (arr, axis)
    return np.take(arr, np.delete(np.arange(known_size(arr, axis)), obj), axis=axis)


@composes(np.insert)
def insert(arr, obj, values, axis=None):
    """The value with others put in before some places along an axis."""
    arr, axis = (np.ravel(arr), 0) if axis is None else (arr, axis)
    arr, values = as_nodes(arr, values)
    (axis,), places = axes_of(arr, axis), np.arange(known_size(arr, axis))
    values = np.expand_dims(values, tuple(range(arr.ndim - np.ndim(values))))
    if np.ndim(obj) == 0 and not isinstance(obj, slice):
        values = np.moveaxis(values, 0, axis)  # one place takes all of them
        count = values.shape[axis]
    else:
        count = len(np.insert(places, obj, 0)) - len(places)
    shape = tuple(count if i == axis else size for i, size in enumerate(arr.shape))
    order = np.insert(places, obj, np.arange(len(places), len(places) + count))
    return np.take(np.concatenate([arr, np.broadcast_to(values, shape)], axis=axis), order, axis=axis)


@composes(np.compress)
def compress(condition, a, axis=None):
    """The parts along an axis for which a condition holds that is known before a run."""
    if isinstance(condition, Node):
        raise OperationError(
            f"np.compress and np.extract take a condition that is known before a run, not {described(condition)}."
        )
    return np.take(a, np.flatnonzero(condition), axis=axis)


composes(np.extract)(lambda condition, arr: compress(np.ravel(condition), arr))
