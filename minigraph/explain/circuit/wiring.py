"""Pieces of wire, as edges of DOT, and the local derivative as a wire shows it.

What is computed flows from left to right. Derivatives stand in rows of their own, and the first flows back, from right to left:
Graphviz is given the wires of every second row the other way round, to draw them backwards. Its own direction is that of the
last row: so it bends wires that come from another row towards the side on which those of this row enter.
"""

import re
from collections.abc import Collection, Mapping

from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import INK, PALE, WIRE, Line, wire_label

__all__ = ["GRADIENT", "Wiring", "on_wire"]

GRADIENT = "δ"
"""The letter for the gradient that returns, where it stands in the middle of a formula."""


def on_wire(derivative: str) -> str:
    """A local derivative with □ for the gradient, told as what is done to that gradient.

    A factor is told alone. ⊙ and □ are missing from the fonts of some renderers, so products are written × and a gradient
    that cannot be left out is written δ.

    >>> on_wire("□ ⊙ (1 − a1²)"), on_wire("□ · W2ᵀ"), on_wire("a1ᵀ · □"), on_wire("Σ rows □")
    ('× (1 − a1²)', '· W2ᵀ', 'a1ᵀ ·', 'Σ rows')
    >>> on_wire("□"), on_wire("−□"), on_wire("□ / x"), on_wire("□ ⊙ (p − y) / N")
    ('× 1', '× (−1)', '÷ x', '× (p − y) / N')
    >>> on_wire("ŷ ⊙ (□ − Σ columns (□ ⊙ ŷ))")
    'ŷ × (δ − Σ columns (δ × ŷ))'
    """
    told = derivative
    if derivative.count("□") == 1 and not _has_sum(derivative):
        told = _factor(derivative)
    return told.replace("⊙", "×").replace("□", GRADIENT)


def _factor(text: str) -> str:
    """The text without its □, where that is one factor of a product, or all that a sum takes."""
    if text in ("□", "−□"):
        return "× 1" if text == "□" else "× (−1)"
    before, after = text.split("□")
    if before == "" and after.startswith(" / "):
        return f"÷ {after[3:]}"
    if before == "" and after.startswith((" ⊙ ", " · ")):
        return after.strip()
    if before == "−" and after.startswith((" ⊙ ", " / ")):
        return f"× (−{after[3:]})" if after.startswith(" ⊙ ") else f"× (−1{after})"
    if (after == "" and before.endswith((" ⊙ ", " · "))) or re.fullmatch(r"Σ( \w+)*(, \d+)* ", before):
        return f"× {before[:-3]}" if before.endswith(" ⊙ ") else before.strip()
    return text


def _has_sum(text: str) -> bool:
    """Whether terms are added outside of all parentheses, so that no factor stands for the whole."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[i : i + 3] in (" + ", " − ", " = ", " > ", " < "):
            return True
    return False


BACKWARDS = {"e": "w", "w": "e"}


class Wiring:
    """The wires of one circuit: it knows in which row of derivatives everything stands, by its name in DOT."""

    def __init__(self, dot: Circuit, blocks: Clusters, rows: Mapping[str, int], inner: Collection[str], path: bool) -> None:
        self.dot, self.blocks, self.rows, self.path = dot, blocks, dict(rows), path
        self.last = max(self.rows.values()) % 2
        self.inner = set(inner)
        """What stands in an open block of a row: Graphviz fails on some wires between such blocks that say what is right."""

    def through(
        self, start: str, key: str, group: str, place: tuple[Path, int], above: list[Line], below: list[Line], about: str,
        on: bool, fork: bool = False,
    ) -> str:  # fmt: skip
        """A piece of wire that begins at `start` and says something, in a block and a row: where the wire goes on from."""
        if not above and not below and not fork:
            return start
        path, self.rows[key] = place
        if len(path) > 1:
            self.inner.add(key)
        head = tail = key
        if above or below:
            colour = WIRE if not self.path else INK if on else PALE
            label = wire_label(above, below, colour, 3 if self.path and on else 1)
            shape = {"shape": "none", "margin": "0", "width": "0", "height": "0"}
            enters = "e" if self.rows[key] % 2 else "w"
            head, tail = f"{key}:wire:{enters}", f"{key}:wire:{BACKWARDS[enters]}"
        else:
            label, shape = "", {"shape": "point", "width": "0.06"}
        self.blocks.within(path).node(key, label, id=key, group=group, tooltip=about, color=WIRE, **shape)
        self._edge(start, head, f"to-{key}", group, on, arrow=False)
        return tail

    def arrive(self, start: str, end: str, group: str, on: bool) -> None:
        """The last piece of a wire, with its arrow."""
        self._edge(start, end, f"{start.partition(':')[0]}-to-{end}", group, on, arrow=True)

    def _edge(self, start: str, end: str, id: str, group: str, on: bool, arrow: bool) -> None:
        ends = [key.partition(":")[0] for key in (start, end)]
        before, after = map(self.rows.__getitem__, ends)
        look = {} if not self.path else {"penwidth": "2.4", "color": INK} if on else {"color": PALE}
        if before != after:
            look |= {"constraint": "false"} if self.inner.intersection(ends) else {"minlen": "0", "weight": "1"}
            look |= {} if arrow else {"arrowhead": "none"}
            self.dot.edge(ends[0], end, id=id, **look)  # from a port Graphviz may draw it without its arrow
            return
        look |= {"weight": "20" if group.startswith("spine") else "2"}
        if before % 2 != self.last:
            self.dot.edge(end, start, id=id, dir="back", **look, **({} if arrow else {"arrowtail": "none"}))
        else:
            self.dot.edge(start, end, id=id, **look, **({} if arrow else {"arrowhead": "none"}))
