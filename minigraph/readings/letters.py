"""Names, numbers and arrays as mathematics writes them: ŷ is a y with a hat, W1 a W with a 1 below."""

import re
import unicodedata
from typing import Any, NamedTuple

import numpy as np

__all__ = ["ACCENTS", "Letters", "format_array", "letters", "format_name", "format_number"]

TAKEN = "δΣ"
"""What formulas begin gradients and sums with."""

DIGITS = 6
"""To how many digits a number is written that takes more: so many then stand there."""

ACCENTS = {
    "\u0300": "grave", "\u0301": "acute", "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar",
    "\u0307": "dot", "\u0308": "ddot", "\u030a": "mathring", "\u030c": "check",
}  # fmt: skip
"""Unicode's combining marks, by what LaTeX calls them."""

PARTS = re.compile(r"([^\W\d_])(" + "|".join(ACCENTS) + r")?(?:_?(\d+)|_([^\W_]+))?")


class Letters(NamedTuple):
    """A letter with what it carries, or a word as it is."""

    stem: str
    accent: str = ""
    below: str = ""

    @property
    def is_word(self) -> bool:
        """Whether it is written upright, as a word is."""
        return len(self.stem) > 1


def letters(name: str) -> Letters:
    """The name's letter, its accent and its index; a name of another kind is a word.

    >>> letters("W1"), letters("ŷ").accent, letters("loss").is_word
    (Letters(stem='W', accent='', below='1'), 'hat', True)
    """
    found = PARTS.fullmatch(unicodedata.normalize("NFD", name))
    if not found:
        return Letters(name)
    stem, accent, number, word = found.groups(default="")
    return Letters(stem, ACCENTS.get(accent, ""), number or word)


def format_name(word: str) -> str:
    """A name as it is written: in quotation marks where it would else be read as something else.

    >>> format_name("encoder.W"), format_name("a + b"), format_name("2"), format_name("δx")
    ('encoder.W', '"a + b"', '"2"', '"δx"')
    """
    first, *others = word.split(".")
    plain = first.isidentifier() and all(part.isidentifier() or part.isdecimal() for part in others)
    return word if (plain and word[0] not in TAKEN) or "…" in word or word == "□" else f'"{word}"'


def format_number(value: Any) -> str:
    """A number as it is written: exactly, or to six digits. What is near a shorter number is not written as that.

    >>> [format_number(number) for number in (0.1, np.float32(0.1), 1 / 3, 1.0000004, -np.inf)]
    ['0.1', '0.1', '0.333333', '1.0000004', '-∞']
    """
    number = np.asarray(value).reshape(())[()]
    if isinstance(number, np.floating) and np.isinf(number):
        return "∞" if number > 0 else "-∞"
    if not isinstance(number, np.floating):
        return str(number)
    short = f"{float(number):g}"
    digits = re.sub(r"e.*|\D", "", short).lstrip("0")
    return short if type(number)(short) == number or len(digits) == DIGITS or number != number else f"{float(str(number))!r}"


def format_array(array: np.ndarray[Any, Any]) -> str:
    """An array of numbers as it is written: (1, 2) or ((1, 0), (0, 1)).

    >>> format_array(np.eye(2))
    '((1, 0), (0, 1))'
    """
    return format_number(array) if array.ndim == 0 else f"({', '.join(map(format_array, array))}{',' * (len(array) == 1)})"
