"""The legend of a circuit, which shape is which kind and what stands on the wires, and its tooltips."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from minigraph.core.leaves import Parameter
from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import range_of, scale_bar, strip
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Step, Stretch
from minigraph.explain.circuit.style import (
    BLUE,
    CDS,
    GREY,
    IMAGE,
    INK,
    KINDS,
    RED,
    WARNING,
    Line,
    Port,
    escaped,
    flush,
    node_style,
    shortened,
    title_of,
)
from minigraph.explain.circuit.theme import Theme
from minigraph.explain.circuit.view import Box, Item, View, Wire
from minigraph.explain.circuit.wiring import GRADIENT

__all__ = [
    "SMALL",
    "Legend",
    "add_legend",
    "block_lines",
    "legend_within",
    "listed",
    "notes",
    "omitted",
    "tooltip",
    "tooltip_of_node",
]

SMALL = {"fontsize": "9", "width": "0.5", "margin": "0.1,0.03", "penwidth": "1"}
"""What the nodes of the legend have unlike those of the circuit."""

RELATION = re.compile(r"\[[^\[\]]+ [=<>≤≥] [^\[\]]+\]")
"""One of Iverson's brackets: [a1 > 0]."""

GAP = 12.0
"""The distance between the parts of a legend, in points."""

IMAGE_HIGH = 6.0
"""How much higher than a line of text an image of the legend is."""

MOST = 20
"""How many values a tooltip lists."""

MARKS = 3
"""How many marks the legend says in words."""

LONGEST = 60
"""How many letters of an attribute a tooltip shows."""


def add_legend(dot: Circuit, kinds: Collection[str], lines: list[Line]) -> None:
    """Add a row with one small node of each kind that the circuit has, and then the lines, from left to right."""
    with dot.subgraph(name="cluster_legend") as legend:
        legend.attr(penwidth="0", label="", tooltip="legend")
        ids = []
        for kind in (kind for kind in KINDS if kind in kinds):
            ids.append(f"legend-{kind}")
            own = {"label": kind, "fontcolor": INK, "height": f"{0.26 + (CDS / 72 if kind == 'input' else 0):.2f}"}
            small = node_style(kind, "") | SMALL | own
            legend.node(ids[-1], id=ids[-1], tooltip=f"the shape of every {kind}", **small)
        if lines:
            ids.append("legend-lines")
            about = "what stands on the wires"
            legend.node(ids[-1], flush(lines), id=ids[-1], tooltip=about, shape="plaintext", margin="0.05,0")
        for first, second in pairwise(ids[::-1] if dot.graph_attr.get("rankdir") == "RL" else ids):
            legend.edge(first, second, style="invis")


class Legend:
    """A row with one small node of each kind that the circuit has, and lines beside it, or below in as many columns as fit."""

    def __init__(self, theme: Theme, kinds: Collection[str], lines: list[Line], width: float) -> None:
        self.theme = theme
        self.kinds = {kind: theme.text(kind) + 20 for kind in KINDS if kind in kinds}
        wide, high = sum(self.kinds.values()) + GAP * len(self.kinds), theme.small * 2.2
        tries = [(beside, _in_columns(lines, count)) for beside in (True, False) for count in (1, 2, 3, 4)]
        sizes = [(beside, columns, [*map(self._size, columns)]) for beside, columns in tries]
        shapes = []
        for beside, columns, each in sizes:
            long, deep = sum(size[0] + GAP for size in each), max((size[1] for size in each), default=0.0)
            size = (wide + long, max(high, deep)) if beside else (max(wide, long), high + GAP / 2 + deep)
            shapes.append((size[0] > width, size[1], beside, columns, size))
        _, _, self.beside, self.columns, self.size = min(shapes, key=lambda shape: shape[:2])
        self.row = wide, high

    def _size(self, lines: Sequence[Line]) -> tuple[float, float]:
        """How wide and how high some lines are."""
        images = sum(colour == IMAGE for colour, _ in lines)
        texts = [text for colour, text in lines if colour != IMAGE]
        return self.theme.widest(texts), self.theme.high(len(texts)) + images * (self.theme.high(1) + IMAGE_HIGH)

    def write(self, dot: Circuit, left: float, top: float) -> None:
        """Write it in DOT, from its left upper corner."""
        x, fixed = left, {"fixedsize": "true"}
        for kind, wide in self.kinds.items():
            high = self.theme.small * 1.9 + (CDS if kind == "input" else 0)
            ring = 8 if kind == "output" else 0
            size = {"width": f"{(wide - ring) / 72:.3f}", "height": f"{(high - ring / 2) / 72:.3f}"}
            own = {"label": kind, "fontcolor": INK, "fontsize": f"{self.theme.small:g}", "penwidth": "1"} | size | fixed
            pos = f"{x + wide / 2:.2f},{top - self.row[1] / 2:.2f}"
            about = f"the shape of every {kind}"
            dot.node(f"legend-{kind}", id=f"legend-{kind}", pos=pos, tooltip=about, **node_style(kind, "") | own)
            x += wide + GAP
        x, top = (x, top) if self.beside else (left, top - self.row[1] - GAP / 2)
        for i, lines in enumerate(self.columns):
            (wide, high), id = self._size(lines), f"legend-lines{f'-{i}' if i else ''}"
            size = {"width": f"{wide / 72:.3f}", "height": f"{high / 72:.3f}", "margin": "0"}
            pos, label = f"{x + wide / 2:.2f},{top - high / 2:.2f}", flush(lines, self.theme.small)
            about = "what stands on the wires"
            dot.node(id, label, id=id, tooltip=about, shape="plaintext", pos=pos, **size, **fixed)
            x += wide + GAP


def legend_within(theme: Theme, kinds: Collection[str], lines: list[Line], width: float, high: float) -> Legend:
    """The legend in a place of that size, with as many of the sentences as there is room for."""
    legend = Legend(theme, kinds, lines, width)
    while legend.size[1] > high and lines:
        lines = [line for sentence in sentences(lines)[:-1] for line in sentence]
        legend = Legend(theme, kinds, lines, width)
    return legend


def sentences(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines, each image with the line before it, and each sentence whole."""
    parts: list[list[Line]] = []
    for colour, text in lines:
        if parts and (colour == IMAGE or parts[-1][-1][1].endswith(",")):
            parts[-1].append((colour, text))
        else:
            parts.append([(colour, text)])
    return parts


def _in_columns(lines: Sequence[Line], count: int) -> list[list[Line]]:
    """Lines in so many columns."""
    parts = sentences(lines)
    most = -(-len(parts) // count)
    columns = [parts[i : i + most] for i in range(0, len(parts), most or 1)]
    return [[line for part in column for line in part] for column in columns]


def notes(
    view: View, readout: Readout, local: Mapping[Wire, str], noted: Collection[str], path: bool, hints: bool = True
) -> list[Line]:
    """What stands on the wires, as far as it stands on some, and what is not shown.

    Parameters
    ----------
    view, readout
        What the picture shows of a graph, and of a run.
    local
        The local derivatives on the wires, where they are shown.
    noted
        What stands somewhere in the picture: "!", "sum", and values that stand "again" in another frame.
    path
        Whether a path stands out.
    hints
        Whether it is said how to see what is not shown: to who draws, not to who is shown the picture.
    """
    first, output = next(iter(view.graph.outputs.items()))
    texts = [*local.values()]
    numbers = [shown.text for shown in (*readout.values.values(), *readout.gradients.values())]
    relations = RELATION.findall(" ".join(texts))
    among = "; k: the position along the axis, from 0" if any(" = k]" in relation for relation in relations) else ""
    known: list[tuple[object, str, str]] = [
        (view.inside, KINDS["parameter"]["color"], "in an operation: its parameters"),
        (readout.values, BLUE, "blue, above a wire: the value"),
        (readout.gradients, RED, f"red, below it: the gradient of {readout.of} with respect to that value"),
        (readout.values and not readout.gradients, GREY,
         f"no gradients: {first} is {show_shape(output.shape)}, not one number"),
        (local, RED, "below a wire: what becomes of the gradient on its way back"),
        ("× 1" in texts, RED, "× 1: the gradient passes unchanged"),
        (any(GRADIENT in text for text in texts), RED, f"{GRADIENT}: the gradient that returns"),
        (relations, RED, f"[…]: 1 where that holds, else 0{among}"),
        (any("±" in text for text in (*numbers, *texts)), GREY, "mean ± standard deviation, where there are many numbers"),
        ("!" in noted, WARNING,
         "!: what may be wrong, as saturated or dead units and gradients that are 0, vanish or explode"),
        ("!" in noted, WARNING, f"here {marked(view, readout)}"),
        (readout.images, GREY,
         "images: means of parts; blue is minus the largest of an image, white 0, orange plus the largest"),
        (readout.images, IMAGE, scale_bar()),
        ("again" in noted, GREY, "dashed box: a value that comes from elsewhere"),
        ("sum" in noted, GREY, "sum: where a value is used more than once, the gradients add up"),
    ]  # fmt: skip
    lines = [(colour, text) for shown, colour, text in known if shown] + strips(view, readout) + omitted(view, hints)
    return lines + [(GREY, "strong lines: the paths that were asked for; all else is pale")] * path


def marked(view: View, readout: Readout) -> str:
    """What is marked, in words: there may be room for a sign alone where it is.

    Named by a value's name, or by the operation that gives it.
    """
    found = {
        f"{node.name or title_of(node)}: {shown[node].warning}": None
        for shown in (readout.values, readout.gradients)
        for node in shown
        if shown[node].warning and view.representative.get(node) is node
    }
    return "; ".join(list(found)[:MARKS]).replace("\n", " ") + f" and {len(found) - MARKS} more" * (len(found) > MARKS)


def strips(view: View, readout: Readout) -> list[Line]:
    """How large values and gradients are along chains of equal parts, and in the steps of scans: a strip of cells each."""
    chains: dict[str, list[Node]] = {}
    for path, nodes in view.carried.items():
        unnamed = isinstance(path[-1], Step)
        chains[f"the {len(nodes)} equal parts" if unnamed else f"{path[-1]} to {view.times[path][1]}"] = nodes
    chains |= {title_of(node): [node] for node in view.graph.nodes if isinstance(node, Port)}
    lines: list[Line] = []
    for title, nodes in chains.items():
        for what, shown, colour in (("values", readout.values, BLUE), ("gradients", readout.gradients, RED)):
            large = [size for node in nodes if node in shown for size in shown[node].sizes]
            if len(large) > 2:
                lines.append((colour, f"how large the {what} of {title} are: {range_of(large)}"))
                lines.append((IMAGE, strip(large, gradients=colour == RED)))
    return lines


def omitted(view: View, hints: bool = True) -> list[Line]:
    """What is not shown, and how to see it if hints are wanted."""
    lines: list[Line] = []
    if view.aside:
        lines.append((GREY, "× with a number: so many equal parts; the first is shown"))
    if view.times.keys() - view.aside:
        lines.append((GREY, "× with a number: equal parts, each of which takes what the one before gives; the first is shown,"))
        lines.append((GREY, "and what leaves it is what leaves the last"))
    closed = [item.path for item in view.items if isinstance(item, Box)]
    levels = max(map(len, closed), default=0)
    if any(isinstance(path[-1], Stretch) for path in closed):
        lines.append((GREY, "a box with a value's name: the operations that lead to it alone"))
    elif levels and hints:
        lines.append((GREY, f"closed blocks: draw(depth={levels}) opens them"))
    if lines and hints and view.size < len(view.graph.operations):
        lines.append((GREY, f"draw(depth=None) shows all {len(view.graph.operations)} operations"))
    return lines


def tooltip(item: Item, readout: Readout) -> str:
    """All about a node, or the path of a closed block, what it holds, and the lines that composed it, as DOT writes it."""
    if isinstance(item, Node):
        return tooltip_of_node(item, readout.details.get(item, ""))
    lines = [f"made at {line}" for line in dict.fromkeys(node.line for node in item.nodes) if line]
    return escaped("\n".join([f"block {'.'.join(item.path)}", *block_lines(item.nodes), *lines]))


def tooltip_of_node(node: Node, *more: str) -> str:
    """The kind, name, shape, type and attributes of a node, the line that composed it, and what else is known."""
    attributes = [(key, getattr(node, key)) for key in node.attributes]
    written = [(key, repr(each).replace("\n", " ")) for key, each in attributes if each is not None]
    listed = ", ".join(f"{key} = {shortened(text, LONGEST)}" for key, text in written)
    lines = [repr(node), listed, f"made at {node.line}" if node.line else "", *more]
    return escaped("\n".join(filter(None, lines)))


def listed(values: Sequence[Node]) -> str:
    """A tooltip that lists values."""
    return escaped("\n".join([*map(str, values[:MOST]), *(["…"] if len(values) > MOST else [])]))


def block_lines(nodes: Sequence[Node]) -> list[str]:
    """How many operations and elements of parameters a block holds."""
    operations = sum(bool(node.operands) for node in nodes)
    elements = sum(node.value.size for node in nodes if isinstance(node, Parameter))
    lines = [f"{operations} operation{'s' * (operations != 1)}"]
    return lines + ([f"{elements} parameter element{'s' * (elements != 1)}"] if elements else [])
