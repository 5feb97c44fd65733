"""What the columns of a table are: features, and a label."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from minigraph.core.errors import listing, nearest
from minigraph.interop.files import fail_at
from minigraph.training.data.cells import SEPARATORS, Row
from minigraph.training.data.labels import is_number
from minigraph.training.data.notation import is_written_number

__all__ = [
    "absent",
    "LABEL_NAMES",
    "Columns",
    "Wanted",
    "check_first_label",
    "find_columns",
    "find_label",
    "is_merely_last",
    "may_be_label",
    "numbers_rows",
    "placed_columns",
    "typed_name",
]

LABEL_NAMES = {"class", "label", "labels", "target", "y"}
"""What the label's column may be called, to be found wherever it stands."""
NUMBERING = {"", "id", "index", "unnamed: 0"}
"""What a column is called that may number the rows; pandas writes one without a name, and reads it as "Unnamed: 0"."""
SEQUENCE = 3
"""How many cells or rows must be numbered 0, 1, 2 to be a header of numbers, or a column without a name that numbers."""


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
    def distinct_names(self) -> bool:
        """Whether the features have names, and no two the same one."""
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
    numbering: Sequence[int] = ()
    """The features that may number the rows, which their cells decide."""

    @property
    def names(self) -> list[str]:
        """The names of the features, where there is a header."""
        return [self.header[column] for column in self.features] if self.header else []

    @property
    def ids(self) -> list[int]:
        """The places of columns that are left out and called as what numbers the rows: they say which row is which."""
        used = {*self.features, self.label}
        others = [i for i, name in enumerate(self.header) if i not in used and name and name.lower() in NUMBERING]
        return [i for i in others if self.header.count(self.header[i]) == 1]

    def check(self, row: Row) -> None:
        """Raise unless the row has as many cells as the first."""
        line, cells = row
        if len(cells) != self.count:
            if self.wanted:
                _fail_count(self.path, line, len(cells), self.wanted)
            problem = f"it has {_number(len(cells), 'column')}, but line {self.line} has {self.count}. Every row needs as many."
            fail_at(self.path, f"{problem}{self._hint(cells)}", line)

    def _hint(self, cells: Sequence[str]) -> str:
        """What may be meant by a row with more or fewer cells than the first."""
        other = _other_separator(cells)
        if other:
            return f" The row seems to be separated by {other}."
        if len(cells) > self.count == len(self.header) < 3:
            return f" Where line {self.line} is no header, {listing(map(repr, self.header))}, remove it."
        if len(cells) == self.count + 1 and not cells[-1]:
            return f" It ends with a separator, and line {self.line} does not."
        return " A cell that holds a separator stands in double quotes." if len(cells) > self.count else ""

    def without(self, numbering: Sequence[int]) -> "Columns":
        """The columns without those features, which number the rows; as they are where there is no other feature."""
        rest = [place for place in self.features if place not in numbering]
        if not rest or not numbering:
            rest, numbering = list(self.features), ()
        count = self.wanted.count if self.wanted else None
        if count is not None and len(rest) != count:
            self._fail_numbering(numbering)
        left_out = [*(_called(self.header, place) for place in numbering), *self.left_out]
        return replace(self, features=rest, left_out=left_out)

    def _fail_numbering(self, numbering: Sequence[int]) -> NoReturn:
        """Raise where the model takes another number of features than there are without those that number the rows."""
        if not numbering or self.wanted is None:
            index = bool(self.header) and not self.header[0]
            _fail_count(self.path, self.line, self.count, self.wanted or Wanted(), index)
        count, name = len(self.features) - len(numbering), _called(self.header, numbering[0])
        problem = (
            f"the column {name!r} numbers the rows, and is no feature. Beside it are {_number(count, 'feature')}, and the "
            f"model takes {self.wanted.count}. To learn from it all the same, call it otherwise in a header."
        )
        fail_at(self.path, problem, self.line)

    def fail(self, problem: str, line: int, column: int) -> NoReturn:
        """Raise an error for a problem with a cell."""
        fail_at(self.path, problem, line, column + 1, self.header[column] if self.header else "")


def find_columns(path: Path, first: Row | None, wanted: Wanted) -> Columns:
    """The columns, as the first row has them.

    The first row is a header where no cell of it is a number, the last one left out where there is a label. One that looks like
    a header of numbers is refused, as it may be a row.
    """
    if first is None:
        what = "features and a label" if wanted.labelled else "features"
        fail_at(path, f"it is empty. It must hold rows of {what}, separated by commas.")
    line, cells = first
    if len(cells) == 1 and wanted.labelled:
        other = _other_separator(cells)
        hint = f" The columns seem to be separated by {other}." if other else ""
        fail_at(path, f"one column is too few. There must be a feature and a label.{hint}", line)
    header = [] if any(map(_is_figure, cells[: len(cells) - wanted.labelled])) else cells
    if not header and _numbers_columns(cells):
        _fail_header(path, line)
    return placed_columns(path, line, header, len(cells), wanted)


def _is_figure(cell: str) -> bool:
    """Whether a cell is a number in any notation and nothing else: 1,5, but not 1stFloor, which a column may be called."""
    return is_number(cell) or (is_written_number(cell) and not any(map(str.isalpha, cell)))


def _other_separator(cells: Sequence[str]) -> str:
    """What seems to separate the cells of a row that was read as one."""
    one = cells[0] if len(cells) == 1 else ""
    return next((name for sign, name in SEPARATORS.items() if sign in one), "")


def absent(names: Sequence[str]) -> str:
    """That there are no columns of these names, of which ten at most are written.

    >>> absent(["age"]), absent(["age", "city"])
    ("there is no column 'age'", "there are no columns 'age' and 'city'")
    """
    shown = [*map(repr, names[:10]), *[f"{len(names) - 10} more"] * (len(names) > 10)]
    return f"there {'is no column' if len(names) == 1 else 'are no columns'} {listing(shown)}"


def placed_columns(path: Path, line: int, header: Sequence[str], count: int, wanted: Wanted) -> Columns:
    """The columns of a table with that header, or with none, whose rows have `count` cells."""
    by_name = bool(header) and wanted.distinct_names and set(wanted.features) <= set(header)
    counted = None if by_name or wanted.count is None else wanted
    label = find_label(path, line, header, count, wanted) if wanted.labelled else None
    numbering = [] if by_name else [i for i in _may_number(header, wanted.labelled) if i != label]
    spare = count - (counted.count or 0) - counted.labelled if counted else 0
    if counted and not 0 <= spare <= len(numbering) * bool(header):
        _fail_count(path, line, count, counted, index=bool(header) and not header[0])
    places = _find_features(path, line, header, [i for i in range(count) if i != label], wanted)
    others = set(range(count)) - {*places, label}
    left_out = _left_out(header, sorted(others), wanted)
    return Columns(path, header, places, label, count, line, counted, left_out, numbering)


def check_first_label(path: Path, line: int, labels: Sequence[str]) -> None:
    """Raise where the first row alone has a name for a label, or one that no other has, and others have theirs several times.

    Of a table without a header: it is one whose names are numbers.
    """
    if len(labels) < SEQUENCE:
        return
    counts = Counter(labels)
    alone = counts[labels[0]] == 1 and len(labels) > len(counts) and not is_number(labels[0])
    if (not is_number(labels[0]) and all(map(is_number, labels[1:]))) or (alone and list(counts.values()).count(1) == 1):
        _fail_header(path, line)


def _numbers_columns(cells: Sequence[str]) -> bool:
    """Whether cells, of which some are numbers, are a header: one is what a label is called, or they are 0, 1, 2 and so on."""
    if any(map(may_be_label, cells)):
        return all(is_number(cell) or may_be_label(cell) or not cell for cell in cells)
    numbers = [cell for i, cell in enumerate(cells) if cell or i]
    return len(numbers) >= SEQUENCE and numbers == [str(i) for i in range(len(numbers))]


def _fail_header(path: Path, line: int) -> NoReturn:
    problem = (
        "it seems to be a header whose names are numbers. Give the columns names that are none; if it is a row, write a header "
        "above it."
    )
    fail_at(path, problem, line)


def _may_number(header: Sequence[str], labelled: bool) -> list[int]:
    """The columns that may number the rows: those called so, or the first that has no name."""
    if not header:
        return [0] if labelled else []
    return [i for i, name in enumerate(header) if name.lower() in NUMBERING and (name or not i)]


def numbers_rows(name: str | None, cells: Sequence[str]) -> bool:
    """Whether a column of that name, or of none in a table without a header, numbers the rows.

    One that is called so does where its whole numbers are all different; else they must be 0, 1, 2 and so on, or begin with 1.
    """
    if name is None:
        return len(cells) >= SEQUENCE and any(list(cells) == [str(i + start) for i in range(len(cells))] for start in (0, 1))
    return len(cells) > 1 and len(set(cells)) == len(cells) and all(map(str.isdecimal, cells))


def find_label(path: Path, line: int, header: Sequence[str], count: int, wanted: Wanted) -> int:
    if isinstance(wanted.label, str):
        if wanted.label not in header:
            has = f"its header has {listing(header)}" if header else "it has no header"
            fail_at(path, f"there is no column {wanted.label!r}: {has}.{nearest(wanted.label, header)}", line)
        return header.index(wanted.label)
    if wanted.label is not None:
        if not -count <= wanted.label < count:
            fail_at(path, f"there is no column {wanted.label}, counted from 0: it has {count}.", line)
        return wanted.label % count
    features = set(wanted.features)
    others = [i for i, name in enumerate(header) if name not in features]
    called = [i for i in others if header[i] == (wanted.known_label or None)] or [i for i in others if may_be_label(header[i])]
    if len(called) == 1:
        return called[0]
    if header and not others:
        fail_at(path, f"it has no column of labels beside the features {listing(wanted.features)}.", line)
    return others[-1] if others else count - 1


def _find_features(path: Path, line: int, header: Sequence[str], places: Sequence[int], wanted: Wanted) -> list[int]:
    """The places of the features in the order in which they are wanted; as they stand where all names are others.

    Names that differ in capitals alone are no other names, and none that the model knows: they are refused.
    """
    named = {header[i]: i for i in places} if header else {}
    missing = [name for name in wanted.features if name not in named]
    alike = set(map(str.casefold, named)) & set(map(str.casefold, wanted.features))
    if not wanted.distinct_names or not alike:
        return list(places)
    counts = Counter(header[i] for i in places)
    twice = [name for name in wanted.features if counts[name] > 1]
    if twice:
        fail_at(path, f"two of its columns are called {twice[0]!r}, which is one of the model's features. Rename one.", line)
    if missing:
        names = [header[i] for i in places]
        fail_at(
            path,
            f"{absent(missing)}, which the model was trained on: the header has {listing(names)}.{nearest(missing[0], names)}",
            line,
        )
    return [named[name] for name in wanted.features]


def _left_out(header: Sequence[str], places: Sequence[int], wanted: Wanted) -> list[str]:
    """What the columns at these places are called; rows to predict may have labels, which go without saying."""
    return [
        _called(header, i)
        for i in places
        if wanted.labelled or not (header[i] == (wanted.known_label or None) or may_be_label(header[i]))
    ]


def _called(header: Sequence[str], place: int) -> str:
    """How a message calls a column."""
    return (header[place] if header else "") or f"column {place + 1}"


def is_merely_last(label: str, asked: str = "") -> bool:
    """Whether a column is the label for no other reason than that it is the last."""
    return bool(label) and not asked and not may_be_label(label)


def may_be_label(name: str) -> bool:
    """Whether it is what a column of labels is called."""
    return name.lower() in LABEL_NAMES


def _fail_count(path: Path, line: int, found: int, wanted: Wanted, index: bool = False) -> NoReturn:
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


def typed_name(name: str) -> str:
    r"""A column's name as an option takes it: quoted as in a table where it holds a comma, and for the shell.

    >>> typed_name("age"), typed_name("Temp (°C)"), typed_name("a,b")
    ('age', "'Temp (°C)'", '\'"a,b"\'')
    """
    cell = '"' + name.replace('"', '""') + '"' if set(name) & {",", '"'} else name
    return cell if cell.isidentifier() else shlex.quote(cell)
