"""What an ONNX model takes: the axes of its inputs, and which of the numbers that it stores are weights.

Nothing is said of most batches, or an exporter numbers them, unk__1 and unk__2. Such axes may be of one size, and are taken to
be where an operator asks for it: their inputs then have one name for them, so that each run checks it. Nor does ONNX say
which numbers are weights, but their places in its operators do.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.shapes import Shape, names_of
from minigraph.core.sizes import Axis, named_axis, substitute
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.operators import compose
from minigraph.ops import OPERATIONS

__all__ = ["Assumed", "Axes", "Roles"]

NUMBERED = re.compile(r"unk__\d+")
"""How exporters number the axes of which they know nothing."""
TRIED = 500
"""How many ways to take axes for equal are tried for one node at most."""


class Assumed(Exception):
    """Axes have been taken for equal: the model is to be read anew."""


class Axes:
    """The names of a model's axes, and which of them are taken for equal."""

    def __init__(self, graph: Any) -> None:
        self.given = {dim.dim_param for each in graph.input for dim in each.type.tensor_type.shape.dim if dim.dim_param}
        self.names: dict[str, str] = {}
        self.open: set[str] = set()
        self.equal: dict[str, Axis] = {}
        self.assumed: list[str] = []

    def axis(self, dim: Any, otherwise: str) -> Axis:
        """An axis as the model gives it; `otherwise` is the name of one that has none."""
        if dim.HasField("dim_value") and dim.dim_value != -1:
            return int(dim.dim_value)
        name = self._name(dim.dim_param or self._unlike(otherwise))
        if not dim.dim_param or NUMBERED.fullmatch(dim.dim_param):
            self.open.add(name)
        return self._resolved(named_axis(name))

    def _unlike(self, name: str) -> str:
        return self._unlike(f"{name}_") if name in self.given else name

    def _name(self, given: str) -> str:
        """The name as one word, and another for each."""
        if given not in self.names:
            word = "".join(letter if letter.isidentifier() or letter.isdigit() else "_" for letter in given)
            word = word if word.isidentifier() else f"_{word}"
            while word in self.names.values():
                word += "_"
            self.names[given] = word
        return self.names[given]

    def _resolved(self, axis: Axis) -> Axis:
        while (name := str(axis)) in self.equal:
            axis = self.equal[name]
        return axis

    def assume(self, call: Call) -> bool:
        """Take as few axes for equal as will let a node be composed; whether there are any."""
        shapes = [_asked(call, node) for node in call.operands]
        pairs = list(dict.fromkeys(self._pairs(shapes)))
        tried = 0
        for count in (1, 2, 3):
            for chosen in combinations(pairs, count):
                tried, equal = tried + 1, dict(chosen)
                if tried > TRIED:
                    return False
                if len(equal) == count and not equal.keys() & set(equal.values()) and _composes(call, equal):
                    self.equal |= equal
                    self.assumed += [f"{one} = {other}, for {call.owner}" for one, other in chosen]
                    return True
        return False

    def _pairs(self, shapes: Sequence[Shape]) -> Iterator[tuple[str, Axis]]:
        """Each open axis with others that it may equal: first those that lie beside it, counted from the last axis."""
        for one, other in combinations(shapes, 2):
            for pair in zip(reversed(one), reversed(other), strict=False):
                yield from self._open(*pair)
        for one_axis, other_axis in combinations([axis for shape in shapes for axis in shape], 2):
            yield from self._open(one_axis, other_axis)

    def _open(self, one: Axis, other: Axis) -> Iterator[tuple[str, Axis]]:
        """What an open axis must be for one of the two to equal the other; 1 fits any by broadcasting."""
        for first, second in ((one, other), (other, one)):
            for name in sorted(names_of((first,)) & self.open):
                for to in [second] * (second > 1) if isinstance(second, int) else map(named_axis, sorted(names_of((second,)))):
                    if to != name and (not isinstance(second, int) or first == name):
                        yield name, to


def _asked(call: Call, node: Node) -> Shape:
    """The axes that an operator asks something of: parts may be of any sizes along the axis that Concat joins them along."""
    if node.known is not None:
        return node.known
    if call.operator != "Concat" or not node.ndim:
        return node.shape
    axis = call.axis(call.attributes.get("axis", 1), node.ndim)
    return (*node.shape[:axis], *node.shape[axis + 1 :])


def _composes(call: Call, equal: Mapping[str, Axis]) -> bool:
    """Whether a node can be composed once some axes are equal."""
    try:
        inputs = [(name, None if node is None else _standing(node, equal)) for name, node in call.inputs]
        compose(replace(call, inputs=inputs))
    except MinigraphError:
        return False
    return True


def _standing(node: Node, equal: Mapping[str, Axis]) -> Node:
    """A node of the same type with other axes, or one that holds other sizes."""
    if node.known is not None and names_of(node.known).intersection(equal):
        sizes = OPERATIONS["Shape"](_renamed(node.known, np.dtype(np.float32), equal))
        return sizes if node.ndim else OPERATIONS["Gather"](sizes, 0)
    return _renamed(node.shape, node.dtype, equal) if names_of(node.shape).intersection(equal) else node


def _renamed(shape: Shape, dtype: np.dtype[Any], equal: Mapping[str, Axis]) -> Leaf:
    return Leaf("x", tuple(substitute(axis, equal) for axis in shape), dtype)


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


class Roles:
    """What the values of a model are by their places: parameters, variables, or neither."""

    def __init__(self, model: Any, chosen: Callable[[str], bool] | None = None) -> None:
        self.functions = {(each.domain, each.name, each.overload): each for each in model.functions}
        self.chosen = chosen
        self._of_function: dict[Any, dict[int, str]] = {}
        self._of_graph = self._roles(model.graph)

    def kind(self, name: str, array: np.ndarray[Any, Any]) -> type[Constant | Variable]:
        """What a stored tensor is: a parameter where it is chosen, or has more than one element and a weight's place."""
        if array.dtype.kind != "f":
            return Constant
        role = self._of_graph.get(name)
        weight = array.size > 1 and (role == PARAMETER or (role == VECTOR and max(array.shape) == array.size))
        if weight if self.chosen is None else self.chosen(name):
            return Parameter
        return Variable if role == VARIABLE else Constant

    def _roles(self, graph: Any) -> dict[str, str]:
        """The role of each value of a graph or a function that has one, and of each around it that it sees."""
        shifted = _shifted(graph.node)
        stored = _stored(graph)
        roles: dict[str, str] = {}
        for node in reversed(graph.node):
            moved = next((roles[name] for name in node.output if name in roles), "") if _moves(node, stored) else ""
            places = dict.fromkeys(range(len(node.input)), moved) if moved else self._slots(node)
            if node.op_type in SCALED and node.output[0] in shifted:
                places = {0: VECTOR, 1: VECTOR}
            _join(roles, {name: places[i] for i, name in enumerate(node.input) if places.get(i) and name})
            for inner in _graphs(node):
                found = self._roles(inner)
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


def _stored(graph: Any) -> set[str]:
    """The names of what a graph stores, laid out anew or not."""
    names = {each.name for each in getattr(graph, "initializer", ())}
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
