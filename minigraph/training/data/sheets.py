"""Tables that are no text, in Parquet files and Excel workbooks, as rows or columns of Python's own values."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import listing
from minigraph.interop.extras import optional
from minigraph.interop.files import DataError, fail_at, read_bytes

__all__ = ["SHEETS", "read_parquet", "read_workbook", "values_of"]

SHEETS = {".parquet": "a Parquet file", ".xlsx": "an Excel workbook"}
"""Tables that are no text, by what their names end in."""
CELL = re.compile(rb"<c\b([^>]*[^/>])>(.*?)</c>", re.DOTALL)
REFERENCE, SHEET = re.compile(rb'\br="([A-Z]+)(\d+)"'), re.compile(r"xl/worksheets/[^/]+\.xml")
ERROR, FORMULA, VALUE = re.compile(rb'\bt="e"'), re.compile(rb"<f\b"), re.compile(rb"<v>([^<]+)</v>")


def read_parquet(path: Path) -> tuple[list[str], list[list[Any]]]:
    """The names and the values of the columns."""
    read_bytes(path, "data")
    module = optional("pyarrow.parquet", "pyarrow", "tables")
    try:
        table = module.read_table(path)
    except (ValueError, OSError) as error:  # an ArrowInvalid is a ValueError
        raise DataError(f"{path} cannot be read as a Parquet file: {error}") from None
    return list(table.column_names), [values_of(column) for column in table.columns]


def values_of(column: Any) -> list[Any]:
    """The values of a column as Python's own; of a time its nanoseconds are left out."""
    of = str(getattr(column, "type", ""))
    if of.startswith("timestamp[ns"):  # which Arrow makes nothing of without pandas
        column = column.cast(optional("pyarrow", "pyarrow", "tables").timestamp("us", column.type.tz), safe=False)
    if isinstance(column, np.ndarray) and column.dtype.kind == "M":
        column = column.astype("datetime64[us]")  # of nanoseconds NumPy gives whole numbers
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            return list(getattr(column, method)())
    return list(column) if hasattr(column, "__iter__") and not isinstance(column, str | bytes) else [column]


def read_workbook(path: Path) -> list[tuple[int, Sequence[Any]]]:
    """The rows that are not blank of the sheet that has some, each with its number."""
    read_bytes(path, "data")
    module = optional("python_calamine", "python-calamine", "tables")
    try:
        book = module.load_workbook(str(path))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
        found = [(sheet, sheet.to_python(skip_empty_area=False)) for sheet in sheets]
    except Exception as error:  # its errors have no base of their own that every version names alike
        raise DataError(f"{path} cannot be read as an Excel workbook: {error}. Save it as CSV.") from None
    filled = [(sheet, rows) for sheet, rows in found if any(any(cell != "" for cell in row) for row in rows)]
    if len(filled) != 1:
        have = f"the sheets {listing(sheet.name for sheet, _ in filled)} hold rows" if filled else "no sheet holds a row"
        raise DataError(f"{path}: {have}, and one must. Save the one that is meant as a file of its own.")
    sheet, rows = filled[0]
    for (line, column), (last, _) in getattr(sheet, "merged_cell_ranges", None) or ():
        remedy = "Part them, and write into each row what holds of it"
        fail_at(path, f"the cells from here to line {last + 1} are merged. {remedy}.", line + 1, column + 1)
    _check_cells(path)
    return [(i, row) for i, row in enumerate(rows, 1) if any(cell != "" for cell in row)]


def _check_cells(path: Path) -> None:
    """Raise for an error and for a formula without a value, which would be read as blank cells."""
    with zipfile.ZipFile(path) as archive:
        for name in filter(SHEET.fullmatch, archive.namelist()):
            content = archive.read(name)
            if not ERROR.search(content) and not FORMULA.search(content):
                continue
            for attributes, inside in CELL.findall(content):
                value, place = VALUE.search(inside), REFERENCE.search(attributes)
                at = (int(place[2]), _number(place[1])) if place else ()
                if ERROR.search(attributes) and value and value[1] != b"#N/A":
                    fail_at(path, f"the cell holds the error {value[1].decode()}. Correct its formula, or empty it.", *at)
                if FORMULA.search(inside) and not value:
                    problem = (
                        "the cell holds a formula whose value was never computed. Open the workbook in Excel or LibreOffice"
                    )
                    fail_at(path, f"{problem}, and save it.", *at)


def _number(letters: bytes) -> int:
    """The number of a column, which a workbook calls by letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
