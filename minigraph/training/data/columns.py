"""What the columns of a table are: features, and a label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NoReturn

from minigraph.errors import listing, nearest
from minigraph.training.data.cells import SEPARATORS, Row, fail_at
from minigraph.training.data.labels import is_number

__all__ = ["Columns", "Wanted", "find_columns"]

LABEL_NAMES = {"class", "label", "labels", "target", "y"}
"""What the label's column may be called, to be told apart wherever it stands."""


@dataclass(frozen=True)
class Wanted:
    """What is known of the columns before the file is read."""

    label: str | int | None = None
    labelled: bool = True
    features: Sequence[str] = ()
    width: int | None = None
    known_label: str = ""
    """What a training called the label's column, if that is known. Another table may call it otherwise."""

    @property
    def count(self) -> int | None:
        """How many features there must be, where that is known."""
        return len(self.features) or self.width

    @property
    def tells_names(self) -> bool:
        """Whether the names of the features tell one column from another."""
        return 0 < len(self.features) == len(set(self.features))


@dataclass(frozen=True)
class Columns:
    """The places of the features and of the label, or None where there is none, and how many cells a row has."""

    path: Path
    header: Sequence[str]
    features: Sequence[int]
    label: int | None
    count: int
    line: int
    wanted: Wanted | None
    left_out: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The names of the features, where there is a header."""
        return [self.header[column] for column in self.features] if self.header else []

    def check(self, row: Row) -> None:
        """Raise unless the row has as many cells as the first."""
        line, cells = row
        if len(cells) != self.count:
            if self.wanted:
                _tell_count(self.path, line, len(cells), self.wanted)
            problem = f"it has {_number(len(cells), 'column')}, but line {self.line} has {self.count}. Every row needs as many."
            fail_at(self.path, problem, line)

    def fail(self, problem: str, line: int, column: int) -> NoReturn:
        """Raise an error that tells of a problem with a cell."""
        fail_at(self.path, problem, line, column, self.header[column] if self.header else "")


def find_columns(path: Path, rows: Iterator[Row], wanted: Wanted) -> tuple[Columns, Iterator[Row]]:
    """The columns, told by the first row, and the rows that follow the header.

    The first row is a header where no cell of it is a number, the last one left out where there is a label.
    """
    first = next(rows, None)
    if first is None:
        what = "features and a label" if wanted.labelled else "features"
        fail_at(path, f"it is empty. It must hold rows of {what}, separated by commas.")
    line, cells = first
    if len(cells) == 1 and wanted.labelled:
        other = next((name for sign, name in SEPARATORS.items() if sign in cells[0]), "")
        hint = f" The columns seem to be separated by {other}." if other else ""
        fail_at(path, f"one column is too few. There must be a feature and a label.{hint}", line)
    header = [] if any(map(is_number, cells[: len(cells) - wanted.labelled])) else cells
    by_name = bool(header) and wanted.tells_names and set(wanted.features) <= set(header)
    counted = None if by_name or wanted.count is None else wanted
    if counted and len(cells) != (wanted.count or 0) + wanted.labelled:
        _tell_count(path, line, len(cells), wanted, index=bool(header) and not header[0])
    label = _find_label(path, line, header, len(cells), wanted) if wanted.labelled else None
    places = _find_features(path, line, header, [i for i in range(len(cells)) if i != label], wanted)
    left_out = _left_out(header, [i for i in range(len(cells)) if i != label and i not in places], wanted)
    columns = Columns(path, header, places, label, len(cells), line, counted, left_out)
    return columns, rows if header else chain([first], rows)


def _find_label(path: Path, line: int, header: Sequence[str], count: int, wanted: Wanted) -> int:
    if isinstance(wanted.label, str):
        if wanted.label not in header:
            has = f"its header has {listing(header)}" if header else "it has no header"
            fail_at(path, f"there is no column {wanted.label!r}: {has}.{nearest(wanted.label, header)}", line)
        return header.index(wanted.label)
    if wanted.label is not None:
        if not -count <= wanted.label < count:
            fail_at(path, f"there is no column {wanted.label}, counted from 0: it has {count}.", line)
        return wanted.label % count
    others = [i for i, name in enumerate(header) if name not in wanted.features]
    called = [i for i in others if header[i] == (wanted.known_label or None)] or [i for i in others if _may_be_label(header[i])]
    if len(called) == 1:
        return called[0]
    if header and not others:
        fail_at(path, f"it has no column of labels beside the features {listing(wanted.features)}.", line)
    return others[-1] if others else count - 1


def _find_features(path: Path, line: int, header: Sequence[str], places: Sequence[int], wanted: Wanted) -> list[int]:
    """The places of the features in the order in which they are wanted; a header of other names altogether tells none."""
    names = [header[i] for i in places] if header else []
    missing = [name for name in wanted.features if name not in names]
    if not wanted.tells_names or len(missing) == len(wanted.features) or not names:
        return list(places)
    twice = [name for name in wanted.features if names.count(name) > 1]
    if twice:
        fail_at(path, f"two of its columns are called {twice[0]!r}, which is one of the model's features. Rename one.", line)
    if missing:
        fail_at(
            path,
            f"there is no column {missing[0]!r}, which the model was trained on: the header has {listing(names)}."
            f"{nearest(missing[0], names)}",
            line,
        )
    return [places[names.index(name)] for name in wanted.features]


def _left_out(header: Sequence[str], places: Sequence[int], wanted: Wanted) -> list[str]:
    """What the columns at these places are called; rows to predict may have labels, which go without saying."""
    return [
        header[i] or f"column {i + 1}"
        for i in places
        if wanted.labelled or not (header[i] == (wanted.known_label or None) or _may_be_label(header[i]))
    ]


def _may_be_label(name: str) -> bool:
    return name.lower() in LABEL_NAMES


def _tell_count(path: Path, line: int, found: int, wanted: Wanted, index: bool = False) -> NoReturn:
    count = wanted.count or 0
    order = f", in this order: {listing(wanted.features)}" if wanted.features else ""
    label = ", and the label after them" if wanted.labelled else ""
    remedy = " Leave the label out." if not wanted.labelled and found == count + 1 else ""
    if index and found == count + wanted.labelled + 1:
        remedy = " The first, without a name, seems to number the rows: leave it out, as pandas' to_csv(…, index=False) does."
    takes = f"the model takes {_number(count, 'feature')}{order}{label}"
    fail_at(path, f"it has {_number(found, 'column')}, but {takes}.{remedy}", line)


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
