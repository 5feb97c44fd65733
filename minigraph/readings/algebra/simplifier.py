"""The simplifier: a gradient's nodes, rewritten by identities for as long as that makes what is written shorter.

It works on nodes, which know their shapes, so that an identity says nothing false where operands broadcast; what it gives is
written by `mathematics.py` as every other node is.
"""

from collections import Counter
from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

from minigraph.core.node import Node
from minigraph.core.rewriting import altered, topological_order
from minigraph.readings.algebra.context import Algebra, Condition, Domain, Found, kind
from minigraph.readings.algebra.identities import IDENTITIES, constant_folding
from minigraph.readings.algebra.matrices import of_matrices, of_transpose, of_vector
from minigraph.readings.algebra.products import Undefined
from minigraph.readings.algebra.sums import of_product, of_sum
from minigraph.readings.expression import Expression
from minigraph.readings.sameness import signature

__all__ = ["Simplifier"]

ROUNDS = 6
"""How often a node is rewritten at most."""

FAMILIES: dict[str, tuple[Callable[[Algebra, Any], Found | None], ...]] = {
    **dict.fromkeys(("Add", "Sub"), (of_sum,)),
    **dict.fromkeys(("Div", "Neg", "Reciprocal", "Pow", "Sqrt", "Expand"), (of_product,)),
    **dict.fromkeys(("MatMul", "Inverse"), (of_matrices,)),
    "Mul": (of_matrices, of_product),
    "Transpose": (of_transpose, of_matrices),
    "Squeeze": (of_vector,),
}
"""What simplifies an operation together with those of its family below it."""


class Simplifier:
    """It gives for a node one that is equal and written more shortly, with the conditions under which the two are equal.

    Parameters
    ----------
    known
        The leaf by which a node is written, or None; what has one is kept as it is.
    assumed
        Whether a condition may be assumed. Without it no identity is used that does not hold for all numbers.
    domain
        The nodes that are derived: a condition that they need to have a value is not told.

    >>> import minigraph as mg
    >>> import numpy as np
    >>> from minigraph.readings import formula
    >>> x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 2))
    >>> known = lambda node: Expression("name", word=node.name) if node.name else None
    >>> formula(Simplifier(known)(-(-x / 2 * 4) + x).node), formula(Simplifier(known)(x * y / x).node)
    ('3 · x', 'x ⊙ y / x')
    >>> found = Simplifier(known, lambda condition: True)(x * y / x)
    >>> formula(found.node), [(formula(each.left), each.sign) for each in found.conditions]
    ('y', [('x', '≠')])
    """

    def __init__(
        self,
        known: Callable[[Node], Expression | None],
        assumed: Callable[[Condition], bool] = attrgetter("certain"),
        domain: Domain | None = None,
    ) -> None:
        self.algebra = Algebra(known, assumed, domain)
        self._done: dict[Node, Found] = {}

    def __call__(self, node: Node) -> Found:
        """The node as it is written most shortly."""
        algebra = self.algebra

        def below(each: Node) -> tuple[Node, ...]:
            return () if algebra.is_atom(each) else each.operands

        for each in topological_order([node], self._done, below):
            self._done[each] = Found(each) if algebra.is_atom(each) else self._simplified(each)
        return self._done[node]

    def _simplified(self, node: Node) -> Found:
        found = [self._done[operand] for operand in node.operands]
        conditions = frozenset().union(*(each.conditions for each in found))
        operands = tuple(each.node for each in found)
        new = node if operands == node.operands else altered(node, operands=operands, name=None)
        for _ in range(ROUNDS):
            if self.algebra.is_atom(new):
                break
            better = self._once(new)
            if better is None:
                break
            new, conditions = better.node, conditions | better.conditions
        return Found(new, conditions)

    def _once(self, node: Node) -> Found | None:
        """A shorter node, or one of the same length in which numbers stand before all else; None where there is none."""
        algebra, what = self.algebra, kind(node)
        families = FAMILIES.get(what, ()) if node.dtype.kind == "f" else ()
        candidates: list[Found | None] = []
        for rule in (constant_folding, *IDENTITIES.get(what, ()), *[in_each_step] * (what == "Scan"), *families):
            try:
                candidates.append(rule(algebra, node))
            except Undefined:  # it needs what may not be assumed
                continue
        right = [each for each in candidates if each is not None and each.node is not node]
        right = [each for each in right if each.node.shape == node.shape and each.node.dtype == node.dtype]
        if not right:
            return None
        best = algebra.shortest(right)
        longer = algebra.length(best) > algebra.cost(node)
        return None if longer or algebra.key(best.node) == algebra.key(node) else best


_SHORT: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
"""The bodies of gradients, as they are written most shortly."""

ATOM = Expression("name", word="v")
"""What a value of a step counts as that several others read."""


def in_each_step(algebra: Algebra, node: Any) -> Found | None:
    """A gradient that is carried from step to step, each step by what holds for all numbers; what is read twice stays one."""
    body = node.body
    if not any(getattr(leaf, "of", None) for leaf in body.carry):
        return None
    if body not in _SHORT:
        _SHORT[body] = short = _in_short(body)
        _SHORT[short] = short
    return None if _SHORT[body] is body else Found(altered(node, body=_SHORT[body]))


def _in_short(body: Any) -> Any:
    uses = Counter(operand for each in body.operations for operand in each.operands)
    several = {each for each in body.operations if uses[each] > 1 and each.dtype.kind == "f" and not each.moves_elements}
    done: dict[Node, Node] = {}
    first: dict[Hashable, Node] = {}
    for each in body.nodes:
        simple = each
        if each.operands and each.dtype.kind == "f" and each.known is None:
            simple = Simplifier(lambda other, each=each: ATOM if other in several and other is not each else None)(each).node  # type: ignore[misc]
        for node in topological_order([simple], done):
            operands = tuple(done[operand] for operand in node.operands)
            own = node if operands == node.operands else altered(node, operands=operands)
            done[node] = first.setdefault(signature(own), own)
        done[each] = done[simple]
    return type(body)(*([done[node] for node in nodes] for nodes in body.fields))
