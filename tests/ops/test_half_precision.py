"""Half precision: computed in float32 and rounded once, in a run, a program and every gradient."""

import math

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from tests.cases import ROWS
from tests.ops.test_every_operation import Composed

HALF = np.float16
DRAWN = ("Bernoulli", "RandomNormal", "RandomUniform")
"""What is drawn in another precision is drawn otherwise."""
SCALES = (1000, 1e-4)


@np.errstate(over="ignore")
def scaled(case, scale):
    """The case in half precision with its operands times a number, up to ±1000, and the same numbers in double precision."""
    half, double = Composed(case, HALF), Composed(case, np.float64)
    for name, array in half.given.items():
        if array.dtype == HALF and name[0] == "x":
            half.given[name] = (array.astype(float) * scale).clip(-1000, 1000).astype(HALF)
        if array.dtype == HALF:
            double.given[name] = half.given[name].astype(np.float64)
    return half, double


@np.errstate(all="ignore")
def units(found, exact):
    """How far a number of half precision is from the exact one, rounded, in units of the last place; inf where one is none."""
    found, right = np.float64(found), np.asarray(exact, np.float64).astype(HALF)
    unit = np.spacing(np.minimum(np.abs(right), HALF(60000))).astype(np.float64)
    same = (found == right) | (np.isnan(found) & np.isnan(right))
    distance = np.where(same, 0, np.abs(found - right.astype(np.float64)) / unit)
    at_the_end = np.isinf(found) & (np.abs(exact) > 65000)
    return np.where(at_the_end, 0, np.nan_to_num(distance, nan=np.inf)).max(initial=0)


def assert_rounded_once(found, exact, what):
    assert np.shape(found) == np.shape(exact), what
    assert np.asarray(found).dtype == HALF, what
    assert units(found, exact) <= 1, what


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in DRAWN])
def test_every_operation_is_the_exact_one_rounded(operation):
    for case in [row.sizes[0] for row in ROWS if row.operation == operation]:
        for scale in SCALES:
            half, double = scaled(case, scale)
            if half.y.dtype != HALF or not half.floating:
                continue
            try:
                exact = double.value(double.y)
            except mg.InputError:  # a matrix that these numbers make singular
                continue
            derivatives = half.symbolic() if half.differentiable else []
            graph = mg.Graph(y=half.y, **{f"d{i}": node for i, node in enumerate(derivatives)})
            given = {name: half.given[name] for name in graph.inputs}
            plain, compiled = graph.forward(**given), mg.compile(graph)(**given)
            for found in (plain["y"], compiled["y"]):
                assert_rounded_once(found, exact, f"{case} · {scale}")
            for i, right in enumerate(double.gradients() if derivatives else []):
                for found in (half.gradients()[i], plain[f"d{i}"], compiled[f"d{i}"]):
                    assert_rounded_once(found, right, f"{case} · {scale}: gradient {i}")


def test_the_error_function_and_gelu_are_those_of_pytorch():
    x = np.array([0.5, 2.0, 2.6875, 2.703125, 3, 5, 100], HALF)
    assert mg.Erf.apply(x).tolist() == [0.5205078125, 0.9951171875, 1.0, 1.0, 1.0, 1.0, 1.0]
    v = mg.Input("v", (7,), dtype=HALF)
    y = mg.Gelu(v)
    graph, given = mg.Graph(y=y, total=y.sum()), [-5, -3.9, 1, 3, 3.9, 5, 250]
    run = graph.forward(v=given)
    value = [-1.4901161193847656e-06, -0.00018727779388427734, 0.84130859375, 2.99609375, 3.900390625, 5.0, 250.0]
    assert run["y"].tolist() == value
    exact = [x * math.erfc(-x / math.sqrt(2)) / 2 for x in np.array(given, HALF).tolist()]  # the tail too
    assert mg.compile(graph)(v=given)["y"].tolist() == np.array(exact, HALF).tolist() == [-1.430511474609375e-06, *value[1:]]
    slope = [-7.152557373046875e-06, -0.0007257461547851562, 1.0830078125, 1.01171875, 1.0009765625, 1.0, 1.0]
    assert run.backward("total")["v"].tolist() == slope


def test_a_long_sum_is_added_up_in_float32():
    x, b = mg.Input("x", ("N",), dtype=HALF), mg.Parameter("b", 1.0, dtype=HALF)
    graph = mg.Graph(mean=(x * b).mean(), total=(x * b).sum())
    given = np.full(100_000, 0.25, HALF)
    run = graph.forward(x=given)
    assert run["total"] == 25_000.0 == mg.compile(graph)(x=given)["total"]
    assert run["mean"] == 0.25
    assert run.backward("total")["b"] == 25_000.0  # broadcasting undone, which half precision ends at 2 048 · 0.25
    assert run.backward("mean")["b"] == 0.25


def test_a_gradient_does_not_underflow_on_its_way():
    x = mg.Input("x", (), dtype=HALF)
    loss = x * 1e3 * 1e-3 * 1e-3 * 1e-3 * 1e3 * 1e3
    assert mg.Graph(loss).forward(x=1.0).backward()["x"] == pytest.approx(1.0, rel=2e-2)
    (slope,) = mg.gradient(loss, [x])
    assert slope.dtype == HALF
    assert mg.Graph(slope).forward()[slope] == pytest.approx(1.0, rel=2e-2)


def test_matrices_of_half_precision_are_factored():
    x = mg.Input("x", (2, 2), dtype=HALF)
    run = mg.Graph(inverse=mg.Inverse(x), det=mg.Det(x)).forward(x=[[2.0, 0.0], [0.0, 4.0]])
    assert run["inverse"].tolist() == [[0.5, 0.0], [0.0, 0.25]]
    assert run["det"] == 8.0 and run["det"].dtype == HALF


def test_float32_and_float64_are_computed_as_ever():
    x = mg.Input("x", ("N", 3))
    (slope,) = mg.gradient(mg.Softmax(x).sum(), [x])
    graph = mg.Graph(y=mg.Softmax(x), slope=slope)
    assert not any(isinstance(node, mg.Cast) for node in graph.nodes)
    assert "float16" not in mg.compile(graph).source and "asarray" not in mg.compile(graph).source


def test_running_statistics_are_computed_in_float32():
    x, one = mg.Input("x", ("N", 1), dtype=HALF), np.ones(1)
    mean, variance = mg.Variable("mean", [0.0], dtype=HALF), mg.Variable("variance", [1.0], dtype=HALF)
    y = mg.BatchNormalization(x, one, one, mean, variance, training_mode=True, momentum=0.5)
    mg.compile(mg.Graph(y=y), updates=mg.state_updates(y))(x=[[-200.0], [200.0], [-200.0], [200.0]])
    assert mean.value.tolist() == [0.0] and variance.value.tolist() == [20000.0]


def test_an_opaque_rule_of_half_precision_trains():
    class Squares(mg.Node):
        def forward(self, x, out=None):
            return np.asarray([each * each for each in x])

        def backward(self, gradient, y, x):
            found = np.zeros_like(x)
            for i, each in enumerate(x):
                found[i] = 2 * each * gradient[i]
            return found

    w = mg.Parameter("w", [300.0, 2.0], dtype=HALF)
    loss = Squares(w).mean() * 1e-3
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(1.0).minimize(loss))
    assert mg.Graph(loss).forward().backward()["w"].tolist() == [HALF(300 * 1e-3), HALF(2e-3)]
    step()
    assert w.value.tolist() == [HALF(300 - 0.3), HALF(2 - 2e-3)]
