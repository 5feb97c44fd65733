"""Rows that weigh more than others: given as an array, by a name in arrays, frames and batches, and beside class weights."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data.frames import NamedColumns
from minigraph.training.loop.class_weights import balanced_weights
from models import logistic_regression

RNG = np.random.default_rng(3)
N = 24
X, LABELS, WEIGHTS = RNG.normal(size=(N, 2)), RNG.integers(0, 2, N), RNG.integers(0, 4, N)
ROWS = {"x": X, "y": LABELS}
WEIGHED = {**ROWS, "w": WEIGHTS}
OPTIONS = {"optimizer": mg.SGD(0.1), "epochs": 3, "progress": False}


def trained(data, **options):
    graph = logistic_regression.build()
    history = mg.train(graph, data, **{**OPTIONS, **options})
    return history, graph["W"].value


def halves(**arrays):
    return [{name: array[half] for name, array in arrays.items()} for half in (slice(0, 9), slice(9, N))]


NAMED = {
    "arrays": lambda: WEIGHED,
    "data set": lambda: mg.data.Dataset(WEIGHED),
    "frame of features": lambda: NamedColumns({"a": X[:, 0], "w": WEIGHTS, "b": X[:, 1], "y": LABELS}),
    "frame of inputs": lambda: NamedColumns({"w": WEIGHTS, "y": LABELS, "x": list(X)}),
    "batch": lambda: lambda: [WEIGHED],
    "batch of three": lambda: lambda: [(X, LABELS, WEIGHTS)],
}


@pytest.mark.parametrize("kind", NAMED)
def test_weights_are_found_by_their_name(kind):
    right, W = trained(ROWS, sample_weight=WEIGHTS, validation={**ROWS, "sample_weight": WEIGHTS[::-1]})
    found, same = trained(NAMED[kind](), sample_weight="w", validation={**ROWS, "w": WEIGHTS[::-1]})
    np.testing.assert_allclose(same, W, rtol=1e-6)
    for name in ("loss", "validation loss", "accuracy", "validation accuracy"):
        np.testing.assert_allclose(found[name], right[name], rtol=1e-6)


@pytest.mark.parametrize("kind", NAMED)
def test_rows_for_validation_weigh_what_their_data_says(kind):
    found, _ = trained(WEIGHED, sample_weight="w", validation=NAMED[kind]())
    again = np.repeat(np.arange(N), WEIGHTS)
    right, _ = trained({"x": X[again], "y": LABELS[again]}, validation={"x": X[again], "y": LABELS[again]})
    np.testing.assert_allclose(found["validation loss"], right["validation loss"], rtol=1e-6)


@pytest.mark.parametrize(
    "plain",
    [ROWS, lambda: [ROWS], lambda: [(X, LABELS)], NamedColumns({"a": X[:, 0], "b": X[:, 1], "y": LABELS})],
    ids=range(4),
)
def test_rows_for_validation_weigh_1_where_their_data_says_nothing(plain):
    found, _ = trained(WEIGHED, sample_weight="w", validation=plain)
    ones, _ = trained(WEIGHED, sample_weight="w", validation={**ROWS, "w": np.ones(N)})
    assert found["validation loss"] == ones["validation loss"]
    assert found["validation accuracy"] == ones["validation accuracy"]


def test_batches_that_weigh_nothing_are_no_steps():
    weights = np.where(np.arange(N) < 9, 0, WEIGHTS)
    found, W = trained(lambda: halves(**ROWS, w=weights), sample_weight="w")
    right, same = trained({"x": X[9:], "y": LABELS[9:]}, sample_weight=WEIGHTS[9:])
    np.testing.assert_allclose(W, same, rtol=1e-6)
    np.testing.assert_allclose(found["loss"], right["loss"], rtol=1e-6)


def test_metrics_count_each_row_once():
    weights = np.where(LABELS, 3.0, 0.0)  # only those of the second class would count
    found, _ = trained(ROWS, sample_weight=weights, epochs=30, validation={**ROWS, "sample_weight": weights})
    assert found["validation loss"][-1] < 0.2
    assert found["validation accuracy"][-1] == pytest.approx(LABELS.mean(), abs=0.05)


def test_balanced_classes_are_those_of_rows_written_down_so_many_times():
    again = np.repeat(np.arange(N), WEIGHTS)
    assert balanced_weights(LABELS, 3, WEIGHTS) == pytest.approx(balanced_weights(LABELS[again], 3))
    found, W = trained(WEIGHED, sample_weight="w", class_weights="balanced")
    right, same = trained({"x": X[again], "y": LABELS[again]}, class_weights="balanced")
    np.testing.assert_allclose(W, same, rtol=1e-5)
    assert found["loss"] == pytest.approx(right["loss"], rel=1e-5)


def test_weights_that_cannot_be_are_refused(refused):
    graph = logistic_regression.build()
    x, y, w = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 2)), mg.Input("w", ("N",))
    own = mg.Graph(loss=mg.MeanSquaredError(x * mg.Parameter("a", 1.0), y) + (w * 0).mean())

    def train(data, graph=graph, **options):
        mg.train(graph, data, **{**OPTIONS, "sample_weight": "w", **options})

    refused(mg.InputError, lambda: train(ROWS))
    refused(mg.InputError, lambda: train(lambda: [ROWS]))
    refused(mg.InputError, lambda: train(lambda: [(X, LABELS)]))
    refused(mg.InputError, lambda: train({**ROWS, "w": WEIGHTS - 1.0}))
    refused(mg.InputError, lambda: train(lambda: [{**ROWS, "w": np.full(N, np.nan)}]))
    refused(mg.MinigraphError, lambda: train({**ROWS, "w": ["one"] * N}))
    refused(mg.InputError, lambda: train({**ROWS, "w": WEIGHTS[:3]}))
    refused(mg.InputError, lambda: train({**ROWS, "w": 2.0}))
    refused(mg.InputError, lambda: train(WEIGHED, validation={**ROWS, "w": -WEIGHTS}))
    refused(mg.InputError, lambda: train({**ROWS, "w": -WEIGHTS}, class_weights="balanced"))
    refused(mg.InputError, lambda: train(NamedColumns({"a": X[:, 0], "b": X[:, 1], "y": LABELS})))
    refused(mg.InputError, lambda: train(NamedColumns({"a": X[:, 0], "b": X[:, 1], "y": LABELS}), sample_weight=WEIGHTS))
    refused(mg.GraphError, lambda: train({"x": X, "y": X, "w": WEIGHTS}, own))
    refused(mg.MinigraphError, lambda: train(WEIGHED, sample_weight="x"))
    assert not graph["W"].value.any()
