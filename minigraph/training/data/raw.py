"""Tables as they are written, before anything is known of their columns: cells of text by the names of their columns.

Text files, Parquet files, Excel workbooks and rows in memory become the same cells, so that all that follows knows one kind.
"""

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import listing
from minigraph.interop.files import DataError, fail_at
from minigraph.training.data.cells import Block, Table, opened_table, visible
from minigraph.training.data.columns import Wanted, find_columns, numbers_rows
from minigraph.training.data.files import check_format
from minigraph.training.data.frames import FRAME, is_frame
from minigraph.training.data.notation import GROUPED
from minigraph.training.data.plain_numbers import Chosen, Column, NumberBlocks, PlainNumbers, Taken
from minigraph.training.data.sheets import read_parquet, read_workbook, values_of

__all__ = ["RawTable", "read_raw"]

SPACES = " \t\v\f\x1c\x1d\x1e\x1f"
"""What `strip` takes from the ends of a cell, as far as it is ASCII and ends no line."""


@dataclass(frozen=True)
class RawTable:
    """A table's cells by column, without the spaces around them; one that is empty is an empty text.

    `numbers` are those of its lines, or of its rows, as a message calls them; `separator` stood between the cells of a text.
    Columns that are `unread` hold what is no cell, each with what is wrong; their cells are empty. Those that are `typed` held
    no text: their numbers are written as programs do, whatever the table's texts are. Those known to be `digits` alone need no
    look at their signs. Without a `header` columns are called by their numbers, and one that numbers the rows id.
    """

    where: str
    cells: Mapping[str, Sequence[str]]
    numbers: Sequence[int]
    unit: str = "row"
    separator: str = ","
    header: bool = True
    unread: Mapping[str, str] = field(default_factory=dict)
    typed: frozenset[str] = frozenset()
    digits: frozenset[str] = frozenset()
    notes: Sequence[str] = ()
    plain: Mapping[str, NDArray[np.float64] | None] = field(default_factory=dict, compare=False)
    """The numbers of the columns that have none but plain ones, each computed when it is asked for."""

    def __post_init__(self) -> None:
        if not self.plain:
            object.__setattr__(self, "plain", PlainNumbers(self.cells, {}))

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self.cells)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.numbers)

    def take(self, rows: Iterable[int]) -> "RawTable":
        """The rows of these indices."""
        chosen = list(map(int, rows))
        cells = Taken(self.cells, lambda column: Chosen(column, chosen))
        plain = Taken(self.plain, lambda values: None if values is None else values[chosen])
        return replace(self, cells=cells, numbers=[self.numbers[i] for i in chosen], plain=plain)

    def renamed(self, called: Mapping[str, str], notes: Sequence[str]) -> "RawTable":
        """The table with its columns called so, and what is to be said of it beside."""
        cells = {called[name]: cells for name, cells in self.cells.items()}
        plain = {called[name]: values for name, values in self.plain.items()}
        typed, digits = (frozenset(called[name] for name in names) for names in (self.typed, self.digits))
        unread = {called[name]: problem for name, problem in self.unread.items()}
        notes = [*self.notes, *notes]
        return replace(self, cells=cells, plain=plain, typed=typed, digits=digits, unread=unread, notes=notes, header=True)

    def fail(self, name: str, problem: str, row: int | None = None) -> NoReturn:
        """Raise an error for a problem with a column, or with its cell in a row."""
        line = f", {self.unit} {self.numbers[row]}" if row is not None else ""
        fail_at(f"{self.where}{line}", problem, None, self.names.index(name) + 1, name)


def read_raw(source: Any) -> RawTable:
    """The cells of a table: a text file, a Parquet file, an Excel workbook, a frame, or a mapping of columns."""
    if not isinstance(source, str | os.PathLike):
        return _in_memory(source)
    path = Path(source)
    if path.suffix.lower() == ".parquet":
        names, columns = read_parquet(path)
        return _table(str(path), names, *_texts(columns), 1)
    return _workbook(path) if path.suffix.lower() == ".xlsx" else _text(path)


def _text(path: Path) -> RawTable:
    check_format(path)
    with opened_table(path) as table:
        first = table.first()
        columns = find_columns(path, first, Wanted(labelled=first is not None and len(first[1]) > 1))
        rows: list[Sequence[str]] = []
        lines: list[int] = []
        blank: list[int] = []
        numbers, points = NumberBlocks(table.separator), False
        if first is not None and not columns.header:
            lines, rows = [first[0]], [first[1]]
            numbers.add(None)
        while block := table.block():
            points = points or "." in block.text
            plain = _plain_lines(table, block, columns.count)
            numbers.add(plain)
            if plain is not None:
                lines += range(block.line, block.line + len(plain))
                rows += _cells_of(table, block, plain)
                continue
            for line, row in table.rows(block):
                columns.check((line, row))
                if any(row):
                    lines.append(line)
                    rows.append(row)
                else:
                    blank.append(line)
    cells = [Column(rows, i) for i in range(columns.count)]
    many = f"{len(blank)} lines hold" if len(blank) > 1 else "1 line holds"
    notes = [f"{many} nothing but separators, and no row: line {listing(map(str, blank[:3]))}"] if blank else []
    header = columns.header or [f"column {i}" for i in range(1, columns.count + 1)]
    if not columns.header and numbers_rows(None, cells[0]):
        header = ["id", *header[1:]]
    whole = _table(str(path), header, cells, {}, (), lines, columns.line)
    names = whole.names
    known = {names[i]: values for i, values in numbers.columns().items()}
    every = PlainNumbers(whole.cells, known)
    digits = frozenset() if points else frozenset(known)
    whole = replace(whole, separator=table.separator, header=bool(columns.header), digits=digits, notes=notes, plain=every)
    if whole.header:
        _check_rows(whole, columns.line)
    return whole


def _check_rows(table: RawTable, line: int) -> None:
    """Raise where a row repeats the header, or where the header is a row like any other."""
    first, cells = next(iter(table.cells.items()))
    for i, cell in enumerate(cells):
        if cell == first and all(column[i] == name for name, column in table.cells.items()):
            fail_at(table.where, "it repeats the header. Remove it.", table.numbers[i])
    repeated = [name for name, cells in table.cells.items() if table.plain[name] is None and name in cells]
    if len(repeated) > 1:
        problem = f"it seems to be a row and no header: {listing(map(repr, repeated[:3]))} stand below it too"
        fail_at(table.where, f"{problem}. Write a header above it, with a name for each column.", line)


def _plain_lines(table: Table, block: Block, count: int) -> list[str] | None:
    """The lines of a block; None where one is not plain, is blank, or has another number of cells."""
    lines, nothing = block.plain_lines(), f" {table.separator}"
    if lines is None or any(line.count(table.separator) != count - 1 or not line.strip(nothing) for line in lines):
        return None
    return lines


def _cells_of(table: Table, block: Block, lines: Sequence[str]) -> list[list[str]]:
    """The cells of plain lines, a list for each, without the spaces around them."""
    rows = [line.split(table.separator) for line in lines]
    if not block.text.isascii() or any(space in block.text for space in SPACES if space != table.separator):
        return [[cell.strip() for cell in row] for row in rows]
    return rows


def _workbook(path: Path) -> RawTable:
    (first, header), *rows = read_workbook(path)
    columns = [[row[i] for _, row in rows] for i in range(len(header))]
    return _table(str(path), header, *_texts(columns), [line for line, _ in rows], first)


def _in_memory(rows: Any) -> RawTable:
    if isinstance(rows, Mapping):
        names: list[Any] = list(rows)
    elif is_frame(rows):
        names = list(getattr(rows, "column_names", None) or rows.columns)
    elif isinstance(rows, Sequence) and rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        return _in_memory({name: [row.get(name) for row in rows] for name in names})
    else:
        raise DataError("Rows of a table are a file, a frame, a mapping of columns, or a list of mappings, a row each.")
    _check_names(FRAME, names)
    return _table(FRAME, names, *_texts([values_of(rows[name]) for name in names]), 0)


def _cell(value: Any) -> str | None:
    """A value as a text file has it: a number in all its digits, a date as 2024-03-01, nothing where there is none.

    None for what no cell holds.
    """
    kind = type(value).__name__
    if value is None or kind in ("NAType", "NaTType") or (isinstance(value, float | np.generic | Decimal) and value != value):
        return ""
    if isinstance(value, str):
        return visible(value).strip()
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return str(value) if isinstance(value, int | np.integer | datetime.date | Decimal | np.datetime64) else None


def _texts(columns: Sequence[Sequence[Any]]) -> tuple[list[Sequence[str]], dict[int, str], list[int]]:
    """Columns of values as cells, what is wrong with those that hold what is no cell, and which of them hold no text."""
    cells: list[Sequence[str]] = []
    unread: dict[int, str] = {}
    typed: list[int] = []
    for i, values in enumerate(columns):
        found = list(map(_cell, values))
        if None in found:
            wrong = type(values[found.index(None)]).__name__
            unread[i] = f"it holds a {wrong}, and a cell is a number, a text, a truth or a date."
        if not any(isinstance(value, str) and value for value in values):
            typed.append(i)
        else:  # among texts, the point of a number such as 1.234 may not be taken for a sign between thousands
            found = [
                f"{cell}0" if cell and GROUPED.fullmatch(cell.lstrip("-")) and not isinstance(value, str) else cell
                for cell, value in zip(found, values, strict=True)
            ]
        cells.append([cell or "" for cell in found])
    return cells, unread, typed


def _table(
    where: str,
    header: Sequence[Any],
    columns: Sequence[Sequence[str]],
    unread: Mapping[int, str],
    typed: Sequence[int],
    numbers: Sequence[int] | int,
    line: int | None = None,
) -> RawTable:
    """The table of columns of cells; one without a name is called by its number.

    Rows are numbered, or from a number on. The `line` of the header is that of a file which has lines.
    """
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise DataError(f"{where} has columns of {listing(sorted(lengths))} rows: each needs as many.")
    if isinstance(numbers, int):
        numbers = range(numbers, numbers + max(lengths, default=0))
    if not numbers:
        fail_at(where, "it holds a header and no rows.")
    called = [str(name).strip() for name in header]
    names = [name or f"column {i}" for i, name in enumerate(called, 1)]
    _check_names(where, names, line)
    count = sum(bool(name) or any(column) for name, column in zip(called, columns, strict=True))
    if 2 * sum(map(bool, called)) < count:
        problem = f"its header has names for {sum(map(bool, called))} of {count} columns"
        fail_at(where, f"{problem}. Remove what stands above the header, or name the columns.", line)
    cells = dict(zip(names, columns, strict=True))
    return RawTable(
        where,
        cells,
        numbers,
        "row" if line is None else "line",
        unread={names[i]: problem for i, problem in unread.items()},
        typed=frozenset(names[i] for i in typed),
    )


def _check_names(where: str, names: Sequence[Any], line: int | None = None) -> None:
    name, count = Counter(map(str, names)).most_common(1)[0] if names else ("", 0)
    if count > 1:
        places = [i for i, each in enumerate(names, 1) if str(each) == name]
        fail_at(where, f"two of its columns, {places[0]} and {places[1]}, are called {name!r}. Rename one.", line)
