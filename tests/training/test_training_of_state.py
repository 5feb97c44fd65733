"""Training of networks with dropout and batch normalisation: validated as they are used, and resumed without a difference."""

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks
from minigraph.training.loop.evaluation import Predictor, evaluate

RNG = np.random.default_rng(0)
DATA = {"x": RNG.normal(size=(60, 4)), "y": RNG.integers(0, 3, 60)}
VALIDATION = {"x": RNG.normal(size=(20, 4)), "y": RNG.integers(0, 3, 20)}


def composed():
    x, y = mg.Input("x", ("N", 4)), mg.Input("y", ("N",), dtype=np.int64)
    h = blocks.dense(x, 16, rng=np.random.default_rng(1), name="hidden")
    h = mg.Dropout(mg.Relu(blocks.batch_normalization(h, name="bn")), mg.RandomState(3), ratio=0.4)
    scores = blocks.dense(h, 3, rng=np.random.default_rng(2), name="last")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(scores, y), scores=scores)


def trained(graph, epochs, **options):
    return mg.train(
        graph, DATA, optimizer=mg.Adam(0.01), epochs=epochs, batch_size=16, validation=VALIDATION, progress=False, **options
    )


def test_a_training_that_is_resumed_ends_with_the_same_bits(tmp_path):
    whole, parted, resumed = composed(), composed(), composed()
    expected = trained(whole, 4)
    trained(parted, 2, checkpoint=tmp_path)
    found = trained(resumed, 4, checkpoint=tmp_path, resume=True)
    assert found.state() == expected.state()
    assert resumed["random"].value.tolist() == [3, 16]
    for name, variable in whole.variables.items():
        assert np.array_equal(resumed[name].value, variable.value), name


def test_what_is_drawn_makes_a_difference(tmp_path):
    one, other = composed(), composed()
    other["random"].value = [4, 0]
    trained(one, 1), trained(other, 1)
    assert not np.array_equal(one["last.W"].value, other["last.W"].value)


def test_validation_and_use_are_without_dropout_and_by_running_statistics():
    graph = composed()
    history = trained(graph, 2, test=VALIDATION)
    run = mg.inference(graph).forward(**VALIDATION)
    loss = pytest.approx(float(run["loss"]), rel=1e-5)
    assert history["validation loss"][-1] == loss
    assert history.test["loss"] == loss
    assert evaluate(graph, VALIDATION)["loss"] == loss
    probabilities = mg.Graph(p=mg.Softmax(mg.inference(graph)["scores"])).forward(x=VALIDATION["x"])["p"]
    assert np.allclose(Predictor(graph)(VALIDATION["x"])["probabilities"], probabilities, atol=1e-6)
    assert graph["random"].value.tolist() == [3, 8]
