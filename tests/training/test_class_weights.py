"""Rows of a rare class count for more: by scikit-learn's balanced weights, in Python, in estimators and by the command."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import minigraph as mg
from minigraph.training.estimator import GraphClassifier
from minigraph.training.loop.class_weights import balanced_weights, class_weighted
from minigraph.training.loop.evaluation import evaluate
from minigraph.training.loop.scoring import scores
from models import logistic_regression, two_layer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 2))
LABELS = ((X[:, 0] + RNG.normal(0, 1.5, 400)) > 3).astype(np.int64)


@pytest.mark.parametrize("labels", [LABELS, RNG.integers(0, 3, 50), np.zeros(4, int)], ids=["rare", "three", "one"])
def test_balanced_weights_are_scikit_learns(labels):
    right = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert balanced_weights(labels, labels.max() + 1) == pytest.approx(right)
    assert balanced_weights(labels, labels.max() + 2)[-1] == 1


def test_a_model_learns_to_answer_a_rare_class():
    rows, found = {"x": X, "y": LABELS}, {}
    for weights in ([1, 1], "balanced"):
        graph = logistic_regression.build()
        mg.train(class_weighted(graph, weights, rows), rows, optimizer=mg.Adam(0.05), epochs=150, progress=False)
        found[str(weights)] = scores(graph, rows)
    assert LABELS.mean() < 0.06
    assert found["balanced"]["balanced accuracy"] > 0.7 > found["[1, 1]"]["balanced accuracy"]
    assert found["balanced"]["log loss"] > found["[1, 1]"]["log loss"]


def test_a_weighted_graph_is_the_graph_but_for_the_weights():
    graph = two_layer.build(hidden=3)
    weighted = class_weighted(graph, [2, 0.5])
    assert weighted.variables == graph.variables and weighted.outputs.keys() == graph.outputs.keys()
    rows = {"x": X[:9], "y": np.array([0, 1, 1, 0, 0, 0, 1, 0, 1])}
    run, right = weighted.forward(**rows), graph.forward(**rows)
    p = right["probabilities"][np.arange(9), rows["y"]]
    w = np.array([2, 0.5])[rows["y"]]
    assert float(run["loss"]) == pytest.approx(float(-(w * np.log(p)).sum() / w.sum()), rel=1e-5)


def test_the_validation_loss_is_weighed_and_no_metric_is():
    """As in PyTorch, whose criterion serves both, and scikit-learn: what is learned is what stops and chooses."""
    graph, rows = two_layer.build(hidden=3), {"x": X, "y": LABELS}
    trainer = mg.Trainer(graph, rows, optimizer=mg.SGD(0.1), class_weights=[1, 20], validation=rows, test=rows)
    history = trainer.run(1)
    p = graph.forward(**rows)["probabilities"][np.arange(400), LABELS]
    weighed, plain = (float(np.average(-np.log(p), weights=w)) for w in (np.where(LABELS, 20, 1), None))
    assert history["validation loss"][0] == history.test["loss"] == pytest.approx(weighed, rel=1e-5)
    assert abs(weighed - plain) > 0.01
    accuracy = (graph.forward(**rows)["probabilities"].argmax(axis=1) == LABELS).mean()
    assert history["validation accuracy"][0] == pytest.approx(accuracy)
    assert evaluate(graph, rows)["loss"] == scores(graph, rows)["loss"] == pytest.approx(plain, rel=1e-5)


def test_rows_that_are_ignored_are_not_counted():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y, ignore_index=-1))
    weighted = class_weighted(graph, "balanced", {"y": [-1, 0, 0, 0, 1]})["loss"]
    assert weighted.class_weights == pytest.approx((4 / 6, 2)) and weighted.ignore_index == -1


def test_weights_that_do_not_fit_are_refused(wording):
    graph = logistic_regression.build()
    value = mg.Graph(loss=mg.Parameter("w", 1.0) * 1)
    twice = class_weighted(graph, [1, 2])
    cases = [(graph, "blanced"), (graph, "balanced"), (graph, [1]), (graph, [1, -1]), (value, [1, 2]), (twice, [1, 2])]
    for given, weights in cases:
        with pytest.raises(mg.MinigraphError) as caught:
            class_weighted(given, weights)
        wording(caught.value)


def test_an_estimator_takes_scikit_learns_class_weight():
    names = np.array(["stays", "goes"])[LABELS]
    recalls = {}
    for weights in (None, "balanced", {"goes": 9.0}):
        model = GraphClassifier(epochs=20, class_weight=weights, random_state=0).fit(X, names)
        recalls[str(weights)] = (model.predict(X)[LABELS == 1] == "goes").mean()
    assert recalls["balanced"] > recalls["None"] < recalls["{'goes': 9.0}"]
