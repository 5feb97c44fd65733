"""Names, numbers and arrays as mathematics writes them: ŷ is a y with a hat, W1 a W with a 1 below."""

import re
import unicodedata
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "ACCENTS",
    "RAISED",
    "Letters",
    "exact_number",
    "format_array",
    "in_letters",
    "letters",
    "format_name",
    "format_number",
    "Raisable",
    "may_be_raised",
    "distinct_name",
]

TAKEN = "δΣ"
"""What formulas begin gradients and sums with."""

MANY = 1 << 14
"""How many names it is remembered of how they are written: each is compared with all others of a graph."""

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


@lru_cache(MANY)
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


GREEK = {
    unicodedata.name(letter).split()[-1].lower().replace("lamda", "lambda"): letter
    for letter in map(chr, (*range(0x3B1, 0x3C2), *range(0x3C3, 0x3CA)))
    if letter not in "δπο"
}
"""The letters that a name may spell out: not δ, which is a gradient's, nor π, which is a number, nor ο, which looks as an o."""

MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}

SPELLED = re.compile(rf"({'|'.join(GREEK)}|[^\W\d_])(?:_({'|'.join(MARKS)}))?(?:_?(\d+))?")


class AsItIs(str):
    """A name that is written as it is, because another one is written in the letters that it spells out."""

    __slots__ = ()


@lru_cache(MANY, typed=True)
def in_letters(name: str) -> str:
    """A name in the letters that it spells out; one that spells out none is itself.

    >>> [in_letters(name) for name in ("x_hat", "gamma", "sigma2", "mu_bar_1", "W1", "loss", "pi")]
    ['x̂', 'γ', 'σ2', 'μ̄1', 'W1', 'loss', 'pi']
    """
    found = None if isinstance(name, AsItIs) else SPELLED.fullmatch(name)
    if found is None or not (found[2] or found[1] in GREEK):
        return str(name)
    return unicodedata.normalize("NFC", GREEK.get(found[1], found[1]) + MARKS.get(found[2], "")) + (found[3] or "")


def distinct_name(name: str, others: Iterable[str]) -> str:
    """The name, to be written as it is if one of the others would be written alike.

    >>> format_name(distinct_name("gamma", ["gamma", "γ"])), format_name(distinct_name("gamma", ["gamma", "x"]))
    ('gamma', 'γ')
    """
    shown = in_letters(name)
    alike = shown != name and any(other != name and letters(in_letters(other)) == letters(shown) for other in others)
    return AsItIs(name) if alike else name


class Raisable(str):
    """A name that may stand above an e, as nothing beside it is called e."""

    __slots__ = ()


def may_be_raised(name: str) -> bool:
    """Whether a name stands above an e: a letter with what it carries does, a word does not."""
    return isinstance(name, Raisable) and not letters(in_letters(name)).is_word and not format_name(name).startswith('"')


RAISED = dict(zip("abcdefghijklmnoprstuvwxyz", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)) | {"−": "⁻"}
"""What a line of text has letters for that stand above it."""

ABOVE = {"ᵀ", *RAISED.values()}
"""What is read as an exponent, or as a transposition, wherever it stands."""


def format_name(word: str) -> str:
    """A name as it is written: in the letters that it spells out, and in quotation marks where it would be something else.

    >>> format_name("encoder.W"), format_name("a + b"), format_name("2"), format_name("δx"), format_name("x_hat")
    ('encoder.W', '"a + b"', '"2"', '"δx"', 'x̂')
    """
    word = in_letters(word)
    first, *others = word.split(".")
    plain = first.isidentifier() and all(part.isidentifier() or part.isdecimal() for part in others)
    plain = plain and ABOVE.isdisjoint(word)
    return word if (plain and word[0] not in TAKEN and word != "π") or "…" in word or word == "□" else f'"{word}"'


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


EXACT = {
    float(number): word
    for number, word in (
        (np.pi, "π"), (2 * np.pi, "2·π"), (np.pi / 2, "π/2"), (1 / np.pi, "1/π"), (2 / np.pi, "2/π"), (np.sqrt(np.pi), "√π"),
        (1 / np.sqrt(np.pi), "1/√π"), (2 / np.sqrt(np.pi), "2/√π"), (np.sqrt(2 * np.pi), "√(2·π)"),
        (np.sqrt(2 / np.pi), "√(2/π)"), (np.sqrt(np.pi / 2), "√(π/2)"), (1 / np.sqrt(2 * np.pi), "1/√(2·π)"),
    )
}  # fmt: skip
"""Numbers with π in them, as they are written."""

MOST = 100
"""Up to where the parts of a fraction are recognised."""


def exact_number(value: Any, rounded: Any = None) -> str:
    """A number as it was written where that is certain, or as `format_number` writes it: √6, 2/√π, 1/3.

    Only a number in double precision is recognised, which is computed, to its last bit, by what is written for it; and only
    where its digits would be cut off. `rounded` is what the number is rounded to, whose digits are written else.

    >>> [exact_number(number) for number in (np.sqrt(6), 2 / np.sqrt(np.pi), -1 / 3, 1 / np.sqrt(2))]
    ['√6', '2/√π', '-1/3', '1/√2']
    >>> [exact_number(number) for number in (0.25, 2.44949, np.float32(1 / 3))]
    ['0.25', '2.44949', '0.333333']
    """
    short = format_number(value if rounded is None else rounded)
    number = np.asarray(value).reshape(())
    if number.dtype != np.float64 or not np.isfinite(number) or float(format_number(value)) == number:
        return short
    size = abs(float(number))
    found = EXACT.get(size) or _fraction(size) or _root(size)
    return f"{'-' if number < 0 else ''}{found}" if found else short


def _root(size: float) -> str:
    """A number as the root of a whole number, or as 1 by one."""
    whole, below = round(size**2) if size < 1e4 else 0, round(size**-2) if size > 1e-4 else 0
    if whole > 1 and size == float(np.sqrt(whole)):
        return f"√{whole}"
    return f"1/√{below}" if below > 1 and size == float(1 / np.sqrt(below)) else ""


def _fraction(size: float) -> str:
    """A number as a fraction of small whole numbers."""
    found = Fraction(size).limit_denominator(MOST)
    above, below = found.as_integer_ratio()
    return f"{above}/{below}" if 0 < above <= MOST and size == above / below else ""


def format_array(array: np.ndarray[Any, Any]) -> str:
    """An array of numbers as it is written: (1, 2) or ((1, 0), (0, 1)).

    >>> format_array(np.eye(2))
    '((1, 0), (0, 1))'
    """
    return format_number(array) if array.ndim == 0 else f"({', '.join(map(format_array, array))}{',' * (len(array) == 1)})"
