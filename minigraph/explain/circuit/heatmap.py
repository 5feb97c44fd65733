"""A matrix as a tiny image: a table of coloured cells, which every renderer of Graphviz draws, and no file."""

from typing import Any

import numpy as np

from minigraph.explain.circuit.summary import FEW

__all__ = ["SCALE", "heatmap", "scale_bar"]

ROWS, COLUMNS, CELL = 8, 14, 5
"""How many cells an image has at most, and how many points each is wide and high."""

NEGATIVE, ZERO, POSITIVE = (30, 95, 168), (255, 255, 255), (179, 88, 6)
"""Blue, white and orange: every kind of colour vision tells them apart."""

NOT_FINITE = "#1f2937"

SCALE = 15
"""How many cells the legend's bar has."""

Array = np.ndarray[Any, Any]


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
