"""The article's model, trained as the command line trains it unless told otherwise."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.training.data import moons
from models.two_layer import build


@pytest.mark.slow
def test_the_model_learns_the_moons():
    graph = build()
    history = mg.train(graph, moons(200), optimizer=mg.SGD(0.1), epochs=4000, progress=False)
    run = graph.forward(**moons(1000, seed=1))
    validation = np.mean(run["probabilities"].argmax(axis=1) == moons(1000, seed=1)["y"])
    assert history["accuracy"][-1] >= 0.97
    assert validation >= 0.95
    assert max(history["loss"][100:]) < 0.3  # no jumps: the step is small enough for the descent to stay smooth


def test_the_penalty_adds_the_squares_of_the_weights():
    plain, held_small = build(hidden=4), build(hidden=4, penalty=0.01)
    squares = sum((plain[name].value ** 2).sum() for name in ("W1", "W2"))
    losses = [float(graph.forward(**moons(20))["loss"]) for graph in (plain, held_small)]
    assert np.isclose(losses[1] - losses[0], 0.01 / 2 * squares, rtol=1e-4)


def test_a_penalised_loss_comes_with_its_accuracy():
    history = mg.train(build(hidden=4, penalty=0.01), moons(20), optimizer=mg.SGD(0.1), epochs=1, progress=False)
    assert list(history) == ["loss", "accuracy"]
