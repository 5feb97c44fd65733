"""Arrays told in a few words: on a wire, and at more length in its tooltip."""

from typing import Any

import numpy as np

from minigraph.core.shapes import show_shape

__all__ = ["FEW", "details", "histogram", "summary"]

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
