"""How the numbers of a column are written: 1234.5 as programs write them, or 1.234,50 €, 1,234.5, 12 kg, −3.

One notation must fit all cells of a column. Where two fit and give different numbers, none is taken.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple, NoReturn

from minigraph.training.data.labels import Fail

__all__ = [
    "GROUPED",
    "PLAIN",
    "THOUSANDS",
    "WHOLE",
    "Notation",
    "UnclearNotation",
    "check_points",
    "explain_commas",
    "explain_number",
    "find_notation",
    "is_written_number",
]

SIGNS = str.maketrans("−–－﹣．，٫٬’％\u00a0\u202f\u2009\u2007", "----.,.,'%    ")
"""What stands for a sign of ASCII, and that sign."""
CURRENCY = "$¢£¤¥฿₠-⃏"
UNIT = rf"(?:(?:mm|cm|dm|m|km|ft|in|yd)[23]|(?:[%‰°µ{CURRENCY}]|[^\W\d_ªº²³¹⁰-₟])[^\s\d'\"()<>=:;,.-]{{0,11}})?"
NUMBER = re.compile(
    rf"([-+]?)\s?([A-Za-z]{{0,3}}[{CURRENCY}])?\s?([-+]?)([.,]?\d(?:[\d.,' ]*\d)?[.,]?(?:e[-+]?\d+)?)(\s*)({UNIT})",
    re.IGNORECASE,
)
"""A sign, a unit in front, again a sign, the number, and a unit behind it."""
GROUPED = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
"""A number whose sign may be a decimal one, or stand between thousands."""


class UnclearNotation(Exception):
    """What is wrong with the numbers of a column that no notation gives, and the cell that shows it."""

    def __init__(self, problem: str, cell: str) -> None:
        super().__init__(problem)
        self.problem, self.cell = problem, cell

    def tell(self, cells: Sequence[str], fail: Fail, more: str = "") -> NoReturn:
        """Raise the error of the cell, which is one of these."""
        fail(f"{self.cell!r} {self.problem}{more}", cells.index(self.cell))


class Written(NamedTuple):
    """A number as it is written, its unit, and whether that is a letter without a space before it, as in 12A."""

    number: str
    unit: str
    lettered: bool


class Notation(NamedTuple):
    """How a column writes its numbers: the decimal sign, the sign between thousands, and the unit that all cells have.

    Whole numbers show no decimal sign: theirs is an empty text, and a point is read as one where nothing speaks against it.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    @classmethod
    def by(cls, decimal: str) -> "Notation":
        """That of a decimal sign, with the other one between thousands."""
        return cls(decimal, THOUSANDS[decimal])

    @property
    def plain(self) -> bool:
        """Whether it is how programs write numbers."""
        return self in (PLAIN, WHOLE)

    def number(self, cell: str) -> str | None:
        """The number as programs write it; None where it is not written so."""
        found = _written(cell)
        return self.read(found.number) if found and found.unit == self.unit and self.fits(found.number) else None

    def fits(self, number: str) -> bool:
        """Whether a number, without its unit, is written so."""
        return _pattern(self.decimal or ".", self.thousands).fullmatch(number) is not None

    def read(self, number: str) -> str:
        """A number that is written so as programs write it."""
        return (number.replace(self.thousands, "") if self.thousands else number).replace(self.decimal or ".", ".")

    def __str__(self) -> str:
        plain = self.decimal in (".", "") and not self.thousands
        written = "" if plain else f", written as 1{self.thousands}234{self.decimal}5"
        return written + (f", in {self.unit}" if self.unit else "")


PLAIN, WHOLE, COMMA = Notation(), Notation(""), Notation(",")
THOUSANDS = {",": ".", ".": ","}
"""The sign between thousands for each decimal sign."""
NOTATIONS = (PLAIN, COMMA, *(Notation(decimal, sign) for sign in ",. '" for decimal in ".," if decimal != sign))


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    whole = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"[-+]?(?:(?:{whole})(?:[{decimal}]\d*)?|[{decimal}]\d+)(?:e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def _written(cell: str) -> Written | None:
    """The parts of what is written as a number, or None where it is something else."""
    if not cell.isascii():
        cell = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in cell.translate(SIGNS))
    found = NUMBER.fullmatch(cell)
    if found is None:
        return None
    minus, before, other, number, gap, after = found.groups(default="")
    if (minus and other) or (before and after) or not any(notation.fits(number) for notation in NOTATIONS):
        return None
    return Written((minus or other) + number, before or after, len(after) == 1 and after.isalpha() and not gap)


def is_written_number(cell: str) -> bool:
    """Whether a cell is written as a number, in whatever notation.

    >>> [is_written_number(cell) for cell in ("1.234,5 €", "-$3", "12 kg", "−1", "t1", "1.2.3", "12:30", "10²")]
    [True, True, True, True, False, False, False, False]
    """
    return _written(cell) is not None


def find_notation(cells: Sequence[str], decimal: str = "") -> Notation | None:
    """The notation of numbers, as `is_written_number` takes them; None where they are names, such as 12A and 3B.

    Where the decimal sign is said, the other one, a space or an apostrophe stands between thousands.

    Raises
    ------
    UnclearNotation
        Where they have several units, where no notation fits all, or where two do that give different numbers.

    Examples
    --------
    >>> find_notation(["1.200", "950,5"])
    Notation(decimal=',', thousands='.', unit='')
    >>> find_notation(["12 kg", "3.5 kg"])
    Notation(decimal='.', thousands='', unit='kg')
    >>> find_notation(["1.200", "950"], decimal=",")
    Notation(decimal=',', thousands='.', unit='')
    """
    found = {cell: parts for cell in cells if (parts := _written(cell)) is not None}
    units = Counter(parts.unit for parts in found.values())
    unit = units.most_common(1)[0][0]
    wrong = next((cell for cell, parts in found.items() if parts.unit != unit), None)
    if wrong is not None:
        if all(parts.lettered for parts in found.values()):
            return None
        most = ", as most of the column are"
        remedy = f"{most}, in {unit}. Write all in one unit" if unit else f"{most}. Write it without {found[wrong].unit!r}"
        raise UnclearNotation(f"is not a number{remedy}.", wrong)
    notations = [each for each in NOTATIONS if each.decimal == decimal and each.thousands] if decimal else NOTATIONS
    best = max(notations, key=lambda each: sum(each.fits(parts.number) for parts in found.values()))
    wrong = next((cell for cell, parts in found.items() if not best.fits(parts.number)), None)
    if wrong is not None and decimal:
        raise UnclearNotation(f"is not a number{best}, as --decimal {decimal} says of all. Write it so.", wrong)
    if wrong is not None:
        how = explain_number(wrong) if best == PLAIN else f"{best}. Write it so."
        raise UnclearNotation(f"is not a number, as most of the column are{how}", wrong)
    numbers = {parts.number.lstrip("+-"): cell for cell, parts in found.items()}
    doubtful = _doubtful(numbers) if best in (PLAIN, COMMA) else ""
    if doubtful and _below_1000(numbers) is not (best == COMMA):
        raise UnclearNotation(_either(doubtful, numbers[doubtful]), numbers[doubtful])
    if best == PLAIN and all(map(str.isdecimal, numbers)):
        return WHOLE._replace(unit=unit)
    return (Notation(".", ",") if doubtful and best == COMMA else best)._replace(unit=unit)


def check_points(cells: Sequence[str], others: bool = False, whole: bool = False) -> bool:
    """Whether numbers as programs write them show their decimal sign, as all but digits alone do.

    Raises `UnclearNotation` for those such as 1.200 that may be 1200: beside whole ones that are all below 1000, or beside none
    where those learned before were `whole`, or where `others` have decimal commas.
    """
    if cells and _has_sign(cells[0]) and not GROUPED.search(cells[0]):
        return True  # as for nearly all columns, whose numbers need no closer look
    signed = list(filter(_has_sign, cells))
    if not signed or not all(map(GROUPED.search, signed)):
        return bool(signed)  # as for nearly all columns, whose numbers need no closer look
    numbers = {parts.number.lstrip("+-"): cell for cell in cells if (parts := _written(cell))}
    doubtful = _doubtful(numbers)
    if doubtful and (others or _below_1000([*numbers, *["1"] * whole])):
        raise UnclearNotation(_either(doubtful, numbers[doubtful]), numbers[doubtful])
    return True


def _has_sign(cell: str) -> bool:
    """Whether it has what may be a decimal sign."""
    return "." in cell or "," in cell


def _doubtful(numbers: Iterable[str]) -> str:
    """The first number with a sign between its digits, where all signs stand so that they may stand between thousands."""
    signed = [number for number in numbers if not number.isdecimal()]
    return signed[0] if signed and all(map(GROUPED.fullmatch, signed)) else ""


def _below_1000(numbers: Iterable[str]) -> bool:
    """Whether the whole numbers are all below 1000, and there are some: it speaks for thousands in those with a sign."""
    return 0 < max((len(number) for number in numbers if number.isdecimal()), default=0) < 4


def _either(number: str, cell: str) -> str:
    """What is wrong with a number such as 1.200 in its cell, which may have a unit, and what to do."""
    whole, read = re.sub("[.,]", "", number), number.replace(",", ".")
    signs = (",", ".") if "." in number else (".", ",")
    written = f"Write the one that is meant, as {cell.replace(number, whole)} or {cell.replace(number, f'{read}0')}"
    return (
        f"may be {whole} or {read}. {written}, or train with --decimal {signs[0]} for {whole}, --decimal {signs[1]} for {read}."
    )


def explain_commas(cell: str) -> str:
    """What to do about a cell that would be a number but for its commas; an empty text where it is another."""
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{2,3})*,\d{3}(\.\d*)?", cell):
        return ". Write it without commas."
    return ". Write it with a decimal point." if re.fullmatch(r"[-+]?\d+,\d+", cell) else ""


def explain_number(cell: str) -> str:
    """What to do about a cell that is to be a number and is none."""
    if remedy := explain_commas(cell):
        return remedy
    if re.fullmatch(r"\([\d.,]+\)|[\d.,]+-", cell):
        return f". Write -{cell.strip('()-')}."
    if (sign := re.search(r"[^\d\s.,+\-eE]+", cell)) and is_written_number(cell.replace(sign[0], "").strip()):
        return f". Write it without {sign[0]!r}."
    return ". Correct it, or leave it blank."
