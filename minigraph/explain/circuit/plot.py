"""The boxes, labels and wires of a circuit, given their places and written in DOT with them: Graphviz only draws."""

from collections.abc import Callable, Sequence
from math import hypot

from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.layout import Cell, Hung, Layout, Link, Sheet
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.rooms import Extent, fitted
from minigraph.explain.circuit.routing import Point
from minigraph.explain.circuit.style import BESIDE, INK, PALE, STRONG, WIRE, Line, node_label, side_label, wire_label
from minigraph.explain.circuit.theme import Box, Spaces, Theme

__all__ = ["Plot"]

BETWEEN = 5.0
"""How many points are free for the wire between what stands above it and below."""

ARROW = 7.0
"""How long an arrow is."""


class Plot:
    """One picture in the making.

    Parameters
    ----------
    dot, clusters
        Where it is written, and its frames.
    theme
        Its sizes.
    down
        Whether it flows down, not to the right.
    path
        Whether a path stands out.
    spaces
        The distances between things.
    """

    def __init__(self, dot: Circuit, clusters: Clusters, theme: Theme, down: bool, path: bool, spaces: Spaces) -> None:
        self.dot, self.clusters, self.theme, self.down, self.path = dot, clusters, theme, down, path
        titles = {key: (theme.text(title) + 8, theme.high(1.3)) for key, title in clusters.naming.titles().items()}
        self.sheet = Sheet(titles, down, spaces)
        self.styles: dict[str, dict[str, str]] = {}
        self.boxes: dict[str, Box] = {}
        self.wires: dict[str, dict[str, str]] = {}
        self.labels: dict[str, tuple[list[Line], list[Line], Extent]] = {}
        self.hung: dict[str, Hung] = {}

    def box(self, id: str, path: Path, order: float, spine: bool, box: Box, style: dict[str, str]) -> None:
        """A box with an outline."""
        self.styles[id], self.boxes[id] = style, box
        along, half = (box.high, box.wide / 2) if self.down else (box.wide, box.high / 2)
        self.sheet.cells[id] = Cell(id, along, half, half, path, order, spine)

    def hang(self, leaf: str, id: str) -> None:
        """Let a leaf hang beside the one box that takes it."""
        cell = self.sheet.cells.pop(leaf)
        self.hung[leaf] = Hung(cell, None, ())
        self.sheet.cells[id].hung.append(self.hung[leaf])

    def label(
        self, start: str, id: str, path: Path, spine: bool, above: list[Line], below: list[Line], extent: Extent, tooltip: str,
        on: bool,
    ) -> str:  # fmt: skip
        """A piece of wire that begins at `start` and holds a label; returned is where the wire goes on from."""
        self.styles[id] = {"shape": "none", "margin": "0", "tooltip": tooltip}
        self.labels[id] = fitted(above, extent.above), fitted(below, extent.below), extent
        if start in self.hung:
            long, high = extent.width, self.theme.high(extent.above + extent.below) + extent.image
            size = (high + 2, long / 2, long / 2) if self.down else (long + BESIDE, high / 2, high / 2)
            self.hung[start].label = Cell(id, *size)
            self.hung[id] = self.hung[start]
        else:
            order = self.sheet.cells[start].order + 0.01
            self.sheet.cells[id] = Cell(id, *self._reach(extent), path, order, spine, is_label=True)
        self._link(start, id, f"to-{id}", on, arrow=False)
        return id

    def arrive(self, start: str, end: str, on: bool) -> None:
        """The last piece of a wire, with its arrow."""
        self._link(start, end, f"{start}-to-{end}", on, arrow=True)

    def back(self, start: str, end: str) -> None:
        """The wire from what a step of a loop carries over to what the next one is given."""
        id = f"{start}-back-to-{end}"
        self.sheet.links.append(Link(id, start, end))
        self.wires[id] = {"ends": f"{start} {end}", "style": "dashed"}

    def _reach(self, extent: Extent) -> tuple[float, float, float]:
        """How long the label on a wire is, and how far it reaches to either side."""
        if self.down:
            return self.theme.high(extent.above + extent.below) + 2 * extent.image + 4, 0.5, extent.width + BESIDE
        above, below = (self.theme.high(lines) + BETWEEN / 2 + extent.image for lines in (extent.above, extent.below))
        return extent.width + 4, above, below

    def _link(self, start: str, end: str, id: str, on: bool, arrow: bool) -> None:
        hung = self.hung.get(start)
        if hung is not None:
            hung.links = (*hung.links, id)
        else:
            both = self.sheet.cells[start].spine and self.sheet.cells[end].spine
            self.sheet.links.append(Link(id, start, end, both))
        style = {} if not self.path else {"color": INK} | STRONG if on else {"color": PALE}
        self.wires[id] = {"ends": f"{start} {end}"} | style | ({} if arrow else {"arrowhead": "none"})

    def place(self, extent: float) -> Layout:
        """The layout in rows of that length."""
        return self.sheet.arrange(extent)

    def write(self, layout: Layout, left: float, top: float, high: float) -> None:
        """Write all in DOT, moved to the right and down, in a picture that is so high."""

        def at(x: float, y: float) -> str:
            x, y = (y + layout.before, x) if self.down else (x, y + layout.before)
            return f"{x + left:.2f},{high - y - top:.2f}"

        for cell in layout.cells:
            style = dict(self.styles[cell.id])
            x, y = cell.x, cell.y
            if cell.id in self.labels:
                style |= self._written(cell)
                y += (cell.after - cell.before) / 2
            place = at(x, y)
            self.dot.centres[cell.id] = self.dot.centres.get(cell.id, 0.0) + float(place.partition(",")[0])
            self.clusters.within(cell.path).node(cell.id, id=cell.id, pos=place, **(style | {"fixedsize": "true"}))
        for path, (x, y, u, v) in layout.frames.items():
            ends = [at(x, y).split(","), at(u, v).split(",")]
            (a, b), (c, d) = zip(*(map(float, end) for end in ends), strict=True)
            self.clusters.within(path).graph_attr["fontsize"] = f"{self.theme.small * 1.15:g}"
            self.clusters.within(path).graph_attr["bb"] = f"{min(a, b):.2f},{min(c, d):.2f},{max(a, b):.2f},{max(c, d):.2f}"
        for id, style in self.wires.items():
            start, end = style["ends"].split(" ")
            points = self._reaching(layout.way(id), start, end)
            arrow = "arrowhead" not in style
            self.dot.edge(start, end, id=id, pos=_spline(points, at, arrow), **{k: v for k, v in style.items() if k != "ends"})
        for i, (_, point) in enumerate(layout.forks):
            self.dot.node(f"fork-{i}", "", id=f"fork-{i}", shape="point", width="0.055", color=WIRE, pos=at(*point))

    def _reaching(self, points: list[Point], start: str, end: str) -> list[Point]:
        """A way that begins and ends at the boxes as they are drawn, which may be smaller than the room that they have."""
        for place, id, sign in ((0, start, 1), (-1, end, -1)):
            box = self.boxes.get(id)
            if box is not None:
                (x, y), (u, v) = points[place], points[place + sign]
                wide, high = (box.wide - box.width) / 2, (box.high - box.height) / 2
                along, across = (high, wide) if self.down else (wide, high)
                if abs(u - x) >= abs(v - y):
                    points[place] = x - along * (1 if u > x else -1), y
                else:
                    points[place] = x, y - across * (1 if v > y else -1) + (box.inset if v < y and not self.down else 0)
        return points

    def _written(self, cell: Cell) -> dict[str, str]:
        """The attributes of a label: its text and its size."""
        above, below, given = self.labels[cell.id]
        long, wide = cell.long, cell.before + cell.after
        size = {"width": f"{(wide if self.down else long) / 72:.3f}", "height": f"{(long if self.down else wide) / 72:.3f}"}
        lines, small = [*above, *below], self.theme.small
        if not lines:
            return size | {"label": ""}
        if cell.is_label == self.down:
            own, extent = self.theme.widest(text for _, text in lines), wide if self.down else long
            self.dot.centres[cell.id] = BESIDE + own / 2 - extent / 2
            return size | {"label": side_label(lines, own, extent, small)}
        if self.down:
            return size | {"label": node_label("", lines, small=small)}
        return size | {"label": wire_label(above, below, (given.above, given.below), small)}


def _spline(points: Sequence[Point], at: Callable[[float, float], str], arrow: bool) -> str:
    """A way as Graphviz reads it: a Bézier curve, and the tip of the arrow, which is as long as the curve is cut."""
    tip = points[-1]
    if arrow:
        (x, y), (u, v) = next(each for each in points[-2::-1] if each != tip), tip
        part = min(ARROW / hypot(u - x, v - y), 0.9)
        points = [*points[:-1], (u - part * (u - x), v - part * (v - y))]
    return " ".join([f"e,{at(*tip)}"] * arrow + [at(*point) for point in points])
