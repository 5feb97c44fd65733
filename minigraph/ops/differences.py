"""Differences and steepness of what is sampled along an axis, and the areas below."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.arithmetic import StopGradient
from minigraph.ops.checks import axes_of, known_size, shaped
from minigraph.ops.indexing import FAR, Slice


def part(x, axis, start=None, end=None):
    """The elements from a start to an end along an axis, of a node or an array."""
    if not isinstance(x, Node):
        return x[(slice(None),) * axis + (slice(start, end),)]
    return Slice(x, starts=(start or 0,), ends=(FAR if end is None else end,), axes=(axis,))


@composes(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    """Each element less the one before it, n times."""
    (axis,) = axes_of(a, axis)
    ends = [_as_part(a, axis, each) for each in (prepend, a, append) if each is not None]
    a = np.concatenate(ends, axis=axis) if len(ends) > 1 else a
    for _ in range(n):
        a = part(a, axis, 1) - part(a, axis, 0, -1)
    return a


def _as_part(a, axis, x):
    """What is put before or behind: a number fills one place along the axis."""
    return np.broadcast_to(x, tuple(1 if i == axis else size for i, size in enumerate(a.shape))) if np.ndim(x) == 0 else x


@composes(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """The differences of all elements in a row, between what is put before and behind."""
    ends = [to_begin, diff(np.ravel(ary)), to_end]
    parts = [np.ravel(each) for each in ends if each is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@composes(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The area below a line through the samples."""
    (axis,) = axes_of(y, axis)
    if x is not None:
        x = shaped(x)
        dx = diff(along(x, axis, y.ndim), axis=axis if x.ndim == y.ndim else axis - y.ndim)
    return np.sum((part(y, axis, 1) + part(y, axis, 0, -1)) * dx / 2, axis=axis)


def along(x, axis, rank):
    """A vector along one of several axes; anything else as it is."""
    return np.expand_dims(x, tuple(i for i in range(rank) if i != axis)) if np.ndim(x) == 1 else x


@composes(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """The derivative along each axis: between both neighbours of a sample, and at the edges between the last two or three."""
    axes = axes_of(f, axis)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1.0,) * len(axes)
    if len(spacings) != len(axes):
        raise OperationError(f"np.gradient along {len(axes)} axes takes a spacing for each, or one, not {len(varargs)}.")
    found = [_along(f, spacing, each, edge_order) for each, spacing in zip(axes, spacings, strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _along(f, spacing, axis, edge_order):
    """The derivative along one axis; `spacing` is the distance of all neighbours, or where the samples are."""
    size = known_size(f, axis)
    if edge_order not in (1, 2) or size <= edge_order:
        raise OperationError(
            f"np.gradient with edge_order={edge_order} of {described(f)} needs more samples along axis {axis}."
        )
    even = np.ndim(spacing) == 0
    steps = spacing if even else along(np.diff(spacing), axis, f.ndim)
    steepness = diff(f, axis=axis) / steps
    before, behind = part(steepness, axis, 0, -1), part(steepness, axis, 1)
    if even:
        middle = (before + behind) / 2
    else:  # the nearer neighbour weighs more
        near, far = part(steps, axis, 0, -1), part(steps, axis, 1)
        middle = (before * far + behind * near) / (near + far)
    first, last = part(steepness, axis, 0, 1), part(steepness, axis, size - 2)
    if edge_order == 2:  # on the parabola through three samples
        first, last = 2 * first - part(middle, axis, 0, 1), 2 * last - part(middle, axis, size - 3)
    return np.concatenate([first, middle, last], axis=axis)


@composes(np.unwrap)
def unwrap(p, discont=None, axis=-1, period=2 * np.pi):
    """Angles that go on where they jump by more than half a period: whole periods are added, which take no derivative."""
    (axis,) = axes_of(p, axis)
    known_size(p, axis)
    steps = diff(StopGradient(p), axis=axis)
    jumps = np.mod(steps + period / 2, period) - period / 2
    jumps = np.where(np.logical_and(np.equal(jumps, -period / 2), np.greater(steps, 0)), period / 2, jumps) - steps
    jumps = np.where(np.less(np.abs(steps), period / 2 if discont is None else discont), 0, jumps)
    return np.concatenate([part(p, axis, 0, 1), part(p, axis, 1) + np.cumsum(jumps, axis=axis)], axis=axis)
