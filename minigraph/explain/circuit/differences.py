"""What of two graphs is shown side by side, and what became of it: added, removed, changed, or alike."""

from collections import Counter, defaultdict

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.explain.circuit.matching import Matching, changes
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import BLUE, GREY, RED, Line
from minigraph.explain.circuit.view import Box, Item

__all__ = ["ADDED", "ALIKE", "CHANGED", "REMOVED", "Differences", "status_of"]

ADDED, REMOVED, CHANGED, ALIKE = "+ added", "− removed", "changed", ""


def status_of(before: bool, after: bool) -> str:
    """What became of something by whether it is in the first graph and in the second."""
    return ALIKE if before and after else ADDED if after else REMOVED


class Differences:
    """What of two graphs is shown: the nodes of the second, those of the first that have no partner, and blocks of them.

    Parameters
    ----------
    first, second, found
        The graphs, and their nodes' partners.
    closed
        Whether blocks that changed in part are one box, too.
    """

    def __init__(self, first: Graph, second: Graph, found: Matching, closed: bool) -> None:
        self.first, self.second, self.found = first, second, found
        removed = [node for node in first.nodes if node not in found.second]
        self.nodes = [*second.nodes, *removed]
        self.changed = {node: changes(before, node) for node, before in found.first.items()}
        known = {node: CHANGED if self.changed.get(node) else status_of(node in found.first, True) for node in second.nodes}
        self.known = known | dict.fromkeys(removed, REMOVED)
        """What became of each node."""
        before = dict.fromkeys((self.shown(operand), self.shown(node)) for node in first.nodes for operand in node.operands)
        after = dict.fromkeys((operand, node) for node in second.nodes for operand in node.operands)
        self.between = {wire: status_of(wire in before, wire in after) for wire in after | before}
        """What became of the wire from one node to another."""
        self.item: dict[Node, Item] = {node: node for node in self.nodes} | self._boxes(closed)
        self.items: dict[Item, list[Node]] = defaultdict(list)
        for node in self.nodes:
            self.items[self.item[node]].append(node)
        self.wires: dict[Node, dict[Item, str]] = defaultdict(dict)
        """Where each value goes, and what became of the wire: of several, it is alike."""
        for (start, end), status in self.between.items():
            item, wires = self.item[end], self.wires[start]
            if item is not self.item[start]:
                wires[item] = status if wires.get(item, status) == status else ALIKE

    def _boxes(self, closed: bool) -> dict[Node, Box]:
        """The outermost blocks that are one box, for each of their nodes; one operation is no block."""
        members: dict[Path, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for level in range(0 if isinstance(node, Input) else len(node.block)):
                members[node.block[: level + 1]].append(node)
        boxes: dict[Path, Box] = {}
        rewired = [set(wire) for wire, status in self.between.items() if status]
        for path, nodes in sorted(members.items(), key=lambda each: len(each[0])):
            kinds, inside = {self.known[node] for node in nodes}, set(nodes)
            whole = kinds in ({ADDED}, {REMOVED}) or (kinds == {ALIKE} and not any(wire <= inside for wire in rewired))
            several = sum(bool(node.operands) for node in nodes) > 1
            if several and (whole or closed) and not any(path[:level] in boxes for level in range(len(path))):
                boxes[path] = Box(path, nodes)
        return {node: box for box in boxes.values() for node in box.nodes}

    def shown(self, node: Node) -> Node:
        """What shows a node of the first graph: its partner, if it has one."""
        return self.found.second.get(node, node)

    def status(self, item: Item) -> str:
        """What became of an item: of a block of which several things became, it is changed."""
        kinds = {self.known[node] for node in self.items[item]}
        return kinds.pop() if len(kinds) == 1 else CHANGED

    def near(self, distance: int | None) -> dict[Item, None]:
        """The items in their order: all, or those that are so near to a difference."""
        if distance is None:
            return dict.fromkeys(self.items)
        neighbours: dict[Item, set[Item]] = defaultdict(set)
        near = {item for item in self.items if self.status(item)}
        for start, wires in self.wires.items():
            for end, status in wires.items():
                neighbours[self.item[start]].add(end)
                neighbours[end].add(self.item[start])
                near |= {self.item[start], end} if status else set()
        for _ in range(distance):
            near |= {other for item in near for other in neighbours[item]}
        return {item: None for item in self.items if item in near}

    def notes(self, left_out: int) -> list[Line]:
        """The differences in numbers, and how many items are left out."""
        counts = Counter(self.known.values())
        if not any(counts[status] for status in (ADDED, REMOVED, CHANGED)) and not any(self.between.values()):
            return [(GREY, "the two graphs are alike, but for the numbers that their variables hold")]
        lines = [
            (BLUE, f"{counts[ADDED]} added: only in the second graph, with a strong line"),
            (RED, f"{counts[REMOVED]} removed: only in the first graph, with a dashed line"),
            (GREY, f"{counts[CHANGED]} changed, from the first graph → to the second"),
        ]
        alike = f"{left_out} alike and further from a difference are left out"
        return lines + [(GREY, alike)] * bool(left_out)
