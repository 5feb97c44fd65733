"""What is displayed as a tree, whatever notation it was read from, and its value in NumPy.

Nothing here knows how minigraph writes: it is what a person who reads the mathematics takes it to mean.
"""

from dataclasses import dataclass

import numpy as np

from tests.displayed.correlation import correlated
from tests.displayed.functions import PLAIN, Unread, Words, arithmetic, axes_of, called

__all__ = ["Tree", "Unread", "Words", "computed", "numbers_of", "tree", "value_of", "words_of"]


@dataclass(frozen=True, eq=False)
class Tree:
    """A sign or a function of parts, or a leaf with its word."""

    sign: str
    parts: tuple = ()
    word: str = ""
    over: str = ""
    """The axes and other words before the operands of a function, as in `mean columns (x)`."""
    attributes: tuple = ()
    """Pairs of a name and a value, as in `conv(x, W, strides=(2, 2))`."""


def tree(sign, *parts, word="", over="", attributes=()):
    return Tree(sign, parts, word, over, tuple(attributes))


def numbers_of(expression):
    """The numbers written in an expression."""
    if expression.sign == "number":
        return [expression]
    parts = (*(value for _, value in expression.attributes), *expression.parts)
    return [number for part in parts if isinstance(part, Tree) for number in numbers_of(part)]


def words_of(expression):
    """The names in an expression."""
    found = {expression.word} if expression.sign == "name" else set()
    return found.union(*(words_of(part) for part in expression.parts if part is not None))


def computed(expression, names, slack=None):
    """The value of an expression, and how far each element may be from it for the digits that are not shown.

    `slack` says how far the values of some names may be from what is meant.
    """
    value = np.asarray(value_of(expression, names), np.float64)
    rounded = [number for number in numbers_of(expression) if half_a_digit(number.word)]
    nudges = [(names, {number: float(number.word) + half_a_digit(number.word)}) for number in rounded]
    for name in words_of(expression) & (slack or {}).keys():
        nudges += [(names | {name: names[name] + nudge}, {}) for nudge in nudged(slack[name])]
    far = np.zeros(value.shape)
    for others, instead in nudges:
        far = far + 1.1 * np.abs(np.asarray(value_of(expression, others, instead), np.float64) - value)
    return value, far


def nudged(slack):
    """Ways in which an array may be off: each element alone, or where those are many, all of them to random sides."""
    if slack.size <= MANY:
        return (slack * one.reshape(slack.shape) for one in np.eye(slack.size))
    return (slack * np.random.default_rng(i).choice((-1.0, 1.0), slack.shape) for i in range(4))


MANY = 32
"""Up to how many elements are nudged each alone."""

EXACT = 6
"""A number of fewer digits is meant as it is written: 0.5, 1e-05."""


def half_a_digit(word):
    """How far the number that is meant may be from the one that is written."""
    digits, _, power = word.lower().partition("e")
    whole, _, fraction = digits.partition(".")
    if len((whole + fraction).lstrip("0")) < EXACT or not (fraction or power):
        return 0.0
    return 0.5 * 10.0 ** (int(power or 0) - len(fraction))


def value_of(expression, names, instead=None):
    """The value of an expression, each of whose names has one; `instead` gives other values for some of its numbers."""
    return Reader(names, instead or {}).read(expression)


class Reader:
    """It reads expressions to which the same names have given values."""

    def __init__(self, names, instead):
        self.names, self.instead = names, instead

    def read(self, expression):
        return getattr(self, expression.sign)(expression)

    def _parts(self, expression):
        return [self.read(part) for part in expression.parts]

    def number(self, e):
        return np.asarray(self.instead.get(e, float(e.word) if not e.word.isdigit() else int(e.word)))

    def name(self, e):
        if e.word in ("True", "False"):
            return np.asarray(e.word == "True")
        if e.word not in self.names:
            raise Words(e.word) if e.word == "…" else Unread(f"{e.word!r} is not said to be anything")
        return self.names[e.word]

    def plus(self, e):
        return np.add(*map(arithmetic, self._parts(e)))

    def minus(self, e):
        return np.subtract(*map(arithmetic, self._parts(e)))

    def elementwise(self, e):
        return np.multiply(*map(arithmetic, self._parts(e)))

    def quotient(self, e):
        return np.divide(*map(arithmetic, self._parts(e)))

    def product(self, e):
        """Of matrices, or by a single number."""
        a, b = map(arithmetic, self._parts(e))
        if np.size(a) == 1 or np.size(b) == 1:
            return np.multiply(a, b)
        if isinstance(b, Row) and np.ndim(a) == 1:
            return np.outer(a, b)
        if isinstance(a, Row) and np.ndim(b) == 1:
            return np.dot(a[0], b)
        return np.matmul(np.asarray(a), np.asarray(b))

    def correlation(self, e):
        return correlated(e.word, dict(e.attributes), *map(arithmetic, self._parts(e)))

    def negative(self, e):
        return np.negative(arithmetic(self.read(e.parts[0])))

    def power(self, e):
        base, exponent = map(arithmetic, self._parts(e))
        return np.power(np.asarray(base, np.float64), exponent)

    def transpose(self, e):
        value = np.asarray(self.read(e.parts[0]))
        return value[None].view(Row) if value.ndim == 1 else value if value.ndim == 0 else np.swapaxes(value, -1, -2)

    def inverse(self, e):
        value = arithmetic(self.read(e.parts[0]))
        return 1 / value if np.ndim(value) == 0 else np.linalg.inv(value)

    def relation(self, e):
        return RELATIONS[e.word](*map(np.asarray, self._parts(e)))

    def total(self, e):
        value = arithmetic(self.read(e.parts[0]))
        axes, _ = axes_of(e.over, np.ndim(value))
        return np.sum(np.asarray(value), axis=axes, keepdims=axes is not None)

    def absolute(self, e):
        return np.abs(arithmetic(self.read(e.parts[0])))

    def sequence(self, e):
        return tuple(self._parts(e))

    def array(self, e):
        return np.array(self._parts(e))

    def item(self, e):
        value, *index = self._parts(e)
        index = tuple(np.asarray(i) if isinstance(i, np.ndarray) else i for i in index)
        return np.asarray(value)[index]

    def updated(self, e):
        """An array with something else in the places of an index."""
        array, found, *index = self._parts(e)
        array = np.array(array, np.float64)
        array[tuple(int(i) if np.ndim(i) == 0 and not isinstance(i, slice) else i for i in index)] = found
        return array

    def slice(self, e):
        return slice(*(None if part is None else int(self.read(part)) for part in e.parts))

    def ellipsis(self, e):
        return ...

    def new(self, e):
        return None

    def call(self, e):
        operands = self._parts(e)
        if e.word.endswith(".backward"):
            raise Words(e.word)
        if e.over or e.attributes or e.word not in PLAIN:
            given = {key: self.number(each).item() if isinstance(each, Tree) else each for key, each in e.attributes}
            return called(e.word, e.over, given, operands)
        return PLAIN[e.word](*map(np.asarray, operands))


class Row(np.ndarray):
    """What a vector is when it is transposed."""


RELATIONS = {
    "=": np.equal, "≠": np.not_equal, ">": np.greater, "≥": np.greater_equal, "<": np.less, "≤": np.less_equal,
}  # fmt: skip
