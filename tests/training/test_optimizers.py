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


def test_a_learning_rate_that_is_not_positive_is_refused():
    with pytest.raises(mg.GraphError, match="The learning rate must be a positive number, not 0."):
        mg.SGD(0)
