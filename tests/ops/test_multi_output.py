"""Operations of several values: computed once, read by parts, differentiated through all that is read of them."""

import copy
import pickle

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops.multi_output import MultiOutput, Part, parts_of

ROWS = np.array([[0.3, -0.4], [1.0, 2.0], [-1.5, 0.25]])


class Polar(MultiOutput):
    """The radius and the square of the angle's tangent of points."""

    floating = True
    calls = 0

    def forward(self, x, y):
        type(self).calls += isinstance(x, np.ndarray)
        return np.sqrt(x * x + y * y), y * y / (x * x)

    def backward(self, gradient, values, x, y):
        of_r, of_t = gradient
        r, t = values[0], values[1]
        found = [0.0, 0.0]
        if of_r is not None:
            found = [of_r * x / r, of_r * y / r]
        if of_t is not None:
            found = [found[0] - of_t * t * 2 / x, found[1] + of_t * y * 2 / (x * x)]
        return tuple(found)

    def parts(self, x, y):
        return [(self.broadcast(x, y), x.dtype)] * 2


def composed(x, y):
    """The same two values, of operations that have one each."""
    return np.sqrt(x * x + y * y), y * y / (x * x)


def graph_of(make, dtype=np.float64, read=(0, 1)):
    x, w = mg.Input("x", ("N", 2), dtype), mg.Parameter("w", [1.5, 2.0], dtype)
    values = make(x * w, np.cos(x) + 1.5)
    loss = sum(((i + 1) * values[i] * values[i]).sum() for i in read)
    (dw,) = mg.gradient(loss, [w])
    (ddw,) = mg.gradient((dw * dw).sum(), [w])
    return mg.Graph(loss=loss, dw=dw, ddw=ddw)


def polar(x, y):
    return parts_of(Polar(x, y))


@pytest.mark.parametrize("read", [(0, 1), (0,), (1,), (0, 0)], ids=str)
@pytest.mark.parametrize("rows", [0, 1, 3, 200])
def test_values_gradients_and_second_derivatives_are_those_of_single_values(read, rows):
    expected = graph_of(composed, read=read).forward(x=np.resize(ROWS, (rows, 2)))
    graph = graph_of(polar, read=read)
    run = graph.forward(x=np.resize(ROWS, (rows, 2)), check=True)
    program = mg.compile(graph)(x=np.resize(ROWS, (rows, 2)))
    for name in ("loss", "dw", "ddw"):
        np.testing.assert_allclose(run[name], expected[name], rtol=1e-12)
        np.testing.assert_allclose(program[name], expected[name], rtol=1e-12)
    np.testing.assert_allclose(run.backward()["w"], expected["dw"], rtol=1e-12)


def test_it_is_computed_once_in_a_run_and_in_a_program():
    graph = graph_of(polar)
    before = Polar.calls
    graph.forward(x=ROWS)
    assert Polar.calls == before + 1
    step = mg.compile(graph)
    before = Polar.calls
    step(x=ROWS)
    assert Polar.calls == before + 1
    assert step.source.count("rule0(") == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_another_type_of_numbers_is_computed_as_other_operations_are(dtype):
    expected = graph_of(composed).forward(x=ROWS)
    graph = graph_of(polar, dtype)
    tolerance = 8 * np.finfo(dtype).eps
    for found in (graph.forward(x=ROWS), mg.compile(graph)(x=ROWS), graph_of(polar).astype(dtype).forward(x=ROWS)):
        for name in ("loss", "dw"):
            assert found[name].dtype == dtype
            np.testing.assert_allclose(found[name].astype(float), expected[name], rtol=tolerance)


def test_it_is_copied_pickled_and_checked():
    graph = graph_of(polar)
    expected = graph.forward(x=ROWS)["ddw"]
    for again in (copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        np.testing.assert_array_equal(again.forward(x=ROWS)["ddw"], expected)
    report = mg.check_gradients(graph, x=ROWS)
    assert report.ok
    assert [str(row.operand) for row in report.rows if isinstance(row.node, Polar)]
    assert [row.rule for row in report.readings if isinstance(row.node, Polar)]


def test_a_wrong_rule_is_found_by_the_check():
    class Wrong(Polar):
        def backward(self, gradient, values, x, y):
            found = Polar.backward(self, gradient, values, x, y)
            return found[0], found[1] * 1.01

    values = parts_of(Wrong(mg.Input("x", (3,)), mg.Input("y", (3,))))
    report = mg.check_gradients(mg.Graph(a=values[0], b=values[1]), x=[1.0, 2.0, 3.0], y=[1.0, 0.5, 2.0])
    assert [row.ok for row in report.rows] == [True, False]


def test_it_is_drawn_once_and_each_value_has_one_wire():
    graph = graph_of(polar)
    drawn = mg.Graph(loss=graph["loss"], dw=graph["dw"]).draw().source
    labels = [line for line in drawn.splitlines() if "label=<" in line]
    assert sum("label=<polar>" in line for line in labels) == 1 and not any("label=<part" in line.lower() for line in labels)
    assert {wire for wire in drawn.split('"') if wire.startswith("Part") and wire.endswith("wire")} == {
        "Part1-wire",
        "Part2-wire",
    }
    assert "object" not in drawn
    a, b = polar(mg.Input("x", ()), mg.Input("y", ()))
    run = mg.Graph(total=a + b * b).forward(x=3.0, y=4.0)
    shown = run.draw().source
    assert "5" in shown and "1.78" in shown
    run.draw(derivatives=True)


def test_its_derivation_agrees_with_numbers(tmp_path):
    graph = graph_of(polar)
    derivation = mg.derive(graph["loss"], graph["w"], x=ROWS)
    assert derivation.ok and "polar(" in str(derivation)
    mg.Graph(loss=graph["loss"]).forward(x=ROWS).explain(tmp_path / "page.html")
    mg.Graph(loss=graph["loss"], dw=graph["dw"]).forward(x=ROWS).explain(tmp_path / "page.html")
    assert not [finding for finding in graph.lint() if finding.lint != "opaque-gradient"]


def test_of_constants_it_is_computed_before_the_steps():
    a, b = polar(mg.Constant([3.0]), mg.Constant([4.0]))
    step = mg.compile(mg.Graph(y=a * mg.Input("x", ("N",)), b=b))
    found = step(x=[1.0, 2.0])
    assert found["y"].tolist() == [5, 10]
    np.testing.assert_allclose(found["b"], [16 / 9], rtol=1e-6)


def test_what_a_rule_gives_back_of_what_it_got_is_copied_before_its_memory_is_used_again():
    class Same(MultiOutput):
        def forward(self, x):
            return x, x[:1]

        def parts(self, x):
            return [(x.shape, x.dtype), ((1, *x.shape[1:]), x.dtype)]

    x = mg.Input("x", (3, 2))
    a, b = parts_of(Same(np.sin(x)))
    y = np.cos(np.exp(x) + 1) * np.tanh(a) + b
    given = np.float32(ROWS)
    np.testing.assert_allclose(mg.compile(mg.Graph(y=y, a=a))(x=given)["y"], mg.Graph(y).forward(x=given)[y], rtol=1e-6)
    np.testing.assert_allclose(mg.compile(mg.Graph(y=y, a=a))(x=given)["a"], np.sin(given), rtol=1e-6)


def test_a_part_reads_one_of_them():
    part = Polar(mg.Input("x", ("N",)), 2.0)[1]
    assert isinstance(part, Part) and part.shape == ("N",) and part.i == 1
