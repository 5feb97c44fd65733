"""A scan read as mathematics: what is carried over, at a place in terms of the place before."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from minigraph.core.node import Node
from minigraph.readings.expression import Expression
from minigraph.readings.formula import Formula
from minigraph.readings.names import Known

__all__ = ["Recurrence"]


class Recurrence:
    """A scan as mathematics: its carry at a place t in terms of that at the place before, `h[t] = tanh(x[t] + h[t−1] · R)`.

    What it is on operands that are written shows them where they are the same in all steps.
    """

    def __init__(self, scan: Any, write: Callable[[Node, Known], str], operands: Sequence[Formula] | None = None) -> None:
        self._write = write
        self.body, self.before = scan.body, "t+1" if scan.reverse else "t−1"
        names = [(leaf, self.before) for leaf in self.body.carry] + [(leaf, "t") for leaf in self.body.slices]
        self._leaves = {leaf: Expression("item", (Expression("name", word=leaf.name),), at) for leaf, at in names}
        captured = [Expression("name", word=leaf.name) for leaf in self.body.captured]
        if operands is not None:
            captured = [each.exact().tree for each in operands[len(names) :]]
        self._leaves |= dict(zip(self.body.captured, captured, strict=True))
        uses = Counter(operand for node in self.body.operations for operand in node.operands)
        new = {node: str(leaf.name) for leaf, node in reversed([*zip(self.body.carry, self.body.new, strict=True)])}
        several = [node for node in self.body.operations if uses[node] > 1 and node not in new and node.dtype.kind == "f"]
        shared = [node for node in several if not node.moves_elements]
        self._named = {node: f"v{i}" for i, node in enumerate(shared, 1)} | {node: new[node] for node in new if node.operands}
        """What has a name in each step: what is carried over, and what is used more than once."""

    @property
    def equations(self) -> tuple[str, ...]:
        """For what has a name what it becomes, in the order of computing."""
        order = [node for node in self.body.operations if node in self._named]
        equations = [f"{self._named[node]}[t] = {self._text(node)}" for node in order]
        pairs = zip(self.body.carry, self.body.new, strict=True)
        return (
            *equations,
            *(f"{leaf.name}[t] = {self._text(new)}" for leaf, new in pairs if self._named.get(new) != leaf.name),
        )

    def part(self, number: int) -> str:
        """What a part of the scan is, in words: the last state, or what is computed in every step."""
        body, count = self.body, len(self.body.carry)
        if number < count:
            return f"last {body.carry[number].name}"
        node = body.stacked[number - count]
        return f"every {self._named[node]}[t]" if node in self._named else f"every {self._text(node)}"

    def _text(self, node: Node) -> str:
        """A value of a step, by the names that others have."""

        def known(each: Node) -> Expression | None:
            name = self._named.get(each) if each is not node else None
            return self._leaves.get(each) if name is None else Expression("item", (Expression("name", word=name),), "t")

        return self._write(node, known)
