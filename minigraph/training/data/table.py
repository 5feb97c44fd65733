"""Tables of rows: features and a label, read from comma- or tab-separated text."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minigraph.errors import GraphError, listing
from minigraph.training.data.cells import Row, fail_at, read_cells
from minigraph.training.data.columns import Columns, Wanted, find_columns
from minigraph.training.data.labels import CLASSES, VALUES, is_number, read_labels, whole
from minigraph.training.dataset import Dataset
from minigraph.values import as_dtype

__all__ = ["NO_LABELS", "read_csv", "read_table"]

NO_LABELS = "none"
KINDS = (CLASSES, VALUES, NO_LABELS)
"""What the label's column may hold."""
MISSING = {"", "-", "?", "n/a", "na", "none", "null"}
"""What a cell without a value is written as, in small letters."""
ROWS = 1024
"""How many rows are turned into numbers at once."""


def read_csv(
    file: str | os.PathLike[str],
    *,
    label: str | int | None = None,
    labels: str | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    width: int | None = None,
    dtype: DTypeLike = np.float32,
) -> Dataset:
    """The rows of a table in a text file: `x`, the features as `dtype`, and `y`, the labels.

    Cells are separated by commas, tabs, semicolons or bars. A first line in which no feature is a number is taken to be a
    header. Blank lines are passed over. The label is the column that `label` names, or numbers from 0; else the one that the
    header calls class, label, target or y; else the last.

    `labels` says what they are: "classes", whole numbers or names, which are sorted and numbered from 0 as int64; "values",
    as float32; "none" in a table of features alone. Unless it is said, they are values where all are numbers and one has a
    fraction, else classes.

    For a model that is trained, `classes` are the names of its classes, which number the labels; `features` are those of its
    columns, which a header with the same names may hold in any order, and among others, which are the data's `left_out`;
    `width` is how many it takes.

    What cannot be read raises a DataError that names the file, the line and the column, both counted from 1.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write("length,width,species\\n5.1,3.5,setosa\\n6.3,3.3,virginica\\n")
    ...     file.flush()
    ...     read_csv(file.name)
    Dataset of 2 rows: x (2 × 2, float32), y (2, int64); classes setosa and virginica
    """
    if labels not in (*KINDS, None):
        raise GraphError(f"labels is one of {listing(map(repr, KINDS), 'or')}, not {labels!r}.")
    return read_table(Path(file), Wanted(label, labels != NO_LABELS, features, width), labels, classes, dtype)


def read_table(path: Path, wanted: Wanted, labels: str | None, classes: Sequence[str], dtype: DTypeLike) -> Dataset:
    """What `read_csv` gives, with all that may be wanted of the columns."""
    with closing(read_cells(path)) as found:
        columns, rows = find_columns(path, found, wanted)
        x, lines, cells = _read_rows(columns, rows, as_dtype(dtype, "read_csv"))
    if columns.label is None:
        return Dataset({"x": x}, features=columns.names, left_out=columns.left_out)
    place = columns.label

    def fail(problem: str, row: int) -> NoReturn:
        columns.fail(problem, lines[row], place)

    y, names = read_labels(cells, labels, classes, fail)
    if len(names) == 1:
        fail_at(path, f"it holds only one class, {names[0]!r}. There is nothing to tell apart.")
    return Dataset({"x": x, "y": y}, names, columns.names, columns.header[place] if columns.header else "", columns.left_out)


def _read_rows(columns: Columns, rows: Iterator[Row], dtype: np.dtype[Any]) -> tuple[NDArray[Any], list[int], list[str]]:
    """The features, and of each row its line and its label."""
    parts: list[NDArray[Any]] = []
    lines: list[int] = []
    labels: list[str] = []
    while batch := list(islice(rows, ROWS)):
        for row in batch:
            columns.check(row)
        parts.append(_numbers(columns, batch, dtype))
        lines += [line for line, _ in batch]
        if columns.label is not None:
            labels += [cells[columns.label] for _, cells in batch]
    if not parts:
        fail_at(columns.path, "it holds a header and no rows.")
    return np.concatenate(parts), lines, labels


def _numbers(columns: Columns, rows: Sequence[Row], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The features of some rows."""
    convert: Callable[[str], float] = float if dtype.kind == "f" else _whole_number
    values = np.empty((len(rows), len(columns.features)), np.float64 if dtype.kind == "f" else np.int64)
    for i, (line, cells) in enumerate(rows):
        chosen = [cells[column] for column in columns.features]
        wrong = "_" in "".join(chosen)  # float takes Python's 1_000 for a number
        try:
            values[i] = [*map(convert, chosen)]
        except ValueError:
            wrong = True
        if wrong:
            _tell_cell(columns, line, cells, convert)
    with np.errstate(all="ignore"):
        numbers = values.astype(dtype)
        kept = np.isfinite(numbers) if dtype.kind == "f" else numbers == values
    for i, place in np.argwhere(~kept)[:1]:
        (line, cells), column = rows[i], columns.features[place]
        kind = "finite" if dtype.kind == "f" else "whole"
        suffix = f" in {dtype}" if np.isfinite(values[i, place]) else ""
        columns.fail(f"{cells[column]!r} is not a {kind} number{suffix}. Correct it or remove the row.", line, column)
    return numbers


def _tell_cell(columns: Columns, line: int, cells: Sequence[str], convert: Callable[[str], float]) -> NoReturn:
    """Raise for the first feature of a row that is no number."""
    for column in columns.features:
        cell = cells[column]
        if cell.lower() in MISSING:
            columns.fail(f"the feature is {repr(cell) if cell else 'empty'}. Fill it in or remove the row.", line, column)
        if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", cell):
            columns.fail(f"{cell!r} is not a number. Write it without commas.", line, column)
        if re.fullmatch(r"[-+]?\d+,\d+", cell):
            columns.fail(f"{cell!r} is not a number. Write it with a decimal point.", line, column)
        if not is_number(cell):
            header = columns.header and columns.label is not None and line == columns.line + 1
            hint = f" If {columns.header[column]} is the label, call it label." if header else ""
            columns.fail(f"{cell!r} is not a number{_may_be_text(columns)}{hint}", line, column)
        try:
            convert(cell)
        except ValueError:
            columns.fail(f"{cell!r} is not a whole number of 64 bits, which the features are to be.", line, column)
    raise AssertionError("every feature is a number")


def _may_be_text(columns: Columns) -> str:
    if columns.label is None:
        return ". Every feature must be one."
    which = "the last column" if columns.label == columns.count - 1 else f"column {columns.label + 1}"
    return f"; only {which}, the label, may be text."


def _whole_number(cell: str) -> int:
    number = whole(cell)
    if number is None or not -(2**63) <= number < 2**63:
        raise ValueError(cell)
    return number
