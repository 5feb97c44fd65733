"""Tables of rows: features and a label, read from comma- or tab-separated text."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minigraph.core.errors import GraphError, listing
from minigraph.core.values import as_dtype
from minigraph.interop.files import fail_at
from minigraph.training.data.cells import Row, Table, opened_table
from minigraph.training.data.columns import Columns, Wanted, check_first_label, find_columns, numbers_rows
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.files import check_format
from minigraph.training.data.labels import (
    CLASSES,
    EXACT,
    VALUES,
    is_blank,
    is_number,
    labelled_rows,
    loses_digits,
    read_labels,
    whole_number,
)
from minigraph.training.data.notation import explain_commas
from minigraph.training.data.plain import read_plain

__all__ = ["NO_LABELS", "kind_of_labels", "read_csv", "read_table"]

NO_LABELS = "none"
KINDS = (CLASSES, VALUES, NO_LABELS)
"""What the label's column may hold."""


def read_csv(
    file: str | os.PathLike[str],
    *,
    label: str | int | None = None,
    labels: str | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    width: int | None = None,
    dtype: DTypeLike = np.float64,
) -> Dataset:
    """The rows of a table in a text file: features `x`, and labels `y`.

    Cells are separated by commas, tabs, semicolons or bars; spaces around one are no part of it. A first line in which no
    feature is a number is taken to be a header. Blank lines are passed over. A column that numbers the rows is no feature, and
    is among the data's `left_out`: one without a name, or called id or index, of whole numbers that are all different; in a
    table without a header, a first one of 0, 1, 2 and so on, or 1, 2, 3. It is a feature where `features` names it, or where it
    is called otherwise.

    Parameters
    ----------
    file : str or path
        A path; what ends in .gz is unpacked.
    label : str or int, optional
        The name of the label's column, or its number from 0. Unless given, it is the column that the header calls class,
        label, target or y, else the last.
    labels : str, optional
        What the labels are: "classes", whole numbers or names, which are sorted, numbered from 0 as int64, and named as they
        are written, so that 007 is not 7; "values", as float64; "none" in a table of features alone. Unless given, they are
        values where all are numbers, none with a zero in front such as 02134, and one has a fraction, else classes.
    classes : sequence of str
        The names of a trained model's classes, which number the labels.
    features : sequence of str
        The names of a trained model's columns, which a header with the same names may hold in any order, and among others,
        which are the data's `left_out`.
    width : int, optional
        How many features a trained model takes.
    dtype : dtype
        The element type of x.

    Returns
    -------
    Dataset
        x (N × features) and, unless `labels` is "none", y (N).

    Raises
    ------
    DataError
        What cannot be read, with the file, the line and the column, both counted from 1.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write("length,width,species\\n5.1,3.5,setosa\\n6.3,3.3,virginica\\n")
    ...     file.flush()
    ...     read_csv(file.name)
    Dataset of 2 rows: x (2 × 2, float64), y (2, int64); classes setosa and virginica
    """
    if labels not in (*KINDS, None):
        raise GraphError(f"labels is one of {listing(map(repr, KINDS), 'or')}, not {labels!r}.")
    return read_table(Path(file), Wanted(label, labels != NO_LABELS, features, width), labels, classes, dtype)


def kind_of_labels(inputs: Mapping[str, Any]) -> str:
    """What a table's labels are for a graph of these inputs: its loss compares values with a floating-point y, else classes."""
    if "y" not in inputs:
        return NO_LABELS
    return VALUES if inputs["y"].dtype.kind == "f" else CLASSES


def read_table(path: Path, wanted: Wanted, labels: str | None, classes: Sequence[str], dtype: DTypeLike) -> Dataset:
    """What `read_csv` gives, with all that may be wanted of the columns."""
    check_format(path)
    with opened_table(path) as table:
        first = table.first()
        columns = find_columns(path, first, wanted)
        x, lines, cells = _read_rows(
            columns, table, [first] if first and not columns.header else [], as_dtype(dtype, "read_csv")
        )
    columns, x = _without_numbering(columns, x, cells)
    if columns.label is None:
        ids = {columns.header[i]: cells[i] for i in columns.ids}
        return Dataset({"x": x}, features=columns.names, left_out=columns.left_out, ids=ids)
    place = columns.label
    rows, note = labelled_rows(cells[place], labels, lines, "line")
    if note:
        x, lines = x[rows], [lines[i] for i in rows]
        cells[place] = [cells[place][i] for i in rows]

    def fail(problem: str, row: int) -> NoReturn:
        columns.fail(problem, lines[row], place)

    if not classes and not columns.header:
        check_first_label(path, columns.line, cells[place])
    y, names = read_labels(cells[place], labels, classes, fail)
    if len(names) == 1:
        fail_at(path, f"it holds only one class, {names[0]!r}{note and f'; {note}'}. There is nothing to tell apart.")
    label = columns.header[place] if columns.header else ""
    data = Dataset({"x": x, "y": y}, names, columns.names, label, columns.left_out)
    data.notes = (note,) if note else ()
    return data


def _without_numbering(columns: Columns, x: NDArray[Any], cells: Mapping[int, list[str]]) -> tuple[Columns, NDArray[Any]]:
    """The columns and the features without those that number the rows."""
    header = columns.header
    rest = columns.without([i for i in columns.numbering if numbers_rows(header[i] if header else None, cells[i])])
    left = np.isin(columns.features, rest.features)
    return rest, x if left.all() else x[:, left]


def _read_rows(
    columns: Columns, table: Table, first: Sequence[Row], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], list[int], dict[int, list[str]]]:
    """The features, of each row its line, and the cells of those columns that are read as text."""
    parts: list[NDArray[Any]] = []
    lines: list[int] = []
    named = columns.ids if columns.label is None else [columns.label]
    texts: dict[int, list[str]] = {place: [] for place in (*columns.numbering, *named)}

    def read(rows: Sequence[Row]) -> None:
        parts.append(_numbers(columns, rows, dtype))
        lines.extend(line for line, _ in rows)
        for place, found in texts.items():
            found += [cells[place] for _, cells in rows]

    if first:
        read(first)
    while block := table.block():
        found = read_plain(columns, block, table.separator, dtype, [*texts])
        if found is None:
            rows: list[Row] = []
            try:
                rows += table.rows(block)
            finally:  # what is wrong in a row before one that is none is said first
                if rows:
                    read(rows)
            continue
        numbers, cells = found
        parts.append(numbers)
        lines += range(block.line, block.line + len(numbers))
        for place, text in texts.items():
            text += cells[place]
    if not parts:
        fail_at(columns.path, "it holds a header and no rows.")
    return np.concatenate(parts), lines, texts


def _numbers(columns: Columns, rows: Sequence[Row], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The features of some rows. What is wrong with them is said of the first that has something wrong."""
    try:
        return _converted(columns, rows, dtype)
    except ValueError:
        for row in rows:
            _converted(columns, [row], dtype)
        raise AssertionError("every row is sound") from None


def _converted(columns: Columns, rows: Sequence[Row], dtype: np.dtype[Any]) -> NDArray[Any]:
    convert: Callable[[str], float] = float if dtype.kind == "f" else whole_number
    for row in rows:
        columns.check(row)
    chosen = [cells[column] for _, cells in rows for column in columns.features]
    joined = "".join(chosen)
    try:
        if "_" in joined or not joined.isascii():  # float takes Python's 1_000 for a number, and the digits of any script
            raise ValueError
        found = np.fromiter(map(convert, chosen), np.float64 if dtype.kind == "f" else np.int64, len(chosen))
    except ValueError:
        for line, cells in rows:
            _check_cells(columns, line, cells, convert)
        raise AssertionError("every feature is a number") from None
    values = found.reshape(len(rows), len(columns.features))
    with np.errstate(all="ignore"):
        numbers = values.astype(dtype)
        right = np.isfinite(numbers) if dtype.kind == "f" else numbers == values
    for i, place in np.argwhere(~right)[:1]:
        (line, cells), column = rows[i], columns.features[place]
        kind = "finite" if dtype.kind == "f" else "whole"
        suffix = f" in {dtype}" if np.isfinite(values[i, place]) else ""
        columns.fail(f"{cells[column]!r} is not a {kind} number{suffix}. Correct it or remove the row.", line, column)
    if dtype.kind == "f":
        _check_long(columns, rows, values)
    return numbers


def _check_long(columns: Columns, rows: Sequence[Row], values: NDArray[Any]) -> None:
    """Raise for a whole number that floating-point numbers have no place for: an identifier would become another one."""
    for i, place in np.argwhere(np.abs(values) >= EXACT):
        (line, cells), column = rows[i], columns.features[place]
        if loses_digits(cells[column], values[i, place]):
            problem = f"{cells[column]!r} has more digits than a floating-point number keeps. "
            columns.fail(f"{problem}An identifier is no feature: leave the column out; else round the number.", line, column)


def _check_cells(columns: Columns, line: int, cells: Sequence[str], convert: Callable[[str], float]) -> None:
    """Raise for the first feature of a row that is no number."""
    for column in columns.features:
        cell = cells[column]
        if is_blank(cell):
            columns.fail(f"the feature is {repr(cell) if cell else 'empty'}. Fill it in or remove the row.", line, column)
        if remedy := explain_commas(cell):
            columns.fail(f"{cell!r} is not a number{remedy}", line, column)
        if not is_number(cell):
            if convert is whole_number:
                name = repr(columns.header[column]) if columns.header else column
                numbered = f"which pandas does by frame[{name}] = pandas.factorize(frame[{name}])[0]"
                whole = "and the model takes whole ones here: number the texts from 0"
                columns.fail(f"{cell!r} is not a number, {whole}, {numbered}.", line, column)
            header = columns.header and columns.label is not None and line == columns.line + 1
            hint = f" If {columns.header[column]} is the label, call it label." if header else ""
            columns.fail(f"{cell!r} is not a number{_may_be_text(columns)}{hint}", line, column)
        try:
            convert(cell)
        except ValueError:
            columns.fail(f"{cell!r} is not a whole number of 64 bits, which the features are to be.", line, column)


def _may_be_text(columns: Columns) -> str:
    if columns.label is None:
        return ". Every feature must be one."
    which = "the last column" if columns.label == columns.count - 1 else f"column {columns.label + 1}"
    taker = "mg.data.read_tabular takes" if columns.header else "Under a header mg.data.read_tabular and `minigraph train` take"
    return f"; only {which}, the label, may be text. {taker} text in any column."
