"""Sizes of named axes: polynomials with whole coefficients, in one canonical form.

A named axis stands for a whole number, 0 or more, that is known when the graph runs. A size that follows from named axes is a
sum of products, each with a coefficient, of names, ⌊size / number⌋ and max(size, 0), of which none is negative: multiplied out,
with like terms collected. So two sizes of one form are equal in every run; two of different forms are taken to differ.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import gcd, prod
from typing import Any, NamedTuple, NoReturn, Union

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.numpy_protocol import compose

__all__ = ["EXACT", "Axis", "SymbolicSize", "named_axis", "non_negative", "substitute", "terms_of"]

Axis = Union[int, "SymbolicSize"]


class Rounded(NamedTuple):
    """⌊size / divisor⌋, of a size without negative coefficients; or, without a divisor, max(size, 0), of a sum with some."""

    size: Axis
    divisor: int | None = None

    def __str__(self) -> str:
        return f"⌊{self.size}/{self.divisor}⌋" if self.divisor else f"max{str(self.size)[:-1]},0)"  # a sum has brackets


Factors = tuple[str | Rounded, ...]
"""The factors of a product, in the order of their texts; a number has none."""
Terms = Mapping[Factors, int]


class SymbolicSize(NDArrayOperatorsMixin):
    """A size that is known only when the graph runs; immutable.

    It equals a size of the same form, and its own text: the size of a named axis equals the name. +, −, ·, //, % with whole
    numbers and other sizes give sizes; whatever else NumPy computes with it, or with it and nodes, is a node that has the
    number in a run. An OperationError refuses what needs it while composing: an order, a truth, `int`, `range`.
    """

    __slots__ = ("terms", "text")

    def __init__(self, terms: Terms) -> None:
        """Of its terms; its text has what is subtracted last, products of more factors first, and brackets around a sum."""
        self.terms, text = terms, ""
        for factors, n in sorted(terms.items(), key=lambda term: (term[1] < 0, -len(term[0]), [*map(str, term[0])])):
            number = [] if factors and abs(n) == 1 else [str(abs(n))]
            text += ("−" if n < 0 else "+") + "·".join([*number, *map(str, factors)])
        self.text = text.removeprefix("+") if len(terms) == 1 else f"({text.removeprefix('+')})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SymbolicSize | str) and self.text == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return repr(self.text)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        given = [each[()] if isinstance(each, np.ndarray) else each for each in operands]
        if ufunc in EXACT and all(isinstance(each, int | np.integer | SymbolicSize) for each in given):
            return EXACT[ufunc](*[each if isinstance(each, SymbolicSize) else int(each) for each in given])
        return compose(ufunc, *operands, **options)

    def _refused(self, *_: object) -> NoReturn:
        raise OperationError(
            f"The size {self} is known only when the graph runs: while composing it has no number, no order and no truth.\n"
            "  np.size(x, axis=…) is a node that has the number, np.arange(n, like=x) one that counts up to it; or declare the "
            "input with the size of this axis."
        )

    __bool__ = __int__ = __index__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = __divmod__ = _refused


@lru_cache(maxsize=4096)
def named_axis(name: str) -> SymbolicSize:
    """The size of the axis of this name."""
    return SymbolicSize({(name,): 1})


def non_negative(size: Axis) -> Axis:
    """max(size, 0).

    >>> N = named_axis("N")
    >>> non_negative(N), non_negative(N - 1), non_negative(non_negative(N - 1) - 1)
    ('N', 'max(N−1,0)', 'max(N−2,0)')
    """
    terms = terms_of(size)
    positive = {factors: n for factors, n in terms.items() if n > 0}
    if not positive or positive == terms:
        return size if positive else 0
    if (common := gcd(*terms.values())) > 1:
        return common * non_negative(size // common)
    match [term for term in terms.items() if term[1] < 0]:
        case [((Rounded(inner, divisor),), n)]:  # p − max(q, 0), for q up to p, is 0 or more, and so is p − ⌊q/d⌋
            if min(terms_of((divisor or 1) * _sum(positive.items()) + n * inner).values()) >= 0:
                return size
    match [*positive.items()]:
        case [((Rounded(inner, None),), 1)]:  # max(max(inner, 0) − n, 0) is max(inner − n, 0), n being 0 or more
            return non_negative(size - SymbolicSize(positive) + inner)
    return SymbolicSize({(Rounded(size),): 1})


def substitute(size: Axis, sizes: Mapping[str, Axis]) -> Axis:
    """The size with other sizes, or numbers, for the named axes that are in `sizes`: 2·M for 2·N and {"N": M}."""

    def value(factor: str | Rounded) -> Axis:
        if isinstance(factor, str):
            return sizes[factor] if factor in sizes else named_axis(factor)
        part = substitute(factor.size, sizes)
        return part // factor.divisor if factor.divisor else non_negative(part)

    return sum((n * prod(map(value, factors)) for factors, n in terms_of(size).items()), start=0)


def terms_of(size: Axis) -> Terms:
    """The products that a size, or a number, is the sum of, each with its coefficient."""
    return size.terms if isinstance(size, SymbolicSize) else {(): int(size)}


@lru_cache(maxsize=4096)
def _plus(a: Axis, b: Axis) -> Axis:
    return _sum((*terms_of(a).items(), *terms_of(b).items()))


@lru_cache(maxsize=4096)
def _times(a: Axis, b: Axis) -> Axis:
    pairs = [(one, other) for one in terms_of(a).items() for other in terms_of(b).items()]
    return _sum((tuple(sorted(some + more, key=str)), n * m) for (some, n), (more, m) in pairs)


def _floor(size: Any, number: Any) -> Any:
    if isinstance(number, SymbolicSize) or number == 0:
        raise ShapeError(f"The size {size} can only be divided by a number other than 0, not by {number}, which may be 0.")
    if number < 0:
        return -size // -number
    if all(n < 0 for factors, n in terms_of(size).items() if factors) and isinstance(size, SymbolicSize):
        return -((number - 1 - size) // number)  # ⌊−H/2⌋ is −⌊(H + 1)/2⌋
    whole = _sum((factors, n // number) for factors, n in terms_of(size).items())
    rest = size - whole * number  # its coefficients are from 0 to number − 1
    if not isinstance(rest, SymbolicSize):
        return whole
    match [term for term in rest.terms.items() if term[0]]:
        case [((Rounded(inner, int(divisor)),), 1)]:  # ⌊(⌊H/2⌋ + 1)/2⌋ is ⌊(H + 2)/4⌋
            return whole + _floor(inner + divisor * rest.terms.get((), 0), divisor * number)
    common = gcd(number, *(n for factors, n in rest.terms.items() if factors))  # ⌊(2·H + 1) / 4⌋ is ⌊H / 2⌋
    return whole + SymbolicSize({(Rounded(rest // common, number // common),): 1})


def _sum(terms: Iterable[tuple[Factors, int]]) -> Axis:
    """The sum of the terms, like ones collected; a number where no name is left."""
    collected: dict[Factors, int] = {}
    for factors, n in terms:
        collected[factors] = collected.get(factors, 0) + n
    found = {factors: n for factors, n in collected.items() if n}
    return SymbolicSize(found) if found.keys() - {()} else found.get((), 0)


EXACT: dict[np.ufunc, Callable[..., Any]] = {
    np.add: _plus, np.subtract: lambda a, b: _plus(a, -b), np.multiply: _times, np.negative: lambda size: _times(size, -1),
    np.floor_divide: _floor, np.remainder: lambda a, b: a - a // b * b, np.equal: operator.eq, np.not_equal: operator.ne,
    np.divide: lambda a, b: a if b == 1 else compose(np.divide, a, b),
}  # fmt: skip
"""NumPy's functions that give a size of sizes and whole numbers."""
