"""Two graphs in one picture: partners by name and by structure, what was added, removed and changed."""

import re

import numpy as np
import pytest

import minigraph as mg
from docs.graphs import GRAPHS, uneven
from minigraph.explain.circuit.matching import changes, match
from minigraph.explain.circuit.render import rendered
from models import gpt
from models.two_layer import build
from tests.explain.geometry import faults
from tests.explain.svg import Picture
from tests.explain.test_circuit import texts


def test_two_graphs_that_are_alike_are_told_so():
    shown = texts(mg.compare(build(), build()))
    assert "the two graphs are alike, but for the numbers that their variables hold" in shown
    assert "+ added" not in shown and "− removed" not in shown


def test_what_was_added_and_removed_is_told():
    x = mg.Input("x", ("N", 2))
    shown = texts(mg.compare(mg.Graph(y=np.tanh(x)), mg.Graph(y=mg.Relu(x))))
    assert {"tanh", "− removed", "relu", "+ added"} <= set(shown)
    assert "1 added: only in the second graph, with a strong line" in shown


def test_what_changed_is_told_from_one_to_the_other():
    shown = texts(mg.compare(build(hidden=5), build(hidden=7)))
    assert {"2 × 5 → 2 × 7", "N × 5 → N × 7", "5 → 7"} <= set(shown)
    assert "0 added: only in the second graph, with a strong line" in shown


def test_attributes_constants_and_types_are_compared():
    x = mg.Input("x", ("N", 2))
    assert changes(mg.LeakyRelu(x, alpha=0.1), mg.LeakyRelu(x, alpha=0.2)) == ["alpha: 0.1 → 0.2"]
    assert changes(mg.Constant(1.0), mg.Constant(2.0)) == ["1 → 2"]
    assert changes(mg.Constant([1.0, 2.0]), mg.Constant([1.0, 3.0])) == ["other numbers"]
    assert changes(mg.Input("x", (), dtype=np.float64), x) == ["scalar → N × 2", "float64 → float32"]


def test_partners_without_names_are_found_on_both_sides_of_a_change():
    x = mg.Input("x", ("N", 2))
    first, second = mg.Graph(y=np.exp(np.tanh(np.abs(x))).sum()), mg.Graph(y=np.exp(mg.Relu(np.abs(x))).sum())
    found = match(first, second)
    kinds = {type(node).__name__ for node in found.first}
    assert kinds == {"Input", "Abs", "Exp", "ReduceSum"}


def test_a_layer_more_is_added_in_its_place():
    found = match(gpt.build(layers=2), gpt.build(layers=3))
    assert {node.block[0] for node in gpt.build(layers=3).nodes if node.block} > {"layer3"}
    assert not any(node.block and node.block[0] == "layer3" for node in found.first)


def test_partners_are_sought_in_the_block_of_the_same_name_first():
    def graph(*blocks: str) -> mg.Graph:
        x = mg.Input("x", ())
        parts = {}
        for name in blocks:
            with mg.blocks.block(name):
                parts[f"{name} of {blocks}"] = np.tanh(x)
        return mg.Graph(parts)

    first, second = graph("a", "b"), graph("b", "c")
    partners = {node.block: partner.block for node, partner in match(first, second).first.items() if node.operands}
    assert partners == {("b",): ("b",), ("c",): ("a",)}


def test_a_wire_that_leads_elsewhere_is_a_difference():
    x, y = mg.Input("x", ()), mg.Input("y", ())
    source = mg.compare(mg.Graph(d=mg.Sub(x, y, name="d")), mg.Graph(d=mg.Sub(x, x, name="d"), y=y)).source
    assert "style=dashed" in source


def test_of_a_large_graph_what_is_near_a_difference_is_shown():
    first = uneven(300)
    shown = texts(mg.compare(first, mg.Graph(loss=mg.Tanh(first["loss"]))))
    assert any("alike and further from a difference are left out" in text for text in shown)
    assert len(shown) < 60


def test_blocks_that_are_alike_are_closed_and_those_that_changed_in_part_are_open():
    def graph(activation):
        x, rng = mg.Input("x", ("N", 4)), np.random.default_rng(0)
        hidden = mg.blocks.dense(x, 8, rng=rng, name="hidden", activation=activation)
        return mg.Graph(y=mg.blocks.dense(hidden, 4, rng=rng, name="out"))

    shown = texts(mg.compare(graph(np.tanh), graph(mg.Relu)))
    assert {"hidden", "W", "tanh", "relu", "out", "2 operations"} <= set(shown) and shown.count("W") == 1


PAIRS = {
    "a layer more": lambda: (gpt.build(layers=2), gpt.build(layers=3)),
    "a wider layer": lambda: (build(hidden=3), build(hidden=500)),
    "everything wider": lambda: (gpt.build(features=16, heads=2), gpt.build(features=32, heads=2)),
    "an input added": lambda: (GRAPHS["neuron"](), GRAPHS["sigmoid_neuron"]()),
}


@pytest.mark.parametrize(
    ("pair", "theme", "direction"),
    [
        ("a layer more", "slide", "right"),
        ("a wider layer", "screen", "down"),
        ("everything wider", "slide", "right"),
        ("an input added", "print", "right"),
    ],
)
def test_a_comparison_is_laid_out_for_where_it_is_shown(pair, theme, direction):
    shown = Picture(rendered(mg.compare(*PAIRS[pair](), theme=theme, direction=direction, title="What changed"), "svg"))
    assert [fault for fault in faults(shown) if direction == "right" or "off centre" not in fault] == []
    if theme == "slide":
        assert shown.width <= 960 and shown.height <= 540 and shown.type_at(960, 540) >= 10


def test_blocks_that_changed_are_closed_where_all_would_be_too_much():
    shown = texts(mg.compare(*PAIRS["everything wider"](), theme="slide"))
    assert {"layer1", "31 operations", "45 changed"} <= set(shown)


def test_a_comparison_takes_the_options_of_a_circuit(wording):
    one, other = build(hidden=3), build(hidden=4)
    assert "parameter" not in texts(mg.compare(one, other, legend=False))
    narrow, wide = (Picture(rendered(mg.compare(one, other, width=width), "svg")).width for width in (400, 1500))
    assert narrow <= 400 < wide
    with pytest.raises(mg.GraphError) as error:
        mg.compare(one, other, theme="dark")
    wording(error.value)


def test_the_same_comparison_gives_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        mg.compare(build(hidden=5), build(hidden=7), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_hostile_names_are_shown():
    graph = mg.Graph(**{'<script>"': np.tanh(mg.Input("<b>\n&", ()))})
    svg = rendered(mg.compare(graph, graph), "svg").decode()
    assert "<script" not in svg and "&lt;b&gt;" in svg


def test_what_is_no_graph_is_refused(wording):
    with pytest.raises(mg.GraphError) as error:
        mg.compare(build(), 3)
    wording(error.value)


def test_arrays_and_state_of_their_own_are_compared_by_their_numbers():
    class Weighted(mg.Node):
        def __init__(self, x, weights):
            self.weights = weights
            super().__init__(x)

        def forward(self, x, out=None):
            return x * self.weights.sum()

        def backward(self, gradient, y, x):
            return gradient * self.weights.sum()

    x, weights = mg.Input("x", (2,)), np.ones(5000)
    other = weights.copy()
    other[2500] = 2
    assert changes(Weighted(x, weights), Weighted(x, weights.copy())) == []
    assert changes(Weighted(x, weights), Weighted(x, other)) == ["weights: other numbers"]


def test_a_block_that_was_added_or_removed_is_one_box():
    one, two = gpt.build(layers=1), gpt.build(layers=2)
    for pair, status, kind in (((one, two), "+ added", "added"), ((two, one), "− removed", "removed")):
        circuit = mg.compare(*pair)
        shown = texts(circuit)
        assert {"layer2", status, "31 operations", "block"} <= set(shown) and shown.count(status) == 1
        assert any(text.startswith(f"54 {kind}") for text in shown) and "layer2.attention.query.W" not in shown
        assert re.findall(r"shape=folder", circuit.source)
        ids = set(re.findall(r"^\t+([\w-]+|\"[\w-]+\") \[", circuit.source, re.M))
        ends = re.findall(r"^\t+(n\d+) -> (n\d+) ", circuit.source, re.M)
        assert ends and {each for pair_ in ends for each in pair_} <= ids and all(start != end for start, end in ends)


def test_a_block_of_which_a_part_was_there_is_drawn_in_parts():
    x = mg.Input("x", ())
    with mg.blocks.block("part"):
        first = np.tanh(x)
    with mg.blocks.block("part"):
        second = np.exp(np.sin(np.tanh(x)))
    shown = texts(mg.compare(mg.Graph(y=first), mg.Graph(y=second)))
    assert {"sin", "exp"} <= set(shown) and shown.count("+ added") == 2
