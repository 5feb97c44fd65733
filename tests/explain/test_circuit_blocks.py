"""Blocks in circuits: clusters, closed boxes, one of several equal parts, steps that nobody named."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import summary
from minigraph.explain.circuit.opening import view_of
from minigraph.explain.circuit.render import rendered
from minigraph.explain.circuit.view import Box
from models import gpt
from tests.explain.test_circuit import texts


def layers(count: int, units: int = 4) -> mg.Graph:
    """A network of equal dense layers, each a block."""
    rng = np.random.default_rng(0)
    x = mg.Input("x", ("N", units))
    for number in range(1, count + 1):
        x = mg.blocks.dense(x, units, rng=rng, name=f"layer{number}", activation=mg.Tanh)
    return mg.Graph(y=x)


def clusters(circuit) -> list[str]:
    """The ids of the open blocks, the outermost first."""
    return re.findall(r'subgraph "cluster_(block-[^"]+)"', circuit.source)


def test_blocks_are_clusters_one_within_the_other():
    with mg.blocks.block("encoder"):
        x = mg.blocks.dense(mg.Input("x", ("N", 2)), 3, rng=np.random.default_rng(0), name="inner")
    circuit = mg.Graph(y=np.tanh(x)).draw()
    assert clusters(circuit) == ["block-encoder", "block-encoder.inner"]
    assert {"encoder", "inner"} <= set(texts(circuit))
    assert 'id="block-encoder.inner"' in rendered(circuit, "svg").decode().replace("&#45;", "-")


def test_a_graph_that_a_page_holds_is_shown_whole():
    view = view_of(layers(4), "fit")
    assert view.size == 12 and view.times == {}


def test_a_closed_block_tells_what_it_holds_and_what_leaves_it():
    circuit = layers(1).draw(depth=0)
    shown = texts(circuit)
    assert {"layer1", "3 operations", "20 parameter elements", "N × 4", "closed blocks: draw(depth=1) opens them"} <= set(shown)
    assert "tanh" not in shown and clusters(circuit) == []
    about = r'tooltip="block layer1\\n3 operations\\n20 parameter elements\\nmade at test_circuit_blocks.py:'
    assert re.search(rf'"block-layer1" \[label=.*{about}', circuit.source)


def test_equal_blocks_in_a_row_are_shown_once():
    closed, opened = texts(layers(12).draw(depth=0)), texts(layers(12).draw(depth=1))
    assert any(re.match(r"layer1 … layer12 +× 12", text) for text in closed)
    assert opened.count("tanh") == 1 and any(re.match(r"layer1 … layer12 +× 12", text) for text in opened)
    assert "draw(depth=None) shows all 36 operations" in opened


def test_every_node_is_shown_when_asked_for():
    graph = layers(12)
    view = view_of(graph, None)
    assert set(view.items) == set(graph.nodes) and view.times == {}
    assert texts(graph.draw(depth=None)).count("tanh") == 12


@pytest.mark.parametrize(
    "change",
    [
        lambda x, i: mg.Tanh(x) if i == 2 else mg.Relu(x),
        lambda x, i: mg.Clip(x, minimum=-i, maximum=1),
        lambda x, i: x[:, : 9 - i],
        lambda x, i: x * mg.Constant(float(i)),
    ],
    ids=["kind", "attribute", "shape", "constant"],
)
def test_blocks_that_differ_are_each_shown(change):
    x = mg.Input("x", ("N", 9))
    for i in range(1, 5):
        with mg.blocks.block(f"part{i}"):
            x = np.abs(change(x, i))
    assert all(count < 4 for count, _ in view_of(mg.Graph(y=x), 0).times.values())


def test_blocks_that_are_wired_differently_are_each_shown():
    x = mg.Input("x", ())
    with mg.blocks.block("part1"):
        x = mg.Sub(np.exp(x), x)
    with mg.blocks.block("part2"):
        x = mg.Sub(x, np.exp(x))
    assert view_of(mg.Graph(y=x), 0).times == {}


def test_what_one_equal_part_hands_to_the_next_is_not_shown():
    view = view_of(layers(12), 1)
    (last,) = (item for item in view.items if isinstance(item, mg.Tanh))
    assert view.wires.get(last, []) == [] and [output.values for output in view.outputs] == [(last,)]


def test_equal_blocks_side_by_side_are_each_shown():
    rng, x = np.random.default_rng(0), mg.Input("x", ("N", 4))
    parts = [mg.blocks.dense(x, 4, rng=rng, name=f"head{i}", activation=mg.Tanh) for i in range(3)]
    view = view_of(mg.Graph(y=parts[0] + parts[1] + parts[2]), 0)
    assert view.times == {} and sum(isinstance(item, Box) for item in view.items) == 3


def test_a_transformer_of_twelve_layers_is_one_page():
    view = view_of(gpt.build(layers=12), "fit")
    assert view.size < 24
    assert view.times == {("layer1",): (12, "layer12")}


def test_the_gradient_of_equal_layers_is_shown_once_too():
    graph = gpt.build(layers=3)
    gradients = mg.gradient(graph["loss"], list(graph.parameters.values()))
    both = mg.Graph(loss=graph["loss"], **{f"d{name}": each for name, each in zip(graph.parameters, gradients, strict=True)})
    assert view_of(both, 0).times == {("forward", "layer1"): (3, "layer3"), ("gradient", "layer3"): (3, "layer1")}


def test_many_values_between_two_blocks_go_as_one():
    graph = gpt.build(layers=1)
    gradients = mg.gradient(graph["loss"], list(graph.parameters.values()))
    both = mg.Graph({f"d{i}": each for i, each in enumerate(gradients)})
    ((source, target),) = view_of(both, 0).bundles
    assert (source.path, target.path) == (("forward", "layer1"), ("gradient", "layer1"))
    assert sum(bool(re.fullmatch(r"\d\d values", text)) for text in texts(both.draw(depth=0))) == 2  # and the outputs


def test_a_run_shows_the_values_that_leave_a_block_and_the_gradients_that_return():
    graph = mg.Graph(loss=layers(1)["y"].sum())
    run = graph.forward(x=np.ones((2, 4)))
    closed, whole = texts(run.draw(depth=0)), texts(run.draw(depth=None))
    assert set(closed) & set(whole) >= {"1 ± 0", f"{float(run['loss']):.3g}".replace("-", "−")}


def test_the_shares_that_return_from_a_block_are_told_as_one():
    x = mg.Input("x", ())
    with mg.blocks.block("square"):
        y = x * x
    shown = texts(mg.Graph(f=y + x).forward(x=3.0).draw(depth=0))
    assert {"6", "1", "sum 7"} <= set(shown)


def test_steps_that_nobody_named_are_shown_once():
    x = mg.Input("x", ("N", 2))
    for i in range(30):
        x = np.tanh(x @ mg.Parameter(f"W{i}", np.eye(2)) + mg.Parameter(f"b{i}", np.ones(2)))
    view = view_of(mg.Graph(y=x), "fit")
    assert view.size == 3 and [count for count, _ in view.times.values()] == [30]
    assert "× 30" in texts(mg.Graph(y=x).draw())


def test_an_unrolled_network_shows_one_of_its_steps():
    x, h, c = mg.Input("x", ("N", 40, 2)), mg.Input("h", ("N", 3)), mg.Input("c", ("N", 3))
    W, R = mg.Parameter("W", np.ones((2, 12))), mg.Parameter("R", np.ones((3, 12)))
    with mg.blocks.block("lstm"), mg.blocks.block("forward"):
        given = x @ W
        for t in range(40):
            i, o, f, g = np.split(given[:, t] + h @ R, 4, axis=1)
            c = mg.Sigmoid(f) * c + mg.Sigmoid(i) * mg.Tanh(g)
            h = mg.Sigmoid(o) * mg.Tanh(c)
    assert not any(re.fullmatch(r"[\d.]{3,}", text) for text in texts(mg.Graph(last=h).draw(depth=2)))  # no number of a step
    view = view_of(mg.Graph(last=h), 2)
    assert view.size < 60 and next(iter(view.times.values()))[0] >= 37


@pytest.mark.parametrize("depth", [-1, True, 1.5, "all"])
def test_a_depth_that_is_none_is_refused(depth, wording):
    with pytest.raises(mg.GraphError) as error:
        layers(1).draw(depth=depth)
    wording(error.value)


def test_names_of_blocks_of_any_letters_are_shown_and_stay_apart():
    x = mg.Input("x", ())
    names = ('<script>alert("1")</script>', "a\nb", "وزن", "权重", "a b", "a_b")
    for name in names:
        with mg.blocks.block(name):
            x = np.tanh(x)
    circuit = mg.Graph(y=x).draw()
    svg = rendered(circuit, "svg").decode()
    assert "<script" not in svg
    assert {'<script>alert("1")</script>', "a", "b", "وزن", "权重", "a b", "a_b"} <= set(texts(circuit))
    assert len(set(clusters(circuit))) == len(names)
    assert circuit.source == mg.Graph(y=x).draw().source


def unrolled(steps: int, outside: bool = False) -> mg.Graph:
    """A deep network of equal steps that nobody gave a block, whose last value, or also the first, is used outside."""
    x = mg.Input("x", ("N", 2))
    a, first = x, None
    for _ in range(steps):
        a = np.tanh(a * 1.1)
        first = a if first is None else first
    return mg.Graph(loss=(a * a).sum() + (first.sum() if outside else 0))


def test_the_wire_that_leaves_equal_parts_carries_what_the_last_of_them_gives():
    graph = unrolled(30)
    run = graph.forward(x=[[1.0, 0.2]])
    last = [node for node in graph.operations if isinstance(node, mg.Tanh)][-1]
    shown = texts(run.draw())
    assert any("× 30" in text for text in shown)
    assert summary(run[last]) in shown and f"sum {summary(run.backward()[last])}" in shown
    first = next(node for node in graph.operations if isinstance(node, mg.Tanh))
    assert summary(run[first]) not in shown


def test_an_output_of_equal_parts_is_that_of_the_last():
    run = layers(12).forward(x=np.ones((1, 4)))
    shown = texts(run.draw(depth=0))
    assert summary(run["y"]) in shown


def test_a_closed_block_counts_what_is_shown_once_within():
    """Three equal layers are one for the picture, and three for the count; what they store stands in no block, as in ONNX."""
    x = mg.Input("x", ("N", 4))
    for layer in range(3):
        W = mg.Parameter(f"W{layer}", np.ones((4, 4)))
        with mg.blocks.block("tower"), mg.blocks.block(f"layer{layer}"):
            x = np.tanh(x @ W)
    shown = texts(mg.Graph(y=x).draw(depth=0))
    assert "6 operations" in shown and "48 parameter elements" in shown and "W0" not in shown
