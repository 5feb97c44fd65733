"""Shapes whose axes are numbers or names.

A named axis, such as the "N" of `("N", 2)`, stands for a size that is known only when the graph runs. Two axes of
one name always have one size. Sizes that follow from named ones are written as products, "2·N", and as what is left when
elements are taken away, "(N−1)", which is none where there are no more.
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache, reduce
from math import prod

import numpy as np

from minigraph.core.errors import ShapeError

__all__ = [
    "Axis",
    "Shape",
    "as_shape",
    "broadcast",
    "divide",
    "factors",
    "names_of",
    "normal_axis",
    "product",
    "renamed",
    "shortened",
    "show_shape",
    "sized",
    "source",
]

Axis = int | str
Shape = tuple[Axis, ...]
TIMES, LESS = "·", "−"


def as_shape(shape: Axis | Sequence[Axis], owner: str) -> Shape:
    """The shape as a tuple, each axis checked to be a size or a name."""
    axes = (shape,) if isinstance(shape, int | str) else shape
    if not isinstance(axes, tuple | list):
        raise ShapeError(
            f"{owner} has the shape {shape!r}: a shape is a tuple of axes, such as ('N', 2); that of a scalar is ()."
        )
    return tuple(_as_axis(axis, owner) for axis in axes)


def _as_axis(axis: Axis, owner: str) -> Axis:
    if isinstance(axis, str) and axis.isidentifier() and TIMES not in axis:
        return axis
    if not isinstance(axis, str | bool) and hasattr(axis, "__index__") and 0 <= int(axis) <= sys.maxsize:
        return int(axis)
    raise ShapeError(
        f"{owner} has the axis {axis!r}: an axis is a size, 0 or more, or a name of one word, such as 'N', for a size that "
        "is known only when the graph runs."
    )


def show_shape(shape: Shape) -> str:
    """`N × 2`, as a person writes it; a shape without axes is a scalar.

    >>> show_shape(("N", 2))
    'N × 2'
    """
    return " × ".join(map(str, shape)) if shape else "scalar"


def broadcast(first: Shape, second: Shape) -> Shape | None:
    """The shape that NumPy's broadcasting gives two operands, or None where they do not fit.

    A named axis fits itself and 1, never another name or number.

    >>> broadcast(("N", 500), (500,))
    ('N', 500)
    """
    if first == second or not second:
        return first
    longest = max(len(first), len(second))
    pairs = zip((1,) * (longest - len(first)) + first, (1,) * (longest - len(second)) + second, strict=True)
    axes = [b if a == 1 else a if b in (1, a) else None for a, b in pairs]
    return None if None in axes else tuple(axis for axis in axes if axis is not None)


def normal_axis(axis: object, rank: int) -> int | None:
    """`axis` counted from the front, or None when there is no such axis."""
    if not isinstance(axis, int | np.integer) or isinstance(axis, bool):
        return None
    return int(axis) % rank if -rank <= axis < rank else None


def product(axes: Sequence[Axis]) -> Axis:
    """How many elements an array with these axes holds.

    >>> product(("N", 28, 28)), product((2, 3))
    ('784·N', 6)
    """
    return _product(tuple(axes))


@lru_cache(maxsize=4096, typed=True)
def _product(axes: Shape) -> Axis:
    coefficient = prod(factors(axis)[0] for axis in axes)
    return _join(coefficient, reduce(Counter.__add__, (factors(axis)[1] for axis in axes), Counter()))


def divide(total: Axis, part: Axis) -> Axis | None:
    """The axis that times `part` gives `total`, or None when there is none.

    >>> divide("784·N", 784)
    'N'
    """
    (many, names), (few, taken) = factors(total), factors(part)
    if few == 0 or many % few or taken - names:
        return None
    return _join(many // few, names - taken)


def shortened(axis: str, count: int) -> Axis | None:
    """A named axis without so many of its elements, or None for a product of axes.

    >>> shortened("N", 2), shortened("(N−2)", 1)
    ('(N−2)', '(N−3)')
    """
    if TIMES in axis:
        return None
    name, taken = _parted(axis)
    return f"({name}{LESS}{taken + count})" if taken + count else name


def renamed(axis: Axis, names: Mapping[str, Axis]) -> Axis:
    """The axis with other names, or sizes, for some of those that it follows from.

    >>> renamed("2·N", {"N": "M"}), renamed("(N−1)", {"N": 5})
    ('2·M', 4)
    """
    many, parts = factors(axis)
    return product([many, *(_renamed(part, names) for part in parts.elements())])


def _renamed(part: str, names: Mapping[str, Axis]) -> Axis:
    name, taken = _parted(part)
    new = names.get(name, name)
    if isinstance(new, int):
        return max(new - taken, 0)
    return f"({new}{LESS}{taken})" if taken else new


def sized(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape in numbers, once the named axes have sizes.

    >>> sized(("2·N", "(N−6)", 3), {"N": 5})
    (10, 0, 3)
    """
    return tuple(many * prod(_size(name, sizes) for name in names.elements()) for many, names in map(factors, shape))


def source(axis: Axis) -> str:
    """The size as Python computes it from the sizes of the named axes.

    >>> source("2·N"), source("(N−1)")
    ('2 * N', 'max(N - 1, 0)')
    """
    many, names = factors(axis)
    parted = [_parted(name) for name in sorted(names.elements())]
    written = [f"max({name} - {taken}, 0)" if taken else name for name, taken in parted]
    return " * ".join([str(many)] * (many != 1 or not written) + written)


def _parted(axis: str) -> tuple[str, int]:
    """The name of an axis, and how many of its elements are taken away."""
    name, _, taken = axis.strip("()").partition(LESS)
    return name, int(taken or 0)


def _size(axis: str, sizes: Mapping[str, int]) -> int:
    name, taken = _parted(axis)
    return max(sizes[name] - taken, 0)


def factors(axis: Axis) -> tuple[int, Counter[str]]:
    """The number and the names whose product the axis is: 784 and N for "784·N"."""
    if isinstance(axis, int):
        return axis, Counter()
    first, *rest = axis.split(TIMES)
    return (int(first), Counter(rest)) if first.isdigit() else (1, Counter([first, *rest]))


def names_of(shape: Shape) -> set[str]:
    """The named axes that a shape follows from.

    >>> sorted(names_of(("2·N", "(T−1)", 3)))
    ['N', 'T']
    """
    return {_parted(name)[0] for axis in shape for name in factors(axis)[1]}


def _join(coefficient: int, names: Counter[str]) -> Axis:
    if coefficient == 0 or not names:
        return coefficient
    return TIMES.join([str(coefficient)] * (coefficient != 1) + sorted(names.elements()))
