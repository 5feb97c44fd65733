"""A graph in training and in use: what moves on with each step, and what is used of it."""

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks

X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)


@pytest.fixture
def graph():
    """A network with dropout and batch normalisation, on the way to a loss."""
    x, random = mg.Input("x", ("N", 4)), mg.RandomState(3)
    h = blocks.dense(x, 8, rng=np.random.default_rng(0), name="hidden")
    h = mg.Dropout(mg.Relu(blocks.batch_normalization(h, name="bn")), random, ratio=0.4)
    prediction = blocks.dense(h, 1, rng=np.random.default_rng(1), name="last")
    return mg.Graph(loss=(prediction**2).mean(), prediction=prediction)


def test_inference_is_the_same_in_every_run_and_for_every_row(graph):
    used = mg.inference(graph)
    whole = used.forward(x=X)["prediction"]
    assert np.allclose(used.forward(x=X[:7])["prediction"], whole[:7], atol=1e-6)
    graph["random"].value = [3, 9]
    assert np.array_equal(used.forward(x=X)["prediction"], whole)
    assert not np.allclose(graph.forward(x=X)["prediction"], whole)


def test_inference_shares_inputs_and_parameters_and_leaves_the_graph_as_it_was(graph):
    before = graph.forward(x=X)["prediction"]
    used = mg.inference(graph)
    assert {name: used[name] is graph[name] for name in graph.parameters} == dict.fromkeys(graph.parameters, True)
    assert used["x"] is graph["x"]
    assert set(graph.variables) - set(used.variables) == {"random"}
    assert np.array_equal(graph.forward(x=X)["prediction"], before)


def test_inference_keeps_names(graph):
    named = mg.Graph(graph.outputs, names={"again": graph["loss"], "scores": graph["prediction"]})
    used = mg.inference(named)
    assert used.outputs.keys() == named.outputs.keys()
    assert "scores" in used


def test_inference_of_a_graph_that_is_the_same_in_both_is_that_graph(graph):
    used = mg.inference(graph)
    assert mg.inference(used) is used


def test_an_optimizer_moves_all_state_on(graph):
    updates = mg.SGD(0.1).minimize(graph["loss"])
    assert {variable.name for variable in updates} == set(graph.variables)
    mg.compile(graph, updates=updates)(x=X)
    assert graph["random"].value.tolist() == [3, 1]
    assert graph["bn.running_mean"].value.any()


def test_state_moves_on_also_in_steps_that_only_gather_gradients(graph):
    step = mg.compile(graph, updates=mg.SGD(0.1, accumulate=3).minimize(graph["loss"]))
    before = graph["last.W"].value.copy()
    step(x=X)
    assert np.array_equal(graph["last.W"].value, before)
    assert graph["random"].value.tolist() == [3, 1]


def test_updates_that_leave_a_random_state_out_are_refused(graph, refused):
    W = graph["last.W"]
    kept = {graph[f"bn.running_{which}"]: graph[f"bn.running_{which}"] for which in ("mean", "variance")}
    refused(mg.GraphError, lambda: mg.compile(graph, updates={W: W * 0.5, **kept}))
    mg.compile(graph, updates={W: W * 0.5, **mg.state_updates(graph["loss"])})(x=X)
    assert graph["random"].value.tolist() == [3, 1]


def test_state_that_is_its_own_new_value_stays(graph):
    W = graph["last.W"]
    stays = {variable: variable for variable in mg.state_updates(graph["loss"])}
    step = mg.compile(graph, updates={W: W * 1, **stays})
    assert step(x=X)["loss"] == step(x=X)["loss"]
    assert graph["random"].value.tolist() == [3, 0]
