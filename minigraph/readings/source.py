"""A rule read as a line of NumPy. How NumPy's functions are written is said here, once each, for all operations."""

import operator
from typing import Any, ClassVar

import numpy as np

from minigraph.core.numpy_protocol import is_numpy, numpy_name
from minigraph.readings.written import ATOM, PRODUCT, SIGN, SUM, Written

__all__ = ["Source", "array_text", "type_name"]


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
        if isinstance(value, tuple | list):
            items = [self.of(item).text for item in value]
            return f"({', '.join(items)}{',' * (len(items) == 1)})"
        if isinstance(value, np.dtype):
            return type_name(value)
        if isinstance(value, np.ndarray):
            return array_text(value)
        return str(value) if isinstance(value, np.generic) else repr(value)

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
        if not is_numpy(function):
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


def array_text(array: np.ndarray[Any, Any]) -> str:
    """An array written out; one without elements by its shape, which a list of its elements would lose.

    >>> array_text(np.zeros((2, 1), np.float32)), array_text(np.zeros((0, 3)))
    ('np.array([[0.0], [0.0]], np.float32)', 'np.empty((0, 3), np.float64)')
    """
    if not array.size:
        return f"np.empty({array.shape}, {type_name(array.dtype)})"
    return f"np.array({array.tolist()}, {type_name(array.dtype)})"


def type_name(dtype: Any) -> str:
    name = np.dtype(dtype).name
    return f"np.{name}{'_' * (name == 'bool')}"
