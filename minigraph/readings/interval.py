"""Interval arithmetic: between what a value lies, from between what its operands lie.

Source: R. Moore, Interval Analysis, 1966. Besides the two ends it is known whether a value is never 0; what it is at least as
large as, so that x − max(x) is seen to be at most 0; and of what two it is the difference, so that (x − t)(x − t) is a square.
Numbers are those of mathematics: a power that underflows to 0 counts as above it.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.readings.operand import Operand

__all__ = [
    "INF", "READ", "Bounds", "absolute", "add", "alike", "divide", "multiply", "negative", "of", "power", "reciprocal",
    "squared", "subtract",
]  # fmt: skip

INF = math.inf

READ: dict[Any, Callable[..., "Bounds"]] = {}
"""How NumPy's functions are read, once each, for all operations, as `bounds.py` says; of any other nothing is known."""


class Bounds(Operand):
    """What is known of every element of a value: from `low` to `high`, and, where `nonzero`, never 0.

    >>> np.exp(-abs(Bounds()))
    Bounds(0, 1, nonzero=True)
    """

    shape: Any
    dtype: Any
    ndim: int

    def __init__(self, low: float = -INF, high: float = INF, nonzero: bool = False, about: tuple[Any, ...] = ("",)) -> None:
        self.low, self.high = (low, high) if low <= high else (-INF, INF)  # what is not a number is bounded by nothing
        self.nonzero = nonzero or low > 0 or high < 0
        self.about = about

    @property
    def reaches_zero(self) -> bool:
        """Whether an element can be 0."""
        return self.low <= 0 <= self.high and not self.nonzero

    def __repr__(self) -> str:
        return f"Bounds({self.low:g}, {self.high:g}{', nonzero=True' if self.nonzero else ''})"

    def __getitem__(self, index: Any) -> "Bounds":
        return alike(self)

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Bounds":
        """The bounds of what one of NumPy's functions gives."""
        if function not in READ:
            return Bounds()
        values = map(of, operands) if isinstance(function, np.ufunc) or function is np.where else operands
        with np.errstate(all="ignore"):
            return READ[function](*values)

    def astype(self, dtype: Any) -> "Bounds":
        """The same bounds: a cast towards whole numbers may reach 0, and is read with `np.astype`."""
        return np.astype(self, dtype)  # type: ignore[call-overload, no-any-return]

    def sum(self, **options: Any) -> "Bounds":
        """The sum over any axes, of at least one element."""
        return self.read(np.sum, (self,), {})

    def max(self, **options: Any) -> "Bounds":
        """The largest element over any axes."""
        return self.read(np.max, (self,), {})

    def reshape(self, *shape: Any) -> "Bounds":
        """The same elements in another shape."""
        return alike(self)

    @property
    def size(self) -> "Bounds":
        """How many elements there are: one or more."""
        return self.read(np.size, (self,), {})


def of(value: Any) -> Bounds:
    """Any operand as bounds."""
    if isinstance(value, Bounds):
        return value
    array = np.asarray(value)
    return Bounds(float(array.min()), float(array.max()), bool(array.all()))


def alike(x: Bounds, *attributes: Any) -> Bounds:
    """The same elements in another order or shape, or some of them."""
    return Bounds(x.low, x.high, x.nonzero, x.about)


def times(a: float, b: float) -> float:
    """The product of two ends: 0 times an end that is never reached is 0."""
    return a * b if a and b else 0.0


def add(a: Bounds, b: Bounds) -> Bounds:
    """a + b: never 0 where both have one sign and one of them is never 0."""
    one_sign = min(a.low, b.low) >= 0 or max(a.high, b.high) <= 0
    return Bounds(a.low + b.low, a.high + b.high, one_sign and (a.nonzero or b.nonzero))


def negative(x: Bounds) -> Bounds:
    """−x."""
    return Bounds(-x.high, -x.low, x.nonzero)


def subtract(a: Bounds, b: Bounds) -> Bounds:
    """a − b; a value less its largest element is at most 0."""
    found = add(a, negative(b))
    if b.about[0] == "at least" and any(each is a for each in b.about[1:]):
        return Bounds(found.low, min(found.high, 0))
    return Bounds(found.low, found.high, found.nonzero, ("difference", a, b))


def multiply(a: Bounds, b: Bounds) -> Bounds:
    """a · b; a value times itself is a square."""
    if a is b or (
        a.about[0] == b.about[0] == "difference" and all(p is q for p, q in zip(a.about[1:], b.about[1:], strict=True))
    ):
        return squared(a)
    ends = [times(p, q) for p in (a.low, a.high) for q in (b.low, b.high)]
    return Bounds(min(ends), max(ends), a.nonzero and b.nonzero)


def squared(x: Bounds) -> Bounds:
    """x², never below 0."""
    ends = (times(x.low, x.low), times(x.high, x.high))
    return Bounds(0 if x.low <= 0 <= x.high else min(ends), max(ends), x.nonzero)


def reciprocal(x: Bounds) -> Bounds:
    """1 / x, bounded where x has one sign."""
    if x.low < 0 < x.high:
        return Bounds(nonzero=True)
    low, high = ((1 / end if end else math.copysign(INF, 1 if x.low >= 0 else -1)) for end in (x.high, x.low))
    return Bounds(low, high, nonzero=True)


def divide(a: Bounds, b: Bounds) -> Bounds:
    """a / b; one of several values that are not below 0, divided by their sum, is at most 1, and their mean lies among them."""
    if b.about[0] == "total" and b.about[1] is a and a.low >= 0:
        return Bounds(0, 1, a.nonzero)
    if a.about[0] == "total" and b.about[0] == "count" and a.about[1] is b.about[1]:
        x = a.about[1]
        return Bounds(min(x.low, 0), max(x.high, 0), a.nonzero)
    found = multiply(a, reciprocal(b))
    return Bounds(found.low, found.high, a.nonzero)


def power(a: Bounds, b: Bounds) -> Bounds:
    """a to a known power."""
    if b.low != b.high:
        return Bounds(0 if a.low >= 0 else -INF, nonzero=a.nonzero)
    if b.low % 2 == 0 and b.low > 0:
        size = absolute(a)
        return Bounds(size.low**b.low, size.high**b.low, a.nonzero)
    if a.low < 0:
        return Bounds(nonzero=a.nonzero)
    low, high = sorted(end**b.low if end or b.low >= 0 else INF for end in (a.low, a.high))
    return Bounds(low, high, a.nonzero)


def absolute(x: Bounds) -> Bounds:
    """|x|."""
    return Bounds(0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high)), max(abs(x.low), abs(x.high)), x.nonzero)
