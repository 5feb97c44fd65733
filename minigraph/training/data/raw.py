"""Tables as they are written, before anything is known of their columns: cells of text by the names of their columns.

Text files, Parquet files, Excel workbooks and rows in memory become the same cells, so that all that follows knows one kind.
"""

import datetime
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from minigraph.core.errors import listing
from minigraph.interop.extras import optional
from minigraph.interop.files import DataError, fail_at, read_bytes
from minigraph.training.data.cells import Table, opened_table
from minigraph.training.data.columns import Wanted, find_columns
from minigraph.training.data.files import check_format
from minigraph.training.data.frames import FRAME, is_frame

__all__ = ["SHEETS", "RawTable", "read_raw"]

SHEETS = {".parquet": "a Parquet file", ".xlsx": "an Excel workbook"}
"""Tables that are no text, by what their names end in."""


@dataclass(frozen=True)
class RawTable:
    """A table's cells by column, without the spaces around them; one that is empty is an empty text.

    `numbers` are those of its lines, or of its rows, as a message calls them; `separator` stood between the cells of a text.
    """

    where: str
    cells: Mapping[str, Sequence[str]]
    numbers: Sequence[int]
    unit: str = "row"
    separator: str = ","

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
        cells = {name: [column[i] for i in chosen] for name, column in self.cells.items()}
        return replace(self, cells=cells, numbers=[self.numbers[i] for i in chosen])

    def fail(self, name: str, problem: str, row: int | None = None) -> NoReturn:
        """Raise an error for a problem with a column, or with its cell in a row."""
        line = f", {self.unit} {self.numbers[row]}" if row is not None else ""
        fail_at(f"{self.where}{line}", problem, None, self.names.index(name) + 1, name)


def read_raw(source: Any) -> RawTable | None:
    """The cells of a table: a text file, a Parquet file, an Excel workbook, a frame, or a mapping of columns.

    None for a text file whose first line is a row rather than a header: its columns have no names.
    """
    if not isinstance(source, str | os.PathLike):
        return _in_memory(source)
    path = Path(source)
    if path.suffix.lower() == ".parquet":
        return _parquet(path)
    return _workbook(path) if path.suffix.lower() == ".xlsx" else _text(path)


def _text(path: Path) -> RawTable | None:
    check_format(path)
    with opened_table(path) as table:
        first = table.first()
        columns = find_columns(path, first, Wanted(labelled=first is not None and len(first[1]) > 1))
        if not columns.header:
            return None
        names = _named(str(path), columns.header)
        cells: list[list[str]] = [[] for _ in names]
        lines: list[int] = []
        while block := table.block():
            plain = _plain_cells(table, block, len(names))
            if plain is not None:
                lines += range(block.line, block.line + len(plain[0]))
            else:
                rows = []
                for row in table.rows(block):
                    columns.check(row)
                    rows.append(row)
                lines += [line for line, _ in rows]
                plain = list(zip(*(found for _, found in rows), strict=True))
            for column, found in zip(cells, plain, strict=False):
                column += found
    return replace(_table(str(path), names, cells, lines, "line"), separator=table.separator)


def _plain_cells(table: Table, block: Any, count: int) -> list[tuple[str, ...]] | None:
    """The cells of plain lines, by column; None where a line is not plain, is blank, or has another number of cells."""
    lines = block.plain_lines()
    if lines is None or any(line.count(table.separator) != count - 1 or not line.strip() for line in lines):
        return None
    return list(zip(*([cell.strip() for cell in line.split(table.separator)] for line in lines), strict=True))


def _parquet(path: Path) -> RawTable:
    read_bytes(path, "data")
    module = optional("pyarrow.parquet", "pyarrow", "tables")
    try:
        table = module.read_table(path)
    except (ValueError, OSError) as error:  # an ArrowInvalid is a ValueError
        raise DataError(f"{path} cannot be read as a Parquet file: {error}") from None
    columns = [
        [_cell(str(path), name, value) for value in table.column(i).to_pylist()] for i, name in enumerate(table.column_names)
    ]
    return _table(str(path), _named(str(path), table.column_names), columns, range(1, len(table) + 1), "row")


def _workbook(path: Path) -> RawTable:
    read_bytes(path, "data")
    module = optional("python_calamine", "python-calamine", "tables")
    try:
        book = module.load_workbook(str(path))
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except Exception as error:  # its errors have no base of their own that every version names alike
        raise DataError(f"{path} cannot be read as an Excel workbook: {error}. Save it as CSV.") from None
    filled = [(name, rows) for name, rows in sheets if any(any(cell != "" for cell in row) for row in rows)]
    if len(filled) != 1:
        found = f"the sheets {listing(name for name, _ in filled)} hold rows" if filled else "no sheet holds a row"
        raise DataError(f"{path}: {found}, and one must. Save the one that is meant as a file of its own.")
    rows = [(i, row) for i, row in enumerate(filled[0][1], 1) if any(cell != "" for cell in row)]
    header = [str(cell).strip() for cell in rows[0][1]]
    cells = [[_cell(str(path), name, row[i]) for _, row in rows[1:]] for i, name in enumerate(header)]
    keep = [i for i, name in enumerate(header) if name or any(cells[i])]
    names = _named(str(path), [header[i] for i in keep])
    return _table(str(path), names, [cells[i] for i in keep], [line for line, _ in rows[1:]], "line")


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
    columns = [_values(rows[name]) for name in names]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise DataError(f"{FRAME} has columns of {listing(sorted(lengths))} rows: each needs as many.")
    cells = [[_cell(FRAME, name, value) for value in column] for name, column in zip(names, columns, strict=True)]
    return _table(FRAME, _named(FRAME, names), cells, range(lengths.pop() if lengths else 0), "row")


def _values(column: Any) -> list[Any]:
    """The values of a column as Python's own."""
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            return list(getattr(column, method)())
    return list(column) if isinstance(column, Iterable) and not isinstance(column, str | bytes) else [column]


def _cell(where: str, name: Any, value: Any) -> str:
    """A value as a text file has it: a number in all its digits, a date as 2024-03-01, nothing where there is none."""
    kind = type(value).__name__
    if value is None or kind in ("NAType", "NaTType") or value != value:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    if not isinstance(value, int | np.integer | datetime.date | Decimal | np.datetime64):
        fail_at(where, f"the column {str(name)!r} holds a {kind}, and a cell is a number, a text, a truth or a date.")
    return str(value)


def _named(where: str, header: Iterable[Any]) -> list[str]:
    """The names of the columns; one without a name is called by its number."""
    names = [str(name).strip() or f"column {i}" for i, name in enumerate(header, 1)]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        fail_at(where, f"two of its columns are called {twice!r}. Rename one.")
    return names


def _table(where: str, names: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[int], unit: str) -> RawTable:
    if not numbers:
        fail_at(where, "it holds a header and no rows.")
    return RawTable(where, dict(zip(names, cells, strict=True)), numbers, unit)
