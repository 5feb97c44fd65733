"""Where rows come from: data sets drawn or read."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.errors import DataError
from minigraph.extras import optional
from minigraph.files import read_bytes
from minigraph.training.dataset import Dataset, split

__all__ = ["Dataset", "moons", "read_csv", "split"]


def moons(rows: int = 200, noise: float = 0.20, seed: int = 0) -> Dataset:
    """Two interleaving half circles with Gaussian noise of that standard deviation: scikit-learn's make_moons.

    >>> moons(200)
    Dataset of 200 rows: x (200 × 2, float32), y (200, int64); classes upper moon and lower moon
    """
    datasets = optional("sklearn.datasets", "scikit-learn", "train")
    x, y = datasets.make_moons(rows, noise=noise, random_state=seed)
    arrays = {"x": x.astype(np.float32), "y": y.astype(np.int64)}
    return Dataset(arrays, classes=("upper moon", "lower moon"), features=("x₁", "x₂"))


def read_csv(file: str | os.PathLike[str]) -> Dataset:
    """The rows of a comma-separated file: `x`, the features as float32, and `y`, the labels as int64 from 0.

    The last column is the label: whole numbers, or the names of classes. The classes are sorted and numbered from 0, and
    their names kept. A first line in which no feature is a number is taken to be a header. Blank lines are passed over.
    What cannot be read raises a DataError that names the file, the line and the column.
    """
    return _Table(Path(file)).dataset()


class _Table:
    """A file's cells, each row with the line that it begins on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = list(self._rows(self._text()))
        if not self.rows:
            raise DataError(f"{path} is empty: it must hold rows of features and a label, separated by commas.")
        self.width = len(self.rows[0][1])
        self._check_widths()
        header = self.rows[0][1]
        self.header = header if not any(map(_is_number, header[:-1])) else []
        del self.rows[: bool(self.header)]
        if not self.rows:
            raise DataError(f"{path} holds a header and no rows.")

    def dataset(self) -> Dataset:
        labels, classes = self._labels()
        return Dataset({"x": self._features(), "y": labels}, classes, self.header[:-1])

    def _fail(self, line: int, column: int | None, problem: str) -> NoReturn:
        named = f" ({self.header[column]})" if column is not None and getattr(self, "header", None) else ""
        at = f", column {column + 1}{named}" if column is not None else ""
        raise DataError(f"{self.path}, line {line}{at}: {problem}")

    def _text(self) -> str:
        content = read_bytes(self.path, "data")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            line, column = before.count(b"\n") + 1, before.rpartition(b"\n")[2].count(b",")
            self._fail(line, column, f"the byte 0x{error.object[error.start]:02x} is not UTF-8 text. Save the file as UTF-8.")

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
        line = 1
        try:
            for row in reader:
                cells = [cell.strip() for cell in row]
                if cells not in ([], [""]):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            self._fail(line, None, f"{error}.")

    def _check_widths(self) -> None:
        first, cells = self.rows[0]
        if self.width < 2:
            other = next((name for mark, name in {";": "semicolons", "\t": "tabs"}.items() if mark in cells[0]), None)
            hint = f" The columns seem to be separated by {other}: save them with commas." if other else ""
            self._fail(first, None, f"one column is too few: there must be a feature and a label.{hint}")
        for line, cells in self.rows:
            if len(cells) != self.width:
                found = f"{len(cells)} column{'s' * (len(cells) != 1)}"
                self._fail(line, None, f"{found}, but line {first} has {self.width}. Every row needs as many.")

    def _features(self) -> NDArray[np.float32]:
        values = np.empty((len(self.rows), self.width - 1))
        for i, (line, cells) in enumerate(self.rows):
            for column, cell in enumerate(cells[:-1]):
                if not _is_number(cell):
                    self._fail(line, column, _feature_problem(cell))
                values[i, column] = float(cell)
        with np.errstate(over="ignore"):
            features = values.astype(np.float32)
        for i, column in np.argwhere(~np.isfinite(features))[:1]:
            line, cells = self.rows[i]
            self._fail(line, int(column), f"{cells[column]!r} is not a finite number. Correct it or remove the row.")
        return features

    def _labels(self) -> tuple[NDArray[np.int64], list[str]]:
        """The labels numbered from 0, and the names of the classes in the order of their numbers."""
        column = self.width - 1
        cells = [cells[column] for _, cells in self.rows]
        for (line, _), cell in zip(self.rows, cells, strict=True):
            if not cell or (_is_number(cell) and not np.isfinite(float(cell))):
                self._fail(line, column, f"the label is {repr(cell) if cell else 'empty'}. Fill it in or remove the row.")
        if all(map(_is_number, cells)):
            numbers = [float(cell) for cell in cells]
            for (line, _), cell, number in zip(self.rows, cells, numbers, strict=True):
                if number != int(number):
                    self._fail(line, column, f"the label {cell} is neither a whole number nor the name of a class.")
            cells = [str(int(number)) for number in numbers]
            classes = sorted(set(cells), key=int)
        else:
            classes = sorted(set(cells))
        if len(classes) < 2:
            raise DataError(f"{self.path} holds only one class, {classes[0]!r}: there is nothing to tell apart.")
        numbered = {name: i for i, name in enumerate(classes)}
        return np.array([numbered[cell] for cell in cells], np.int64), classes


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
