"""In which order a program computes: of what can be computed next, what frees the most memory or takes the least."""

from collections.abc import Mapping, Sequence, Set
from heapq import heappop, heappush

from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.core.shapes import factors, product

__all__ = ["schedule", "typical_bytes"]

TYPICAL = 256
"""The size that a named axis is taken to have where two orders are compared."""

Reads = Mapping[Node, set[Node]]


def schedule(
    reads: Reads, updates: Mapping[Variable, Node], kept: Sequence[Node], fallible: Set[Node] = frozenset()
) -> list[Node]:
    """Order operations, given with the values that each reads; `kept` are the values that are needed to the end.

    The new value of a variable is computed after everything else that reads the old one, so that it can be written over it, and
    after what may fail (`fallible`), so that a step that fails changes no variable.
    Where variables wait in a circle for each other's old values, the first in line goes ahead.
    """
    needs = {node: {root for root in reads[node] if root in reads} for node in reads}
    after = {new: readers | fallible - {new} for new, readers in _readers_of_the_old(reads, updates).items()}
    waits = {node: needs[node] | after.get(node, set()) for node in reads}
    followers: dict[Node, list[Node]] = {node: [] for node in reads}
    for node, before in waits.items():
        for other in before:
            followers[other].append(node)
    new, permanent = set(updates.values()), set(kept)
    size = {node: 0 if node in new else typical_bytes(node) for node in reads}
    unread: dict[Node, set[Node]] = {}
    for node in reads:
        for root in reads[node]:
            unread.setdefault(root, set()).add(node)
    position = {node: i for i, node in enumerate(reads)}
    ready: list[tuple[int, int, Node]] = []

    def offer(node: Node) -> None:
        """Put a node in line; again, when it would free more than before."""
        freed = sum(size.get(root, 0) for root in reads[node] if len(unread[root]) == 1 and root not in permanent)
        heappush(ready, (size[node] - freed, position[node], node))

    for node in reads:
        if not waits[node]:
            offer(node)
    order: dict[Node, None] = {}
    while len(order) < len(reads):
        node = heappop(ready)[-1] if ready else next(n for n in reads if n not in order and needs[n] <= order.keys())
        if node in order:
            continue
        order[node] = None
        for root in reads[node]:
            unread[root].discard(node)
            for last in unread[root] if len(unread[root]) == 1 else ():
                if not waits[last] and last not in order:
                    offer(last)
        for follower in followers[node]:
            waits[follower].discard(node)
            if not waits[follower] and follower not in order:
                offer(follower)
    return list(order)


def _readers_of_the_old(reads: Reads, updates: Mapping[Variable, Node]) -> dict[Node, set[Node]]:
    """For the new value of each variable, everything else that reads the variable."""
    readers: dict[Node, set[Node]] = {variable: set() for variable in updates}
    for node in reads:
        for root in reads[node] & readers.keys():
            readers[root].add(node)
    return {new: readers[variable] - {new} for variable, new in updates.items() if new in reads}


def typical_bytes(node: Node) -> int:
    """How large a value is when every named axis has its typical size."""
    count, names = factors(product(node.shape))
    return count * node.dtype.itemsize * int(TYPICAL ** names.total())
