"""What counts as numbers: arrays of floating-point numbers, whole numbers or booleans, and their element types."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.core.errors import DTypeError, OperationError, ShapeError
from minigraph.core.sizes import SymbolicSize

__all__ = ["ARRAYS", "FLOATING", "DType", "as_array", "as_dtype", "numeric", "weak_type", "whole_array", "wide", "widened"]

DType = np.dtype[Any]
FLOATING: ContextVar[DType] = ContextVar("FLOATING", default=np.float32().dtype)
"""The floating-point type of numbers with no node of such a type beside them."""
ARRAYS = (np.ndarray, np.generic)
"""What computes as an array: NumPy gives a number of its own for an array without axes."""
WHOLE = "iub"
REAL = "f" + WHOLE
CHECKS: list[Callable[[Any, str], None]] = []
"""What raises for another library's array whose numbers do not say all that it means; see ops/foreign.py."""
NO_NUMBERS: list[Callable[[np.ndarray[Any, Any], str], None]] = []
"""What raises for an array of anything but real numbers, in words for what it holds."""


def as_dtype(dtype: DTypeLike, owner: str) -> DType:
    """The element type, in this machine's byte order, or a DTypeError when it is not one of real numbers."""
    if isinstance(dtype, np.dtype) and dtype.kind in REAL and dtype.isnative:
        return dtype
    try:
        found = None if dtype is None else np.dtype(dtype).newbyteorder("=")
    except TypeError:
        found = None
    if found is None or found.kind not in REAL:
        why = f"{owner} cannot hold {dtype.__name__ if isinstance(dtype, type) else repr(dtype)}"
        raise DTypeError(f"{why}: an element type is one of real numbers, such as np.float32, np.int64 or bool.")
    return found


def wide(dtype: Any) -> DType:
    """The type in which a rule computes with numbers of a type: float32 for half precision, and else the type itself.

    Half precision overflows at 65 520 and has eleven bits: what a rule adds up or squares is float32, and rounded once.

    >>> wide(np.float16), wide(np.float64), wide(bool)
    (dtype('float32'), dtype('float64'), dtype('bool'))
    """
    given = np.dtype(dtype)
    return np.dtype(np.float32) if given.char == "e" else given


def widened(value: Any) -> Any:
    """An array, or a node, of half precision in float32; any other as it is."""
    return value.astype(np.float32) if getattr(value, "dtype", None) == np.float16 else value


def as_array(value: ArrayLike, dtype: DType, owner: str) -> np.ndarray[Any, Any]:
    """The value as an array of `dtype`, or an error that says why `owner` cannot have it.

    Numbers are rounded to the precision of `dtype`; what it cannot hold at all (2.5 or nan as a whole number, 1e300 in
    float32) is refused.
    """
    if type(value) is np.ndarray and value.dtype == dtype:
        return value
    array = numeric(value, owner)
    if array.dtype == dtype or (dtype.kind == "f" and array.dtype.kind != "f"):
        return array.astype(dtype, copy=False)
    with np.errstate(all="ignore"):
        converted = array.astype(dtype)
        lost = converted != array if dtype.kind in WHOLE else np.isinf(converted) & np.isfinite(array)
    if lost.any():
        first = tuple(map(int, np.argwhere(lost)[0]))
        fraction = dtype.kind in WHOLE and np.isfinite(array[first]) and array[first] != np.trunc(array[first])
        remedy = "\n  If fractions are meant, its type must be a floating-point one: dtype=np.float32." if fraction else ""
        place = f" at {list(first)}" if first else ""
        raise DTypeError(f"{owner} holds {dtype} and cannot take {array[first]!s}{place}.{remedy}")
    return converted


def numeric(value: Any, owner: str) -> np.ndarray[Any, Any]:
    """The value as an array of real numbers, or an error that says what `owner` was given instead."""
    array = whole_array(value, owner)
    for refuse in NO_NUMBERS if array.dtype.kind not in REAL else ():
        refuse(array, owner)
    return array


def whole_array(value: Any, owner: str) -> np.ndarray[Any, Any]:
    """The value as an array of NumPy's own, of numbers or else, or an error where its elements do not tell all that it says.

    >>> whole_array([[1, 2], [3, 4]], "Input 'x'").shape
    (2, 2)
    """
    for check in CHECKS:
        check(value, owner)
    try:
        return np.asarray(value)
    except OperationError:
        if isinstance(value, list | tuple):
            raise OperationError(f"{owner} was given a list of nodes: np.stack joins them into one node.") from None
        raise OperationError(f"{owner} was given a node, {value}, where it takes an array of numbers.") from None
    except Exception as error:
        if hasattr(value, "__array__"):  # another library's array, which says in words of its own why it cannot be one of NumPy
            reason = str(error).partition("\n")[0]
            raise DTypeError(f"{owner} was given an object of the type {type(value).__name__}: {reason}") from None
        if isinstance(error, ValueError | TypeError):
            raise ShapeError(f"{owner} was given rows of different lengths, which make no array of numbers.") from None
        raise


def weak_type(value: Any, owner: str) -> Any:
    """What decides the type of a number beside nodes: Python's own whole numbers never widen theirs."""
    return 0 if isinstance(value, SymbolicSize) else value if type(value) is int else numeric(value, owner).dtype
