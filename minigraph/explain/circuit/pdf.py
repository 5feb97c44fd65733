"""A circuit as PDF without Graphviz's `dot`: its layout, as Graphviz's JSON holds it, drawn by matplotlib.

graphviz-pure lays a circuit out but writes no PDF. Each part of its JSON lists the strokes that draw it (Graphviz's xdot
operations: pen and fill colours, polygons, splines, ellipses, text), in points from the lower left corner. matplotlib
brings a font with Greek letters and mathematical signs, and embeds it: the picture is of lines and text on any machine.
"""

import io
import json
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from minigraph.interop.extras import optional

__all__ = ["FONT", "as_pdf", "in_order"]

FONT = "DejaVu Sans"
"""The font that matplotlib brings; the layout is to be made for its widths."""

DRAWN = ("_draw_", "_hdraw_", "_tdraw_", "_ldraw_")
"""Where Graphviz's JSON holds the strokes of a part: the shape or line, the arrow's two ends, the label."""


def as_pdf(layout: bytes) -> bytes:
    """The PDF of a layout that Graphviz wrote as JSON."""
    figures = optional("matplotlib.figure", "matplotlib, which writes PDF where Graphviz's dot is missing,", "pdf")
    matplotlib = optional("matplotlib", "matplotlib", "pdf")
    graph = json.loads(layout)
    left, bottom, right, top = _edges(graph)
    figure = figures.Figure(figsize=((right - left) / 72, (top - bottom) / 72))
    axes = figure.add_axes((0, 0, 1, 1), xlim=(left, right), ylim=(bottom, top))
    axes.set_axis_off()
    for part in in_order(graph):
        for key in DRAWN:
            for artist in _artists(part.get(key, ())):
                axes.add_artist(artist)
    content = io.BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"pdf.fonttype": 42}):
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that the font lacks is drawn as a box
        figure.savefig(content, format="pdf", metadata={"CreationDate": None})
    return content.getvalue()


def in_order(graph: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a layout as they are drawn one over the other: the background, clusters, wires, nodes."""
    objects = graph.get("objects", ())
    clusters = [part for part in objects if part["name"].startswith("cluster")]
    nodes = [part for part in objects if not part["name"].startswith("cluster")]
    return [graph, *clusters, *graph.get("edges", ()), *nodes]


def _edges(graph: dict[str, Any]) -> tuple[float, float, float, float]:
    """The corners of the background, which is drawn over the margin too."""
    points = [point for stroke in graph["_draw_"] for point in stroke.get("points", ())]
    across, up = zip(*points, strict=True)
    return min(across), min(up), max(across), max(up)


def _artists(strokes: Iterable[dict[str, Any]]) -> Iterator[Any]:
    """What matplotlib draws for some strokes; colour, width and font hold from one stroke to the next."""
    patches, paths, texts = (optional(f"matplotlib.{name}", "matplotlib", "pdf") for name in ("patches", "path", "text"))
    style: dict[str, Any] = {"edgecolor": "black", "facecolor": "none", "linewidth": 1.0}
    size, weight = 12.0, "normal"
    for stroke in strokes:
        kind = stroke["op"]
        own = style | ({} if kind in "PBE" else {"facecolor": "none"})
        if kind == "c":
            style["edgecolor"] = stroke["color"]
        elif kind == "C":
            style["facecolor"] = stroke["color"]
        elif kind == "S" and stroke["style"].startswith("setlinewidth("):
            style["linewidth"] = float(stroke["style"][len("setlinewidth(") : -1])
        elif kind == "F":
            size = stroke["size"]
        elif kind == "t":
            weight = "bold" if stroke["fontchar"] & 1 else "normal"
        elif kind in "pP":
            yield patches.Polygon(stroke["points"], **own)
        elif kind == "L":
            yield patches.Polygon(stroke["points"], closed=False, **own)
        elif kind in "bB":
            codes = [paths.Path.MOVETO] + [paths.Path.CURVE4] * (len(stroke["points"]) - 1)
            yield patches.PathPatch(paths.Path(stroke["points"], codes), **own)
        elif kind in "eE":
            x, y, across, up = stroke["rect"]
            yield patches.Ellipse((x, y), 2 * across, 2 * up, **own)
        elif kind == "T" and stroke["text"]:
            anchor = {"l": "left", "c": "center", "r": "right"}[stroke["align"]]
            font = {"fontsize": size, "fontweight": weight, "fontfamily": FONT}
            look = {"color": style["edgecolor"], "horizontalalignment": anchor, "verticalalignment": "baseline"}
            yield texts.Text(*stroke["pt"], stroke["text"], parse_math=False, **font, **look)
