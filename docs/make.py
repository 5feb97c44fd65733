"""Make the pictures of docs/article.md, all from the running graph: `python -m docs.make [FOLDER]`."""

import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from minigraph.core.run import forward
from models.two_layer import build

WIDTH = 660
"""How many points wide the pictures are shown at most: 880 pixels."""


def make(folder: Path) -> None:
    """Write every picture of the article into the folder, as SVG."""
    build().draw_network(folder / "network.svg", width=WIDTH)
    build().draw(folder / "circuit.svg", width=WIDTH)
    build().draw(folder / "derivatives.svg", derivatives=True, width=WIDTH)
    quadrants().draw(folder / "run.svg", width=WIDTH)
    by_hand().draw(folder / "by_hand.svg", width=WIDTH)


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


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
