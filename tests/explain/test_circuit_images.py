"""What a run's circuit shows beside numbers: tiny images, histograms, and marks where something may be wrong."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.arrays import gradient_warning, heatmap, histogram, value_warning
from minigraph.explain.circuit.render import rendered
from models.two_layer import build
from tests.explain.test_circuit import texts


def colours(table: str) -> list[str]:
    return re.findall(r'bgcolor="([^"]+)"', table)


def run(scale: float = 1.0, rows: int = 30) -> mg.Run:
    graph = build(hidden=6)
    graph.parameters["W1"].value = graph.parameters["W1"].value * np.float32(scale)
    return graph.forward(x=np.random.default_rng(0).normal(size=(rows, 2)), y=np.arange(rows) % 2)


def test_a_heat_map_has_a_cell_for_each_number():
    assert colours(heatmap(np.array([[-2.0, 0, 2], [1, 0, -1]]))) == [
        "#1e5fa8", "#ffffff", "#b35806", "#d9ac82", "#ffffff", "#8eafd4",
    ]  # fmt: skip


def test_a_large_array_is_told_by_the_means_of_its_parts():
    cells = colours(heatmap(np.repeat([1.0, -1.0], 50)[:, None] * np.ones(60)))
    assert len(cells) == 8 * 14 and cells[0] == "#b35806" and cells[-1] == "#1e5fa8"


@pytest.mark.parametrize("array", [np.ones(4), np.float64(3), np.zeros((0, 9))])
def test_few_numbers_need_no_image(array):
    assert heatmap(array) == ""


def test_what_is_not_finite_is_dark():
    cells = colours(heatmap(np.array([np.nan, np.inf, 1.0, 2.0, 0.0])))
    assert cells == ["#1f2937", "#1f2937", "#d9ac82", "#b35806", "#ffffff"]


def test_images_of_values_stand_above_a_wire_and_those_of_gradients_below():
    source = run().draw(images=True).source
    label = re.search(r'"z1-wire" \[label=<(.*?)> fixedsize', source)[1]
    images = [found.start() for found in re.finditer('fixedsize="true" width="32"', label)]
    assert len(images) == 2 and images[0] < label.index('<td height="5">') < images[1]
    assert heatmap(run()["z1"]) in label and heatmap(run().backward()["z1"]) in label
    assert any(text.startswith("images: means of parts") for text in texts(run().draw(images=True)))


@pytest.mark.parametrize("path", ["as it is", ""])
def test_images_are_drawn_by_either_renderer(path, monkeypatch):
    if not path:
        monkeypatch.setenv("PATH", "")
    svg = rendered(run().draw(images=True), "svg").decode()
    assert svg.count("<polygon") > 150
    assert rendered(run().draw(images=True), "png").startswith(b"\x89PNG")


def test_without_images_there_are_none():
    assert 'fixedsize="true"' not in run().draw().source


def test_a_tooltip_holds_a_histogram():
    bars = histogram(run()["a1"])
    assert len(bars) == 16 and set(bars) <= set(" ▁▂▃▄▅▆▇█")
    assert re.search(rf"Tanh 'a1'.*value: .*\\n{bars}\\ngradient of loss", run().draw().source)


def test_a_histogram_is_of_any_numbers():
    near, far, small = 1 + np.arange(5) * 1e-16, np.array([1e308, -1e308, 0, 1, 2]), np.array([5e-324, 1e-323, 0, 0, 0])
    assert [histogram(each, bins=2) for each in (near, far, small, np.arange(5) + 2**60)] == ["", "▂█", "█▆", ""]


def test_a_histogram_counts():
    assert histogram(np.array([1] * 8 + [2] * 4 + [4] * 1), bins=4) == "█▄ ▁"
    assert histogram(np.array([np.nan, 1, 2, 3, 4, 5]), bins=2) == "▆█"


def test_saturated_units_are_marked_on_the_spot():
    calm, saturated = texts(run().draw()), texts(run(scale=30).draw())
    assert not any(text.startswith("!") for text in calm)
    assert any(re.fullmatch(r"! \d+ % saturated", text) for text in saturated)
    assert any(text.startswith("!: what may be wrong") for text in saturated)


def test_sigmoids_saturate_at_both_ends():
    node = mg.Sigmoid(mg.Input("x", ("N", 2)))
    assert value_warning(node, np.array([[0.001, 0.999]])) == "100 % saturated"
    assert value_warning(node, np.array([[0.5, 0.5]])) == ""


def test_dead_units_are_marked_once_there_are_rows_enough():
    node = mg.Relu(mg.Input("x", ("N", 3)))
    y = np.ones((10, 3)) * [0, 1, 0]
    assert value_warning(node, y) == "2 of 3 dead"
    assert value_warning(node, y[:9]) == "" == value_warning(node, np.ones((10, 3)))


def test_gradients_that_are_of_no_use_are_marked():
    found = [gradient_warning(np.full(3, x)) for x in (0.0, 1e-9, 1.0, 1e5, np.inf)]
    assert found == ["gradient is 0", "gradient vanishes", "", "gradient explodes", "3 of 3 not finite"]


def test_marks_on_values_and_gradients_stand_on_their_wires():
    x = mg.Input("x", (5,), dtype=np.float64)
    y = mg.Relu(x) * 1e6
    shown = texts(mg.Graph(f=y.sum()).forward(x=np.ones(5)).draw())
    assert "! gradient explodes" in shown


def test_marks_inside_of_a_closed_block_are_counted():
    with mg.blocks.block("part"):
        y = np.tanh(mg.Input("x", ("N", 5)) * 100.0)
    shown = texts(mg.Graph(f=y.sum()).forward(x=np.ones((4, 5))).draw(depth=0))
    assert "! 2 marked" in shown or "! 1 marked" in shown
