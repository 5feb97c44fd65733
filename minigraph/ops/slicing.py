"""Parts of a value along its axes: slices, what puts them back in their place, and the parts of a split."""

import operator
from itertools import pairwise

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import shortened, show_shape
from minigraph.ops.gather import Gather, zeros
from minigraph.ops.shape import Sized, axes_of, known_sizes

__all__ = ["ScatterSlice", "Slice"]

FAR = 2**31 - 1
"""A bound from here on, of either sign, is the end of an axis of any size."""


class _Sliced(Node):
    """What Slice and its transpose share: ONNX's bounds, which count from the end where they are negative."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    axes: tuple[int, ...] | None = None
    steps: tuple[int, ...] | None = None

    @property
    def bounds(self):
        """The attributes, to slice in the same way elsewhere."""
        return {"starts": self.starts, "ends": self.ends, "axes": self.axes, "steps": self.steps}

    def at(self, x):
        """The bounds as NumPy's index."""
        axes = range(len(self.starts)) if self.axes is None else self.axes
        rank = x.ndim if min(axes, default=0) < 0 else max(axes, default=-1) + 1
        index = [slice(None)] * rank
        for axis, start, end, step in zip(axes, self.starts, self.ends, self.steps or [1] * len(axes), strict=True):
            index[axis] = _written(start, end, step)
        return tuple(index)

    def sliced(self, x, shape):
        """The sizes of a slice of this shape; its bounds are kept as they are for these sizes."""
        count = len(self.starts)
        steps = (1,) * count if self.steps is None else tuple(self.steps)
        if not len(self.ends) == len(steps) == len(self.axes or range(count)) == count or 0 in steps:
            raise OperationError(
                f"{type(self).__name__} takes a start, an end and a step other than 0 for each axis, not starts={self.starts}, "
                f"ends={self.ends}, axes={self.axes}, steps={self.steps}."
            )
        self.axes = axes_of(x, tuple(range(count)) if self.axes is None else self.axes, rank=len(shape))
        sizes = list(shape)
        found = []
        for axis, bounds in zip(self.axes, zip(self.starts, self.ends, steps, strict=True), strict=True):
            size = sizes[axis]
            found.append(_within(size, *bounds) if isinstance(size, int) else _of_any_size(x, size, *bounds))
            sizes[axis] = _left(size, *found[-1])
        self.starts, self.ends, self.steps = (tuple(each) for each in zip(*found, strict=True)) if found else ((), (), ())
        return tuple(sizes)


def _written(start, end, step):
    """The bounds as Python's slice, those left out that are beyond every axis."""
    if step > 0:
        return slice(start, None if end >= FAR else end, step)
    return slice(None if start >= FAR else start, None if end <= -FAR else end, step)


def _within(size, start, end, step):
    """The bounds of a slice of an axis of this size, counted from its start; those of one turned round as a whole are far."""
    start, end, step = slice(int(start), int(end), int(step)).indices(size)
    if not range(start, end, step):
        return 0, 0, 1
    return FAR if step < 0 and start == size - 1 else start, end if end >= 0 else -FAR, step


def _of_any_size(x, size, start, end, step):
    """The bounds of a slice of a named axis: all of it turned round, or without some elements at its start and its end."""
    if step == -1 and (start >= FAR or start == -1) and end <= -FAR:
        return FAR, -FAR, -1
    if step == 1 and 0 <= start < FAR and (end < 0 or end >= FAR) and shortened(size, 0) is not None:
        return int(start), FAR if end >= FAR else int(end), 1
    if (start, step) == (0, 1) and end >= FAR:
        return 0, FAR, 1
    raise OperationError(
        f"{described(x)} cannot be sliced so along {size}: how many elements are left is known only in a run.{places(x)}"
        "\n  Take elements away from its ends, as in x[1:-1], or take them by an array of their numbers, as in x[indices]; or "
        "declare the input with the size of this axis."
    )


def _left(size, start, end, step):
    """How many elements a slice by these bounds leaves of an axis."""
    if isinstance(size, int):
        return len(range(size)[slice(start, end, step)])
    return size if step < 0 else shortened(size, start - min(end, 0)) or size


class Slice(_Sliced):
    """The elements from `starts` to `ends`, the last one excluded, by `steps`, along each of `axes`: `x[1:3, ::-1]`.

    Bounds beyond the axis stand for its end, as in Python. ONNX's operands starts, ends, axes and steps are attributes. From an
    axis whose size is known only in a run elements can be taken away at both ends, or it is turned round as a whole. Its
    value is a view. The gradient is put back in its place among zeros.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 5))
    >>> x[:, 3:0:-2], x[1:] - x[:-1]
    (Slice (N × 2, float32), Sub ((N−1) × 5, float32))
    >>> Slice.apply(np.arange(5), starts=(1,), ends=(-1,))
    array([1, 2, 3])
    """

    moves_elements = True

    def forward(self, x, out=None):
        return x[self.at(x)]

    def backward(self, gradient, y, x):
        return ScatterSlice.apply(gradient, np.shape(x), **self.bounds)

    def infer(self, x):
        return self.sliced(x, x.shape), x.dtype

    @property
    def known(self):
        sizes = self.operands[0].known
        return None if sizes is None or self.ndim != 1 else sizes[self.at(self)[0]]


class ScatterSlice(_Sliced, Sized):
    """Zeros of the given shape, with the updates in the place of a slice: Slice's transpose.

    >>> ScatterSlice.apply(np.array([1.0, 2.0]), (5,), starts=(3,), ends=(0,), steps=(-2,))
    array([0., 2., 0., 1., 0.])
    """

    takes_out = True

    def forward(self, updates, shape, out=None):
        result = zeros(tuple(map(int, shape)), updates.dtype, out)
        result[self.at(result)] = updates
        return result

    def backward(self, gradient, y, updates, shape):
        return Slice.apply(gradient, **self.bounds), None

    def infer(self, updates, shape):
        sizes = known_sizes(self, shape)
        expected = self.sliced(updates, sizes)
        if updates.shape != expected:
            raise ShapeError(
                f"ScatterSlice needs updates of {show_shape(expected)} for this slice of {show_shape(sizes)}, but "
                f"{described(updates)} is not of that shape.{places(updates)}"
            )
        return sizes, updates.dtype


def flip(m, axis=None):
    """The elements in reverse order along an axis, several, or all: a slice by −1."""
    axes = axes_of(m, axis)
    return Slice(m, starts=(FAR,) * len(axes), ends=(-FAR,) * len(axes), axes=axes, steps=(-1,) * len(axes))


def split(ary, indices_or_sections, axis=0):
    """As many parts of one size, or those between the given bounds: each is a slice.

    ONNX's Split is this function and no operation of its own, since a node has one value.
    """
    if np.ndim(indices_or_sections) == 0 and known_size(ary, axis) % operator.index(indices_or_sections):
        raise ShapeError(
            f"{described(ary)} cannot be split along axis {axis} into {indices_or_sections} parts of one size.{places(ary)}"
            "\n  np.array_split makes parts that differ by one."
        )
    return array_split(ary, indices_or_sections, axis)


def array_split(ary, indices_or_sections, axis=0):
    """The parts between the given bounds, or so many whose sizes differ by one at most."""
    size = known_size(ary, axis)
    if np.ndim(indices_or_sections) == 0:
        many, longer = divmod(size, operator.index(indices_or_sections))
        lengths = [many + 1] * longer + [many] * (indices_or_sections - longer)
        indices_or_sections = np.cumsum(lengths[:-1], dtype=int)
    bounds = [0, *map(int, indices_or_sections), size]
    return [Slice(ary, starts=(start,), ends=(end,), axes=(axis,)) for start, end in pairwise(bounds)]


def unstack(x, axis=0):
    """The parts of size 1 along an axis, without that axis."""
    return tuple(Gather(x, i, axis=axis) for i in range(known_size(x, axis)))


def known_size(x, axis):
    """The size of an axis, or an error where it is known only in a run."""
    (axis,) = axes_of(x, axis)
    if isinstance(x.shape[axis], str):
        raise OperationError(
            f"{described(x)} cannot be split along {x.shape[axis]}, whose size is known only in a run.{places(x)}"
            "\n  Declare the input with the size of this axis."
        )
    return x.shape[axis]


COMPOSED_BY[np.flip] = flip
COMPOSED_BY[np.flipud] = lambda m: flip(m, 0)
COMPOSED_BY[np.fliplr] = lambda m: flip(m, 1)
COMPOSED_BY[np.split] = split
COMPOSED_BY[np.array_split] = array_split
COMPOSED_BY[np.unstack] = lambda x, *, axis=0: unstack(x, axis)
