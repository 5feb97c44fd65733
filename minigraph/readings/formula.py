"""A rule read as mathematics: a formula is an expression, and how it lays out the elements of its value."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from minigraph.core.node import Sizes
from minigraph.core.shapes import Shape, broadcast
from minigraph.core.sizes import SymbolicSize
from minigraph.readings.columns import side_by_side
from minigraph.readings.expression import Expression, number_of
from minigraph.readings.layout import Layout, aligned, arranging, joined, moved, regular, reshaped, settled
from minigraph.readings.letters import exact_number, format_array
from minigraph.readings.notation import TEXT
from minigraph.readings.operand import Operand
from minigraph.readings.source import index_text

__all__ = [
    "FEW",
    "WRITERS",
    "Formula",
    "Unreadable",
    "broadcast_shape",
    "elementwise",
    "itself",
    "layout_of",
    "tree_of",
]

FEW = 16
"""Up to how many elements an array that a rule holds is written out."""


class Unreadable(Exception):
    """What no formula says truly; an operation whose rule does it is written by its name."""


class Formula(Operand):
    """Mathematics: an expression, and its one line of text.

    >>> a1 = Formula("a1")
    >>> (Formula("□") * (1 - a1 * a1)).text
    '□ ⊙ (1 − a1²)'

    A factor of 1 is not written. Nor is what only arranges elements, as long as what is written meets what it belongs to; its
    `layout` says which axes of the value are written. A column times a row is an outer product.

    >>> (1 * a1).text
    'a1'
    >>> v = Formula("v", (3,))
    >>> (np.expand_dims(v, 1) * v).text, (np.expand_dims(v, 1) - v).text
    ('v · vᵀ', 'v[:, None] − v')
    """

    def __init__(self, tree: str | Expression, shape: Any = (), dtype: Any = None, layout: Layout | None = None) -> None:
        self.tree = Expression("name", word=tree, meaning=tree) if isinstance(tree, str) else tree
        self.shape, self.dtype = shape, dtype
        self.layout = regular(len(shape or ())) if layout is None else settled(layout, shape)
        self.operands: tuple[Formula, ...] = ()
        """What an elementwise function, such as a quotient, was written of."""
        self.reshaped_from: Formula | None = None
        """What is given another shape, until that is known."""

    @cached_property
    def text(self) -> str:
        """The line of text."""
        return TEXT.write(self.tree)

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        if self.shape is None:
            raise Unreadable
        return len(self.shape)

    @staticmethod
    def of(value: Any) -> "Formula":
        """Any argument as a formula."""
        if isinstance(value, Formula):
            return value
        if isinstance(value, tuple | list):
            items = tuple(Formula.of(item).tree for item in value)
            return Formula(Expression("sequence", items, function=_sequence))
        if isinstance(value, np.ndarray) and value.size != 1:
            if value.size > FEW:
                raise Unreadable
            return Formula(Expression("literal", word=format_array(value), meaning=value), value.shape, value.dtype)
        if isinstance(value, int | float | np.number | np.ndarray) and not isinstance(value, bool):
            shape = np.shape(value)
            return Formula(Expression("number", word=exact_number(value), meaning=value), shape, None, (None,) * len(shape))
        return Formula(Expression("literal", word=str(value), meaning=value))

    def __getitem__(self, index: Any) -> Any:
        """A part of the value, as a slice gives it."""
        parts = index if isinstance(index, tuple) else (index,)
        if not all(part is None or isinstance(part, int | slice) for part in parts):
            raise Unreadable
        bounds = [bound for part in parts if isinstance(part, slice) for bound in (part.start, part.stop)]
        named = tuple(bound for bound in bounds if isinstance(bound, SymbolicSize))
        sizes = [Expression("literal", meaning=Sizes(named))] if named else []  # which the index shows
        tree = Expression("slice", (self.exact().tree, *sizes), index_text(index, str), _part, {"index": index})
        return Formula(tree, None)

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Formula":
        """The formula for a call of one of NumPy's functions."""
        return WRITERS[function if function in WRITERS else None](function, operands, options)

    def astype(self, dtype: Any) -> "Formula":
        """Another type that holds the same numbers is the same mathematics; what cuts numbers off is written by its name."""
        cuts = self.dtype is not None and not np.can_cast(self.dtype, dtype, "same_kind")
        tree = Expression("call" if cuts else "same", (self.tree,), np.dtype(dtype).name * cuts, _converted, {"dtype": dtype})
        return Formula(tree, self.shape, dtype, self.layout)

    def settle(self, shape: Shape, dtype: Any) -> "Formula":
        """The same, of the shape and type that an operation's node says."""
        if self.reshaped_from is not None:
            self._reshape(self.reshaped_from, shape)
        elif self.shape is None:
            self.layout = regular(len(shape))
        elif len(self.shape) != len(shape):
            raise Unreadable
        self.shape, self.dtype = shape, dtype
        self.layout = settled(self.layout, shape)
        return self

    def _reshape(self, before: "Formula", shape: Shape) -> None:
        """Take over the layout of what is given another shape; where axes are joined or split, that is written."""
        if self.tree.function is np.broadcast_to:
            new = len(shape) - before.ndim
            axes: Any = [i + new if size != 1 or shape[i + new] == 1 else None for i, size in enumerate(before.shape)]
        else:
            axes = reshaped(before.shape, shape)
        if (
            axes is None
            and before.layout == regular(before.ndim)
            and (joined := side_by_side(before.tree, before.shape, shape))
        ):
            self.tree, self.layout = joined, regular(len(shape))
        elif axes is None and any(axis is not None for axis in before.layout):
            parts = ((before if before._complete else before.exact()).tree, *self.tree.parts[1:])
            self.tree = Expression("reshape", parts, ", ".join(map(str, shape)), np.reshape, meaning=shape)
            self.layout = regular(len(shape))
        else:
            self.layout = moved(before.layout, axes or ())

    def exact(self) -> "Formula":
        """Written with the axes that the value has, which a function that is not elementwise needs."""
        if self.layout == regular(self.ndim):
            return self
        if number_of(self.tree) is not None or any(
            size != 1 and axis not in self.layout for axis, size in enumerate(self.shape)
        ):
            return self._repeated()
        return self._arranged(arranging(self.layout, self.ndim))

    def aligned(self) -> "Formula":
        """Written so that broadcasting takes each axis for the one that it is."""
        if aligned(self.layout, self.ndim):
            return self
        index = arranging(self.layout, self.ndim)
        first = next(i for i, part in enumerate(index) if part is not None)
        return self._arranged(index[first:] if any(isinstance(part, slice) for part in index) else (0,) * len(self.layout))

    def up_to_shape(self) -> "Formula":
        """Written so that it gives the value once it is repeated to its shape, or its elements are given that shape."""
        return self if self._complete else self.aligned()

    @property
    def _complete(self) -> bool:
        """Whether each element is written once, in the order that they have."""
        written = [axis for axis in self.layout if axis is not None]
        return written == sorted(written) and all(size == 1 or axis in written for axis, size in enumerate(self.shape))

    def _arranged(self, index: tuple[Any, ...]) -> "Formula":
        """The same with its axes where they belong, as an index says."""
        tree = Expression("item", (self.tree,), index_text(index), itself, reading=partial(_part, index=index))
        last = [axis for part, axis in zip(reversed([i for i in index if i != 0]), reversed(regular(self.ndim)), strict=False)]
        layout = tuple(axis if axis in self.layout else None for axis in reversed(last))
        return Formula(tree, self.shape, self.dtype, layout)

    def _repeated(self) -> "Formula":
        """A value that is written once and stands for many: a matrix of ones, or the value times one."""
        word = ", ".join(map(str, self.shape))
        if number_of(self.tree) == 1:
            return Formula(Expression("ones", (self.tree,), word, itself, meaning=self.shape), self.shape, self.dtype)
        parts = (Expression("ones", word=word, meaning=self.shape), self.aligned().tree)
        form, word = ("zeros", word) if number_of(self.tree) == 0 else ("product", "")
        return Formula(Expression(form, parts, word, _second, reading=np.multiply), self.shape, self.dtype)


WRITERS: dict[Any, Callable[[Any, Any, Any], Formula]] = {}
"""What writes a call of each of NumPy's functions, given the function, its operands and its options; under None, of any other.

`calls.py` fills it.
"""


def tree_of(form: str, function: Any, operands: Sequence[Formula], options: Any = None, word: str = "") -> Expression:
    return Expression(form, tuple(operand.tree for operand in operands), word, function, options or {})


def _sequence(*parts: Any) -> Any:
    return parts


def itself(value: Any, *_: Any) -> Any:
    return value


def _second(_: Any, value: Any) -> Any:
    return value


def _part(value: Any, sizes: Any = (), *, index: Any) -> Any:
    if isinstance(sizes, np.ndarray):  # the numbers of the sizes in the index, in order
        numbers = iter(sizes.tolist())
        index = renamed(index, lambda size: next(numbers))
    several = isinstance(value, tuple) and not isinstance(index, int | slice)  # a shape is a tuple, and so are factors
    return np.asarray(value)[index] if several else value[index]


def renamed(index: Any, other: Callable[[Any], Any]) -> Any:
    """The index with other sizes for those that it is in."""

    def each(part: Any) -> Any:
        if isinstance(part, slice):
            return slice(each(part.start), each(part.stop), part.step)
        return other(part) if isinstance(part, SymbolicSize) else part

    return tuple(map(each, index)) if isinstance(index, tuple) else each(index)


def _converted(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


def broadcast_shape(written: Sequence[Formula]) -> Shape:
    """The shape of what broadcasting makes of some values."""
    shape: Shape | None = ()
    for each in written:
        shape = None if shape is None or each.shape is None else broadcast(shape, each.shape)
    if shape is None:
        raise Unreadable
    return shape


def layout_of(written: Sequence[Formula], shape: Shape) -> Layout | None:
    """The layout of an elementwise operation's value of that shape, or None where axes meet that do not belong together.

    A number is written without the axes of one element that it may have.
    """
    written = [each for each in written if number_of(each.tree) is None] or written
    long = [tuple(axis if axis is None or each.shape[axis] != 1 else None for axis in each.layout) for each in written]
    return joined([(layout, each.ndim) for layout, each in zip(long, written, strict=True)], len(shape))


def elementwise(write: Callable[..., Expression], written: Sequence[Formula]) -> Formula:
    """What is written of operands that meet element by element, each arranged where they otherwise would not."""
    shape = broadcast_shape(written)
    layout = layout_of(written, shape)
    if layout is None:
        written = [each.aligned() for each in written]
        layout = layout_of(written, shape)
    tree = write(*written)
    for each in written:
        if each.tree is tree:  # of a factor of 1 nothing is written, nor are its axes
            layout = layout_of([each], shape)
    found = Formula(tree, shape, None, layout)
    found.operands = tuple(written)
    return found
