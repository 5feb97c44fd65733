"""Each model in models/, in a small version, trained to a bar."""

import codecs
import contextlib
import io
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import minigraph as mg
from minigraph.training.data import Dataset, moons, split
from minigraph.training.loop.evaluation import evaluate
from minigraph.training.runs.building import load_model
from models import (
    autoencoder,
    character_lstm,
    gpt,
    lenet,
    logistic_regression,
    matrix_factorization,
    mlp,
    own_operation,
    physics_informed,
)

MODELS = sorted(Path(__file__).parents[2].glob("models/*.py"))


@pytest.fixture(scope="module")
def digits():
    """scikit-learn's images of digits, 8 × 8, for training and validation."""
    x, y = load_digits(return_X_y=True)
    return split(Dataset({"x": x / 16, "y": y}), seed=0)


def zen(length):
    """Pieces of the Zen of Python, which its author placed in the public domain (PEP 20), and how many kinds of character."""
    with contextlib.redirect_stdout(io.StringIO()):
        import this
    text = codecs.decode(this.s, "rot13")
    kinds = sorted(set(text))
    numbers = np.array([kinds.index(character) for character in text])
    starts = np.arange(len(text) - length)[:, None] + np.arange(length)
    return {"x": numbers[starts], "y": numbers[starts + 1]}, len(kinds)


def trained(graph, rows, optimizer, epochs, batch_size=None):
    return mg.train(graph, rows, optimizer=optimizer, epochs=epochs, batch_size=batch_size, progress=False)


@pytest.mark.parametrize("file", MODELS, ids=lambda file: file.stem)
def test_every_model_is_found_by_the_command_line(file):
    assert "loss" in load_model(str(file)).outputs


def test_logistic_regression_parts_the_moons_by_a_line():
    graph = logistic_regression.build()
    trained(graph, moons(), mg.SGD(1.0), epochs=200)
    accuracy = evaluate(graph, moons(1000, seed=1))["accuracy"]
    assert 0.84 < accuracy < 0.92


def test_the_perceptron_learns_digits(digits):
    graph = mlp.build()
    trained(graph, digits[0], mg.Adam(0.003), epochs=20, batch_size=64)
    assert evaluate(graph, digits[1])["accuracy"] >= 0.95


def test_the_perceptron_for_28_by_28_pixels_has_its_size():
    graph = mlp.fashion()
    assert sum(parameter.value.size for parameter in graph.parameters.values()) == 784 * 256 + 256 + 256 * 128 + 128 + 1290


def test_the_convolutional_network_learns_digits(digits):
    graph = lenet.build((64,), filters=(8, 16), units=64)
    trained(graph, digits[0], mg.Adam(0.003), epochs=6, batch_size=64)
    assert evaluate(graph, digits[1])["accuracy"] >= 0.95


def test_the_lstm_learns_a_text():
    rows, kinds = zen(12)
    graph = character_lstm.build(kinds, length=12, units=64)
    history = trained(graph, rows, mg.Adam(0.01), epochs=12, batch_size=64)
    assert history["accuracy"][-1] >= 0.7


@pytest.mark.slow
def test_the_gpt_learns_a_text():
    rows, kinds = zen(16)
    graph = gpt.build(kinds, length=16, features=32, layers=1)
    history = trained(graph, rows, mg.Adam(0.01), epochs=12, batch_size=64)
    assert history["accuracy"][-1] >= 0.7


def test_the_gpt_does_not_see_what_is_to_come():
    graph = gpt.build(10, length=6, features=16)
    rows = np.arange(6)[None] % 10
    later = np.where(np.arange(6) < 3, rows, 9)
    before, after = (graph.forward(x=x, y=rows)["probabilities"] for x in (rows, later))
    assert np.allclose(before[:, :3], after[:, :3], atol=1e-6) and not np.allclose(before[:, 3:], after[:, 3:], atol=1e-3)


def test_the_autoencoder_draws_digits_again(digits):
    graph = autoencoder.build()
    validation = {"x": digits[1]["x"]}
    trained(graph, {"x": digits[0]["x"]}, mg.Adam(0.003), epochs=30, batch_size=64)
    assert evaluate(graph, validation)["loss"] < 0.35 * np.var(validation["x"], axis=0).mean()


def test_the_factors_predict_the_ratings_of_the_validation_set():
    rng = np.random.default_rng(0)
    likes, what = rng.normal(size=(60, 2)), rng.normal(size=(40, 2))
    user, item = np.divmod(np.arange(60 * 40), 40)
    rated = {"user": user, "item": item, "y": (likes[user] * what[item]).sum(axis=1) + 0.1 * rng.normal(size=2400)}
    rows, validation = split(rated)
    graph = matrix_factorization.build()
    trained(graph, rows, mg.Adam(0.03), epochs=30, batch_size=64)
    error = graph.forward(**validation)["error"]
    assert error < 0.05 * np.var(validation["y"])


def test_the_differential_equation_is_solved():
    graph = physics_informed.build()
    x = np.linspace(0, 1, 41)[:, None]
    trained(graph, {"x": x}, mg.Adam(0.01), epochs=3000)
    assert np.abs(graph.forward(x=x)["u"] - np.sin(np.pi * x)).max() < 0.01


def test_the_own_operation_is_right_and_follows_what_repeats():
    graph = own_operation.build()
    x = np.linspace(-3, 3, 200)[:, None]
    rows = {"x": x, "y": np.sin(4 * x[:, 0])}
    assert mg.check_gradients(graph, **{name: array[:5] for name, array in rows.items()}).ok
    history = trained(graph, rows, mg.Adam(0.01), epochs=1500)
    assert history["loss"][-1] < 0.01
