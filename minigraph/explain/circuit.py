"""A graph drawn as a circuit, in the DOT language of Graphviz."""

from html import escape
from os import PathLike
from typing import Any

import graphviz
import numpy as np

from minigraph.axes import show_shape
from minigraph.explain.render import render
from minigraph.graph import Graph
from minigraph.node import Constant, Input, Node, Variable
from minigraph.readings import local_derivative, symbol
from minigraph.run import Run

__all__ = ["draw", "draw_run"]

BLUE, RED, GREY = "#1f5fa8", "#b3402a", "#6b7280"
LEAVES = {Input: ("#e8f1fb", BLUE), Variable: ("#fdf3d8", "#a87b10"), Constant: ("#f3f4f6", GREY)}


def draw(graph: Graph, file: str | PathLike[str] | None = None, *, derivatives: bool = False) -> graphviz.Digraph:
    """The circuit, also written to `file` in the format of its suffix (svg, png, pdf or dot).

    With `derivatives`, each wire carries the local derivative by which the gradient that returns on it is multiplied:
    □ stands for that gradient.
    """
    marks = {(n, i): [(RED, local_derivative(n, i) or "")] for n in graph.nodes for i in range(len(n.operands))}
    return _drawn(graph, marks if derivatives else {}, {}, file)


def draw_run(run: Run, file: str | PathLike[str] | None = None) -> graphviz.Digraph:
    """The circuit with the value (blue) and the gradient of the first output (red) of every node."""
    output = next(iter(run.graph.outputs.values()))
    scalar = output.dtype.kind == "f" and all(axis == 1 for axis in output.shape)
    gradients = dict(run.backward(output)) if scalar else {}
    notes = {
        node: [(BLUE, summary(run[node]))] + ([(RED, summary(gradients[node]))] if node in gradients else [])
        for node in run.graph.nodes
    }
    return _drawn(run.graph, {}, notes, file)


def summary(array: Any) -> str:
    """A few numbers as they are, many as their mean ± standard deviation; what is only rounding is 0.

    >>> summary(np.array([0.5, 1e-18])), summary(np.ones((10, 10)))
    ('0.5  0', '1 ± 0')
    """
    array = np.asarray(array, dtype=np.float64)
    scale = np.abs(array).max(initial=0)
    if array.size <= 4:
        return "  ".join(_number(x, scale) for x in array.flat) or "empty"
    return f"{_number(array.mean(), scale)} ± {_number(array.std(), scale)}"


def _number(x: float, scale: float) -> str:
    return "0" if abs(x) <= 1e-12 * scale else f"{x:.3g}".replace("-", "−")


def _drawn(graph: Graph, marks: Any, notes: Any, file: Any) -> graphviz.Digraph:
    dot = graphviz.Digraph("circuit", graph_attr={"rankdir": "LR", "bgcolor": "white", "nodesep": "0.35", "ranksep": "0.6"})
    dot.attr("node", fontname="Helvetica", fontsize="12")
    dot.attr("edge", fontname="Helvetica", fontsize="10", color="#9ca3af", arrowsize="0.7")
    spine, ids = _spine(graph), {node: f"n{i}" for i, node in enumerate(graph.nodes)}
    for node, key in ids.items():
        group = "spine" if node in spine else key
        rows = [] if node.operands else [(GREY, show_shape(node.shape)), *notes.get(node, [])]
        title = symbol(node) if node.operands else _leaf_title(node)
        dot.node(key, _html(title, rows), group=group, id=key, tooltip=_plain(repr(node)), **_look(node))
    for node, key in ids.items():
        for i, operand in enumerate(node.operands):
            rows = [(RED, text) for _, text in marks.get((node, i), []) if text]
            if operand.operands:
                rows = notes.get(operand, []) + rows
                name = operand.name or ""
                if name:
                    rows = [(GREY, f"{name}  {show_shape(operand.shape)}"), *rows]
            label = {"label": _html("", rows)} if rows else {}
            weight = "20" if node in spine and operand in spine else "1"
            dot.edge(ids[operand], key, id=f"{ids[operand]}-{key}-{i}", weight=weight, **label)
    for i, (name, node) in enumerate(graph.outputs.items()):
        dot.node(f"out{i}", _html(name, notes.get(node, [])), shape="plaintext", id=f"out{i}")
        dot.edge(ids[node], f"out{i}", weight="20" if node in spine else "1")
    if file is not None:
        render(dot, file)
    return dot


def _spine(graph: Graph) -> set[Node]:
    """The path from the first output back through first operands to the data."""
    node = next(iter(graph.outputs.values()))
    path = {node}
    while node.operands:
        node = node.operands[0]
        path.add(node)
    return path


def _leaf_title(node: Node) -> str:
    return node.name or (f"{node.value.item():g}" if isinstance(node, Constant) and node.value.size == 1 else "constant")


def _look(node: Node) -> dict[str, str]:
    for kind, (fill, line) in LEAVES.items():
        if isinstance(node, kind):
            return {"shape": "box", "style": "rounded,filled", "fillcolor": fill, "color": line, "margin": "0.12,0.06"}
    short = {"shape": "circle", "fixedsize": "true", "width": "0.45", "fontsize": "18"} if len(symbol(node)) == 1 else {}
    return {"shape": "box", "style": "rounded,filled", "fillcolor": "white", "color": "#374151", "penwidth": "1.3"} | short


def _html(title: str, rows: list[tuple[str, str]]) -> str:
    lines = [f"<b>{_text(title)}</b>"] * bool(title)
    lines += [f'<font point-size="9" color="{color}">{_text(text)}</font>' for color, text in rows]
    return f"<{'<br/>'.join(lines)}>"


def _text(text: str) -> str:
    return "<br/>".join(escape(line) or " " for line in text.split("\n"))


def _plain(text: str) -> str:
    return graphviz.escape(text.replace("\n", " "))
