"""What lints ask about a graph: who uses a node, between what its value lies, where a gradient returns."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from minigraph.core.errors import MinigraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import topological_order
from minigraph.core.vjp import is_scalar, on_the_way, reverse_mode
from minigraph.ops.activations import Relu
from minigraph.ops.arithmetic import Abs, Div, Mul, Neg, StopGradient, Sub
from minigraph.ops.elementary import Exp
from minigraph.ops.extrema import Clip, Max
from minigraph.ops.reductions import ReduceMax, ReduceSum
from minigraph.ops.softmax import Softmax
from minigraph.readings.bounds import Bounds, bounds_of
from minigraph.readings.sameness import moved_operand

__all__ = ["Facts", "Reasons", "code", "elementwise", "is_relu", "scores_of", "source"]

Reasons = tuple[str, str] | None
"""What a lint finds at one node: why it is a mistake and the remedy, or None."""


def source(node: Node) -> Node:
    """The node whose elements these are, before they were moved, cast or reshaped.

    >>> import minigraph as mg
    >>> source(mg.Input("x", ("N", 2)).T.astype(float))
    Input 'x' (N × 2, float32)
    """
    while (moved := moved_operand(node)) is not None:
        node = moved
    return node


def code(node: Node, letter: str) -> str:
    """A node in an expression: its name, where it has one that can be written there, or a letter."""
    return node.name if node.name and node.name.isidentifier() else letter


def elementwise(node: Node) -> bool:
    """Whether each element is computed of those in the same place, repeated along axes where operands lack them."""
    return type(node).infer is Node.infer or isinstance(node, Clip)


def is_relu(node: Node) -> bool:
    """Whether it is a relu, or the maximum of something and 0."""
    zeros = (isinstance(each, Constant) and not each.value.any() for each in node.operands)
    return isinstance(node, Relu) or (isinstance(node, Max) and len(node.operands) == 2 and any(zeros))


def scores_of(node: Node) -> Node | None:
    """What a softmax is taken of, written as one or as powers by their sum; else None."""
    if isinstance(node, Softmax):
        return node.operands[0]
    if isinstance(node, Div) and isinstance(node.operands[0], Exp):
        summed = source(node.operands[1])
        if isinstance(summed, ReduceSum) and summed.operands[0] is node.operands[0]:
            return _before_its_largest(node.operands[0].operands[0])
    return None


def _before_its_largest(node: Node) -> Node:
    """The scores, of scores from which their largest has been taken, so that no power overflows."""
    if isinstance(node, Sub):
        largest = source(node.operands[1])
        largest = source(largest.operands[0]) if isinstance(largest, StopGradient) else largest
        if isinstance(largest, ReduceMax) and largest.operands[0] is node.operands[0]:
            return node.operands[0]
    return node


class Facts:
    """What is known of a graph, each found once, when the first lint asks for it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    @cached_property
    def users(self) -> dict[Node, list[Node]]:
        """The operations that use a node, once for each operand that it is."""
        users: dict[Node, list[Node]] = {node: [] for node in self.graph.nodes}
        for node in self.graph.operations:
            for operand in node.operands:
                users[operand].append(node)
        return users

    @cached_property
    def unreached_leaves(self) -> frozenset[Node]:
        """The inputs and variables among the graph's names that no output depends on.

        A notebook's names are those of all its graphs: a leaf that named operations use, but none that also uses this graph's
        nodes, is another's.
        """
        nodes, given = set(self.graph.nodes), self.graph.unreached
        uses: dict[Node, list[bool]] = {leaf: [] for leaf in given if isinstance(leaf, Leaf) and not isinstance(leaf, Constant)}
        for operation in [node for node in given if node.operands] if uses else ():
            order = topological_order([operation])
            of_this_graph = not nodes.isdisjoint(order)
            for node in uses.keys() & set(order):
                uses[node].append(of_this_graph)
        return frozenset(leaf for leaf, found in uses.items() if any(found) or not found)

    @cached_property
    def learned_values(self) -> frozenset[Node]:
        """The parameters, and the operations whose values training changes."""
        return self._following(self.graph.parameters.values())

    @cached_property
    def given_values(self) -> frozenset[Node]:
        """The inputs, and the operations whose values depend on what a run is given."""
        return self._following(node for node in self.graph.nodes if isinstance(node, Input))

    def _following(self, leaves: Iterable[Node]) -> frozenset[Node]:
        found = set(leaves)
        for node in self.graph.operations:
            if not found.isdisjoint(node.operands):
                found.add(node)
        return frozenset(found)

    @cached_property
    def bounds(self) -> dict[Node, Bounds]:
        """Between what each value lies."""
        return bounds_of(self.graph.nodes)

    @cached_property
    def loss(self) -> Node | None:
        """What training makes small: the output named loss, or else the first, where that is a number of no axes."""
        outputs = self.graph.outputs
        first = next(iter(outputs.values()))
        return outputs["loss"] if "loss" in outputs and is_scalar(outputs["loss"]) else first if _is_number(first) else None

    def receives_gradient(self, node: Node) -> bool:
        """Whether the gradient of the loss, or without one of the first output, returns to a node.

        It is taken to do so where a rule that cannot be read with nodes hides it.
        """
        return self._differentiated is None or node in self._differentiated

    @cached_property
    def _differentiated(self) -> dict[Node, Any] | None:
        target = next(iter(self.graph.outputs.values())) if self.loss is None else self.loss
        if target.dtype.kind != "f":
            return {}
        cotangent = Input("□", ())
        cotangent.shape, cotangent.dtype = target.shape, target.dtype
        try:
            with composed_at(""):
                return reverse_mode(on_the_way(topological_order([target])), lambda node: node, cotangent)
        except MinigraphError:  # a rule that cannot be read with nodes
            return None

    @cached_property
    def learned(self) -> frozenset[Node]:
        """The nodes that depend on a parameter, whose gradient training needs; all, where there is none."""
        return self.learned_values or frozenset(self.graph.nodes)

    @cached_property
    def stuck(self) -> tuple[Node, ...]:
        """The parameters whose gradient is 0 as long as they are what they are, whatever the inputs and the others become.

        It is read from the bounds of the gradient. What has another gradient is taken to become anything, until none is left
        that has.
        """
        gradients = (
            {each: self._differentiated.get(each) for each in self.graph.parameters.values()} if self._differentiated else {}
        )
        known = {each: found for each, found in gradients.items() if isinstance(found, Node)}
        order, moves = topological_order(list(known.values())), list(known)
        while moves and known:
            bounds = bounds_of(order, known)
            moves = [each for each, gradient in known.items() if bounds[gradient].low or bounds[gradient].high]
            for each in moves:
                del known[each]
        return tuple(known)

    def reaches_zero(self, node: Node) -> bool:
        """Whether a value that the graph computes can be 0; what a run is given for an input is its own concern."""
        return self.bounds[node].reaches_zero and not _given(node)


def _is_number(node: Node) -> bool:
    return node.dtype.kind == "f" and not node.ndim


def _given(node: Node) -> bool:
    """Whether it is an input, or the size of one's axis, or one of these scaled by constants."""
    while not isinstance(node, Input | Sizes):
        factors = [operand for operand in node.operands if not isinstance(operand, Constant)]
        scales = isinstance(node, Mul | Neg | Abs) or moved_operand(node) is not None
        if not scales or len(factors) != 1:
            return False
        node = factors[0]
    return True
