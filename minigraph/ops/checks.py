"""What several families have in common: bases of operations, what they check, and the words in which they refuse."""

from typing import Any, ClassVar, cast
from weakref import WeakKeyDictionary

import numpy as np

from minigraph.core.errors import InputError, OperationError, ShapeError, listing
from minigraph.core.node import Constant, Node, described, places
from minigraph.core.sizes import SymbolicSize

__all__: list[str] = []


def refused(node, why, *operands, remedy="", error=ShapeError):
    """The error that an operation raises: its name, why it refuses, where these operands come from, and what to do instead."""
    return error(f"{type(node).__name__} {why}.{places(*operands)}" + (f"\n  {remedy}" if remedy else ""))


def one_of(node, key, known):
    """Raise unless the attribute of this name is one of those known."""
    value = getattr(node, key)
    if value not in known:
        article = "an" if key.startswith("a") else "a"
        raise refused(node, f"takes {article} {key} of {listing(known, 'or')}, not {value!r}", error=OperationError)


def whole_number(node, key, least=0, error=OperationError):
    """Raise unless the attribute of this name is a whole number, `least` or more."""
    value = getattr(node, key)
    if not isinstance(value, int | np.integer) or value < least:
        raise refused(node, f"takes {key} as a whole number, {least} or more, not {value!r}", error=error)


def whole_numbers(node, key, given, length, least, *, named=False):
    """The attribute as `length` whole numbers, `least` for each where it is None; an OperationError for anything else.

    With `named`, the sizes of named axes may be among them.
    """
    if given is None:
        return (least,) * length
    row = isinstance(given, tuple | list | np.ndarray)
    numbers = [each for each in given if not (named and isinstance(each, SymbolicSize))] if row else []
    whole = row and all(isinstance(each, int | np.integer) for each in numbers)
    if not whole or len(given) != length or min(numbers, default=least) < least:
        why = f"takes {key} as {length} whole numbers, each {least} or more, not {given!r}"
        raise refused(node, why, error=OperationError)
    return tuple(each if isinstance(each, SymbolicSize) else int(each) for each in given)


def shaped(value):
    """An operand of a function that composes: a node as it is, and anything else as an array, which has a shape too."""
    return value if isinstance(value, Node) else np.asarray(value)


def check_same_shape(node, operands):
    """Raise where an operand has another shape than the first."""
    first = operands[0]
    for operand in operands:
        if operand.shape != first.shape:
            raise refused(node, f"takes values of one shape, not {described(first)} and {described(operand)}", first, operand)


def normal_axis(axis: object, rank: int) -> int | None:
    """`axis` counted from the front, or None when there is no such axis."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        return None
    return int(axis) % rank if -rank <= axis < rank else None


def axes_of(node: Node, axes: Any, rank: int | None = None) -> tuple[int, ...]:
    """The axes as a tuple counted from the front (all of them for None), or a ShapeError for one that is not there."""
    rank = node.ndim if rank is None else rank
    given = range(rank) if axes is None else axes if isinstance(axes, tuple | list) else (axes,)
    counted = tuple(normal_axis(axis, rank) for axis in given)
    if None in counted or len(set(counted)) < len(counted):
        counted_as = f"its axes are 0 to {rank - 1} (or {-rank} to -1), each named once" if rank else "it has none"
        named = f"axis {given[0]!r}" if len(given) == 1 else f"axes {tuple(given)}"
        raise ShapeError(f"{described(node)} has no {named}: {counted_as}.{places(node)}")
    return cast(tuple[int, ...], counted)


def known_size(x, axis):
    """The size of an axis, or an error where it is known only in a run."""
    (axis,) = axes_of(x, axis)
    if isinstance(x.shape[axis], SymbolicSize):
        raise OperationError(
            f"{described(x)} has axis {axis} of {x.shape[axis]}, a size that must be known here while composing.{places(x)}"
            "\n  Declare the input with the size of this axis."
        )
    return x.shape[axis]


class KnownOnce(property):
    """The property `known` of an operation whose rule asks operands for theirs: each node is asked once, the operands first.

    So neither a long chain of sizes nor one whose nodes are used twice takes more than a step for each.
    """

    found: ClassVar[WeakKeyDictionary[Node, Any]] = WeakKeyDictionary()

    def __get__(self, node, owner=None):
        if node is None:
            return self
        pending = [node]
        while node not in self.found:
            last, waiting = pending[-1], []
            for operand in last.operands:
                while operand.keeps_order:
                    operand = operand.operands[0]
                if isinstance(type(operand).known, KnownOnce) and operand not in self.found:
                    waiting.append(operand)
            pending += waiting
            if not waiting:
                self.found[last] = type(last).known.fget(last)
                pending.pop()
        return self.found[node]


class WithoutDerivative(Node):
    """An operation none of whose operands takes a derivative: a step, a question, a place or a draw."""

    def backward(self, gradient, y, *operands):
        return (None,) * len(operands)


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


class NeedsElements:
    """Before another base: an operation that needs an element along each of its axes, while composing and in a run."""

    def infer(self, x):
        inferred = super().infer(x)
        check_elements(self, x, x.shape, self.along)
        return inferred

    def validate(self, x):
        check_elements(self, self.operands[0], x.shape, self.along)


def check_elements(node, operand, shape, axes):
    """Raise where the operand, of this shape, has no element along one of the axes to choose from."""
    for axis in axes if 0 in shape else ():
        if shape[axis] == 0:
            raise refused(node, f"needs an element along axis {axis} of {described(operand)}, which has none", operand)


def along_or_flat(operation, a, axis):
    """The operation along an axis, or for None over all elements in a row, as NumPy's functions have it."""
    return operation(a.reshape(-1), axis=0) if axis is None else operation(a, axis=axis)


def as_nodes(*values):
    """The values as nodes: a list of nodes is stacked, and numbers take the floating-point type of the others."""
    stacked = [_stacked(value) for value in values]
    dtype = next((x.dtype for x in stacked if isinstance(x, Node) and x.dtype.kind == "f"), None)
    return [x if isinstance(x, Node) else Constant(x, dtype=dtype if x.dtype.kind == "f" else None) for x in stacked]


def _stacked(value):
    """A list or tuple that holds nodes as one node, and numbers as an array."""
    if isinstance(value, list | tuple):
        parts = [_stacked(each) for each in value]
        return np.stack(as_nodes(*parts)) if any(isinstance(each, Node) for each in parts) else np.array(value)
    return shaped(value)


def check_index_type(node, indices, what="indices"):
    """Raise unless the operand that selects holds whole numbers."""
    if indices.dtype.kind not in "iu":
        why = f"takes whole numbers as {what}, but {indices} is {indices.dtype}"
        raise refused(node, why, indices, remedy="Declare it with dtype=np.int64.", error=OperationError)


def _beyond(values, least, size):
    """Whether any value lies outside of [least, size); one pass is enough: a negative one without its sign is past any size."""
    if values.size == 1:
        return not least <= values.item() < size  # a step of one row is mostly calls: this is a fifth of the time
    if least == 0 and values.dtype.kind == "i":
        return values.view(f"u{values.dtype.itemsize}").max() >= size
    return values.min() < least or values.max() >= size


def check_within(node, indices, values, least, size, what):
    """Raise an InputError that shows the first of the values that lies outside of [least, size)."""
    if values.size and _beyond(values, least, size):
        bad = tuple(map(int, np.argwhere((values < least) | (values >= size))[0]))
        takes = f"takes {what} from {least} to {size - 1}" if size else f"has nothing to take {what} of"
        found = f"was given {values[bad]}" if isinstance(indices, Constant) else f"{indices}{list(bad) or ''} is {values[bad]}"
        raise refused(node, f"{takes}, but {found}", indices, error=InputError)


def check_along_axis(node, x, indices, axis, operand, what="indices"):
    """Raise where an index along an axis is past its end or its start; a named axis has its size only in a run."""
    size = x.shape[axis]
    if isinstance(size, int):
        check_within(node, operand, indices, -size, size, what)
