"""The axes of an ONNX model's inputs: those with a size, those with a name, and those of which nothing is said.

Nothing is said of most batches, or an exporter numbers them, unk__1 and unk__2. Such axes may be of one size, and are taken to
be where an operator asks for it: their inputs then have one name for them, so that each run checks it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import Axis, Shape, names_of, renamed
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.operators import compose
from minigraph.ops import OPERATIONS

__all__ = ["Assumed", "Axes"]

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
        return self._resolved(name)

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
        while isinstance(axis, str) and axis in self.equal:
            axis = self.equal[axis]
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
                for to in [second] * (second > 1) if isinstance(second, int) else sorted(names_of((second,))):
                    if to != name and (isinstance(second, str) or first == name):
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
    return Leaf("x", tuple(renamed(axis, equal) for axis in shape), dtype)
