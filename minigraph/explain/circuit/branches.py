"""Equal branches side by side: from the same values, each with parameters or inputs of its own, into one operation."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.explain.circuit.repeats import Path, Step, kind_and_values

__all__ = ["Branch", "beside", "in_branches"]

MANY = 8
"""From how many equal branches on one of them is shown."""


class Branch(Step):
    """The name of one of several equal branches, which nobody gave it."""

    __slots__ = ()


class Users:
    """Where each value of a graph goes; the sums that are parts of another count as that one."""

    def __init__(self, graph: Graph, summed: Mapping[Node, Node]) -> None:
        self.of: dict[Node, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for operand in node.operands:
                self.of[operand].append(node)
        self.outputs = {*graph.outputs.values()}
        self.summed = summed

    def only(self, value: Node, among: Collection[Node]) -> bool:
        """Whether a value is used among these nodes alone."""
        return value not in self.outputs and all(user in among for user in self.of[value])

    def outside(self, nodes: Collection[Node]) -> Hashable:
        """What takes values of these nodes, beside themselves."""
        users = {self.summed.get(user, user) for node in nodes for user in self.of[node] if user not in nodes}
        return frozenset(users), not self.outputs.isdisjoint(nodes)


def in_branches(graph: Graph, paths: Mapping[Node, Path], summed: Mapping[Node, Node]) -> dict[Node, Path]:
    """The paths again, with one more name, a Branch, for each node of several equal branches into one operation."""
    users = Users(graph, summed)
    placed = dict(paths)
    equal: dict[Hashable, list[list[Node]]] = defaultdict(list)
    for end, nodes in _branches(graph, users):
        if len({paths[node] for node in nodes if node.operands}) == 1:
            equal[end, paths[nodes[-1]], _written(nodes, users)].append(nodes)
    groups = [group for group in equal.values() if len(group) >= MANY]
    for i, group in enumerate(groups):
        for j, nodes in enumerate(group):
            for node in nodes:
                if not isinstance(node, Input):
                    placed[node] = (*paths[nodes[-1]], Branch(f"{i}.{j}"))
    return placed


def _branches(graph: Graph, users: Users) -> Iterable[tuple[Node, list[Node]]]:
    """What leads to one operand of an operation that has many, and nowhere else: the operation, and the nodes in order."""
    slots = Counter(users.summed.get(node, node) for node in graph.nodes for each in node.operands if each not in users.summed)
    root: dict[Node, Node] = {}
    found: dict[Node, list[Node]] = {}
    for node in reversed(graph.nodes):
        of = users.of[node]
        if not of or node in users.outputs or node in users.summed:
            continue
        roots = {root.get(user) for user in of}
        if None not in roots and len(roots) == 1:
            root[node] = root[of[0]]
        elif node.operands and len(of) == 1 and slots[users.summed.get(of[0], of[0])] >= MANY:
            root[node], found[node] = node, []
        if node in root:
            found[root[node]].append(node)
    for last, nodes in reversed(found.items()):
        (user,) = users.of[last]
        yield users.summed.get(user, user), nodes[::-1]


def _written(nodes: Sequence[Node], users: Users) -> Hashable:
    """Equal for branches that do the same to the same values, and have leaves of their own in the same places."""
    index = {node: i for i, node in enumerate(nodes)}
    return tuple((kind_and_values(node), tuple(index.get(operand, operand) for operand in node.operands)) for node in nodes)


def beside(blocks: Mapping[Path, Sequence[Node]], users: Users) -> list[list[Path]]:
    """Which of the blocks, given with all their nodes in order, are equal branches side by side, many of them.

    Their names differ in a number alone, they lead to the same operations, and what they take is the same or theirs alone.
    """
    found: dict[Hashable, list[Path]] = defaultdict(list)
    for path, nodes in blocks.items():
        among = {*nodes}
        own = {each for node in nodes for each in node.operands if each not in among and _is_own(each, among, users)}
        leaves = [*dict.fromkeys(each for node in nodes for each in node.operands if each in own)]
        family = path[-1].partition(".")[0] if isinstance(path[-1], Branch) else re.sub(r"\d+", "", path[-1])
        found[path[:-1], family, users.outside(among), _written([*leaves, *nodes], users)].append(path)
    return [group for group in found.values() if len(group) >= MANY]


def _is_own(value: Node, among: Collection[Node], users: Users) -> bool:
    return isinstance(value, Leaf) and users.only(value, among)
