"""The style of a circuit: the shape and colours of each kind of node, and the text on nodes and wires.

The hues are those of Okabe and Ito's palette, chosen for every kind of colour vision, and nothing is shown by colour alone:
every kind has a shape of its own, values stand above a wire and gradients below. Graphviz's HTML-like labels are used
as far as all renderers agree on them.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from math import ceil
from typing import Any

from minigraph.core.node import Constant, Node, Sizes
from minigraph.explain.circuit.theme import Box, Theme, as_drawn
from minigraph.readings.letters import exact_number
from minigraph.readings.sameness import operation
from minigraph.readings.source import index_text

__all__ = [
    "BESIDE", "BLUE", "boxed", "CDS", "escaped", "FAINT", "flush", "FONT", "GREY", "IMAGE", "INK", "KINDS",
    "label_of", "Line", "node_label", "node_style", "PALE", "plain", "RED", "shortened", "side_label", "STRONG",
    "symbol", "times", "title_of", "WARNING", "WIRE", "wire_label",
]  # fmt: skip

BLUE, RED, GREY, INK, WIRE = "#1f5fa8", "#b3402a", "#5b6470", "#1f2937", "#8b95a3"
FAINT, PALE, WARNING = "#b9c0ca", "#d5dae1", "#8a1c7c"
STRONG = {"penwidth": "2.4", "arrowsize": "0.5"}
"""The line of a wire that stands out. Its arrow is no longer than others, with the line around it."""

FONT, SMALL = "Arial", 9.0

Line = tuple[str, str]
"""A colour and a text, or IMAGE and the table that is one."""

IMAGE, IMAGE_ROW, CELLS = "image", 5, 6
"""What stands for a colour where a line is an image; how high each of its rows is, and what is around them."""

KINDS = {
    "input": {"shape": "cds", "fillcolor": "#e3effa", "color": BLUE, "margin": "0.16,0.07"},
    "parameter": {"shape": "box", "fillcolor": "#fdf0d0", "color": "#9a6b00", "margin": "0.12,0.06"},
    "variable": {"shape": "cylinder", "fillcolor": "#f1eafa", "color": "#6d4ca8", "margin": "0.12,0.05"},
    "constant": {"shape": "note", "fillcolor": "#f3f4f6", "color": GREY, "margin": "0.12,0.05"},
    "operation": {"shape": "box", "style": "filled,rounded", "fillcolor": "white", "color": INK, "penwidth": "1.3"},
    "block": {"shape": "folder", "fillcolor": "#eceff3", "color": INK, "margin": "0.16,0.08"},
    "value": {"shape": "box", "style": "filled,dashed", "fillcolor": "white", "color": GREY, "margin": "0.12,0.06"},
    "output": {"shape": "box", "peripheries": "2", "fillcolor": "#e2f3ec", "color": "#0b6e4f", "margin": "0.12,0.06"},
}
"""Graphviz's attributes for each kind of node."""

MARGIN = 8.0
"""How far the text of a box is from its outline, in points."""

TAB = 3.0
"""How high Graphviz draws the tab of a folder, in points."""

CDS = 12.0
"""How many points lower than its node Graphviz draws the shape of an input."""

ROUND = {"shape": "circle", "style": "filled", "fixedsize": "true", "width": "0.42", "fontsize": "18"}
"""The style of an operation whose title is one sign."""


def node_style(kind: str, title: str, lines: Sequence[Line] = (), sign: bool = False, bold: bool = True) -> dict[str, str]:
    """Graphviz's attributes for a node of that kind with a title and lines under it; `sign` where its title is a sign."""
    attributes = {"label": node_label(title, lines, bold), "style": "filled"} | KINDS[kind]
    if sign:
        return attributes | ROUND
    rows = title.split("\n")
    points = 20 + 11 * (len(rows) - 1 + len(lines)) + _image_height(lines)
    size = {"width": max(map(_width, rows)), "height": (CDS + points) / 72 if kind == "input" else 0}
    return attributes | {key: f"{inches:.2f}" for key, inches in size.items() if inches}


def boxed(
    theme: Theme, kind: str, title: str, lines: Sequence[Line] = (), widths: Sequence[float] = (), sign: bool = False,
    bold: bool = True, fixed: int | None = None, joined: bool = False,
) -> tuple[dict[str, str], Box]:  # fmt: skip
    """Graphviz's attributes for a box of that kind with a title and lines under it, and how large it is.

    `widths` says how wide each of the lines may become that such a box can have, and `fixed` how many of those that it has are
    the same in every picture: all, unless given. Where they are `joined`, the title is the beginning of the first of them.
    """
    if sign:
        size = _even(theme.title * 2.5)
        inches = f"{size / 72:.3f}"
        return {"label": node_label(title, [], bold)} | ROUND | {
            "fillcolor": "white", "color": INK, "width": inches, "height": inches, "fontsize": f"{theme.title * 1.5:g}"
        }, Box(size, size, size, size)  # fmt: skip
    rows = [plain(row) for row in title.split("\n")]
    texts = [plain(text) for colour, text in lines if colour != IMAGE]
    side, top = (MARGIN + (theme.title / 2 if kind == "input" else 0), MARGIN / 2) if kind != "block" else (MARGIN, MARGIN)
    head = theme.widest(rows, theme.title, bold)
    same, widths = texts[:fixed], [*widths]
    joined = joined and len(rows) == 1 and bool(texts and widths)
    begun = theme.text(f"{title}  ", theme.title, bold) if joined else 0.0
    width = _even(max(head, begun + theme.text(texts[0]) if joined else 0.0, theme.widest(texts)) + 2 * side)
    base = len(rows) * theme.title * 1.2 + (top if joined else 2 * top) - theme.high(joined)
    height = _even(base + theme.high(len(texts)) + _image_height(lines))
    high = _even(base + theme.high(max(len(same), len(widths))))
    widths = [begun + widths[0], *widths[1:]] if joined else widths
    head = begun + theme.text(same[0]) if joined and same else head
    ring = 8 if kind == "output" else 0
    drawn = {"width": f"{width / 72:.3f}", "height": f"{(height + CDS * (kind == 'input')) / 72:.3f}"}
    label = node_label(title, lines, bold, theme.small, joined)
    attributes = {"label": label, "style": "filled"} | KINDS[kind] | drawn
    wide = _even(max(head, theme.widest(same), *widths, 0.0) + 2 * side)
    return attributes, Box(width + ring, height + ring, wide + ring, high + ring, TAB if kind == "block" else 0.0)


def _even(points: float) -> float:
    """The next even number: Graphviz 2.43 draws boxes of whole points on either side of their middle."""
    return 2.0 * ceil(points / 2)


def _width(text: str) -> float:
    """How wide, in inches, a node must be for letters that renderers without a font for them measure too narrow; else 0."""
    if all(unicodedata.name(c, "").startswith("LATIN") for c in text if c.isalpha()):
        return 0
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.7 for c in plain(text)) * 12 / 72 + 0.2


def node_label(title: str, lines: Iterable[Line], bold: bool = True, small: float = SMALL, joined: bool = False) -> str:
    """A title with smaller lines under it, of which the first may be `joined` to it, and images among them."""
    head = [f"<b>{_html(title)}</b>" if bold else _html(title)] if title else []
    lines = list(lines)
    if joined:
        (colour, text), *lines = lines
        head = [head[0] + _line(colour, f"  {text}", small)]
    if not _images(lines):
        return f"<{'<br/>'.join(head + [_line(*line, small) for line in lines])}>"
    rows = [*head, *(text if colour == IMAGE else _line(colour, text, small) for colour, text in lines)]
    cells = "".join(f"<tr><td>{row}</td></tr>" for row in rows)
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{cells}</table>>'


def flush(lines: Sequence[Line], small: float = SMALL) -> str:
    """Lines that begin at the left edge."""
    text = node_label("", lines, small=small)
    if _images(lines):
        return text.replace("<td>", '<td align="left">').replace('cellpadding="1"', 'cellpadding="0"')
    return text.replace("<br/>", '<br align="left"/>')[:-1] + '<br align="left"/>>'


def wire_label(above: list[Line], below: list[Line], rows: tuple[int, int], small: float = SMALL) -> str:
    """What stands above and below a wire, with room for the wire between them, and for so many lines on either side.

    What is longer has as much room on the other side, so that the wire stays in its place. Images stand at the far ends, in
    cells of one height.
    """
    texts = [[line for line in lines if line[0] != IMAGE] for lines in (above, below)]
    more = max(0, *(_rows(lines) - most for lines, most in zip(texts, rows, strict=True)))
    blank = [_row("", small * 1.2 * (most + more - _rows(lines))) for lines, most in zip(texts, rows, strict=True)]
    written = [_row("<br/>".join(_line(*line, small) for line in lines)) if lines else "" for lines in texts]
    images = [_images(above), _images(below)]
    high = max((CELLS + IMAGE_ROW * image.count("<tr>") for image in images if image), default=0)
    first, last = (_row(image, high) for image in images)
    parts = "".join((first, blank[0], written[0], _row("", 5), written[1], blank[1], last))
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0">{parts}</table>>'


def _row(content: str, high: float = 0.0) -> str:
    """A row of a table, at least so high; none where it would be empty."""
    height = f' height="{high:.0f}"' if high else ""
    return f"<tr><td{height}>{content}</td></tr>" if content or high else ""


BESIDE = 6
"""How far a label is from a wire that runs up or down, in points."""


def side_label(lines: list[Line], long: float, wide: float, small: float = SMALL) -> str:
    """What stands to the right of a wire that runs up or down: lines of which the longest is so long, in so wide a place."""
    cells = f'<td width="{BESIDE}"></td><td width="{long:.0f}">{node_label("", lines, small=small)[1:-1]}</td>'
    rest = f'<td width="{wide - BESIDE - long:.0f}"></td>' if wide - BESIDE - long >= 1 else ""
    return f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{cells}{rest}</tr></table>>'


def _rows(lines: Sequence[Line]) -> int:
    return sum(text.count("\n") + 1 for _, text in lines)


def _image_height(lines: Sequence[Line]) -> int:
    """How many points images take beside the line that each is counted as; with one, lines stand further apart, in a table."""
    images = [text for colour, text in lines if colour == IMAGE]
    return sum(IMAGE_ROW * image.count("<tr>") for image in images) + (4 * len(lines) if images else 0)


def _images(lines: Iterable[Line]) -> str:
    """The image among the lines, if there is one."""
    return next((text for colour, text in lines if colour == IMAGE), "")


def _line(colour: str, text: str, small: float) -> str:
    return f'<font point-size="{small:g}" color="{colour}">{_html(text)}</font>'


def _html(text: str) -> str:
    return "<br/>".join(escape(plain(as_drawn(line))) or "&#160;" for line in text.split("\n"))


def plain(text: str) -> str:
    """The text with what cannot be printed (and XML cannot hold) written as an escape."""
    return "".join(c if c.isprintable() or c in " \n" else c.encode("unicode_escape").decode() for c in text)


def escaped(text: str) -> str:
    """A tooltip as DOT writes it, where a backslash begins an escape."""
    return plain(text).replace("\\", "\\\\").replace("\n", "\\n")


def shortened(text: str, most: int) -> str:
    """The text, or so many letters of it, the last of which says that there are more."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def times(count: int) -> str:
    """How often an equal part is there.

    >>> times(12), times(10000)
    ('× 12', '× 10 000')
    """
    return f"× {count:,}".replace(",", " ") if count >= 10_000 else f"× {count}"


class Port(Node):
    """Where a value enters the frame of a scan, or leaves it: drawn with a title of its own."""

    title: str = ""

    def forward(self, x: Any, out: Any = None) -> Any:
        return x

    def backward(self, gradient: Any, y: Any, x: Any) -> Any:
        return None


def title_of(node: Node, names: Mapping[Any, str] | None = None) -> str:
    """What a node is called on the circuit: a leaf by its name or number, an operation by its sign or word.

    An array that nobody named has the name that formulas have for it, in `names`.
    """
    if isinstance(node, Port):
        return node.title
    if node.operands:
        return symbol(node)
    if isinstance(node, Sizes):  # a shape, or the bounds of a slice
        sizes = ", ".join(map(str, node.sizes)).replace("-", "−")
        return f"({sizes})" if len(node.sizes) > 1 else sizes
    if isinstance(node, Constant) and not node.name:
        number = exact_number(node.given, node.value).replace("-", "−") if node.value.size == 1 else ""
        return number or (names or {}).get(operation(node), "constant")
    return node.name or ""


def in_title(leaf: Node) -> bool:
    """Whether the title of a leaf is the value itself."""
    return isinstance(leaf, Sizes) or (isinstance(leaf, Constant) and not leaf.name and leaf.value.size == 1)


def label_of(name: str | None) -> str:
    """The name of an operation's value, to stand before a shape; a path, as other systems write it, says what frames say.

    >>> label_of("h"), label_of("/encoder/layer.0/Add_output_0"), label_of(None)
    ('h  ', '', '')
    """
    return f"{name}  " if name and "/" not in name else ""


SIGNS = {"Add": "+", "Sub": "−", "Mul": "×", "Div": "÷", "Neg": "−", "MatMul": "@", "ReduceSum": "Σ", "Sqrt": "√"}
WORDS = {"SoftmaxCrossEntropy": "softmax\ncross-entropy", "ReduceMean": "mean", "ReduceMax": "max", "LogSoftmax": "log-softmax"}
WORD = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z][a-z]+")
LINE = 12
"""Up to how many letters an operation's name stands on one line."""


def symbol(node: Node) -> str:
    """How a circuit labels an operation: by its sign, its index, or its name in lower case, word for word.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 16))
    >>> symbol(mg.MeanSquaredError(x, x)), symbol(x[:, 4:8])
    ('mean squared\\nerror', '[:, 4:8]')
    """
    kind = type(node).__name__
    if kind == "Slice" and len(index := f"[{index_text(node.at(node), str)}]") <= LINE:  # type: ignore[attr-defined]
        return index
    words = WORD.findall(kind)
    name = " ".join(words).lower() if "".join(words) == kind else kind.lower()
    if len(name) > LINE and " " in name:
        breaks = (at for at, letter in enumerate(name) if letter == " ")
        middle = min(breaks, key=lambda at: max(at, len(name) - at))
        name = f"{name[:middle]}\n{name[middle + 1 :]}"
    return SIGNS.get(kind) or WORDS.get(kind) or name
