"""Shapes: tuples of axes, each a number or the size of a named axis, such as the "N" of `("N", 2)`."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from keyword import iskeyword

from minigraph.core.errors import ShapeError
from minigraph.core.sizes import Axis, SymbolicSize, named_axis, substitute

__all__ = ["Shape", "ShapeLike", "as_shape", "broadcast", "names_of", "show_shape", "sized", "with_named_axes"]

Shape = tuple[Axis, ...]
ShapeLike = Axis | str | Sequence[Axis | str]
"""A shape as a person gives it: named axes may be given by their names."""


def as_shape(shape: ShapeLike, owner: str) -> Shape:
    """The shape as a tuple, each axis checked to be a size or a name."""
    axes = (shape,) if isinstance(shape, int | str | SymbolicSize) else shape
    if not isinstance(axes, tuple | list):
        why = "a shape is a tuple of axes, such as ('N', 2); that of a scalar is ()."
        raise ShapeError(f"{owner} has the shape {shape!r}: {why}")
    return tuple(_as_axis(axis, owner) for axis in axes)


def _as_axis(axis: Axis | str, owner: str) -> Axis:
    if isinstance(axis, str | SymbolicSize):
        if (name := str(axis)).isidentifier() and "·" not in name and not iskeyword(name):
            return named_axis(name)
    elif not isinstance(axis, bool) and hasattr(axis, "__index__") and 0 <= int(axis) <= sys.maxsize:
        return int(axis)
    raise ShapeError(
        f"{owner} has the axis {axis!r}: an axis is a size, 0 or more, or a name of one word, such as 'N' but no "
        "keyword of Python, for a size that is known only when the graph runs."
    )


def with_named_axes(shape: Iterable[Axis | str], owner: str) -> Shape:
    """The shape with sizes for the axes that are given by their names, which are checked."""
    return tuple([_as_axis(axis, owner) if isinstance(axis, str) else axis for axis in shape])


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
    if first == second or not first or not second:
        return first or second
    more = len(first) - len(second)
    pairs = zip((1,) * -more + first, (1,) * more + second, strict=True)
    axes = [a if b in (1, a) else b if a == 1 else -1 for a, b in pairs]  # -1 where two do not fit
    return None if -1 in axes else tuple(axes)


def sized(shape: Iterable[Axis], sizes: Mapping[str, int]) -> tuple[int, ...]:
    """The shape in numbers, once the named axes have sizes: (10, 3) for (2·N, 3) and N = 5."""
    return tuple(int(substitute(axis, sizes)) for axis in shape)


def names_of(shape: Shape) -> set[str]:
    """The named axes that a shape follows from: N and T for (2·N, T − 1, 3)."""
    found = {factor for axis in shape if isinstance(axis, SymbolicSize) for factors in axis.terms for factor in factors}
    return {name for each in found for name in ([each] if isinstance(each, str) else names_of((each.size,)))}
