"""How large a circuit is drawn, for the place at which it is shown, and how much room its text takes."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from minigraph.core.errors import GraphError, listing, nearest

__all__ = ["CLOSEST", "TIGHT", "Box", "Spaces", "THEMES", "Theme", "as_drawn", "theme_of"]


@dataclass(frozen=True)
class Theme:
    """The sizes of a circuit, in points: 72 of them are an inch, and 3 of them are 4 pixels of a web page."""

    name: str
    width: float
    """How wide it is at most, where it can be broken into rows."""
    height: float | None
    """How high it is at most, or None."""
    title: float
    """The size of the names in boxes."""
    small: float
    """The size of all other text."""
    scale: float
    """How many pixels a PNG has for each point."""

    def text(self, text: str, size: float | None = None, bold: bool = False) -> float:
        """How wide a line of text is, in any of the fonts that are likely to be there."""
        return sum(map(_em, as_drawn(text))) * (size or self.small) * (1.13 if bold else 1.05)

    def widest(self, texts: Iterable[str], size: float | None = None, bold: bool = False) -> float:
        """How wide the widest of some lines is."""
        return max((self.text(text, size, bold) for text in texts), default=0.0)

    def larger(self, factor: float) -> "Theme":
        """The theme with so much larger type."""
        return replace(self, title=self.title * factor, small=self.small * factor)

    def high(self, lines: float) -> float:
        """How high so many lines of text are."""
        return lines * self.small * 1.2


@dataclass(frozen=True)
class Spaces:
    """The distances between things."""

    side: float = 12.0
    """Two things of a column, and what hangs beside each other."""
    pad: float = 10.0
    """A frame and what it holds."""
    gutter: float = 10.0
    """A gutter's wires and what is beside it."""
    lane: float = 7.0
    """Two wires of a gutter."""
    stub: float = 18.0
    """How long the wire from a hanging leaf is at least, and"""
    bend: float = 12.0
    """how much longer where several bend towards one box."""
    near: float = 7.0
    arrow: float = 15.0
    """The distance between columns where nothing bends, and where arrows end,"""
    curve: float = 36.0
    """and how much longer it becomes at most where wires bend."""
    hang: bool = True
    """Whether a leaf hangs beside what alone takes it; else it has a place in the columns, in which all stands early."""
    widths: Sequence[float] = (1.0,)
    """Which parts of the room around it a frame within another may take: of several that which makes all lowest."""


TIGHT = Spaces(side=3, pad=3, gutter=5, lane=5, stub=10, bend=8, near=4, arrow=11, curve=20)
CLOSEST = replace(TIGHT, widths=(1.0, 0.65), hang=False), replace(TIGHT, widths=(1.0, 0.65))
"""The distances where there is little room, and the two ways that are tried where there is the least."""


@dataclass(frozen=True)
class Box:
    """How large a box is drawn, and how large one of its kind may become."""

    width: float
    height: float
    wide: float
    high: float
    inset: float = 0.0
    """How much lower its upper side is drawn."""


THEMES = {
    theme.name: theme
    for theme in (
        Theme("screen", 900, None, 12, 9, 2.0),
        Theme("slide", 960, 540, 13, 10, 2.0),
        Theme("print", 468, None, 9.5, 7.5, 4.0),
    )
}
"""For a window of 1200 pixels, for a slide of 16 to 9, and for the column of an article."""

WIDTHS = (
    "28 28 35 56 56 89 67 19 33 33 39 58 28 33 28 28 56 56 56 56 56 56 56 56 56 56 28 28 58 58 58 56 102 67 67 72 72 67 61 78 "
    "72 28 50 67 56 83 72 78 67 78 72 67 61 72 67 94 67 67 61 28 28 28 47 56 33 56 56 50 56 56 28 56 56 22 22 50 22 83 56 56 "
    "56 56 33 50 28 56 50 72 50 50 50 33 26 33 58"
)
"""How wide the printable letters of ASCII are in Arial and Helvetica, in hundredths of their size."""

KNOWN = {chr(32 + i): int(width) / 100 for i, width in enumerate(WIDTHS.split())} | {"·": 0.33} | dict.fromkeys("−±×÷", 0.58)


INSTEAD = str.maketrans(
    {"⊙": "×", "⋆": "*", "∧": "and", "∨": "or", "⊕": "xor", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"}
)  # fmt: skip
"""What is drawn for signs of formulas that the font of graphviz-pure lacks."""


def as_drawn(text: str) -> str:
    """A text in letters that every renderer has.

    >>> as_drawn("x ⊙ ⌊H/2⌋")
    'x × floor(H/2)'
    """
    return text.translate(INSTEAD)


def _em(letter: str) -> float:
    """How wide a letter is, next to its size."""
    if letter in KNOWN:
        return KNOWN[letter]
    if unicodedata.combining(letter) or letter == "\u200b":
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    kind = unicodedata.category(letter)
    return 0.4 if kind in ("No", "Lm") else 0.72


def theme_of(name: str) -> Theme:
    """The theme of that name."""
    if not isinstance(name, str) or name not in THEMES:
        raise GraphError(f"A theme is one of {listing(THEMES, 'or')}, not {name!r}.{nearest(str(name), THEMES)}")
    return THEMES[name]
