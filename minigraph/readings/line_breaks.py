"""LaTeX on several lines: broken at the operators and the commas of a tree, where one line would be too long."""

import re
from collections.abc import Iterable
from dataclasses import replace

from minigraph.readings.expression import Expression, shown
from minigraph.readings.forms import Row
from minigraph.readings.notation import TEXT
from minigraph.readings.typesetting import LATEX

__all__ = ["Piece", "extent", "filled", "pieces"]

INFIX = re.compile("([\0\1])(?P<sign>.+)(?!\\1)[\0\1]")
"""How a form is written that has a sign between its two parts, and nothing around them."""

SILENT = ("matmul", "multiple")
"""The products that have no sign, but where one begins a line."""

LEAST = 16
"""How many letters always have room: what is nested deeply is not broken into single ones."""

Piece = tuple[str, int]
"""A part of a formula that stands on one line, and how many letters wide it is."""


def extent(tree: Expression) -> int:
    """How many letters wide a formula is in print, where a quotient is as wide as the wider of its two parts.

    >>> x = Expression("name", word="x")
    >>> product = Expression("product", (x, x))
    >>> extent(product), extent(Expression("quotient", (product, x)))
    (5, 5)
    """
    parts = [extent(part) for part in shown(tree)]
    if tree.form in ("quotient", "partial"):
        return max(parts)
    if tree.form == "choice":
        return parts[0] + max(parts[1:]) + len("{ if")
    if tree.form == "recurrence":
        return parts[0] + max(map(extent, tree.meaning[1]), default=0)
    return len(TEXT.write(tree)) - sum(len(TEXT.write(part)) for part in shown(tree)) + sum(parts)


def pieces(tree: Expression, room: int) -> list[Piece]:
    """A formula as parts that each have room on a line: one, if the whole has."""
    text = len(TEXT.write(tree))
    wide = text if text <= room else extent(tree)
    if wide <= room:
        return [(LATEX.write(tree), wide)]
    row, e = LATEX.row(tree)
    infix = INFIX.fullmatch(LATEX.composed(row, e, ["\0", "\1"])) if len(shown(e)) == 2 else None
    if infix:
        left, right = (0, 1) if infix[1] == "\0" else (1, 0)
        sign = infix["sign"].strip().replace(r"\,", r"\cdot") if e.form in SILENT else infix["sign"].strip()
        (first, width), *others = _of_part(row, e, right, room)
        return [*_of_part(row, e, left, room), (f"{sign} {first}", width + len("· ")), *others]
    if e.form == "negative":
        (first, width), *others = _of_part(row, e, 0, room - 1)
        return [(f"-{first}", width + 1), *others]
    return [_call(row, e, room) if "$arguments" in str(row.latex) else _around(row, e, room, wide)]


def _call(row: Row, e: Expression, room: int) -> Piece:
    """A call, broken behind its commas."""
    around = len(f"{e.word}{e.over}()")
    own = max(LEAST, room - around)
    arguments = [_block(_of_part(row, e, i, own), own) for i in range(len(e.parts))]
    arguments += [(LATEX.words(each), len(each)) for each in e.settings]
    behind = [(f"{written},", width + 1) for written, width in arguments[:-1]]
    block, inside = _block([*behind, arguments[-1]], own)
    return LATEX.composed(row, replace(e, settings=()), [block]), inside + around


def _around(row: Row, e: Expression, room: int, wide: int) -> Piece:
    """Whatever else stands around its parts, such as the line of a quotient, the parts broken."""
    before = [extent(part) for part in shown(e)]
    rooms = [room if e.form == "quotient" else max(LEAST, room - wide + width) for width in before]
    parts = [_block(_of_part(row, e, i, own), own) for i, own in enumerate(rooms)]
    after = [width for _, width in parts]
    wide = max(after) if e.form == "quotient" else wide - sum(before) + sum(after)
    return LATEX.composed(row, e, [written for written, _ in parts]), wide


def _of_part(row: Row, whole: Expression, i: int, room: int) -> list[Piece]:
    """The pieces of a part: one, if it stands in brackets."""
    found: list[Piece] = []

    def write(part: Expression) -> str:
        found.extend(pieces(part, room))
        return _block(found, room)[0]

    written = LATEX.part(row, whole, i, write)
    bare = written == _block(found, room)[0]
    return found if bare else [(written, _block(found, room)[1] + 2)]


def filled(parts: Iterable[Piece], room: int) -> list[Piece]:
    """The pieces on lines, on each as many as there is room for."""
    lines: list[Piece] = []
    for written, width in parts:
        if lines and lines[-1][1] + width + 1 <= room:
            lines[-1] = f"{lines[-1][0]} {written}", lines[-1][1] + width + 1
        else:
            lines.append((written, width))
    return lines


def _block(parts: list[Piece], room: int) -> Piece:
    """The pieces as one thing, their lines below one another."""
    lines = filled(parts, room)
    if len(lines) == 1:
        return lines[0]
    rows = r" \\ & ".join(written for written, _ in lines)
    return rf"\begin{{aligned}} & {rows} \end{{aligned}}", max(width for _, width in lines)
