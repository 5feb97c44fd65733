"""A scan read as mathematics: what is carried over, at a place in terms of the place before."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from itertools import count as count_from
from typing import Any

from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.readings.expression import Expression, number_of
from minigraph.readings.formula import Formula
from minigraph.readings.names import Known
from minigraph.readings.notation import TEXT

__all__ = ["Recurrence"]


class Recurrence:
    """A scan as mathematics: its carry at a place t in terms of that at the place before, `h[t] = tanh(x[t] + h[t−1] · R)`.

    What it is on operands that are written shows these: a sequence at its place t, and where the carry begins. Of a scan's
    gradient the carry is δ, in terms of that at the place behind.

    Parameters
    ----------
    scan
        The scan.
    write
        Writes a value of a step, down to what is known.
    operands
        The scan's operands, where they are written.
    read
        The numbers of the parts that are told of: a value that is stacked has a name.
    """

    def __init__(
        self,
        scan: Any,
        write: Callable[[Node, Known], Expression],
        operands: Sequence[Formula] | None = None,
        read: Collection[int] = (),
    ) -> None:
        self._write = write
        self.body, self.reverse = scan.body, scan.reverse
        self.before = "t+1" if scan.reverse else "t−1"
        body, count = self.body, len(self.body.carry)
        self._carry = {leaf: _called(leaf, operands is not None) for leaf in body.carry}
        self._leaves = {leaf: _at(name, self.before) for leaf, name in self._carry.items()}
        given = [leaf for leaf in (*body.slices, *body.captured)]
        trees = [Expression("name", word=leaf.name) for leaf in given]
        self._first: list[Expression] = []
        if operands is not None:
            trees = [each.exact().tree for each in operands[count:]]
            self._first = [each.tree if number_of(each.tree) is not None else each.exact().tree for each in operands[:count]]
        for leaf, tree in zip(given, trees, strict=True):
            self._leaves[leaf] = _at(tree, "t") if leaf in body.slices else tree
        self._wanted = [*body.new, *(body.stacked[i - count] for i in read if i >= count)]
        order = [node for node in topological_order(self._wanted) if node.operands] if read else body.operations
        uses = Counter(operand for node in order for operand in node.operands)
        for node in reversed(order):
            if node.moves_elements:  # what is read of it is read of what it moves
                uses[node.operands[0]] += uses[node] - 1
        new = {node: self._carry[leaf] for leaf, node in reversed([*zip(body.carry, body.new, strict=True)])}
        several = {node for node in order if uses[node] > 1 and node.dtype.kind == "f" and not node.moves_elements}
        several.update(node for node in order if node.operands and (node.name or node in self._wanted))
        shared = [node for node in order if node in several and node not in new]
        taken = {leaf.name for leaf in (*body.carry, *given)}
        numbers = count_from(1)
        names = {node: Expression("name", word=_own(node, taken) or f"v{next(numbers)}") for node in shared}
        self._named = names | {node: new[node] for node in new if node.operands}
        """What has a name in each step: what is carried over, and what is used more than once."""
        self._order = [node for node in order if node in self._named]

    @property
    def equations(self) -> tuple[Expression, ...]:
        """For what has a name what it becomes, in the order of computing, and where the carry begins."""
        found = [(_at(self._named[node], "t"), self._tree(node)) for node in self._order]
        pairs = zip(self.body.carry, self.body.new, strict=True)
        found += [
            (_at(self._carry[leaf], "t"), self._tree(new))
            for leaf, new in pairs
            if self._named.get(new) is not self._carry[leaf]
        ]
        begin = "T+1" if self.reverse else "0"
        found += [(_at(self._carry[leaf], begin), tree) for leaf, tree in zip(self.body.carry, self._first, strict=False)]
        return tuple(Expression("relation", pair, "=") for pair in found)

    @property
    def texts(self) -> tuple[str, ...]:
        """The equations, as text."""
        return tuple(map(TEXT.write, self.equations))

    def part(self, number: int) -> Expression:
        """What a part of the scan is: the last of what is carried over, or what is computed at every place."""
        body, count = self.body, len(self.body.carry)
        if number < count:
            return _at(self._carry[body.carry[number]], "1" if self.reverse else "T")
        node = body.stacked[number - count]
        if node in self._carry:
            return _at(self._carry[node], "2…T+1" if self.reverse else "0…T−1")
        return _at(self._named[node], "1…T") if node in self._named else self._tree(node)

    def _tree(self, node: Node) -> Expression:
        """A value of a step, by the names that others have."""

        def known(each: Node) -> Expression | None:
            name = self._named.get(each) if each is not node else None
            return self._leaves.get(each) if name is None else _at(name, "t")

        return self._write(node, known)


def _own(node: Node, taken: set[Any]) -> str:
    """The name that somebody gave a value of a step, where nothing else is called so there."""
    name = "" if node.name in taken else str(node.name or "")
    taken.add(name)
    return name


def _at(value: Expression, place: str) -> Expression:
    return Expression("at", (value,), place)


def _called(leaf: Any, derived: bool) -> Expression:
    """What is carried over: of a gradient, δ with the name of what it is the gradient for."""
    if derived and leaf.of is not None:
        return Expression("gradient", word=leaf.of)
    return Expression("name", word=leaf.name)
