"""What of a graph stands in its circuit: nodes, closed blocks in the place of theirs, and one of several equal parts."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from math import inf
from typing import Literal

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter, Variable
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.provenance import derivative_order
from minigraph.explain.circuit.folding import Folds
from minigraph.explain.circuit.repeats import Path

__all__ = ["LIMIT", "WHOLE", "Box", "Depth", "Item", "Output", "View", "Wire", "kind_of", "spine_of"]

WHOLE, PAGE = 32, 24
"""Up to how many operations everything is shown in a row, and how many operations and closed blocks are where that is too
much."""

LIMIT = 400
"""Up to how many operations and closed blocks Graphviz lays a circuit out."""

Depth = int | Literal["fit"] | None
"""How far blocks are opened: so many levels; as far as it can be read, "fit"; or None for every node, equal or not."""


@dataclass(eq=False)
class Box:
    """A closed block: one thing in the picture, in the place of all its nodes."""

    path: Path
    nodes: list[Node] = field(default_factory=list)


Item = Node | Box
"""What the picture shows as one thing."""

LEAVES = {Input: "input", Parameter: "parameter", Variable: "variable", Constant: "constant", Sizes: "constant", Box: "block"}


def kind_of(item: Item) -> str:
    """What an item is called in the legend."""
    return next((word for leaf, word in LEAVES.items() if isinstance(item, leaf)), "operation")


Wire = tuple[Item, int]
"""The wire to an item: for a node which of its operands, for a block which of the wires that enter it."""


@dataclass(frozen=True)
class Output:
    """An output of the graph, or several that are drawn as one: those of equal parts, or the many of a closed block."""

    id: str
    """Its name in DOT."""
    names: tuple[str, ...]
    values: tuple[Node, ...]
    """What of the picture they show."""


@dataclass
class View:
    """The picture's contents, before they are drawn."""

    graph: Graph
    representative: dict[Node, Node]
    """The node that is shown in the place of each: itself, or its like in the first of several equal parts."""
    item: dict[Node, Item]
    """What shows each node that is its own representative."""
    cluster: dict[Item, Path] = field(default_factory=dict)
    """The open blocks around each item."""
    times: dict[Path, tuple[int, str]] = field(default_factory=dict)
    """How often an equal part is there, with the name of the last."""
    aside: set[Path] = field(default_factory=set)
    """Which of these are there side by side, not one after the other."""
    carried: dict[Path, list[Node]] = field(default_factory=dict)
    """What each of several equal parts, one after the other, hands to the next."""
    hidden: set[Node] = field(default_factory=set)
    """What is in one of these that is not the first."""
    last: dict[Node, str] = field(default_factory=dict)
    """The name of the last of several leaves, one for each of several equal parts, which are shown as one."""
    wires: dict[Node, list[Wire]] = field(default_factory=dict)
    """Where each value goes, outside of the block that it is in."""
    operands: dict[Wire, list[tuple[Node, int]]] = field(default_factory=dict)
    """The operands that a wire stands for: one, or all in a block that take the value."""
    handed_on: dict[tuple[Node, Wire], Node] = field(default_factory=dict)
    """What goes along a wire from a value, where equal parts are shown once: what the last of them hands on, not the first."""
    bundles: dict[tuple[Item, Item], list[Node]] = field(default_factory=dict)
    """The values that go from one item to another where they are too many for a wire each."""
    outputs: list[Output] = field(default_factory=list)
    returning: Sequence[tuple[Node, Node]] = ()
    """What goes back from one step of a loop to the next: from the new carry to what stands for it."""
    unseen: Set[Node] = frozenset()
    """What no run shows a value of: what a step of a loop computes."""
    folds: Folds = field(default_factory=Folds)
    """What is not drawn for itself."""
    inlined: dict[Item, list[tuple[int, Node]]] = field(default_factory=dict)
    """The operands that stand in the operation that takes them, and which of its operands each is."""
    inside: dict[Item, list[tuple[Wire, Node]]] = field(default_factory=dict)
    """The parameters that stand in the operation that takes them, as they are many, with the wires that they would have."""
    within: dict[Item, list[Node]] = field(default_factory=dict)
    """What else each item shows: what is folded into it."""

    def origin(self, value: Node) -> Node:
        """What the wire that carries a value begins at: where it only moves elements, that whose elements they are."""
        value = self.representative[value]
        while self.is_moved(value):
            value = self.representative[value.operands[0]]
        return value

    def is_moved(self, value: Node) -> bool:
        """Whether a value only moves elements, and is drawn as a wire of theirs."""
        return self.representative[value] in self.folds.moved

    @property
    def items(self) -> list[Item]:
        """Everything that is shown, in the order of computing."""
        return list(self.cluster)

    @property
    def kinds(self) -> set[str]:
        """Which kinds of nodes the picture has, as the legend calls them."""
        return {*map(kind_of, self.cluster), "output"}

    @property
    def size(self) -> int:
        """How many operations and closed blocks are shown."""
        return sum(not isinstance(item, Leaf) for item in self.cluster)


def spine_of(view: View) -> dict[Item, str]:
    """What lies on the longest path from an input to the first output, and to the first of each row of derivatives."""
    depth: dict[Node, float] = {}
    orders = {node: derivative_order(node.block) for node in view.graph.nodes}
    for node in view.graph.nodes:
        before = [operand for operand in node.operands if orders[operand] == orders[node]]
        least = 0.0 if isinstance(node, Input) or orders[node] else -inf
        depth[node] = 1 + max((depth[operand] for operand in before), default=least)
    spine: dict[Item, str] = {}
    for output in view.graph.outputs.values():
        name = f"spine{orders[output] or ''}"
        if name in spine.values():
            continue
        ahead: list[Node] = [output]
        while ahead:
            node = max(ahead, key=depth.__getitem__)
            spine.setdefault(view.item[view.representative[node]], name)
            ahead = [operand for operand in node.operands if orders[operand] == orders[output]]
    return spine
