"""Layers of neurons in columns, as textbooks draw a network: every unit a circle, joined to all of the next layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import hypot

from minigraph.core.node import Node
from minigraph.explain.circuit.look import Look
from minigraph.explain.circuit.render import Circuit, placed_circuit
from minigraph.explain.circuit.style import BLUE, GREY, INK, KINDS, WIRE, Line, escaped, node_label
from minigraph.explain.circuit.theme import Theme

__all__ = ["Layer", "in_columns"]

SHOWN = 3
"""How many units of a wide layer are drawn before the dots."""

DOTS = 1.6
"""How many rows below these the last unit of a wide layer is."""

GAP = 10.0
"""How far headings are from one another, in points."""

ARROW = 5.0
"""How long an arrow is."""

At = Callable[[float, float], tuple[float, float]]
"""The place in points of what is so far along the flow and across it."""


@dataclass
class Layer:
    """A column of neurons: the nodes whose values they hold, and what is written at it."""

    size: int
    role: str
    nodes: list[Node]
    name: str = ""
    parameters: list[str] = field(default_factory=list)
    """The names of the parameters that its sums are taken with."""
    activations: list[str] = field(default_factory=list)

    @property
    def description(self) -> str:
        """What stands under its name: `500 units, tanh`."""
        role = "unit" if self.activations else self.role
        return ", ".join([f"{self.size} {role}{'s' * (self.size != 1)}", *self.activations])


def in_columns(layers: Sequence[Layer], look: Look) -> Circuit:
    """The picture of layers, in type as large as the place has room for, and of too many the first and the last."""
    for shown in range(len(layers), 1, -1):
        some = [*layers[: (shown + 1) // 2], *layers[len(layers) - shown // 2 :]]
        found = [_Columns(some, len(layers) - shown, look.theme.larger(size), look.down) for size in look.sizes]
        fits = [columns for columns in found if look.holds(columns.size)]
        if fits or shown == 2:
            columns = (fits or found[:1])[-1]
            return look.framed(columns.dot, columns.size, columns.write)
    raise AssertionError("a network has two layers at least")


class _Columns:
    """The picture in the making: what counts is along the flow of the data, and across it.

    Parameters
    ----------
    layers, left_out
        The layers that are drawn, and how many are left out in their middle.
    theme, down
        The sizes of text; whether the data flows down, and not to the right.
    """

    def __init__(self, layers: Sequence[Layer], left_out: int, theme: Theme, down: bool) -> None:
        self.layers, self.theme, self.down = layers, theme, down
        self.dot = placed_circuit("network", theme)
        self.dot.attr("edge", arrowsize="0.5", penwidth="0.8")
        self.round, self.pitch = theme.title * 3, theme.title * 4.2
        self.names: list[tuple[str, list[Line]]] = [
            (layer.name.replace("\n", " "), [(GREY, layer.description)]) for layer in layers
        ]
        before = KINDS["parameter"]["color"]
        self.weights: list[list[Line]] = [[(before, name.replace("\n", " ")) for name in layer.parameters] for layer in layers]
        self.missing = (len(layers) + 1) // 2 if left_out else 0
        """Before which layer some are left out, or 0."""
        if left_out:
            self.weights[self.missing] = [(GREY, f"… {left_out} more layer{'s' * (left_out > 1)} …")]
        self.heads = [self._size(name, lines) for name, lines in self.names]
        rows = max(len(_units(layer)[0]) for layer in layers)
        deep = max(_units(layer)[1][-1] for layer in layers) - min(_units(layer)[1][0] for layer in layers)
        self.deep = deep * self.pitch + self.round if rows else 0.0
        self.middle = self.deep / 2
        high = max(high for _, high in self.heads)
        if down:
            self.before = max(wide for wide, _ in [*self.heads, *(self._size("", lines) for lines in self.weights)]) + GAP
            least = [high + GAP for _ in layers]
        else:
            self.before = high + GAP / 2
            least = [wide + GAP for wide, _ in self.heads]
        self.at = [max(least[0], self.round) / 2]
        for i in range(1, len(layers)):
            wide, tall = self._size("", self.weights[i])
            between = self.round + tall + 2 * GAP if down else (self.heads[i][0] + self.heads[i - 1][0]) / 2 + wide + 2 * GAP
            self.at.append(self.at[-1] + max(between, self.pitch * 2.4, (least[i] + least[i - 1]) / 2))
        long = self.at[-1] + max(least[-1], self.round) / 2
        self.size = (self.before + self.deep, long) if down else (long, self.before + self.deep)

    def _size(self, name: str, lines: Sequence[Line]) -> tuple[float, float]:
        """How wide and how high a name is with lines below it."""
        wide = max(self.theme.text(name, self.theme.title, bold=True), self.theme.widest(text for _, text in lines))
        return wide + 4, self.theme.title * 1.2 * bool(name) + self.theme.high(len(lines)) + 4

    def write(self, left: float, top: float, deep: float) -> None:
        """Write all in DOT."""

        def at(along: float, across: float) -> tuple[float, float]:
            x, y = (across, along) if self.down else (along, across)
            return x + left, deep - y - top

        columns = [self._column(i, layer, at) for i, layer in enumerate(self.layers)]
        for i, ((before, start), (after, end)) in enumerate(pairwise(zip(columns, self.at, strict=True)), 1):
            if i != self.missing:
                for (one, y), (other, v) in product(before.items(), after.items()):
                    self._wire(one, other, at(start, y), at(end, v))
            wide, high = self._size("", self.weights[i])
            place = at((start + end) / 2, self.before - GAP - wide / 2) if self.down else at((start + end) / 2, high / 2)
            if self.weights[i]:
                self._text(f"weights-{i}", node_label("", self.weights[i], small=self.theme.small), (wide, high), place)

    def _column(self, number: int, layer: Layer, at: At) -> dict[str, float]:
        """The neurons of one layer under its name: the ids of those that are drawn, with their places across the flow."""
        (name, lines), (wide, high), theme = self.names[number], self.heads[number], self.theme
        head = at(self.at[number], self.before - GAP - wide / 2 if self.down else high / 2)
        self._text(f"layer-{number}", node_label(name, lines, small=theme.small), (wide, high), head)
        units, rows = _units(layer)
        style = (
            {"fillcolor": KINDS["input"]["fillcolor"], "color": BLUE} if number == 0 else {"fillcolor": "white", "color": INK}
        )
        found, inches = dict[str, float](), f"{self.round / 72:.3f}"
        for unit, row in zip(units, rows, strict=True):
            about = escaped(f"{layer.name} {unit}\n{layer.description}".strip())
            key, across = f"{number}.{unit}", self.before + self.middle + row * self.pitch
            x, y = at(self.at[number], across)
            self.dot.node(
                key, node_label("", [(INK, str(unit))], small=theme.small), id=f"unit-{key}", pos=f"{x:.2f},{y:.2f}",
                shape="circle", fixedsize="true", width=inches, height=inches, tooltip=about, **({"style": "filled"} | style),
            )  # fmt: skip
            self.dot.centres[f"unit-{key}"] = x
            found[key] = across
        if len(units) < layer.size:
            gap = self.before + self.middle + (rows[-1] + rows[-2]) / 2 * self.pitch
            dots = "· · ·" if self.down else "·\n·\n·"
            size = (self.theme.text(dots), self.theme.high(1)) if self.down else (theme.small, theme.high(3))
            self._text(f"dots-{number}", node_label("", [(GREY, dots)], small=theme.small), size, at(self.at[number], gap))
        return found

    def _wire(self, one: str, other: str, start: tuple[float, float], end: tuple[float, float]) -> None:
        """The weight of one unit in the sum of another, from the edge of the one to that of the other."""
        (x, y), (u, v) = start, end
        far = hypot(u - x, v - y)
        ends = [(x + part * (u - x), y + part * (v - y)) for part in (self.round / 2 / far, 1 - self.round / 2 / far)]
        (a, b), (c, d) = ends
        tip = 1 - self.round / 2 / far - ARROW / far
        e, f = x + tip * (u - x), y + tip * (v - y)
        points = [(a, b), (a + (e - a) / 3, b + (f - b) / 3), (a + 2 * (e - a) / 3, b + 2 * (f - b) / 3), (e, f)]
        pos = " ".join([f"e,{c:.2f},{d:.2f}", *(f"{p:.2f},{q:.2f}" for p, q in points)])
        about = "the weight of one unit in the sum of another"
        self.dot.edge(one, other, id=f"from-{one}-to-{other}", tooltip=about, pos=pos, color=WIRE)

    def _text(self, id: str, label: str, size: tuple[float, float], place: tuple[float, float]) -> None:
        """Words that stand alone in the picture."""
        inches = {"width": f"{size[0] / 72:.3f}", "height": f"{size[1] / 72:.3f}", "fixedsize": "true", "margin": "0"}
        self.dot.node(id, label, id=id, pos=f"{place[0]:.2f},{place[1]:.2f}", shape="plaintext", **inches)
        self.dot.centres[id] = place[0]


def _units(layer: Layer) -> tuple[list[int], list[float]]:
    """The units of a layer that are drawn, and in which rows, from the middle."""
    if layer.size > SHOWN + 1:
        last = SHOWN - 1 + DOTS
        return [*range(1, SHOWN + 1), layer.size], [row - last / 2 for row in (*range(SHOWN), last)]
    return [*range(1, layer.size + 1)], [row - (layer.size - 1) / 2 for row in range(layer.size)]
