"""The gradients of a derivation, written as shortly as algebra allows, and what that holds for."""

from collections.abc import Callable, Iterable
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.run import Run
from minigraph.explain.numeric import newly_computed
from minigraph.readings import Expression, Placeholder, expression_of
from minigraph.readings.algebra import Condition, Domain, Found, Simplifier
from minigraph.readings.algebra.context import Algebra, kind
from minigraph.readings.algebra.products import built, product_of

__all__ = ["Shortening", "always", "certainly", "holding"]

SIGNS = {"≠": np.not_equal, ">": np.greater, "≥": np.greater_equal}

Known = Callable[[Node], Expression | None]

certainly: Callable[[Condition], bool] = attrgetter("certain")
"""Of conditions only those which need not be told."""


class Shortening:
    """It simplifies gradients on the domain of what is derived, by identities whose conditions may be assumed."""

    def __init__(self, nodes: Iterable[Node], output: Node, assumed: Callable[[Condition], bool]) -> None:
        self._domain, self._output, self._assumed = Domain(nodes), output, assumed

    @cached_property
    def _of_numbers(self) -> bool:
        """Whether the output is a number: identities are of numbers, and say nothing of what is none."""
        return self._assumed(Condition(self._output, "finite", self._output, certain=True))

    def __call__(self, node: Node, known: Known) -> Found:
        """The node as it is written most shortly by the names that are known."""
        if not self._of_numbers:
            return Found(node)
        return Simplifier(known, self._assumed, self._domain)(node)

    def in_powers(self, node: Node, known: Known) -> Node:
        """The node as powers of what is known, −1 / q² for −(1 / q) / q, where that needs no condition."""
        algebra = Algebra(known, domain=self._domain)
        moves: list[Node] = []
        while kind(node) in ("ReduceSum", "Squeeze") and not algebra.is_atom(node):
            moves.append(node)
            node = node.operands[0]
        product = product_of(algebra, node)
        if self._of_numbers and not product.conditions:
            node = built(algebra, product, node)
        for move in reversed(moves):
            node = altered(move, operands=(node, *move.operands[1:]))
        return node

    @staticmethod
    def relations(found: Found, known: Known) -> tuple[Expression, ...]:
        """The conditions that a footnote says, as relations."""
        return tuple(
            Expression(
                "relation", (expression_of(each.left, known), expression_of(each.right, known)), each.sign, SIGNS[each.sign]
            )
            for each in sorted(found.conditions, key=lambda each: (str(each.left), each.sign, str(each.right)))
        )


def always(condition: Condition) -> bool:
    """A condition is assumed, and told; one on a gradient is not, as nobody knows what that is."""
    below = topological_order([condition.left, condition.right])
    return condition.certain or not any(isinstance(each, Placeholder) for each in below)


def holding(run: Callable[[], Run]) -> Callable[[Condition], bool]:
    """What assumes the conditions that hold for the values of a run, those that are certain as well: it may have rounded."""
    known: dict[Node, Any] = {}

    def value_of(node: Node) -> Any:
        for each in topological_order([node], known):
            known[each] = newly_computed(each, known)
        return known[node]

    def holds(condition: Condition) -> bool:
        if any(isinstance(each, Placeholder) for each in topological_order([condition.left, condition.right])):
            return condition.certain
        if not known:
            known.update(run().values)
        try:
            with np.errstate(all="ignore"):
                return condition.holds(value_of)
        except Exception:  # whatever keeps it from being computed, it is not known to hold
            return False

    return holds
