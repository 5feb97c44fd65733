"""A rule read as a line of NumPy. How NumPy's functions are written stands here, once each, for all operations."""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.sizes import SymbolicSize
from minigraph.readings.operand import Operand
from minigraph.readings.precedence import ATOM, PRODUCT, SIGN, SUM

__all__ = ["Source", "array_text", "index_text", "line_of", "literal", "size_text", "type_name"]

INFIX = {
    np.add: ("+", SUM),
    np.subtract: ("-", SUM),
    np.multiply: ("*", PRODUCT),
    np.divide: ("/", PRODUCT),
    np.matmul: ("@", PRODUCT),
}
SHORTER: dict[Any, str] = {np.sum: "np.add.reduce", np.max: "np.maximum.reduce", np.min: "np.minimum.reduce"}
"""The functions that have a shorter way in, and another default axis: np.sum is np.add.reduce behind some Python."""


class Source(Operand):
    """A line of NumPy.

    >>> from minigraph.ops import OPERATIONS
    >>> OPERATIONS["Tanh"].apply(Source("z1")).text
    'np.tanh(z1)'
    >>> np.tanh(Source("z1"), out=Source("a1")).text
    'np.tanh(z1, out=a1)'
    """

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

    def within(self, binds: int) -> str:
        """The text, in parentheses where it binds less tightly than `binds`."""
        return self.text if self.binds >= binds else f"({self.text})"

    def __getitem__(self, index: Any) -> "Source":
        """A part of the value, as a slice gives it."""
        written = Source(f"{self.within(ATOM)}[{index_text(index)}]")
        written.function, written.nested = operator.getitem, self.function is not None
        return written

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Source":
        """The line of NumPy for a call of one of its functions."""
        unsaid = {key for key, value in options.items() if value is None or (key == "keepdims" and value is False)} - {"axis"}
        given = {key: value for key, value in options.items() if key not in unsaid}
        written = _call(function, [each if isinstance(each, Source) else Source(literal(each)) for each in operands], given)
        written.function, written.takes_out = function, "out" in given
        written.nested = getattr(operands[0], "function", None) is not None if operands else False
        return written

    def astype(self, dtype: Any) -> Any:
        """The value with elements of another type."""
        written = Source(f"np.asarray({self.text}, {type_name(dtype)})")
        written.function = np.astype
        return written

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.read(np.transpose, (self,), {})


def _call(function: Any, operands: list[Source], options: dict[str, Any]) -> Source:
    """A call of a function of NumPy's, or the sign that Python has for it."""
    if not options and function in INFIX:
        sign, binds = INFIX[function]
        return Source(f"{operands[0].within(binds)} {sign} {operands[1].within(binds + 1)}", binds)
    if not options and function is np.negative:
        return Source(f"-{operands[0].within(SIGN)}", SIGN)
    if not options and function is np.transpose and all(operand.text == "None" for operand in operands[1:]):
        return Source(f"{operands[0].within(ATOM)}.T")
    if not _is_numpy(function):
        raise TypeError(f"{numpy_name(function)} is no function of NumPy's.")
    if isinstance(options.get("out"), tuple):
        options = {**options, "out": options["out"][0]}
    if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
        options = {**options, "axis": options["axis"][0]}
    given = [*(operand.text for operand in operands), *(f"{key}={literal(value)}" for key, value in options.items())]
    return Source(f"{SHORTER.get(function) or numpy_name(function)}({', '.join(given)})")


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
    if isinstance(value, SymbolicSize):
        return size_text(value)
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


def index_text(index: Any, written: Callable[[Any], str] | None = None) -> str:
    """What stands between the brackets of an index, sizes in it as Python computes them unless `written` says how.

    >>> index_text((slice(1, None, 2), None, 0)), index_text(Ellipsis)
    ('1::2, None, 0', '...')
    """
    parts = index if isinstance(index, tuple) else (index,)
    return ", ".join(_part_text(part, written or size_text) for part in parts) or "()"


def _part_text(part: Any, written: Callable[[Any], str]) -> str:
    if not isinstance(part, slice):
        return "..." if part is Ellipsis else repr(part)
    start, stop, step = ("" if bound is None else written(bound) for bound in (part.start, part.stop, part.step))
    return f"{start}:{stop}{f':{step}' if step not in ('', '1') else ''}"


def size_text(axis: Any) -> str:
    """The size as Python computes it from the sizes of the named axes.

    >>> from minigraph.core.sizes import named_axis, non_negative
    >>> N = named_axis("N")
    >>> size_text(2 * N), size_text(non_negative(N - 1)), size_text((N + 1) // 2)
    ('2 * N', 'max(N - 1, 0)', '((N + 1) // 2)')
    """
    return str(axis).translate(PYTHON)


PYTHON = str.maketrans({"·": " * ", "−": " - ", "+": " + ", "/": " // ", ",": ", ", "⌊": "(", "⌋": ")"})
"""The signs of a size that is shown, as Python writes them."""
