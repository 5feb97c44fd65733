"""Tables in text files: rows of cells, read some lines at a time.

Nearly all lines of nearly all tables are *plain*: without quotes, so that a cell is what stands between two separators. What is
not plain, or has something to refuse, is read row by row by Python's csv module, which says in which line.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import inf
from pathlib import Path
from typing import IO, NoReturn

from minigraph.interop.files import fail_at
from minigraph.training.data.files import check_unpacked, fail_encoding, opened

__all__ = ["SEPARATORS", "Block", "Row", "Table", "opened_table", "visible"]

Row = tuple[int, list[str]]
"""The number of the line, from 1, that a row of a table begins on, and its cells."""
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
"""What cells may be separated by, the most usual first."""
SEPARATOR_LINE = re.compile(r'"?sep=([,\t;|])"?,*', re.IGNORECASE)
"""The line above a header that says to Excel what separates the cells; it is no row."""
LONGEST = 1 << 22
"""At most how many characters a line has."""
PIECE = 1 << 19
"""How many characters are read at once."""


@contextmanager
def opened_table(path: Path) -> "Iterator[Table]":
    """The table of a file of UTF-8 text, unpacked where its name ends in .gz."""
    with opened(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        try:
            yield Table(path, text)
        except UnicodeDecodeError:
            _find_encoding_error(path)


@dataclass(frozen=True)
class Block:
    """Some whole lines of a table, and the number of the first."""

    line: int
    text: str

    @cached_property
    def count(self) -> int:
        """How many lines there are."""
        ends = self.text.count("\n")
        if "\r" in self.text:
            ends += self.text.count("\r") - self.text.count("\r\n")
        return ends + (not self.text.endswith(("\n", "\r")))

    def plain_text(self) -> str | None:
        """The text, where a cell is what stands between two separators; else None.

        >>> Block(1, "1,2\\r\\n3,4\\n").plain_text()
        '1,2\\n3,4\\n'
        >>> Block(1, '1,"2"\\n3,4\\n').plain_text()
        """
        text = self.text.replace("\r\n", "\n") if "\r" in self.text else self.text
        if any(sign in text for sign in '"\r\0') or _has_long_cell(text):
            return None
        return text

    def plain_lines(self) -> list[str] | None:
        """The lines of that text."""
        text = self.plain_text()
        return None if text is None else text.removesuffix("\n").split("\n")


def _has_long_cell(text: str) -> bool:
    """Whether a cell is longer than the csv module takes."""
    most, start = csv.field_size_limit(), 0
    while len(text) - start > most:
        end = start + most + 1
        start = 1 + next((place for sign in ("\n", *SEPARATORS) if (place := text.rfind(sign, start, end)) >= 0), -1)
        if not start:
            return True
    return False


def visible(text: str) -> str:
    """The text without what nobody sees in it: marks of byte order, spaces of no width, joiners of words."""
    if text.isascii():
        return text
    return text.replace("\ufeff", "").replace("\u200b", "").replace("\u2060", "")


class Table:
    """The rows of a text file, one by one or many lines at once, in order; blank lines are passed over.

    Cells are separated by tabs in a file whose name ends in .tsv or .tab; else by what divides the first line into the most
    cells: commas, tabs, semicolons or bars; or by what a line sep=; above says, as in Excel. Quotes are those of RFC 4180.
    """

    def __init__(self, path: Path, text: IO[str]) -> None:
        self.path, self.line = path, 1
        self._text, self._unpacked, self._stored = text, 0, path.stat().st_size
        filled = (line for line in self._lines() if line.strip())
        self._first = next(filled, "")
        excel = SEPARATOR_LINE.fullmatch(self._first.strip("\r\n"))
        self._first = next(filled, "") if excel else self._first
        self.separator = excel[1] if excel else _separator(path, self._first)

    def first(self) -> Row | None:
        """The first row, read from where the table begins."""
        lines = chain([self._first], self._lines())
        return next(self._rows(lines, self.line - 1, inf), None) if self._first else None

    def block(self) -> Block | None:
        """The next lines, or None at the end."""
        text = self._read(self._text.read(PIECE))
        if not text:
            return None
        end = self._read(self._text.readline(LONGEST))
        block = Block(self.line, text + end)
        self.line += block.count
        if len(end) == LONGEST:
            self._fail_long(self.line - 1)
        return block

    def rows(self, block: Block) -> Iterator[Row]:
        """The rows that begin in a block, and, where a quoted cell goes on after it, the lines to its end."""
        lines = list(io.StringIO(block.text, newline=""))
        return self._rows(chain(lines, self._lines()), block.line, len(lines))

    def _rows(self, lines: Iterable[str], start: int, count: float) -> Iterator[Row]:
        """The rows that begin in the first `count` lines, of which the first is line number `start`."""
        reader = csv.reader(lines, strict=True, skipinitialspace=True, delimiter=self.separator)
        line = start
        try:
            while reader.line_num < count and (row := next(reader, None)) is not None:
                if "\0" in "".join(row):
                    fail_at(self.path, "it holds a null character, which is no text. Is it a CSV file, in UTF-8?", line)
                cells = [cell.strip() for cell in row]
                if any(cells) or len(cells) > 1:
                    yield line, cells
                line = start + reader.line_num
        except csv.Error as error:
            problem = next((words for part, words in SYNTAX.items() if part in str(error)), f"{error}.")
            fail_at(self.path, problem.format(csv.field_size_limit()), line)

    def _lines(self) -> Iterator[str]:
        while line := self._read(self._text.readline(LONGEST)):
            if len(line) == LONGEST:
                self._fail_long(self.line)
            self.line += 1
            yield line

    def _read(self, text: str) -> str:
        text = visible(text)
        self._unpacked += len(text)
        if self.path.suffix == ".gz":
            check_unpacked(str(self.path), self._unpacked, self._stored)
        return text

    def _fail_long(self, line: int) -> NoReturn:
        fail_at(self.path, f"it is longer than {LONGEST} characters. Is it a table?", line)


SYNTAX = {
    "unexpected end": "a quoted cell that begins here is not closed before the file ends.",
    "expected after": "a quoted cell goes on after its closing quote. Write a quote inside a cell twice.",
    "field larger": "a cell is longer than {} characters. Is a quote left open?",
}
"""What the csv module says of a line, in words for the one who wrote it."""


def _separator(path: Path, first: str) -> str:
    if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    unquoted = "".join(first.split('"')[::2])
    if ";" in unquoted:
        unquoted = re.sub(r"(?<=\d),(?=\d)", "", unquoted)  # decimal commas
    return max(SEPARATORS, key=unquoted.count)


def _find_encoding_error(path: Path) -> NoReturn:
    """Raise with the line and column of the first byte that is no UTF-8."""
    with opened(path) as stream:
        lines = (line for part in iter(lambda: stream.readline(LONGEST), b"") for line in part.splitlines())
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as found:
                text, before = (part.decode("cp1252", "replace") for part in (line, line[: found.start] + b"x"))
                separator = _separator(path, text)
                column = len(_cells(before, separator))
                fail_encoding(path, line[found.start], number, column, _cells(text, separator)[column - 1])
    fail_at(path, "it is not UTF-8 text. Save the file as UTF-8.")


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line, as far as it can be read."""
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:
        return line.split(separator)
