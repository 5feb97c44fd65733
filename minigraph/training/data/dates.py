"""How dates are written, in the ways that are read and in those that are not."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

__all__ = ["ISO", "LAYOUTS", "explain_time", "is_date", "is_day_of_digits", "shown"]

MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
WORDS = rf"([a-z]+,? )?\d{{1,2}}(st|nd|rd|th|\.)?[ -]{MONTH}\.?,?[ -]\d{{2,4}}.*|{MONTH}\.? \d{{1,2}},? \d{{4}}.*"
TWELVE = r"\d{1,4}([./-])\d{1,2}\1\d{1,4}[ ,]+\d{1,2}(:\d\d)* ?[ap]\.?m\.?"
UNREAD: Mapping[str, str] = {
    r"\d{1,2}([./-])\d{1,2}\1\d{2}( .*)?": "a date whose year has two digits. Write dates as 2024-03-31",
    WORDS: "a date with its month in words. Write dates as 2024-03-31",
    TWELVE: "a time of a clock of twelve hours. Write times as 2024-03-31 17:30",
    rf"\d{{4}}[-/]\d{{1,2}}|\d{{1,2}}[-/]\d{{4}}|{MONTH}[ -]\d{{2,4}}": "a month. Write it with a day, 2024-03-01",
    r"\d{1,3}:\d\d(:\d\d)?(\.\d+)?( ?[ap]\.?m\.?)?": "a time without its day. Write it as a number, 17.5 for 17:30",
}
"""Dates and times that are not read, and what to do about them."""


def _iso(cell: str) -> datetime | None:
    if not re.match(r"\d{4}[-/]\d\d?[-/]\d\d?", cell):
        return None
    return _date(re.sub(r"^(\d{4})[-/](\d\d?)[-/](\d\d?)", lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}", cell))


def _others(order: str) -> Callable[[str], datetime | None]:
    def read(cell: str) -> datetime | None:
        found = re.fullmatch(r"(\d\d?)([./-])(\d\d?)\2(\d{4})(.*)", cell)
        if found is None or (found[2] == "." and order == "month first"):  # with points the day is first everywhere
            return None
        day, month = (found[1], found[3]) if order == "day first" else (found[3], found[1])
        return _date(f"{found[4]}-{int(month):02}-{int(day):02}{re.sub(r'^ (?=[0-9]:)', ' 0', found[5])}")

    return read


def _compact(cell: str) -> datetime | None:
    return _date(f"{cell[:4]}-{cell[4:6]}-{cell[6:]}") if re.fullmatch(r"\d{8}", cell) else None


def _date(text: str) -> datetime | None:
    try:
        date = datetime.fromisoformat(text)
    except ValueError:
        return None
    return date.astimezone(UTC).replace(tzinfo=None) if date.tzinfo else date


LAYOUTS: dict[str, Callable[[str], datetime | None]] = {
    "2024-03-31": _iso,
    "31.3.2024": _others("day first"),
    "3/31/2024": _others("month first"),
    "20240331": _compact,
}
"""How dates are written, by how one is, and what reads such a text."""

ISO = "2024-03-31"
"""The way that is read beside every other, as no other reads it otherwise."""


def shown(layout: str) -> str:
    """A way in which dates are written, as messages show it."""
    return "31.3.2024 or 31/3/2024" if layout == "31.3.2024" else layout


def is_date(cell: str) -> bool:
    """Whether a text is a date, in any of the ways but that of digits alone.

    >>> is_date("2024-03-31"), is_date("31/03/2024 12:30"), is_date("20240331"), is_date("31.2.2024")
    (True, True, False, False)
    """
    return not cell.isdecimal() and any(read(cell) for read in LAYOUTS.values())


def is_day_of_digits(cell: str) -> bool:
    """Whether a text is a date of digits alone, 20240331."""
    return _compact(cell) is not None


def explain_time(cell: str) -> str:
    """What is written as a date or a time that is not read, and what to do; an empty text where it is neither."""
    return next((what for pattern, what in UNREAD.items() if re.fullmatch(pattern, cell, re.IGNORECASE)), "")
