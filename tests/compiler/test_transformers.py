"""What the programs of transformers are made of."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.compiler import engine as engine_module


def attention(length=6, features=8, heads=2):
    """The loss of one layer of attention, and its weights' gradients."""
    x = mg.Input("x", ("N", length, features))
    y = mg.blocks.multi_head_attention(x, heads=heads, causal=True, rng=np.random.default_rng(0), name="attention")
    loss = (y * y).mean()
    weights = mg.Graph(loss=loss).variables.values()
    gradients = {f"d{i}": each for i, each in enumerate(mg.gradient(loss, [*weights]))}
    return mg.Graph(loss=loss, **gradients)


def lines(step):
    return [line.strip() for line in step.source.splitlines()]


def test_each_gradient_of_attentions_weights_and_biases_is_one_product_of_all_rows():
    graph = attention()
    step = mg.compile(graph)
    given = {"x": np.random.default_rng(1).normal(size=(5, 6, 8)).astype(np.float32)}
    plain = graph.forward(**given)
    for name, value in step(**given).items():
        np.testing.assert_allclose(value, plain[name], rtol=1e-4, atol=1e-6)
    assert not [line for line in lines(step) if line.startswith("np.add.reduce") and "axis=(0, 1, 2)" not in line]


def test_a_graph_without_windows_is_lowered_once(monkeypatch):
    calls, lowered = [], engine_module.lowered
    monkeypatch.setattr(engine_module, "lowered", lambda *given, **named: calls.append(1) or lowered(*given, **named))
    mg.compile(np.tanh(mg.Input("x", ("N", 2))))
    assert len(calls) == 1
    mg.compile(mg.MaxPool(mg.Input("x", ("N", 1, 8, 8)), kernel_shape=(2, 2), strides=(2, 2)))
    assert len(calls) == 3


def test_numbers_that_scale_the_same_are_multiplied_in_their_own_type():
    x, number = mg.Input("x", ("N",)), np.float32(0.999)
    assert number * number != np.float32(0.999 * 0.999)
    step = mg.compile(mg.Graph(y=(x * number).reshape("N", 1) * number))
    assert step(x=np.ones(3, np.float32))["y"].ravel().tolist() == [number * number] * 3


@pytest.mark.parametrize("engine", ["numpy", pytest.param("c", marks=pytest.mark.needs("cc"))])
def test_a_compiled_gelu_has_the_digits_of_its_tail(engine):
    exact = {
        -8.0: -8 * 6.22096057427178e-16,
        -5.0: -5 * 2.866515718791939e-07,
        -3.0: -3 * 0.0013498980316300933,
        3.0: 2.9959503,
    }
    x = mg.Input("x", ("N",))  # the numbers are x times SciPy's ndtr(x)
    numbers = np.array([*exact, 0, 1e-30, 40, -40, np.inf, np.nan], np.float32)
    found = mg.compile(mg.Gelu(x), engine=engine)(x=numbers)["output"]
    np.testing.assert_allclose(found[: len(exact)], [*exact.values()], rtol=2e-4)
    np.testing.assert_allclose(found[2:4], [*exact.values()][2:], rtol=2e-6)
    assert found[4:8].tolist() == [0, np.float32(5e-31), 40, 0] and found[8] == np.inf and np.isnan(found[9])
    assert np.abs(found[:-2] - mg.Gelu.apply(numbers[:-2])).max() < 1e-6


@pytest.mark.parametrize("rows", [0, 1, 300])
@pytest.mark.parametrize("name", ["max", "min"])
def test_the_extremes_of_long_rows_are_those_of_numpy(rows, name):
    x = mg.Input("x", ("N", 4, 40))
    step = mg.compile(mg.Graph(y=getattr(x, name)(axis=-1, keepdims=True) * 1.5))
    given = np.random.default_rng(0).normal(size=(rows, 4, 40)).astype(np.float32)
    given[::3, 1, 7] = np.nan
    given[1::3] = np.inf
    np.testing.assert_array_equal(step(x=given)["y"], getattr(given, name)(axis=-1, keepdims=True) * np.float32(1.5))
    assert rows < 2 or f"np.{name}imum.reduceat(" in step.source


def test_gelu_and_its_derivative_take_one_power_of_e():
    x = mg.Input("x", ("N", 40))
    loss = mg.Gelu(x).sum()
    (gradient,) = mg.gradient(loss, [x])
    step = mg.compile(mg.Graph(loss=loss, gradient=gradient))
    numbers = np.linspace(-10, 10, 120, dtype=np.float32).reshape(3, 40)
    found = step(x=numbers)
    assert step.source.count("np.exp(") == 1
    run = mg.Graph(loss=loss).forward(x=numbers)
    np.testing.assert_allclose(found["gradient"], run.backward("loss")["x"], rtol=1e-5, atol=1e-6)
