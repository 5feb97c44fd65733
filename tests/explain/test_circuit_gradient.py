"""The gradient as a graph, drawn in a row of its own beside what it was made from."""

import re
from functools import cache

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.provenance import derivative_order
from minigraph.explain.circuit.render import rendered
from models import gpt
from models.two_layer import build
from tests.explain.test_circuit import places, texts
from tests.explain.test_circuit_blocks import clusters


def with_gradients(graph: mg.Graph) -> mg.Graph:
    """A graph with the gradient of its first output for each parameter beside it."""
    name, output = next(iter(graph.outputs.items()))
    gradients = mg.gradient(output, list(graph.parameters.values()))
    return mg.Graph({name: output} | {f"d{key}": each for key, each in zip(graph.parameters, gradients, strict=True)})


def edges(source: str) -> list[tuple[str, str, str]]:
    return re.findall(r'^\t"?([\w-]+)"?[:\w]* -> "?([\w-]+)"?[:\w]* \[(.*)\]$', source, re.M)


def test_what_the_gradient_composed_has_a_cluster_of_its_own():
    graph = build()
    (dW1,) = mg.gradient(graph["loss"], [graph["W1"]])
    circuit = mg.Graph(loss=graph["loss"], dW1=dW1).draw()
    assert clusters(circuit) == ["block-forward", "block-gradient"]
    assert {"forward", "gradient"} <= set(texts(circuit))


def test_the_gradient_takes_its_values_from_boxes_of_their_own():
    both = with_gradients(build())
    source = both.draw().source
    assert len(re.findall(r"\tW2 \[label", source)) == 1
    taken = [(start, end) for start, end, _ in edges(source) if start.startswith("W2")]
    assert taken == [
        ("W2", "W2-MatMul2-1"),
        ("W2-MatMul2-1", "MatMul2"),
        ("W2-for-MatMul3", "W2-MatMul3-1"),
        ("W2-MatMul3-1", "MatMul3"),
    ]
    assert "dashed box: a value that comes from elsewhere" in texts(both.draw())


def test_a_graph_without_derivatives_has_no_rows():
    assert clusters(build().draw()) == []


def test_the_gradient_stands_below_what_it_is_the_gradient_of():
    at = places(with_gradients(build()).draw())
    assert min(at[key][1] for key in ("x", "a1", "z2", "loss", "output-0")) > max(at[f"output-{i}"][1] for i in range(1, 5))


def test_the_sum_of_gradients_at_a_fork_is_an_operation():
    x = mg.Input("x", ())
    y = np.tanh(x)
    (dx,) = mg.gradient(y * y + np.exp(y), [x])
    sums = [node for node in mg.Graph(dx=dx).operations if isinstance(node, mg.Add) and derivative_order(node.block)]
    assert len(sums) == 2
    assert texts(mg.Graph(dx=dx).draw()).count("+") == 2


def test_a_second_derivative_has_a_row_of_its_own():
    x = mg.Input("x", ())
    f = np.tanh(x)
    (slope,) = mg.gradient(f, [x])
    (curvature,) = mg.gradient(slope, [x])
    circuit = mg.Graph(f=f, slope=slope, curvature=curvature).draw()
    assert clusters(circuit) == ["block-forward", "block-gradient", "block-second_derivative"]
    assert len(places(circuit)) > 10


def test_the_gradient_of_a_block_is_in_a_block_beside_it():
    x = mg.blocks.dense(mg.Input("x", ("N", 2)), 3, rng=np.random.default_rng(0), name="hidden", activation=np.tanh)
    both = with_gradients(mg.Graph(loss=x.sum()))
    assert clusters(both.draw()) == [
        "block-forward", "block-forward.hidden", "block-gradient", "block-gradient.hidden",
    ]  # fmt: skip


@pytest.mark.parametrize("depth", [0, 1, None, "fit"])
def test_gradients_are_drawn_by_either_renderer(depth, monkeypatch):
    x = mg.blocks.dense(mg.Input("x", ("N", 2)), 3, rng=np.random.default_rng(0), name="hidden", activation=np.tanh)
    circuit = with_gradients(mg.Graph(loss=x.sum())).draw(depth=depth)
    assert len(places(circuit)) > 8
    monkeypatch.setenv("PATH", "")
    assert len(places(circuit)) > 8


def test_outputs_of_equal_parts_are_one():
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 4))
    for number in range(1, 5):
        x = mg.blocks.dense(x, 4, rng=rng, name=f"layer{number}", activation=np.tanh)
    shown = {re.sub(" +", " ", text) for text in texts(with_gradients(mg.Graph(loss=x.sum())).draw(depth=0))}
    assert {"dlayer1.W", "dlayer2.W", "… dlayer4.W × 3", "… dlayer4.b × 3"} <= shown  # the first passes nothing on to x


@cache
def transformer() -> mg.Graph:
    return with_gradients(gpt.build(layers=1))


@pytest.mark.parametrize("depth", [None, 1, 2])
def test_gradients_of_blocks_within_blocks_are_drawn(depth, monkeypatch):
    circuit = transformer().draw(depth=depth)
    assert len(places(circuit)) > 50
    monkeypatch.setenv("PATH", "")
    assert len(places(circuit)) > 50


@pytest.mark.parametrize("path", [None, ""])
@pytest.mark.parametrize("derivatives", [False, True])
def test_every_wire_to_an_operation_has_its_arrow(derivatives, path, monkeypatch):
    if path is not None:
        monkeypatch.setenv("PATH", path)
    x = mg.Input("x", ())
    y = np.tanh(x)
    (slope,) = mg.gradient(y, [x])
    (curvature,) = mg.gradient(slope, [x])
    for graph in (mg.Graph(slope=slope, names={"y": y}), mg.Graph(slope=slope, curvature=curvature), with_gradients(build())):
        drawn = rendered(graph.draw(derivatives=derivatives), "svg").decode()
        wires = re.findall(r'<g id="(\S+)" class="edge">(.*?)(?=<g id|$)', drawn, re.S)
        assert [key for key, wire in wires if not key.startswith("to&#45;") and "<polygon" not in wire] == []
