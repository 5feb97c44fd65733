"""What lints ask about a graph: who uses a node, between what its value lies, where a gradient arrives."""

from functools import cached_property

from minigraph.core.errors import MinigraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import topological_order
from minigraph.core.vjp import reverse_mode
from minigraph.ops.arithmetic import Abs, Mul, Neg
from minigraph.readings.bounds import Bounds, bounds_of
from minigraph.readings.sameness import moved_operand

__all__ = ["Facts", "source"]


def source(node: Node) -> Node:
    """The node whose elements these are, before they were moved, cast or reshaped.

    >>> import minigraph as mg
    >>> source(mg.Input("x", ("N", 2)).T.astype(float))
    Input 'x' (N × 2, float32)
    """
    while (moved := moved_operand(node)) is not None:
        node = moved
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
        held, given = set(self.graph.nodes), self.graph.unreached
        uses: dict[Node, list[bool]] = {leaf: [] for leaf in given if isinstance(leaf, Leaf) and not isinstance(leaf, Constant)}
        for operation in [node for node in given if node.operands] if uses else ():
            order = topological_order([operation])
            ours = not held.isdisjoint(order)
            for node in order:
                if node in uses:
                    uses[node].append(ours)
        return frozenset(leaf for leaf, ours in uses.items() if any(ours) or not ours)

    @cached_property
    def bounds(self) -> dict[Node, Bounds]:
        """Between what each value lies."""
        return bounds_of(self.graph.nodes)

    @cached_property
    def loss(self) -> Node | None:
        """What training makes small: the output named loss, or else the first, where that is a number."""
        outputs = self.graph.outputs
        first = outputs.get("loss", next(iter(outputs.values())))
        return first if first.dtype.kind == "f" and all(axis == 1 for axis in first.shape) else None

    @cached_property
    def slopes(self) -> frozenset[Node] | None:
        """The nodes at which the gradient of the loss, or without one of the first output, arrives; None if a rule hides it."""
        target = next(iter(self.graph.outputs.values())) if self.loss is None else self.loss
        if target.dtype.kind != "f":
            return frozenset()
        cotangent = Input("□", ())
        cotangent.shape, cotangent.dtype = target.shape, target.dtype
        try:
            with composed_at(""):
                return frozenset(reverse_mode(self.graph.order(target), lambda node: node, cotangent))
        except MinigraphError:  # a rule that cannot be read with nodes
            return None

    @cached_property
    def learned(self) -> frozenset[Node]:
        """The nodes that depend on a parameter, whose gradient training needs; all, where there is none."""
        found: set[Node] = set(self.graph.parameters.values())
        if not found:
            return frozenset(self.graph.nodes)
        for node in self.graph.operations:
            if not found.isdisjoint(node.operands):
                found.add(node)
        return frozenset(found)

    def reaches_zero(self, node: Node) -> bool:
        """Whether a value that the graph computes can be 0; what a run is given for an input is its own concern."""
        return self.bounds[node].reaches_zero and not _given(node)


def _given(node: Node) -> bool:
    """Whether it is an input, or one scaled by constants."""
    while not isinstance(node, Input):
        factors = [operand for operand in node.operands if not isinstance(operand, Constant)]
        scales = isinstance(node, Mul | Neg | Abs) or moved_operand(node) is not None
        if not scales or len(factors) != 1:
            return False
        node = factors[0]
    return True
