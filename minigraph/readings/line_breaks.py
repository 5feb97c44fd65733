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
"""The least limit there is: what is nested deeply is not broken into single letters."""

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


def pieces(tree: Expression, limit: int) -> list[Piece]:
    """A formula as parts that each stand on a line of so many letters: one part, if the whole does."""
    text = len(TEXT.write(tree))
    wide = text if text <= limit else extent(tree)
    if wide <= limit:
        return [(LATEX.write(tree), wide)]
    row, e = LATEX.row(tree)
    infix = INFIX.fullmatch(LATEX.composed(row, e, ["\0", "\1"])) if len(shown(e)) == 2 else None
    if infix:
        left, right = (0, 1) if infix[1] == "\0" else (1, 0)
        sign = infix["sign"].strip().replace(r"\,", r"\cdot") if e.form in SILENT else infix["sign"].strip()
        (first, width), *others = _of_part(row, e, right, limit)
        return [*_of_part(row, e, left, limit), (f"{sign} {first}", width + len("· ")), *others]
    if e.form == "negative":
        (first, width), *others = _of_part(row, e, 0, limit - 1)
        return [(f"-{first}", width + 1), *others]
    return [_call(row, e, limit) if "$arguments" in str(row.latex) else _around(row, e, limit, wide)]


def _call(row: Row, e: Expression, limit: int) -> Piece:
    """A call, broken behind its commas."""
    around = len(f"{e.word}{e.over}()")
    own = max(LEAST, limit - around)
    arguments = [_block(_of_part(row, e, i, own), own) for i in range(len(e.parts))]
    arguments += [(LATEX.words(each), len(each)) for each in e.settings]
    behind = [(f"{written},", width + 1) for written, width in arguments[:-1]]
    block, inside = _block([*behind, arguments[-1]], own)
    return LATEX.composed(row, replace(e, settings=()), [block]), inside + around


def _around(row: Row, e: Expression, limit: int, wide: int) -> Piece:
    """Whatever else stands around its parts, such as the line of a quotient, the parts broken."""
    before = [extent(part) for part in shown(e)]
    limits = [limit if e.form == "quotient" else max(LEAST, limit - wide + width) for width in before]
    parts = [_block(_of_part(row, e, i, own), own) for i, own in enumerate(limits)]
    after = [width for _, width in parts]
    wide = max(after) if e.form == "quotient" else wide - sum(before) + sum(after)
    return LATEX.composed(row, e, [written for written, _ in parts]), wide


def _of_part(row: Row, whole: Expression, i: int, limit: int) -> list[Piece]:
    """The pieces of a part: one, if it stands in brackets."""
    found: list[Piece] = []

    def write(part: Expression) -> str:
        found.extend(pieces(part, limit))
        return _block(found, limit)[0]

    written = LATEX.part(row, whole, i, write)
    bare = written == _block(found, limit)[0]
    return found if bare else [(written, _block(found, limit)[1] + 2)]


def filled(parts: Iterable[Piece], limit: int) -> list[Piece]:
    """The pieces on lines of so many letters, on each as many as it holds."""
    lines: list[Piece] = []
    for written, width in parts:
        if lines and lines[-1][1] + width + 1 <= limit:
            lines[-1] = f"{lines[-1][0]} {written}", lines[-1][1] + width + 1
        else:
            lines.append((written, width))
    return lines


def _block(parts: list[Piece], limit: int) -> Piece:
    """The pieces as one thing, their lines below one another."""
    lines = filled(parts, limit)
    if len(lines) == 1:
        return lines[0]
    rows = r" \\ & ".join(written for written, _ in lines)
    return rf"\begin{{aligned}} & {rows} \end{{aligned}}", max(width for _, width in lines)
