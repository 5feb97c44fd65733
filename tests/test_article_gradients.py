"""The article's model: its four gradients against their closed form, numeric and symbolic."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(1)
    graph = build().astype(np.float64)
    X, Y = rng.normal(size=(200, 2)), rng.integers(0, 2, 200)
    return graph, X, Y, graph.forward(x=X, y=Y, check=True)


def closed_form(graph, X, Y, run):
    difference = (run["probabilities"] - np.eye(2)[Y]) / len(X)
    hidden = difference @ graph["W2"].value.T * (1 - run["a1"] ** 2)
    return {"W2": run["a1"].T @ difference, "b2": difference.sum(0), "W1": X.T @ hidden, "b1": hidden.sum(0)}


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_the_gradient_equals_its_closed_form(model, name):
    graph, X, Y, run = model
    expected = closed_form(*model)[name]
    (node,) = mg.gradient(graph["loss"], [graph[name]])
    symbolic = mg.Graph(node).forward(x=X, y=Y)[node]
    for found in (run.backward()[name], symbolic):
        assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()


def test_float32_stays_float32():
    graph = build(hidden=5)
    run = graph.forward(x=np.ones((3, 2)), y=[0, 1, 1])
    assert {run[node].dtype for node in graph.nodes if node.dtype.kind == "f"} == {np.dtype(np.float32)}
    assert {array.dtype for array in run.backward().values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("rows", [0, 1])
def test_batches_of_none_and_one_row_have_gradients(rows):
    run = build(hidden=5).forward(x=np.ones((rows, 2)), y=np.zeros(rows, int))
    assert all(np.isfinite(run.backward()[name]).all() for name in ("W1", "b1", "W2", "b2"))


def test_logits_of_a_thousand_have_a_finite_loss_and_gradient():
    z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    run = mg.Graph(mg.SoftmaxCrossEntropy(z, y, name="loss")).forward(z=[[1000, -1000]], y=[1], check=True)
    assert run["loss"] == 2000 and np.array_equal(run.backward()["z"], [[1, -1]])
