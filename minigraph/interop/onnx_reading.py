"""The nodes of an ONNX model, of a function or of a graph within one, composed one after another."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.axes import Axis
from minigraph.errors import OperationError
from minigraph.graph import Graph
from minigraph.interop.onnx_call import Call
from minigraph.interop.onnx_operators import compose, known
from minigraph.interop.onnx_repeats import REPEATED
from minigraph.messages import places
from minigraph.node import Constant, Input, Node, Parameter
from minigraph.nodes import OPERATIONS
from minigraph.run import forward
from minigraph.scope import block

__all__ = ["Reading", "version_of"]

OWN = ("", "ai.onnx")
"""How a model names the domain of ONNX's own operators."""

DTYPES = ("to", "dtype", "output_dtype")
"""The attributes that hold an element type, as a number of ONNX's own."""


class Reading:
    """One model being read, or a function within one: the nodes composed so far, by the names of their values."""

    def __init__(self, onnx: Any, model: Any, attributes: dict[str, Any] | None = None, within: str = "") -> None:
        self.onnx, self.model, self.attributes, self.within = onnx, model, attributes or {}, within
        self.version = version_of(model, onnx.defs.onnx_opset_version())
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
        for name, made in zip(proto.output, self._outputs(proto), strict=False):
            if name:
                node = self.values[name] = _known(made)
                node.name = node.name or (None if self.within else name)

    def _outputs(self, proto: Any) -> Sequence[Any]:
        """The nodes for the outputs, None for one of a function that it does not give."""
        owner = f"{proto.op_type} {_name(proto)!r}{self.within}"
        schema = self._schema(proto, owner)
        if proto.op_type == "If":
            return self._branch(proto, owner)
        if proto.op_type in REPEATED:
            return self._repeated(proto, owner)
        call = self._call(proto, schema, owner)
        function = None if known(call.operator) else self._function(proto, schema)
        if function is not None:
            return self._written_out(proto, function, call)
        return [_value(node) for node in compose(call)] if _constant(call.operands) else compose(call)

    def _branch(self, proto: Any, owner: str) -> list[Node]:
        """The outputs of the branch that a condition known before a run chooses."""
        condition = self.values[proto.input[0]]
        if not isinstance(condition, Constant):
            raise OperationError(f"{owner} needs its cond stored in the model, but {condition} is computed.{places(condition)}")
        chosen = "then_branch" if condition.value.item() else "else_branch"
        (graph,) = (each.g for each in proto.attribute if each.name == chosen)
        return self._inner(graph, {}, f" of {owner}")

    def _repeated(self, proto: Any, owner: str) -> list[Node]:
        """The outputs of a graph that is repeated, in a block."""
        options = {each.name: self.onnx.helper.get_attribute_value(each) for each in proto.attribute}
        graph, given = options.pop("body"), [self.values.get(name) for name in proto.input]
        names = [each.name for each in graph.input]

        def step(*values: Node) -> list[Node]:
            return self._inner(graph, dict(zip(names, values, strict=True)), f" of {owner}")

        with block(_name(proto)):
            return REPEATED[proto.op_type](owner, options, given, step)

    def _inner(self, graph: Any, given: dict[str, Node], within: str) -> list[Node]:
        """The outputs of a graph within the node, which sees all values around it; what it stores is the same in each turn."""
        self.values |= {each.name: self._stored(each) for each in graph.initializer if each.name not in self.values}
        inner = Reading(self.onnx, self.model, self.attributes, within)
        inner.values = self.values | given
        for each in graph.node:
            inner._compose(each)
        return [inner.values[output.name] for output in graph.output]

    def _call(self, proto: Any, schema: Any, owner: str) -> Call:
        formal = [each.name for each in schema.inputs]
        given = [self.values.get(name) for name in proto.input]
        names = formal + formal[-1:] * (len(given) - len(formal))
        defaults = {
            key: self._attribute(each.default_value, owner)
            for key, each in schema.attributes.items()
            if each.default_value.type
        }
        attributes = {each.name: self._attribute(each, owner) for each in proto.attribute if not each.ref_attr_name}
        meant = {each.name: each.ref_attr_name for each in proto.attribute if each.ref_attr_name in self.attributes}
        attributes |= {name: self._as_dtype(name, self.attributes[key], owner) for name, key in meant.items()}
        inputs = list(zip(names, given, strict=False))
        return Call(proto.op_type, _name(proto), owner, inputs, attributes, defaults, tuple(proto.output))

    def _function(self, proto: Any, schema: Any) -> Any:
        """The function of others that ONNX defines the operator as, of the newest version up to the model's, or None."""
        simple, by_types = schema.function_opset_versions, schema.context_dependent_function_opset_versions
        if not simple and not by_types:
            return None
        version = max((each for each in simple or by_types if each <= self.version), default=min(simple or by_types))
        if simple:
            text = schema.get_function_with_opset_version(version)
        else:
            types = [self._type(self.values.get(name)).SerializeToString() for name in proto.input]
            text = schema.get_context_dependent_function_with_opset_version(version, proto.SerializeToString(), types)
        function = self.onnx.FunctionProto()
        function.ParseFromString(text)
        return function

    def _type(self, node: Node | None) -> Any:
        helper = self.onnx.helper
        if node is None:
            return self.onnx.TypeProto()
        return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(node.dtype), node.shape)

    def _written_out(self, proto: Any, function: Any, call: Call) -> list[Any]:
        """The outputs of a function, whose nodes make up a block."""
        body = Reading(self.onnx, function, call.attributes, f" of {call.owner}")
        given = {formal: self.values.get(name) for formal, name in zip(function.input, proto.input, strict=False)}
        body.values = {formal: node for formal, node in given.items() if node is not None}
        with block(call.name):
            for each in function.node:
                body._compose(each)
        return [body.values.get(name) for name in function.output]

    def _schema(self, proto: Any, owner: str) -> Any:
        if proto.domain not in OWN:
            raise OperationError(f"{owner} is not one of ONNX's own operators, but of the domain {proto.domain}.")
        return self.onnx.defs.get_schema(proto.op_type, self.version)

    def _attribute(self, proto: Any, owner: str) -> Any:
        value = self.onnx.helper.get_attribute_value(proto)
        return self._as_dtype(proto.name, _plain(value, self.onnx.numpy_helper.to_array, owner), owner)

    def _as_dtype(self, name: str, value: Any, owner: str) -> Any:
        """The value of an attribute, which may stand for an element type."""
        return self._dtype(value, owner) if name in DTYPES and isinstance(value, int) and value else value


def version_of(model: Any, otherwise: int) -> int:
    """The operator set of a model or function, or of one that uses none of ONNX's own operators `otherwise`."""
    return next((int(opset.version) for opset in model.opset_import if opset.domain in OWN), otherwise)


def _name(proto: Any) -> str:
    """The name of a node, or else of the first of its outputs that has one."""
    return str(proto.name or next(filter(None, proto.output), proto.op_type))


def _constant(operands: Sequence[Node]) -> bool:
    """Whether there are operands, and all of them constants."""
    return bool(operands) and all(isinstance(operand, Constant) for operand in operands)


def _value(node: Node) -> Constant:
    """The value of what follows from constants alone."""
    return Constant(forward(Graph(value=node))["value"], dtype=node.dtype)


def _known(node: Node) -> Node:
    """The node, or what it holds where that is known before a run, so that it can be a shape or an axis."""
    if _constant(node.operands):
        return _value(node)
    if type(node) is OPERATIONS["Equal"]:
        return _compared(node)
    if not node.operands or node.known is None or any(isinstance(size, str) for size in node.known):
        return node
    return Constant(np.array(node.known, node.dtype).reshape(node.shape))


def _compared(node: Node) -> Node:
    """Whether sizes are equal, where that is known before a run: one that has a name is no negative number."""
    a, b = (operand.known for operand in node.operands)
    if a is None or b is None:
        return node
    told = [_equal(*pair) for pair in np.broadcast(np.array(a, object), np.array(b, object))]
    return node if None in told else Constant(np.array(told).reshape(node.shape))


def _equal(a: Axis, b: Axis) -> bool | None:
    if a == b or (isinstance(a, int) and isinstance(b, int)):
        return a == b
    return False if any(isinstance(size, int) and size < 0 for size in (a, b)) else None


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
