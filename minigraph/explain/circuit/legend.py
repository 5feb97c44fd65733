"""The legend of a circuit, which shape is which kind and what stands on the wires, and its tooltips."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from minigraph.core.leaves import Parameter
from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import scale_bar
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import BLUE, CDS, GREY, IMAGE, INK, KINDS, MARK, RED, Line, escaped, flush, look
from minigraph.explain.circuit.view import Box, View, Wire
from minigraph.explain.circuit.wiring import GRADIENT

__all__ = ["SMALL", "about_block", "about_node", "add_legend", "block_lines", "notes", "omitted"]

SMALL = {"fontsize": "9", "width": "0.5", "margin": "0.1,0.03", "penwidth": "1"}
"""What the nodes of the legend have unlike those of the circuit."""

RELATION = re.compile(r"\[[^\[\]]+ [=<>≤≥] [^\[\]]+\]")
"""One of Iverson's brackets: [a1 > 0]."""


def add_legend(dot: Circuit, kinds: Collection[str], lines: list[Line]) -> None:
    """Add a row with one small node of each kind that the circuit has, and then the lines, from left to right."""
    with dot.subgraph(name="cluster_legend") as legend:
        legend.attr(penwidth="0", label="", tooltip="legend")
        keys = []
        for kind in (kind for kind in KINDS if kind in kinds):
            keys.append(f"legend-{kind}")
            height = f"{0.28 * CDS if kind == 'input' else 0.26:.2f}"
            small = look(kind, "") | SMALL | {"height": height}
            legend.node(keys[-1], kind, id=keys[-1], tooltip=f"the shape of every {kind}", fontcolor=INK, **small)
        if lines:
            keys.append("legend-lines")
            about = "what stands on the wires"
            legend.node(keys[-1], flush(lines), id=keys[-1], tooltip=about, shape="plaintext", margin="0.05,0")
        for first, second in pairwise(keys[::-1] if dot.graph_attr.get("rankdir") == "RL" else keys):
            legend.edge(first, second, style="invis")


def notes(view: View, readout: Readout, returning: Mapping[Wire, str], told: Collection[str], path: bool) -> list[Line]:
    """What stands on the wires, as far as it stands on some, and what is not shown."""
    return [*_numbers(view, readout), *_derivatives(readout, returning, told), *omitted(view), *_marked(path)]


def _numbers(view: View, readout: Readout) -> list[Line]:
    lines: list[Line] = []
    if readout.values:
        lines.append((BLUE, "blue, above a wire: the value"))
    if readout.gradients:
        lines.append((RED, f"red, below it: the gradient of {readout.of} with respect to that value"))
    elif readout.values:
        name, node = next(iter(view.graph.outputs.items()))
        lines.append((GREY, f"no gradients: {name} is {show_shape(node.shape)}, not one number"))
    return lines


def _derivatives(readout: Readout, returning: Mapping[Wire, str], told: Collection[str]) -> list[Line]:
    texts, lines = returning.values(), []
    if returning:
        lines.append((RED, "below a wire: what becomes of the gradient on its way back"))
    if "× 1" in texts:
        lines.append((RED, "× 1: the gradient passes unchanged"))
    if any(GRADIENT in text for text in texts):
        lines.append((RED, f"{GRADIENT}: the gradient that returns"))
    relations = RELATION.findall(" ".join(texts))
    if relations:
        among = "; k: the position along the axis, from 0" if any(" = k]" in relation for relation in relations) else ""
        lines.append((RED, f"[…]: 1 where that holds, else 0{among}"))
    if any("±" in text for text in (*readout.values.values(), *readout.gradients.values(), *texts)):
        lines.append((GREY, "mean ± standard deviation, where there are many numbers"))
    if "!" in told:
        lines.append((MARK, "!: what may be wrong, as saturated or dead units and gradients that are 0, vanish or explode"))
    if readout.images:
        lines.append((GREY, "images: means of parts; blue is minus the largest of an image, white 0, orange plus the largest"))
        lines.append((IMAGE, scale_bar()))
    if "sum" in told:
        lines.append((GREY, "sum: where a value is used more than once, the gradients add up"))
    return lines


def omitted(view: View) -> list[Line]:
    """What is not shown, and how to see it."""
    lines: list[Line] = []
    if view.times:
        lines.append((GREY, "× with a number: equal parts, each of which takes what the one before gives; the first is shown,"))
        lines.append((GREY, "and what leaves it is what leaves the last"))
    if any(isinstance(item, Box) for item in view.items):
        levels = max(len(item.path) for item in view.items if isinstance(item, Box))
        lines.append((GREY, f"closed blocks: draw(depth={levels}) opens them"))
    if lines and view.size < len(view.graph.operations):
        lines.append((GREY, f"draw(depth=None) shows all {len(view.graph.operations)} operations"))
    return lines


def _marked(path: bool) -> list[Line]:
    return [(GREY, "strong lines: the paths that were asked for; all else is pale")] if path else []


LONGEST = 60
"""How many letters of an attribute are told."""


def about_node(node: Node, *more: str) -> str:
    """The kind, name, shape, type and attributes of a node, the line that made it, and what else is known, as DOT writes it."""
    attributes = ((key, getattr(node, key)) for key in node.attributes)
    told = ", ".join(f"{key} = {_shortly(value)}" for key, value in attributes if value is not None)
    return escaped("\n".join(filter(None, (repr(node), told, f"made at {node.line}" if node.line else "", *more))))


def _shortly(value: Any) -> str:
    written = repr(value).replace("\n", " ")
    return written if len(written) <= LONGEST else f"{written[: LONGEST - 1]}…"


def about_block(path: Path, nodes: Sequence[Node]) -> str:
    """The path of a block, what it holds, and the lines that made it, as DOT writes it."""
    lines = [f"made at {line}" for line in dict.fromkeys(node.line for node in nodes) if line]
    return escaped("\n".join([f"block {'.'.join(path)}", *block_lines(nodes), *lines]))


def block_lines(nodes: Sequence[Node]) -> list[str]:
    """How many operations and elements of parameters a block holds."""
    operations = sum(bool(node.operands) for node in nodes)
    elements = sum(node.value.size for node in nodes if isinstance(node, Parameter))
    lines = [f"{operations} operation{'s' * (operations != 1)}"]
    return lines + ([f"{elements} parameter element{'s' * (elements != 1)}"] if elements else [])
