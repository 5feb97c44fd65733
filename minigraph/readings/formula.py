"""A rule read as mathematics. How NumPy's functions are written is said here, once each, for all operations."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial, reduce
from typing import Any, ClassVar

import numpy as np

from minigraph.axes import Shape, broadcast
from minigraph.node import Constant, Node
from minigraph.readings.expression import Expression, same
from minigraph.readings.layout import Layout, aligned, arranging, joined, moved, regular, reshaped, settled
from minigraph.readings.letters import array_said, number_said
from minigraph.readings.text import Text
from minigraph.readings.written import Written, part_of

__all__ = ["FEW", "Formula", "Unreadable", "axes_said", "transposed"]

TEXT = Text()

FEW = 16
"""Up to how many elements an array that a rule holds is written out."""


class Unreadable(Exception):
    """What no formula says truly; an operation whose rule does it is told by its name."""


class Formula(Written):
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

    forms: ClassVar = {
        np.add: "plus",
        np.subtract: "minus",
        np.absolute: "absolute",
        np.sqrt: "root",
        np.power: "power",
        np.negative: "negative",
        np.where: "choice",
    }
    relations: ClassVar = {
        np.equal: "=",
        np.not_equal: "≠",
        np.greater: ">",
        np.greater_equal: "≥",
        np.less: "<",
        np.less_equal: "≤",
    }
    names: ClassVar = {np.log: "ln", np.maximum: "max", np.minimum: "min"}

    def __init__(self, said: str | Expression, shape: Any = (), dtype: Any = None, layout: Layout | None = None) -> None:
        self.tree = said if isinstance(said, Expression) else Expression("name", word=said, meaning=said)
        self.shape, self.dtype = shape, dtype
        self.layout = regular(len(shape or ())) if layout is None else settled(layout, shape)
        self.of_those: tuple[Formula, ...] = ()
        """What a quotient is of, or a negative."""
        self.rearranges: Formula | None = None
        """What is given another shape, until that is known."""

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        """The line of text."""
        return TEXT.write(self.tree)

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        if self.shape is None:
            raise Unreadable
        return len(self.shape)

    def of(self, value: Any) -> "Formula":
        """Any argument as an expression."""
        if isinstance(value, Formula):
            return value
        if isinstance(value, tuple | list):
            items = tuple(self.of(item).tree for item in value)
            return Formula(Expression("sequence", items, function=_sequence))
        if isinstance(value, np.ndarray) and value.size != 1:
            if value.size > FEW:
                raise Unreadable
            return Formula(Expression("literal", word=array_said(value), meaning=value), value.shape, value.dtype)
        if isinstance(value, int | float | np.number | np.ndarray) and not isinstance(value, bool):
            shape = np.shape(value)
            return Formula(Expression("number", word=number_said(value), meaning=value), shape, None, (None,) * len(shape))
        return Formula(Expression("literal", word=str(value), meaning=value))

    def __getitem__(self, index: Any) -> Any:
        """A part of the value, as a slice gives it."""
        return Formula(Expression("item", (self.exact().tree,), _index_text(index), _part, {"index": index}), None)

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        """The expression for a call of a NumPy function."""
        if function in WRITERS:
            return WRITERS[function](self, operands, options)
        if function is not np.where and (not isinstance(function, np.ufunc) or function.signature is not None):
            return self._call(function, operands, options)
        if options:
            raise Unreadable
        return _elementwise(partial(self._pointwise, function), [self.of(operand) for operand in operands])

    def _pointwise(self, function: Any, *written: "Formula") -> Expression:
        """The expression for a function of elements that meet as they are written."""
        if function is np.add and same(written[0].tree, written[1].tree):
            return _tree("scaled", _doubled, [self.of(2), written[0]])
        if function is np.power and _number_of(written[1].tree) == 1:
            return written[0].tree
        if function is np.divide or function is np.reciprocal:
            return _tree("quotient", function if len(written) > 1 else _reciprocal, [self.of(1), *written][-2:])
        if function in self.relations:
            return _tree("relation", function, written, word=self.relations[function])
        if function in self.forms:
            return _tree(self.forms[function], function, written)
        return _tree("call", function, written, word=self.names.get(function, function.__name__))

    def _call(self, function: Any, operands: Any, options: dict[str, Any]) -> "Formula":
        """A call of a function by its name, whose operands have the axes that their values have."""
        operands = [_exact(operand) for operand in operands]
        along = "axis" in options and isinstance(operands[0], Formula)
        over = axes_said(operands[0].ndim, options["axis"]) if along else ""
        untold = (*OF_NO_EFFECT, "axis") if along else OF_NO_EFFECT
        settings = tuple(f"{key}={value}" for key, value in options.items() if key not in untold)
        parts = tuple(self.of(operand).tree for operand in operands)
        return Formula(Expression("call", parts, function.__name__, function, options, over=over, settings=settings), None)

    def astype(self, dtype: Any) -> "Formula":
        """Another type that holds the same numbers is the same mathematics; what cuts numbers off is told by its name."""
        cuts = self.dtype is not None and not np.can_cast(self.dtype, dtype, "same_kind")
        tree = Expression("call" if cuts else "same", (self.tree,), np.dtype(dtype).name * cuts, _converted, {"dtype": dtype})
        return Formula(tree, self.shape, dtype, self.layout)

    def settle(self, shape: Shape, dtype: Any) -> "Formula":
        """The same, of the shape and type that an operation's node says."""
        if self.rearranges is not None:
            self._lay_out(self.rearranges, shape)
        elif self.shape is None:
            self.layout = regular(len(shape))
        elif len(self.shape) != len(shape):
            raise Unreadable
        self.shape, self.dtype = shape, dtype
        self.layout = settled(self.layout, shape)
        return self

    def _lay_out(self, before: "Formula", shape: Shape) -> None:
        """Take over the layout of what is given another shape; where axes are joined or split, that is written."""
        if self.tree.function is np.broadcast_to:
            new = len(shape) - before.ndim
            axes: Any = [i + new if size != 1 or shape[i + new] == 1 else None for i, size in enumerate(before.shape)]
        else:
            axes = reshaped(before.shape, shape)
        if axes is None and any(axis is not None for axis in before.layout):
            parts = ((before if before._whole else before.exact()).tree, *self.tree.parts[1:])
            self.tree = Expression("reshape", parts, ", ".join(map(str, shape)), np.reshape, meaning=shape)
            self.layout = regular(len(shape))
        else:
            self.layout = moved(before.layout, axes or ())

    def exact(self) -> "Formula":
        """Written with the axes that the value has, which a function that is not elementwise needs."""
        if self.layout == regular(self.ndim):
            return self
        if _number_of(self.tree) == 1 or any(size != 1 and axis not in self.layout for axis, size in enumerate(self.shape)):
            return self._repeated()
        return self._arranged(arranging(self.layout, self.ndim))

    def aligned(self) -> "Formula":
        """Written so that broadcasting takes each axis for the one that it is."""
        if aligned(self.layout, self.ndim):
            return self
        index = arranging(self.layout, self.ndim)
        first = next(i for i, part in enumerate(index) if part is not None)
        return self._arranged(index[first:] if any(isinstance(part, slice) for part in index) else (0,) * len(self.layout))

    def laid_out(self) -> "Formula":
        """Written so that it gives the value once it is repeated to its shape, or its elements are given that shape."""
        return self if self._whole else self.aligned()

    @property
    def _whole(self) -> bool:
        """Whether each element is written once, in the order that they have."""
        written = [axis for axis in self.layout if axis is not None]
        return written == sorted(written) and all(size == 1 or axis in written for axis, size in enumerate(self.shape))

    def _arranged(self, index: tuple[Any, ...]) -> "Formula":
        """The same with its axes where they belong, as an index says."""
        tree = Expression("item", (self.tree,), _index_text(index), _itself, reading=partial(_part, index=index))
        last = [axis for part, axis in zip(reversed([i for i in index if i != 0]), reversed(regular(self.ndim)), strict=False)]
        layout = tuple(axis if axis in self.layout else None for axis in reversed(last))
        return Formula(tree, self.shape, self.dtype, layout)

    def _repeated(self) -> "Formula":
        """A value that is written once and stands for many: a matrix of ones, or the value times one."""
        said = ", ".join(map(str, self.shape))
        if _number_of(self.tree) == 1:
            return Formula(Expression("ones", (self.tree,), said, _itself, meaning=self.shape), self.shape, self.dtype)
        parts = (Expression("ones", word=said, meaning=self.shape), self.aligned().tree)
        return Formula(Expression("product", parts, "", _second, reading=np.multiply), self.shape, self.dtype)


OF_NO_EFFECT = ("dtype", "keepdims", "stable", "optimize", "out")
"""The options of NumPy's functions that are not written: on numbers as such they have no effect, or the axes show it."""


def _exact(value: Any) -> Any:
    """An operand, or a sequence of some, with the axes that their values have."""
    if isinstance(value, tuple | list):
        return tuple(map(_exact, value))
    return value.exact() if isinstance(value, Formula) else value


def _tree(form: str, function: Any, operands: Sequence[Formula], options: Any = None, word: str = "") -> Expression:
    return Expression(form, tuple(operand.tree for operand in operands), word, function, options or {})


def _number_of(tree: Expression) -> Any:
    """The one number that an expression is, whatever shape that was repeated to, or None."""
    while tree.form == "same":
        tree = tree.parts[0]
    if tree.form == "negative":
        number = _number_of(tree.parts[0])
        return None if number is None else -number
    value = tree.meaning if tree.form == "number" else None
    if isinstance(value, Node):
        value = value.value if isinstance(value, Constant) else value.known
    return None if value is None or np.size(value) != 1 else np.asarray(value).item()


def _sequence(*parts: Any) -> Any:
    return parts


def _itself(value: Any, *_: Any) -> Any:
    return value


def _second(_: Any, value: Any) -> Any:
    return value


def _part(value: Any, index: Any) -> Any:
    return value[index]


def _doubled(two: Any, a: Any) -> Any:
    return a + a


def _times_magnitude(a: Any, b: Any) -> Any:
    return a * np.absolute(b)


def _squared(a: Any, two: Any) -> Any:
    return a * a


def _reciprocal(one: Any, a: Any) -> Any:
    return np.reciprocal(a)


def _converted(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


def _together(written: Sequence[Formula]) -> Shape:
    """The shape of what broadcasting makes of some values."""
    shape: Shape | None = ()
    for each in written:
        shape = None if shape is None or each.shape is None else broadcast(shape, each.shape)
    if shape is None:
        raise Unreadable
    return shape


def _layout(written: Sequence[Formula], shape: Shape) -> Layout | None:
    """The layout of an elementwise operation's value of that shape, or None where axes meet that do not belong together."""
    long = [tuple(axis if axis is None or each.shape[axis] != 1 else None for axis in each.layout) for each in written]
    return joined([(layout, each.ndim) for layout, each in zip(long, written, strict=True)], len(shape))


def _elementwise(write: Callable[..., Expression], written: Sequence[Formula]) -> Formula:
    """What is written of operands that meet element by element, each arranged where they else would not."""
    shape = _together(written)
    layout = _layout(written, shape)
    if layout is None:
        written = [each.aligned() for each in written]
        layout = _layout(written, shape)
    found = Formula(write(*written), shape, None, layout)
    found.of_those = tuple(written)
    return found


def _of_those(a: Formula) -> tuple[Formula, ...]:
    """What a quotient or a negative is of, where that has its shape."""
    return a.of_those if a.of_those and _together(a.of_those) == a.shape else ()


def _times_one(one: Formula, other: Formula) -> Formula:
    """What has a factor, or a divisor, of 1 or −1: written without it; what is computed is repeated to the shape of both."""
    shape = _together((one, other))
    repeated = Expression("same", (other.tree, one.tree), "", np.multiply if _number_of(one.tree) == 1 else _times_magnitude)
    found = _elementwise(lambda _, each: each.tree if each.shape == shape else repeated, [one, other])
    found.of_those = other.of_those
    return found


def _multiply(self: Formula, operands: Any, options: Any) -> Formula:
    return _product(*map(self.of, operands))


def _product(a: Formula, b: Formula) -> Formula:
    if a.tree.form == "quotient" and _of_those(a):  # what multiplies a quotient goes above the line
        above, below = a.of_those
        return _quotient(_product(above, b), below)
    for one, other in ((a, b), (b, a)):
        if _number_of(one.tree) == 1:
            return _times_one(one, other)
        if _number_of(one.tree) == -1:
            return _elementwise(lambda each: _tree("negative", np.negative, [each]), [_times_one(one, other)])
    if same(a.tree, b.tree):
        return Formula(_tree("power", _squared, [a, a.of(2)]), a.shape, None, a.layout)
    shape = _together((a, b))
    if _layout((a, b), shape) is None:
        for column, row in ((a, b), (b, a)):
            if column.layout == (column.ndim - 2,) and row.layout == (row.ndim - 1,):
                return Formula(_outer(column, row), shape, None, (len(shape) - 2, len(shape) - 1))
    scalar = (() in (a.shape, b.shape) and not _is_hole(a.tree)) or _number_of(a.tree) is not None
    return _elementwise(lambda *each: _tree("scaled" if scalar else "product", np.multiply, each), [a, b])


def _is_hole(tree: Expression) -> bool:
    """Whether it is the gradient that arrives, which may be of any shape."""
    return tree.form == "name" and tree.word == "□"


def _outer(column: Formula, row: Formula) -> Expression:
    """The product of each element of one vector and each of another, as a matrix."""
    turned = Expression("transpose", (row.tree,), "", _itself, reading=_itself)
    return Expression("matmul", (column.tree, turned), "", np.multiply, reading=np.multiply.outer)


def _divide(self: Formula, operands: Any, options: Any) -> Formula:
    return _quotient(*map(self.of, operands))


def _quotient(a: Formula, b: Formula) -> Formula:
    if _number_of(b.tree) == 1:
        return _times_one(b, a)
    if a.tree.form == "negative" and _of_those(a):
        return _elementwise(partial(a._pointwise, np.negative), [_quotient(a.of_those[0], b)])
    return _elementwise(partial(a._pointwise, np.divide), [a, b])


def _axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """The axes that a function goes over, counted from the first."""
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int | np.integer) else axis
    return tuple(sorted(int(each) % ndim for each in axes)) if ndim else ()


def _reduce(function: Any, self: Formula, operands: Any, options: Any) -> Formula:
    """A sum, or another function that makes one element of many. What is written keeps the axes, as axes of one element."""
    x, axis = self.of(operands[0]), options.get("axis")
    if axis == ():
        return Formula(_tree("same", function, [x], options), x.shape, x.dtype, x.layout)
    axes, options = _axes(x.ndim, axis), {key: each for key, each in options.items() if each is not False}
    some = len(axes) < x.ndim
    if some or any(size != 1 and i not in x.layout for i, size in enumerate(x.shape)):
        x = x.exact()
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    layout: Layout = tuple(None if i in axes else i for i in range(x.ndim)) if some else ()
    if not options.get("keepdims"):
        shape, layout = tuple(x.shape[i] for i in kept), tuple(None if i is None else kept.index(i) for i in layout)
    over, form = axes_said(x.ndim, axis), "total" if function is np.sum else "call"
    word = over if function is np.sum else function.__name__
    reading = partial(function, axis=axes[0] if len(axes) == 1 else axes, keepdims=True) if some else function
    return Formula(Expression(form, (x.tree,), word, function, options, over=over, reading=reading), shape, None, layout)


def _matmul(self: Formula, operands: Any, options: Any) -> Formula:
    """A product of matrices. A row before a matrix, or a column behind one, may be written as a vector."""
    a, b = map(self.of, operands)
    row = a.ndim == 2 and a.layout == (1,) and a.shape[0] == 1
    column = b.ndim == 2 and b.layout == (0,) and b.shape[1] == 1
    a, b = a if row else a.exact(), b if column else b.exact()
    stack = broadcast(a.shape[:-2], b.shape[:-2])
    if stack is None:
        raise Unreadable
    shape = stack + a.shape[-2:][:-1] + b.shape[-2:][1:]
    unwritten = {len(shape) - 1} if column else set()
    if row:
        unwritten.add(len(shape) - min(b.ndim, 2))
    layout = tuple(axis for axis in range(len(shape)) if axis not in unwritten)
    return Formula(_tree("matmul", np.matmul, [a, b]), shape, None, layout)


def _transpose(self: Formula, operands: Any, options: Any) -> Formula:
    a = self.of(operands[0])
    if a.ndim < 2 or (_number_of(a.tree) is not None and all(size == 1 for size in a.shape)):
        return Formula(_tree("same", np.transpose, [a]), a.shape, a.dtype, a.layout)
    a = a.exact()
    order = operands[1] if len(operands) > 1 else options.get("axes")
    order = _in_order(a.ndim, order)
    shape = tuple(a.shape[axis] for axis in order)
    if a.tree.function is transposed and [a.tree.options["axes"][axis] for axis in order] == list(range(a.ndim)):
        return Formula(a.tree.parts[0], shape, a.dtype)  # it was transposed before, the other way round
    matrices = order == (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2)
    form, settings = ("transpose", ()) if matrices else ("call", (f"({', '.join(map(str, order))})",))
    tree = Expression(form, (a.tree,), "transpose", transposed, {"axes": order}, settings=settings)
    return Formula(tree, shape, a.dtype)


def transposed(x: Any, axes: tuple[int, ...]) -> Any:
    """The axes in that order, as NumPy is asked for it most shortly."""
    return np.transpose(x) if axes == tuple(reversed(range(len(axes)))) else np.transpose(x, axes)


def _in_order(ndim: int, order: Any) -> tuple[int, ...]:
    return tuple(reversed(range(ndim))) if order is None else tuple(int(axis) % ndim for axis in order)


def _rearrange(function: Any, self: Formula, operands: Any, options: Any) -> Formula:
    """Another shape, which the operation's node says where it does not follow."""
    written = [self.of(operand) for operand in operands]
    found = Formula(_tree("same", function, written, options), None)
    found.rearranges = written[0]
    if function is np.expand_dims and isinstance(operands[1], int):
        shape = list(written[0].shape)
        shape.insert(operands[1] % (len(shape) + 1), 1)
        found.settle(tuple(shape), written[0].dtype)
    return found


def _positive(self: Formula, operands: Any, options: Any) -> Formula:
    x = self.of(operands[0])
    return Formula(_tree("same", np.positive, [x]), x.shape, x.dtype, x.layout)


def _take(self: Formula, operands: Any, options: Any) -> Formula:
    """Elements by their places along an axis, as an index: x[:, places]."""
    if not isinstance(options.get("axis"), int) or options.keys() != {"axis"}:
        return self._call(np.take, operands, options)
    x, places = (self.of(operand).exact() for operand in operands)
    over = ":, " * (options["axis"] % x.ndim)
    return Formula(Expression("item", (x.tree, places.tree), "", np.take, options, over=over), None)


WRITERS: dict[Any, Callable[[Formula, Any, Any], Formula]] = {
    np.multiply: _multiply,
    np.divide: _divide,
    np.matmul: _matmul,
    np.transpose: _transpose,
    np.take: _take,
    np.positive: _positive,
    **{each: partial(_rearrange, each) for each in (np.expand_dims, np.squeeze, np.reshape, np.broadcast_to)},
    **{each: partial(_reduce, each) for each in (np.sum, np.max, np.min, np.prod, np.mean, np.argmax, np.argmin)},
}
"""What writes a call of each function that is not written as most are."""


def _index_text(index: Any) -> str:
    return ", ".join(map(part_of, index if isinstance(index, tuple) else (index,))) or "()"


def axes_said(ndim: int, axis: int | tuple[int, ...] | None) -> str:
    """How a sum or a function says over which axes it goes: all of them need no word, those of a matrix have names.

    >>> axes_said(2, 0), axes_said(2, -1), axes_said(3, (0, 1)), axes_said(2, None)
    ('rows', 'columns', 'axes 0, 1', '')
    """
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    over = sorted({int(i) % ndim for i in axes}) if ndim else []
    if len(over) == ndim:
        return ""
    if ndim == 2:
        return "rows" if over == [0] else "columns"
    return f"{'axis' if len(over) == 1 else 'axes'} {', '.join(map(str, over))}"
