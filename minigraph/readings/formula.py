"""A rule read as mathematics. How NumPy's functions are written is said here, once each, for all operations."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from minigraph.node import Constant
from minigraph.readings.expression import Expression, evaluate
from minigraph.readings.text import Text
from minigraph.readings.written import Written, part_of

__all__ = ["Formula", "axes_said"]

TEXT = Text()


class Formula(Written):
    """Mathematics: an expression, and its one line of text.

    >>> a1 = Formula("a1")
    >>> (Formula("□") * (1 - a1 * a1)).text
    '□ ⊙ (1 − a1²)'

    A factor of 1 is not written.

    >>> (1 * a1).text
    'a1'
    """

    forms: ClassVar = {
        np.add: "plus",
        np.subtract: "minus",
        np.matmul: "matmul",
        np.absolute: "absolute",
        np.sqrt: "root",
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
    unseen: ClassVar = (np.expand_dims, np.squeeze, np.reshape, np.broadcast_to, np.copy, np.positive)
    """What arranges elements without changing them is not written."""

    def __init__(self, said: str | Expression, shape: Any = (), dtype: Any = None) -> None:
        self.tree = said if isinstance(said, Expression) else Expression("name", word=said, meaning=said)
        self.shape, self.dtype = shape, dtype

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        """The line of text."""
        return TEXT.write(self.tree)

    def of(self, value: Any) -> "Formula":
        """Any argument as an expression."""
        if isinstance(value, Formula):
            return value
        if isinstance(value, tuple | list):
            items = tuple(self.of(item).tree for item in value)
            return Formula(Expression("sequence", items, function=lambda *parts: parts))
        if isinstance(value, int | float):
            return Formula(Expression("number", word=f"{value:g}", meaning=value))
        return Formula(Expression("literal", word=str(value), meaning=value))

    def __getitem__(self, index: Any) -> Any:
        """A part of the value, as a slice gives it."""
        return Formula(Expression("item", (self.tree,), _index_text(index), lambda x: x[index]))

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        """The expression for a call of a NumPy function."""
        written = [self.of(operand) for operand in operands]
        if function in self.unseen or (function is np.sum and options.get("axis") == ()):
            return Formula(_tree("same", function, written, options), written[0].shape)
        if function is np.multiply:
            return _product(*written)
        if function is np.divide:
            return _quotient(*written)
        if function is np.add and written[0].text == written[1].text:
            return Formula(_tree("scaled", _doubled, [self.of(2), written[0]]), written[0].shape)
        if function is np.negative:
            return Formula(_tree("negative", function, written), written[0].shape)
        if function is np.transpose:
            return _transpose(written, options)
        if function is np.power:
            base, exponent = written
            return base if exponent.text == "1" else Formula(_tree("power", function, written), base.shape)
        if function is np.sum:
            word = axes_said(written[0].ndim, options.get("axis"))
            return Formula(_tree("total", function, written, options, word), written[0].shape if word else ())
        if function is np.reciprocal:
            return _quotient(self.of(1), written[0])
        if function is np.take:
            return Formula(_tree("item", function, written, options))
        shape = max((operand.shape for operand in written), key=len, default=())
        if function in self.relations:
            return Formula(_tree("relation", function, written, word=self.relations[function]), shape)
        if function in self.forms:
            return Formula(_tree(self.forms[function], function, written, options), shape)
        word = self.names.get(function, function.__name__)
        over = axes_said(written[0].ndim, options["axis"]) if "axis" in options else ""
        return Formula(_tree("call", function, written, options, word, over), shape if isinstance(function, np.ufunc) else ())

    def astype(self, dtype: Any) -> Written:
        """Another element type is the same mathematics."""
        return Formula(Expression("same", (self.tree,), function=_converted, options={"dtype": dtype}), self.shape, dtype)


def _tree(form: str, function: Any, operands: list[Formula], options: Any = None, word: str = "", over: str = "") -> Expression:
    return Expression(form, tuple(operand.tree for operand in operands), word, function, options or {}, over=over)


def _product(a: Formula, b: Formula) -> Formula:
    if a.tree.form == "quotient":  # what multiplies a quotient goes above the line
        above, below = (Formula(part, a.shape) for part in a.tree.parts)
        return _quotient(_product(above, b), below)
    for one, other in ((a, b), (b, a)):
        if one.text in ("1", "−1") and (len(other.shape) >= len(one.shape) or _is_number(other.tree)):
            return other if one.text == "1" else Formula(_tree("negative", np.negative, [other]), other.shape)
    if a.text == b.text:
        return Formula(_tree("power", _squared, [a, a.of(2)]), a.shape)
    scalar = ({a.shape, b.shape} & {()} and a.text != "□") or _is_number(a.tree)
    shape = a.shape if len(a.shape) >= len(b.shape) else b.shape
    return Formula(_tree("scaled" if scalar else "product", np.multiply, [a, b]), shape)


def _is_number(tree: Expression) -> bool:
    """Whether it is one number, whatever shape that was repeated to."""
    while tree.form == "same":
        tree = tree.parts[0]
    return tree.form == "number" or (isinstance(tree.meaning, Constant) and tree.meaning.value.size == 1)


def _doubled(two: Any, a: Any) -> Any:
    return a + a


def _squared(a: Any, two: Any) -> Any:
    return a * a


def _converted(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


def _transpose(written: list[Formula], options: dict[str, Any]) -> Formula:
    a = written[0]
    axes = written[1].tree if len(written) > 1 else None
    order = options.get("axes") if axes is None else evaluate(axes, lambda node: node)
    before = a.tree.options.get("axes") if a.tree.form == "transpose" else ...
    if before is not ... and _undone(before, order):
        return Formula(a.tree.parts[0], a.shape[::-1], a.dtype)
    return Formula(Expression("transpose", (a.tree,), "", np.transpose, {"axes": order}), a.shape[::-1])


def _undone(before: Any, order: Any) -> bool:
    """Whether two transpositions, one after the other, leave everything in its place."""
    if before is None or order is None:
        return before is order
    return [before[axis] for axis in order] == list(range(len(order)))


def _quotient(a: Formula, b: Formula) -> Formula:
    if b.text == "1" and len(a.shape) >= len(b.shape):
        return a
    if a.tree.form == "negative":
        inner = _quotient(Formula(a.tree.parts[0], a.shape), b)
        return Formula(_tree("negative", np.negative, [inner]), inner.shape)
    return Formula(_tree("quotient", np.divide, [a, b]), a.shape if len(a.shape) >= len(b.shape) else b.shape)


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
