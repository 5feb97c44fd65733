"""Tables in text files: rows of features and a label."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.errors import DataError
from minigraph.files import read_bytes
from minigraph.training.dataset import Dataset

__all__ = ["read_csv"]

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What tables are separated by besides commas, to recognise one that is."""


def read_csv(file: str | os.PathLike[str]) -> Dataset:
    """The rows of a comma-separated file: `x`, the features as float32, and `y`, the labels as int64 from 0.

    The last column is the label: whole numbers, or the names of classes. The classes are sorted and numbered from 0, and
    their names kept. A first line in which no feature is a number is taken to be a header. Blank lines are passed over.
    What cannot be read raises a DataError that names the file, the line and the column, both counted from 1.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
    ...     _ = file.write("length,width,species\\n5.1,3.5,setosa\\n6.3,3.3,virginica\\n")
    ...     file.flush()
    ...     read_csv(file.name)
    Dataset of 2 rows: x (2 × 2, float32), y (2, int64); classes setosa and virginica
    """
    return _Table(Path(file)).dataset()


class _Table:
    """A file's cells, each row with the line that it begins on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: list[str] = []
        self.rows = list(self._rows(self._text()))
        if not self.rows:
            self._fail("it is empty. It must hold rows of features and a label, separated by commas.")
        self.width = len(self.rows[0][1])
        self._check_widths()
        if not any(map(_is_number, self.rows[0][1][:-1])):
            self.header = self.rows.pop(0)[1]
        if not self.rows:
            self._fail("it holds a header and no rows.")

    def dataset(self) -> Dataset:
        features, (labels, classes) = self._features(), self._labels()
        return Dataset({"x": features, "y": labels}, classes, self.header[:-1])

    def _fail(self, problem: str, line: int | None = None, column: int | None = None) -> NoReturn:
        place = f", line {line}" if line is not None else ""
        if column is not None:
            place += f", column {column + 1}" + (f" ({self.header[column]})" if self.header else "")
        raise DataError(f"{self.path}{place}: {problem}")

    def _text(self) -> str:
        content = read_bytes(self.path, "data")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line, column = before.count(b"\n") + 1, before.rpartition(b"\n")[2].count(b",")
            self._fail(f"the byte 0x{error.object[error.start]:02x} is not UTF-8 text. Save the file as UTF-8.", line, column)

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
        line = 1
        try:
            for row in reader:
                if "\0" in "".join(row):
                    self._fail("it holds a null character, which is no text. Is it a CSV file?", line)
                cells = [cell.strip() for cell in row]
                if cells not in ([], [""]):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            self._fail(_syntax_problem(str(error)), line)

    def _check_widths(self) -> None:
        first, cells = self.rows[0]
        if self.width < 2:
            other = next((name for mark, name in SEPARATORS.items() if mark in cells[0]), None)
            hint = f" The columns seem to be separated by {other}: save them with commas." if other else ""
            self._fail(f"one column is too few. There must be a feature and a label.{hint}", first)
        for line, cells in self.rows:
            if len(cells) != self.width:
                found = f"{len(cells)} column{'s' * (len(cells) != 1)}"
                self._fail(f"it has {found}, but line {first} has {self.width}. Every row needs as many.", line)

    def _features(self) -> NDArray[np.float32]:
        values = np.empty((len(self.rows), self.width - 1))
        for i, (line, cells) in enumerate(self.rows):
            for column, cell in enumerate(cells[:-1]):
                if not _is_number(cell):
                    self._fail(_feature_problem(cell), line, column)
                values[i, column] = float(cell)
        with np.errstate(over="ignore"):
            features = values.astype(np.float32)
        for i, column in np.argwhere(~np.isfinite(features))[:1]:
            line, cells = self.rows[i]
            kind = " in float32" if np.isfinite(values[i, column]) else ""
            self._fail(f"{cells[column]!r} is not a finite number{kind}. Correct it or remove the row.", line, int(column))
        return features

    def _labels(self) -> tuple[NDArray[np.int64], list[str]]:
        """The labels numbered from 0, and the names of the classes in the order of their numbers."""
        column = self.width - 1
        cells = [(line, cells[column]) for line, cells in self.rows]
        for line, cell in cells:
            if not cell or (_is_number(cell) and not np.isfinite(float(cell))):
                self._fail(f"the label is {repr(cell) if cell else 'empty'}. Fill it in or remove the row.", line, column)
        numeric = all(_is_number(cell) for _, cell in cells)
        for line, cell in cells:
            if numeric and float(cell) % 1:
                self._fail(f"the label {cell} is neither a whole number nor the name of a class.", line, column)
        names = [str(int(float(cell))) if numeric else cell for _, cell in cells]
        classes = sorted(set(names), key=int) if numeric else sorted(set(names))
        if len(classes) < 2:
            self._fail(f"it holds only one class, {classes[0]!r}. There is nothing to tell apart.")
        numbered = {name: i for i, name in enumerate(classes)}
        return np.array([numbered[name] for name in names], np.int64), classes


def _syntax_problem(said: str) -> str:
    """What the csv module says of a line, in words for the one who wrote it."""
    if "unexpected end" in said:
        return "a quoted cell that begins here is not closed before the file ends."
    if "expected after" in said:
        return "a quoted cell goes on after its closing quote. Write a quote inside a cell twice."
    if "field larger" in said:
        return f"a cell is longer than {csv.field_size_limit()} characters. Is a quote left open?"
    return f"{said}."


def _feature_problem(cell: str) -> str:
    if not cell:
        return "the feature is empty. Fill it in or remove the row."
    return f"{cell!r} is not a number; only the last column, the label, may be text."


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell
