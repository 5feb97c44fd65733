"""What the columns of a table hold: numbers, categories or dates, learned from training rows; and how each becomes features.

A kind is what it learned, in numbers and text that JSON keeps exactly.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, nan
from typing import ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing
from minigraph.training.data.dates import ISO, LAYOUTS, shown
from minigraph.training.data.labels import CODE, Fail, is_blank, is_number, loses_digits
from minigraph.training.data.notation import (
    PLAIN,
    WHOLE,
    Notation,
    UnclearNotation,
    check_points,
    explain_number,
    find_notation,
    is_written_number,
)

__all__ = [
    "KINDS",
    "MOST",
    "Category",
    "Date",
    "Kind",
    "Number",
    "learn_notation",
    "rewritten",
]

MOST = 50
"""Up to how many different texts are a category without being asked for."""
SHOWN = 3

Encoded = tuple[NDArray[np.float64], str]
"""The features of some rows, and what is to be said of them."""
REMEDY = "Fill it in, leave the row out, or let it be filled with --missing fill."


@dataclass(frozen=True)
class Number:
    """Numbers as they are; a blank is the training rows' median, and where these have blanks a feature tells which are."""

    kind: ClassVar[str] = "number"
    median: float
    blanks: bool
    codes: bool = False
    """Whether a zero in front, as in 02134, is no code here: it was asked for."""
    notation: Notation = PLAIN
    """How they are written."""

    @classmethod
    def learn(cls, cells: Sequence[str], fail: Fail, blank: bool, decimal: str = "", typed: bool = False) -> "Number":
        """Learn the median of the training rows and how they are written, but for the decimal sign, if that is said."""
        notation = learn_notation(cells, fail, decimal, typed)
        values = _floats(rewritten(cells, PLAIN if typed else notation, fail), fail, blank)
        missing = np.isnan(values)
        return cls(_median(values[~missing]), bool(missing.any()), any(map(CODE.match, set(cells))), notation)

    @classmethod
    def learn_plain(
        cls, cells: Sequence[str], values: NDArray[np.float64], fail: Fail, decimal: str = "", typed: bool = False
    ) -> "Number":
        """The same of training rows whose cells are all plain numbers."""
        return cls(_median(values), False, notation=learn_notation(cells, fail, decimal, typed, plain=True))

    def encode_plain(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The features of rows whose cells are all plain numbers."""
        return np.column_stack([values, np.zeros(len(values))]) if self.blanks else values[:, None]

    def features(self, name: str) -> list[str]:
        """The names of the features."""
        return [name, f"{name} is blank"] if self.blanks else [name]

    def encode(self, cells: Sequence[str], fail: Fail, blank: bool) -> Encoded:
        """The features of rows."""
        code = None if self.codes else next(filter(CODE.match, set(cells)), None)
        if code is not None:
            fail(f"{code!r} is a code, for its zero in front, and no training row had one. Correct it.", cells.index(code))
        values = _floats(rewritten(cells, self.notation, fail), fail, blank)
        return _filled(values[:, None], [self.median], self.blanks)

    def __str__(self) -> str:
        blanks = f"; blanks → median {self.median:.6g}, and a feature that tells them" if self.blanks else ""
        return f"number{self.notation}{blanks}"


@dataclass(frozen=True)
class Category:
    """Text: a feature for each value of the training rows, 1 where a row has it; an empty cell is a value of its own."""

    kind: ClassVar[str] = "category"
    values: tuple[str, ...]

    @classmethod
    def learn(cls, cells: Sequence[str], fail: Fail, blank: bool) -> "Category":
        """Learn the values of the training rows, sorted."""
        _check_blank(cells, fail, blank)
        return cls(tuple(sorted(set(cells))))

    def features(self, name: str) -> list[str]:
        """The names of the features."""
        return [f"{name}={value}" if value else f"{name} is blank" for value in self.values]

    def encode(self, cells: Sequence[str], fail: Fail, blank: bool) -> Encoded:
        """The features of rows: all are 0 where the training rows had no such value."""
        _check_blank(cells, fail, blank)
        place = {value: i for i, value in enumerate(self.values)}
        found = np.fromiter((place.get(cell, -1) for cell in cells), np.intp, len(cells))
        encoded = np.zeros((len(cells), len(self.values)))
        rows = np.flatnonzero(found >= 0)
        encoded[rows, found[rows]] = 1
        new = Counter(cell for cell, i in zip(cells, found, strict=True) if i < 0)
        if not new:
            return encoded, ""
        some = [repr(value) for value, _ in new.most_common(SHOWN)]
        others = [f"{len(new) - SHOWN} more"] if len(new) > SHOWN else []
        have = f"{new.total()} row{'s have' if new.total() > 1 else ' has'}"
        return encoded, f"{have} what no training row had, {listing([*some, *others])}: taken for none of its values"

    def __str__(self) -> str:
        count = len(self.values) - ("" in self.values)
        blanks = ", and one for blanks" if "" in self.values else ""
        return f"{count} categor{'ies' if count != 1 else 'y'}{blanks}"


@dataclass(frozen=True)
class Date:
    """Dates: the year, the month, the weekday (Monday is 0), and the days since the first of the training rows.

    A blank is the training rows' median of each, and where these have blanks a feature tells which are.
    """

    kind: ClassVar[str] = "date"
    layout: str
    first: str
    medians: tuple[float, ...]
    blanks: bool

    @classmethod
    def learn(cls, cells: Sequence[str], fail: Fail, blank: bool) -> "Date":
        """Learn how dates are written, the first of them, and the medians."""
        _check_marks(cells, fail, blank)
        layout = _layout(cells, fail)
        dates = [LAYOUTS[layout](cell) for cell in set(cells) if not is_blank(cell)]
        first = min(date for date in dates if date is not None)
        self = cls(layout, first.isoformat(), (0.0,) * 4, False)
        values = self._values(cells, fail)
        missing = np.isnan(values[:, 0])
        return cls(layout, self.first, tuple(map(_median, values[~missing].T)), bool(missing.any()))

    def features(self, name: str) -> list[str]:
        """The names of the features."""
        names = [f"{name} {part}" for part in ("year", "month", "weekday", "days")]
        return [*names, f"{name} is blank"] if self.blanks else names

    def encode(self, cells: Sequence[str], fail: Fail, blank: bool) -> Encoded:
        """The features of rows."""
        _check_marks(cells, fail, blank)
        return _filled(self._values(cells, fail), self.medians, self.blanks)

    def _values(self, cells: Sequence[str], fail: Fail) -> NDArray[np.float64]:
        read, first = LAYOUTS[self.layout], datetime.fromisoformat(self.first)
        parts: dict[str, tuple[float, ...]] = {}
        for i, cell in enumerate(cells):
            if cell in parts:
                continue
            date = read(cell) or LAYOUTS[ISO](cell)
            if date is None and not is_blank(cell):
                problem = f"{cell!r} is no date as the others are, {shown(self.layout)}"
                so = "" if read is LAYOUTS[ISO] else f", or as {ISO}"
                fail(f"{problem}. Write it so{so}, or leave the row out.", i)
            days = (date - first).total_seconds() / 86400 if date else nan
            parts[cell] = (date.year, date.month, date.weekday(), days) if date else (nan,) * 4
        return np.array([parts[cell] for cell in cells], np.float64).reshape(-1, 4)

    def __str__(self) -> str:
        blanks = "; blanks → medians, and a feature that tells them" if self.blanks else ""
        return f"date → {4 + self.blanks} features: year, month, weekday, days since {self.first[:10]}{blanks}"


Kind = Number | Category | Date
KINDS: Mapping[str, type[Kind]] = {kind.kind: kind for kind in (Number, Category, Date)}


def learn_notation(cells: Sequence[str], fail: Fail, decimal: str = "", typed: bool = False, plain: bool = False) -> Notation:
    """How numbers are written; as programs do where not all of them are numbers.

    The decimal sign may be said; `typed` are numbers that were no text, which do not show how texts are written, and `plain`
    those known to be as programs write them.
    """
    distinct = cells if plain else [cell for cell in dict.fromkeys(cells) if not is_blank(cell)]
    if decimal and (typed or not distinct):
        return Notation.by(decimal)
    if typed:
        return WHOLE
    try:
        if plain or (not decimal and all(map(is_number, distinct))):
            return PLAIN if check_points(distinct) else WHOLE
        found = find_notation(distinct, decimal) if all(map(is_written_number, distinct)) else None
    except UnclearNotation as unclear:
        unclear.tell(cells, fail)
    return found or PLAIN


def rewritten(cells: Sequence[str], notation: Notation, fail: Fail) -> Sequence[str]:
    """Numbers of a notation as programs write them; what is not written so is refused."""
    plain: dict[str, str] = {}
    for i, cell in enumerate(cells):
        if cell not in plain:
            known = is_blank(cell) or (notation.plain and is_number(cell))
            found = cell if known else notation.number(cell)
            if found is None and not notation.plain:
                so = (
                    f"it with its unit, as {cell + ' ' + notation.unit!r}" if notation.unit and notation.fits(cell) else "it so"
                )
                fail(f"{cell!r} is not a number{notation}, as in the training rows. Write {so}, or leave it blank.", i)
            plain[cell] = found or cell
    return [plain[cell] for cell in cells]


def _median(values: NDArray[np.float64]) -> float:
    ordered = np.sort(values)  # of short columns, of which there may be many, a fifth of the time that np.median takes
    half = len(ordered) // 2
    return float((ordered[half] + ordered[-half - 1]) / 2) if len(ordered) else 0.0


def _filled(values: NDArray[np.float64], fills: Sequence[float], tell: bool) -> Encoded:
    """The values with blanks filled, and where these are told, a feature that is 1 for them."""
    missing = np.isnan(values[:, 0])
    note = "" if tell or not missing.any() else f"{missing.sum()} blank, as in no training row: filled by the median"
    encoded = np.where(missing[:, None], np.asarray(fills), values)
    return (np.column_stack([encoded, missing]) if tell else encoded), note


def _check_blank(cells: Sequence[str], fail: Fail, blank: bool) -> None:
    if not blank and "" in cells:
        fail(f"the cell is empty. {REMEDY}", cells.index(""))


def _check_marks(cells: Sequence[str], fail: Fail, blank: bool) -> None:
    found = None if blank else next((i for i, cell in enumerate(cells) if is_blank(cell)), None)
    if found is not None:
        fail(f"the cell is {repr(cells[found]) if cells[found] else 'empty'}. {REMEDY}", found)


def _floats(cells: Sequence[str], fail: Fail, blank: bool) -> NDArray[np.float64]:
    """The numbers, NaN where a cell is blank."""
    parsed: dict[str, float] = {}
    for i, cell in enumerate(cells):
        if cell in parsed:
            continue
        if is_blank(cell):
            if not blank:
                fail(f"the cell is {repr(cell) if cell else 'empty'}. {REMEDY}", i)
            parsed[cell] = nan
            continue
        if not is_number(cell):
            _fail_number(cells, fail, i)
        parsed[cell] = float(cell)
        if not isfinite(parsed[cell]):
            fail(f"{cell!r} is not a finite number. Correct it, or leave the row out.", i)
        if loses_digits(cell, parsed[cell]):
            problem = f"{cell!r} has more digits than a floating-point number keeps. "
            fail(f"{problem}An identifier is no feature: --drop the column; else round the number.", i)
    return np.fromiter(map(parsed.__getitem__, cells), np.float64, len(cells))


def _fail_number(cells: Sequence[str], fail: Fail, first: int) -> NoReturn:
    """Name the first cell that is a number in no notation; where there is none, the one that is not as programs write it."""
    others = [i for i, cell in enumerate(cells) if not is_blank(cell) and not is_written_number(cell)]
    if not others:
        fail(f"{cells[first]!r} is not a number{explain_number(cells[first])}", first)
    alike = sum(cells[i] == cells[others[0]] for i in others)
    many = f", as in {alike} rows" if alike > 1 else ""
    fail(f"{cells[others[0]]!r} is not a number{many}{explain_number(cells[others[0]])}", others[0])


def _layout(cells: Sequence[str], fail: Fail) -> str:
    """How the dates of a column are written, of which there must be one that fits all."""
    distinct = [cell for cell in dict.fromkeys(cells) if not is_blank(cell)]
    if not distinct:
        fail("no training row has a date. Leave the column out with --drop.", 0)
    reads = {layout: sum(read(cell) is not None for cell in distinct) for layout, read in LAYOUTS.items()}
    best = max(reads, key=lambda layout: reads[layout])
    wrong = next((cell for cell in distinct if LAYOUTS[best](cell) is None), None)
    if wrong is not None:
        others = f" as the others are, {shown(best)}" if reads[best] else ""
        fail(f"{wrong!r} is no date{others}. Write dates as {ISO}.", cells.index(wrong))
    fitting = [LAYOUTS[layout] for layout, count in reads.items() if count == len(distinct)]
    either = next((cell for cell in distinct if len({read(cell) for read in fitting}) > 1), None)
    if either is not None:
        problem = (
            f"{either!r} may have the day first, or the month. Write dates as 2024-03-31, or take the column as a category "
        )
        fail(f"{problem}with --categories, or leave it out with --drop.", cells.index(either))
    return best
