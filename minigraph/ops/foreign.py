"""What NumPy takes for an array of numbers and is none, or says more than they do: each refused with what to do instead."""

import sys
from numbers import Real
from typing import Any, NoReturn

import numpy as np

from minigraph.core.errors import DTypeError
from minigraph.core.node import Node
from minigraph.core.values import CHECKS, NO_NUMBERS

KINDS = {"U": "text", "S": "text", "c": "complex numbers", "M": "dates", "m": "durations", "V": "records"}


def check_mask(value: Any, owner: str) -> None:
    """Raise for masked elements, which NumPy's conversion passes on as if they were not."""
    if _is_masked(value):
        raise DTypeError(
            f"{owner} was given a masked array, whose masked elements are no numbers.\n"
            "  array.filled(0) puts a number in their place, and array.compressed() leaves them out."
        )


def _is_masked(value: Any) -> bool:
    """Whether an array, or one within lists, has masked elements."""
    ma = sys.modules.get("numpy.ma")  # without it there is no masked array, and importing it takes a megabyte
    if ma is None:
        return False
    if isinstance(value, list | tuple):
        return any(_is_masked(each) for each in value if isinstance(each, list | tuple | ma.MaskedArray))
    return isinstance(value, ma.MaskedArray) and bool(ma.is_masked(value))


def check_unit(value: Any, owner: str) -> None:
    """Raise for an array with a unit, such as those of astropy, pint and unyt: its numbers would be taken without it."""
    name = next((name for name in ("units", "unit") if hasattr(type(value), name)), "")
    unit = str(getattr(value, name, "")) if name and not isinstance(value, Node) else ""
    if unit not in ("", "dimensionless"):
        raise DTypeError(
            f"{owner} was given numbers with the unit {unit}, which a graph does not know.\n"
            "  Give the numbers alone, in a unit that is always the same."
        )


def refuse(array: np.ndarray[Any, Any], owner: str) -> NoReturn:
    """Raise for an array of no real numbers."""
    found, remedy = KINDS.get(array.dtype.kind, "objects"), ""
    if array.dtype.kind == "U" and array.size:
        found = f"the text {array.flat[0].item()!r}"
    elif array.dtype.kind == "O" and array.size:
        found, remedy = _found_objects(array, owner)
    raise DTypeError(f"{owner} was given {found}, not real numbers.{remedy}")


def _found_objects(array: np.ndarray[Any, Any], owner: str) -> tuple[str, str]:
    """What an array of objects holds, and a line that says what to do."""
    odd = next((each for each in array.flat if not isinstance(each, Real)), None)
    if all(isinstance(each, Real) for each in array.flat):
        if any(isinstance(each, int) and not -(2**63) <= each < 2**64 for each in array.flat):
            raise DTypeError(f"{owner} was given a whole number beyond 64 bits: write it as a floating-point number.")
        return "an array of Python objects", "\n  They are numbers: array.astype(np.float64) makes an array of numbers of it."
    kind = type(odd).__name__
    found = "None" if odd is None else f"the text {odd!r}" if isinstance(odd, str) else f"an object of the type {kind}"
    if odd is None or kind == "NAType":
        return found, "\n  Put a number where one is missing, or leave its row out." if array.ndim else ""
    if isinstance(odd, np.random.Generator | np.random.RandomState):
        return found, "\n  Operations draw from a state that belongs to the graph: mg.RandomState(seed)."
    if isinstance(odd, np.ndarray):
        return found, "\n  np.stack(list(array)) makes one array of arrays of one shape."
    return found, "\n  Its toarray() gives an array." if hasattr(odd, "toarray") else ""


CHECKS += [check_mask, check_unit]
NO_NUMBERS.append(refuse)
