"""Pieces of wire, as edges of DOT, and the local derivative as a wire shows it.

What is computed flows from left to right. Derivatives stand in rows of their own, and the first flows back, from right to left:
Graphviz is given the wires of every second row the other way round, to draw them backwards. Its own direction is that of the
last row: so it bends wires that come from another row towards the side on which those of this row enter.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from minigraph.core.node import Constant, Node
from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import INK, PALE, WIRE, Line, wire_label
from minigraph.explain.circuit.view import Item, Wire
from minigraph.readings import local_derivative

__all__ = ["GRADIENT", "Wiring", "local_derivatives", "on_wire"]

GRADIENT = "δ"
"""The letter for the gradient that returns, where it stands in the middle of a formula."""


class Wiring:
    """The wires of one circuit: it knows in which row of derivatives everything stands, by its name in DOT."""

    def __init__(self, dot: Circuit, clusters: Clusters, rows: Mapping[str, int], inner: Iterable[str], path: bool) -> None:
        self.dot, self.clusters, self.rows, self.path = dot, clusters, dict(rows), path
        self.last = max(self.rows.values()) % 2
        self.inner = set(inner)
        """What stands in an open block of a row: Graphviz fails on some wires between such blocks that say what is right."""

    def through(
        self, start: str, id: str, group: str, cluster: Path, above: list[Line], below: list[Line], tooltip: str, on: bool,
        fork: bool = False,
    ) -> str:  # fmt: skip
        """A piece of wire that begins at `start` and holds a label, in a cluster: returned is where the wire goes on from.

        The label, or the point of a fork, is a node of its own. `on` says whether the wire is on the path that is asked for.
        """
        if not above and not below and not fork:
            return start
        row = self.rows[id] = self.rows[_node_of(start)]
        if len(cluster) > 1:
            self.inner.add(id)
        head = tail = id
        if above or below:
            colour = WIRE if not self.path else INK if on else PALE
            label = wire_label(above, below, colour, 3 if self.path and on else 1)
            shape = {"shape": "none", "margin": "0", "width": "0", "height": "0"}
            head, tail = (f"{id}:wire:{side}" for side in ("ew" if row % 2 else "we"))
        else:
            label, shape = "", {"shape": "point", "width": "0.06"}
        self.clusters.within(cluster).node(id, label, id=id, group=group, tooltip=tooltip, color=WIRE, **shape)
        self._edge(start, head, f"to-{id}", group, on, arrow=False)
        return tail

    def arrive(self, start: str, end: str, group: str, on: bool) -> None:
        """The last piece of a wire, with its arrow."""
        self._edge(start, end, f"{_node_of(start)}-to-{end}", group, on, arrow=True)

    def _edge(self, start: str, end: str, id: str, group: str, on: bool, arrow: bool) -> None:
        ends = _node_of(start), _node_of(end)
        before, after = (self.rows[node] for node in ends)
        style = {} if not self.path else {"penwidth": "2.4", "color": INK} if on else {"color": PALE}
        no_arrow = "arrowhead"
        if before != after:
            style |= {"constraint": "false"} if self.inner.intersection(ends) else {"minlen": "0", "weight": "1"}
            start = ends[0]  # from a port Graphviz may draw it without its arrow
        else:
            style["weight"] = "20" if group.startswith("spine") else "2"
            if before % 2 != self.last:
                start, end, no_arrow = end, start, "arrowtail"
                style["dir"] = "back"
        if not arrow:
            style[no_arrow] = "none"
        self.dot.edge(start, end, id=id, **style)


def _node_of(place: str) -> str:
    """The node of a place where a wire begins or ends, without its port."""
    return place.partition(":")[0]


def local_derivatives(
    operands: Mapping[Wire, Sequence[tuple[Node, int]]], names_at: Callable[[Item], Mapping[Any, str]]
) -> dict[Wire, str]:
    """The local derivative on each wire to a node, by the operands that the wires stand for; nothing where there is none."""
    found: dict[Wire, str] = {}
    for wire, ((node, i), *_) in operands.items():
        operand = node.operands[i]
        if isinstance(wire[0], Node):
            differentiable = operand.dtype.kind == "f" and not isinstance(operand, Constant)
            found[wire] = on_wire(local_derivative(node, i, names_at(wire[0])) or "") if differentiable else ""
    return found


def on_wire(derivative: str) -> str:
    """A local derivative with □ for the gradient, written as what is done to that gradient.

    A factor stands alone. ⊙ and □ are missing from the fonts of some renderers, so products are written × and a gradient
    that cannot be left out is written δ.

    >>> on_wire("□ ⊙ (1 − a1²)"), on_wire("□ · W2ᵀ"), on_wire("a1ᵀ · □"), on_wire("Σ rows □")
    ('× (1 − a1²)', '· W2ᵀ', 'a1ᵀ ·', 'Σ rows')
    >>> on_wire("□"), on_wire("−□"), on_wire("□ / x"), on_wire("□ ⊙ (p − y) / N")
    ('× 1', '× (−1)', '÷ x', '× (p − y) / N')
    >>> on_wire("□ ⊙ exp(−u1) with u1 = x ⊙ W")
    '× exp(−u1) with u1 = x × W'
    >>> on_wire("ŷ ⊙ (□ − Σ columns (□ ⊙ ŷ))")
    'ŷ × (δ − Σ columns (δ × ŷ))'
    """
    derivative, *definitions = derivative.split(" with ")
    if derivative.count("□") == 1 and not _has_sum(derivative):
        derivative = _factor(derivative)
    return " with ".join([derivative, *definitions]).replace("⊙", "×").replace("□", GRADIENT)


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
