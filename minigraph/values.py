"""What counts as numbers: arrays of floating-point numbers, whole numbers or booleans, and their element types."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.errors import DTypeError, OperationError, ShapeError

__all__ = ["DType", "as_array", "as_dtype", "frozen", "numeric", "weak_type"]

DType = np.dtype[Any]
WHOLE = "iub"
REAL = "f" + WHOLE
PLAIN = frozenset({bool, int, str, bytes, type(None), type(Ellipsis)})
"""The types of which equal values are the same value."""
KINDS = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "durations", "V": "records"}


def as_dtype(dtype: DTypeLike, owner: str) -> DType:
    """The element type, in this machine's byte order, or a DTypeError when it is not one of real numbers."""
    if isinstance(dtype, np.dtype) and dtype.kind in REAL and dtype.isnative:
        return dtype
    try:
        found = None if dtype is None else np.dtype(dtype).newbyteorder("=")
    except TypeError:
        found = None
    if found is None or found.kind not in REAL:
        raise DTypeError(
            f"{owner} cannot hold {dtype.__name__ if isinstance(dtype, type) else repr(dtype)}: an element type is one of "
            "real numbers, such as np.float32, np.int64 or bool."
        )
    return found


def as_array(value: ArrayLike, dtype: DType, owner: str) -> np.ndarray[Any, Any]:
    """The value as an array of `dtype`, or an error that says why `owner` cannot have it.

    Numbers are rounded to the precision of `dtype`; what it cannot hold at all (2.5 or nan as a whole number, 1e300 in
    float32) is refused.
    """
    if type(value) is np.ndarray and value.dtype == dtype:
        return value
    array = numeric(value, owner)
    if array.dtype == dtype:
        return array
    if dtype.kind == "f" and array.dtype.kind != "f":
        return array.astype(dtype)
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
    try:
        array = np.asarray(value)
    except OperationError:
        if isinstance(value, list | tuple):
            raise OperationError(f"{owner} was given a list of nodes: np.stack joins them into one node.") from None
        raise OperationError(f"{owner} was given a node, {value}, where it takes an array of numbers.") from None
    except (ValueError, TypeError):
        raise ShapeError(f"{owner} was given rows of different lengths, which make no array of numbers.") from None
    if array.dtype.kind not in REAL:
        _refuse(array, owner)
    return array


def weak_type(value: Any, owner: str) -> Any:
    """What decides the type of a number beside nodes: Python's own whole numbers never widen theirs."""
    array = numeric(value, owner)
    return value if type(value) is int else array.dtype


def frozen(value: Any) -> Hashable:
    """A key that is equal for two values only if they are known to be the same: in type, and bit by bit.

    An object of any other kind is the same as itself alone.

    >>> frozen([1, 2.0]) == frozen([1, 2.0]), frozen(1) == frozen(True), frozen(0.0) == frozen(-0.0)
    (True, False, False)
    """
    kind = type(value)
    if kind in PLAIN or isinstance(value, type | np.dtype):
        return kind, value
    if kind in (float, complex):
        return kind, repr(value)
    if (kind is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
        return kind, value.dtype, value.shape, value.tobytes()
    if kind in (tuple, list):
        return kind, *map(frozen, value)
    if kind in (set, frozenset):
        return kind, frozenset(map(frozen, value))
    if kind is dict:
        return kind, *((frozen(key), frozen(each)) for key, each in value.items())
    if kind is slice:
        return kind, frozen(value.start), frozen(value.stop), frozen(value.step)
    return Identity(value)


@dataclass(frozen=True, eq=False)
class Identity:
    """An object as a key: equal to a key of the very same object, which it keeps alive, and to nothing else."""

    of: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.of is self.of

    def __hash__(self) -> int:
        return id(self.of)


def _refuse(array: np.ndarray[Any, Any], owner: str) -> NoReturn:
    found, remedy = KINDS.get(array.dtype.kind, "objects"), ""
    if array.dtype.kind == "U" and array.size:
        found = f"the text {array.flat[0].item()!r}"
    elif array.dtype.kind == "O" and array.size:
        odd = [each for each in array.flat if not isinstance(each, float | int)]
        if not odd:
            raise DTypeError(f"{owner} was given a whole number beyond 64 bits: write it as a floating-point number.")
        found = "None" if odd[0] is None else f"an object of the type {type(odd[0]).__name__}"
        if isinstance(odd[0], np.random.Generator | np.random.RandomState):
            remedy = "\n  Operations draw from a state that belongs to the graph: mg.RandomState(seed)."
    raise DTypeError(f"{owner} was given {found}, not real numbers.{remedy}")
