"""Labels: names and numbers of classes, numbered from 0, and values."""

import decimal
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.errors import DataError, listing, nearest
from minigraph.training.remedies import to_learn_values

__all__ = ["CLASSES", "VALUES", "check_finite", "is_number", "number_labels", "read_labels", "whole"]

CLASSES, VALUES = "classes", "values"
"""The kinds of labels: what a classifier learns, and what a regression learns."""
SHOWN = 10
"""At most how many classes a message lists."""
NAMED = 10_000
"""Up to how many classes are named by their numbers."""

Fail = Callable[[str, int], NoReturn]
"""Raises an error that tells of a problem with the label of a row."""


def read_labels(
    cells: Sequence[str], kind: str | None, classes: Sequence[str], fail: Fail
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The labels of a table as numbers, and the names of their classes, in the order of the numbers.

    Unless the kind is told, numbers of which one has a fraction are values and all else are classes. `classes` are those of a
    training, which the labels are to be among; unless given, they are the labels' own, sorted.
    """
    distinct = list(dict.fromkeys(cells))
    for cell in distinct:
        if not cell or (is_number(cell) and not math.isfinite(float(cell))):
            fail(f"the label is {repr(cell) if cell else 'empty'}. Fill it in or remove the row.", cells.index(cell))
    numeric = all(map(is_number, distinct))
    numbers = {cell: whole(cell) if numeric else None for cell in distinct}
    fraction = next((cell for cell in distinct if numbers[cell] is None), None) if numeric else None
    if kind == VALUES or (kind is None and not classes and fraction is not None):
        return _values(cells, fail), ()
    if fraction is not None:
        wrong = f"the label {fraction} has a fraction, and classes are whole numbers or names. {to_learn_values()}"
        fail(_unknown(fraction, classes) if classes else wrong, cells.index(fraction))
    names = {cell: cell if number is None else str(number) for cell, number in numbers.items()}
    known = tuple(classes) or tuple(sorted(set(names.values()), key=int if numeric else str))
    numbered = {name: i for i, name in enumerate(known)}
    place = {cell: numbered.get(cell, numbered.get(name, -1)) for cell, name in names.items()}
    for cell in distinct:
        if place[cell] < 0:
            fail(_unknown(cell, known), cells.index(cell))
    return np.array([place[cell] for cell in cells], np.int64), known


def _values(cells: Sequence[str], fail: Fail) -> NDArray[np.float32]:
    for i, cell in enumerate(cells):
        if not is_number(cell):
            fail(f"the label {cell!r} is not a number, and the labels are to be values. Correct it or remove the row.", i)
    with np.errstate(over="ignore"):
        values = np.array([float(cell) for cell in cells]).astype(np.float32)
    for i in np.flatnonzero(~np.isfinite(values))[:1]:
        fail(f"{cells[i]!r} is not a finite number in float32. Correct it or remove the row.", int(i))
    return values


def number_labels(
    where: str, labels: NDArray[Any], classes: Sequence[str] = ()
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The labels of an array as numbers, and the names of their classes; `where` begins an error: "y of data.npz".

    Whole numbers stay as they are, unless the `classes` of a training are whole numbers themselves: then they are its names.
    Text is numbered as the names of classes.
    """

    def fail(problem: str, row: int) -> NoReturn:
        raise DataError(f"{where}, row {row}: {problem}")

    if labels.dtype.kind in "US":
        cells = [name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in labels.tolist()]
        numbers, names = read_labels(cells, CLASSES, classes, fail)
        return numbers, names
    numbers = labels.astype(np.int64)
    if classes and all(map(_is_whole, classes)):
        return read_labels([str(number) for number in numbers.tolist()], CLASSES, classes, fail)
    for row in np.flatnonzero(numbers < 0)[:1]:
        fail(f"the label is {numbers[row]}. Classes are numbered from 0.", int(row))
    last = int(numbers.max())
    if classes and last >= len(classes):
        fail(_unknown(str(last), range(len(classes))), int(numbers.argmax()))
    return numbers, tuple(classes) or tuple(map(str, range(last + 1 if last < NAMED else 0)))


def check_finite(where: str, array: NDArray[Any]) -> None:
    """Raise where an array in memory holds a number that is not finite."""
    if array.dtype.kind != "f" or isinstance(array, np.memmap):
        return
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(map(int, np.unravel_index(bad.argmax(), array.shape)))
        raise DataError(f"{where}{list(place)} is {array[place]}, which is not a finite number. Correct it or remove the row.")


def _unknown(label: str, known: Sequence[Any]) -> str:
    names = [*map(str, known)]
    shown = listing(names) if len(names) <= SHOWN else f"{', '.join(names[:SHOWN])}, … ({len(names)} classes)"
    return f"the label {label!r} is none that the model was trained on: it knows {shown}.{nearest(label, names)}"


def is_number(cell: str) -> bool:
    """Whether the cell is a number as tables write it; Python's own underscores are none."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell


def whole(cell: str) -> int | None:
    """The whole number that a cell writes ("9", "9.0", "1e1"), exact however large, or None where it writes another."""
    try:
        number = decimal.Decimal(cell)
    except decimal.InvalidOperation:
        return None
    if not number.is_finite() or number != number.to_integral_value():
        return None
    return int(number)


def _is_whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal()
