"""A rule read as data: the calls of NumPy's functions that it makes, for an interpreter in another language.

A call names the function, and what it is given: values by their number, and whatever else JSON has no word for as an object
with one key. `explain/page/program.py` reads a graph so, and `explain/page/interpreter.js` runs what is read.
"""

import operator
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.sizes import Axis, SymbolicSize, terms_of
from minigraph.readings.operand import Operand

__all__ = ["Recorded", "Recording", "size_data"]

UNSAID = ("out", "casting", "order", "copy", "subok", "optimize")
"""What a call may say of memory, or of how it computes."""


class Recorded(Operand):
    """A value of a recording, by its number."""

    def __init__(self, recording: "Recording", number: int) -> None:
        self.recording, self.number = recording, number  # and no shape: a rule that asks for one in Python is not read as data

    def __getitem__(self, index: Any) -> "Recorded":
        return self.read(operator.getitem, (self, index), {})

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Recorded":
        """The value of a call of one of NumPy's functions."""
        name = "getitem" if function is operator.getitem else numpy_name(function).removeprefix("np.")
        given = {key: value for key, value in options.items() if key not in UNSAID and value is not None}
        return self.recording.call(name, list(operands), given)

    def astype(self, dtype: Any) -> Any:
        """The value with elements of another type."""
        return self.recording.call("astype", [self, np.dtype(dtype)], {})

    @property
    def T(self) -> Any:
        """The transpose."""
        return self.read(np.transpose, (self,), {})


class Recording:
    """A list of values, of which each is what comes from elsewhere, or a call on values before it."""

    def __init__(self) -> None:
        self.values: list[dict[str, Any]] = []

    def add(self, **value: Any) -> Recorded:
        """Enter a value."""
        self.values.append(value)
        return Recorded(self, len(self.values) - 1)

    def call(self, name: str, operands: list[Any], options: dict[str, Any]) -> Recorded:
        """Enter a call."""
        given = {"options": {key: self._data(value) for key, value in options.items()}} if options else {}
        return self.add(call=name, of=[self._data(each) for each in operands], **given)

    def rule(self, node: Node, operands: list[Recorded]) -> Recorded | None:
        """The value that a node's `forward` gives, or None for a rule that data cannot be put into; then nothing is entered.

        >>> import minigraph as mg
        >>> recording = Recording()
        >>> x = recording.add(leaf="x")
        >>> recording.rule(mg.Tanh(mg.Input("x", ("N", 2))), [x]).number, recording.values[1]
        (1, {'call': 'tanh', 'of': [{'value': 0}]})
        """
        before = len(self.values)
        try:
            found = node.forward(*operands)
        except Exception:  # whatever a rule cannot do with data
            found = None
        if isinstance(found, Recorded):
            return found
        del self.values[before:]
        return None

    def _data(self, value: Any) -> Any:
        """A value as JSON has it, which has no infinity, no type, no slice and no array."""
        match value:
            case Recorded():
                return {"value": value.number}
            case None | bool() | str():
                return value
            case int() | np.integer():
                return int(value)
            case float() | np.floating():
                return float(value) if np.isfinite(value) else {"number": str(float(value))}
            case SymbolicSize():
                return {"size": size_data(value)}
            case slice():
                return {"slice": [self._data(each) for each in (value.start, value.stop, value.step)]}
            case np.ndarray():
                return {"value": self.add(array=value).number}
            case tuple() | list():
                return [self._data(each) for each in value]
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, np.dtype | type):
            return {"dtype": np.dtype(value).name}
        raise TypeError(f"{type(value).__name__} is nothing that a call is recorded with.")


def size_data(size: Axis) -> Any:
    """A size as data: a number, or the products that it is the sum of, each with its coefficient and its factors.

    A factor is the name of an axis, or [size, divisor] for ⌊size / divisor⌋, or [size] for max(size, 0).

    >>> from minigraph.core.sizes import named_axis
    >>> size_data(3), size_data(2 * named_axis("N") - 1), size_data(named_axis("N") // 2)
    (3, [[2, ['N']], [-1, []]], [[1, [[[[1, ['N']]], 2]]]])
    """
    if not isinstance(size, SymbolicSize):
        return int(size)
    return [
        [n, [each if isinstance(each, str) else [size_data(each.size), *filter(None, [each.divisor])] for each in factors]]
        for factors, n in terms_of(size).items()
    ]
