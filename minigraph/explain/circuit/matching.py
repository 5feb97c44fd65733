"""Which node of one graph is which of another, and what changed between the two."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.shapes import show_shape
from minigraph.readings.sameness import OF_NO_EFFECT, frozen

__all__ = ["Matching", "changes", "match"]

NO_STATE = OF_NO_EFFECT | {"shape", "dtype", "_known"}
"""What nodes hold that is no state of their operation."""


@dataclass
class Matching:
    """The nodes of the second graph with their partners in the first, and the other way round."""

    first: dict[Node, Node]
    second: dict[Node, Node]

    within: bool = True
    """Whether partners must be in blocks of the same names."""

    def pair(self, one: Node, other: Node) -> bool:
        """Make the two partners, unless they are of different kinds or one of them has a partner already."""
        if type(one) is not type(other) or one in self.second or other in self.first:
            return False
        if self.within and one.block != other.block:
            return False
        self.first[other], self.second[one] = one, other
        return True


def match(first: Graph, second: Graph) -> Matching:
    """Partners by name, then by what they are computed from or lead to, until nothing more is found.

    First those in blocks of the same names become partners, and then, of what is left, others too.
    """
    found = Matching({}, {})
    for found.within in (True, False):
        for name, node in second.names.items():
            if name in first.names:
                found.pair(first.names[name], node)
        while _forwards(first, second, found) + _backwards(second, found):
            pass
    return found


def _forwards(first: Graph, second: Graph, found: Matching) -> int:
    """Pair operations of one kind whose operands are partners or constants, and of several those with the fewest changes."""
    known: dict[tuple[object, ...], list[Node]] = defaultdict(list)
    for node in first.operations:
        if node not in found.second:
            known[(type(node), *(None if _unnamed(operand) else operand for operand in node.operands))].append(node)
    count = 0
    for node in second.operations:
        operands = [None if _unnamed(operand) else found.first.get(operand, node) for operand in node.operands]
        if node not in found.first:
            rivals = [(len(changes(each, node)), i, each) for i, each in enumerate(known.get((type(node), *operands), []))]
            count += any(found.pair(each, node) for _, _, each in sorted(rivals))
    return count


def _unnamed(node: Node) -> bool:
    return isinstance(node, Constant | Sizes) and not node.name


def _backwards(second: Graph, found: Matching) -> int:
    """Pair the operands, place by place, of operations that are partners and have as many of them."""
    count = 0
    for node in reversed(second.operations):
        partner = found.first.get(node)
        if partner is not None and len(partner.operands) == len(node.operands):
            count += sum(found.pair(one, other) for one, other in zip(partner.operands, node.operands, strict=True))
    return count


def changes(one: Node, other: Node) -> list[str]:
    """What differs between two partners: shape, element type, attributes and other state, the numbers of a constant.

    >>> import minigraph as mg
    >>> changes(mg.Input("x", ("N", 2)), mg.Input("x", ("N", 3)))
    ['N × 2 → N × 3']
    """
    found = []
    if one.shape != other.shape:
        found.append(f"{show_shape(one.shape)} → {show_shape(other.shape)}")
    if one.dtype != other.dtype:
        found.append(f"{one.dtype} → {other.dtype}")
    for key in sorted(vars(one).keys() - NO_STATE) if one.operands else ():
        before, after = vars(one)[key], vars(other).get(key)
        if repr(before) != repr(after):
            found.append(f"{key}: {before!r} → {after!r}")
        elif isinstance(before, np.ndarray | list | tuple) and frozen(before) != frozen(after):
            found.append(f"{key}: other numbers")
    if isinstance(one, Constant) and isinstance(other, Constant) and not np.array_equal(one.value, other.value):
        found.append(f"{one} → {other}" if one.value.size == other.value.size == 1 else "other numbers")
    return found
