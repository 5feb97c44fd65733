"""ONNX models read as graphs: the nodes, named as in the file, and its numbers as parameters."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.axes import Axis
from minigraph.errors import FormatError, OperationError
from minigraph.extras import optional
from minigraph.files import read_bytes
from minigraph.graph import Graph
from minigraph.interop.onnx_call import Call
from minigraph.interop.onnx_operators import compose
from minigraph.node import Constant, Input, Node, Parameter
from minigraph.run import forward

__all__ = ["from_onnx"]

OLDEST = 13
"""The first operator set that is read: before it, Softmax and its kin laid out their operand as a matrix."""

DTYPES = ("to", "dtype")
"""The attributes that hold an element type, as a number of ONNX's own."""


def from_onnx(model: Any) -> Graph:
    """The graph of an ONNX model: of a file, given by its path, or of an `onnx.ModelProto`.

    Inputs, outputs and values keep their names. Floating-point numbers stored in the model become parameters, all other
    stored numbers constants; an axis without a size or a name is named after its input, "x_0". Shapes, axes and the like must
    be stored in the model, or follow from what is. A node that minigraph cannot compose is told in an error by its name.

    >>> from onnx import parser
    >>> proto = parser.parse_model('''
    ...     <ir_version: 10, opset_import: ["" : 22]>
    ...     example (float[N, 2] x) => (float[N, 3] a) <float[2, 3] W = {1, 2, 3, 4, 5, 6}> {
    ...         z = MatMul(x, W)
    ...         a = Tanh(z)
    ...     }''')
    >>> graph = from_onnx(proto)
    >>> graph
    Graph (2 operations, 6 parameter elements): x (N × 2) → a (N × 3)
    >>> graph.forward(x=[[1, 0]])["z"]
    array([[1., 2., 3.]], dtype=float32)
    """
    onnx = optional("onnx", "onnx", "onnx")
    return _Reading(onnx, _checked(onnx, _read(onnx, model))).graph()


def _read(onnx: Any, model: Any) -> Any:
    if isinstance(model, onnx.ModelProto):
        return model
    if not isinstance(model, str | os.PathLike):
        raise FormatError(f"from_onnx takes the path of a file, or an onnx.ModelProto, not {type(model).__name__}.")
    content = read_bytes(model, "an ONNX model")
    try:
        proto = onnx.load_model_from_string(content)
    except Exception as error:  # each implementation of protocol buffers has errors of its own
        raise FormatError(f"{Path(model)} is not an ONNX model: {error}.") from None
    onnx.external_data_helper.load_external_data_for_model(proto, str(Path(model).parent))
    return proto


def _checked(onnx: Any, model: Any) -> Any:
    """The model, found sound by ONNX itself, with its own functions written out."""
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise FormatError(f"ONNX refuses the model: {str(error).splitlines()[0]}") from None
    if not model.functions:
        return model
    return optional("onnx.inliner", "onnx", "onnx").inline_local_functions(model)


class _Reading:
    """One model being read: the nodes composed so far, by the names of their values."""

    def __init__(self, onnx: Any, model: Any) -> None:
        self.onnx, self.model = onnx, model
        self.versions = {opset.domain or "ai.onnx": opset.version for opset in model.opset_import}
        self.values: dict[str, Node] = {}

    def graph(self) -> Graph:
        """The whole graph."""
        for tensor in self.model.graph.initializer:
            self.values[tensor.name] = self._stored(tensor)
        for given in self.model.graph.input:
            if given.name not in self.values:
                self.values[given.name] = self._input(given)
        for proto in self.model.graph.node:
            self._compose(proto)
        return Graph({output.name: self.values[output.name] for output in self.model.graph.output})

    def _stored(self, tensor: Any) -> Parameter | Constant:
        dtype = self._dtype(tensor.data_type, f"The initialiser {tensor.name!r}")
        array = self.onnx.numpy_helper.to_array(tensor)
        return Parameter(tensor.name, array, dtype) if dtype.kind == "f" else Constant(array, tensor.name, dtype)

    def _input(self, given: Any) -> Input:
        kind = given.type.WhichOneof("value")
        owner, tensor = f"The input {given.name!r}", given.type.tensor_type
        if kind != "tensor_type":
            raise OperationError(f"{owner} is no tensor, but of the type {kind}, which minigraph does not have.")
        if not tensor.HasField("shape"):
            raise OperationError(f"{owner} has no shape: how many axes it has must be known.")
        axes = [_axis(dim, f"{given.name}_{i}") for i, dim in enumerate(tensor.shape.dim)]
        return Input(given.name, tuple(axes), self._dtype(tensor.elem_type, owner))

    def _dtype(self, number: int, owner: str) -> np.dtype[Any]:
        dtype: np.dtype[Any] = self.onnx.helper.tensor_dtype_to_np_dtype(number)
        if dtype.kind not in "fiub" or dtype.isbuiltin != 1:
            name = self.onnx.TensorProto.DataType.Name(number).lower()
            raise OperationError(f"{owner} holds {name}, an element type that NumPy does not compute with.")
        return dtype

    def _compose(self, proto: Any) -> None:
        call = self._call(proto)
        for name, made in zip(proto.output, compose(call), strict=False):
            node = _computed(made) if _constant(call.operands) or _constant(made.operands) else made
            node.name = node.name or name or None
            self.values[name] = node

    def _call(self, proto: Any) -> Call:
        owner = f"{proto.op_type} {(proto.name or next(iter(proto.output), ''))!r}"
        schema = self._schema(proto, owner)
        formal = [each.name for each in schema.inputs]
        given = [self.values[name] if name else None for name in proto.input]
        names = formal + formal[-1:] * (len(given) - len(formal))
        defaults = {
            key: self._attribute(each.default_value, owner)
            for key, each in schema.attributes.items()
            if each.default_value.type
        }
        attributes = {each.name: self._attribute(each, owner) for each in proto.attribute}
        return Call(proto.op_type, owner, list(zip(names, given, strict=False)), attributes, defaults, tuple(proto.output))

    def _schema(self, proto: Any, owner: str) -> Any:
        if proto.domain not in ("", "ai.onnx"):
            raise OperationError(f"{owner} is not one of ONNX's own operators, but of the domain {proto.domain}.")
        version = self.versions["ai.onnx"]
        schema = self.onnx.defs.get_schema(proto.op_type, version)
        newest = self.onnx.defs.get_schema(proto.op_type)
        if version < OLDEST and schema.since_version != newest.since_version:
            raise OperationError(
                f"{owner} is of the operator set {version}; minigraph reads {OLDEST} and later."
                "\n  Convert the model: onnx.version_converter.convert_version(model, 22)."
            )
        return schema

    def _attribute(self, proto: Any, owner: str) -> Any:
        value = self.onnx.helper.get_attribute_value(proto)
        if proto.name in DTYPES:
            return self._dtype(value, owner)
        return _plain(value, lambda tensor: self.onnx.numpy_helper.to_array(tensor), owner)


def _constant(operands: Sequence[Node]) -> bool:
    """Whether there are operands, and all of them constants."""
    return bool(operands) and all(isinstance(operand, Constant) for operand in operands)


def _computed(node: Node) -> Constant:
    """What follows from constants alone is computed here, so that it can be a shape or an axis."""
    return Constant(forward(Graph(value=node))["value"], dtype=node.dtype)


def _axis(dim: Any, otherwise: str) -> Axis:
    if dim.HasField("dim_value"):
        return int(dim.dim_value)
    name = "".join(letter if letter.isidentifier() or letter.isdigit() else "_" for letter in dim.dim_param or otherwise)
    return name if name.isidentifier() else f"_{name}"


def _plain(value: Any, array_of: Any, owner: str) -> Any:
    """An attribute as Python and NumPy have it."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list | tuple):
        return tuple(_plain(each, array_of, owner) for each in value)
    if isinstance(value, int | float | str):
        return value
    if type(value).__name__ == "TensorProto":
        return array_of(value)
    raise OperationError(f"{owner} holds a {type(value).__name__}, which minigraph cannot read.")
