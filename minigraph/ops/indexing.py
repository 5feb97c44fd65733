"""Slices, what puts them back in their place, and a node indexed as NumPy indexes an array."""

import operator
from typing import ClassVar

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Node, Sizes, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.sizes import SymbolicSize, non_negative
from minigraph.core.values import numeric
from minigraph.ops.checks import KnownOnce, axes_of, refused
from minigraph.ops.gather import Gather, zeros
from minigraph.ops.scatter import GatherND
from minigraph.ops.shape import Unsqueeze
from minigraph.ops.sizes import InSizes, Sized, known_sizes, smaller

__all__ = ["ScatterSlice", "Slice"]


FAR = 2**31 - 1
"""A bound from here on, of either sign, is the end of an axis of any size."""


class _Sliced(InSizes):
    """The base of Slice and its transpose: ONNX's bounds, which count from the end where they are negative."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    axes: tuple[int, ...] | None = None
    steps: tuple[int, ...] | None = None

    counted = ("starts", "ends")

    def bounds(self, sizes=None):
        """The attributes, to slice in the same way elsewhere."""
        starts, ends = self.numbers(sizes)
        return {"starts": starts, "ends": ends, "axes": self.axes, "steps": self.steps}

    def at(self, x, sizes=None):
        """The bounds as NumPy's index."""
        starts, ends = self.numbers(sizes)
        axes = range(len(starts)) if self.axes is None else self.axes
        rank = x.ndim if min(axes, default=0) < 0 else max(axes, default=-1) + 1
        index = [slice(None)] * rank
        for axis, start, end, step in zip(axes, starts, ends, self.steps or [1] * len(axes), strict=True):
            index[axis] = _written(start, end, step)
        return tuple(index)

    def validate(self, *operands):
        sizes = operands[-1]
        for bound, number in zip((*self.starts, *self.ends), () if isinstance(sizes, Node) else sizes, strict=False):
            if isinstance(bound, SymbolicSize) and number < 0:
                raise refused(self, f"takes bounds that are 0 or more, but {bound} is {number}", self)

    def sliced(self, x, shape):
        """The sizes of a slice of this shape; its bounds become what they are for these sizes."""
        count = len(self.starts)
        steps = (1,) * count if self.steps is None else tuple(self.steps)
        if not len(self.ends) == len(steps) == len(self.axes or range(count)) == count or 0 in steps:
            given = ", ".join(f"{key}={value}" for key, value in self.bounds().items())
            why = f"takes a start, an end and a step other than 0 for each axis, not {given}"
            raise refused(self, why, error=OperationError)
        self.axes = axes_of(x, tuple(range(count)) if self.axes is None else self.axes, rank=len(shape))
        sizes = list(shape)
        found = []
        for axis, bounds in zip(self.axes, zip(self.starts, self.ends, steps, strict=True), strict=True):
            named = any(isinstance(each, SymbolicSize) for each in (sizes[axis], *bounds))
            found.append(_of_any_size(x, sizes[axis], *bounds) if named else _within(sizes[axis], *bounds))
            sizes[axis] = _left(sizes[axis], *found[-1])
        self.starts, self.ends, self.steps = (tuple(each) for each in zip(*found, strict=True)) if found else ((), (), ())
        return tuple(sizes)


def _written(start, end, step):
    """The bounds as Python's slice, those left out that are beyond every axis."""
    sign = 1 if step > 0 else -1
    first = None if sign < 0 and not isinstance(start, SymbolicSize) and start >= FAR else start
    return slice(first, None if not isinstance(end, SymbolicSize) and sign * end >= FAR else end, step)


def _within(size, start, end, step):
    """The bounds of a slice of an axis of this size, counted from its start; those of one reversed as a whole are far."""
    start, end, step = slice(int(start), int(end), int(step)).indices(size)
    if not range(start, end, step):
        return 0, 0, 1
    return FAR if step < 0 and start == size - 1 else start, end if end >= 0 else -FAR, step


def _of_any_size(x, size, start, end, step):
    """The bounds of a slice that goes by named sizes; those beyond every axis are far, that of the axis itself among them."""
    for bound in (start, end):
        if isinstance(bound, SymbolicSize) and all(n < 0 for n in bound.terms.values()):
            remedy = f"Count from the start, as in x[n - {-bound}:] for n = x.shape[…]."
            raise _not_indexed(x, f"cannot be sliced by {bound}, which would count from the end only where it is not 0", remedy)
    if step > 0:
        return start, FAR if end == size else _far(end), int(step)
    return FAR if start in (-1, size - 1) else _far(start), _far(end), int(step)


def _far(bound):
    return bound if isinstance(bound, SymbolicSize) else max(-FAR, min(int(bound), FAR))


def _left(size, start, end, step):
    """How many elements a slice by these bounds leaves of an axis."""
    if not any(isinstance(each, SymbolicSize) for each in (size, start, end)):
        return len(range(size)[slice(start, end, step)])
    first, last = _place(size, start), _place(size, end)
    if step > 0 and isinstance(end, SymbolicSize) and start == 0:
        return (smaller(last, size) + step - 1) // step  # a bound that is a size is 0 or more in every run
    if step > 0:
        length = smaller(last, size) - (first if _counts_from_start(start) else non_negative(first))
    else:
        length = smaller(first, size - 1) - (last if _counts_from_start(end) else non_negative(last + 1) - 1)
    return (non_negative(length) + abs(step) - 1) // abs(step)


def _place(size, bound):
    """The place that a bound stands for, which may be beyond the axis."""
    if _counts_from_start(bound):
        return size if isinstance(bound, int) and bound >= FAR else bound
    return -1 if bound <= -FAR else size + bound


def _counts_from_start(bound):
    return isinstance(bound, SymbolicSize) or bound >= 0


class Slice(_Sliced):
    """The elements from `starts` to `ends`, the last one excluded, by `steps`, along each of `axes`: `x[1:3, ::-1]`.

    Bounds beyond the axis stand for its end, as in Python, also along an axis whose size is known only in a run. A bound may
    be the size of a named axis, which then counts from the start. ONNX's operands starts, ends, axes and steps are attributes.
    The value is a view. The gradient is put back in its place among zeros.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N", 5)), mg.Input("y", ("T", 5))
    >>> x[:, 3:0:-2], x[1:] - x[:-1], x[::2], np.concatenate([x, y])[x.shape[0]:]
    (Slice (N × 2, float32), Sub (max(N−1,0) × 5, float32), Slice (⌊(N+1)/2⌋ × 5, float32), Slice (T × 5, float32))
    >>> Slice.apply(np.arange(5), starts=(1,), ends=(-1,))
    array([1, 2, 3])
    """

    moves_elements = True

    def forward(self, x, sizes=None, out=None):
        return x[self.at(x, sizes)]

    def backward(self, gradient, y, x, sizes=None):
        for_x = ScatterSlice.apply(gradient, np.shape(x), **self.bounds(sizes))
        return for_x if sizes is None else (for_x, None)

    def infer(self, x, sizes=None):
        return self.sliced(x, x.shape), x.dtype

    @KnownOnce
    def known(self):
        sizes = self.operands[0].known
        return None if sizes is None or self.ndim != 1 or len(self.operands) > 1 else sizes[self.at(self)[0]]


class ScatterSlice(Sized, _Sliced):
    """Zeros of the given shape, with the updates in the place of a slice: Slice's transpose.

    >>> ScatterSlice.apply(np.array([1.0, 2.0]), (5,), starts=(3,), ends=(0,), steps=(-2,))
    array([0., 2., 0., 1., 0.])
    """

    selectors: ClassVar[tuple[str, ...]] = ("shape", "sizes")
    takes_out = True

    def forward(self, updates, shape, sizes=None, out=None):
        result = zeros(tuple(map(int, shape)), updates.dtype, out)
        result[self.at(result, sizes)] = updates
        return result

    def backward(self, gradient, y, updates, shape, sizes=None):
        for_updates = Slice.apply(gradient, **self.bounds(sizes))
        return (for_updates, None) if sizes is None else (for_updates, None, None)

    def infer(self, updates, shape, sizes=None):
        sizes = known_sizes(self, shape)
        expected = self.sliced(updates, sizes)
        if updates.shape != expected:
            needs = f"needs updates of {show_shape(expected)} for this slice of {show_shape(sizes)}"
            raise refused(self, f"{needs}, but {described(updates)} is not of that shape", updates)
        return sizes, updates.dtype


def _not_indexed(x, why, remedy="", error=OperationError):
    """The error that a value cannot be indexed so."""
    return error(f"{described(x)} {why}.{places(x)}" + (f"\n  {remedy}" if remedy else ""))


@composes(operator.getitem)
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
    if isinstance(part, SymbolicSize):
        return Sizes(part)
    array = part if isinstance(part, Node) else numeric(part, f"The index of {described(x)}")
    if array.dtype == bool and (array.ndim == 0 or isinstance(part, Node)):
        why = "cannot be indexed by booleans: how many hold is known only in a run"
        raise _not_indexed(x, why, "Use np.where(condition, x, 0), or the places where they hold.")
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
        raise _not_indexed(x, f"has {x.ndim} axes and cannot be indexed by {taken}")
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
        why = f"cannot be indexed by booleans of {show_shape(mask.shape)} from its axis {axis} on"
        raise _not_indexed(x, f"{why}: there must be one for each element", error=ShapeError)
    return np.nonzero(mask)


def _sliced(x, taken):
    """The value sliced along the axes that have a slice which is not all of them."""
    axes = [axis for axis, part in enumerate(taken) if isinstance(part, slice) and part != slice(None)]
    if not axes:
        return x
    starts, ends, steps = zip(*(_bounds(x, taken[axis]) for axis in axes), strict=True)
    return Slice(x, starts=starts, ends=ends, axes=tuple(axes), steps=steps)


def _bounds(x, part):
    """The start, the end and the step of a Python slice; a bound left out is far."""
    step = 1 if part.step is None else operator.index(_bound(x, part.step))
    first, last = (0, FAR) if step > 0 else (FAR, -FAR)
    return first if part.start is None else _bound(x, part.start), last if part.stop is None else _bound(x, part.stop), step


def _bound(x, bound):
    """A bound as a whole number, or as a size of named axes."""
    if isinstance(bound, Node):
        if bound.known is None or bound.ndim:
            raise OperationError(
                f"{described(x)} is sliced by numbers that are known before a run, not by {described(bound)}.{places(x, bound)}"
            )
        bound = bound.known[0]
    return bound if isinstance(bound, SymbolicSize) else operator.index(bound)


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
            raise _not_indexed(x, f"cannot be indexed by arrays of {found}: they do not broadcast", error=ShapeError)
    order = [*axes, *rest]
    x = x if order == sorted(order) else np.transpose(x, order)
    return GatherND(x, np.stack([_broadcast(array, shape, arrays) for array in arrays], axis=-1)), len(shape)


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
