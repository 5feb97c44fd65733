"""The shape of what one of NumPy's functions gives, found out by calling it."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.shapes import names_of, sized

__all__ = ["shape_of"]

TRIED = 1000
"""Up to how many elements an operand has of which a shape is found out by calling a function."""


def shape_of(function: Any, operands: tuple[Any, ...], options: dict[str, Any], lines: Sequence[Any]) -> tuple[Any, str]:
    """The shape and kind of what a function gives, from calls on matrices near 1 with two sizes for each named axis."""
    sizes = {size for each in lines for size in each.shape or () if not isinstance(size, int)}
    axes = sorted({str(axis) for size in sizes for axis in names_of((size,))})
    try:
        with np.errstate(all="ignore"):
            found = [_trial(function, operands, options, dict(zip(axes, trial, strict=False))) for trial in (FIRST, SECOND)]
        first, second = found
        named = {
            tuple(sized((size,), dict(zip(axes, trial, strict=False)))[0] for trial in (FIRST, SECOND)): size for size in sizes
        }
        pairs = zip(first.shape, second.shape, strict=True)
        return tuple(a if a == b else named[a, b] for a, b in pairs), first.dtype.kind
    except Exception:  # whatever keeps it from being called: its node tells
        return None, "f"


FIRST, SECOND = (3, 5, 7, 11, 13), (4, 6, 9, 10, 14)
"""How large named axes are when a function is tried."""


def _trial(function: Any, operands: tuple[Any, ...], options: dict[str, Any], axes: dict[str, int]) -> Any:
    def values(x: Any) -> Any:
        if isinstance(x, tuple):
            return tuple(map(values, x))
        if not hasattr(x, "kind"):
            return x
        shape = sized(x.shape, axes)
        if np.prod(shape) > TRIED:
            raise TypeError("It takes time.")
        regular = (
            np.eye(shape[-2], shape[-1]) + 0.01 * np.random.default_rng(0).random(shape) if len(shape) > 1 else np.ones(shape)
        )
        return regular.astype(x.dtype)

    arrays = [values(each) for each in operands]
    return arrays[0][options["index"]] if function is operator.getitem else function(*arrays, **options)
