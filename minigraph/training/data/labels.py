"""Labels: names of classes, which are numbered from 0 and stay as they are written, and values."""

import decimal
import re
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing, nearest
from minigraph.interop.files import DataError

__all__ = [
    "CLASSES",
    "EXACT",
    "VALUES",
    "Fail",
    "check_finite",
    "is_blank",
    "is_number",
    "labelled_rows",
    "loses_digits",
    "number_labels",
    "read_labels",
    "to_learn_classes",
    "to_learn_values",
    "whole_number",
]

CLASSES, VALUES = "classes", "values"
"""The kinds of labels: what a classifier learns, and what a regression learns."""
BLANK = {
    "",
    "-",
    "--",
    "–",
    "—",
    ".",
    "?",
    "#n/a",
    "#na",
    "<na>",
    "\\n",
    "n/a",
    "n.a.",
    "na",
    "nan",
    "nat",
    "nil",
    "none",
    "null",
}
"""What a number or a date that is missing is written as, in small letters; in a category only an empty cell is."""
EXACT = 2**53
"""From where on a floating-point number does not tell every whole one from the next."""
SHOWN = 10
"""At most how many classes a message lists."""
NAMED = 10_000
"""Up to how many classes are named by their numbers."""

Fail = Callable[[str, int], NoReturn]
"""Raises an error for a problem with the cell of a row."""

NOT_FINITE = re.compile(r"[-+]?(nan|inf(inity)?)", re.ASCII | re.IGNORECASE)
NUMBER = re.compile(rf"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|{NOT_FINITE.pattern}", re.ASCII | re.IGNORECASE)
CODE = re.compile(r"[-+]?0\d|\+\d{7}", re.ASCII)
"""What is no number to compute with, although it has digits alone: a postal code, 02134, or a telephone's, +390612345."""


def is_blank(cell: str) -> bool:
    """Whether the cell of a number or a date is one that is missing."""
    return cell.lower() in BLANK


def labelled_rows(cells: Sequence[str], kind: str | None, numbers: Sequence[int], unit: str) -> tuple[Sequence[int], str]:
    """The rows that have a label, and what is to be said of the others, if there are some; all rows where none has one.

    The rows have `numbers`, those of their lines, say, as `unit` calls them.
    """
    missing = [i for i, cell in enumerate(cells) if not cell or (kind == VALUES and is_blank(cell))]
    if not missing or len(missing) == len(cells):
        return range(len(cells)), ""
    without = set(missing)
    many = f"{len(missing)} rows without a label are" if len(missing) > 1 else "1 row without a label is"
    where = f"{'the first ' * (len(missing) > 1)}in {unit} {numbers[missing[0]]}"
    return [i for i in range(len(cells)) if i not in without], f"{many} left out, {where}"


def read_labels(
    cells: Sequence[str], kind: str | None, classes: Sequence[str], fail: Fail
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The labels of a table as numbers, and the names of their classes, in the order of the numbers.

    Unless the kind is given, numbers of which one has a fraction are values and all else are classes. `classes` are those of a
    training, which the labels are to be among; unless given, they are the labels' own, sorted. A name stays as it is written:
    007 is not 7, nor 1.0 1. Where one of the labels has such a zero in front, they are codes, and none of them is a value.
    """
    distinct = list(dict.fromkeys(cells))
    for cell in distinct:
        if not cell or NOT_FINITE.fullmatch(cell):
            count = sum(each == cell for each in cells)
            remedy = (
                f", the first of {count} such. Fill them in or remove these rows."
                if count > 1
                else ". Fill it in or remove the row."
            )
            fail(f"the label is {repr(cell) if cell else 'empty'}{remedy}", cells.index(cell))
    numeric = all(map(is_number, distinct)) and not any(map(CODE.match, distinct))
    fraction = next((cell for cell in distinct if _has_fraction(cell)), None) if numeric and not classes else None
    if kind == VALUES or (kind is None and fraction is not None):
        return _values(cells, numeric, fail), ()
    if fraction is not None:
        wrong = f"the label {fraction} has a fraction, and classes are whole numbers or names. {to_learn_values()}"
        fail(wrong, cells.index(fraction))
    # those that are the same as floats are sorted by how they are written
    known = tuple(classes) or tuple(sorted(distinct, key=(lambda cell: (float(cell), cell)) if numeric else str))
    place = {name: i for i, name in enumerate(known)}
    for cell in distinct:
        if cell not in place:
            fail(_unknown(cell, known), cells.index(cell))
    return np.array([place[cell] for cell in cells], np.int64), known


def _values(cells: Sequence[str], numeric: bool, fail: Fail) -> NDArray[np.float64]:
    for i, cell in enumerate(() if numeric else cells):
        if not is_number(cell):
            fail(f"the label {cell!r} is not a number, and the labels are to be values. Correct it or remove the row.", i)
    values = np.fromiter(map(float, cells), np.float64, len(cells))
    for i in np.flatnonzero(~np.isfinite(values))[:1]:
        fail(f"{cells[i]!r} is not a finite number. Correct it or remove the row.", int(i))
    return values


def number_labels(where: str, labels: NDArray[Any], classes: Sequence[str] = ()) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The labels of an array as numbers, and the names of their classes; `where` begins an error: "y of data.npz".

    Whole numbers stay as they are, unless the `classes` of a training are numbers themselves: then they are its names. Text is
    numbered as the names of classes, and the classes of booleans are False and True.
    """

    def fail(problem: str, row: int) -> NoReturn:
        raise DataError(f"{where}, row {row}: {problem}")

    if labels.dtype.kind in "US":
        return read_labels(_names(labels, fail), CLASSES, classes, fail)
    with np.errstate(invalid="ignore"):
        numbers = labels.astype(np.int64)
    for row in np.flatnonzero(numbers != labels)[:1]:
        fail(f"the label is {labels[row]}, and classes are whole numbers of 64 bits. {to_learn_values()}", int(row))
    if classes and all(map(is_number, classes)):
        return read_labels([str(number) for number in numbers.tolist()], CLASSES, classes, fail)
    for row in np.flatnonzero(numbers < 0)[:1]:
        fail(f"the label is {numbers[row]}. Classes are numbered from 0.", int(row))
    last = int(numbers.max())
    if classes and last >= len(classes):
        fail(_unknown(str(last), range(len(classes))), int(numbers.argmax()))
    if labels.dtype.kind == "b":
        return numbers, tuple(classes) or ("False", "True")
    return numbers, tuple(classes) or tuple(map(str, range(last + 1 if last < NAMED else 0)))


def _names(labels: NDArray[Any], fail: Fail) -> list[str]:
    """Labels that are text; bytes are read as UTF-8."""
    names = []
    for row, name in enumerate(labels.tolist()):
        try:
            names.append(name.decode("utf-8") if isinstance(name, bytes) else name)
        except UnicodeDecodeError:
            fail(f"the label {name!r} is not UTF-8 text. Save the labels as text: y.astype(str).", row)
    return names


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
    same = next((name for name in names if is_number(label) and is_number(name) and float(name) == float(label)), None)
    hint = nearest(label, names) if same is None else f" A name is taken as it is written: write {same!r} where it is meant."
    return f"the label {label!r} is none that the model was trained on: it knows {shown}.{hint}"


def is_number(cell: str) -> bool:
    """Whether the cell is a number as tables write it: in the digits 0 to 9, without Python's own underscores."""
    return NUMBER.fullmatch(cell) is not None


def loses_digits(cell: str, number: float) -> bool:
    """Whether a cell writes a whole number that floating-point numbers have no place for, only one beside it."""
    whole = cell.lstrip("+-").partition(".")
    return abs(number) >= EXACT and whole[0].isdecimal() and not whole[2].strip("0") and int(whole[0]) != abs(int(number))


def whole_number(cell: str) -> int:
    """The whole number of 64 bits that a cell writes ("9", "9.0", "1e1"), exactly, or a ValueError where it writes another."""
    if is_number(cell) and abs(float(cell)) <= 2**63 and not _has_fraction(cell):
        number = int(decimal.Decimal(cell))
        if -(2**63) <= number < 2**63:
            return number
    raise ValueError(cell)


def _has_fraction(cell: str) -> bool:
    """Whether a number is not whole, or its exponent is beyond what can be computed with."""
    try:
        number = decimal.Decimal(cell)
    except decimal.InvalidOperation:
        return True
    return number != number.to_integral_value()


def to_learn_values(name: str = "y") -> str:
    """What one does whose labels are values, and no classes: what the model must have, and what writes such a model."""
    model = f"a floating-point {name}, mg.Input({name!r}, ('N',)), and a loss such as mg.MeanSquaredError"
    return f"To learn values, take {model}, as in the model that this writes:\n  minigraph new mymodel.py --task regression"


def to_learn_classes(name: str = "y") -> str:
    """What one does whose labels are classes, and no values, in the same way."""
    model = f"a whole {name}, mg.Input({name!r}, ('N',), dtype=np.int64), and mg.SoftmaxCrossEntropy"
    return f"To learn classes, take {model}, as in the model that this writes:\n  minigraph new mymodel.py"
