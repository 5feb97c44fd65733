"""What is to be known of a table before a training on it is trusted: copies of the label, identifiers, values written alike."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing
from minigraph.training.data.columns import typed_name
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.dates import is_day_of_digits
from minigraph.training.data.kinds import Category, Date, Number
from minigraph.training.data.labels import is_blank
from minigraph.training.data.raw import RawTable
from minigraph.training.data.transformer import ColumnTransformer, some_names

__all__ = ["KnownTable", "findings"]

ROWS = 10
"""Which number of rows for each value of a column tells all their labels, but for chance."""
LEAK = 0.05
"""From which part of the rows for validation on it is said that they are also among those for training."""
TRUTHS = {
    **dict.fromkeys(("yes", "y", "true", "t", "1", "on"), "yes"),
    **dict.fromkeys(("no", "n", "false", "f", "0", "off"), "no"),
}
"""How yes and no are written."""
NINES = (99, 999, 9999, 99999, 999999)
"""What is written for a blank in some tables, with a minus or without."""
IDENTIFIER = re.compile(r"(.*[^a-zA-Z])?(id|ID|Id|uuid|UUID)|.*[a-z]I[dD]")
SHORTENED = re.compile(r"\d\.\d{1,5}E\+\d\d")
"""A long number as Excel shows it, without its last digits."""
ZONE = re.compile(r".*\d:\d.*(Z|[-+]\d\d:?\d\d)")


@dataclass(frozen=True)
class KnownTable:
    """A table's cells, its columns as they were learned, its rows encoded, and their labels, if there are some."""

    table: RawTable
    columns: ColumnTransformer
    x: NDArray[np.float64]
    y: NDArray[np.float64] | None
    classes: Sequence[str]

    @cached_property
    def numbers(self) -> tuple[list[str], NDArray[np.float64]]:
        """The names of the columns of numbers, and their numbers."""
        place = {feature: i for i, feature in enumerate(self.columns.features)}
        names = [name for name, kind in self.columns.kinds.items() if isinstance(kind, Number)]
        return names, self.x[:, [place[name] for name in names]]

    def names_where(self, chosen: Any) -> list[str]:
        """The names of those columns of numbers."""
        return [self.numbers[0][i] for i in np.flatnonzero(chosen)]

    def distinct(self, name: str) -> list[str]:
        """The different cells of a column that are not blank."""
        return [cell for cell in dict.fromkeys(self.table.cells[name]) if not is_blank(cell)]


def findings(known: KnownTable, training: Dataset, validation: Dataset) -> list[str]:
    """What is to be known of a table, and of its rows for training and for validation, a sentence each."""
    return [*(note for look in LOOKS for note in look(known)), *_in_both(known.columns, training, validation)]


def _copies(known: KnownTable) -> Iterator[str]:
    """Columns that tell the label of every row, by their values or by being blank."""
    if known.y is None or len(known.y) < ROWS:
        return
    if known.classes:
        labels = known.table.cells[known.columns.label]
        revealing = [
            name for name in known.columns.kinds if _may_tell(known.table, name) and _tells(known.table.cells[name], labels)
        ]
    else:
        with np.errstate(all="ignore"):
            x, y = (array - array.mean(axis=0) for array in (known.numbers[1], known.y))
            revealing = known.names_where(np.abs(y @ x) > (1 - 1e-9) * np.sqrt((y @ y) * (x * x).sum(axis=0)))
    if revealing:
        which = f"{some_names(revealing)} tell{'s' * (len(revealing) == 1)} the label of every row"
        yield f"{which}: leave out with --drop what is not known before the label is"


def _may_tell(table: RawTable, name: str) -> bool:
    """Whether a column has a blank, or so few values that each has its own label; numbers have mostly more."""
    values, most = table.plain[name], table.rows // ROWS
    return values is None or len(set(values[: most + 1].tolist())) <= most


def _tells(cells: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether each value has its own label, or a cell is blank where the label is one and never where it is another."""
    most = len(cells) // ROWS
    if len(set(cells[: most + 1])) <= most:  # else there are too many values
        values = set(cells)
        if 1 < len(values) <= most and len(set(zip(cells, labels, strict=True))) == len(values):
            return True
    if "" not in cells or not any(cells):
        return False
    return len({(not cell, label) for cell, label in zip(cells, labels, strict=True)}) == 2 == len(set(labels))


def _alike(known: KnownTable) -> Iterator[str]:
    """Values of a category, and names of classes, that differ only in how they are written."""
    named = {name: known.distinct(name) for name, kind in known.columns.kinds.items() if isinstance(kind, Category)}
    if known.classes:
        named[known.columns.label] = list(known.classes)
    for name, values in named.items():
        truths = all(value.casefold() in TRUTHS for value in values)
        groups: dict[str | None, list[str]] = defaultdict(list)
        for value in values:
            groups[TRUTHS[value.casefold()] if truths else _key(value)].append(value)
        several = [sorted(group) for group in groups.values() if len(group) > 1]
        if several:
            more = f", and {len(several) - 1} more such" if len(several) > 1 else ""
            same = len({unicodedata.normalize("NFC", value) for value in several[0]}) < len(several[0])
            shown = map(ascii if same else repr, several[0])
            yield f"{name}: {listing(shown)} are values of their own{more}. Write alike what is the same"
        for value in values:
            meant = _misread(value)
            if meant:
                yield f"{name}: {value!r} was {meant} when the table was saved. Save it as UTF-8 from where it came"
                break
        over = next((value for value in values if "\n" in value), None)
        if over is not None:
            yield f"{name}: a cell goes over several lines, {over[:40]!r}. Is a quote left open?"


def _key(value: str) -> str:
    """What values that are written alike have in common."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def _misread(value: str) -> str:
    """What became of a text that was saved in one encoding and read in another, or an empty text."""
    if "\ufffd" in value:
        return "a letter that was lost"
    try:
        meant = value.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""
    return f"{meant!r}, read in another encoding," if meant != value else ""


def _constants(known: KnownTable) -> Iterator[str]:
    """Columns of one value."""
    names = known.names_where(np.ptp(known.numbers[1], axis=0) == 0)
    names += [name for name, kind in known.columns.kinds.items() if isinstance(kind, Category) and len(kind.values) == 1]
    if names:
        yield f"{some_names(names)}: the same in all rows, and nothing to learn from"


def _identifiers(known: KnownTable) -> Iterator[str]:
    """Whole numbers that name or number the rows, or that a program has shortened."""
    names, x = known.numbers
    if len(x) > ROWS:
        named = [IDENTIFIER.fullmatch(name) is not None and len(set(x[:, i])) == len(x) for i, name in enumerate(names)]
        found = known.names_where((np.diff(x, axis=0) == 1).all(axis=0) | np.array(named, bool))
        if found:
            yield f"{some_names(found)}: a number of its own in each row tells nothing of other rows. Leave it out with --drop"
    for name in known.names_where((x >= 1e9).all(axis=0)):
        cells = known.distinct(name)
        if cells and all(map(SHORTENED.fullmatch, cells)):
            yield f"{name}: {cells[0]} is a longer number that has lost digits, as Excel shows it. Save the column as text"


def _marks(known: KnownTable) -> Iterator[str]:
    """Numbers that stand for a blank: the only negative one, or by far the largest, all nines."""
    x = known.numbers[1]
    if not x.size:
        return
    least, most = x.min(axis=0), x.max(axis=0)
    below = np.isin(least, [-nines for nines in NINES]) & ((x >= 0) | (x == least)).all(axis=0)
    others = np.where(x == most, -np.inf, x).max(axis=0)
    above = np.isin(most, NINES) & (others < most / 10) & np.isfinite(others)
    for chosen, values in ((below, least), (above, most)):
        names = known.names_where(chosen)
        if names:
            value = f"{values[chosen][0]:.0f}"
            yield f"{some_names(names)}: {value} is taken as a number. Leave the cell empty where it stands for a blank"


def _dates(known: KnownTable) -> Iterator[str]:
    """Numbers that are dates, and times of which only some name their zone."""
    x = known.numbers[1]
    if x.size:
        digits = ((x >= 1900_01_01) & (x <= 2100_12_31)).all(axis=0)
        days = ((x > 20_000) & (x < 60_000) & (x == np.floor(x))).all(axis=0)
        for name in known.names_where(digits):
            cells = known.distinct(name)
            if all(map(is_day_of_digits, cells)):
                yield f"{name}: numbers such as {cells[0]} are dates. Take them as such with --dates {typed_name(name)}"
        for name in known.names_where(days):
            if "date" in name.lower():
                example = known.distinct(name)[0]
                yield f"{name}: {example} may be a date as Excel counts days, and is taken as a number. Save it as 2024-03-31"
    for name in (name for name, kind in known.columns.kinds.items() if isinstance(kind, Date)):
        cells = known.distinct(name)
        zones = sum(ZONE.fullmatch(cell) is not None for cell in cells)
        if 0 < zones < len(cells):
            yield f"{name}: some times name their zone, and others do not, which are taken for UTC"


def _classes(known: KnownTable) -> Iterator[str]:
    """Classes of one row, and names of classes that elsewhere stand for a blank."""
    label = known.columns.label
    counts = Counter(known.table.cells[label]) if known.classes else Counter()
    rare = [name for name, count in counts.items() if count == 1]
    if rare:
        only = f"the class{'es' * (len(rare) > 1)} {listing(map(repr, rare[:3]))}{' and others' * (len(rare) > 3)}"
        yield f"{label}: {only} {'have' if len(rare) > 1 else 'has'} one row only"
    blank = [name for name in counts if is_blank(name)]
    if blank:
        yield f"{label}: {blank[0]!r} is taken for a class. Leave these rows out where it stands for a blank"


def _in_both(columns: ColumnTransformer, training: Dataset, validation: Dataset) -> Iterator[str]:
    """Rows for validation that are also among those for training; of categories alone many are."""
    if all(isinstance(kind, Category) for kind in columns.kinds.values()):
        return
    first, second = (np.column_stack([data["x"], *([data["y"]] if "y" in data else [])]) for data in (training, validation))
    seen = {row.tobytes() for row in first}
    twice = sum(row.tobytes() in seen for row in second)
    if twice and twice >= LEAK * len(second):
        which = f"{twice} of {len(second)} rows for validation are also among those for training"
        yield f"{which}, with the same label: where these are copies, remove them, as they flatter the figures"


LOOKS: Iterable[Callable[[KnownTable], Iterator[str]]] = (_copies, _identifiers, _constants, _alike, _marks, _dates, _classes)
