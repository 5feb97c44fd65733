"""Indexing a node as an array is indexed: a slice, a gather, or both, and axes moved where NumPy puts them."""

import operator

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.values import numeric
from minigraph.ops.gather import Gather
from minigraph.ops.scatter import GatherND
from minigraph.ops.shape import Unsqueeze
from minigraph.ops.slicing import FAR, Slice

__all__ = ["getitem"]


def getitem(x, index):
    """`x[index]`: whole numbers, slices, `...`, None, arrays of indices or booleans, and nodes as indices.

    Several arrays are paired as NumPy pairs them, and the axes that they give stand where NumPy puts them. Booleans must be
    known before the run, since the shape depends on how many hold.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 4, 3))
    >>> x[:, 1:3, None], x[..., [0, 2]]
    (Unsqueeze (N × 2 × 1 × 3, float32), Gather (N × 4 × 2, float32))
    >>> x[:, [0, 1], [2, 0]]
    Transpose (N × 2, float32)
    """
    parts = _all_axes(x, [_part(x, part) for part in (index if isinstance(index, tuple) else (index,))])
    taken = [part for part in parts if part is not None]
    x = _sliced(x, taken)
    if any(part.ndim for part in taken if not isinstance(part, slice)):
        return _unsqueezed(*_gathered(x, parts))
    for axis in reversed(range(len(taken))):
        if not isinstance(taken[axis], slice):
            x = Gather(x, taken[axis], axis=axis)
    return _unsqueezed(x, [part is None for part in parts if part is None or isinstance(part, slice)])


def _part(x, part):
    """One part of an index; what is no slice, None or `...` becomes a node or an array."""
    if part is None or part is Ellipsis or isinstance(part, slice):
        return part
    if isinstance(part, list) and not part:
        return np.zeros(0, np.int64)
    array = part if isinstance(part, Node) else numeric(part, f"The index of {described(x)}")
    if array.dtype == bool and (array.ndim == 0 or isinstance(part, Node)):
        raise OperationError(
            f"{described(x)} cannot be indexed by booleans: how many hold is known only in a run.{places(x)}"
            "\n  Use np.where(condition, x, 0), or the places where they hold."
        )
    return array


def _takes(part):
    """How many axes a part of an index is for."""
    return 0 if part is None or part is Ellipsis else part.ndim if _is_mask(part) else 1


def _is_mask(part):
    return isinstance(part, np.ndarray) and part.dtype == bool


def _all_axes(x, parts):
    """The parts with `...`, or what is missing in the end, as slices, and with booleans as the indices where they hold."""
    taken = sum(map(_takes, parts))
    if taken > x.ndim:
        raise OperationError(f"{described(x)} has {x.ndim} axes and cannot be indexed by {taken}.{places(x)}")
    at = [i for i, part in enumerate(parts) if part is Ellipsis] or [len(parts)]
    if len(at) > 1:
        raise OperationError(f"An index has one ... at most, not {len(at)}.{places(x)}")
    parts[at[0] : at[0] + 1] = [slice(None)] * (x.ndim - taken)
    axes = np.cumsum([0, *map(_takes, parts)]).tolist()
    found = [_where(x, part, axis) if _is_mask(part) else [part] for part, axis in zip(parts, axes, strict=False)]
    return [part for each in found for part in each]


def _where(x, mask, axis):
    """The indices at which the booleans hold, an array for each of their axes."""
    if x.shape[axis : axis + mask.ndim] != mask.shape:
        raise ShapeError(
            f"{described(x)} cannot be indexed by booleans of {show_shape(mask.shape)} from its axis {axis} on: there must be "
            f"one for each element.{places(x)}"
        )
    return np.nonzero(mask)


def _sliced(x, taken):
    """The value sliced along the axes that have a slice which is not all of them."""
    axes = [axis for axis, part in enumerate(taken) if isinstance(part, slice) and part != slice(None)]
    if not axes:
        return x
    steps = [_bound(x, taken[axis].step, 1) for axis in axes]
    ends = [(FAR, -FAR) if step > 0 else (-FAR, FAR) for step in steps]
    return Slice(
        x,
        starts=tuple(_bound(x, taken[axis].start, 0 if end[0] > 0 else end[1]) for axis, end in zip(axes, ends, strict=True)),
        ends=tuple(_bound(x, taken[axis].stop, end[0]) for axis, end in zip(axes, ends, strict=True)),
        axes=tuple(axes),
        steps=tuple(steps),
    )


def _bound(x, bound, default):
    if isinstance(bound, Node):
        raise OperationError(
            f"{described(x)} is sliced by numbers that are known before a run, not by {described(bound)}.{places(x, bound)}"
        )
    return default if bound is None else operator.index(bound)


def _gathered(x, parts):
    """The value indexed by arrays, and for each axis of the result whether it is new, to be put in."""
    slots = [i for i, part in enumerate(parts) if part is not None and not isinstance(part, slice)]
    arrays = [parts[i] for i in slots]
    together = slots[-1] - slots[0] == len(slots) - 1
    axes = [axis for axis, part in enumerate(part for part in parts if part is not None) if not isinstance(part, slice)]
    first = axes[0] if together else 0
    new = [part is None for part in parts if part is None or isinstance(part, slice)]
    ahead = slots[0] if together else 0
    if together and sum(array.ndim > 0 for array in arrays) == 1:
        for axis, array in reversed(list(zip(axes, arrays, strict=True))):
            x = Gather(x, array, axis=axis)
        rank = max(array.ndim for array in arrays)
    else:
        x, rank = _paired(x, axes, arrays)
        order = [*range(rank, rank + first), *range(rank), *range(rank + first, x.ndim)]
        x = x if order == sorted(order) else np.transpose(x, order)
    return x, [*new[:ahead], *[False] * rank, *new[ahead:]]


def _paired(x, axes, arrays):
    """The elements at several arrays' indices, paired; the axes that these give come first."""
    rest = [axis for axis in range(x.ndim) if axis not in axes]
    shape = ()
    for array in arrays:
        shape = broadcast(shape, array.shape)
        if shape is None:
            found = listing(show_shape(each.shape) for each in arrays)
            raise ShapeError(f"{described(x)} cannot be indexed by arrays of {found}: they do not broadcast.{places(x)}")
    order = [*axes, *rest]
    turned = x if order == sorted(order) else np.transpose(x, order)
    return GatherND(turned, np.stack([_broadcast(array, shape, arrays) for array in arrays], axis=-1)), len(shape)


def _broadcast(array, shape, arrays):
    """The array repeated to fill a shape whose named axes are those of one of the arrays."""
    if array.shape == shape:
        return array
    if all(isinstance(size, int) for size in shape):
        return np.broadcast_to(array, shape)
    return array + sum(0 * each for each in arrays)


def _unsqueezed(x, new):
    axes = tuple(i for i, is_new in enumerate(new) if is_new)
    return Unsqueeze(x, axes=axes) if axes else x


COMPOSED_BY[operator.getitem] = getitem
