"""Arrays as the page holds them: in a few words, their first rows, and as a heat-map small enough to travel with it."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.summary import FEW, details, summary

__all__ = ["COLUMNS", "ROWS", "array_record", "window"]

ROWS, COLUMNS = 5, 6
"""How much of a matrix is shown as numbers."""

HEAT_ROWS, HEAT_COLUMNS = 20, 64
"""How fine a heat-map is; each of its cells is the mean of those that it stands for."""

ZERO, NOT_FINITE = 127, 255

Array = np.ndarray[Any, Any]


def window(shape: Sequence[int]) -> tuple[int, ...]:
    """How many of the first places along each axis are among the numbers shown."""
    return (1,) * (len(shape) - 2) + (ROWS, COLUMNS)[-len(shape) :] if shape else ()


def array_record(value: Any, told: str = "") -> dict[str, Any]:
    """All that the page says of an array; `told` is its summary, where that is known already.

    >>> array_record(np.array([1.0, 2.0]))["table"]
    [['1', '2']]
    """
    array = np.asarray(value)
    if array.dtype.kind == "O":  # several gradients in one, which their parts show
        return {"summary": "", "details": "", "shape": "", "table": [], "rows": [], "left": [0, 0]}
    matrix = _matrix(array)
    shown = matrix[:ROWS, :COLUMNS]
    scale = float(np.abs(array[np.isfinite(array)]).max(initial=0)) if array.dtype.kind == "f" else 0.0
    record: dict[str, Any] = {
        "summary": told or summary(array),
        "details": details(array),
        "shape": show_shape(array.shape),
        "table": [[summary(x, scale) for x in row] for row in shown],
        "rows": [_index(array, i) for i in range(len(shown))],
        "left": [matrix.shape[0] - shown.shape[0], matrix.shape[1] - shown.shape[1]],
    }
    if array.size > FEW and array.dtype.kind == "f":
        record["heat"] = _heat(matrix)
    return record


def _matrix(array: Array) -> Array:
    """The array as rows: a vector is one, and of more than two axes all but the last are told one after the other."""
    if array.ndim < 2:
        return array.reshape(1, -1)
    return array.reshape(-1, array.shape[-1]) if array.size else np.zeros((0, 0), array.dtype)


def _index(array: Array, row: int) -> str:
    """How a row is told: by its index along the axes before the last."""
    return ", ".join(map(str, np.unravel_index(row, array.shape[:-1]))) if array.ndim > 1 else ""


def _heat(matrix: Array) -> dict[str, Any]:
    """A byte for each cell: 127 is 0, 0 and 254 the largest size below and above; 255 is no number."""
    cells = _pooled(_pooled(matrix.astype(np.float64), HEAT_ROWS, 0), HEAT_COLUMNS, 1)
    finite = np.isfinite(cells)
    largest = float(np.abs(cells[finite]).max(initial=0.0))
    bytes = np.full(cells.shape, NOT_FINITE, np.uint8)
    bytes[finite] = np.rint(ZERO + ZERO * cells[finite] / (largest or 1)).astype(np.uint8)
    rows, columns = cells.shape
    return {
        "rows": rows,
        "columns": columns,
        "largest": summary(largest),
        "cells": b64encode(bytes.tobytes()).decode(),
        "means": cells.size < matrix.size,
    }


def _pooled(cells: Array, most: int, axis: int) -> Array:
    """At most so many cells along an axis: each the mean of a run of them."""
    count = cells.shape[axis]
    if count <= most:
        return cells
    starts = np.arange(most) * count // most
    lengths = np.diff(np.append(starts, count))
    sums: Array = np.add.reduceat(cells, starts, axis=axis)
    return sums / (lengths[:, None] if axis == 0 else lengths)
