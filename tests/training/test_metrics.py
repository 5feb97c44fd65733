"""Metrics as nodes."""

import numpy as np
import pytest

import minigraph as mg


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


def test_labels_that_are_not_whole_numbers_are_refused():
    scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N", 3))
    with pytest.raises(mg.OperationError) as caught:
        mg.accuracy(scores, labels)
    assert str(caught.value) == (
        f"The accuracy takes labels as whole numbers, but labels is float32.\n  labels was made at {labels.line}."
    )


def test_labels_of_another_shape_are_refused():
    scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N", 3), dtype=np.int64)
    with pytest.raises(mg.OperationError) as caught:
        mg.accuracy(scores, labels)
    assert str(caught.value) == (
        "The accuracy takes a label for each row of scores (N × 3), but labels (N × 3) is not of that shape.\n"
        f"  scores was made at {scores.line}, labels at {labels.line}."
    )
