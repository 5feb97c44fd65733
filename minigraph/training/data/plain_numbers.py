"""Columns whose cells are all plain numbers, as nearly all columns of wide tables: read at once rather than cell by cell.

A cell is a plain number where nothing about it is to be told or decided: it is finite and exact, has no zero or plus
in front as codes have, no unit, no sign between its digits. Of a column with any other cell nothing is said here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from minigraph.training.data.labels import CODE, EXACT

__all__ = ["Chosen", "PlainNumbers", "Taken", "plain_numbers"]

CODES = re.compile(f",({CODE.pattern})", re.ASCII)
"""A cell with a zero or a telephone's plus in front, after the comma that stands before each."""

Values = NDArray[np.float64]


def plain_numbers(cells: Sequence[str]) -> Values | None:
    """The numbers of cells, or None where one of these is no plain number.

    >>> plain_numbers(["1", "-2.50", "1e3"])
    array([   1. ,   -2.5, 1000. ])
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
    """The plain numbers of each column, or None where it has others, computed when they are first asked for, if not known."""

    def __init__(self, cells: Mapping[str, Sequence[str]], known: Mapping[str, Values | None]) -> None:
        self._cells = cells
        self._known = dict(known)

    def __getitem__(self, name: str) -> Values | None:
        if name not in self._known:
            self._known[name] = plain_numbers(self._cells[name])
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)


class NumberBlocks:
    """The plain numbers of a text's columns, read by NumPy from many lines at once; none where there is any doubt of one.

    The columns are those that begin with a number.
    """

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._code = re.compile(rf"(?:^|{re.escape(separator)})\s*(?:{CODE.pattern})", re.ASCII)
        self._places: list[int] = []
        self._blocks: list[Values] | None = []

    def add(self, lines: Sequence[str] | None) -> None:
        """Read the next lines; None for lines that cannot be read so."""
        if self._blocks is None:
            return
        self._blocks = [*self._blocks, values] if lines and (values := self._read(lines)) is not None else None

    def _read(self, lines: Sequence[str]) -> Values | None:
        first = lines[0].split(self._separator)
        self._places = self._places or [i for i, cell in enumerate(first) if plain_numbers([cell.strip()]) is not None]
        if not self._places or any(map(self._code.search, lines)):
            return None
        try:
            every = len(self._places) == len(first)
            values = np.loadtxt(
                lines, delimiter=self._separator, usecols=None if every else self._places, comments=None, ndmin=2
            )
        except ValueError:
            return None
        return values if len(values) == len(lines) and (np.abs(values) < EXACT).all() else None

    def columns(self) -> dict[int, Values]:
        """The numbers of the columns at their places."""
        if not self._blocks:
            return {}
        values = np.asfortranarray(np.concatenate(self._blocks))
        return {place: values[:, i] for i, place in enumerate(self._places)}


class Column(Sequence[str]):
    """The cells of a column of rows, put together when they are first asked for."""

    def __init__(self, rows: Sequence[Sequence[str]], place: int) -> None:
        self._rows, self._place = rows, place

    @cached_property
    def _cells(self) -> list[str]:
        return [row[self._place] for row in self._rows]

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        return self._cells[row] if isinstance(row, slice) else self._rows[row][self._place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cells)

    def __contains__(self, cell: object) -> bool:
        return cell in self._cells

    def __eq__(self, other: object) -> bool:
        return self._cells == (other._cells if isinstance(other, Column) else other)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._rows)


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
        return map([*self._cells].__getitem__, self._rows)

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
