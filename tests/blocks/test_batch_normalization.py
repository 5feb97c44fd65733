"""Batch normalisation: trained as PyTorch trains it, its running statistics kept, and used by them."""

from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks

ANSWERS = Path(__file__).parent.parent / "oracles" / "batch_normalization.npz"
STEPS, RATE, MOMENTUM, EACH = 5, 0.1, 0.9, 6 * 2 * 2
"""Five steps of gradient descent; a channel has EACH elements in a batch."""


@pytest.fixture(scope="module")
def answers():
    with np.load(ANSWERS) as stored:
        return dict(stored)


@pytest.fixture
def graph(answers):
    x = mg.Input("x", (6, 3, 2, 2), dtype=np.float64)
    y = blocks.batch_normalization(x, name="bn")
    return mg.Graph(loss=(y * answers["weights"]).sum(), y=y)


def variables(graph):
    return {name: variable.value for name, variable in graph.variables.items()}


def trained_plainly(graph, batches):
    """The losses of steps taken by runs of the updates as a graph."""
    updates, losses = mg.SGD(RATE).minimize(graph["loss"]), []
    whole = mg.Graph(graph.outputs, {f"new {variable.name}": node for variable, node in updates.items()})
    for batch in batches:
        run = whole.forward(x=batch)
        losses.append(run["loss"])
        for variable, node in updates.items():
            variable.value = run[node]
    return losses


def test_some_steps_are_pytorchs(graph, answers):
    step = mg.compile(graph, updates=mg.SGD(RATE).minimize(graph["loss"]))
    losses = [step(x=batch)["loss"] for batch in answers["batches"]]
    np.testing.assert_allclose(losses, answers["losses"], rtol=1e-9)
    for name in ("scale", "bias"):
        np.testing.assert_allclose(graph[f"bn.{name}"].value, answers[name], atol=1e-9)
    np.testing.assert_allclose(graph["bn.running_mean"].value, answers["mean"], atol=1e-9)


def test_the_running_variance_is_of_the_batch_as_it_is(graph, answers):
    """PyTorch divides by one less than the elements there are, ONNX and minigraph by all."""
    trained_plainly(graph, answers["batches"])
    kept = MOMENTUM**STEPS
    expected = kept + (answers["variance"] - kept) * (EACH - 1) / EACH
    np.testing.assert_allclose(graph["bn.running_variance"].value, expected, atol=1e-9)


def test_inference_normalises_by_the_running_statistics(graph, answers):
    for ours, theirs in (("scale", "scale"), ("bias", "bias"), ("running_mean", "mean"), ("running_variance", "variance")):
        graph[f"bn.{ours}"].value = answers[theirs]
    found = mg.inference(graph).forward(x=answers["batches"][0])["y"]
    np.testing.assert_allclose(found, answers["inference"], atol=1e-9)


def test_compiled_steps_are_those_of_plain_runs(graph, answers):
    other = graph.astype(np.float64)
    step = mg.compile(graph, updates=mg.SGD(RATE).minimize(graph["loss"]))
    compiled = [step(x=batch)["loss"] for batch in answers["batches"]]
    np.testing.assert_allclose(compiled, trained_plainly(other, answers["batches"]), rtol=1e-12)
    for name, value in variables(other).items():
        np.testing.assert_allclose(graph[name].value, value, rtol=1e-12)


def test_a_layer_that_is_used_twice_follows_both():
    x = mg.Input("x", ("N", 1))
    mean, variance, one = mg.Variable("mean", [0.0]), mg.Variable("variance", [1.0]), np.ones(1)
    first = mg.BatchNormalization(x, one, one, mean, variance, training_mode=True, momentum=0.5)
    second = mg.BatchNormalization(x + 8, one, one, mean, variance, training_mode=True, momentum=0.5)
    mg.compile(mg.Graph(y=first + second), updates=mg.state_updates(first, second))(x=[[4.0]])
    assert mean.value == [0.5 * (0.5 * 4) + 0.5 * 12]
    assert variance.value == [0.25]


def test_updates_that_leave_the_statistics_out_are_refused(graph, refused):
    scale = graph["bn.scale"]
    refused(mg.GraphError, lambda: mg.compile(graph, updates={scale: scale * 0.5}))


@pytest.mark.parametrize("shape", [("N",), ("N", "C")])
def test_channels_are_of_a_known_number(shape):
    with pytest.raises(mg.ShapeError, match=r"batch_normalization takes N × C × …, with the channels along axis 1, not x \(N"):
        blocks.batch_normalization(mg.Input("x", shape))
