"""A name taken apart as mathematics writes it: ŷ is a y with a hat, W1 a W with a 1 below."""

import re
import unicodedata
from typing import NamedTuple

__all__ = ["ACCENTS", "Letters", "letters"]

ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0307": "dot", "\u0308": "ddot", "\u030c": "check"}
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
