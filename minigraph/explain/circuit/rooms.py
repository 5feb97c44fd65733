"""How much room is kept for what a circuit may say of a value, before it is known what that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from textwrap import wrap

from minigraph.core.node import Node
from minigraph.explain.circuit.style import Line, shortened
from minigraph.explain.circuit.theme import Theme

__all__ = ["Room", "Rooms", "lines_of"]

LONGEST, ROW = 60, 28
"""How many letters of a local derivative stand on a wire, and how many of them on one line; its tooltip holds the rest."""

OPERATOR, NBSP = re.compile("([-+−×÷·/=<>≤≥]) "), "\N{NO-BREAK SPACE}"
"""After what a line is not broken, and the space at which it is not."""

IMAGE = 48.0
"""How high an image is at most, in points."""

LEAST = 20.0
"""How long a label is at least."""


@dataclass(frozen=True)
class Room:
    """How much room a label is given, whatever stands there in the end: its width, and lines above and below the wire."""

    width: float
    above: int
    below: int
    image: float = 0.0
    """How high an image on either side is."""


class Rooms:
    """The room for numbers of so many digits; `narrow` where two of them stand one below the other."""

    def __init__(self, theme: Theme, digits: int, narrow: bool, images: bool) -> None:
        self.theme, self.images = theme, images
        one, two = theme.text(f"−0.000{'4' * digits}"), theme.text(f"−0.000{'4' * digits} ± 0.000{'4' * digits}")
        self.widths = one, max(one, two / 2) if narrow else two
        self.letters = digits + 9 if narrow else 0

    def written(self, colour: str, text: str) -> list[Line]:
        """Numbers in one line, or in narrow ones."""
        return [(colour, line) for line in (wrap(text, self.letters) if self.letters else [text])]

    def numbers(self, node: Node, sum: bool = False) -> tuple[float, int, int]:
        """How wide the numbers of a node are, and in how many lines its value and its gradient stand."""
        known = all(isinstance(size, int) for size in node.shape)
        two = not known or prod(map(int, node.shape)) > 1
        lines = 1 + (two and self.letters > 0)
        more = self.theme.text("sum ") if sum and not self.letters else 0.0
        return (self.widths[two] + more if node.dtype.kind in "fiub" else 0.0), lines, lines * (node.dtype.kind == "f")

    def box(self, node: Node, sum: bool = False) -> list[float]:
        """How wide the lines are that a box shows of a node: its shape, its value and its gradient."""
        width, above, below = self.numbers(node, sum)
        return [0.0, *[width] * (above + below)]

    def stem(self, named: str, node: Node, local: str, forked: bool) -> Room:
        """The room of a label with a name and a shape, a value and its gradient, and a local derivative."""
        number, above, below = self.numbers(node, forked)
        width = max(self.theme.text(named), self.theme.widest(lines_of(local)), number, LEAST)
        image = IMAGE if self.images and len(node.shape) else 0.0
        return Room(width, above + bool(named), below + len(lines_of(local)), image)

    def branch(self, named: str, node: Node | None, share: Node | None, local: str) -> Room:
        """The room of a label on one of several wires: with a value of its own, what returns there, and a local derivative."""
        numbers = [self.numbers(each) for each in (node, share) if each is not None]
        width = max(self.theme.widest(lines_of(local)), self.theme.text(named), *(width for width, *_ in numbers), LEAST)
        above = bool(named) + (numbers[0][1] if node is not None else 0)
        return Room(width, above, max((below for *_, below in numbers), default=0) + len(lines_of(local)))


def lines_of(local: str) -> Sequence[str]:
    """A local derivative in as few lines as there is room for, of like lengths, each begun with its operator.

    >>> lines_of("ŷ × (δ − Σ columns (δ × ŷ)) + output.W × 2")
    ['ŷ × (δ − Σ columns (δ', '× ŷ)) + output.W × 2']
    """
    if not local:
        return []
    text = OPERATOR.sub(f"\\1{NBSP}", shortened(local, LONGEST))

    def cut(most: int) -> list[str]:
        return wrap(text, most, break_long_words=False, break_on_hyphens=False)

    lines = cut(ROW)
    least = min(len(text) // len(lines), ROW)
    even = next(found for most in range(least, ROW + 1) if len(found := cut(most)) == len(lines))
    return [line.replace(NBSP, " ") for line in even]
