"""The kind of a column, inferred from its cells: a number, a category or a date; and what is none of them, refused."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NoReturn

from minigraph.training.data.columns import typed_name
from minigraph.training.data.dates import explain_time, is_date
from minigraph.training.data.kinds import MOST, Category, Date, Kind, Number
from minigraph.training.data.labels import CODE, is_blank, is_number
from minigraph.training.data.notation import (
    PLAIN,
    Notation,
    UnclearNotation,
    check_points,
    explain_number,
    find_notation,
    is_written_number,
)
from minigraph.training.data.raw import RawTable

__all__ = ["check_thousands", "has_decimal_commas", "infer_kind", "notation_in"]

FACTORS = ("%", "‰")
"""The units that are factors."""
OWN = 10
"""In more training rows than these, a text for each is an identifier."""


def infer_kind(table: RawTable, name: str, cells: Sequence[str], decimal: str = "") -> type[Kind]:
    """The kind of a column, as all its cells that are not blank have it; what has none is refused.

    The decimal sign of the table may be said.
    """
    distinct = [cell for cell in dict.fromkeys(cells) if not is_blank(cell)]
    numbers = sum(map(_is_any_number, distinct))
    if distinct and numbers == len(distinct):
        if _codes(table, name, cells, distinct):
            return Category
        if not _are_names(table, name, cells, distinct, decimal):
            return Number
        numbers = 0
    if distinct and numbers == 0 and all(map(is_date, distinct)):
        return Date
    what, count = ("number", numbers) if numbers else ("date", sum(map(is_date, distinct)))
    if 2 * count > len(distinct):  # most are numbers, or dates: what is none is a mistake, or the column is something else
        right = _is_any_number if numbers else is_date
        wrong = next(cell for cell in distinct if not right(cell))
        how = explain_number(wrong) if numbers else ". Write dates as 2024-03-31."
        problem = f"{wrong!r} is not a {what}, as most of the column are{how}"
        table.fail(name, f"{problem} {_as_names(name)}", cells.index(wrong))
    _check_times(table, name, cells, distinct)
    if len(set(cells)) > MOST:
        _fail_many(table, name, len(set(cells)))
    _check_own(table, name, cells)
    return Category


def _is_any_number(cell: str) -> bool:
    return is_number(cell) or is_written_number(cell)


def _check_times(table: RawTable, name: str, cells: Sequence[str], distinct: Sequence[str]) -> None:
    """Raise where most of a column are dates or times in a way that is not read."""
    found = {cell: wrong for cell in distinct if (wrong := explain_time(cell))}
    if 2 * len(found) > len(distinct):
        cell, wrong = next(iter(found.items()))
        table.fail(name, f"{cell!r} is {wrong}. {_as_names(name)}", cells.index(cell))


def _are_names(table: RawTable, name: str, cells: Sequence[str], distinct: Sequence[str], decimal: str) -> bool:
    """Whether what is written as numbers are names all the same, such as 12A and 3B."""
    if all(map(is_number, distinct)):
        return False
    try:
        return find_notation(distinct, decimal) is None
    except UnclearNotation as unclear:
        unclear.tell(cells, partial(table.fail, name), f" {_as_names(name)}")


def _as_names(name: str) -> str:
    return f"To take all of them as names: --categories {typed_name(name)}."


def _codes(table: RawTable, name: str, cells: Sequence[str], distinct: Sequence[str]) -> bool:
    """Whether numbers are codes, such as 02134, of which there must not be too many."""
    if not any(map(CODE.match, distinct)):
        return False
    if len(set(cells)) > MOST:
        code = next(cell for cell in distinct if CODE.match(cell))
        sign = "plus" if code.startswith("+") else "zero"
        _fail_many(table, name, len(set(cells)), f" A {sign} in front, as in {code}, makes it a code.")
    _check_own(table, name, cells)
    return True


def _check_own(table: RawTable, name: str, cells: Sequence[str]) -> None:
    if len(set(cells)) == len(cells) > OWN:
        table.fail(name, f"each row has a text of its own, and an identifier is no feature. {_remedy(name)}.")


def _remedy(name: str) -> str:
    typed = typed_name(name)
    return f"Leave it out with --drop {typed}, or take it as a category all the same with --categories {typed}"


def _fail_many(table: RawTable, name: str, count: int, why: str = "") -> NoReturn:
    problem = (
        f"it has {count} different texts among the rows for training, more than the {MOST} of a category.{why} {_remedy(name)}"
    )
    number = f", or as numbers with --numbers {typed_name(name)}" if why else ""
    table.fail(name, f"{problem}{number}.")


def notation_in(table: RawTable, name: str, learned: Notation, commas: bool) -> Notation:
    """How a later table writes a column, of which a notation was `learned`: as that, but for numbers that are no text.

    These are in the unit of the column, but for one that is a factor: 70 % is 70 in a form and 0.7 in a workbook.
    Where whole numbers were learned, which show no decimal sign, such as 1.200 is refused unless the column shows it now.
    Whether commas may be decimal in the table is known.
    """
    if name in table.typed:
        return PLAIN._replace(unit=learned.unit if learned.unit in FACTORS else "")
    if not learned.decimal:
        check_thousands(table, name, commas, whole=True)
    return learned


def check_thousands(table: RawTable, name: str, commas: bool = True, whole: bool = False) -> None:
    """Raise for 1.200 or 1,200 in a column of numbers of a table in which commas may be decimal, or after `whole` ones."""
    if name in table.typed or name in table.digits:
        return
    cells = table.cells[name]
    text = "".join(cells)
    if "." not in text and "," not in text:
        return  # as most columns of whole numbers are, of which there may be many
    try:
        check_points([cell for cell in dict.fromkeys(cells) if not is_blank(cell)], commas, whole)
    except UnclearNotation as unclear:
        unclear.tell(cells, partial(table.fail, name))


def has_decimal_commas(table: RawTable, kinds: Iterable[Kind]) -> bool:
    """Whether semicolons part the cells of a table, as where commas are decimal, or a column has these."""
    return table.separator == ";" or any(isinstance(kind, Number) and kind.notation.decimal == "," for kind in kinds)
