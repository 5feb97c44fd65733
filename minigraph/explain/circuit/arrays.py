"""Arrays in a few words, on a wire and at more length in its tooltip; as a row of bars; as a tiny image; and what may be wrong.

An image is a table of coloured cells, which every renderer of Graphviz draws, and no file.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape

__all__ = [
    "FEW",
    "MARKED",
    "details",
    "gradient_warning",
    "heatmap",
    "histogram",
    "range_of",
    "scale_bar",
    "sizes",
    "strip",
    "summary",
    "value_warning",
]

FEW = 4
"""Up to how many numbers are shown as they are."""

EXTRA = 14
"""How many letters beside their digits two numbers on a wire have at most: 0.000406 ± 0.00878."""

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
BARS = "▁▂▃▄▅▆▇█"

SATURATED = {"Tanh": (-0.99, 0.99), "Sigmoid": (0.01, 0.99)}
"""Beyond which values the derivative of an activation is next to nothing: below 0.02 for a tanh, 0.01 for a sigmoid."""

MARKED = {*SATURATED, "Relu"}
"""The operations of which units may be saturated or dead."""

MANY, DEAD_ROWS = 0.2, 10
"""From which fraction of saturated elements on they are reported; on how many rows a unit is 0 before it is called dead."""

LARGE, SMALL = 1e4, 1e-8
"""The largest element of a gradient from which on it explodes, and below which it vanishes."""

ROWS, COLUMNS, CELL = 8, 14, 5
"""How many cells an image has at most, and how many points each is wide and high."""

NEGATIVE, ZERO, POSITIVE = (30, 95, 168), (255, 255, 255), (179, 88, 6)
"""Blue, white and orange: every kind of colour vision distinguishes them."""

NOT_FINITE = "#1f2937"

STRIP = 60
"""How many cells a strip has at most."""

SCALE = 15
"""How many cells the legend's bar has."""

Array = np.ndarray[Any, Any]


def summary(value: Any, scale: float = 0.0, digits: int = 3) -> str:
    """A few numbers as they are, many as their mean ± standard deviation, whole ones as their range.

    What is only rounding, next to the largest of the numbers or to `scale`, is 0.

    >>> summary(np.array([0.5, 1e-18])), summary(np.ones((10, 10))), summary(np.arange(10))
    ('0.5  0', '1 ± 0', '0 to 9')
    >>> summary(-7.9e-18, scale=0.7), summary(np.ones((0, 2))), summary(np.array([1.0, np.nan, 3, 4, 5]))
    ('0', 'empty', '1 of 5 not finite')
    >>> summary(np.array([True, False])), summary(np.ones(5, bool))
    ('1  0', '100% true')
    """
    array = np.asarray(value)
    least = _rounding(array, scale)
    if array.size == 0:
        return "empty"
    if array.size <= FEW:
        few = "  ".join(_number(x, least, digits) for x in array.flat)
        if array.size <= 2 or array.dtype.kind != "f" or len(few) <= 2 * digits + EXTRA:
            return few
    if array.dtype.kind != "f":
        return f"{array.min():d} to {array.max():d}" if array.dtype.kind in "iu" else f"{array.mean():.0%} true"
    if not np.isfinite(array).all():
        return _not_finite(array)
    mean, deviation = _moments(array)
    return f"{_number(mean, least, digits)} ± {_number(deviation, least, digits)}"


def details(value: Any) -> str:
    """The shape, element type and extent of an array, for a tooltip.

    >>> details(np.array([[0.0, 2.0]]))
    '1 × 2, float64, mean 1, standard deviation 1, from 0 to 2'
    """
    array = np.asarray(value)
    finite = array[np.isfinite(array)]
    found = [show_shape(array.shape), str(array.dtype)]
    if array.size == 0:
        found.append("empty")
    elif array.size == 1 and finite.size:
        found.append(_number(finite.item(), 0))
    elif finite.size:
        if array.dtype.kind == "f":
            least = _rounding(array, 0)
            mean, deviation = _moments(finite)
            found += [f"mean {_number(mean, least)}", f"standard deviation {_number(deviation, least)}"]
        found.append(f"from {_number(finite.min(), 0)} to {_number(finite.max(), 0)}")
    if finite.size < array.size:
        found.append(f"{array.size - finite.size} not finite")
    return ", ".join(found)


def _moments(array: Array) -> tuple[float, float]:
    """The mean and the standard deviation, where their sums and squares leave what float64 can hold too."""
    largest = float(np.abs(array).max())
    scale = 2.0**-600 if largest > 1e150 else 2.0**600 if 0 < largest < 1e-150 else 1.0
    scaled = array.astype(np.float64) * scale
    return float(scaled.mean()) / scale, float(scaled.std()) / scale


def histogram(value: Any, bins: int = 16) -> str:
    """How often the finite numbers of an array lie where, from the least to the largest, as a row of bars.

    >>> histogram(np.array([0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 3.0]), bins=4)
    '▂▄█▂'
    >>> histogram(np.ones(5)), histogram(1 + np.arange(5) * 1e-16)  # what differs by rounding alone lies in one place
    ('', '')
    """
    array = np.asarray(value)
    finite = array[np.isfinite(array)].astype(np.float64) if array.dtype.kind in "fiu" else np.zeros(0)
    if finite.size <= FEW or not finite.any():
        return ""
    finite = np.ldexp(finite, -np.frexp(np.abs(finite).max())[1])  # up to 1, so that the difference of two is finite, too
    if np.ptp(finite) <= bins * np.finfo(np.float64).eps:
        return ""
    counts: list[int] = np.histogram(finite, bins=bins)[0].tolist()
    return "".join(" " if not count else BARS[max(0, -(-len(BARS) * count // max(counts)) - 1)] for count in counts)


def _rounding(array: Array, scale: float) -> float:
    """Below what size a number of the array is only the rounding of larger ones."""
    if array.dtype.kind != "f":
        return 0.0
    largest = np.abs(array[np.isfinite(array)]).max(initial=0.0)
    return float(np.finfo(array.dtype).eps * max(float(largest), scale))


def _number(x: Any, least: float, digits: int = 3) -> str:
    if abs(x) <= least:
        return "0"
    text = f"{x:.{digits}g}" if isinstance(x, float | np.floating) else str(int(x))
    number, _, power = text.replace("-", "−").partition("e")
    return f"{number}·10{str(int(power.replace('−', '-'))).translate(RAISED)}" if power else number


def _not_finite(array: Array) -> str:
    return f"{np.count_nonzero(~np.isfinite(array))} of {array.size} not finite"


def value_warning(node: Node, value: Any) -> str:
    """What is likely to be wrong in the value of a node: saturated or dead units, or numbers that are not finite.

    >>> import minigraph as mg
    >>> value_warning(mg.Tanh(mg.Input("x", ("N", 2))), np.array([[1.0, 0.0], [-1.0, 0.5]]))
    '50 % saturated'
    """
    array, kind = np.asarray(value), type(node).__name__
    if array.dtype.kind != "f" or not array.size:
        return ""
    if not np.isfinite(array).all():
        return _not_finite(array)
    if kind in SATURATED:
        low, high = SATURATED[kind]
        saturated = np.mean((array < low) | (array > high))
        return f"{saturated * 100:.0f} % saturated" if saturated >= MANY else ""
    if kind == "Relu" and array.ndim >= 2 and array.size >= DEAD_ROWS * array.shape[-1]:
        dead = np.count_nonzero(~array.any(axis=tuple(range(array.ndim - 1))))
        return f"{dead} of {array.shape[-1]} dead" if dead else ""
    return ""


def gradient_warning(gradient: Any) -> str:
    """What is likely to be wrong in a gradient: it is 0, vanishes, explodes, or holds numbers that are not finite.

    >>> gradient_warning(np.zeros(3)), gradient_warning(np.array([1e6])), gradient_warning(np.array([0.1, np.nan]))
    ('gradient is 0', 'gradient explodes', '1 of 2 not finite')
    """
    array = np.asarray(gradient)
    if array.dtype.kind != "f" or not array.size:
        return ""
    largest = float(np.abs(array).max())
    if not np.isfinite(largest):
        return _not_finite(array)
    if SMALL <= largest <= LARGE:
        return ""
    return "gradient is 0" if largest == 0 else "gradient explodes" if largest > LARGE else "gradient vanishes"


def heatmap(value: Any) -> str:
    """The cells of an array, or nothing where its few numbers are shown as they are; axes before the last go down.

    Each cell is the mean of its part of the array, on a scale from minus the largest absolute mean to plus it.

    >>> heatmap(np.ones(3)), heatmap(np.ones((2, 3))).count("<td")
    ('', 6)
    """
    array = np.asarray(value)
    if array.size <= FEW or array.ndim == 0 or array.dtype.kind not in "fiub":
        return ""
    cells = _means(_means(array.reshape(-1, array.shape[-1]).astype(np.float64), ROWS, 0), COLUMNS, 1)
    largest = float(np.abs(cells[np.isfinite(cells)]).max(initial=0.0)) or 1.0
    return _table([[_colour(x / largest) for x in row] for row in cells])


def sizes(value: Any, along: bool = False) -> tuple[float, ...]:
    """How large an array is: the root mean square of its elements, or of those of each row along its first axis.

    >>> sizes(np.array([3.0, -3.0])), sizes(np.array([[3.0, -3.0], [0.0, 0.0]]), along=True)
    ((3.0,), (3.0, 0.0))
    """
    array = np.asarray(value)
    if array.dtype.kind not in "fiub" or not array.size:
        return ()
    rows = array.astype(np.float64).reshape(len(array) if along and array.ndim else 1, -1)
    with np.errstate(all="ignore"):
        return tuple(np.sqrt((rows * rows).mean(axis=1)).tolist())


def strip(found: Sequence[float], gradients: bool = False) -> str:
    """A row of cells for what is large or small one after the other, in blue, or in orange for gradients.

    The largest is darkest and the smallest palest, or what is a tenth if all are nearer; what is 0 is white. Where there are
    many, a cell is the largest of several.

    >>> strip([1.0, 1e-3, 0.0]).count("<td"), strip([float("nan")]).count(NOT_FINITE)
    (3, 1)
    """
    most = [max(part) for part in np.array_split(found, STRIP)] if len(found) > STRIP else found
    logs = [float(np.log10(size)) if size > 0 and np.isfinite(size) else None for size in most]
    largest = max((log for log in logs if log is not None), default=0.0)
    decades = max(1.0, largest - min((log for log in logs if log is not None), default=0.0))
    shades = [size if log is None else 1 - 0.9 * (largest - log) / decades for log, size in zip(logs, most, strict=True)]
    cells = _table([[_colour(shade if gradients else -shade) for shade in shades]])
    return cells.replace('<table border="1"', '<table align="left" border="0"', 1)


def range_of(found: Sequence[float]) -> str:
    """Between which sizes what is shown as a strip lies.

    >>> range_of([0.5, 0.25, 2.0]), range_of([1.0, float("inf")])
    ('0.25 to 2', 'not all finite')
    """
    return f"{_number(min(found), 0)} to {_number(max(found), 0)}" if np.isfinite(found).all() else "not all finite"


def scale_bar() -> str:
    """The colours in order, for the legend."""
    return _table([[_colour(x) for x in np.linspace(-1, 1, SCALE)]])


def _means(array: Array, most: int, axis: int) -> Array:
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
