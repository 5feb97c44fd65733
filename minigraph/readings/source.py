"""A rule read as a line of NumPy. How NumPy's functions are written is said here, once each, for all operations."""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import numpy_name
from minigraph.readings.written import ATOM, PRODUCT, SIGN, SUM, Written

__all__ = ["Source", "array_text", "line_of", "literal", "type_name"]


class Source(Written):
    """A line of NumPy.

    >>> from minigraph.ops import OPERATIONS
    >>> OPERATIONS["Tanh"].apply(Source("z1")).text
    'np.tanh(z1)'
    >>> np.tanh(Source("z1"), out=Source("a1")).text
    'np.tanh(z1, out=a1)'
    """

    infix: ClassVar = {
        np.add: ("+", SUM),
        np.subtract: ("-", SUM),
        np.multiply: ("*", PRODUCT),
        np.divide: ("/", PRODUCT),
        np.matmul: ("@", PRODUCT),
    }
    spelled: ClassVar = {np.sum: "np.add.reduce", np.max: "np.maximum.reduce", np.min: "np.minimum.reduce"}
    """The functions that have a shorter way in, and another default axis: np.sum is np.add.reduce behind some Python."""

    function: Any = None
    """The NumPy function whose call this is."""

    takes_out = False
    """Whether the call writes its result into an array that it is given."""
    nested = False
    """Whether its first operand is a call in turn, so that it shows nothing of what the rule was given."""

    def __init__(self, text: str, binds: int = ATOM, dtype: Any = None) -> None:
        self.text, self.binds = text, binds  # and no shape: a rule that asks for one in Python is not read as text
        if dtype is not None:
            self.dtype = dtype

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        said = {key: value for key, value in options.items() if key == "axis" or (value is not None and value is not False)}
        written = super().write(function, operands, said)
        written.function, written.takes_out = function, "out" in said
        written.nested = getattr(operands[0], "function", None) is not None if operands else False
        return written

    def literal(self, value: Any) -> str:
        return literal(value)

    def __getitem__(self, index: Any) -> Any:
        """A part of the value, as a slice gives it."""
        written = super().__getitem__(index)
        written.function, written.nested = operator.getitem, self.function is not None
        return written

    def call(self, function: Any, operands: list[Written], options: dict[str, Any]) -> Written:
        if function is np.negative and not options:
            return Source(f"-{operands[0].within(SIGN)}", SIGN)
        if function is np.transpose and not options and all(operand.text == "None" for operand in operands[1:]):
            return Source(f"{operands[0].within(ATOM)}.T")
        if not _is_numpy(function):
            raise TypeError(f"{numpy_name(function)} is no function of NumPy's.")
        given = [operand.text for operand in operands]
        out = options.get("out")
        options = {**options, "out": out[0]} if isinstance(out, tuple) else options
        if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
            options = {**options, "axis": options["axis"][0]}
        named = [f"{key}={self.of(value).text}" for key, value in options.items()]
        name = self.spelled.get(function) or numpy_name(function)
        return Source(f"{name}({', '.join(given + named)})")

    def astype(self, dtype: Any) -> Any:
        """The value with elements of another type."""
        written = Source(f"np.asarray({self.text}, {type_name(dtype)})")
        written.function = np.astype
        return written

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.write(np.transpose, (self,), {})


def line_of(node: Node, operands: Sequence[Source], **out: Source | None) -> Source | None:
    """The line of NumPy that a node's `forward` writes on operands so written, or None for a rule that text cannot be put into.

    Programs and derivations write their lines by it. With `out` the line writes into an array.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> line_of(mg.Tanh(x), [Source("a + b")]).text, line_of(x * x, [Source("a"), Source("b")], out=Source("t")).text
    ('np.tanh(a + b)', 'np.multiply(a, b, out=t)')
    """
    try:
        written = node.forward(*operands, **out)
    except Exception:  # whatever a rule cannot do with text, it is then called as it is
        return None
    return written if isinstance(written, Source) else None


def literal(value: Any) -> str:
    """A value as Python writes it for NumPy.

    >>> literal(np.float32(0.1)), literal((1, np.inf)), literal(np.dtype(bool))
    ('0.1', '(1, np.inf)', 'np.bool_')
    """
    if isinstance(value, Source):
        return value.text
    if isinstance(value, tuple | list):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, np.dtype):
        return type_name(value)
    if isinstance(value, np.ndarray):
        return array_text(value)
    text = str(value) if isinstance(value, np.generic) else repr(value)
    return _named(text) if isinstance(value, float | np.floating) else text


def array_text(array: np.ndarray[Any, Any]) -> str:
    """An array written out; one without elements by its shape, which a list of its elements would lose.

    >>> array_text(np.zeros((2, 1), np.float32)), array_text(np.zeros((0, 3)))
    ('np.array([[0.0], [0.0]], np.float32)', 'np.empty((0, 3), np.float64)')
    """
    if not array.size:
        return f"np.empty({array.shape}, {type_name(array.dtype)})"
    return f"np.array({_named(str(array.tolist()))}, {type_name(array.dtype)})"


def _named(text: str) -> str:
    """The text with np.inf and np.nan where Python writes inf and nan, which it has no names for."""
    return re.sub(r"inf|nan", r"np.\g<0>", text)


def type_name(dtype: Any) -> str:
    """An element type as NumPy's code names it: np.float32, np.bool_."""
    name = np.dtype(dtype).name
    return f"np.{name}{'_' * (name == 'bool')}"


def _is_numpy(function: Callable[..., Any]) -> bool:
    """Whether a function is the one that NumPy has under its name: SciPy's `erf` is a ufunc and yet no `np.erf`."""
    found: Any = np
    for part in numpy_name(function).split(".")[1:]:
        found = getattr(found, part, None)
    return found is function
