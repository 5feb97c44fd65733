"""Inputs standardised by variables of the graph."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import Dataset, moons, standardized
from minigraph.training.loop.evaluation import Predictor
from models import mlp, two_layer


@pytest.fixture
def far():
    """The moons, in units in which they are far from 0 and of unlike sizes."""
    data = moons()
    return Dataset({"x": data["x"] * [100, 0.01] + [1000, 5], "y": data["y"]})


def test_what_is_computed_is_the_mean_and_the_standard_deviation(monkeypatch):
    monkeypatch.setattr("minigraph.training.data.standardize.ROWS", 7)
    rows = np.random.default_rng(0).normal(5, 3, (100, 4))
    graph = standardized(mg.Graph(z=mg.Input("x", ("N", 4)) * 1), {"x": rows})
    assert np.allclose(graph["x.mean"].value, rows.mean(axis=0))
    assert np.allclose(graph["x.deviation"].value, rows.std(axis=0))


def test_a_training_on_numbers_far_from_0_succeeds_with_it_and_not_without(far):
    def loss(graph):
        return mg.train(graph, far, optimizer=mg.Adam(0.01), epochs=100, progress=False)["loss"][-1]

    assert loss(two_layer.build()) > 0.6
    assert loss(standardized(two_layer.build(), far)) < 0.2


def test_it_is_saved_and_loaded_with_the_parameters(far, tmp_path):
    graph = standardized(two_layer.build(), far)
    graph.save(tmp_path / "model.safetensors")
    loaded = standardized(two_layer.build(seed=1))
    loaded.load(tmp_path / "model.safetensors")
    ours, theirs = (Predictor(each)(far["x"])["probabilities"] for each in (graph, loaded))
    assert np.array_equal(ours, theirs)


def test_parameters_are_shared_and_trained_and_the_statistics_are_not(far):
    graph = two_layer.build()
    scaled = standardized(graph, far)
    assert scaled.parameters == graph.parameters
    before = scaled["x.mean"].value.copy()
    mg.train(scaled, far, optimizer=mg.SGD(0.1), epochs=2, progress=False)
    assert np.array_equal(scaled["x.mean"].value, before)


def test_its_gradients_are_right(far):
    assert mg.check_gradients(standardized(two_layer.build(hidden=5), far), x=far["x"][:9], y=far["y"][:9])


def test_a_feature_that_is_always_the_same_is_left_at_0():
    rows = np.array([[7.0, 1.0], [7.0, 3.0]])
    graph = standardized(mg.Graph(z=mg.Input("x", ("N", 2)) * 1), {"x": rows})
    assert graph.forward(x=rows)["z"].tolist() == [[0, -1], [0, 1]]


def test_what_makes_numbers_far_from_0_differ_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("minigraph.training.data.standardize.ROWS", 7)
    times = np.column_stack([1_700_000_000 + np.arange(100), np.full(100, 0.1)])
    graph = standardized(mg.Graph(z=mg.Input("x", ("N", 2)) * 1), {"x": times})
    z = (times[:, 0] - times[:, 0].mean()) / times[:, 0].std()
    found = graph.forward(x=times)["z"]
    assert found.dtype == np.float32 and np.allclose(found[:, 0], z, rtol=1e-6, atol=1e-7) and not found[:, 1].any()
    assert np.array_equal(mg.compile(graph)(x=times)["z"], found)
    graph.save(tmp_path / "model.safetensors")
    loaded = standardized(mg.Graph(z=mg.Input("x", ("N", 2)) * 1))
    loaded.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.forward(x=times)["z"], found)


def test_whole_numbers_of_many_digits_are_standardised_exactly():
    nanoseconds = 1_700_000_000_000_000_000 + 1_000_000_000 * np.arange(10).reshape(10, 1)
    graph = standardized(mg.Graph(z=mg.Input("x", ("N", 1)) * 1), {"x": nanoseconds})
    z = (np.arange(10) - 4.5) / np.arange(10).std()
    assert np.allclose(graph.forward(x=nanoseconds)["z"][:, 0], z, rtol=1e-6)


def words():
    return mg.Graph(z=mg.Input("x", ("N", 3), dtype=np.int64).sum())


MISTAKES = {
    "no such input": (two_layer.build, {"name": "z"}, mg.GraphError),
    "whole numbers": (words, {}, mg.GraphError),
    "twice": (lambda: standardized(two_layer.build()), {}, mg.GraphError),
    "no x in the data": (two_layer.build, {"data": {"y": [1]}}, mg.InputError),
    "infinity": (two_layer.build, {"data": {"x": [[1, np.inf], [1, -np.inf]]}}, mg.InputError),
    "another width": (two_layer.build, {"data": {"x": np.zeros((5, 3))}}, mg.ShapeError),
    "no rows": (mlp.build, {"data": {"x": np.zeros((0, 64))}}, mg.ShapeError),
    "NaN": (two_layer.build, {"data": {"x": [[1, np.nan]]}}, mg.InputError),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_cannot_be_standardised_is_told(name, wording):
    build, options, kind = MISTAKES[name]
    graph = build()
    with pytest.raises(kind) as caught:
        standardized(graph, **options)
    text = str(caught.value)
    told = [(name, node) for name, node in graph.names.items() if f"  {name} was made at" in text]
    assert all(f"  {name} was made at {node.line}." in text for name, node in told)
    wording(text)


def test_zeros_and_ones_stay_as_they_are(monkeypatch):
    """A category of one row in a thousand would be 32 deviations away from the others."""
    monkeypatch.setattr("minigraph.training.data.standardize.ROWS", 7)
    x = np.zeros((1000, 4))
    x[3, 0], x[:, 1], x[5, 2], x[:, 3] = 1, 1, 2, np.arange(1000)
    graph = standardized(mg.Graph(z=mg.Input("x", ("N", 4)) * 1), {"x": x})
    mean, deviation = (graph.variables[f"x.{name}"].value for name in ("mean", "deviation"))
    np.testing.assert_allclose(mean, [0, 1, 0.002, 499.5])
    np.testing.assert_allclose(deviation, [1, 1, x[:, 2].std(), x[:, 3].std()])
