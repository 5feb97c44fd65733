"""What of a graph stands in its circuit: nodes, closed blocks in the place of theirs, and one of several equal parts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Literal

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter, Variable
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.provenance import derivative_order
from minigraph.explain.circuit.repeats import Path, Step, chains, in_steps
from minigraph.ops.multi_output import Part

__all__ = ["LIMIT", "WHOLE", "Box", "Depth", "Item", "Output", "View", "Wire", "kind_of", "spine_of", "view_of"]

WHOLE, PAGE = 48, 24
"""Up to how many operations everything is shown in a row, and how many operations and closed blocks are where that is too
much."""

LIMIT = 400
"""Up to how many operations and closed blocks Graphviz lays a circuit out."""

MANY = 2
"""How many values go from one closed block to another on wires of their own."""

FORWARD = "forward"
"""What the nodes that no differentiation made are called beside those that one made."""

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


def view_of(graph: Graph, depth: Depth, returning: Sequence[tuple[Node, Node]] = ()) -> View:
    """The view of a graph with its blocks opened so many levels deep, and equal parts shown once.

    With "fit", everything where that can be read; else blocks are closed, and steps that nobody gave a block shown once, until
    it can.
    """
    view = _view_of(graph, depth)
    view.returning = returning
    return view


def _view_of(graph: Graph, depth: Depth) -> View:
    if depth != "fit" and depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise GraphError(f"The depth of a circuit is a number of levels from 0, 'fit' or None for every node, not {depth!r}.")
    paths = {node: () if isinstance(node, Input) else node.block[derivative_order(node.block) > 0 :] for node in graph.nodes}
    if depth is None or (depth == "fit" and len(graph.operations) <= WHOLE):
        return _view(graph, paths, None)
    if isinstance(depth, int):
        return _shortened(graph, paths, depth)
    for level in range(max(map(len, paths.values())), -1, -1):
        view = _view(graph, paths, level)
        if view.size <= PAGE:
            return view
    return _shortened(graph, paths, 0)


def _shortened(graph: Graph, paths: Mapping[Node, Path], depth: int) -> View:
    """The view of that depth; where it is more than can be laid out, with runs of equal steps shown once if that is enough."""
    view = _view(graph, paths, depth)
    if view.size <= PAGE:
        return view
    shown = [node for node in graph.operations if view.representative[node] is node and view.item[node] is node]
    shorter = _view(graph, in_steps(shown, paths), depth)
    return shorter if shorter.size <= view.size / 2 and shorter.size <= LIMIT else view


def _view(graph: Graph, paths: Mapping[Node, Path], depth: int | None) -> View:
    """The view with blocks opened so deep, by the paths given; with None everything."""
    orders = {node: derivative_order(node.block) for node in graph.nodes}
    whole = dict(paths)
    if any(orders.values()):
        whole = {node: (node.block[0] if orders[node] else FORWARD, *paths[node]) for node in graph.nodes}
        depth = None if depth is None else depth + 1
    view = View(graph, _each_part_once(graph), {})
    parts = {} if depth is None else _merge(view, whole)
    _place(view, whole, depth)
    _wire(view, parts)
    _bundle(view)
    view.outputs = _outputs(view)
    return view


def _each_part_once(graph: Graph) -> dict[Node, Node]:
    """Each node as its own representative; of what reads the same part, the first that has a name, or else the first."""
    first: dict[object, Node] = {}
    for node in sorted(graph.nodes, key=lambda node: node.name is None):
        first.setdefault((node.operands, node.i) if isinstance(node, Part) else node, node)
    return {node: first[(node.operands, node.i) if isinstance(node, Part) else node] for node in graph.nodes}


def _merge(view: View, paths: Mapping[Node, Path]) -> dict[Node, dict[int, int]]:
    """Give the nodes of equal parts their representatives. For each node: of which chains it is in which part."""
    parts: dict[Node, dict[int, int]] = defaultdict(dict)
    numbers = count()
    for level in range(1, max(map(len, paths.values())) + 1):
        blocks: dict[Path, list[Node]] = defaultdict(list)
        for node in view.graph.nodes:
            if len(paths[node]) >= level and view.representative[node] is node:
                blocks[paths[node][:level]].append(node)
        for chain in chains(blocks):
            number = next(numbers)
            view.times[chain[0]] = len(chain), chain[-1][-1]
            for part, path in enumerate(chain):
                for node, first in zip(blocks[path], blocks[chain[0]], strict=True):
                    view.representative[node] = first
                    parts[node][number] = part
    for node in view.graph.nodes:
        while view.representative[view.representative[node]] is not view.representative[node]:
            view.representative[node] = view.representative[view.representative[node]]
    return parts


def _place(view: View, paths: Mapping[Node, Path], depth: int | None) -> None:
    """Say for each node what shows it, and where that stands."""
    boxes: dict[Path, Box] = {}
    for node in view.graph.nodes:
        if view.representative[node] is not node:
            continue
        if isinstance(node, Part):  # a rule that is called as it is stands there once, whatever it gives
            view.item[node] = view.item[view.representative[node.operands[0]]]
            continue
        path = paths[node]
        named = [i for i, name in enumerate(path) if not isinstance(name, Step)]
        if depth is None or len(named) <= depth:
            view.item[node] = node
            alone = path and isinstance(path[-1], Step) and path not in view.times
            view.cluster[node] = path[:-1] if alone else path
            continue
        closed = path[: named[depth] + 1]
        box = boxes.setdefault(closed, Box(closed))
        box.nodes.append(node)
        view.item[node] = box
        view.cluster[box] = closed[:-1]


def _wire(view: View, parts: Mapping[Node, Mapping[int, int]]) -> None:
    """Say where each value goes. What one of several equal parts hands to the next is not shown."""
    entering: dict[Item, dict[Node, Wire]] = defaultdict(dict)
    leaving: dict[Node, dict[Wire, None]] = defaultdict(dict)
    for node in view.graph.nodes:
        for i, operand in enumerate(node.operands):
            value, user = view.representative[operand], view.representative[node]
            target = view.item[user]
            if view.item[value] is target or _hands_on(parts.get(operand, {}), parts.get(node, {})):
                continue
            wires = entering[target]
            wire = (target, i) if isinstance(target, Node) else wires.setdefault(value, (target, len(wires)))
            leaving[value][wire] = None
            if user is node:
                view.operands.setdefault(wire, []).append((node, i))
                view.handed_on.setdefault((value, wire), operand)
    view.wires = {value: list(wires) for value, wires in leaving.items()}


def _bundle(view: View) -> None:
    """Let many values that go from one item to another, at least one of them a closed block, go as one."""
    between: dict[tuple[Item, Item], list[Node]] = defaultdict(list)
    for value, wires in view.wires.items():
        for target in dict.fromkeys(target for target, _ in wires):
            between[view.item[value], target].append(value)
    for (source, target), values in between.items():
        if len(values) > MANY and (isinstance(source, Box) or isinstance(target, Box)):
            view.bundles[source, target] = values
            for value in values:
                view.wires[value] = [wire for wire in view.wires[value] if wire[0] is not target]


def _outputs(view: View) -> list[Output]:
    """The outputs, one for what equal parts give and one for a closed block that gives many."""
    names: dict[Node, list[tuple[int, str]]] = defaultdict(list)
    for i, (name, node) in enumerate(view.graph.outputs.items()):
        names[view.representative[node]].append((i, name))
    sources: dict[object, list[Node]] = defaultdict(list)
    for value in names:
        sources[view.item[value]].append(value)
    found: list[Output] = []
    for source, values in sources.items():
        together = isinstance(source, Box) and len(values) > MANY
        for some in [values] if together else [[value] for value in values]:
            called = sorted(pair for value in some for pair in names[value])
            nodes = [view.graph.outputs[name] for _, name in called]
            merged = together or any(view.representative[node] is not node for node in nodes)
            parts = [called] if merged else [[pair] for pair in called]
            found += [Output(f"output-{part[0][0]}", tuple(name for _, name in part), tuple(some)) for part in parts]
    return sorted(found, key=lambda output: int(output.id.partition("-")[2]))


def _hands_on(one: Mapping[int, int], other: Mapping[int, int]) -> bool:
    """Whether two nodes are in different parts of one chain."""
    return any(other.get(number, part) != part for number, part in one.items())


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
