"""How much room is kept for what a circuit may say of a value, before it is known what that is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from textwrap import wrap
from typing import Literal

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.explain.circuit.arrays import MARKED
from minigraph.explain.circuit.style import GREY, IMAGE, WARNING, Line, shortened
from minigraph.explain.circuit.theme import Theme
from minigraph.explain.circuit.view import View

__all__ = ["CLOSE", "SMALLER", "Form", "Extent", "Rooms", "fitted", "lines_of"]

Form = Literal["wide", "narrow", "flat", "brief", "tall"]
"""How numbers stand on a wire: mean and deviation beside one another, or one below the other; or the mean alone, and all that
stands above the wire or below it in one line; or that without shapes on wires, and with the gradient of a run in the place of a
local derivative, where a box has two lines, or three narrower ones."""

CLOSE: Sequence[Form] = ("brief", "tall")
"""The forms for where there is the least room."""

LONGEST, ROW, SHORT = 60, 28, 22
"""How many letters of a local derivative stand on a wire, on a line of it, and where it has one line; its tooltip holds the
rest."""

OPERATOR, NBSP = re.compile("([-+−×÷·/=<>≤≥]) "), "\N{NO-BREAK SPACE}"
"""After what a line is not broken, and the space at which it is not."""

SMALLER = 1.15
"""How large names in boxes are, next to other text, where there is little room."""

HIGH = 48.0
"""How high an image is at most, in points."""

WORDS = "! 100 % saturated"
"""The longest mark."""

LEAST = 20.0
"""How long a label is at least."""


@dataclass(frozen=True)
class Extent:
    """How much room a label is given, whatever stands there in the end: its width, and lines above and below the wire."""

    width: float
    above: int
    below: int
    image: float = 0.0
    """How high an image on either side is."""


class Rooms:
    """The room for numbers of so many digits, in that form; none for what no run shows."""

    def __init__(self, theme: Theme, digits: int, form: Form, images: bool, view: View) -> None:
        self.unseen, self.returning = view.unseen, _returning(view.graph)
        self.theme, self.images, self.flat, self.brief = theme, images, form in ("flat", *CLOSE), form in CLOSE
        self.tall = form == "tall"
        one, two = theme.text(f"−0.000{'4' * digits}"), theme.text(f"−0.000{'4' * digits} ± 0.000{'4' * digits}")
        self.widths = one, two if form == "wide" else max(one, two / 2) if form == "narrow" else one
        self.letters = digits + 9 if form != "wide" else 0

    def written(self, colour: str, text: str) -> list[Line]:
        """Numbers in one line, or in narrow ones; where all is to be in one, the mean alone or the first of several."""
        if self.flat and colour != WARNING:
            mean = text.partition(" ± ")[0]
            brief = "not finite" if mean.endswith("not finite") else f"{mean.split('  ')[0]} …"
            fits = self.theme.text(mean.removeprefix("sum ")) <= self.widths[0]
            return [(colour, mean if fits else brief)]
        return [(colour, line) for line in (wrap(text, self.letters) if self.letters and not self.flat else [text])]

    def numbers(self, node: Node, sum: bool = False) -> tuple[float, int, int]:
        """How wide the numbers of a node are, and in how many lines its value and its gradient stand."""
        if node in self.unseen:
            return self.theme.text("sum of 10") * sum, 0, int(sum)
        known = all(isinstance(size, int) for size in node.shape)
        two = not known or prod(map(int, node.shape)) > 1
        lines = 1 + (two and self.letters > 0 and not self.flat)
        marks = lines if self.theme.height is None and type(node).__name__ in MARKED else 0
        more = self.theme.text("sum ") if sum and (self.flat or not self.letters) else 0.0
        width = max(self.widths[two], self.theme.text(WORDS) if marks and not self.letters else 0.0)
        returns = node.dtype.kind == "f" and (sum or node in self.returning)
        return (width + more if node.dtype.kind in "fiub" else 0.0), lines + marks, lines * returns

    def local(self, text: str) -> Sequence[str]:
        """A local derivative as it stands on a wire."""
        return [shortened(text, SHORT)] if self.flat and text else lines_of(text)

    def joined(self, above: list[Line], below: list[Line], node: Node, local: str = "") -> list[Line]:
        """What stands above and below a wire of a node, where it stands in a box."""
        _, over, under = self.numbers(node)
        lines = (1 + self.tall, 1) if self.flat else (over + 1, under + len(self.local(local)))
        return [*fitted(above, lines[0]), *fitted(below, lines[1])]

    def box(self, named: str, node: Node, local: str = "", sum: bool = False) -> list[float]:
        """How wide the lines are that a box shows of a node: what it is, its value, its gradient, what returns."""
        width, above, below = self.numbers(node, sum)
        texts = self.local(local)
        if self.flat:
            gap, local_width, under = self.theme.text("  "), self.theme.widest(texts), width if below else 0.0
            second = max(under, local_width) if self.brief else under + gap + local_width
            first = [self.theme.text(named), width] if self.tall else [self.theme.text(f"{named}  ") + width]
            return [*first, *([second] if below or texts else [])]
        return [self.theme.text(named), *[width] * (above + below), *map(self.theme.text, texts)]

    def stem(self, named: str, node: Node, local: str, several: bool) -> Extent:
        """The room of a label with a name and a shape, a value and its gradient, and a local derivative."""
        image = HIGH if self.images and len(node.shape) else 0.0
        number, above, below = self.numbers(node, several)
        return self._extent(named, local, number, above, number, below, image)

    def branch(self, named: str, node: Node | None, returned: Node | None, local: str, several: bool) -> Extent:
        """The room of a label on one of several wires: with a value of its own, what returns there, and a local derivative."""
        one, above, first = self.numbers(node, several) if node is not None else (0.0, 0, 0)
        other, _, second = self.numbers(returned) if returned is not None else (0.0, 0, 0)
        return self._extent(named, local, one, above, max(one, other), max(first, second), 0.0)

    def _extent(self, named: str, local: str, over: float, above: int, under: float, below: int, image: float) -> Extent:
        """The room of a label with numbers of that width, in so many lines, on either side."""
        texts, gap = self.local(local), self.theme.text("  ")
        local_width, name_width = self.theme.widest(texts), self.theme.text(named)
        if self.flat:
            both = local_width + under + gap if not self.brief else max(local_width, under)
            width = max(name_width + over + gap * bool(named), both, LEAST)
            return Extent(width, int(bool(named) or above > 0), int(bool(texts) or below > 0), image)
        return Extent(max(name_width, local_width, over, under, LEAST), above + bool(named), below + len(texts), image)


def _returning(graph: Graph) -> set[Node]:
    """What leads to an output that is one number, so that a run may have a gradient of it."""
    found = {node for node in graph.outputs.values() if node.dtype.kind == "f" and node.shape == ()}
    for node in reversed(graph.nodes):
        if node in found:
            found.update(node.operands)
    return found


def fitted(lines: list[Line], most: int) -> list[Line]:
    """Lines where so many have room: a mark is the sign alone if there is none for its words, and then the last are joined.

    >>> from minigraph.explain.circuit.style import BLUE
    >>> fitted([(GREY, "a  N × 3"), (BLUE, "0.5 ± 1"), (WARNING, "! 50 % saturated")], 2) == [
    ...     (GREY, "a  N × 3"), (WARNING, "! 0.5 ± 1")]
    True
    """
    images, texts = ([line for line in lines if (line[0] == IMAGE) is image] for image in (True, False))
    marks = [line for line in texts if line[0] == WARNING]
    if len(texts) > most and marks:
        rest = [line for line in texts if line[0] != WARNING]
        at = next((i for i, (colour, _) in enumerate(rest) if colour != GREY), len(rest))
        texts = [*rest[:at], (WARNING, f"! {rest[at][1]}"), *rest[at + 1 :]] if at < len(rest) else texts
    while len(texts) > max(most, 1):
        (one, text), (other, more) = texts[-2:]
        gap = ": " if one == GREY != other else "  "
        texts[-2:] = [(WARNING if WARNING in (one, other) else other, f"{text}{gap}{more}")]
    return [*images, *texts] if lines and lines[0][0] == IMAGE else [*texts, *images]


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
