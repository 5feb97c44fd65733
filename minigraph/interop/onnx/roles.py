"""Which of the numbers that an ONNX model stores are weights: it does not say, but their places in its operators do."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Constant

__all__ = ["MOVED", "Roles"]

PARAMETER, VARIABLE, VECTOR = "parameter", "variable", "vector"
"""What a stored tensor is by its place; a vector's place makes a parameter of what has all its elements along one axis."""

NORMALIZED = {
    "BatchNormalization": {1: PARAMETER, 2: PARAMETER, 3: VARIABLE, 4: VARIABLE},
    "GroupNormalization": {1: PARAMETER, 2: PARAMETER},
    "InstanceNormalization": {1: PARAMETER, 2: PARAMETER},
    "LayerNormalization": {1: PARAMETER, 2: PARAMETER},
    "RMSNormalization": {1: PARAMETER},
}
PRODUCTS = {
    "Conv": {1: PARAMETER, 2: PARAMETER},
    "ConvTranspose": {1: PARAMETER, 2: PARAMETER},
    "Einsum": {0: PARAMETER, 1: PARAMETER, 2: PARAMETER, 3: PARAMETER},
    "Gemm": {0: PARAMETER, 1: PARAMETER, 2: PARAMETER},
    "MatMul": {0: PARAMETER, 1: PARAMETER},
}
OTHERS = {
    "GRU": {1: PARAMETER, 2: PARAMETER, 3: PARAMETER},
    "Gather": {0: PARAMETER},
    "LSTM": {1: PARAMETER, 2: PARAMETER, 3: PARAMETER, 7: PARAMETER},
    "PRelu": {1: PARAMETER},
    "RNN": {1: PARAMETER, 2: PARAMETER, 3: PARAMETER},
}
SLOTS: dict[str, dict[int, str]] = {**NORMALIZED, **PRODUCTS, **OTHERS}
"""The inputs of an operator that hold weights or running statistics, by their number."""

MOVED = {"Cast", "CastLike", "Expand", "Flatten", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"}
"""The operators that lay their first input out anew: what reaches a weight's place through them is a weight."""

SCALED = {"Add", "Mul"}
"""Behind a product or a normalisation, these scale and shift its channels, by a vector each: its weight and its bias."""


def recorded(model: Any) -> dict[str, frozenset[str]]:
    """The names of parameters and of other variables, as a model says them that `graph.to_onnx` wrote."""
    texts = {each.key: each.value for each in model.metadata_props}
    names = {kind: _names(texts.get(f"minigraph.{kind}", "")) for kind in ("parameters", "variables")}
    return {kind: frozenset(each) for kind, each in names.items()}


def _names(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


class Roles:
    """What the values of a model are by their places: parameters, variables, or neither."""

    def __init__(self, model: Any, chosen: Callable[[str], bool] | None = None) -> None:
        self.functions = {(each.domain, each.name, each.overload): each for each in model.functions}
        names = recorded(model)
        self.chosen = names["parameters"].__contains__ if chosen is None and names["parameters"] else chosen
        self.variables = names["variables"]
        self._of_function: dict[Any, dict[int, str]] = {}
        self._of_graph = self._roles(model.graph)

    def kind(self, name: str, array: np.ndarray[Any, Any]) -> type[Constant | Variable]:
        """What a stored tensor is: a parameter where it is chosen, or has more than one element and a weight's place."""
        if name in self.variables and (self.chosen is None or not self.chosen(name)):
            return Variable
        if array.dtype.kind != "f":
            return Constant
        role = self._of_graph.get(name)
        weight = array.size > 1 and (role == PARAMETER or (role == VECTOR and max(array.shape) == array.size))
        if weight if self.chosen is None else self.chosen(name):
            return Parameter
        return Variable if role == VARIABLE else Constant

    def _roles(self, graph: Any, around: Iterable[str] = ()) -> dict[str, str]:
        """The role of each value of a graph or a function that has one, and of each that it sees around it: some are stored."""
        shifted = _shifted(graph.node)
        stored = _stored(graph, around)
        roles: dict[str, str] = {}
        for node in reversed(graph.node):
            moved = next((roles[name] for name in node.output if name in roles), "") if _moves(node, stored) else ""
            places = dict.fromkeys(range(len(node.input)), moved) if moved else self._slots(node)
            if node.op_type in SCALED and node.output[0] in shifted:
                places = {0: VECTOR, 1: VECTOR}
            _join(roles, {name: places[i] for i, name in enumerate(node.input) if places.get(i) and name})
            for inner in _graphs(node):
                found = self._roles(inner, stored)
                _join(roles, found | _outer(node, inner, found))
        return roles

    def _slots(self, node: Any) -> Mapping[int, str]:
        """The inputs of a node that hold weights, by their number; those of a function of the model are found in it."""
        key = (node.domain, node.op_type, node.overload)
        if key not in self.functions:
            return SLOTS.get(node.op_type, {}) if node.domain in ("", "ai.onnx") else {}
        if key not in self._of_function:
            self._of_function[key] = {}  # while it is looked at
            found = self._roles(self.functions[key])
            self._of_function[key] = {i: found[name] for i, name in enumerate(self.functions[key].input) if name in found}
        return self._of_function[key]


def _join(roles: dict[str, str], more: Mapping[str, str]) -> None:
    """A value in several places is a parameter if it is one in any."""
    roles |= {name: role for name, role in more.items() if roles.get(name) != PARAMETER}


def _moves(node: Any, stored: set[str]) -> bool:
    """Whether a node lays out anew what is stored: several such tensors may be joined."""
    return node.op_type in MOVED or (node.op_type == "Concat" and stored.issuperset(node.input))


def _stored(graph: Any, around: Iterable[str]) -> set[str]:
    """The names of what a graph stores, or sees stored around it, laid out anew or not."""
    names = {each.name for each in getattr(graph, "initializer", ())}.union(around)
    for node in graph.node:
        if node.op_type == "Constant" or (_moves(node, names) and names.issuperset(node.input[:1])):
            names.update(node.output)
    return names


def _shifted(nodes: Iterable[Any]) -> set[str]:
    """What a product or a normalisation gives, scaled, shifted and laid out anew or not."""
    found: set[str] = set()
    sums: set[str] = set()
    roots: set[str] = set()
    for node in nodes:
        if node.op_type in PRODUCTS or node.op_type in NORMALIZED:
            found.update(node.output[:1])
        elif found.intersection(node.input[: 1 if node.op_type in MOVED else 2]) and node.op_type in MOVED | SCALED:
            found.update(node.output)
        elif node.op_type == "Add":
            sums.update(node.output)
        elif node.op_type in ("Reciprocal", "Sqrt") and (sums | roots).intersection(node.input):  # √(variance + ε)
            roots.update(node.output)
        elif node.op_type in ("Div", "Mul") and roots.intersection(node.input):
            found.update(node.output)
    return found


def _outer(node: Any, inner: Any, roles: Mapping[str, str]) -> dict[str, str]:
    """The roles of what a node gives to the inputs of its graph, one after another."""
    return {given: roles[own.name] for given, own in zip(node.input, inner.input, strict=False) if given and own.name in roles}


def _graphs(node: Any) -> Iterator[Any]:
    """The graphs that a node holds."""
    for attribute in node.attribute:
        yield from [attribute.g] if attribute.HasField("g") else attribute.graphs
