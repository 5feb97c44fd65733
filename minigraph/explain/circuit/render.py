"""Circuits written to files, by Graphviz's `dot`, or by the package graphviz-pure where there is no `dot`.

An SVG is also made for the web: described to a screen reader, reached by keyboard, and dark where a page is. Graphviz's SVG has
an id and a tooltip for every node already. A picture that is read as an image, or opened by itself, keeps its white background:
only an SVG element inside of a page follows what the reader's system prefers.

graphviz-pure lays a circuit out but writes no PDF: its layout, as Graphviz's JSON holds it, is drawn by matplotlib. Each part
of the JSON lists the strokes that draw it (Graphviz's xdot operations: pen and fill colours, polygons, splines, ellipses,
text), in points from the lower left corner. matplotlib brings a font with Greek letters and mathematical signs, and embeds it:
the picture is of lines and text on any machine.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from pathlib import Path
from typing import Any

import graphviz

from minigraph.core.errors import MissingPackageError, listing, nearest
from minigraph.explain.circuit.style import FONT, WIRE, plain
from minigraph.explain.circuit.theme import Theme
from minigraph.interop.extras import optional
from minigraph.interop.files import FormatError, write_whole

__all__ = ["FORMATS", "Circuit", "dark", "empty_circuit", "finished", "placed_circuit", "render", "rendered"]

FORMATS = ("svg", "png", "pdf", "dot")
PURE = "graphviz-pure"

LAYOUT = {
    "rankdir": "LR", "bgcolor": "white", "pad": "0.15", "nodesep": "0.22", "ranksep": "0.28",
    "nslimit": "2", "pack": "18", "packmode": "array_tuc1", "fontname": FONT,
}  # fmt: skip
"""Left to right; what hangs together is laid out for itself, and the legend packed below. Placing stops after a while."""


class Circuit(graphviz.Digraph):  # type: ignore[misc]  # graphviz comes without types
    """A drawing in DOT. A notebook shows it, with Graphviz's `dot` or without; its text is `source`."""

    about = ""
    """What it is a picture of, for those who cannot see it."""
    scale: float | None = None
    """How many pixels a PNG has for each point, or None for as many as Graphviz gives it."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.centres: dict[str, float] = {}
        """The middle of each node whose lines of text are centred, from the left edge, in points."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": for_the_web(rendered(self, "svg"), self.name, self.about).decode()}


def empty_circuit(name: str) -> Circuit:
    """A circuit to put nodes and wires into, which Graphviz's `dot` lays out."""
    dot = Circuit(name, graph_attr=LAYOUT)
    dot.attr("node", fontname=FONT, fontsize="12")
    dot.attr("edge", color=WIRE, arrowsize="0.7")
    return dot


def placed_circuit(name: str, theme: Theme) -> Circuit:
    """A circuit to put nodes and wires into, each with its place."""
    dot = Circuit(name, graph_attr={"layout": "nop2", "bgcolor": "white", "pad": "0", "fontname": FONT})
    dot.attr("graph", fontsize=f"{theme.small:g}")
    dot.attr("node", fontname=FONT, fontsize=f"{theme.title:g}")
    dot.attr("edge", color=WIRE, arrowsize="0.7")
    return dot


def finished(dot: Circuit, about: str, file: str | os.PathLike[str] | None) -> Circuit:
    """The circuit with what it is a picture of, also written to a file, if one is given."""
    dot.about = about
    if file is not None:
        render(dot, file)
    return dot


def render(dot: graphviz.Digraph, file: str | os.PathLike[str]) -> Path:
    """Write the circuit in the format that the file's suffix names; the file is written whole or not at all."""
    if not isinstance(file, str | os.PathLike):
        raise FormatError(f"A circuit is written to a file that is given by its path, not to {file!r}.")
    target = Path(file)
    format = target.suffix[1:].lower()
    if format not in FORMATS:
        raise FormatError(
            f"A circuit cannot be written as {target.name!r}: the suffix must be one of "
            f"{listing((f'.{known}' for known in FORMATS), 'or')}.{nearest(format, FORMATS)}"
        )
    content = rendered(dot, format)
    if format == "svg" and isinstance(dot, Circuit):
        content = for_the_web(content, dot.name, dot.about)
    return write_whole(target, content, "The circuit")


def rendered(dot: graphviz.Digraph, format: str) -> bytes:
    """The picture in one of the formats, as a file holds it."""
    source: str = dot.source
    if format == "dot":
        return source.encode()
    program, scale = _program(), getattr(dot, "scale", None)
    if format == "pdf" and program.stem == PURE:
        return _pdf(program, source)
    options = [f"-Gdpi={72 * scale:g}"] if scale and format == "png" else []
    content = _run(program, source, format, *options)
    return anchored(content, dot.centres) if format == "svg" and isinstance(dot, Circuit) else content


NODES = re.compile(r'<g id="(?P<id>[^"]+)" class="node">.*?(?=\n<!-- |\n</g>\n</svg>)', re.DOTALL)
TEXT = re.compile(
    r'<text(?P<space>[^>]*) text-anchor="start" x="[^"]*" y="(?P<y>[^"]*)"(?P<style>[^>]*)>(?P<text>[^<]*)</text>\n?'
)
LINES = re.compile(rf"(?:{re.sub('[?]P<[a-z]+>', '?:', TEXT.pattern)})+")


def anchored(svg: bytes, centres: Mapping[str, float]) -> bytes:
    """The SVG with each centred line of text anchored at its middle, so that it is centred in any font.

    Graphviz gives the line's left end in the font that it measured, and of a line of several parts that of each.
    """

    def node(found: re.Match[str]) -> str:
        centre = centres.get(unescape(found["id"]))
        return found[0] if centre is None else LINES.sub(lambda texts: _anchored(texts[0], centre), found[0])

    return NODES.sub(node, svg.decode()).encode() if centres else svg


def _anchored(texts: str, centre: float) -> str:
    """Texts that follow one another, those of one height in one line, anchored at that middle."""
    lines: dict[str, list[re.Match[str]]] = {}
    for text in TEXT.finditer(texts):
        lines.setdefault(text["y"], []).append(text)
    written = []
    for y, parts in lines.items():
        *before, last = parts
        inside = "".join(f"<tspan{part['style']}>{part['text']}</tspan>" for part in parts) if before else last["text"]
        style = SIZED.sub("", last["style"]) if before else last["style"]
        written.append(f'<text{last["space"]} text-anchor="middle" x="{centre:g}" y="{y}"{style}>{inside}</text>\n')
    return "".join(written)


SIZED = re.compile(r' (?:fill|font-weight)="[^"]*"')
"""What each part of a line says for itself."""


def _pdf(pure: Path, source: str) -> bytes:
    """The PDF of DOT that graphviz-pure lays out."""
    return as_pdf(_run(pure, source.replace(f"fontname={FONT}", f'fontname="{PDF_FONT}"'), "json"))


def _run(program: Path, source: str, format: str, *options: str) -> bytes:
    """What Graphviz makes of DOT; -q keeps it from warning of letters whose width it does not know.

    A `dot` that crashes, as old ones do on some clusters, leaves the work to graphviz-pure.
    """
    done = subprocess.run([program, "-q", f"-T{format}", *options], input=source.encode(), capture_output=True)
    pure = _pure() if done.returncode < 0 and program.stem != PURE else None
    if pure:
        return _pdf(Path(pure), source) if format == "pdf" else _run(Path(pure), source, format, *options)
    if done.returncode:
        raise FormatError(f"Graphviz could not draw the circuit: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _program() -> Path:
    """Graphviz's `dot`, or else graphviz-pure, sought in this Python's folder too, which need not be on the PATH."""
    found = shutil.which("dot") or _pure()
    if found is None:
        raise MissingPackageError(
            "No renderer was found to draw the circuit: neither Graphviz's dot nor graphviz-pure. Install one: "
            "pip install graphviz-pure."
        )
    return Path(found)


def _pure() -> str | None:
    scripts = os.pathsep.join((sysconfig.get_path("scripts"), str(Path(sys.executable).parent)))
    return shutil.which(PURE) or shutil.which(PURE, path=scripts)


DARK = {
    "white": "#111827", "#e3effa": "#1e3a5f", "#fdf0d0": "#4a3a12", "#f1eafa": "#3b2d5c", "#f3f4f6": "#2a303c",
    "#eceff3": "#2a303c", "#e2f3ec": "#12402f", "#f7f8fa": "#161d2b", "#eef1f5": "#1c2434",
    "#1f5fa8": "#8ec1f5", "#b3402a": "#ff9d87", "#5b6470": "#b3bcc8", "#1f2937": "#e5e7eb", "#9a6b00": "#e0b04a",
    "#6d4ca8": "#b79be8", "#0b6e4f": "#5fc9a0", "#b9c0ca": "#4b5563", "#d5dae1": "#374151", "#8a1c7c": "#f09be2",
}  # fmt: skip
"""What each colour of a circuit is on a dark page: fills first, then lines and letters, whose contrast is 4.5 or more."""

NODE = re.compile(
    r'<g id="(?P<key>[^"]+)" class="(?P<kind>node|cluster)">\s*<title>(?P<title>[^<]*)</title>'
    r'(?P<rest>\s*<g id="a_[^"]*"><a [^>]*xlink:title="(?P<about>[^"]*)")'
)


def for_the_web(svg: bytes, title: str, about: str) -> bytes:
    """The SVG with a title and a description, nodes that the tab key reaches, and the colours of a dark page."""
    text = NODE.sub(_node, svg.decode())
    start, opening, rest = text.partition("<svg ")
    attributes, end, body = rest.partition(">")
    head = f"\n<title>{escape(title)}</title>\n<desc>{escape(plain(about))}</desc>\n<style>{_style(text)}</style>"
    role = 'class="minigraph" role="graphics-document document" '
    return "".join((start, opening, role, attributes, end, head, body)).encode()


def _node(found: re.Match[str]) -> str:
    """The opening of a node or block, described by its tooltip; the legend and pieces of wire are not stopped at."""
    key, kind = unescape(found["key"]), found["kind"]
    stands = "-" not in key or key.startswith(("output-", "block-"))
    if not stands or not found["about"]:
        return found[0]
    label, *lines = unescape(found["about"]).split("\n")
    role = 'role="group"' if kind == "cluster" else 'role="graphics-symbol img" tabindex="0"'
    described = f"\n<desc>{escape('; '.join(filter(None, lines)))}</desc>" if any(lines) else ""
    opened = f'<g id="{found["key"]}" class="{kind}" {role} aria-label="{escape(label)}">'
    return f"{opened}\n<title>{found['title']}</title>{described}{found['rest']}"


def _style(text: str) -> str:
    """How a node that has the focus stands out, how wide it is within a page, and the colours of a dark one."""
    focus = ".node:focus{outline:none}.node:focus-visible :is(polygon,path,ellipse,polyline){stroke-width:3}"
    within = "svg.minigraph:not(:root)"  # as a notebook shows it, in a cell that may be narrower
    return f"{focus}{within}{{max-width:100%;height:auto}}{dark(text, within)}"


def dark(svg: str, within: str) -> str:
    """The style that gives a picture within something the colours of a dark page where its reader's system has those."""
    pairs = [(f'{what}="{light}"', what, dark) for light, dark in DARK.items() for what in ("fill", "stroke")]
    colours = "".join(f"[{attribute}]{{{what}:{dark}}}" for attribute, what, dark in pairs if attribute in svg)
    return (
        f"@media (prefers-color-scheme:dark){{{within}{{text:not([fill]){{fill:#e5e7eb}}"
        f'[stroke="black"]{{stroke:#e5e7eb}}{colours}}}}}'
    )


PDF_FONT = "DejaVu Sans"
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
            font = {"fontsize": size, "fontweight": weight, "fontfamily": PDF_FONT}
            placed = {"color": style["edgecolor"], "horizontalalignment": anchor, "verticalalignment": "baseline"}
            yield texts.Text(*stroke["pt"], stroke["text"], parse_math=False, **font, **placed)
