"""In which order a program computes: of what can be computed next, what frees the most memory or takes the least."""

from collections import Counter
from collections.abc import Mapping, Sequence

from minigraph.axes import factors, product
from minigraph.node import Node, Variable

__all__ = ["schedule"]

TYPICAL = 256
"""The size that a named axis is taken to have where two orders are compared."""

Reads = Mapping[Node, set[Node]]


def schedule(reads: Reads, updates: Mapping[Variable, Node], kept: Sequence[Node]) -> list[Node]:
    """Order operations, given with the values that each reads; `kept` are the values that are needed to the end.

    The new value of a variable is computed after everything else that reads the old one, so that it can be written over it.
    Where variables wait in a circle for each other's old values, the first in line goes ahead.
    """
    needs = {node: {root for root in reads[node] if root in reads} for node in reads}
    after = _readers_of_the_old(reads, updates)
    waits = {node: needs[node] | after.get(node, set()) for node in reads}
    followers: dict[Node, list[Node]] = {node: [] for node in reads}
    for node, before in waits.items():
        for other in before:
            followers[other].append(node)
    size = {node: 0 if node in updates.values() else _bytes(node) for node in reads}
    unread = Counter(root for node in reads for root in reads[node])
    unread.update(kept)
    position = {node: i for i, node in enumerate(reads)}

    def taken(node: Node) -> tuple[int, int]:
        freed = sum(size.get(root, 0) for root in reads[node] if unread[root] == 1)
        return size[node] - freed, position[node]

    order: dict[Node, None] = {}
    ready = {node for node in reads if not waits[node]}
    while len(order) < len(reads):
        node = min(ready, key=taken) if ready else next(n for n in reads if n not in order and needs[n] <= order.keys())
        ready.discard(node)
        order[node] = None
        unread.subtract(reads[node])
        for follower in followers[node]:
            waits[follower].discard(node)
            if not waits[follower] and follower not in order:
                ready.add(follower)
    return list(order)


def _readers_of_the_old(reads: Reads, updates: Mapping[Variable, Node]) -> dict[Node, set[Node]]:
    """For the new value of each variable, everything else that reads the variable."""
    readers: dict[Node, set[Node]] = {variable: set() for variable in updates}
    for node in reads:
        for root in reads[node] & readers.keys():
            readers[root].add(node)
    return {new: readers[variable] - {new} for variable, new in updates.items() if new in reads}


def _bytes(node: Node) -> int:
    count, names = factors(product(node.shape))
    return count * node.dtype.itemsize * int(TYPICAL ** names.total())
