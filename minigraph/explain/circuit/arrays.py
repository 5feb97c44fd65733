"""Arrays in a few words, on a wire and at more length in its tooltip; as a row of bars; as a tiny image; and what may be wrong.

An image is a table of coloured cells, which every renderer of Graphviz draws, and no file.
"""

from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape

__all__ = ["FEW", "SCALE", "details", "gradient_marks", "heatmap", "histogram", "scale_bar", "summary", "value_marks"]

FEW = 4
"""Up to how many numbers are shown as they are."""

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Array = np.ndarray[Any, Any]


def summary(value: Any, scale: float = 0.0) -> str:
    """A few numbers as they are, many as their mean ± standard deviation, whole ones as their range.

    What is only rounding, next to the largest of the numbers or to `scale`, is 0.

    >>> summary(np.array([0.5, 1e-18])), summary(np.ones((10, 10))), summary(np.arange(10))
    ('0.5  0', '1 ± 0', '0 to 9')
    >>> summary(-7.9e-18, scale=0.7), summary(np.ones((0, 2))), summary(np.array([1.0, np.nan, 3, 4, 5]))
    ('0', 'empty', '1 of 5 not finite')
    """
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    if array.size <= FEW:
        least = _rounding(array, scale)
        return "  ".join(_number(x, least) for x in array.flat)
    if array.dtype.kind != "f":
        return f"{array.min():d} to {array.max():d}" if array.dtype.kind in "iu" else f"{array.mean():.0%} true"
    strange = array.size - np.count_nonzero(np.isfinite(array))
    if strange:
        return f"{strange} of {array.size} not finite"
    mean, spread = array.mean(dtype=np.float64), array.std(dtype=np.float64)
    least = _rounding(array, scale)
    return f"{_number(mean, least)} ± {_number(spread, least)}"


def details(value: Any) -> str:
    """The shape, element type and extent of an array, for a tooltip.

    >>> details(np.array([[0.0, 2.0]]))
    '1 × 2, float64, mean 1, standard deviation 1, from 0 to 2'
    """
    array = np.asarray(value)
    kind = f"{show_shape(array.shape)}, {array.dtype}"
    if array.size == 0:
        return f"{kind}, empty"
    finite = array[np.isfinite(array)]
    strange = f", {array.size - finite.size} not finite" if finite.size < array.size else ""
    if finite.size == 0:
        return kind + strange
    extent = f"from {_number(finite.min(), 0)} to {_number(finite.max(), 0)}"
    if array.size == 1:
        return f"{kind}, {_number(finite.item(), 0)}{strange}"
    if array.dtype.kind != "f":
        return f"{kind}, {extent}"
    least = _rounding(array, 0)
    mean, spread = finite.mean(dtype=np.float64), finite.std(dtype=np.float64)
    return f"{kind}, mean {_number(mean, least)}, standard deviation {_number(spread, least)}, {extent}{strange}"


BARS = "▁▂▃▄▅▆▇█"


def histogram(value: Any, bins: int = 16) -> str:
    """How often the finite numbers of an array lie where, from the least to the largest, as a row of bars.

    >>> histogram(np.array([0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0]), bins=4)
    '▂▄█▂'
    >>> histogram(np.ones(3))
    ''
    """
    array = np.asarray(value)
    finite = array[np.isfinite(array)].astype(np.float64) if array.dtype.kind in "fiu" else np.zeros(0)
    if finite.size <= FEW or finite.min() == finite.max():
        return ""
    counts: list[int] = np.histogram(finite, bins=bins)[0].tolist()
    return "".join(" " if not count else BARS[max(0, -(-len(BARS) * count // max(counts)) - 1)] for count in counts)


def _rounding(array: Array, scale: float) -> float:
    """Below what size a number of the array is only the rounding of larger ones."""
    if array.dtype.kind != "f":
        return 0.0
    largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
    return float(np.finfo(array.dtype).eps * max(float(largest), scale))


def _number(x: Any, least: float) -> str:
    if abs(x) <= least:
        return "0"
    text = f"{x:.3g}" if isinstance(x, float | np.floating) else str(x)
    digits, _, power = text.replace("-", "−").partition("e")
    return f"{digits}·10{str(int(power.replace('−', '-'))).translate(RAISED)}" if power else digits


ROWS, COLUMNS, CELL = 8, 14, 5
"""How many cells an image has at most, and how many points each is wide and high."""

NEGATIVE, ZERO, POSITIVE = (30, 95, 168), (255, 255, 255), (179, 88, 6)
"""Blue, white and orange: every kind of colour vision tells them apart."""

NOT_FINITE = "#1f2937"

SCALE = 15
"""How many cells the legend's bar has."""


def heatmap(value: Any) -> str:
    """The cells of an array, or nothing where its few numbers are shown as they are; axes before the last go down.

    Each cell is the mean of its part of the array, on a scale from minus the largest absolute mean to plus it.

    >>> heatmap(np.ones(3)), heatmap(np.ones((2, 3))).count("<td")
    ('', 6)
    """
    array = np.asarray(value)
    if array.size <= FEW or array.ndim == 0 or array.dtype.kind not in "fiub":
        return ""
    cells = _reduced(_reduced(array.reshape(-1, array.shape[-1]).astype(np.float64), ROWS, 0), COLUMNS, 1)
    largest = float(np.abs(cells[np.isfinite(cells)]).max(initial=0.0)) or 1.0
    return _table([[_colour(x / largest) for x in row] for row in cells])


def scale_bar() -> str:
    """The colours in order, for the legend."""
    return _table([[_colour(x) for x in np.linspace(-1, 1, SCALE)]])


def _reduced(array: Array, most: int, axis: int) -> Array:
    """The means of at most so many parts along an axis."""
    if array.shape[axis] <= most:
        return array
    return np.stack([part.mean(axis) for part in np.array_split(array, most, axis)], axis)


def _colour(x: float) -> str:
    if not np.isfinite(x):
        return NOT_FINITE
    end = POSITIVE if x > 0 else NEGATIVE
    return "#" + "".join(f"{round(zero + (full - zero) * min(abs(x), 1.0)):02x}" for zero, full in zip(ZERO, end, strict=True))


def _table(rows: list[list[str]]) -> str:
    cell = f'<td fixedsize="true" width="{CELL}" height="{CELL}" bgcolor="{{}}"></td>'
    lines = "".join(f"<tr>{''.join(map(cell.format, row))}</tr>" for row in rows)
    wide, high = len(rows[0]) * CELL + 2, len(rows) * CELL + 2
    size = f'fixedsize="true" width="{wide}" height="{high}"'
    return f'<table border="1" color="#b9c0ca" cellborder="0" cellspacing="0" cellpadding="0" {size}>{lines}</table>'


SATURATED = {"Tanh": (-0.99, 0.99), "Sigmoid": (0.01, 0.99)}
"""Beyond which values the derivative of an activation is next to nothing: below 0.02 for a tanh, 0.01 for a sigmoid."""

MANY, DEAD_ROWS = 0.2, 10
"""From which fraction of saturated elements on they are reported; on how many rows a unit is 0 before it is called dead."""

LARGE, SMALL = 1e4, 1e-8
"""The largest element of a gradient from which on it explodes, and below which it vanishes."""


def value_marks(node: Node, value: Any) -> list[str]:
    """What is to be said of a value.

    >>> import minigraph as mg
    >>> value_marks(mg.Tanh(mg.Input("x", ("N", 2))), np.array([[1.0, 0.0], [-1.0, 0.5]]))
    ['50 % saturated']
    """
    array = np.asarray(value)
    if array.dtype.kind != "f" or not array.size:
        return []
    strange = _strange(array)
    if strange:
        return [strange]
    kind = type(node).__name__
    if kind in SATURATED:
        low, high = SATURATED[kind]
        share = np.mean((array < low) | (array > high))
        return [f"{share:.0%} saturated".replace("%", " %")] if share >= MANY else []
    if kind == "Relu" and array.ndim >= 2 and array.size >= DEAD_ROWS * array.shape[-1]:
        dead = np.count_nonzero(~array.any(axis=tuple(range(array.ndim - 1))))
        return [f"{dead} of {array.shape[-1]} dead"] if dead else []
    return []


def gradient_marks(gradient: Any) -> list[str]:
    """What is to be said of a gradient.

    >>> gradient_marks(np.zeros(3)), gradient_marks(np.array([1e6])), gradient_marks(np.array([0.1, np.nan]))
    (['gradient is 0'], ['gradient explodes'], ['1 of 2 not finite'])
    """
    array = np.asarray(gradient)
    if array.dtype.kind != "f" or not array.size:
        return []
    strange = _strange(array)
    if strange:
        return [strange]
    largest = float(np.abs(array).max())
    if largest == 0:
        return ["gradient is 0"]
    return ["gradient explodes"] if largest > LARGE else ["gradient vanishes"] if largest < SMALL else []


def _strange(array: Array) -> str:
    count = array.size - np.count_nonzero(np.isfinite(array))
    return f"{count} of {array.size} not finite" if count else ""
