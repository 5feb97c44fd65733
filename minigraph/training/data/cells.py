"""Tables in text files, read row by row: the cells of each, and the line that it begins on."""

import csv
import io
import os
from collections.abc import Generator, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, NoReturn

from minigraph.core.errors import DataError
from minigraph.training.data.streams import check_promise, opened

__all__ = ["SEPARATORS", "Row", "fail_at", "read_cells"]

Row = tuple[int, list[str]]
SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
"""What cells may be separated by, the most usual first."""
LONGEST = 1 << 22
"""At most how many characters a line has."""


def fail_at(path: Path, problem: str, line: int | None = None, column: int | None = None, name: str = "") -> NoReturn:
    """Raise a DataError that tells the file and, counted from 1, the line and the column, the latter given from 0."""
    place = f", line {line}" if line is not None else ""
    if column is not None:
        place += f", column {column + 1}{f' ({name})' if name else ''}"
    raise DataError(f"{path}{place}: {problem}")


def read_cells(file: str | os.PathLike[str]) -> Generator[Row]:
    """The rows of a file of UTF-8 text, blank lines passed over.

    Cells are separated by tabs in a file whose name ends in .tsv or .tab; else by what parts the first line into the most:
    commas, tabs, semicolons or bars. Quotes are those of RFC 4180.
    """
    path = Path(file)
    with opened(path) as stream, io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
        try:
            yield from _parsed(path, _lines(path, text))
        except UnicodeDecodeError as error:
            _tell_encoding(path, error)


def _lines(path: Path, text: IO[str]) -> Iterator[str]:
    number, unpacked, stored = 1, 0, path.stat().st_size
    while line := text.readline(LONGEST):
        unpacked += len(line)
        if path.suffix == ".gz":
            check_promise(str(path), unpacked, stored)
        if len(line) == LONGEST:
            fail_at(path, f"it is longer than {LONGEST} characters. Is it a table?", number)
        yield line
        number += 1


def _parsed(path: Path, lines: Iterator[str]) -> Iterator[Row]:
    blank, first = next(((i, line) for i, line in enumerate(lines) if line.strip()), (0, ""))
    separator = _separator(path, first)
    reader = csv.reader(chain([first], lines), strict=True, skipinitialspace=True, delimiter=separator)
    line = blank + 1
    try:
        for row in reader:
            if "\0" in "".join(row):
                fail_at(path, "it holds a null character, which is no text. Is it a CSV file?", line)
            cells = [cell.strip() for cell in row]
            if any(cells) or len(cells) > 1:
                yield line, cells
            line = blank + reader.line_num + 1
    except csv.Error as error:
        fail_at(path, _syntax_problem(str(error)), line)


def _separator(path: Path, first: str) -> str:
    if path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    unquoted = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=unquoted.count)


def _syntax_problem(said: str) -> str:
    """What the csv module says of a line, in words for the one who wrote it."""
    if "unexpected end" in said:
        return "a quoted cell that begins here is not closed before the file ends."
    if "expected after" in said:
        return "a quoted cell goes on after its closing quote. Write a quote inside a cell twice."
    if "field larger" in said:
        return f"a cell is longer than {csv.field_size_limit()} characters. Is a quote left open?"
    return f"{said}."


def _tell_encoding(path: Path, error: UnicodeDecodeError) -> NoReturn:
    """Find the line and column of the first byte that is no UTF-8; what was read told neither."""
    with opened(path) as stream:
        for line, content in enumerate(iter(lambda: stream.readline(LONGEST), b""), 1):
            try:
                content.decode("utf-8")
            except UnicodeDecodeError as found:
                column = content[: found.start].count(_separator(path, content.decode("latin-1")).encode())
                problem = f"the byte 0x{content[found.start]:02x} is not UTF-8 text. Save the file as UTF-8."
                fail_at(path, problem, line, column)
    fail_at(path, f"it is not UTF-8 text: {error.reason}. Save the file as UTF-8.")
