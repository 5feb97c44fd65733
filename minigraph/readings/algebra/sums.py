"""Sums of products: equal terms are added up, common factors pulled out, factors multiplied out where that is shorter."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import product as each_with_each
from typing import Any

from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import broadcast
from minigraph.readings.algebra.context import Algebra, Conditions, Found, kind, repeated
from minigraph.readings.algebra.matrices import common_link, transposed_sum
from minigraph.readings.algebra.products import Product, Undefined, built, left_out, product_of, times

__all__ = ["of_product", "of_sum"]

MOST = 12
"""Up to how many terms are multiplied out."""


@dataclass(frozen=True)
class Sum:
    """Terms, and what their sum needs to equal the one that is given."""

    terms: tuple[Product, ...]
    conditions: Conditions = frozenset()

    @property
    def needed(self) -> Conditions:
        """What all of it needs."""
        return self.conditions.union(*(term.conditions for term in self.terms))


def sum_of(algebra: Algebra, node: Node) -> Sum:
    """The node's value as a sum of products; what is none is one term."""
    pending, terms = [(node, True)], []
    while pending:
        each, added = pending.pop()
        if kind(each) in ("Add", "Sub") and not algebra.is_atom(each):
            a, b = each.operands
            pending += [(b, added == (kind(each) == "Add")), (a, added)]
            continue
        term = product_of(algebra, each)
        term = term if added else term.negative
        inner = _whole(algebra, term)
        if inner is not None:
            pending.append((inner, term.number > 0))
        else:
            terms.append(term)
    return Sum(tuple(terms))


def _whole(algebra: Algebra, term: Product) -> Node | None:
    """The sum that a term consists of, but for a sign."""
    if abs(term.number) == 1 and len(term.factors) == 1:
        ((node, exponent),) = term.factors.values()
        return node if exponent == 1 and kind(node) in ("Add", "Sub") and not algebra.is_atom(node) else None
    return None


def collected(algebra: Algebra, found: Sum) -> Sum:
    """Equal terms added up: 2x + x = 3x, x − x = 0."""
    terms: dict[Any, Product] = {}
    for term in found.terms:
        before = terms.get(term.key)
        if before is None:
            terms[term.key] = term
        else:
            terms[term.key] = replace(
                before, number=before.number + term.number, conditions=before.conditions | term.conditions
            )
    left = tuple(term for term in terms.values() if term.number)
    dropped = [term.conditions | left_out(algebra, term) for term in terms.values() if not term.number]
    return Sum(left, found.conditions.union(*dropped))


def multiplied_out(algebra: Algebra, given: Sum) -> Sum | None:
    """(a + b) · c = a · c + b · c, for all sums among the factors; None where that gives many terms."""
    found: list[Product] = []
    for term in given.terms:
        whole = {
            key: node for key, (node, exponent) in term.factors.items()
            if exponent == 1 and kind(node) in ("Add", "Sub") and not algebra.is_atom(node)
        }  # fmt: skip
        rest = replace(term, factors={key: each for key, each in term.factors.items() if key not in whole})
        sums = [sum_of(algebra, node).terms for node in whole.values()]
        for chosen in each_with_each(*sums):
            found.append(reduce(lambda a, b: times(algebra, a, b), chosen, rest))
            if len(found) > MOST:
                return None
    return collected(algebra, Sum(tuple(found), given.conditions))


def common(terms: Sequence[Product]) -> Product | None:
    """The factors that all terms have, or None where there are none."""
    shared: dict[int, tuple[Node, Fraction]] = {}
    for key, (node, _) in terms[0].factors.items():
        if not all(key in term.factors for term in terms):
            continue
        exponents = [term.factors[key][1] for term in terms]
        if all(each > 0 for each in exponents) or all(each < 0 for each in exponents):
            shared[key] = node, min(exponents, key=abs)
    sizes = {abs(term.number) for term in terms}
    number = sizes.pop() if len(sizes) == 1 else Fraction(1)
    return Product(number, shared) if shared or number != 1 else None


def without(term: Product, shared: Product) -> Product:
    """A term without the factors that it shares with others: they were in it, so nothing is assumed."""
    factors = {}
    for key, (node, exponent) in term.factors.items():
        left = exponent - (shared.factors[key][1] if key in shared.factors else 0)
        if left:
            factors[key] = (node, left)
    return Product(term.number / shared.number, factors, term.conditions)


def built_sum(algebra: Algebra, found: Sum, like: Node) -> Found:
    """The terms as a node, one that is not subtracted first."""
    if not found.terms:
        return Found(repeated(algebra.constant(0, like), like.shape), found.needed)
    terms = sorted(found.terms, key=lambda term: term.number < 0)
    shown: Any = None
    for term in terms:
        key = (shown, id(term), like.dtype)
        if len(terms) <= 2 * MOST or key not in algebra.sums:
            algebra.sums[key] = term, _with_term(algebra, shown, term, like)
        shown = algebra.sums[key][1]
    return Found(repeated(shown, like.shape), found.needed)


def _with_term(algebra: Algebra, shown: Any, term: Product, like: Node) -> Any:
    """A node, or none yet, and a term that is added to it, or subtracted."""
    shape = _shape_of(term)
    if shown is None:
        return built(algebra, term, like, shape)
    if term.number < 0:
        return shown - built(algebra, term.negative, like, shape)
    return shown + built(algebra, term, like, shape)


def _shape_of(term: Product) -> Any:
    shape: Any = ()
    for node, _ in term.factors.values():
        shape = broadcast(shape, node.shape)
    return shape


def _written(algebra: Algebra, found: Sum, like: Node) -> Iterator[Found]:
    """The ways to write a sum."""
    yield built_sum(algebra, found, like)
    if len(found.terms) < 2:
        return
    shared = common(found.terms)
    if shared is not None:
        inner = Sum(tuple(without(term, shared) for term in found.terms), found.conditions)
        yield _around(algebra, shared, inner, like)
    if all(term.number < 0 for term in found.terms):
        inner = Sum(tuple(term.scaled(-1) for term in found.terms), found.conditions)
        whole = built_sum(algebra, inner, like)
        negative: Any = -whole.node
        yield Found(negative, whole.conditions)
    turned = transposed_sum(algebra, found.terms, like)
    if turned is not None and turned.shape == like.shape:
        yield Found(turned, found.needed)
    linked = common_link(algebra, found.terms, like)
    if linked is not None:
        yield Found(built(algebra, linked, like), found.needed)


def _around(algebra: Algebra, shared: Product, inner: Sum, like: Node) -> Found:
    whole = built_sum(algebra, collected(algebra, inner), like)
    atom = product_of(algebra, whole.node)
    return Found(built(algebra, times(algebra, shared, atom), like), whole.conditions)


def of_sum(algebra: Algebra, node: Node) -> Found:
    """A sum, or a difference, as short as it can be written."""
    candidates = [Found(node)]
    found = sum_of(algebra, node)
    with suppress(Undefined):
        found = collected(algebra, found)
    candidates += _written(algebra, found, node)
    try:
        multiplied = multiplied_out(algebra, found)
    except Undefined:
        multiplied = None
    if multiplied is not None:
        candidates += _written(algebra, multiplied, node)
    return algebra.shortest(candidates)


def of_product(algebra: Algebra, node: Node) -> Found:
    """A product, or a quotient, as short as it can be written."""
    product = product_of(algebra, node)
    candidates = [Found(node), Found(built(algebra, product, node), product.conditions)]
    squares = abs(product.number) >= 1 and any(abs(exponent) == 2 for _, exponent in product.factors.values())
    if kind(node) in ("Mul", "Div") and (squares or len(_numbers(algebra, node)) > 1):
        candidates.reverse()  # of two as long, 2 ⊙ x / 3 rather than x / 3 · 2, and x² rather than x ⊙ x
    for key, (inner, exponent) in product.factors.items():
        if exponent == 1 and kind(inner) in ("Add", "Sub") and not algebra.is_atom(inner):
            try:
                candidates += _distributed(algebra, product, key, sum_of(algebra, inner), node)
            except Undefined:
                continue
    return algebra.shortest(candidates)


def _numbers(algebra: Algebra, node: Node) -> list[Node]:
    """The numbers that stand in a product."""
    order = topological_order([node], operands=lambda each: each.operands if kind(each) in ("Mul", "Div", "Expand") else ())
    return [each for each in order if not each.operands and algebra.number(each) is not None]


def _distributed(algebra: Algebra, product: Product, key: int, inner: Sum, like: Node) -> Iterator[Found]:
    """The product with those of its factors that cancel within a sum multiplied into that sum."""
    others = {each: factor for each, factor in product.factors.items() if each != key}
    divides = {each for term in inner.terms for each, (_, exponent) in term.factors.items() if exponent < 0}
    multiplies = {each for term in inner.terms for each, (_, exponent) in term.factors.items() if exponent > 0}
    meeting = {
        each: factor for each, factor in others.items() if each in (divides if factor[1] > 0 else multiplies)
    }  # fmt: skip
    rest = Product(product.number, {each: factor for each, factor in others.items() if each not in meeting}, product.conditions)
    for into, outside in ((Product(Fraction(1), meeting), rest), (Product(product.number, others, product.conditions), None)):
        found = collected(algebra, Sum(tuple(times(algebra, into, term) for term in inner.terms)))
        for each in (found, multiplied_out(algebra, found)):
            if each is None:
                continue
            whole = algebra.shortest(_written(algebra, each, like))
            if outside is None:
                yield whole
            else:
                together = times(algebra, outside, product_of(algebra, whole.node))
                yield Found(built(algebra, together, like), whole.conditions | together.conditions)
