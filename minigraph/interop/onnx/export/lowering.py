"""What is written in the place of a node that ONNX has no operator for: nodes that come to the same."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.provenance import PATH, composed_at, within
from minigraph.core.rewriting import altered, convert_state, in_single, topological_order
from minigraph.core.run import forward
from minigraph.core.values import widened
from minigraph.interop.onnx.export.equals import EQUAL
from minigraph.ops import OPERATIONS
from minigraph.ops.copies import substituted
from minigraph.ops.multi_output import MultiOutput, Part
from minigraph.ops.random import DropoutMask, RandomNormal, RandomUniform
from minigraph.readings import expand

__all__ = ["DRAWS", "Lowering"]

DRAWS = (DropoutMask, RandomNormal, RandomUniform)
NARROW = frozenset(map(np.dtype, (np.int8, np.int16, np.uint8, np.uint16, np.uint32)))
"""Whole numbers that few runtimes compute with: these compute in int64, and wrap round as they are cast back."""


class Lowering:
    """Which nodes were composed in the place of others.

    Parameters
    ----------
    writes : callable
        Whether a node is written as it is: `writes(node)`.
    results : callable
        Of what type the operator of a node's name says that its result is: `results(node)`.
    """

    def __init__(self, writes: Callable[[Node], bool], results: Callable[[Node], str]) -> None:
        self.writes, self.results = writes, results
        self.origin: dict[Node, Node] = {}
        """Of a node that a rule composed, the node whose rule it was."""
        self.reads: dict[Node, set[int]] = {}
        """Which parts of a node of several values are read."""

    def instead(self, node: Node) -> Node | None:
        """What is written in the place of a node, where it is not written itself."""
        if isinstance(node, Leaf):
            return None
        if node.known is not None:
            sizes: Node = altered(Sizes(node.known), shape=node.shape, dtype=node.dtype)
            return sizes
        if 0 in node.shape:
            return _empty(node)
        if isinstance(node, (MultiOutput, Part, *DRAWS)):
            return None
        if node.dtype.char == "e" or any(operand.dtype.char == "e" for operand in node.operands):
            if not node.moves_elements:
                return self._composed(node, lambda: in_single(node, [*map(widened, node.operands)]).astype(node.dtype))
        elif not NARROW.isdisjoint([node.dtype, *(operand.dtype for operand in node.operands)]) and not node.moves_elements:
            return self.wider(node)
        kind = type(node)
        if kind.__name__ not in OPERATIONS and (folded := self._folded(node)) is not None:
            return folded
        if kind in EQUAL:
            found = self._composed(node, lambda: EQUAL[kind](node, *node.operands))
            if found is not None:
                return found
        if self.writes(node):
            return None
        found = self.expanded(node)
        return self._folded(node) if found is None else found

    def _folded(self, node: Node) -> Node | None:
        """Constant folding: the value of what follows from constants and static sizes alone, as Resize's weights do."""
        if node.dtype == object:
            return None
        known: dict[Node, Node] = {}
        for each in topological_order([node], operands=lambda each: () if each.known is not None else each.operands):
            if each.known is not None and all(isinstance(size, int) for size in each.known):
                known[each] = Constant(np.array(each.known, each.dtype).reshape(each.shape))
            elif not each.operands and not isinstance(each, Constant):
                return None
        value = substituted([node], known)[node]
        return Constant(forward(Graph(value=value))["value"], dtype=node.dtype)

    def _composed(self, node: Node, compose: Any) -> Node | None:
        """What is composed in the place of a node, which remembers whose it is."""
        with within(PATH, node.block), composed_at(node.line):
            found: Node | None = compose()
        if found is not None:
            for each in topological_order([found], {node, *node.operands}):
                if isinstance(each, Part):
                    self.reads.setdefault(each.operands[0], set()).add(each.i)
                if not isinstance(each, Input | Variable):
                    self.origin.setdefault(each, node)
        return found

    def expanded(self, node: Node) -> Node | None:
        """What the node's own rule composes; None where that is no other node, or comes back to the same operation."""
        found = self._composed(node, lambda: expand(node))
        if found is None or found is node or found.shape != node.shape or found.dtype != node.dtype:
            return None
        own = {(type(each), each.dtype, len(each.operands)) for each in self.origins(node)}
        new = topological_order([found], {node, *node.operands})
        circular = any((type(each), each.dtype, len(each.operands)) in own for each in new if each.operands)
        return None if circular else found

    def origins(self, node: Node) -> list[Node]:
        """The node, and all whose rules composed it."""
        found = [node]
        while found[-1] in self.origin and len(found) < 100:
            found.append(self.origin[found[-1]])
        return found

    def wider(self, node: Node) -> Node | None:
        """The same in int64, cast back, of whole numbers or booleans for which there is no operator."""
        small = NARROW | {np.dtype(bool)}
        if small.isdisjoint(operand.dtype for operand in node.operands) or any(
            each.dtype == object for each in (node, *node.operands)
        ):
            return None

        def in_int64() -> Node | None:
            operands = tuple(each.astype(np.int64) if each.dtype in small else each for each in node.operands)
            copy: Node = altered(node, operands=operands, name=None)
            if node.dtype in NARROW or (node.dtype == bool and "bool" not in self.results(node)):
                convert_state(copy, lambda dtype: np.dtype(np.int64) if dtype in small else dtype)
            found: Node = copy if copy.dtype == node.dtype else copy.astype(node.dtype)
            return found

        if any((type(each), each.dtype) == (type(node), np.dtype(np.int64)) for each in self.origins(node)[1:]):
            return None
        return self._composed(node, in_int64)


def _empty(node: Node) -> Node | None:
    """What has no elements in any run is stored, as runtimes differ in what they compute of none."""
    expand_kind = OPERATIONS["Expand"]
    empty = Constant(np.empty([size if isinstance(size, int) else 1 for size in node.shape], node.dtype), dtype=node.dtype)
    if empty.shape == node.shape:
        return empty
    done = type(node) is expand_kind and isinstance(node.operands[0], Constant)
    return None if done else expand_kind(empty, Sizes(node.shape))
