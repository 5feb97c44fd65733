"""Constants as they are written into a line: one number, or a few in an array."""

from typing import Any

import numpy as np

from minigraph.readings import literal
from minigraph.readings.lines import Line, array_text, line, number

__all__ = ["bare", "written_out"]

ARRAY = 80
"""Up to how many letters a constant is written out with."""


def bare(array: np.ndarray[Any, Any]) -> Line:
    """One number, without the axes that it has; or an array that is written out."""
    if array.size != 1:
        return line(written_out(array) or literal(array), array.shape, array.dtype.kind)
    value = array.item()
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    found = number(int(value) if exact else value)
    return line(found.text, (), array.dtype.kind, found.binds)


def written_out(array: np.ndarray[Any, Any]) -> str:
    """How a constant is written out, or nothing for one that would be long."""
    text = literal(array.item()) if array.size == 1 else array_text(array)
    return text if len(text) <= ARRAY else ""
