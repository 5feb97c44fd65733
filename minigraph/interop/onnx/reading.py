"""The nodes of an ONNX model, of a function or of a graph within one, composed one after another."""

from collections import ChainMap
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, count, zip_longest
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError, OperationError, ShapeError
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.provenance import PATH, places, within
from minigraph.core.shapes import names_of
from minigraph.interop.files import FormatError
from minigraph.interop.onnx.call import Call, constant, known_before, sayable, value
from minigraph.interop.onnx.frames import Frames, last, path_of, within_frames
from minigraph.interop.onnx.inputs import Assumed, Axes, tensor_of
from minigraph.interop.onnx.operators import compose, known
from minigraph.interop.onnx.parts import FOREIGN, ML, OWN, name_of, plain, printable, version_of
from minigraph.interop.onnx.roles import MOVED, Roles
from minigraph.interop.onnx.sequences import REPEATED, Repeat
from minigraph.interop.onnx.storage import Budget, Storage
from minigraph.ops.block import block
from minigraph.ops.random import RandomState

__all__ = ["Context", "Reading"]

DTYPES = ("to", "dtype", "output_dtype", "precision")
"""The attributes that hold an element type, as a number of ONNX's own."""

CARRIED = MOVED | {"ArrayFeatureExtractor", "Gather"}
"""The operators that give elements of their first input, which stand for what they stood for."""


@dataclass
class Context:
    """What all that is read of one model goes by."""

    onnx: Any
    storage: Storage
    roles: Roles
    axes: Axes
    kept: dict[tuple[str, ...], Node] = field(default_factory=dict)
    """What the graphs within nodes store: the same in each turn."""
    names: set[str] = field(default_factory=set)
    """Of the parameters and variables."""
    states: dict[float, RandomState] = field(default_factory=dict)
    """What random numbers are drawn from, by the seed."""
    labels: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """The names that the numbers of a value stand for, by the name of the value."""
    narrow: set[Node] = field(default_factory=set)
    """What is stored in an element type that NumPy lacks, and elements of it: read exactly, and not computed with."""
    frames: set[Frames] = field(default_factory=set)
    """Those that nodes are in, by their names."""

    @property
    def budget(self) -> Budget:
        """What may still be written out and computed."""
        return self.storage.budget


class Reading:
    """One model being read, or a function or a graph within one: the nodes composed so far, by the names of their values."""

    def __init__(self, context: Context, model: Any, attributes: dict[str, Any] | None = None, within: str = "") -> None:
        self.context, self.onnx, self.model, self.within = context, context.onnx, model, within
        self.attributes = attributes or {}
        self.version = version_of(model, self.onnx.defs.onnx_opset_version())
        self.values: MutableMapping[str, Node] = {}
        self.path: tuple[str, ...] = ()
        """The nodes around it, by the names of their values."""
        self.frames: Frames = ()
        """Those of the node around it, by its name."""
        self.local = False
        """Whether it is a function, whose names are its own."""

    def outputs(self) -> dict[str, Node]:
        """The outputs of the whole graph."""
        graph = self.model.graph
        stored, instead = self._all_stored(graph), self.context.axes.given.shapes
        self.values.update((name, leaf) for name, leaf in stored.items() if name not in instead)
        for given in graph.input:
            if given.name not in self.values:
                self.values[given.name] = self._input(given)
        for proto in graph.node:
            self._compose(proto)
        missing = [each.name for each in graph.output if each.name not in self.values]
        if missing:
            raise FormatError(f"The model's output {missing[0]!r} is given by no node.\n  Export it anew.")
        return {printable(output.name): self.values[output.name] for output in graph.output}

    def _all_stored(self, graph: Any) -> dict[str, Node]:
        """What a graph stores, densely or sparsely."""
        named = [(each.name, each) for each in graph.initializer]
        named += [(each.values.name, each) for each in graph.sparse_initializer]
        array = self.context.storage.array
        owners = {name: f"The initialiser {printable(name)!r}{self.within}" for name, _ in named}
        stored = {name: self._stored(name, partial(array, each, owners[name])) for name, each in named}
        self.context.narrow |= {stored[name] for name, each in named if self.context.storage.is_narrow(each)}
        return stored

    def _stored(self, name: str, read: Callable[[], Any]) -> Node:
        """The leaf for what is stored: a parameter or a variable by its place in the model, or a constant."""
        key = (*self.path, name)
        if key not in self.context.kept:
            array, own = read(), None if self.within else printable(name)
            if array.dtype.kind == "U":  # numbers stand for names
                names = tuple(dict.fromkeys(array.ravel().tolist()))
                self.context.labels[name] = names
                array = np.array([names.index(each) for each in array.ravel().tolist()], np.int64).reshape(array.shape)
            kind = Constant if self.local else self.context.roles.kind(name, array)
            leaf = Constant(array, own, array.dtype) if kind is Constant else kind(self._unique(name), array, array.dtype)
            self.context.kept[key] = leaf
        return self.context.kept[key]

    def _unique(self, name: str) -> str:
        """The name, or one like it where a graph within another node stores something of that name too."""
        names = chain([printable(name)], (f"{name}_{i}" for i in count(2)))
        own = next(each for each in names if each not in self.context.names)
        self.context.names.add(own)
        return own

    def _input(self, given: Any) -> Input | Constant:
        values, dtype = self.context.axes.given.values, tensor_of(given).elem_type
        if given.name in values:
            return values[given.name]
        shape = self.context.axes.shape(given)
        return Input(given.name, shape, self.context.storage.dtype(dtype, f"The input {printable(given.name)!r}"))

    def _compose(self, proto: Any) -> None:
        owner = f"{proto.op_type} {printable(name_of(proto))!r}{self.within}"
        self.context.budget.write(owner)
        self.context.budget.nest(owner, len(self.path))
        frames = within_frames(tuple(map(printable, path_of(proto))), self.frames)
        self.context.frames |= {frames} if frames and not self.local else set()
        try:
            with within(PATH, PATH.get() + frames[len(self.frames) :]):
                stays = self._stays_narrow(proto, owner)
                nodes = [self._known(node, owner) for node in self._outputs(proto, owner)]
                self.context.narrow.update(nodes if stays else ())
        except Assumed:
            raise
        except MinigraphError as error:
            raise error if owner in str(error) else type(error)(f"{error}\n  It is {owner} of the model.") from None
        except Exception as error:  # what ONNX and NumPy raise of a model that is not sound
            text = f"{owner} cannot be read: {type(error).__name__}, {error}.\n  Export the model anew."
            raise OperationError(text) from error
        for name, node in zip_longest(proto.output, nodes):
            if name and node is None:
                raise OperationError(f"{owner} does not give its output {name!r}.\n  Export the model anew.")
            if name:
                self.values[name] = node
                node.name = node.name or (None if self.within or isinstance(node, Sizes) else printable(name))

    def _stays_narrow(self, proto: Any, owner: str) -> bool:
        """Whether a node gives what is stored in a type that NumPy lacks; an OperationError where it would compute in that."""
        if proto.op_type == "Constant":
            return any(self.context.storage.is_narrow(each.t) for each in proto.attribute)
        found = [node for name in proto.input if (node := self.values.get(name)) in self.context.narrow and node is not None]
        whole = all(node.dtype.kind in "iu" for node in found)
        if not found or proto.op_type in ("Cast", "CastLike") or (proto.op_type == "DequantizeLinear" and whole):
            return False
        if proto.op_type not in CARRIED:
            raise OperationError(
                f"{owner} computes with {found[0]}, whose element type NumPy lacks: it could not round as the model does."
                f"{places(found[0])}\n  Export the model in float32, or with a Cast to it before what computes."
            )
        return True

    def _known(self, node: Any, owner: str) -> Any:
        found = known_before(node, owner, self.context.budget)
        return node if isinstance(found, Sizes) and not self.context.axes.computed else found

    def _outputs(self, proto: Any, owner: str) -> Sequence[Any]:
        """The nodes for the outputs, None for one of a function that it does not give."""
        own = self.context.roles.functions.get((proto.domain, proto.op_type, proto.overload))
        if own is not None:
            return self._written_out(proto, own, self._given_to(proto, own, owner), owner)
        schema = self._schema(proto, owner)
        if proto.op_type == "If":
            return self._branch(proto, owner)
        if proto.op_type in REPEATED:
            return self._repeated(proto, schema, owner)
        call = self._call(proto, schema, owner)
        function = None if known(call.operator) else self._function(proto, schema)
        if function is not None:
            return self._written_out(proto, function, call.attributes, owner)
        nodes = self._composed(call)
        if call.operator in CARRIED and call.labels_of(0):
            call.labels.setdefault(call.outputs[0], call.labels_of(0))
        if call.operator == "Constant":
            return [self._stored(proto.output[0], lambda: nodes[0].value)]
        return [value(node, owner, call.budget) for node in nodes] if constant(call.operands) else nodes

    def _composed(self, call: Call) -> Sequence[Any]:
        """The nodes for the outputs; where axes of which nothing is said must be equal for it, the model is read anew."""
        try:
            return compose(call)
        except ShapeError as error:
            if self.context.axes.assume(call):
                raise Assumed from None
            if any(names_of(node.shape) for node in call.operands):
                raise ShapeError(f"{error}{sayable(*call.operands)}") from None
            raise

    def _branch(self, proto: Any, owner: str) -> list[Node]:
        """The outputs of the branch that a condition known before a run chooses."""
        condition = self.values[proto.input[0]]
        if not isinstance(condition, Constant):
            raise OperationError(
                f"{owner} needs its cond known before a run, but {condition} is computed.{places(condition)}"
                f"{sayable(condition)}"
            )
        chosen = "then_branch" if condition.value.item() else "else_branch"
        (graph,) = (each.g for each in proto.attribute if each.name == chosen)
        return self._inner(proto, graph, {}, f" of {owner}")

    def _repeated(self, proto: Any, schema: Any, owner: str) -> list[Node]:
        """The outputs of a graph that is repeated, in a block."""
        options = {each.name: self.onnx.helper.get_attribute_value(each) for each in proto.attribute}
        graph, given = options.pop("body"), [self.values.get(name) for name in proto.input]
        names = [each.name for each in graph.input]

        def step(*values: Node) -> list[Node]:
            self.context.budget.write(owner)
            if len(names) != len(values):
                raise FormatError(
                    f"{owner} gives its graph {len(values)} values, and that takes {len(names)}.\n  Export the model anew."
                )
            return self._inner(proto, graph, dict(zip(names, values, strict=True)), f" of {owner}")

        write = partial(self.context.budget.write, owner)
        with block(last(printable(name_of(proto)))):
            return REPEATED[proto.op_type](Repeat(owner, schema.since_version, options, given, step, write))

    def _inner(self, proto: Any, graph: Any, given: dict[str, Node], within: str) -> list[Node]:
        """The outputs of a graph within the node, which sees all values around it."""
        inner = Reading(self.context, self.model, self.attributes, within)
        inner.path, inner.local = (*self.path, next(filter(None, proto.output), "")), self.local
        inner.frames = within_frames(path_of(proto), self.frames)
        inner.values = ChainMap(inner._all_stored(graph) | given, self.values)
        for each in graph.node:
            inner._compose(each)
        return [inner.values[output.name] for output in graph.output]

    def _call(self, proto: Any, schema: Any, owner: str) -> Call:
        formal = [each.name for each in schema.inputs]
        given = [self.values.get(name) for name in proto.input]
        names = formal + formal[-1:] * (len(given) - len(formal))
        if len(given) > len(formal) and (not schema.inputs or schema.inputs[-1].option.name != "Variadic"):
            raise OperationError(f"{owner} has {len(given)} inputs, and the operator {len(formal)}: leave out the others.")
        defaults = {
            key: self._attribute(each.default_value, owner)
            for key, each in schema.attributes.items()
            if each.default_value.type
        }
        attributes = self._attributes(proto, owner)
        attributes.pop("consumed_inputs", None)  # by which operator sets before 6 allowed to write in place
        inputs = list(zip(names, given, strict=False))
        name, outputs = last(printable(name_of(proto))), tuple(proto.output)
        version, budget = schema.since_version, self.context.budget
        states, labels = self.context.states, self.context.labels
        found = (proto.op_type, version, name, owner, inputs, attributes, defaults, outputs, budget, states, labels)
        return Call(*found, tuple(proto.input))

    def _attributes(self, proto: Any, owner: str) -> dict[str, Any]:
        """The attributes that a node has, some of which are those of the function that it is in."""
        given = {each.name: self._attribute(each, owner) for each in proto.attribute if not each.ref_attr_name}
        meant = {each.name: each.ref_attr_name for each in proto.attribute if each.ref_attr_name in self.attributes}
        return given | {name: self._as_dtype(name, self.attributes[key], owner) for name, key in meant.items()}

    def _given_to(self, proto: Any, function: Any, owner: str) -> dict[str, Any]:
        """The attributes of a function of the model, as a node gives them or by default."""
        return {each.name: self._attribute(each, owner) for each in function.attribute_proto} | self._attributes(proto, owner)

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
        axes = [axis if isinstance(axis, int) else str(axis) for axis in node.shape]
        return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(node.dtype), axes)

    def _written_out(self, proto: Any, function: Any, attributes: dict[str, Any], owner: str) -> list[Any]:
        """The outputs of a function, whose nodes make up a block."""
        body = Reading(self.context, function, attributes, f" of {owner}")
        body.path, body.local = (*self.path, next(filter(None, proto.output), "")), True
        given = {formal: self.values.get(name) for formal, name in zip(function.input, proto.input, strict=False)}
        body.values = {formal: node for formal, node in given.items() if node is not None}
        with block(last(printable(name_of(proto)))):
            for each in function.node:
                body._compose(each)
        return [body.values.get(name) for name in function.output]

    def _schema(self, proto: Any, owner: str) -> Any:
        """What ONNX says of an operator of its own, of ONNX-ML, or of the one of ONNX Runtime's that is read."""
        if (proto.domain, proto.op_type) in FOREIGN:
            return FOREIGN[proto.domain, proto.op_type]
        if proto.domain not in (*OWN, ML):
            raise OperationError(
                f"{owner} is not one of ONNX's own operators, but of the domain {proto.domain}."
                "\n  Export the model with ONNX's own operators alone."
            )
        newest = self.onnx.defs.onnx_ml_opset_version() if proto.domain == ML else self.version
        version = version_of(self.model, newest, (ML,)) if proto.domain == ML else self.version
        try:
            return self.onnx.defs.get_schema(proto.op_type, version, ML if proto.domain == ML else "")
        except self.onnx.defs.SchemaError:
            text = f"{owner} is no operator of ONNX's operator set {version}.\n  Export the model anew."
            raise OperationError(text) from None

    def _attribute(self, proto: Any, owner: str) -> Any:
        value = self.onnx.helper.get_attribute_value(proto)
        return self._as_dtype(proto.name, plain(value, self.context.storage.array, f"{owner}, in its {proto.name},"), owner)

    def _as_dtype(self, name: str, value: Any, owner: str) -> Any:
        """The value of an attribute, which may stand for an element type."""
        if name not in DTYPES or not isinstance(value, int) or not value:
            return value
        return np.dtype(str) if value == self.onnx.TensorProto.STRING else self.context.storage.dtype(value, owner)
