"""graph.draw_network(): the layers of neurons, found in the graph."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.network import layers_of
from minigraph.explain.circuit.render import rendered
from models import autoencoder, mlp, physics_informed, two_layer
from tests.explain.geometry import faults
from tests.explain.svg import Picture


def described(graph):
    return [(layer.name, layer.description, layer.parameters) for layer in layers_of(graph)]


def test_the_layers_of_the_article_are_found():
    assert described(two_layer.build()) == [
        ("x", "2 inputs", []),
        ("a1", "500 units, tanh", ["W1", "b1"]),
        ("z2", "2 sums", ["W2", "b2"]),
        ("ŷ", "2 units, softmax", []),
    ]


def test_layers_are_named_by_outputs_and_blocks():
    assert [name for name, *_ in described(autoencoder.build())] == ["x", "encoder", "code", "decoder", "image"]
    assert described(mlp.build(hidden=(5,)))[1:] == [
        ("hidden1", "5 units, relu", ["hidden1.W", "hidden1.b"]),
        ("scores", "10 sums", ["scores.W", "scores.b"]),
        ("probabilities", "10 units, softmax", []),
    ]


def test_a_penalty_on_the_weights_is_no_layer():
    assert described(two_layer.build(penalty=0.01)) == described(two_layer.build())


def test_gemm_and_a_matrix_that_is_turned_make_layers_too():
    x, W = mg.Input("x", ("N", 3)), mg.Parameter("W", np.ones((1, 3)))
    gemm = mg.Gemm(x, W, mg.Parameter("b", np.ones(1)), transB=True, name="y")
    assert described(mg.Graph(gemm)) == [("x", "3 inputs", []), ("y", "1 sum", ["W", "b"])]
    assert described(mg.Graph(y=x @ W.T)) == [("x", "3 inputs", []), ("y", "1 sum", ["W"])]


def test_a_wide_layer_is_elided_and_joined_to_its_neighbours():
    source = two_layer.build().draw_network().source
    assert re.findall(r"^\t1\.(\d+) \[", source, re.MULTILINE) == ["1", "2", "3", "500"]
    assert source.count("->") == 2 * 4 + 4 * 2 + 2 * 2
    assert two_layer.build(hidden=4).draw_network().source.count("·<br/>") == 0


def deep(*sizes):
    """A network of dense layers of those sizes."""
    x, rng = mg.Input("x", ("N", sizes[0])), np.random.default_rng(0)
    for i, size in enumerate(sizes[1:], 1):
        x = mg.blocks.dense(x, size, rng=rng, name=f"layer{i}", activation=np.tanh)
    return mg.Graph(y=x)


NETWORKS = {"2-3-2": lambda: two_layer.build(hidden=3), "2-500-2": two_layer.build, "64-32-10": lambda: deep(64, 32, 10)}


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("make", [*NETWORKS.values(), lambda: deep(*[8] * 21)], ids=[*NETWORKS, "deep"])
def test_a_slide_holds_a_network_of_any_depth(make, direction):
    circuit = make().draw_network(theme="slide", title="Layers of neurons", direction=direction)
    shown = Picture(rendered(circuit, "svg"))
    assert shown.width <= 960 and shown.height <= 540 and shown.type_at(960, 540) >= 10
    assert faults(shown) == []
    ids = [f"unit-0.{unit}" for unit in (1, 2)]
    (x, y), (u, v) = (shown.centres[id.removeprefix("unit-")] for id in ids)
    assert x == pytest.approx(u) and v > y if direction == "right" else y == pytest.approx(v) and u > x


def test_of_more_layers_than_there_is_room_for_it_is_said_how_many_are_left_out():
    shown = [str(text) for text in re.findall(r">([^<>]+)<", deep(*[8] * 21).draw_network(width=660).source)]
    (said,) = (text for text in shown if "more layers" in text)
    assert int(re.search(r"\d+", said)[0]) + sum(text == "8 units, tanh" for text in shown) == 20
    assert "more layers" not in deep(*[8] * 21).draw_network(width=5000).source


def test_a_network_is_not_shown_where_there_is_no_place_for_it(wording):
    with pytest.raises(mg.GraphError) as error:
        two_layer.build().draw_network(width=10)
    wording(error.value)


def test_names_are_escaped():
    x, W = mg.Input('<x> & "y"', ("N", 2)), mg.Parameter("W\n<b>", np.ones((2, 2)))
    source = mg.Graph(y=x @ W).draw_network().source
    assert "<b>&lt;x&gt; &amp;" in source and ">W &lt;b&gt;</font>" in source


def test_the_picture_is_written_and_the_same_twice(tmp_path):
    graph = two_layer.build()
    for name in ("one.svg", "two.svg"):
        graph.draw_network(tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    drawn = ElementTree.parse(tmp_path / "one.svg").getroot()
    described = drawn.find("{http://www.w3.org/2000/svg}desc").text
    assert described == "Layers of neurons: x 2 inputs; a1 500 units, tanh; z2 2 sums; ŷ 2 units, softmax"
    parts = {part.get("id"): part for part in drawn.iter() if part.get("id")}
    assert {"unit-0.1", "unit-1.500", "from-0.1-to-1.500"} <= parts.keys()
    assert parts["a_unit-1.500"][0].get("{http://www.w3.org/1999/xlink}title") == "a1 500\n500 units, tanh"


def test_a_graph_without_layers_is_refused(wording):
    with pytest.raises(mg.GraphError) as error:
        mg.Graph(y=mg.Tanh(mg.Input("x", ()))).draw_network()
    wording(error.value)


def test_layers_that_are_no_chain_are_refused(wording):
    graph = physics_informed.build()
    with pytest.raises(mg.GraphError) as error:
        graph.draw_network()
    wording(error.value)
