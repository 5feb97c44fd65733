"""Columns whose cells are all plain numbers, as nearly all columns of wide tables: read at once rather than cell by cell.

A cell is a plain number where nothing about it is to be told or decided: it is finite and exact, has no zero or plus
in front as codes have, no unit, no sign between its digits. Of a column with any other cell nothing is said here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from minigraph.training.data.labels import CODE

__all__ = ["Chosen", "PlainNumbers", "Taken", "plain_numbers"]

EXACT = 2**53
"""From where on a floating-point number does not tell every whole one from the next."""
CODES = re.compile(f",({CODE.pattern})", re.ASCII)
"""A cell with a zero or a telephone's plus in front, after the comma that stands before each."""

Values = NDArray[np.float64]


def plain_numbers(cells: Sequence[str]) -> Values | None:
    """The numbers of cells, or None where one of these is no plain number.

    >>> plain_numbers(["1", "-2.50", "1e3"])
    array([   1.  ,   -2.5 , 1000.  ])
    >>> [plain_numbers(["1", cell]) for cell in ("", "02134", "1_0", "nan", "9007199254740993", "two", "1,5")]
    [None, None, None, None, None, None, None]
    """
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    text = f",{','.join(cells)}"
    if not text.isascii() or "_" in text or CODES.search(text) or not (np.abs(values) < EXACT).all():
        return None
    return values


class PlainNumbers(Mapping[str, Values | None]):
    """The plain numbers of each column, or None where it has others, computed when they are first asked for."""

    def __init__(self, cells: Mapping[str, Sequence[str]]) -> None:
        self._cells = cells
        self._known: dict[str, Values | None] = {}

    def __getitem__(self, name: str) -> Values | None:
        if name not in self._known:
            self._known[name] = plain_numbers(self._cells[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


class Chosen(Sequence[str]):
    """Some of the cells of a column, in an order of their own, without a copy of them."""

    def __init__(self, cells: Sequence[str], rows: Sequence[int]) -> None:
        self._cells, self._rows = cells, rows

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        return Chosen(self._cells, self._rows[row]) if isinstance(row, slice) else self._cells[self._rows[row]]

    def __iter__(self) -> Iterator[str]:
        return map(self._cells.__getitem__, self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Taken(Mapping[str, Any]):
    """A mapping of columns, of each of which a part is taken when it is asked for."""

    def __init__(self, columns: Mapping[str, Any], take: Callable[[Any], Any]) -> None:
        self._columns, self._take = columns, take

    def __getitem__(self, name: str) -> Any:
        return self._take(self._columns[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
