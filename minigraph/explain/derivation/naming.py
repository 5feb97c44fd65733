"""Which values a derivation names, so that each formula stays short enough to be read."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import count
from typing import Any

from minigraph.core.node import Constant, Node
from minigraph.core.shapes import names_of
from minigraph.readings import Expression, free_name, is_array, size_among
from minigraph.readings.sameness import operation

__all__ = ["Names"]

LONGEST = 10
"""Up to how many operations one formula writes out."""

UNWRITTEN = {"Expand", "Reshape", "Squeeze", "Unsqueeze", "Cast", "Identity"}
"""Operations that no formula shows."""


class Names:
    """The name of each value: its own, or one made up, u1, u2, …, or c1, c2, … for arrays that nobody named.

    Two nodes that compute the same have one name, so what a rule composes anew is recognised: softmax(z2) as ŷ. One that
    is `kept` has a name that no other node has.
    """

    def __init__(self, nodes: Iterable[Node], outputs: Mapping[str, Node], kept: Node) -> None:
        self._kept = kept
        self._first: dict[Hashable, Node] = {}
        self._canonical: dict[Node, Node] = {}
        self._leaves: dict[Node, Expression] = {}
        called = {node: name for name, node in outputs.items()}
        named = [(node, node.name or called.get(node)) for node in nodes]
        self._given = {name for _, name in named if name}
        self.taken = self._given | {axis for node, _ in named for axis in names_of(node.shape)}
        for node, name in named:
            self.canonical(node)
            if name:
                self.name(node, name)

    def name(self, node: Node, name: str) -> None:
        """Call a node, and whatever computes the same, by a name."""
        self._leaves.setdefault(self.canonical(node), Expression("name", word=name, meaning=node))

    def invent(self, node: Node) -> str:
        """Call a node by the first of u1, u2, … that is free."""
        name = next(name for i in count(1) if (name := f"u{i}") not in self.taken)
        self.taken.add(name)
        self.name(node, name)
        return name

    def stand_for(self, leaf: Node, expression: Expression) -> None:
        """Write a leaf as an expression."""
        self._leaves[leaf] = expression
        self._canonical[leaf] = leaf

    def stands_for(self, leaf: Node) -> Expression:
        """The expression as which a leaf is written."""
        return self._leaves[leaf]

    def known(self, node: Node) -> Expression | None:
        """The leaf by which a node is written, if it has a name."""
        return self._leaves.get(node) or self._leaves.get(self.canonical(node))

    def written(self, node: Node) -> Expression | None:
        """The same, as a node is written: an array that nobody named is given a name then."""
        if not node.name and (size := size_among(node, self._given)):
            return Expression("name", word=size, meaning=node)
        if is_array(node) and self.known(node) is None:
            name = free_name(node, self.taken)
            self.taken.add(name)
            self.name(node, name)
        return self.known(node)

    def canonical(self, node: Node) -> Node:
        """The first node met that computes the same."""
        if node not in self._canonical:
            for each in _below(node, self._canonical):
                self._canonical[each] = self._first.setdefault(self._key(each), each)
        return self._canonical[node]

    def _key(self, node: Node) -> Hashable:
        if node is self._kept or (isinstance(node, Constant) and node.name):
            return node
        return operation(node), tuple(self._canonical[operand] for operand in node.operands)

    def shorten(self, root: Node) -> list[Node]:
        """Name what the formula of a node would write more than once, or at too great a length: those nodes, in order."""
        order = [each for each in _below(root, {}, self.known) if self.canonical(each) is each or each is root]
        uses = Counter(self.canonical(operand) for each in order for operand in each.operands)
        length: dict[Node, int] = {}
        named = []
        for each in order:
            known = each is not root and self.known(each) is not None
            length[each] = 0 if known else self._length(each, length)
            long = length[each] > LONGEST or (uses[each] > 1 and length[each] > 2)
            if each is not root and long and each.dtype.kind == "f" and each.operands:
                self.invent(each)
                named.append(each)
                length[each] = 0
        return named

    def length(self, root: Node) -> int:
        """How many operations the formula of a node writes out, those that it writes several times counted each time."""
        length: dict[Node, int] = {}
        for node in _below(root, {}, self.known):
            length[node] = 0 if node is not root and self.known(node) is not None else self._length(node, length)
        return length[root]

    def _length(self, node: Node, length: Mapping[Node, int]) -> int:
        if not node.operands or node.known is not None:
            return 0
        below = sum(length.get(operand, length.get(self.canonical(operand), 0)) for operand in node.operands)
        return below + (type(node).__name__ not in UNWRITTEN and not any(map(_is_one, node.operands)))


def _is_one(node: Node) -> bool:
    """Whether it is a constant 1, which a product does not write."""
    return isinstance(node, Constant) and node.value.size == 1 and node.value.item() == 1


def _below(root: Node, done: Mapping[Node, Any], known: Any = None) -> list[Node]:
    """What a node is composed of, itself last, without what is done or known."""
    order: dict[Node, None] = {}
    pending = [root]
    while pending:
        node = pending[-1]
        ends = known is not None and node is not root and known(node) is not None
        waiting = () if ends else [operand for operand in node.operands if operand not in done and operand not in order]
        if waiting:
            pending += reversed(waiting)
        else:
            order.setdefault(pending.pop())
    return list(order)
