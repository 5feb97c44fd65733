"""The geometry of circuits, read from their SVG: what people draw can go on a slide and a page as it is drawn."""

import itertools
import os

import numpy as np
import pytest

from docs.graphs import GRAPHS, run_of
from minigraph.explain.circuit.render import _program, rendered
from minigraph.explain.circuit.style import BLUE, GREY, KINDS, RED
from tests.explain.geometry import faults
from tests.explain.svg import Picture


@pytest.fixture
def engine(monkeypatch):
    """Choose a renderer; graphviz-pure is found beside Python, with an empty PATH."""
    path = os.environ["PATH"]

    def choose(name):
        monkeypatch.setenv("PATH", path if name == "dot" else "")
        assert _program().stem == name

    return choose


def three(graph, run=None, **options):
    """The circuit of a graph, its derivatives and its run, by name."""
    yield "circuit", graph.draw(**options)
    yield "derivatives", graph.draw(derivatives=True, **options)
    yield "run", (run or run_of(graph)).draw(**options)


@pytest.mark.parametrize("kind", ["circuit", "derivatives", "run"])
@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in ("irregular", "resnet", "yolo")])
def test_nothing_overlaps(name, kind, engine):
    engine("graphviz-pure")
    picture = Picture(rendered(dict(three(GRAPHS[name]()))[kind], "svg"))
    assert [fault for fault in faults(picture) if fault.startswith("overlap")] == []


@pytest.mark.parametrize("name", ["attention", "lstm", "gradient", "resnet"])
def test_the_same_graph_gives_the_same_bytes(name):
    one, other = (dict(three(GRAPHS[name]())) for _ in range(2))
    assert {kind: circuit.source for kind, circuit in one.items()} == {kind: each.source for kind, each in other.items()}


SEEN = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    "no colour": [[0.2126, 0.7152, 0.0722]] * 3,
}
"""How light is seen by whom, in linear RGB. Source: G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for
Simulation of Color Vision Deficiency", 2009."""


def light(colour, seen):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] if colour.startswith("#") else [1.0] * 3)
    linear = np.where(values <= 0.03928, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.clip(np.array(SEEN[seen]) @ linear, 0, 1)


@pytest.mark.parametrize("seen", SEEN)
def test_every_kind_of_colour_vision_reads_the_text(seen):
    fills = {style["fillcolor"] for style in KINDS.values()}
    for fill, letters in itertools.product(fills, (BLUE, RED, GREY)):
        one, other = (light(colour, seen) @ [0.2126, 0.7152, 0.0722] for colour in (fill, letters))
        assert (max(one, other) + 0.05) / (min(one, other) + 0.05) >= 4, (fill, letters)
    if seen != "no colour":  # to whom a value differs from a gradient by where it stands alone
        assert np.abs(light(BLUE, seen) ** (1 / 2.2) - light(RED, seen) ** (1 / 2.2)).max() > 0.2


def test_every_graph_runs():
    for name in set(GRAPHS) - {"irregular"}:
        graph = GRAPHS[name]()
        assert all(np.isfinite(run_of(graph)[output]).all() for output in graph.outputs), name


def test_the_neuron_of_cs231n_has_the_numbers_that_are_printed_there():
    """Source: A. Karpathy, CS231n, "Backpropagation, Intuitions", its circuit of a sigmoid neuron, to two places."""
    run = run_of(GRAPHS["sigmoid_neuron"]())
    assert round(float(run["f"]), 2) == 0.73
    gradients = {name: round(float(run.backward()[name]), 2) for name in ("w0", "x0", "w1", "x1", "w2")}
    assert gradients == {"w0": -0.2, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.2}
