"""What several operations check before they infer a shape: axes, whole numbers as indices, and elements to choose from."""

import numpy as np

from minigraph.core.errors import InputError, OperationError, ShapeError
from minigraph.core.node import Constant, Node, described, places
from minigraph.core.shapes import normal_axis

__all__: list[str] = []


def axes_of(node, axes, rank=None):
    """The axes as a tuple counted from the front (all of them for None), or a ShapeError for one that is not there."""
    rank = node.ndim if rank is None else rank
    given = range(rank) if axes is None else axes if isinstance(axes, tuple | list) else (axes,)
    counted = tuple(normal_axis(axis, rank) for axis in given)
    if None in counted or len(set(counted)) < len(counted):
        counted_as = f"its axes are 0 to {rank - 1} (or {-rank} to -1), each named once" if rank else "it has none"
        named = f"axis {given[0]!r}" if len(given) == 1 else f"axes {tuple(given)}"
        raise ShapeError(f"{described(node)} has no {named}: {counted_as}.{places(node)}")
    return counted


def whole_numbers(node, indices, what="indices"):
    """Raise unless the operand that chooses holds whole numbers."""
    if indices.dtype.kind not in "iu":
        raise OperationError(
            f"{type(node).__name__} takes whole numbers as {what}, but {indices} is {indices.dtype}.{places(indices)}"
            "\n  Declare it with dtype=np.int64."
        )


def _beyond(values, least, size):
    """Whether any value lies outside of [least, size); one pass tells, as a negative one without its sign is past any size."""
    if values.size == 1:
        return not least <= values.item() < size  # a step of one row is mostly calls: this is a fifth of the time
    if least == 0 and values.dtype.kind == "i":
        return values.view(f"u{values.dtype.itemsize}").max() >= size
    return values.min() < least or values.max() >= size


def within(node, indices, values, least, size, what):
    """Raise an InputError that shows the first of the values that lies outside of [least, size)."""
    if values.size and _beyond(values, least, size):
        bad = tuple(map(int, np.argwhere((values < least) | (values >= size))[0]))
        takes = f"takes {what} from {least} to {size - 1}" if size else f"has nothing to take {what} of"
        found = f"was given {values[bad]}" if isinstance(indices, Constant) else f"{indices}{list(bad) or ''} is {values[bad]}"
        raise InputError(f"{type(node).__name__} {takes}, but {found}.{places(indices)}")


def known_size(x, axis):
    """The size of an axis, or an error where it is known only in a run."""
    (axis,) = axes_of(x, axis)
    if isinstance(x.shape[axis], str):
        raise OperationError(
            f"{described(x)} cannot be split along {x.shape[axis]}, whose size is known only in a run.{places(x)}"
            "\n  Declare the input with the size of this axis."
        )
    return x.shape[axis]


class AlongAxis(Node):
    """An operation along one `axis`, the last one unless given, whose value has the operand's shape."""

    axis: int = -1

    @property
    def along(self):
        """The axes that it runs along."""
        return (self.axis,)

    def infer(self, x):
        (self.axis,) = axes_of(x, self.axis)
        return x.shape, x.dtype


class OfSome:
    """Before another base: an operation that needs an element along each of its axes, while composing and in a run."""

    def infer(self, x):
        inferred = super().infer(x)
        some_elements(self, x, x.shape, self.along)
        return inferred

    def validate(self, x):
        some_elements(self, self.operands[0], x.shape, self.along)


def some_elements(node, operand, shape, axes):
    """Raise where the operand, of this shape, has no element along one of the axes to choose from."""
    if 0 not in shape:
        return
    for axis in axes:
        if shape[axis] == 0:
            raise ShapeError(
                f"{type(node).__name__} needs an element along axis {axis} of {described(operand)}, which has none."
                f"{places(operand)}"
            )


def along_or_flat(operation, a, axis):
    """The operation along an axis, or for None over all elements in a row, as NumPy's functions have it."""
    return operation(a.reshape(-1), axis=0) if axis is None else operation(a, axis=axis)
