"""Plain lines of a table, many at once: read by Arrow where it is installed and pays, else by NumPy.

Either gives the float64 nearest to what is written. Where there is any doubt they give nothing, and the lines are read one by
one.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import MissingPackageError
from minigraph.interop.extras import optional
from minigraph.training.data.cells import Block
from minigraph.training.data.columns import Columns
from minigraph.training.data.labels import EXACT, is_number

__all__ = ["read_plain"]

MUCH = 1 << 18
"""Characters from which on Arrow, which takes a while to be imported, is asked; and ten rows for each of its columns."""

Found = tuple[NDArray[Any], Mapping[int, Sequence[str]]]
"""The features of some lines, N × features, and by their places the cells of those columns that are read as text."""


def read_plain(columns: Columns, block: Block, separator: str, dtype: np.dtype[Any], places: Sequence[int]) -> Found | None:
    """The features of a block of plain lines, and the cells of the columns at these places; None where there is any doubt."""
    much = len(block.text) >= MUCH and block.count > 10 * columns.count
    found = (_by_arrow(columns, block, separator, places) if much else None) or _by_numpy(columns, block, separator, places)
    if found is None:
        return None
    values, cells = found
    with np.errstate(all="ignore"):
        numbers = values.astype(dtype, copy=False)
        right = np.isfinite(numbers) if dtype.kind == "f" else numbers == values
        exact = np.abs(values).max(initial=0) < EXACT
    return (numbers, cells) if right.all() and exact else None


def _by_numpy(columns: Columns, block: Block, separator: str, places: Sequence[int]) -> Found | None:
    lines = block.plain_lines()
    if lines is None or not lines[0].strip():
        return None
    # where all are numbers NumPy itself says whether all rows have as many cells
    whole = all(is_number(cell.strip()) for cell in lines[0].split(separator))
    try:
        values = np.loadtxt(lines, delimiter=separator, usecols=None if whole else columns.features, comments=None, ndmin=2)
    except ValueError:
        return None
    if whole:
        alike = values.shape[1] == columns.count
        values = _chosen(values, columns.features) if alike else values
    else:
        alike = {line.count(separator) for line in lines} == {columns.count - 1}
    if not alike or len(values) != len(lines):
        return None

    def cells(place: int) -> list[str]:
        if place == columns.count - 1:
            return [line.rpartition(separator)[2].strip() for line in lines]
        return [line.split(separator, place + 1)[place].strip() for line in lines]

    return values, {place: cells(place) for place in places}


def _chosen(values: NDArray[Any], places: Sequence[int]) -> NDArray[Any]:
    """These columns of an array, which stays in the order of its rows: an array indexed by a list would not."""
    first, last = places[0], places[-1] + 1
    return values[:, first:last] if [*places] == [*range(first, last)] else values.take(places, axis=1)


def _by_arrow(columns: Columns, block: Block, separator: str, places: Sequence[int]) -> Found | None:
    csv, arrow, text = _arrow("pyarrow.csv"), _arrow("pyarrow"), block.plain_text()
    if csv is None or text is None or not {*places}.isdisjoint(columns.features):
        return None
    names = [*map(str, range(columns.count))]
    types = {names[place]: arrow.float64() for place in columns.features} | {names[place]: arrow.string() for place in places}
    content = text.encode()
    try:
        table = csv.read_csv(
            arrow.py_buffer(content),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(content)),
            csv.ParseOptions(delimiter=separator, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=types, include_columns=[*types], null_values=[], strings_can_be_null=False),
        )
    except ValueError:  # an ArrowInvalid, of which it is the base
        return None
    values = np.empty((len(table), len(columns.features)))
    for i, place in enumerate(columns.features):
        values[:, i] = table.column(names[place]).to_numpy()
    cells = {place: [cell.strip() for cell in table.column(names[place]).to_pylist()] for place in places}
    return values, cells


@cache
def _arrow(module: str) -> Any:
    """A module of Arrow's, or None where it is not installed."""
    try:
        return optional(module, "pyarrow", "tables")
    except MissingPackageError:
        return None
