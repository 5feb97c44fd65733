"""A graph of many operations as a plain picture: every node a small sign, its name, shape and numbers in its tooltip.

Graphviz's layout takes minutes for what it draws in a second once the places are known. They are found here, as text is
written: in columns from left to right, the columns in lines.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil, hypot, inf, log
from typing import NamedTuple

from minigraph.core.node import Node
from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.notes import omitted
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.style import FONT, GREY, KINDS, PALE, WIRE, Line, node_label, shortened
from minigraph.explain.circuit.tooltips import tooltip, tooltip_of_node
from minigraph.explain.circuit.view import Item, View, kind_of
from minigraph.readings import names_of

__all__ = ["HALF", "HIGH", "WIDE", "in_columns", "plain_picture", "ways"]

WIDE, HIGH, GAP = 62.0, 24.0, 34.0
"""How far columns, rows and lines are apart, in points."""

TALL = 24
"""How many nodes stand one above the other at most."""

ASPECT = 1.6
"""How much wider than high the picture is to be."""


class Place(NamedTuple):
    """Where a node stands, in points, x to the right and y upwards, and where the free strip above its line begins."""

    x: float
    y: float
    top: float


LETTERS = 11
"""How many letters a node has room for."""

LONG = {"color": PALE, "arrowhead": "none"}
"""How wires are drawn that lead far away, or on to another line: they need no arrow, as all lead to what is read later."""

PALE_NODE = {"color": PALE, "fillcolor": "white", "fontcolor": GREY}
"""How a node is drawn that is not on the path that is asked for."""

PAD = f"{18.5 / 72:.4f}"
"""The margin, in inches: with it, wires along whole points fall on one row of pixels, sharp and soon written."""

SIZE = {"fontsize": "8", "fixedsize": "true", "height": "0.22", "margin": "0", "penwidth": "0.8"}
"""What every node has unlike those of other circuits."""


def plain_picture(view: View, readout: Readout, path: Collection[Node] | None = None) -> Circuit:
    """The plain picture of a view; where a path is asked for, all that is not on it is pale."""
    dot = Circuit("circuit", graph_attr={"layout": "nop2", "bgcolor": "white", "pad": PAD})
    dot.attr("graph", outputorder="edgesfirst", dpi="72")
    dot.attr("node", fontname=FONT)
    dot.attr("edge", color=WIRE, arrowsize="0.35", penwidth="0.6")
    naming = Naming(view, names_of(view.graph))
    ids = naming.ids
    nodes = [(ids[item], kind_of(item), naming.title(item), tooltip(item, readout)) for item in view.items]
    for output in view.outputs:
        about = tooltip_of_node(output.values[0], *(f"output {name}" for name in output.names[:20]))
        nodes.append((output.id, "output", output.names[0], about))
    wires = [(ids[view.item[value]], ids[target]) for value, wires in view.wires.items() for target, _ in wires]
    wires += [(ids[source], ids[target]) for source, target in view.bundles]
    wires += [(ids[view.item[output.values[0]]], output.id) for output in view.outputs]
    wires = list(dict.fromkeys(wires))
    places = in_columns([id for id, *_ in nodes], wires)
    strong = _strong(view, ids, path)
    for id, kind, title, about in nodes:
        label = node_label(shortened(title.replace("\n", " "), LETTERS), [], bold=kind != "operation")
        style = _style(kind) | ({} if id in strong else PALE_NODE)
        dot.node(id, label, id=id, pos=f"{places[id].x:g},{places[id].y:g}", tooltip=about, **style)
    for (start, end), way in ways(wires, places).items():
        here = near(places[start], places[end]) if path is None else start in strong and end in strong
        dot.edge(start, end, pos=position(way, arrow=here), **({} if here else LONG))
    _legend(dot, view, max(place.top for place in places.values()) + GAP)
    return dot


def _strong(view: View, ids: Mapping[Item, str], path: Collection[Node] | None) -> set[str]:
    """What is not pale: all, or what lies on the path that is asked for."""
    strong = {ids[view.item[view.representative[node]]] for node in view.graph.nodes if path is None or node in path}
    return strong | {output.id for output in view.outputs if ids[view.item[output.values[0]]] in strong}


def _style(kind: str) -> dict[str, str]:
    """Graphviz's attributes for a node of that kind; Graphviz draws the ring of an output 4 points outside of its size."""
    ring = 8 if kind == "output" else 0
    return {"style": "filled"} | KINDS[kind] | SIZE | {"width": f"{(2 * HALF - ring) / 72:.3f}"}


def _legend(dot: Circuit, view: View, top: float) -> None:
    """A row with one node of each kind above the picture, and lines that say what is left out above it."""
    for i, kind in enumerate(kind for kind in KINDS if kind in view.kinds):
        style = _style(kind) | {"fontsize": "9"}
        dot.node(f"legend-{kind}", kind, id=f"legend-{kind}", pos=f"{i * WIDE:g},{top + 16:g}", **style)
    why = f"a plain picture, as {view.size} operations are many: names, shapes and numbers are in the tooltips"
    for i, line in enumerate(reversed([(GREY, why), *omitted(view)])):
        _write(dot, f"legend-line-{i}", line, top + 38 + 12 * i)


def _write(dot: Circuit, id: str, line: Line, y: float) -> None:
    """A line of text that begins at the left edge of the picture."""
    cell = f'<td width="600" height="12" fixedsize="true" align="left">{node_label("", [line])[1:-1]}</td>'
    label = f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{cell}</tr></table>>'
    size = {"fixedsize": "true", "width": f"{600 / 72:.2f}", "height": "0.17", "margin": "0"}
    dot.node(id, label, id=id, pos=f"{300 - WIDE / 2:g},{y:g}", shape="plaintext", **size)


def in_columns(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, Place]:
    """Where each of the keys stands, from the middle of the first line: in columns from left to right, the columns in lines.

    Each stands right before the first that uses it. Source: the layers of K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual
    Understanding of Hierarchical System Structures", 1981, with one pass of their ordering by the mean place of what is before.

    >>> places = in_columns(["x", "W", "matmul", "tanh"], [("x", "matmul"), ("W", "matmul"), ("matmul", "tanh")])
    >>> [(place.x, place.y) for place in places.values()]
    [(0.0, 12.0), (0.0, -12.0), (62.0, 0.0), (124.0, 0.0)]
    """
    before: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        before[end].append(start)
    columns = _ordered(_columns(keys, before), before)
    places: dict[str, Place] = {}
    top = 0.0
    for line in _lines(columns):
        half = (max(map(len, line)) - 1) * HIGH / 2
        middle = top - half if places else 0.0
        for across, column in enumerate(line):
            for row, key in enumerate(column):
                y = middle + ((len(column) - 1) / 2 - row) * HIGH
                places[key] = Place(across * WIDE, y, middle + half + HIGH / 2)
        top = middle - half - HIGH - GAP
    return places


def _columns(keys: Sequence[str], before: Mapping[str, list[str]]) -> list[list[str]]:
    """The keys by column, each right before the first that uses it."""
    after: dict[str, list[str]] = defaultdict(list)
    for end in keys:
        for start in before.get(end, ()):
            after[start].append(end)
    missing = {key: len(after[key]) for key in keys}
    height: dict[str, int] = {}
    ready = [key for key in keys if not missing[key]]
    for key in ready:  # it grows while it is gone through
        height[key] = 1 + max((height[end] for end in after[key]), default=-1)
        for start in before.get(key, ()):
            missing[start] -= 1
            if not missing[start]:
                ready.append(start)
    for key in reversed(keys):
        if key not in height:  # it depends on itself, through a block that is closed
            height[key] = 1 + max((height[end] for end in after[key] if end in height), default=-1)
    found: list[list[str]] = [[] for _ in range(1 + max(height.values()))]
    for key in keys:
        found[-1 - height[key]].append(key)
    return [part for each in found for part in _parts(each)]


def _parts(column: list[str]) -> list[list[str]]:
    """A column that is too tall, side by side."""
    return [column[i : i + TALL] for i in range(0, len(column), TALL)]


def _ordered(columns: list[list[str]], before: Mapping[str, list[str]]) -> list[list[str]]:
    """Each column by the mean row of what its nodes depend on, from the middle; what depends on nothing comes first."""
    row: dict[str, float] = {}
    ordered = []
    for column in columns:
        mean = {key: sum(row.get(start, 0) for start in before[key]) / len(before[key]) for key in column if before.get(key)}
        found = sorted(column, key=lambda key: mean.get(key, -TALL))
        row.update((key, i - (len(found) - 1) / 2) for i, key in enumerate(found))
        ordered.append(found)
    return ordered


def _lines(columns: list[list[str]]) -> list[list[list[str]]]:
    """The columns in as many lines as give the picture its shape."""
    heights = [len(column) for column in columns]

    def off(length: int) -> float:
        high = sum(max(heights[i : i + length]) * HIGH + GAP for i in range(0, len(heights), length))
        return abs(log(length * WIDE / high / ASPECT))

    length = min({ceil(len(columns) / count) for count in range(1, 120)}, key=lambda length: (off(length), length))
    return [columns[i : i + length] for i in range(0, len(columns), length)]


HALF = (WIDE - 12) / 2
"""How far the sides of a node are from its middle, in points."""

ARROW = 3.5
"""How long an arrow is."""

LANES, LANE = 15, 2.0
"""How many wires a strip holds side by side, and how far they are apart."""

Wire = tuple[str, str]
Point = tuple[float, float]


def ways(wires: Iterable[Wire], places: Mapping[str, Place]) -> dict[Wire, list[Point]]:
    """The corners of every wire's way, its two ends among them: straight to what is near, else round all that stands between.

    A way round goes up or down between two columns, along the free strip above the line of its end, and into its end from
    the left. Each strip has lanes, given away from left to right. Source: A. Hashimoto, J. Stevens, "Wire Routing by Optimizing
    Channel Assignment within Large Apertures", 1971.

    >>> places = {"x": Place(0, 0, 12), "tanh": Place(62, 0, 12), "add": Place(124, 0, 12)}
    >>> found = ways([("x", "tanh"), ("x", "add")], places)
    >>> found["x", "tanh"], len(found["x", "add"])
    ([(25.0, 0), (37.0, 0)], 6)
    """
    wires = list(wires)
    round_ = [(start, end) for start, end in wires if not _is_straight(places[start], places[end])]
    lanes = _lanes(round_, places)
    found = {(start, end): [_right(places[start]), _left(places[end])] for start, end in wires}
    for start, end in round_:
        first, last = found[start, end]
        lane = lanes[start, places[end].top]
        strip = places[end].top + LANE * (lane + 1)
        away, in_ = first[0] + 2 + lane % 3 * LANE, last[0] - 5 - lane % 2 * LANE
        found[start, end] = [first, (away, first[1]), (away, strip), (in_, strip), (in_, last[1]), last]
    return found


def position(way: list[Point], arrow: bool) -> str:
    """A way as Graphviz reads it: a spline of straight pieces, and the tip of the arrow."""
    tip = way[-1]
    if arrow:
        (x, y), (u, v) = way[-2:]
        part = ARROW / hypot(u - x, v - y)
        way = [*way[:-1], (u - part * (u - x), v - part * (v - y))]
    points = [way[0]] + [point for start, end in pairwise(way) for point in (start, end, end)]
    return " ".join([f"e,{tip[0]:g},{tip[1]:g}"] * arrow + [f"{x:g},{y:g}" for x, y in points])


def near(start: Place, end: Place) -> bool:
    """Whether a wire leads to one of the next columns of its line."""
    return start.top == end.top and 0 < end.x - start.x <= 8 * WIDE and abs(end.y - start.y) <= 10 * HIGH


def _is_straight(start: Place, end: Place) -> bool:
    """Whether a wire is led straight: the way up to the strip and down again would be longer than the way across."""
    return near(start, end) and 2 * start.top - start.y - end.y > end.x - start.x - 2 * HALF


def _lanes(wires: Iterable[Wire], places: Mapping[str, Place]) -> dict[tuple[str, float], int]:
    """For all that one node sends into one strip, the lowest lane that is free, or that will be free first."""
    spans: dict[tuple[str, float], list[float]] = defaultdict(list)
    for start, end in wires:
        spans[start, places[end].top] += [places[start].x, places[end].x - WIDE]
    ends: dict[float, list[float]] = defaultdict(lambda: [-inf] * LANES)
    lanes = {}
    for (start, top), across in sorted(spans.items(), key=lambda each: min(each[1])):
        taken = ends[top]
        lane = next((i for i, end in enumerate(taken) if end < min(across)), taken.index(min(taken)))
        taken[lane] = max(taken[lane], *across)
        lanes[start, top] = lane
    return lanes


def _right(place: Place) -> Point:
    return place.x + HALF, place.y


def _left(place: Place) -> Point:
    return place.x - HALF, place.y
