"""Figures of predictions equal scikit-learn's, and a graph's are those of all its rows at once."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg
from minigraph import blocks
from minigraph.training.data import standardized
from minigraph.training.loop.evaluation import evaluate
from minigraph.training.loop.scoring import scores
from minigraph.training.loop.targets import standardized_rows, standardized_targets
from minigraph.training.metrics.compared import compared
from minigraph.training.metrics.scores import classification_scores, regression_scores, remarks
from models import two_layer

STORED = dict(np.load(Path(__file__).parent.parent / "oracles/scikit_learn_metrics.npz"))
CASES = sorted({name.rpartition("/")[0] for name in STORED if name.endswith("/true")})
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("case", CASES)
def test_figures_are_scikit_learns(case):
    figures_of = classification_scores if case.startswith("classes") else regression_scores
    found = figures_of(STORED[f"{case}/true"], STORED[f"{case}/predicted"])
    right = {name.rpartition("/")[2]: value for name, value in STORED.items() if name.startswith(f"{case}/right/")}
    assert found.keys() - {"largest class", "calibration error"} == right.keys()
    for name, value in right.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-12, err_msg=name)


def test_the_calibration_error_is_that_of_the_metric():
    labels, probabilities = (STORED[f"classes/three classes/{name}"] for name in ("true", "predicted"))
    p, y = mg.Input("p", ("N", 3), dtype=np.float64), mg.Input("y", ("N",), dtype=np.int64)
    node = mg.metrics.calibration_error(p, y).node
    right = mg.Graph(node).forward(p=probabilities, y=labels)[node]
    assert classification_scores(labels, probabilities)["calibration error"] == pytest.approx(float(right))


def test_a_class_that_nobody_speaks_of_does_not_count():
    assert classification_scores(np.array([0, 0, 1]), np.eye(3)[[0, 0, 1]])["macro F1"] == 1


def test_what_is_not_finite_has_no_rank_and_no_confidence():
    figures = classification_scores(np.array([0, 1, 1]), np.array([[0.5, 0.5], [np.nan, np.nan], [0.2, 0.8]]))
    assert all(np.isnan(figures[name]) for name in ("AUC", "log loss", "calibration error"))


def test_a_model_that_answers_the_same_for_every_row_is_told(wording):
    assert remarks({"confusion": np.array([[3, 1], [0, 2]])}) == remarks({"confusion": np.array([[3, 0], [0, 0]])}) == []
    assert remarks({"confusion": np.array([[97, 0], [3, 0]])}) != remarks({"confusion": np.array([[0, 97], [0, 3]])}) != []
    (text,) = remarks({"confusion": np.array([[97, 0], [3, 0]])}, ["no", "yes"])
    wording(text)


@pytest.mark.parametrize("size", [7, 1000])
def test_the_figures_of_a_classifier_are_of_all_rows_at_once(size):
    graph, rows = two_layer.build(hidden=8), {"x": RNG.normal(size=(50, 2)), "y": RNG.integers(0, 2, 50)}
    found = scores(graph, rows, batch_size=size)
    probabilities = mg.Predictor(graph)(rows["x"])["probabilities"]
    right = classification_scores(rows["y"], probabilities)
    assert list(found) == ["loss", *right] and found["accuracy"] == right["accuracy"]
    for name in right:
        np.testing.assert_allclose(found[name], right[name], rtol=1e-5, err_msg=name)
    assert found["loss"] == pytest.approx(evaluate(graph, rows)["loss"])


def test_dropout_drops_nothing_where_a_model_is_measured():
    x, y = mg.Input("x", ("N", 4)), mg.Input("y", ("N",))
    value = mg.Dropout(x, mg.RandomState(0), ratio=0.5).sum(axis=1)
    rows = {"x": np.ones((9, 4)), "y": np.full(9, 4.0)}
    assert scores(mg.Graph(loss=mg.MeanSquaredError(value, y)), rows)["RMSE"] == 0


def test_labels_that_are_ignored_do_not_count():
    x, y = mg.Input("x", ("N", 3)), mg.Input("y", ("N",), dtype=np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y, ignore_index=-1))
    figures = scores(graph, {"x": [[9, 0, 0], [0, 9, 0], [0, 0, 9]], "y": [0, -1, 1]})
    assert figures["accuracy"] == 0.5 and figures["confusion"].sum() == 2
    with np.errstate(all="ignore"):
        assert "confusion" not in scores(graph, {"x": [[9, 0, 0]], "y": [-1]})


@pytest.mark.parametrize("logits", [True, False])
def test_a_probability_of_one_class_is_a_classifier(logits):
    x, y = mg.Input("x", ("N", 1)), mg.Input("y", ("N", 1))
    graph = mg.Graph(loss=mg.BinaryCrossEntropy(x if logits else mg.Sigmoid(x), y, logits=logits))
    figures = scores(graph, {"x": [[3.0], [-2], [1]], "y": [[1.0], [0], [0]]})
    assert figures["confusion"].tolist() == [[1, 1], [0, 1]] and figures["AUC"] == 1
    assert figures["log loss"] == pytest.approx(figures["loss"], rel=1e-5)
    assert "confusion" not in scores(graph, {"x": [[3.0]], "y": [[0.3]]})


X, Y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
VALUE = X.sum(axis=1)
REGRESSIONS = {
    "MeanSquaredError": mg.MeanSquaredError(VALUE, Y),
    "Huber": mg.Huber(VALUE, Y),
    "MeanAbsoluteError": mg.MeanAbsoluteError(VALUE, Y),
    "a difference": ((VALUE - Y) ** 2).mean(),
    "a difference the other way round": np.abs(Y - VALUE).mean(),
    "with a penalty": ((VALUE - Y) ** 2).mean() + 0.1 * (X * X).mean(),
    "columns": ((VALUE.reshape(-1, 1) - Y.reshape(-1, 1)) ** 2).mean(),
}
ROWS = {"x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "y": [3.0, 8.0, 11.0]}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_a_loss_compares_with_the_targets_is_found(name):
    figures = scores(mg.Graph(loss=REGRESSIONS[name]), ROWS)
    assert figures["MAE"] == pytest.approx(1 / 3) and figures["RMSE"] == pytest.approx(np.sqrt(1 / 3))


def test_a_loss_that_compares_nothing_or_several_has_its_own_figures():
    one = mg.OneHot(mg.Input("y", ("N",), dtype=np.int64), depth=2)
    for loss in (VALUE.mean(), (VALUE * Y).mean(), ((VALUE - Y) ** 2 + (VALUE * 2 - Y) ** 2).mean(), ((X - one) ** 2).mean()):
        assert compared(mg.Graph(loss=loss)) is None
    assert list(scores(mg.Graph(loss=(VALUE * Y).mean()), ROWS)) == ["loss"]


@pytest.mark.parametrize("name", REGRESSIONS)
def test_standardised_targets_are_put_back(name):
    graph = mg.Graph(loss=REGRESSIONS[name], value=VALUE, twice=VALUE * 2)
    rows = {"x": RNG.normal(size=(50, 2)), "y": RNG.normal(1000, 30, 50)}
    scaled = standardized_targets(graph, rows)
    mean, deviation = rows["y"].mean(), rows["y"].std()
    expected = rows["x"].sum(axis=1) * deviation + mean
    run = scaled.forward(**rows)
    np.testing.assert_allclose(run["value"], expected, rtol=1e-5)
    np.testing.assert_allclose(run["twice"], 2 * expected, rtol=1e-5)
    right = regression_scores(rows["y"], expected)
    found = scores(scaled, rows)
    assert {key: found[key] for key in right} == pytest.approx(right, rel=1e-5)
    loss = graph.forward(x=rows["x"], y=(rows["y"] - mean) / deviation)["loss"]
    np.testing.assert_allclose(found["loss"], loss, rtol=1e-4)


def test_a_regression_of_large_targets_trains_by_standardising():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (200, 2))
    rows = {"x": x * [1, 50] + [3, 1000], "y": 200_000 + 50_000 * (x[:, 0] + 0.5 * x[:, 1])}
    given, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
    value = blocks.dense(given, 1, rng=rng, name="value").reshape(-1)
    graph = standardized_rows(mg.Graph(loss=mg.MeanSquaredError(value, y), value=value), rows)
    mg.train(graph, rows, optimizer=mg.Adam(0.05), epochs=200, progress=False)
    figures = scores(graph, rows)
    assert figures["R²"] > 0.99 and figures["RMSE"] < 5000
    np.testing.assert_allclose(mg.Predictor(graph)(rows["x"])["value"], rows["y"], atol=15_000)
    assert sorted(graph.variables) == ["value.W", "value.b", "x.deviation", "x.mean", "y.deviation", "y.mean"]


def test_a_classifier_has_no_targets_to_standardise():
    graph = two_layer.build(hidden=2)
    assert standardized_targets(graph) is graph
    assert sorted(standardized_rows(graph).variables) == sorted(standardized(graph).variables)


def test_a_loader_is_measured_in_one_pass():
    pairs = iter([{"x": ROWS["x"][:2], "y": ROWS["y"][:2]}, {"x": ROWS["x"][2:], "y": ROWS["y"][2:]}])
    assert scores(mg.Graph(loss=REGRESSIONS["Huber"]), pairs) == pytest.approx(
        scores(mg.Graph(loss=REGRESSIONS["Huber"]), ROWS)
    )


def test_figures_come_without_warnings_from_any_size():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert classification_scores(np.array([1]), np.array([[0.0, 1.0]]))["log loss"] == pytest.approx(0, abs=1e-12)
        assert np.isnan(regression_scores(np.array([1.0]), np.array([1.0]))["R²"])
        one = classification_scores(np.zeros(3, int), np.ones((3, 1)))
        assert one["accuracy"] == one["macro F1"] == 1
