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


def binary(shape):
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", *shape))
    z = (x @ mg.Parameter("W", np.zeros((2, 1)))).reshape(-1, *shape)
    return mg.Graph(loss=mg.BinaryCrossEntropy(z, y, logits=True))


@pytest.mark.parametrize(
    "build", [logistic_regression.build, lambda: binary(()), lambda: binary((1,))], ids=["2", "1", "N × 1"]
)
@pytest.mark.parametrize("weights", ["balanced", [1, 3]], ids=str)
def test_weights_of_classes_and_rows_are_multiplied(build, weights):
    again = np.repeat(np.arange(N), WEIGHTS)
    assert balanced_weights(LABELS, 3, WEIGHTS) == pytest.approx(balanced_weights(LABELS[again], 3))
    graphs, histories = [build(), build()], []
    y = LABELS.reshape(-1, *graphs[0].inputs["y"].shape[1:])
    options = {**OPTIONS, "class_weights": weights}
    histories.append(mg.train(graphs[0], {"x": X, "y": y, "w": WEIGHTS}, sample_weight="w", **options))
    histories.append(mg.train(graphs[1], {"x": X[again], "y": y[again]}, **options))
    np.testing.assert_allclose(graphs[0]["W"].value, graphs[1]["W"].value, rtol=1e-5)
    assert histories[0]["loss"] == pytest.approx(histories[1]["loss"], rel=1e-5)


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


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_are_summed_in_the_precision_of_a_mean(dtype):
    """A sum of weights may exceed what half precision holds, and 0.1 has more digits in double."""
    x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    graph = mg.Graph(loss=mg.MeanSquaredError(x * mg.Parameter("a", 1.0), y)).astype(dtype)
    rows, weights = {"x": np.arange(300) % 7, "y": np.arange(300) % 5}, 1000 * (0.1 + np.arange(300) % 3 / 3)
    history = mg.train(graph, rows, optimizer=mg.SGD(1e-30), epochs=1, sample_weight=weights, progress=False)
    right = np.average((rows["x"] - rows["y"]) ** 2.0, weights=weights)
    assert history["loss"][0] == pytest.approx(right, rel={np.float16: 5e-4, np.float32: 1e-6, np.float64: 1e-12}[dtype])
