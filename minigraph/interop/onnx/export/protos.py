"""What was written of a graph, as the messages of which an ONNX file consists."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable, current_arrays
from minigraph.core.node import Node
from minigraph.core.sizes import SymbolicSize
from minigraph.interop.onnx.export.emission import Operator, Scope, Value
from minigraph.interop.onnx.export.writer import Writer
from minigraph.ops.random import DropoutMask, RandomNormal, RandomUniform

__all__ = ["Model"]

DRAWN: dict[type[Node], str] = {DropoutMask: "mask", RandomNormal: "normal", RandomUniform: "uniform"}
"""What an input is called that a draw becomes, behind the name of the operation that draws."""


class Model:
    """What a writer has written, as the messages that a file consists of."""

    def __init__(self, onnx: Any, writer: Writer, graph: Graph, new: Mapping[Variable, Node], whole: Graph) -> None:
        self.onnx, self.helper, self.writer = onnx, onnx.helper, writer
        self.graph, self.new, self.whole = graph, new, whole
        self.counts: Counter[str] = Counter()
        """How many names more are taken that begin with a wish."""
        self.taken = {*graph.outputs, *whole.inputs, *whole.variables}
        self.numbers: list[np.ndarray[Any, Any]] = []
        self.updated = {variable: self.free(f"{variable.name}_new") for variable in new}

    def free(self, wish: str) -> str:
        """A name that nothing else has."""
        name = wish
        while name in self.taken:
            self.counts[wish] += 1
            name = f"{wish}_{self.counts[wish] + 1}"
        self.taken.add(name)
        return name

    def proto(self) -> Any:
        """The whole model but for the numbers of its initialisers, which are `numbers`, one after another."""
        scope = self.writer.scopes[0]
        named = {**self.graph.outputs, **{self.updated[variable]: node for variable, node in self.new.items()}}
        self._name_outputs(named)
        needed = self._needed(scope, [value for value, _ in scope.outputs])
        for node in self.whole.nodes:
            value = self.writer.values.get(node)
            if node.name and isinstance(value, Value) and not value.name and node.name not in self.taken:
                self.taken.add(node.name)
                value.name = node.name
        draws = self.writer.draws.values()
        for draw in draws:
            draw.value.name = self.free("_".join(filter(None, [draw.owner.name, DRAWN[type(draw.node)]])))
        inputs = [*scope.inputs, *((draw.value, draw.node) for draw in draws)]
        inputs += [(self.writer.values[variable], variable) for variable in self.new]
        stored = self._initializers(needed)
        body = self.helper.make_graph(
            self._nodes(scope, needed),
            "minigraph",
            [self._typed(value, node) for value, node in inputs],
            [self._typed(value, node) for value, node in scope.outputs],
            [tensor for tensor, _ in stored],
        )
        opsets = [self.helper.make_opsetid("", self.writer.opset)]
        self.numbers = [array for _, array in stored]
        model = self.helper.make_model(
            body,
            opset_imports=opsets,
            ir_version=self.helper.find_min_ir_version_for(opsets),
            producer_name="minigraph",
            producer_version=metadata.version("minigraph"),
        )
        self.helper.set_model_props(model, self._properties())
        return model

    def _properties(self) -> dict[str, str]:
        """How the model was made: its parameters, other variables, their next values among the outputs, what is drawn."""
        names = {
            "parameters": list(self.whole.parameters),
            "variables": [name for name in self.whole.variables if name not in self.whole.parameters],
            "updates": {str(variable.name): name for variable, name in self.updated.items()},
            "draws": {draw.value.name: self._how(draw.node) for draw in self.writer.draws.values()},
        }
        return {f"minigraph.{key}": json.dumps(value, ensure_ascii=False) for key, value in names.items() if value}

    @staticmethod
    def _how(node: Node) -> dict[str, Any]:
        """What an input is drawn by: the operation, and its numbers."""
        numbers = {key: getattr(node, key) for key in node.attributes if key not in ("stream", "to")}
        return {"operation": type(node).__name__, **numbers}

    def _name_outputs(self, named: Mapping[str, Node]) -> None:
        """An output has its name from what computes it; one that is computed by nothing, or is another too, by Identity."""
        writer, scope = self.writer, self.writer.scopes[0]
        computed = {value for operator in scope.operators for value in operator.outputs}
        for name, node in named.items():
            value = writer.values[node]
            if value.name or value not in computed:
                writer.block, writer.line = node.block, node.line
                value = writer.op("Identity", value, again=True)
            value.name = name
            scope.outputs.append((value, node))

    def _needed(self, scope: Scope, outputs: list[Value]) -> set[Value]:
        """The values that outputs follow from; operators that give none of them are not written."""
        needed = set(outputs)
        for operator in reversed(scope.operators):
            if needed.isdisjoint(operator.outputs):
                continue
            needed.update(value for value in operator.inputs if value is not None)
            if operator.body:
                needed |= self._needed(operator.body, [value for value, _ in operator.body.outputs])
        return needed

    def _initializers(self, needed: set[Value]) -> list[tuple[Any, np.ndarray[Any, Any]]]:
        """What is stored: the constants and variables that are needed, and the present values of what a step changes.

        Each is a tensor without its numbers, and these.
        """
        variables = [source for _, source in self.writer.stored.values() if isinstance(source, Variable)]
        arrays = dict(zip(variables, current_arrays(variables), strict=True))
        found = []
        for key, (value, source) in self.writer.stored.items():
            if value in needed or key in self.new:
                value.name = value.name if isinstance(source, Variable) else self.free(value.name or "constant")
                array = np.asarray(arrays[source] if isinstance(source, Variable) else source, order="C")
                kind = self.helper.np_dtype_to_tensor_dtype(array.dtype)
                found.append((self.onnx.TensorProto(name=value.name, dims=array.shape, data_type=kind), array))
        return found

    def _nodes(self, scope: Scope, needed: set[Value]) -> Iterator[Any]:
        for operator in scope.operators:
            if not needed.isdisjoint(operator.outputs):
                yield self._node(operator, needed)

    def _node(self, operator: Operator, needed: set[Value]) -> Any:
        """An operator, whose name is the path of its block and whose doc string says where it was made."""
        for value in operator.outputs:
            value.name = value.name or self.free(operator.kind.lower())
        names = [[value.name if value else "" for value in values] for values in (operator.inputs, operator.outputs)]
        attributes = dict(operator.attributes)
        if operator.body:
            attributes["body"] = self._body(operator.body, names[1][0], needed)
        parts = [part.replace("/", "_") for part in (*operator.block, names[1][0])]
        path = "/".join(["", *parts] if len(parts) > 1 else parts)
        node = self.helper.make_node(operator.kind, *names, name=path, doc_string=operator.line or None)
        types = self.onnx.defs.get_schema(operator.kind, self.writer.opset).attributes
        node.attribute.extend(self._attribute(key, value, types[key].type) for key, value in sorted(attributes.items()))
        return node

    def _attribute(self, key: str, value: Any, kind: Any) -> Any:
        if isinstance(value, np.ndarray):
            value = self.onnx.numpy_helper.from_array(value)
        return self.helper.make_attribute(key, value, attr_type=int(kind.value))

    def _body(self, scope: Scope, name: str, needed: set[Value]) -> Any:
        for value, leaf in scope.inputs:
            value.name = self.free(str(leaf.name))
        for value, node in scope.outputs:
            value.name = self.free(node.name or "step")
        nodes = list(self._nodes(scope, needed))
        inputs, outputs = ([self._typed(value, node) for value, node in each] for each in (scope.inputs, scope.outputs))
        return self.helper.make_graph(nodes, name, inputs, outputs)

    def _typed(self, value: Value, node: Node) -> Any:
        axes = [str(axis) if isinstance(axis, SymbolicSize) else int(axis) for axis in node.shape]
        return self.helper.make_tensor_value_info(value.name, self.helper.np_dtype_to_tensor_dtype(value.dtype), axes)
