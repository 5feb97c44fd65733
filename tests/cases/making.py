"""What a row of the table is made of: an operation's name, operands that say how they are drawn, and attributes.

A row reads as the call it stands for. An axis written "N" is one whose size is known only in a run; such a row is
tried with 3 rows, with 1 and with none. Numbers are drawn from the row's own name, so that a row never changes
because of its neighbours, and are rounded to three decimals, so that they are the same on every machine.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

ROWS = (3, 1, 0)
"""The sizes that an axis "N" is tried with."""


@dataclass(frozen=True)
class Operand:
    """How an operand is drawn: `randn("N", 4)`."""

    text: str
    shape: tuple
    sample: Callable
    is_shape: bool = False
    """Whether it is a shape, given as a tuple when the operation is composed."""

    def __str__(self):
        return self.text

    def draw(self, random, rows):
        array = np.asarray(self.sample(random, sized(self.shape, rows)))
        return np.asarray(np.round(array, 3)) if array.dtype.kind == "f" else array


@dataclass(frozen=True, eq=False)
class Case:
    """A row of the table, or one of the sizes that its axis "N" is tried with."""

    operation: str
    operands: tuple
    attributes: dict
    kink: str | None = None
    rows: int | None = None

    def __str__(self):
        given = [*map(str, self.operands), *(f"{key}={shown(value)}" for key, value in self.attributes.items())]
        return f"{self.operation}({', '.join(given)})" + ("" if self.rows is None else f" N={self.rows}")

    @property
    def names_an_axis(self):
        return any("N" in operand.shape for operand in self.operands)

    @property
    def sizes(self):
        """The row with each of the sizes of its axis "N"."""
        return [replace(self, rows=rows) for rows in ROWS] if self.names_an_axis else [self]

    def draw(self, dtype):
        """The operands' arrays; those of floating-point numbers hold `dtype`."""
        arrays = [operand.draw(self._random(i), self.rows) for i, operand in enumerate(self.operands)]
        return [array.astype(dtype) if array.dtype.kind == "f" else array for array in arrays]

    def normal(self, purpose, shape, dtype):
        """Numbers of the row's own for some purpose: the gradient that arrives, a direction to go in."""
        return np.asarray(np.round(self._random(purpose).normal(size=shape), 3), dtype)

    def _random(self, purpose):
        # RandomState, because its streams are promised never to change: the stored answers depend on them.
        return np.random.RandomState(zlib.crc32(f"{self} {purpose}".encode()))


def case(operation, *operands, kink=None, **attributes):
    """A row: `case("Softmax", randn("N", 4), axis=-1)`.

    `kink` says why no derivative exists at these operands, where finite differences would find another number than the
    convention.
    """
    return Case(operation, operands, attributes, kink)


def randn(*shape):
    """Normal numbers."""
    return drawn("randn", shape, lambda random, size: random.normal(size=size))


def positive(*shape):
    """Numbers from 0.5 to 2.5, as logarithms, roots and divisors want them."""
    return drawn("positive", shape, lambda random, size: random.uniform(0.5, 2.5, size))


def distinct(*shape):
    """Numbers of both signs, at least 0.1 from each other and 0.05 from 0: far from every tie and kink."""
    return drawn("distinct", shape, lambda random, size: spread(random.permutation(np.prod(size, dtype=int))).reshape(size))


def labels(*shape, below):
    """Whole numbers from 0 up to, not including, `below`."""
    return drawn("labels", shape, lambda random, size: random.randint(0, below, size, dtype=np.int64), f", below={below}")


def apart(*shape, below):
    """Whole numbers from 0 up to `below`, no two of them the same along the last axis."""

    def sample(random, size):
        return np.argsort(random.uniform(size=(*size[:-1], below)), axis=-1)[..., : size[-1]].astype(np.int64)

    return drawn("apart", shape, sample, f", below={below}")


def invertible(*shape):
    """Square matrices that are far from singular."""
    return drawn("invertible", shape, lambda random, size: random.normal(size=size) + 3 * np.eye(size[-1]))


def definite(*shape):
    """Symmetric positive definite matrices."""

    def sample(random, size):
        factor = random.normal(size=size)
        return np.round(factor @ np.swapaxes(factor, -1, -2) / 2, 2) + 2 * np.eye(size[-1])

    return drawn("definite", shape, sample)


def booleans(*shape):
    """True or false."""
    return drawn("booleans", shape, lambda random, size: random.randint(0, 2, size).astype(bool))


def distribution(*shape):
    """Positive numbers whose sum along the last axis is 1."""
    return drawn("distribution", shape, lambda random, size: random.dirichlet(np.ones(size[-1]), size[:-1]))


def values(*given):
    """These very numbers, for edges and ties."""
    array = np.array(given[0] if len(given) == 1 else given)
    return Operand(f"values({', '.join(map(str, given))})", array.shape, lambda random, size: array)


def sizes(*shape):
    """A shape, as Reshape and Expand take it."""
    return Operand(f"sizes({', '.join(map(str, shape))})", shape, lambda random, size: np.array(size, np.int64), is_shape=True)


def drawn(name, shape, sample, options=""):
    return Operand(f"{name}({', '.join(map(str, shape))}{options})", shape, sample)


def spread(order):
    middle = len(order) // 2
    return (order - middle + 0.5) / 10


def sized(shape, rows):
    return tuple(rows if axis == "N" else axis for axis in shape)


def shown(value):
    return f"np.{value.__name__}" if isinstance(value, type) else repr(value)
