"""Make the pictures of docs/circuits.md: `python -m docs.circuits [FOLDER]`."""

import sys
from pathlib import Path

import numpy as np

import minigraph as mg
from docs import graphs
from docs.graphs import run_of
from docs.make import WIDTH
from minigraph.core.run import forward
from minigraph.explain.circuit.render import Circuit, render
from models import gpt, two_layer


def transformer() -> Circuit:
    """A language model of twelve equal layers."""
    circuit: Circuit = gpt.build(layers=12).draw(width=WIDTH)
    return circuit


def transformer_gradient() -> Circuit:
    """The same model with the gradient of its loss for every parameter."""
    graph = gpt.build(layers=12)
    gradients = mg.gradient(graph["loss"], list(graph.parameters.values()))
    names = [f"∂loss/∂{name}" for name in graph.parameters]
    circuit: Circuit = mg.Graph(dict(zip(names, gradients, strict=True)), loss=graph["loss"]).draw(width=WIDTH)
    return circuit


def path() -> Circuit:
    """How the first weights reach the loss."""
    circuit: Circuit = two_layer.build().draw(path=("W1", "loss"), width=WIDTH)
    return circuit


def comparison() -> Circuit:
    """The article's model beside one with more units and a penalty on its weights."""
    return mg.compare(two_layer.build(), two_layer.build(hidden=800, penalty=0.01), width=WIDTH)


def images() -> Circuit:
    """A run whose first weights are far too large."""
    graph = two_layer.build(hidden=12)
    graph.parameters["W1"].value = 6 * graph.parameters["W1"].value
    X = np.random.default_rng(1).normal(size=(60, 2))
    circuit: Circuit = forward(graph, x=X, y=X.prod(axis=1) < 0).draw(images=True, width=WIDTH)
    return circuit


def neuron() -> Circuit:
    """The sigmoid neuron of Stanford's course CS231n on a slide, with the numbers that the course prints."""
    circuit: Circuit = run_of(graphs.sigmoid_neuron()).draw(theme="slide", digits=2)
    return circuit


def resnet() -> Circuit:
    """ResNet-50, read from ONNX."""
    circuit: Circuit = graphs.resnet().draw(theme="slide")
    return circuit


PICTURES = (transformer, transformer_gradient, path, comparison, images, neuron, resnet)


def make(folder: Path) -> None:
    """Write every picture of the page into the folder, as SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in PICTURES:
        render(picture(), folder / f"{picture.__name__}.svg")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures" / "circuits")
