"""Products of elements as numbers and powers of atoms: where factors meet, their exponents are added."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.shapes import Shape
from minigraph.readings.algebra.context import Algebra, Conditions, kind, needed_by_power, repeated, single

__all__ = ["Product", "Undefined", "atom_of", "built", "left_out", "product_of", "times", "to_the_power"]


class Undefined(Exception):
    """What would need a condition that may fail."""


@dataclass(frozen=True)
class Product:
    """A number times powers of atoms, by their keys, in the order in which they are met."""

    number: Fraction
    factors: dict[int, tuple[Node, Fraction]] = field(default_factory=dict)
    conditions: Conditions = frozenset()

    @cached_property
    def key(self) -> frozenset[tuple[int, Fraction]]:
        """Equal for products that differ in their numbers alone."""
        return frozenset((key, exponent) for key, (_, exponent) in self.factors.items())

    @cached_property
    def negative(self) -> "Product":
        """The product, times −1."""
        return self.scaled(-1)

    def scaled(self, number: Fraction | int) -> "Product":
        """The product, times a number."""
        return Product(self.number * number, self.factors, self.conditions)


def product_of(algebra: Algebra, node: Node) -> Product:
    """The node's value as a product; what is none is an atom of its own, as is what would need what may not be assumed.

    Identities: x / y = x · y⁻¹, −x = (−1) · x, √x = x^½, (x^a)^b = x^(ab) for whole b. What is repeated along axes stands for
    what it repeats, as broadcasting does that anyway.
    """
    if node not in algebra.products:
        algebra.products[node] = _product_of(algebra, node)
    found: Product = algebra.products[node]
    return found


def _product_of(algebra: Algebra, node: Node) -> Product:
    number = algebra.number(node)
    if number is not None:
        return Product(number)
    if not algebra.is_atom(node) and node.dtype.kind == "f":
        reader = READERS.get(kind(node))
        try:
            found = reader(algebra, node) if reader else None
        except Undefined:
            found = None
        if found is not None:
            return found
    return atom_of(algebra, node)


def atom_of(algebra: Algebra, node: Node) -> Product:
    """The product that is this node alone, whatever it is computed of."""
    return Product(Fraction(1), {algebra.key(node): (node, Fraction(1))})


def _quotient(algebra: Algebra, node: Node) -> Product:
    above, below = node.operands
    return times(algebra, product_of(algebra, above), to_the_power(algebra, product_of(algebra, below), Fraction(-1)))


def _power(algebra: Algebra, node: Node) -> Product | None:
    exponent = algebra.number(node.operands[1])
    if exponent is None or exponent == 0:
        return None
    return _raised(algebra, product_of(algebra, node.operands[0]), exponent)


def _raised(algebra: Algebra, base: Product, exponent: Fraction) -> Product | None:
    """A power, unless it is one of which not every exponent may be multiplied: √(x²) is |x|."""
    plain = base.number == 1 and len(base.factors) == 1 and all(each == 1 for _, each in base.factors.values())
    if not plain and (exponent.denominator != 1 or base.number == 0):
        return None
    return to_the_power(algebra, base, exponent)


def _repeated(algebra: Algebra, node: Node) -> Product | None:
    x = node.operands[0]
    if node.dtype != x.dtype:
        return None
    new = node.ndim - x.ndim
    leads = kind(node) == "Expand" or (new >= 0 and node.shape == (1,) * new + x.shape)
    return product_of(algebra, x) if leads else None


READERS: dict[str, Callable[[Algebra, Node], Product | None]] = {
    "Mul": lambda algebra, node: times(algebra, *(product_of(algebra, each) for each in node.operands)),
    "Div": _quotient,
    "Neg": lambda algebra, node: product_of(algebra, node.operands[0]).scaled(-1),
    "Reciprocal": lambda algebra, node: to_the_power(algebra, product_of(algebra, node.operands[0]), Fraction(-1)),
    "Sqrt": lambda algebra, node: _raised(algebra, product_of(algebra, node.operands[0]), Fraction(1, 2)),
    "Pow": _power,
    **dict.fromkeys(("Expand", "Unsqueeze", "Reshape"), _repeated),
}
"""The operations that are products of what they are of."""


def to_the_power(algebra: Algebra, base: Product, exponent: Fraction) -> Product:
    """The product to a power: 1 / x⁻¹ = x, for x ≠ 0, and (√x)² = x, for x ≥ 0."""
    if base.number == 0 and exponent < 0:
        raise Undefined
    number = base.number ** int(exponent) if exponent.denominator == 1 else Fraction(1)
    factors = {key: (node, each * exponent) for key, (node, each) in base.factors.items()}
    conditions = base.conditions
    for node, each in base.factors.values():
        if each < 0 and exponent < 0:
            conditions |= _needed(algebra, node, "≠")
        if each.denominator != 1 and (each * exponent).denominator == 1:
            conditions |= _needed(algebra, node, "≥")
    return Product(Fraction(number), factors, conditions)


def times(algebra: Algebra, a: Product, b: Product) -> Product:
    """The product of two: x^a · x^b = x^(a + b), for x ≠ 0 where a divisor is cancelled, for x ≥ 0 where roots become whole."""
    factors, conditions = dict(a.factors), a.conditions | b.conditions
    if a.number * b.number == 0:
        return Product(Fraction(0), {}, conditions | left_out(algebra, a) | left_out(algebra, b))
    for key, (node, exponent) in b.factors.items():
        if key in factors:
            before = factors[key][1]
            after = before + exponent
            if after >= 0 and min(before, exponent) < 0:
                conditions |= _needed(algebra, node, "≠")
            if after.denominator == 1 and exponent.denominator != 1:
                conditions |= _needed(algebra, node, "≥")
            factors.pop(key)
            if after:
                factors[key] = (node, after)
        else:
            factors[key] = (node, exponent)
    return Product(a.number * b.number, factors, conditions)


def left_out(algebra: Algebra, product: Product) -> Conditions:
    """What a product that is not written any more, as it is 0, needs to have a value: 0 / x = 0 for x ≠ 0."""
    conditions: Conditions = frozenset()
    for node, exponent in product.factors.values():
        own = [(node, sign) for sign in [needed_by_power(exponent)] if sign]
        for each, sign in [*own, *algebra.needed_for(node)]:
            conditions |= _needed(algebra, each, sign)
    return conditions


def _needed(algebra: Algebra, node: Node, sign: str) -> Conditions:
    found = algebra.given(node, sign)
    if found is None:
        raise Undefined
    return found


def built(algebra: Algebra, product: Product, like: Node, shape: Shape | None = None) -> Node:
    """The product as a node of the type of another, and of its shape, or of one that is said: number first, divisors last."""
    shape = like.shape if shape is None else shape
    number = product.number
    if number == 0:
        return repeated(algebra.constant(0, like), shape)
    above = [_powered(algebra, node, exponent) for node, exponent in product.factors.values() if exponent > 0]
    below = [_powered(algebra, node, -exponent) for node, exponent in product.factors.values() if exponent < 0]
    below.sort(key=lambda each: not single(each.shape))
    size, divisor = abs(number), Fraction(1)
    if size.denominator != 1 and (below or not _short(size)) and size.denominator < 1000:
        size, divisor = Fraction(size.numerator), Fraction(size.denominator)
    if divisor != 1:
        below.insert(0, algebra.constant(divisor, like))
    if size != 1 or not above:
        above.insert(0, algebra.constant(size, like))
    found = _multiplied(above)
    if below:
        found = found / _multiplied(below)
    if number < 0:
        found = -found
    return repeated(found, shape)


def _short(number: Fraction) -> bool:
    """Whether it is written with few digits."""
    return len(f"{float(number):.10g}") <= 6


def _multiplied(nodes: list[Any]) -> Any:
    return reduce(lambda a, b: a * b, nodes)


def _powered(algebra: Algebra, node: Any, exponent: Fraction) -> Any:
    if exponent == 1:
        return node
    if exponent == 2:
        return node * node
    return np.sqrt(node) if exponent == Fraction(1, 2) else np.power(node, algebra.constant(exponent, node))
