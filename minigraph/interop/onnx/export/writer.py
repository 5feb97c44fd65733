"""A graph written as ONNX's operators: the reader turned round.

A node becomes

1. the operator of its name, where its attributes and element types are ONNX's (`_same`, the inverse of `call.same`);
2. a few operators, where ONNX has it in another form (`forms.py`);
3. else other nodes, each of which is written in turn (`lowering.py`): those that `equals.py` says it is equal to, or what its
   own rule composes.

What is left is refused, by its node.
"""

from collections import ChainMap
from collections.abc import Hashable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.values import wide
from minigraph.interop.onnx.call import written_as
from minigraph.interop.onnx.export.emission import Emission, Operator, Scope, Unfit, Value
from minigraph.interop.onnx.export.forms import FORMS, ONLY
from minigraph.interop.onnx.export.lowering import DRAWS, Lowering
from minigraph.ops.multi_output import MultiOutput, Part
from minigraph.ops.scan import Scan
from minigraph.ops.sizes import InSizes

__all__ = ["Draw", "Writer"]


@dataclass(frozen=True)
class Draw:
    """A draw of random numbers, which a step is given: what it is of, as the first of the nodes that draw it says."""

    value: Value
    node: Node
    owner: Node
    """The operation of the user's graph that draws."""


class Writer(Emission):
    """What is written of one graph so far."""

    def __init__(self, onnx: Any, opset: int, inputs: Iterable[Input], draws: bool) -> None:
        super().__init__(onnx, opset, inputs)
        self.allows_draws = draws
        self.values: MutableMapping[Node, Any] = {leaf: value for value, leaf in self.scopes[0].inputs}
        """The value of each node that is written; of one of several values those of its parts, by their numbers."""
        self.draws: dict[Hashable, Draw] = {}
        self.refused: dict[Node, str] = {}
        """What cannot be written, by the node of the user's graph, with the reason."""
        self.lowering = Lowering(self._writes, self._results)
        self.instead: dict[Node, Node | None] = {}
        """What is written in the place of a node, or None where it is written itself."""

    def write(self, outputs: Iterable[Node]) -> None:
        """Write all that the outputs depend on."""
        targets = list(outputs)
        for node in topological_order(targets, self.values):
            if isinstance(node, Part):
                self.lowering.reads.setdefault(node.operands[0], set()).add(node.i)
        pending = targets[::-1]
        while pending:
            node = pending[-1]
            if node in self.values:
                pending.pop()
                continue
            if node not in self.instead:
                self.instead[node] = self.lowering.instead(node)
            other = self.instead[node]
            waiting = [each for each in (node.operands if other is None else (other,)) if each not in self.values]
            if waiting:
                pending.extend(waiting[::-1])
                continue
            if other is not None:
                self.values[node] = self.values[other]
            elif any(self.values[operand] is None for operand in node.operands):
                self.values[node] = None  # what it is made of is refused
            else:
                try:
                    self.block, self.line = node.block, node.line
                    self.values[node] = self._direct(node)
                except Unfit as reason:
                    other = self.lowering.wider(node)
                    self.instead[node] = other = self.lowering.expanded(node) if other is None else other
                    if other is not None:
                        continue
                    self._refuse(node, str(reason))
            pending.pop()

    def _refuse(self, node: Node, reason: str) -> None:
        owner = self.lowering.origins(node)[-1]
        if owner is not node:
            reason = f"its rule comes to {type(node).__name__}, and {reason}"
        self.refused.setdefault(owner, reason)
        self.values[node] = None

    def _direct(self, node: Node) -> Any:
        """The value of a node whose operands are written."""
        if isinstance(node, Leaf):
            return self._leaf(node)
        values = [self.values[operand] for operand in node.operands]
        if isinstance(node, Scan):
            return self._scan(node, values)
        if isinstance(node, Part):
            found = values[0][node.i]
            return found if found.dtype == node.dtype else self.cast(found, node.dtype)
        if isinstance(node, MultiOutput):
            raise Unfit("ONNX has no operator for it, and its rule runs on numbers alone")
        if isinstance(node, DRAWS):
            return self._draw(node)
        if isinstance(node, InSizes) and len(node.operands) == len(node.operand_names):
            values.pop()  # it holds attributes that are in sizes, which are written where they are read
        if not self._writes(node):
            raise Unfit("ONNX has no operator for it, and its rule is not composed of others")
        return FORMS[type(node)](self, node, *values) if type(node) in FORMS else self._same(node, values)

    def _leaf(self, node: Leaf) -> Value:
        if isinstance(node, Sizes):
            return self.sizes(node.sizes, node.ndim, node.dtype)
        if isinstance(node, Constant):
            return self.constant(node.value, name=node.name)
        if not isinstance(node, Variable):
            raise Unfit("it is no value of this graph")
        return self.stored.setdefault(node, (Value(node.dtype, str(node.name)), node))[0]

    def _draw(self, node: Any) -> Value:
        """A draw is an input of a training step: ONNX has no generator that draws what minigraph's does."""
        if not self.allows_draws:
            raise Unfit("ONNX has no generator that draws its numbers")
        key = (type(node), node.operands[-1], node.stream)
        if key not in self.draws:
            self.draws[key] = Draw(Value(node.dtype), node, self.lowering.origins(node)[-1])
        return self.draws[key].value

    def _scan(self, node: Scan, values: list[Any]) -> dict[int, Value]:
        """A Scan: the carry and slices are inputs of its body, which sees what is captured."""
        body = node.body.converted(wide)
        first, sequences, captured = body.split([self.cast(each, wide(each.dtype)) for each in values])
        count, scope, outer = len(body.carry), Scope(), (self.values, self.known)
        read = sorted(i for i in self.lowering.reads.get(node, ()) if i >= count)
        self.values, self.known = ChainMap({}, self.values), ChainMap({}, self.known)
        self.scopes.append(scope)
        try:
            for leaf in (*body.carry, *body.slices):
                self.values[leaf] = Value(leaf.dtype)
                scope.inputs.append((self.values[leaf], leaf))
            self.values.update(zip(body.captured, captured, strict=True))
            outputs = [*body.new, *(body.stacked[i - count] for i in read)]
            self.write(outputs)
            if any(self.values[each] is None for each in outputs):
                return dict.fromkeys([*range(count), *read], Value(np.dtype(np.float32)))
            for each in outputs:  # one value may be several of its outputs, or an input of it, which Identity tells apart
                scope.outputs.append((self.op("Identity", self.values[each], again=True), each))
        finally:
            self.scopes.pop()
            self.values, self.known = outer
        turned = int(node.reverse)
        results = tuple(Value(each.dtype) for each in outputs)
        options: dict[str, Any] = {"num_scan_inputs": len(sequences)}
        if turned:
            options |= {"scan_input_directions": [1] * len(sequences)}
            options |= {"scan_output_directions": [1] * len(read)} if read else {}
        self._add(Operator("Scan", (*first, *sequences), results, options, node.block, node.line, scope))
        return dict(zip([*range(count), *read], results, strict=True))

    # By its name

    def _writes(self, node: Any) -> bool:
        """Whether a node has a form, or an operator that means the same by its name: no attribute says what ONNX has not."""
        kind = type(node)
        if not kind.trusted or (kind in ONLY and not ONLY[kind](node)):
            return False
        schema = self.schema(written_as(kind))
        if kind in FORMS or schema is None:
            return kind in FORMS
        inputs = {each.name for each in schema.inputs}
        exact = node.dtype != np.float64 or "stash_type" not in schema.attributes  # it would compute in single precision
        return exact and all(
            (key in schema.attributes or key in inputs or getattr(node, key) == default)
            and self._is_exact(node, getattr(node, key))
            for key, default in kind.attributes.items()
        )

    @staticmethod
    def _is_exact(node: Node, value: Any) -> bool:
        """Whether an attribute is what the rule computes with, in the single precision that ONNX stores it in."""
        return not isinstance(value, float) or node.dtype != np.float64 or float(np.float32(value)) == value

    def _same(self, node: Any, values: list[Value]) -> Value:
        """The operator of the same name; what ONNX takes as an input, where minigraph has an attribute, is given as one."""
        kind = written_as(type(node))
        schema, attributes = self.schema(kind), {key: getattr(node, key) for key in type(node).attributes}
        rest, given = list(values), list[Value | None]()
        for formal in schema.inputs:
            if formal.name in attributes:
                value = attributes.pop(formal.name)
                given.append(None if value is None else self.integers(value))
            elif formal.option.name == "Variadic":
                given, rest = [*given, *rest], []
            else:
                given.append(rest.pop(0) if rest else None)
        taken = {key: value for key, value in attributes.items() if key in schema.attributes and value is not None}
        return self.op(kind, *given, **taken)

    def _results(self, node: Node) -> str:
        """Of what type the operator of that name says that its result is."""
        schema = self.schema(written_as(type(node)))
        if schema is None:
            return ""
        named = schema.outputs[0].type_str
        only = [each.allowed_type_strs for each in schema.type_constraints if each.type_param_str == named]
        return str(only[0][0]) if only and len(only[0]) == 1 else str(named)
