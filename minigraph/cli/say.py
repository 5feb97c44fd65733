"""What the command line says: wrapped to a terminal, without control codes in a pipe, and never in those of data."""

import csv
import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from minigraph.core.errors import printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["INTERRUPTED", "fits", "fits_a_line", "hand_over", "on_one_line", "say", "say_table", "widths"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has stopped."""
BROKEN = 4
"""The least columns of a terminal that one of a table gets where its words are broken."""
GAP = 2
"""The columns of a terminal between those of a table."""
PLAIN = {"→": "->", "↦": "|->", "−": "-", "–": "-", "…": "...", "×": "x", "·": "*", "±": "+-", "⊙": "(*)", "²": "^2", "ᵀ": "^T"}
PLAIN |= {"∂": "d", "Σ": "sum", "□": "[]"}
"""What stands for a sign where a stream's encoding has none; letters of a name are written as their numbers."""


def on_one_line(text: str) -> str:
    """The text without line breaks, and without what would steer a terminal."""
    return printable(" ".join(text.split()))


def say(text: str, stderr: bool = False, whole: bool = False) -> None:
    """Print text; only a terminal wraps it, below what is indented, and not what is to be copied `whole`.

    What a label, a column or a file is called never steers a terminal: all that a command says goes through here, or through
    say_table.
    """
    console = _console(stderr)
    text = _written(text, console)
    if whole or not console.is_terminal:
        console.print(text, soft_wrap=True)
    else:
        console.print("\n".join(_wrapped(line, console) for line in text.split("\n")))


def _wrapped(line: str, console: "Console") -> str:
    """A line in as many as a terminal needs, the others as far to the right as its text begins, behind what numbers it."""
    start = re.match(r" +(\d+\. +)?|", line)
    indent = start.end() if start and 2 * start.end() < console.width else 0
    lines = _rich("text").Text(line[indent:]).wrap(console, console.width - indent)
    return "\n".join((" " * indent if i else line[:indent]) + part.plain.rstrip() for i, part in enumerate(lines))


def say_table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...] = (), numbers: bool = False) -> None:
    """Print rows in columns, `numbers` to the right after the first column; a narrow terminal wraps within the columns.

    Where even that would break words, each row is a list of its own, below its first cell.
    """
    console = _console()
    shown = [
        tuple(_written(cell, console).replace("\n", "\\n") for cell in row) for row in ([header, *rows] if header else rows)
    ]
    if not shown:
        return
    if fits(shown):
        _say_columns(shown, bool(header), numbers)
        return
    titles = shown[0] if header else ("",) * len(shown[0])
    for row in shown[bool(header) :]:
        say(f"{titles[0]} {row[0]}".strip())
        _say_columns([("", *[title] * bool(header), cell) for title, cell in zip(titles[1:], row[1:], strict=True)])


def _say_columns(shown: Sequence[tuple[str, ...]], header: bool = False, numbers: bool = False) -> None:
    """Print cells in columns; nothing stands behind the last one of a line."""
    console = _console()
    fitted = widths(shown, console.width if console.is_terminal else None)
    if fitted == widths(shown, None):
        signs = [">" if numbers and number else "<" for number in range(len(fitted))]
        lines = [map(_aligned, row, fitted, signs) for row in shown]
        console.print("\n".join((" " * GAP).join(cells).rstrip() for cells in lines), soft_wrap=True)
        return
    table = _rich("table").Table(box=None, show_header=header, pad_edge=False, padding=(0, GAP, 0, 0))
    for number, width in enumerate(fitted):
        title = shown[0][number] if header else ""
        table.add_column(title, overflow="fold", width=width, justify="right" if numbers and number else "left")
    for row in shown[header:]:
        table.add_row(*row)
    console.print(table)


def _aligned(cell: str, width: int, sign: str) -> str:
    """A cell with the spaces that make it as wide as its column."""
    spaces = " " * (width - _cells(cell))
    return spaces + cell if sign == ">" else cell + spaces


def _written(text: str, console: "Console") -> str:
    """The text as the console's encoding can have it, and without what would steer a terminal."""
    text, encoding = printable(text), console.encoding
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = "".join(sign if _encodes(sign, encoding) else PLAIN.get(sign, sign) for sign in text)
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _encodes(sign: str, encoding: str) -> bool:
    """Whether an encoding has a sign."""
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _console(stderr: bool = False) -> "Console":
    """The terminal, which takes no part of a text for colours or signs: [red], :heart:."""
    console: Console = _rich("console").Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return console


def _rich(module: str) -> Any:
    """A module of rich's, which is imported when something is printed: the help needs none."""
    return import_module(f"rich.{module}")


def _cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return int(_rich("cells").cell_len(text))


def hand_over(text: str) -> None:
    """Print a table that another program is to read: in UTF-8, whatever the encoding of the stream; a person gets columns.

    Names that are no Unicode, as files may have, are given back as the bytes that they are.
    """
    if sys.stdout.isatty() or not hasattr(sys.stdout, "buffer"):
        header, *rows = map(tuple, csv.reader(io.StringIO(text, newline="")))
        say_table(rows, header)
        return
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # who reads has enough, as `head` has; Python would write what is left once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None


def fits_a_line(text: str) -> bool:
    """Whether a text takes no more than a line of the terminal that errors go to."""
    console = _console(stderr=True)
    return not console.is_terminal or _cells(text) <= console.width


def fits(rows: Sequence[tuple[str, ...]]) -> bool:
    """Whether a table needs no word broken where it is printed."""
    console = _console()
    least = [max(map(_cells, " ".join(column).split()), default=1) for column in zip(*rows, strict=True)]
    return not console.is_terminal or sum(least) + GAP * (len(least) - 1) <= console.width


def widths(rows: Sequence[tuple[str, ...]], limit: int | None) -> list[int]:
    """How wide each column of a table is: as its longest cell, or where there is less room, down to its longest word.

    The widest column gives way first. Where even the words are too long for the room, they are broken.

    >>> rows = [("valid. accuracy", "86.5%"), ("seconds", "0.1")]
    >>> widths(rows, None), widths(rows, 20), widths(rows, 12)
    ([15, 5], [13, 5], [5, 5])
    """
    columns = list(zip(*rows, strict=True))
    found = [max(map(_cells, column)) for column in columns]
    if limit is None:
        return found
    words = [max(map(_cells, " ".join(column).split()), default=1) for column in columns]
    for least in (words, [BROKEN] * len(columns)):
        while sum(found) + GAP * (len(found) - 1) > limit:
            spare = [width if width > floor else 0 for width, floor in zip(found, least, strict=True)]
            if not any(spare):
                break
            found[spare.index(max(spare))] -= 1
    return found
