"""How what is written lays out the elements of a value: which axis of the value each written axis is.

A formula leaves out what only arranges elements, such as a new axis. What is written then has other axes than the value, and
still means it as long as its axes meet those that they belong to. Where they would not, the formula says how they are arranged.
"""

from collections.abc import Sequence
from typing import Any

from minigraph.core.shapes import Shape

__all__ = ["Layout", "aligned", "arranging", "format_axes", "joined", "moved", "regular", "reshaped", "settled"]

Layout = tuple[int | None, ...]
"""For each written axis the axis of the value that it is, or None for one of a single element. Along an axis of the value that
is not among them all elements are equal."""


def regular(ndim: int) -> Layout:
    """The layout of a value that is written with the axes that it has."""
    return tuple(range(ndim))


def moved(layout: Layout, to: Sequence[int | None]) -> Layout:
    """The layout of the same elements with other axes; `to` holds what became of each axis.

    >>> moved((0, 1), [0, None])
    (0, None)
    """
    return tuple(None if axis is None else to[axis] for axis in layout)


def aligned(layout: Layout, ndim: int) -> bool:
    """Whether broadcasting, which counts axes from the last, takes each written axis for the one that it is.

    >>> aligned((1,), 2), aligned((0,), 2), aligned((0, None), 2)
    (True, False, True)
    """
    return len(layout) <= ndim and all(axis in (None, ndim - place) for place, axis in enumerate(reversed(layout), 1))


def joined(layouts: Sequence[tuple[Layout, int]], ndim: int) -> Layout | None:
    """The layout of an elementwise operation's value, from those of its operands and their numbers of axes.

    None where axes meet that do not belong to one another.

    >>> joined([((0, 1), 2), ((0,), 1)], 2), joined([((0,), 2), ((0,), 1)], 2)
    ((0, 1), None)
    """
    found: list[int | None] = []
    for place in range(1, max((len(layout) for layout, _ in layouts), default=0) + 1):
        there = [(layout[-place], ndim - rank) for layout, rank in layouts if len(layout) >= place]
        axes = {axis + new for axis, new in there if axis is not None}
        if len(axes) > 1 or any(before is not None and axis >= before for axis in axes for before in found):
            return None
        found.append(axes.pop() if axes else None)
    return tuple(reversed(found))


def settled(layout: Layout, shape: Shape) -> Layout:
    """The layout where an axis of one element that is written stands for the one of the value at its place.

    >>> settled((None, 1), (1, "N")), settled((0, None), ("N",)), settled((0, 1), (1, "N"))
    ((0, 1), (0, None), (0, 1))
    """
    found: list[int | None] = []
    for i, axis in enumerate(layout):
        place = len(shape) - len(layout) + i
        fits = axis is None and place >= 0 and shape[place] == 1
        before = all(other < place for other in found if other is not None)
        fits = fits and before and all(other > place for other in layout[i:] if other is not None)
        found.append(place if fits else axis)
    return tuple(found)


def arranging(layout: Layout, ndim: int) -> tuple[Any, ...]:
    """The index that gives what is written so the axes of the value: [:, None] for a column.

    >>> arranging((0,), 2), arranging((0, None), 1), arranging((1,), 2)
    ((slice(None, None, None), None), (slice(None, None, None), 0), (None, slice(None, None, None)))
    """
    index: list[Any] = []
    after = 0
    for axis in layout:
        if axis is None:
            index.append(0)
            continue
        index += [None] * (axis - after) + [slice(None)]
        after = axis + 1
    return (*index, *[None] * (ndim - after))


def reshaped(before: Shape, after: Shape) -> list[int | None] | None:
    """What becomes of each axis where only axes of one element come or go, or None where axes are joined or split.

    >>> reshaped((2, 1, "N"), (1, 2, "N")), reshaped((2, 3), (6,))
    ([1, None, 2], None)
    """
    longer = [axis for axis in after if axis != 1]
    if [axis for axis in before if axis != 1] != longer:
        return None
    places = iter(i for i, axis in enumerate(after) if axis != 1)
    return [None if axis == 1 else next(places) for axis in before]


def format_axes(ndim: int, axis: int | tuple[int, ...] | None) -> str:
    """How a sum or a function says over which axes it goes: all of them need no word, those of matrices have names.

    >>> format_axes(2, 0), format_axes(3, -1), format_axes(3, (0, 1)), format_axes(2, None)
    ('rows', 'columns', 'axes 0, 1', '')
    """
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    over = sorted({int(i) % ndim for i in axes}) if ndim else []
    if len(over) == ndim:
        return ""
    if ndim > 1 and over in ([ndim - 2], [ndim - 1]):
        return "rows" if over == [ndim - 2] else "columns"
    return f"{'axis' if len(over) == 1 else 'axes'} {', '.join(map(str, over))}"
