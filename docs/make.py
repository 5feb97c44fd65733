"""Make the pictures of docs/article.md, all from the running graph: `python -m docs.make [FOLDER]`."""

import sys
from itertools import pairwise, product
from pathlib import Path

import graphviz
import numpy as np

import minigraph as mg
from minigraph.explain.render import render
from minigraph.run import forward
from models.two_layer import build

BLUE, OCHRE, GREY, WIRE = "#1f5fa8", "#8a6100", "#6b7280", "#9ca3af"
SHOWN = 3
"""How many units of a wide layer are drawn before the dots."""


def make(folder: Path) -> None:
    """Write every picture of the article into the folder, as SVG."""
    render(network(build()), folder / "network.svg")
    build().draw(folder / "circuit.svg")
    build().draw(folder / "derivatives.svg", derivatives=True)
    quadrants().draw(folder / "run.svg")
    by_hand().draw(folder / "by_hand.svg")


def quadrants() -> mg.Run:
    """The article's model, run on 200 points of the plane: class 0 where both coordinates have one sign, else class 1."""
    X = np.random.default_rng(1).normal(size=(200, 2))
    return forward(build().astype(np.float64), x=X, y=X.prod(axis=1) < 0)


def by_hand() -> mg.Run:
    """The same model with two hidden units and round parameters, run on one point: few enough numbers to follow by hand."""
    graph = build(hidden=2).astype(np.float64)
    graph.parameters["W1"].value = np.array([[1, 0.5], [0, -0.5]])
    graph.parameters["W2"].value = np.array([[1, -1], [0.5, 1]])
    return forward(graph, x=[[1, 2]], y=[1])


def network(graph: mg.Graph) -> graphviz.Digraph:
    """Fig 1: the layers of neurons between x and ŷ, their sizes read from the graph; a wide layer is elided."""
    dot = graphviz.Digraph("network", graph_attr={"layout": "neato", "bgcolor": "white", "splines": "line", "pad": "0.2"})
    dot.attr("node", fontname="Helvetica", fontsize="12", shape="circle", fixedsize="true", width="0.5", style="filled")
    dot.attr("edge", fontname="Helvetica", fontsize="10", color=WIRE, arrowsize="0.5", penwidth="0.8")
    (inputs, hidden), (_, classes) = (graph.parameters[name].value.shape for name in ("W1", "W2"))
    layers = [
        layer(dot, 0, "x", inputs, f"{inputs} inputs"),
        layer(dot, 1, "a1", hidden, f"{hidden} units, tanh"),
        layer(dot, 2, "z2", classes, f"{classes} sums"),
        layer(dot, 3, "ŷ", classes, "softmax"),
    ]
    for before, after in pairwise(layers):
        for start, end in product(before, after):
            dot.edge(start, end)
    for i, names in enumerate(("W1, b1", "W2, b2")):
        text(dot, i + 0.5, 0.2, f'<font color="{OCHRE}"><b>{names}</b></font>')
    return dot


def layer(dot: graphviz.Digraph, column: int, name: str, size: int, role: str) -> list[str]:
    """One column of neurons under a heading; the names of those that are drawn are returned."""
    text(dot, column, 0.2, f'<b>{name}</b><br/><font point-size="9" color="{GREY}">{role}</font>')
    units = [*range(1, SHOWN + 1), size] if size > SHOWN + 1 else [*range(1, size + 1)]
    fill, line = ("#e8f1fb", BLUE) if column == 0 else ("white", "#374151")
    places = [1, 2, 3, 4.6] if size > SHOWN + 1 else [2.8 + i - (size - 1) / 2 for i in range(size)]
    for unit, place in zip(units, places, strict=True):
        label = f'<<font point-size="9">{unit}</font>>'
        dot.node(f"{name}{unit}", label, pos=position(column, place), fillcolor=fill, color=line)
    if size > SHOWN + 1:
        text(dot, column, 3.8, '<font point-size="8">·<br/>·<br/>·</font>')
    return [f"{name}{unit}" for unit in units]


def text(dot: graphviz.Digraph, column: float, row: float, label: str) -> None:
    """Words that stand alone in the picture."""
    dot.node(f"{column} {row}", f"<{label}>", pos=position(column, row), shape="plaintext", fixedsize="false", style="")


def position(column: float, row: float) -> str:
    """A place that Graphviz keeps to, in inches: columns from the left, rows from the top."""
    return f"{2.1 * column:g},{-0.7 * row:g}!"


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
