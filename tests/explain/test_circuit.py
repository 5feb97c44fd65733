"""The circuit of the article's model: its wires, its numbers, its shapes, its bytes."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.circuit.render import Circuit, _program, _run, rendered
from minigraph.explain.circuit.style import KINDS
from models.two_layer import build

ROOT = Path(__file__).parents[2]


def texts(circuit: Circuit) -> list[str]:
    """Every line of text that the picture shows."""
    svg = ElementTree.fromstring(rendered(circuit, "svg"))
    return [
        "".join(element.itertext()).replace("\N{NO-BREAK SPACE}", " ")
        for element in svg.iter("{http://www.w3.org/2000/svg}text")
    ]


def places(circuit: Circuit) -> dict[str, tuple[float, float]]:
    """Where the renderer places each node, in inches from the lower left corner."""
    lines = _run(_program(), circuit.source, "plain").decode().splitlines()
    return {key: (float(x), float(y)) for key, x, y in re.findall(r'^node "?([\w-]+)"? (\S+) (\S+)', "\n".join(lines), re.M)}


def run_of_few() -> mg.Run:
    return build(hidden=5).forward(x=np.ones((3, 2)), y=[0, 1, 1])


def test_the_local_derivatives_stand_on_the_wires():
    shown = texts(build().draw(derivatives=True))
    for derivative in ("× (1 − a1²)", "· W1ᵀ", "· W2ᵀ", "xᵀ ·", "a1ᵀ ·", "Σ rows", "× 1", "ŷ × (δ − Σ columns (δ × ŷ))"):
        assert derivative in shown
    assert any(text.startswith("× (ŷ − ") for text in shown)


def test_a_changed_rule_changes_its_wire():
    class Steep(mg.Node):
        def forward(self, x, out=None):
            return np.multiply(x, 3, out=out)

        def backward(self, gradient, y, x):
            return gradient * 4

    assert "× 4" in texts(mg.Graph(y=Steep(mg.Input("x", ("N",)))).draw(derivatives=True))


def test_a_rule_that_only_numbers_can_be_put_through_is_told_by_its_name():
    class Branching(mg.Node):
        def forward(self, x, out=None):
            return np.array(x)

        def backward(self, gradient, y, x):
            return gradient if float(np.sum(x)) > 0 else 0 * gradient

    assert "Branching.backward(δ)" in texts(mg.Graph(y=Branching(mg.Input("x", ("N",)))).draw(derivatives=True))


def test_letters_that_some_fonts_lack_are_not_drawn():
    source = build(penalty=0.01).draw(derivatives=True).source
    assert not set("⊙□∘") & set(source)


def test_a_fork_shows_each_share_and_their_sum():
    x = mg.Input("x", ())
    run = mg.Graph(f=x * x + x).forward(x=3.0)
    shown = texts(run.draw())
    assert [shown.count(share) for share in ("3", "sum 7", "9", "12")] == [3, 1, 1, 1]  # the value 3, and two shares of 3
    assert "sum: where a value is used more than once, the gradients add up" in shown


def test_a_forked_operation_shows_the_sum_before_the_fork():
    x = mg.Input("x", (), dtype=np.float64)
    y = np.exp(x)
    shown = texts(mg.Graph(f=y * 2.0 + y * 3.0, names=locals()).forward(x=0.0).draw())
    assert "sum 5" in shown and {"2", "3"} <= set(shown)


def test_gradients_that_cancel_are_zero():
    x = mg.Input("x", ())
    y = x * np.float32(0.1)
    shown = texts(mg.Graph(f=y * 0.3 - y * np.float32(0.29999998)).forward(x=1.0).draw())
    assert "sum 0" in shown


def test_a_run_shows_values_in_blue_and_gradients_in_red():
    source = run_of_few().draw().source
    loss = float(run_of_few()["loss"])
    assert f'<font point-size="9" color="#1f5fa8">{loss:.3g}</font>' in source
    assert '<font point-size="9" color="#b3402a">1</font>' in source


def test_a_run_shows_its_local_derivatives_too():
    shown = texts(run_of_few().draw(derivatives=True))
    assert "× (1 − a1²)" in shown and "0 to 1" not in shown  # three labels are few enough to be shown
    assert "0  1  1" in shown


def test_a_run_shows_the_gradient_of_the_output_that_is_asked_for():
    x = mg.Input("x", ())
    run = mg.Graph(double=2 * x, triple=3 * x).forward(x=1.0)
    assert "red, below it: the gradient of double with respect to that value" in texts(run.draw())
    assert "red, below it: the gradient of triple with respect to that value" in texts(run.draw(output="triple"))


def test_an_output_of_many_numbers_has_values_alone():
    run = mg.Graph(y=np.tanh(mg.Input("x", ("N", 2)))).forward(x=np.zeros((3, 2)))
    shown = texts(run.draw())
    assert "no gradients: y is N × 2, not one number" in shown
    with pytest.raises(mg.GraphError, match="not a scalar"):
        run.draw(output="y")


def test_an_empty_batch_is_drawn_as_empty():
    shown = texts(build(hidden=5).forward(x=np.zeros((0, 2)), y=np.zeros(0, int)).draw())
    assert "empty" in shown


def test_a_gradient_graph_is_drawn():
    graph = build()
    (dW1,) = mg.gradient(graph["loss"], [graph["W1"]])
    shown = texts(mg.Graph(dW1=dW1).draw())
    assert "dW1" in shown and "2 × 500" in shown


@pytest.mark.parametrize("what", ["plain", "derivatives", "run"])
def test_the_spine_is_straight_and_parameters_enter_from_above(what):
    drawn = run_of_few().draw(width=1500) if what == "run" else build().draw(derivatives=what == "derivatives", width=1500)
    at = places(drawn)
    spine = [at[key] for key in ("x", "MatMul1", "z1", "a1", "MatMul2", "z2", "loss", "output-0")]
    assert max(y for _, y in spine) - min(y for _, y in spine) < 0.02
    assert sorted(spine) == spine  # from left to right
    assert all(at[leaf][1] > spine[0][1] + 0.2 for leaf in ("W1", "b1", "W2", "b2", "y"))


def test_the_spine_follows_the_data_past_constants():
    x = mg.Input("x", ("N",))
    at = places(mg.Graph(y=1.0 - 0.5 * np.tanh(0.5 * x), names=locals()).draw())
    assert at["x"][1] == pytest.approx(at["Tanh1"][1], abs=0.02) == at["output-0"][1]


def test_the_legend_names_the_kinds_that_are_there():
    state = mg.Variable("state", np.ones(2))
    graph = mg.Graph(y=(mg.Input("x", ("N", 2)) + state) * mg.Constant(2.0, "two"))
    kinds = re.findall(r'\t"legend-(\w+)" \[label=(\w+)', graph.draw().source)
    assert kinds == [(kind, kind) for kind in ("input", "variable", "constant", "operation", "output")]


def test_the_legend_explains_the_notation_that_is_there():
    x = mg.Input("x", ("N", 3))
    y = mg.Input("y", ("N",), dtype=np.int64)
    relu, plain = (texts(mg.Graph(z=node, names={"a": node}).draw(derivatives=True)) for node in (mg.Relu(x), np.tanh(x)))
    assert "× [a > 0]" in relu and "[…]: 1 where that holds, else 0" in relu
    assert not any(text.startswith("[…]") for text in plain)
    softmax = texts(mg.Graph(p=mg.Softmax(x), loss=mg.SoftmaxCrossEntropy(x, y)).draw(derivatives=True))
    assert "δ: the gradient that returns" in softmax and "δ: the gradient that returns" not in plain


def test_every_kind_has_a_shape_of_its_own():
    shapes = {(kind["shape"], kind.get("style"), kind.get("peripheries")) for kind in KINDS.values()}
    assert len(shapes) == len(KINDS) == 8


def test_the_same_graph_gives_the_same_bytes():
    assert build().draw(derivatives=True).source == build().draw(derivatives=True).source


def test_the_bytes_do_not_depend_on_the_process():
    program = "from models.two_layer import build; print(ascii(build().draw(derivatives=True).source))"
    drawn = []
    for seed in ("1", "2"):
        seeded = {**os.environ, "PYTHONHASHSEED": seed}
        drawn.append(subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=seeded, capture_output=True).stdout)
    assert drawn[0] == drawn[1] and b"a1" in drawn[0]


def test_ids_are_the_names_of_nodes():
    svg = rendered(build().draw(), "svg").decode()
    for key in ("x", "W1", "MatMul1", "z1", "a1", "z1-wire", "output-0"):
        assert f'id="{key}"' in svg.replace("&#45;", "-")


def test_names_that_look_like_those_of_operations_stay_apart():
    Tanh1, node = mg.Input("Tanh1", ()), mg.Parameter("node", 1.0)
    circuit = mg.Graph(y=np.tanh(np.tanh(Tanh1) * node)).draw()
    assert {"Tanh1", "node", "Tanh2", "Tanh3"} <= set(places(circuit))


def test_names_of_any_letters_are_shown():
    x = mg.Input('<b>"α"\n\\ {a|b}', ("N", 2))
    W = mg.Parameter("权重", np.ones((2, 2)))
    b = mg.Parameter("اسم", np.ones(2))
    z = mg.Add(x @ W, b, name="z:1 → 'q' & more")
    circuit = mg.Graph(**{"out <&>\x1b": np.tanh(z)}).draw()
    shown = texts(circuit)
    for line in ('<b>"α"', "\\ {a|b}", "权重", "اسم", "z:1 → 'q' & more  N × 2", "out <&>\\x1b"):
        assert line in shown


def test_nothing_is_clipped():
    x = mg.Input("一二三四五六七八九十", ("N", 2))
    W = mg.Parameter("a_name_that_is_rather_long_for_a_parameter", np.ones((2, 2)))
    svg = ElementTree.fromstring(rendered(mg.Graph(y=x @ W).draw(derivatives=True), "svg"))
    left, _, width, height = map(float, svg.attrib["viewBox"].split())
    polygon = svg.find(".//{http://www.w3.org/2000/svg}polygon")
    assert polygon.attrib["fill"] == "white"
    for text in svg.iter("{http://www.w3.org/2000/svg}text"):
        least = 4 + sum(0.45 if c.isascii() else 1 for c in text.text) * float(text.attrib["font-size"])
        start = float(text.attrib["x"]) - (least / 2 if text.attrib["text-anchor"] == "middle" else 0)
        assert left - 16 < start and start + least < left + width + 4
        assert -height < float(text.attrib["y"]) < 16


def test_a_node_is_wide_enough_for_letters_that_its_renderer_has_no_font_for(monkeypatch):
    monkeypatch.setenv("PATH", "")  # graphviz-pure measures these as 0.83 of their width
    names = ("一二三四五六七八九十", "Ωμέγα Привет")
    circuit = mg.Graph(*(np.tanh(mg.Parameter(name, 1.0)) for name in names)).draw()
    plain = _run(_program(), circuit.source, "plain").decode()
    widths = [float(width) for width in re.findall(r"^node Parameter\d \S+ \S+ (\S+)", plain, re.M)]
    assert widths[0] >= 10 * 12 / 72 and widths[1] >= 12 * 0.7 * 12 / 72


def test_a_backslash_in_a_name_is_no_escape_in_its_tooltip():
    svg = rendered(mg.Graph(y=np.tanh(mg.Input("a\\N", ()))).draw(), "svg").decode()
    assert "Input &#39;a\\N&#39; (scalar, float32)" in svg


def test_a_tooltip_tells_more_than_the_wire():
    source = run_of_few().draw(derivatives=True).source
    made = r"tooltip=\"Tanh 'a1' \(N × 5, float32\)\\nmade at two_layer.py:\d+"
    assert re.search(made + r"\\nvalue: 3 × 5, float32, mean .*, standard deviation", source)
    assert re.search(r"gradient of loss: 3 × 5, float32, mean .* from .* to .*\\non its way back: · W2ᵀ", source)


def test_a_long_derivative_is_cut_on_the_wire_and_whole_in_the_tooltip():
    parts = [mg.Input(f"input_number_{i}", ()) for i in range(6)]
    source = mg.Graph(y=mg.Max(*parts)).draw(derivatives=True).source
    assert "…</font>" in source
    assert "[input_number_5 = output])" not in re.sub("tooltip=.*", "", source)
    assert re.search(r"on its way back: .*input_number_5", source)


def test_a_tooltip_tells_the_attributes_of_an_operation():
    x = mg.Input("x", ("N", 3))
    source = mg.Graph(y=mg.ReduceSum(x, axes=(1,), keepdims=True)).draw().source
    assert r"axes = (1,), keepdims = True" in source


@pytest.mark.parametrize("path", [None, ""])
def test_wires_leave_an_input_at_its_tip(path, monkeypatch):
    if path is not None:
        monkeypatch.setenv("PATH", path)
    a, b = mg.Input("a", ("N",)), mg.Input("b", ("N",))
    layout = json.loads(_run(_program(), mg.Graph(y=a + b, z=a * b).draw().source, "json"))
    nodes = {part["_gvid"]: part for part in layout["objects"]}
    drawn = [edge for edge in layout["edges"] if edge.get("id", "").startswith(("to-a-", "to-b-"))]
    assert len(drawn) == 4
    for edge in drawn:
        node = nodes[edge["tail"]]
        x, y = map(float, node["pos"].split(","))
        start = [float(number) for number in edge["pos"].split()[edge["pos"].startswith("e")].split(",")]
        np.testing.assert_allclose(start, [x + float(node["width"]) * 36, y], atol=1)


def test_sizes_with_names_in_them_are_written_as_a_shape():
    graph = mg.Graph(y=mg.Tanh(mg.Input("x", ("N", "T", 4))).reshape("N", -1, 2))
    assert "N × 2·T × 2" in texts(graph.draw())
