"""What is likely to be wrong in a run, told where it happens: saturated and dead units, gradients that vanish or explode."""

from typing import Any

import numpy as np

from minigraph.core.node import Node

__all__ = ["gradient_marks", "value_marks"]

SATURATED = {"Tanh": (-0.99, 0.99), "Sigmoid": (0.01, 0.99)}
"""Beyond which values the derivative of an activation is next to nothing: below 0.02 for a tanh, 0.01 for a sigmoid."""

MANY, ROWS = 0.2, 10
"""From which share of saturated elements on they are told; on how many rows a unit is 0 before it is called dead."""

LARGE, SMALL = 1e4, 1e-8
"""The largest element of a gradient from which on it explodes, and below which it vanishes."""

Array = np.ndarray[Any, Any]


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
    if kind == "Relu" and array.ndim >= 2 and array.size >= ROWS * array.shape[-1]:
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
