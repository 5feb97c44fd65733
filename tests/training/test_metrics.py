"""Metrics as nodes."""

import numpy as np
import pytest
from sklearn import metrics as judge

import minigraph as mg
from minigraph.training.metrics import metrics


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_accuracy_is_the_fraction_of_rows_whose_largest_score_is_their_labels(dtype):
    scores, labels = mg.Input("scores", ("N", 3), dtype), mg.Input("labels", ("N",), np.int64)
    rng = np.random.default_rng(0)
    given = {"scores": rng.normal(size=(50, 3)), "labels": rng.integers(0, 3, 50)}
    node = mg.accuracy(scores, labels)
    value = mg.Graph(node).forward(**given)[node]
    assert value == pytest.approx((given["scores"].argmax(1) == given["labels"]).mean())
    assert value.dtype == node.dtype == dtype


def test_the_classes_may_lie_along_another_axis():
    scores, labels = mg.Input("scores", ("N", 2, 5)), mg.Input("labels", ("N", 5), np.int32)
    node = mg.accuracy(scores, labels, axis=1)
    given = {"scores": np.eye(2)[:, [0, 0, 1, 1, 1]][None], "labels": [[0, 0, 1, 0, 0]]}
    assert mg.Graph(node).forward(**given)[node] == pytest.approx(0.6)


def test_labels_that_are_not_whole_numbers_are_refused(wording):
    scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N", 3))
    with pytest.raises(mg.OperationError) as caught:
        mg.accuracy(scores, labels)
    wording(caught.value)


def test_labels_of_another_shape_are_refused(wording):
    scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N", 3), dtype=np.int64)
    with pytest.raises(mg.OperationError) as caught:
        mg.accuracy(scores, labels)
    wording(caught.value)


def drawn(rows, classes, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(rows, classes))
    return np.exp(scores) / np.exp(scores).sum(1, keepdims=True), rng.integers(0, classes, rows)


def inputs(classes):
    return mg.Input("scores", ("N", classes), np.float64), mg.Input("labels", ("N",), np.int64)


def over_batches(metric, scores, labels, size=7):
    """The figure of all rows, of which a graph is given a few at a time."""
    graph, totals = mg.Graph(sums=metric.sums), 0
    for start in range(0, len(labels), size):
        rows = slice(start, start + size)
        totals = totals + graph.forward(scores=scores[rows], labels=labels[rows])["sums"]
    return metric.figure(totals)


def calibration_by_hand(probabilities, labels, bins):
    confidence, hits = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(hits[place == b].sum() - confidence[place == b].sum()) for b in range(bins)]
    return sum(gaps) / len(labels)


METRICS = {
    "confusion matrix": (metrics.confusion_matrix, lambda y, p: judge.confusion_matrix(y, p, labels=range(5))),
    "macro F1": (metrics.f1, lambda y, p: judge.f1_score(y, p, average="macro")),
    "F1 of a class": (
        lambda scores, labels: metrics.f1(scores, labels, of=2),
        lambda y, p: judge.f1_score(y, p, labels=[2], average="macro"),
    ),
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("rows", [3, 60])
def test_the_figure_of_all_rows_is_scikit_learns(name, rows):
    make, expected = METRICS[name]
    scores, labels = drawn(rows, 5)
    labels[labels == 4] = 2  # a class that is never a label
    metric = make(*inputs(5))
    answer = expected(labels, scores.argmax(1))
    assert np.allclose(over_batches(metric, scores, labels), answer, rtol=1e-12)
    node = metric.node
    assert np.allclose(mg.Graph(node).forward(scores=scores, labels=labels)[node], answer, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_top_k_accuracy_is_scikit_learns(k):
    scores, labels = drawn(60, 5)
    node = metrics.top_k_accuracy(*inputs(5), k=k)
    found = mg.Graph(node).forward(scores=scores, labels=labels)[node]
    assert found == pytest.approx(judge.top_k_accuracy_score(labels, scores, k=k, labels=range(5)))


@pytest.mark.parametrize("scores", [np.zeros((4, 3)), np.full((4, 3), np.nan)])
def test_scores_that_know_nothing_are_not_among_the_top(scores):
    node = metrics.top_k_accuracy(*inputs(3), k=2)
    assert mg.Graph(node).forward(scores=scores, labels=[0, 1, 2, 0])[node] == 0


def test_the_perplexity_is_that_of_all_rows():
    scores, labels = drawn(60, 5)
    expected = np.exp(judge.log_loss(labels, scores, labels=range(5)))
    assert over_batches(metrics.perplexity(*inputs(5)), np.log(scores), labels) == pytest.approx(expected)


@pytest.mark.parametrize("bins", [1, 10])
def test_the_calibration_error_is_that_written_by_hand(bins):
    probabilities, labels = drawn(200, 3)
    probabilities[0] = [0, 1, 0]  # its confidence is at the end of the last bin
    found = over_batches(metrics.calibration_error(*inputs(3), bins=bins), probabilities, labels)
    assert found == pytest.approx(calibration_by_hand(probabilities, labels, bins))


def test_metrics_take_labels_of_several_axes():
    scores, labels = mg.Input("scores", ("N", 4, 3)), mg.Input("labels", ("N", 4), np.int64)
    probabilities, answers = drawn(20, 3)
    given = {"scores": probabilities.reshape(5, 4, 3), "labels": answers.reshape(5, 4)}
    for make in (metrics.confusion_matrix, metrics.f1, metrics.perplexity, metrics.calibration_error):
        flat = make(*inputs(3)).node
        node = make(scores, labels, axis=-1).node
        expected = mg.Graph(flat).forward(scores=probabilities, labels=answers)[flat]
        assert np.allclose(mg.Graph(node).forward(**given)[node], expected, rtol=1e-5), make


def test_the_f1_of_a_class_that_there_is_not_is_refused(wording):
    with pytest.raises(mg.OperationError) as caught:
        metrics.f1(*inputs(3), of=3)
    wording(caught.value)
