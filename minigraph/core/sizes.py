"""Sizes that follow from named axes: polynomials with whole coefficients, in canonical form.

A named axis stands for a whole number, 0 or more, that is known only when the graph runs. What +, −, ·, //, %, `maximum` and
`minimum` make of such sizes is multiplied out and collected: a sum of products of atoms, of which there are three kinds,

- a name;
- `Positive(p)`, which is max(p, 0): max(a, b) = b + max(a − b, 0), and min(a, b) = a − max(a − b, 0);
- `Quotient(p, n)`, which is p // n, rounded down: p % n = p − n · (p // n).

Each rewriting holds for all sizes of the named axes, 0 included. So two sizes with the same terms are equal in every run, and
two with other terms are taken to differ.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import gcd, inf, prod
from typing import Any, NamedTuple, NoReturn, Union

import numpy as np

from minigraph.core.errors import OperationError, ShapeError

__all__ = ["Axis", "SymbolicSize", "content", "divide", "maximum", "minimum", "named_axis", "substitute"]

Axis = Union[int, "SymbolicSize"]


class Positive(NamedTuple):
    """max(part, 0)."""

    part: "SymbolicSize"


class Quotient(NamedTuple):
    """part // divisor, of a divisor of 2 or more."""

    part: "SymbolicSize"
    divisor: int


Monomial = tuple[str | Positive | Quotient, ...]
"""The atoms whose product it is, in the order of their texts; that of a number has none."""
Terms = Mapping[Monomial, int]


class SymbolicSize:
    """A size that is known only when the graph runs; immutable.

    It equals a size with the same terms, and its own text: the size of a named axis equals the name. It has arithmetic with
    whole numbers and other sizes. An OperationError refuses what its number is needed for: an order, a truth, `int`, `range`.

    >>> H = named_axis("H")
    >>> H + 2 - 3 + 1, 2 * (H // 2), (2 * H) // 2, H == "H"
    ('H', '2·⌊H/2⌋', 'H', True)
    """

    __slots__ = ("terms", "text")
    __array_ufunc__ = None  # so that NumPy's whole numbers leave the arithmetic to it

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.text = _sum(self) if len(terms) == 1 or _extremum(self) else f"({_sum(self)})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SymbolicSize):
            return self is other or self.terms == other.terms
        return isinstance(other, str) and self.text == other

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return repr(self.text)

    @property
    def is_product(self) -> bool:
        """Whether it is a product of several factors."""
        ((atoms, n), *others) = self.terms.items()
        return not others and (len(atoms), n) != (1, 1)

    def __reduce__(self) -> Any:
        return SymbolicSize, (self.terms,)

    def __add__(self, other: Axis) -> Axis:
        return _plus(self, _checked(other))

    def __sub__(self, other: Axis) -> Axis:
        return self + -1 * _checked(other)

    def __rsub__(self, other: int) -> Axis:
        return -1 * self + other

    def __neg__(self) -> Axis:
        return -1 * self

    def __mul__(self, other: Axis) -> Axis:
        return _times(self, _checked(other))

    def __floordiv__(self, other: int) -> Axis:
        return _quotient(self, _checked(other))

    def __mod__(self, other: int) -> Axis:
        return self - self // other * other

    __radd__, __rmul__ = __add__, __mul__

    def _refused(self, *_: object) -> NoReturn:
        raise OperationError(
            f"The size {self} is known only when the graph runs: while composing it has no number, no order and no truth.\n"
            "  np.size(x, axis=…) is a node that has the number in a run; or declare the input with the size of this axis."
        )

    __bool__ = __int__ = __index__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = __pow__ = __divmod__ = _refused
    __truediv__ = __rtruediv__ = __rfloordiv__ = __rmod__ = _refused


@lru_cache(maxsize=4096)
def named_axis(name: str) -> SymbolicSize:
    """The size of the axis of this name."""
    return SymbolicSize({(name,): 1})


def maximum(a: Axis, b: Axis) -> Axis:
    """The larger of two sizes.

    >>> N = named_axis("N")
    >>> maximum(N, 0), maximum(N - 1, 0), maximum(maximum(N - 1, 0) - 1, 0)
    ('N', 'max(N−1,0)', 'max(N−2,0)')
    """
    return b + _positive(a - b)


def minimum(a: Axis, b: Axis) -> Axis:
    """The smaller of two sizes.

    >>> N = named_axis("N")
    >>> minimum(N, 3), minimum(N, 3) + maximum(N - 3, 0)
    ('min(N,3)', 'N')
    """
    return a - _positive(a - b)


@lru_cache(maxsize=4096)
def divide(total: Axis, part: Axis) -> Axis | None:
    """The polynomial that times `part` is `total`, or None where there is none.

    It is no floor division, which is not defined where `part` is 0: there `total` is 0 too, and any size would do.

    >>> N = named_axis("N")
    >>> divide(784 * N, 784), divide(3 * N, 5)
    ('N', None)
    """
    quotient: Axis = 0
    taken, m = _leading(part)
    while total != 0:
        atoms, n = _leading(total)
        left = Counter(atoms) - Counter(taken)
        if m == 0 or n % m or left.total() != len(atoms) - len(taken):
            return None
        term = _of_terms([(tuple(left.elements()), n // m)])
        quotient, total = quotient + term, total - part * term
    return quotient if m else None


def content(axis: Axis) -> tuple[int, Axis]:
    """The largest whole number that divides a size, and the rest: 784 and N for 784·N."""
    factor = gcd(*_terms(axis).values())
    return factor, _of_terms((atoms, n // (factor or 1)) for atoms, n in _terms(axis).items())


def substitute(axis: Axis, sizes: Mapping[str, Axis]) -> Axis:
    """The axis with other sizes, or numbers, for the named ones that are in `sizes`.

    >>> N = named_axis("N")
    >>> substitute(2 * N, {"N": named_axis("M")}), substitute(maximum(N - 1, 0), {"N": 5})
    ('2·M', 4)
    """

    def value(atom: str | Positive | Quotient) -> Axis:
        if isinstance(atom, str):
            return sizes[atom] if atom in sizes else named_axis(atom)
        part = substitute(atom.part, sizes)
        return maximum(part, 0) if isinstance(atom, Positive) else part // atom.divisor

    return sum((n * prod(map(value, atoms)) for atoms, n in _terms(axis).items()), start=0)


def _checked(value: object) -> Axis:
    if isinstance(value, SymbolicSize):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    raise OperationError(
        f"The size of a named axis is computed with whole numbers and other sizes, not with {value!r}.\n"
        "  np.size(x, axis=…) is a node that has the number in a run."
    )


def _terms(axis: Axis) -> Terms:
    return axis.terms if isinstance(axis, SymbolicSize) else {(): axis}


def _of_terms(terms: Iterable[tuple[Monomial, int]]) -> Axis:
    """The sum of the terms, like ones collected; a number where no name is left."""
    collected: dict[Monomial, int] = {}
    for atoms, n in terms:
        collected[atoms] = collected.get(atoms, 0) + n
    found = {atoms: n for atoms, n in collected.items() if n}
    return SymbolicSize(found) if found.keys() - {()} else found.get((), 0)


@lru_cache(maxsize=4096)
def _plus(a: Axis, b: Axis) -> Axis:
    return _of_terms((*_terms(a).items(), *_terms(b).items()))


@lru_cache(maxsize=4096)
def _times(a: Axis, b: Axis) -> Axis:
    pairs = ((one, other) for one in _terms(a).items() for other in _terms(b).items())
    return _of_terms((tuple(sorted(one + other, key=_text)), n * m) for (one, n), (other, m) in pairs)


def _order(atoms: Monomial) -> tuple[int, list[str]]:
    """The highest degree first, then by the texts: an order that products keep, so that division ends."""
    return -len(atoms), [_text(atom) for atom in atoms]


def _leading(axis: Axis) -> tuple[Monomial, int]:
    return min(_terms(axis).items(), key=lambda term: _order(term[0]))


def _positive(p: Axis) -> Axis:
    """max(p, 0). Of p and −p one alone becomes an atom, as max(p, 0) = p + max(−p, 0): so max(a, b) is max(b, a)."""
    factor, p = content(p)
    return factor * _oriented(p) if _leading(p)[1] > 0 else factor * (p + _oriented(-p))


def _oriented(p: Axis) -> Axis:
    if _least(p) >= 0 or _least(-p) >= 0:
        return p if _least(p) >= 0 else 0
    for part, rest in _maxima(p, 1):
        if _least(-rest) >= 0:  # max(max(part, 0) + rest, 0) = max(part + rest, 0)
            return _positive(part + rest)
    assert isinstance(p, SymbolicSize)  # a number is at least what it is
    return SymbolicSize({(Positive(p),): 1})


def _maxima(p: Axis, sign: int) -> list[tuple[Axis, Axis]]:
    """The parts of the terms of p that are ±max(part, 0), each with the rest of p."""
    terms = _terms(p)
    alone = [(atoms[0], atoms) for atoms, n in terms.items() if len(atoms) == 1 and n == sign]
    return [
        (atom.part, _of_terms((other, n) for other, n in terms.items() if other != atoms))
        for atom, atoms in alone
        if isinstance(atom, Positive)
    ]


def _least(p: Axis) -> float:
    """What p is at least, for all sizes of the named axes, or −∞: no atom is less than 0 where its part is not."""
    least = 0.0
    for atoms, n in _terms(p).items():
        bounds = [_least(atom.part) if isinstance(atom, Quotient) else 0 for atom in atoms]
        least += 0 if n > 0 and atoms and min(bounds) >= 0 else -inf if atoms else n
    for part, rest in _maxima(p, -1) if least == -inf else ():
        least = max(least, min(_least(rest), _least(rest - part)))  # rest − max(part, 0) = min(rest, rest − part)
    return least


def _quotient(p: Axis, divisor: Axis) -> Axis:
    """p // divisor."""
    if isinstance(divisor, SymbolicSize) or divisor == 0:
        raise ShapeError(
            f"The size {p} can only be divided by a number other than 0, not by {divisor}: a named axis may be of 0."
        )
    p, divisor = (p, divisor) if divisor > 0 else (-p, -divisor)
    whole = _of_terms((atoms, n // divisor) for atoms, n in _terms(p).items())
    rest = p - divisor * whole
    if not isinstance(rest, SymbolicSize):  # less than the divisor
        return whole
    number = rest.terms.get((), 0)
    factor, named = content(rest - number)
    if (common := gcd(factor, divisor)) > 1:  # (c · p + n) // (c · d) = (p + n // c) // d
        return whole + (factor // common * named + number // common) // (divisor // common)
    ((atom, *product), *others) = _terms(named)
    if factor == 1 and not product and not others and isinstance(atom, Quotient):  # (p // m + n) // d = (p + n · m) // (m · d)
        return whole + (atom.part + number * atom.divisor) // (divisor * atom.divisor)
    return whole + SymbolicSize({(Quotient(rest, divisor),): 1})


def _text(atom: str | Positive | Quotient) -> str:
    if isinstance(atom, str):
        return atom
    return f"max({_sum(atom.part)},0)" if isinstance(atom, Positive) else f"⌊{atom.part}/{atom.divisor}⌋"


def _sum(axis: Axis) -> str:
    """The text of a size, without brackets around a sum."""
    terms = sorted(_terms(axis).items(), key=lambda term: (term[1] < 0, _order(term[0])))
    signed = [
        ("−" if n < 0 else "+") + "·".join([str(abs(n))] * (abs(n) != 1 or not atoms) + [_text(atom) for atom in atoms])
        for atoms, n in terms
    ]
    return _extremum(axis) or "".join(signed).removeprefix("+")


def _extremum(axis: Axis) -> str:
    """The text of what has a single term ±max(…, 0): as it adds to the rest, it is a maximum or a minimum."""
    larger, smaller = _maxima(axis, 1), _maxima(axis, -1)
    if len(larger) + len(smaller) != 1:
        return ""
    ((part, rest),) = larger or smaller
    return f"max({_sum(rest + part)},{_sum(rest)})" if larger else f"min({_sum(rest)},{_sum(rest - part)})"
