"""Graphs of thousands of operations: a plain picture, laid out as text is written."""

import re
from itertools import pairwise

import numpy as np
import pytest

import minigraph as mg
from docs.graphs import uneven
from minigraph.explain.circuit.large import HALF, HIGH, WIDE, in_columns, ways
from minigraph.explain.circuit.render import rendered
from tests.explain.test_circuit import texts

MANY = 500


def test_ten_thousand_equal_steps_are_one():
    x = mg.Input("x", ("N", 2))
    for _ in range(10_000):
        x = np.tanh(x)
    shown = texts(mg.Graph(y=x).draw())
    assert "× 10 000" in shown and shown.count("tanh") == 1


@pytest.mark.slow
def test_ten_thousand_operations_are_drawn():
    assert rendered(uneven(10_000).draw(), "svg").decode().count('class="node"') > 8000


def test_wires_that_lead_far_make_no_large_image(monkeypatch):
    monkeypatch.setenv("PATH", "")  # without Graphviz's dot, whose images are smaller
    png = rendered(uneven(2000, reach=2000).draw(), "png")
    assert len(png) < 1.2e6  # slanting wires take three times as much, and as long


def test_a_plain_picture_says_that_it_is_one():
    graph = uneven(MANY)
    shown, count = texts(graph.draw(depth=None)), len(graph.operations)
    assert f"a plain picture, as {count} operations are many: names, shapes and numbers are in the tooltips" in shown
    assert {"x", "loss", "tanh", "+", "input", "operation", "output"} <= set(shown)


def test_every_node_and_wire_is_in_a_plain_picture():
    graph = uneven(MANY)
    source = graph.draw(depth=None).source
    assert len(re.findall(r" -> ", source)) == 1 + len({(o, n) for n in graph.nodes for o in n.operands})
    assert len(re.findall(r"\t\w+ \[label", source)) == len(graph.nodes)
    assert "Tanh (N × 2, float32)" in source and "made at graphs.py:" in source


def test_the_numbers_of_a_run_are_in_the_tooltips():
    source = uneven(MANY).forward(x=np.ones((3, 2))).draw().source
    assert source.count("value: 3 × 2, float32") > MANY / 2 and "gradient of loss" in source


def test_the_same_large_graph_gives_the_same_bytes():
    assert uneven(MANY).draw().source == uneven(MANY).draw().source


def test_columns_go_from_left_to_right_and_on_in_the_next_line():
    keys = [f"n{i}" for i in range(100)]
    places = in_columns(keys, pairwise(keys))
    lines = sorted({place.y for place in places.values()}, reverse=True)
    assert len(lines) > 3
    for before, after in pairwise(keys):
        (x, y, _), (right, below, _) = places[before], places[after]
        assert (right, below) == (x + WIDE, y) or (right == 0 and below == lines[lines.index(y) + 1])


def test_no_two_nodes_stand_in_one_place():
    keys = [f"n{i}" for i in range(300)]
    places = in_columns(keys, [(key, "n299") for key in keys[:299]])
    assert len(set(places.values())) == 300
    tops = sorted({place.y for place in places.values() if place.x == 0})
    assert min(b - a for a, b in pairwise(tops)) >= HIGH


def test_what_depends_on_itself_has_a_place():
    assert set(in_columns(["a", "b"], [("a", "b"), ("b", "a")])) == {"a", "b"}


def test_no_wire_of_a_long_chain_runs_under_a_node_that_it_does_not_end_at():
    random = np.random.default_rng(0)
    keys = [f"n{i}" for i in range(300)]
    wires = [*pairwise(keys), *((keys[i], keys[int(random.integers(i + 1, 300))]) for i in range(299))]
    places = in_columns(keys, wires)
    for way in ways(wires, places).values():
        for (x, y), (u, v) in pairwise(way):
            assert x == u or y == v
            crossed = [
                at for at in places.values()
                if min(x, u) < at.x + HALF and max(x, u) > at.x - HALF and min(y, v) < at.y + 8 and max(y, v) > at.y - 8
            ]  # fmt: skip
            assert not crossed


def test_a_wire_between_tall_columns_is_straight():
    keys = [f"a{i}" for i in range(20)] + [f"b{i}" for i in range(20)] + ["end"]
    wires = [(f"a{i}", f"b{(7 * i) % 20}") for i in range(20)] + [(f"b{i}", "end") for i in range(20)]
    assert {len(way) for way in ways(wires, in_columns(keys, wires)).values()} == {2}


def test_wires_side_by_side_have_lanes_of_their_own():
    keys = [f"n{i}" for i in range(8)]
    wires = [*pairwise(keys), ("n0", "n4"), ("n1", "n5"), ("n5", "n7")]
    found = ways(wires, in_columns(keys, wires))
    heights = [found[wire][2][1] for wire in wires[-3:]]
    assert heights[0] < heights[1] and heights[2] == heights[0]


@pytest.mark.parametrize("name", ["a_parameter_with_a_long_name", '<script>alert("1")</script>'])
def test_long_names_are_cut_and_hostile_ones_shown(name):
    x = mg.Parameter(name, np.ones(2)) + uneven(MANY)["loss"]
    svg = rendered(mg.Graph(y=x).draw(), "svg").decode()
    assert "…" in svg and "<script" not in svg


def test_what_is_too_long_for_a_row_goes_on_in_another():
    circuit = mg.Graph(y=uneven(60)["loss"]).draw()
    assert "a plain picture" not in circuit.source
    width, height = re.search(r'viewBox="0.00 0.00 (\S+) (\S+)"', rendered(circuit, "svg").decode()).groups()
    assert float(width) < 920 < float(height)
