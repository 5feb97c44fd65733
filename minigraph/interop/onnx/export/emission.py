"""Operators of ONNX, written one after another into memory: what forms are made of."""

from collections import ChainMap
from collections.abc import Hashable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.sizes import Axis, SymbolicSize, terms_of
from minigraph.core.values import DType
from minigraph.interop.onnx.versions import OLDER

__all__ = ["Emission", "Operator", "Scope", "Unfit", "Value"]


class Unfit(Exception):
    """An operator of ONNX does not take what it would be given; the words say why."""


@dataclass(eq=False)
class Value:
    """A value of the model, which gets its name in the end."""

    dtype: DType
    name: str = ""


@dataclass(eq=False)
class Operator:
    """A node of the model."""

    kind: str
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value, ...]
    attributes: dict[str, Any]
    block: tuple[str, ...]
    line: str
    """The block and the line of the node that it is written for."""
    body: "Scope | None" = None


@dataclass(eq=False)
class Scope:
    """The operators of a graph of the model, or of one within a node, with its own inputs and outputs."""

    operators: list[Operator] = field(default_factory=list)
    inputs: list[tuple[Value, Node]] = field(default_factory=list)
    outputs: list[tuple[Value, Node]] = field(default_factory=list)


class Emission:
    """The operators of a model so far, the innermost of the graphs that are being written last.

    Operators of the same inputs and attributes are written once.
    """

    def __init__(self, onnx: Any, opset: int, inputs: Iterable[Input]) -> None:
        self.onnx, self.opset = onnx, opset
        self.scopes = [Scope()]
        self.stored: dict[Hashable, tuple[Value, Any]] = {}
        """The model's initialisers: arrays, or variables."""
        self.known: MutableMapping[Hashable, tuple[Value, ...]] = {}
        """The outputs of each operator, by all that it computes them from."""
        self.block: tuple[str, ...] = ()
        self.line = ""
        """The block and the line of the node that is being written."""
        self.axes: dict[str, tuple[Value, int]] = {}
        """The input, and its axis, that has the size of each named axis."""
        for leaf in inputs:
            value = Value(leaf.dtype, str(leaf.name))
            self.scopes[0].inputs.append((value, leaf))
            for i, axis in enumerate(leaf.shape):
                if isinstance(axis, SymbolicSize):
                    self.axes.setdefault(str(axis), (value, i))

    def schema(self, kind: str) -> Any:
        """What ONNX says of an operator, or None where the operator set has none of that name and meaning."""
        try:
            found = self.onnx.defs.get_schema(kind, self.opset)
        except self.onnx.defs.SchemaError:
            return None
        meant_otherwise = OLDER.get(kind, (0, None))[0] > self.opset
        return None if found.deprecated or meant_otherwise else found

    def op(self, kind: str, *inputs: Value | None, again: bool = False, **attributes: Any) -> Value:
        """The first value of an operator, written unless it has been; see `ops`."""
        return self.ops(kind, *inputs, again=again, **attributes)[0]

    def ops(self, kind: str, *inputs: Value | None, again: bool = False, **attributes: Any) -> tuple[Value, ...]:
        """The values of an operator that are there in any case, or an Unfit where it does not take inputs of these types.

        Indices and the like are cast where it takes whole numbers of another type.
        """
        schema = self.schema(kind)
        if schema is None:
            raise Unfit(f"ONNX's operator set {self.opset} has no {kind}")
        given: list[Value | None] = list(inputs)
        while given and given[-1] is None:
            given.pop()
        types: dict[str, DType] = {}
        for i, value in enumerate(given):
            formal = schema.inputs[min(i, len(schema.inputs) - 1)]
            if value is None:
                continue
            if type_text(value.dtype) not in formal.types:
                if value.dtype.kind not in "iu" or type_text(np.dtype(np.int64)) not in formal.types or formal.type_str == "T":
                    raise Unfit(f"ONNX's {kind} takes no {value.dtype}")
                value = given[i] = self.cast(value, np.dtype(np.int64))
            if types.setdefault(formal.type_str, value.dtype) != value.dtype and formal.is_homogeneous:
                raise Unfit(f"ONNX's {kind} takes no {value.dtype} beside {types[formal.type_str]}")
        kinds = {key: each.type.name for key, each in schema.attributes.items()}
        options = {key: plain(value, self.onnx, kinds[key]) for key, value in attributes.items() if value is not None}
        key = (kind, tuple(given), repr(sorted((name, stated(value)) for name, value in options.items())))
        if again or key not in self.known:
            outputs = tuple(
                Value(self._type_of(schema, formal, types, attributes))
                for formal in schema.outputs
                if formal.option.name != "Optional"
            )
            self._add(Operator(kind, tuple(given), outputs, options, self.block, self.line))
            self.known[key] = outputs
        return self.known[key]

    def _type_of(self, schema: Any, formal: Any, types: dict[str, DType], attributes: dict[str, Any]) -> DType:
        """The element type of an output."""
        if formal.type_str in types:
            return types[formal.type_str]
        for key in ("to", "dtype"):
            if key in attributes:
                found: DType = np.dtype(attributes[key])
                return found
        if "value" in attributes:
            dtype: DType = attributes["value"].dtype
            return dtype
        if len(formal.types) > 1:
            return next(iter(types.values()))
        (only,) = formal.types
        return np.dtype(str(only)[len("tensor(") : -1])

    def _add(self, operator: Operator) -> None:
        self.scopes[-1].operators.append(operator)

    def constant(self, value: Any, dtype: Any = None, name: str | None = None) -> Value:
        """An initialiser that holds these numbers, the same for all that ask for them."""
        array = np.asarray(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.stored:
            self.stored[key] = (Value(array.dtype, name or ""), array)
        return self.stored[key][0]

    def integers(self, value: Any) -> Value:
        """Whole numbers or sizes that ONNX takes as an input where minigraph has an attribute: a tuple, or one."""
        several = isinstance(value, tuple | list | np.ndarray)
        flat = tuple(value) if several else (value,)
        return self.sizes(tuple(each if isinstance(each, SymbolicSize) else int(each) for each in flat), 1)

    def number(self, value: Any, like: Value) -> Value:
        """One number, of the type of a value."""
        return self.constant(value, like.dtype)

    def cast(self, value: Value, dtype: Any) -> Value:
        """A value of another element type."""
        return value if value.dtype == dtype else self.op("Cast", value, to=np.dtype(dtype))

    def sizes(self, sizes: Sequence[Axis], ndim: int = 1, dtype: Any = np.int64) -> Value:
        """Sizes as a value of one axis, or of none; what follows from named axes is computed from the shapes of inputs."""
        if not any(isinstance(size, SymbolicSize) for size in sizes):
            array = np.array(sizes, dtype)
            return self.constant(array if ndim else array.reshape(()))
        inner = self.scopes[1:]
        del self.scopes[1:]  # it is the same in every step of a scan
        known, self.known = self.known, self.known.maps[-1] if isinstance(self.known, ChainMap) else self.known
        try:
            parts = [self._size(size) for size in sizes]
            joined = self.op("Concat", *parts, axis=0) if len(parts) > 1 else parts[0]
            found = joined if ndim else self.op("Squeeze", joined, self.constant([0], np.int64))
            return self.cast(found, dtype)
        finally:
            self.scopes.extend(inner)
            self.known = known

    def _size(self, size: Axis) -> Value:
        """A size as a value of one element, by its canonical form: a sum of products."""
        if not isinstance(size, SymbolicSize):
            return self.constant([size], np.int64)
        positive: list[Value] = []
        negative: list[Value] = []
        for factors, n in terms_of(size).items():
            parts = [self._factor(factor) for factor in factors]
            if abs(n) != 1 or not parts:
                parts.append(self.constant([abs(n)], np.int64))
            (positive if n > 0 else negative).append(self._joined("Mul", parts))
        total = self._joined("Add", positive) if positive else self.constant([0], np.int64)
        return self.op("Sub", total, self._joined("Add", negative)) if negative else total

    def _joined(self, kind: str, parts: list[Value]) -> Value:
        total = parts[0]
        for part in parts[1:]:
            total = self.op(kind, total, part)
        return total

    def _factor(self, factor: Any) -> Value:
        """A named axis, ⌊size / number⌋ or max(size, 0)."""
        if isinstance(factor, str):
            if factor not in self.axes:
                raise Unfit(f"the size of the axis {factor} follows from no input")
            value, axis = self.axes[factor]
            return self.op("Shape", value, start=axis, end=axis + 1)
        inner = self._size(factor.size)
        if factor.divisor:  # it is not negative, so that cutting off is rounding down
            return self.op("Div", inner, self.constant([factor.divisor], np.int64))
        return self.op("Max", inner, self.constant([0], np.int64))


def type_text(dtype: DType) -> str:
    """An element type as ONNX's schemas write it."""
    return f"tensor({ {'float32': 'float', 'float64': 'double'}.get(dtype.name, dtype.name) })"


def plain(value: Any, onnx: Any, kind: str = "") -> Any:
    """An attribute as ONNX has it: truth is 0 or 1, an element type a number, and a number of the kind that it takes."""
    if kind == "FLOAT":
        return float(value)
    if kind == "INT" and isinstance(value, float | np.floating):
        if value != int(value):
            raise Unfit(f"ONNX takes a whole number, not {value!r}")
        return int(value)
    if isinstance(value, np.dtype | type):
        return int(onnx.helper.np_dtype_to_tensor_dtype(np.dtype(value)))
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    if isinstance(value, tuple | list):
        return [plain(each, onnx) for each in value]
    if isinstance(value, str | float | np.ndarray):
        return value
    raise Unfit(f"ONNX stores no {value!r} as an attribute")


def stated(value: Any) -> Hashable:
    """An attribute as a key."""
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else repr(value)
