"""Gradient descent on the article's model, against the same written by hand."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build


def test_a_thousand_steps_equal_those_written_by_hand():
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(100, 2)), rng.integers(0, 2, 100)
    graph = build(hidden=20).astype(np.float64)
    W1, b1, W2, b2 = (graph[name].value.copy() for name in ("W1", "b1", "W2", "b2"))
    step = mg.compile(graph, updates=mg.SGD(0.01).minimize(graph["loss"]))
    for _ in range(1000):
        loss = step(x=X, y=Y)["loss"]
        a1 = np.tanh(X @ W1 + b1)
        z2 = a1 @ W2 + b2
        powers = np.exp(z2)
        probabilities = powers / powers.sum(1, keepdims=True)
        expected = -np.log(probabilities[np.arange(100), Y]).mean()
        difference = (probabilities - np.eye(2)[Y]) / 100
        hidden = difference @ W2.T * (1 - a1**2)
        W2 = W2 - 0.01 * a1.T @ difference
        b2 = b2 - 0.01 * difference.sum(0)
        W1 = W1 - 0.01 * X.T @ hidden
        b1 = b1 - 0.01 * hidden.sum(0)
        assert abs(loss - expected) < 1e-9
    for name, array in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items():
        assert np.abs(graph[name].value - array).max() < 1e-9


@pytest.mark.parametrize("rate", [0.5, 1, np.float64(0.5)])
def test_the_learning_rate_does_not_widen_the_parameters(rate):
    graph = build(hidden=4)
    updates = mg.SGD(rate).minimize(graph["loss"])
    assert {node.dtype for node in updates.values()} == {np.dtype(np.float32)}


def test_a_batch_without_rows_changes_no_parameter():
    graph = build(hidden=4)
    before = {name: p.value.copy() for name, p in graph.parameters.items()}
    step = mg.compile(graph, updates=mg.SGD(0.5).minimize(graph["loss"]))
    step(x=np.zeros((0, 2)), y=np.zeros(0, int))
    assert all(np.array_equal(p.value, before[name]) for name, p in graph.parameters.items())


def test_a_parameter_that_the_loss_does_not_reach_stays():
    w, other = mg.Parameter("w", 3.0), mg.Parameter("other", [1.0, 2.0])
    loss = w * w
    mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.25).minimize(loss, [w, other]))()
    assert w.value == 1.5
    assert other.value.tolist() == [1.0, 2.0]


def test_only_the_parameters_asked_for_change():
    a, b = mg.Parameter("a", 1.0), mg.Parameter("b", 2.0)
    loss = a * b
    assert list(mg.SGD(0.5).minimize(loss, [b])) == [b]
    assert list(mg.SGD(0.5).minimize(loss)) == [a, b]


@pytest.mark.parametrize("rate", [0, -0.1, float("nan"), float("inf"), "0.1", None])
def test_a_learning_rate_that_is_not_positive_is_refused(rate):
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(rate)
    assert str(caught.value) == f"The learning rate must be a positive number, not {rate!r}."


def test_a_loss_without_parameters_cannot_be_minimized():
    loss = mg.Input("x", ()) * 2
    loss.name = "loss"
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(0.1).minimize(loss)
    assert str(caught.value) == "loss depends on no parameter, so there is nothing to minimize it by."


def test_what_is_no_variable_cannot_be_updated():
    x, w = mg.Input("x", ()), mg.Parameter("w", 1.0)
    with pytest.raises(mg.GraphError) as caught:
        mg.SGD(0.1).minimize(x * w, [x])
    assert str(caught.value) == f"An optimizer changes variables, and x is none.\n  x was made at {x.line}."
