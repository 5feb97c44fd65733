"""Losses over classes: where the classes lie, and rows that weigh nothing."""

import numpy as np
import pytest

import minigraph as mg

SCORES = np.round(np.sin(np.arange(32) * 1.7) * 2, 2).reshape(2, 4, 4)
LABELS = np.array([[0, 1, 2, 3], [3, 3, 0, 1]])
BY_PYTORCH = [  # torch.nn.functional.cross_entropy: the options, the loss, and its gradient for SCORES[0, :, 1]
    ({}, 1.9377335041858748, [0.059555407023852334, -0.0842723554264529, 0.018118021206803427, 0.0065989271957971616]),
    (
        {"ignore_index": 3},
        2.0769094312374325,
        [0.09528865123816374, -0.13483576868232464, 0.028988833930885485, 0.010558283513275458],
    ),
    ({"class_weights": (1.0, 0.0, 0.5, 2.0)}, 2.0408949156066196, [0, 0, 0, 0]),
    (
        {"label_smoothing": 0.1, "ignore_index": 0},
        1.575004500339933,
        [0.0752405426984698, -0.09986314056860385, 0.019990694942404574, 0.004631902927729551],
    ),
]
EMPTY = [
    ({"ignore_index": -1}, -1),
    ({"ignore_index": 2}, 2),
    ({"class_weights": (1.0, 1.0, 0.0)}, 2),
    ({"ignore_index": -1, "class_weights": (2.0, 1.0, 0.0)}, -1),
    ({"ignore_index": -1, "label_smoothing": 0.1}, -1),
    ({"class_weights": (1.0, 1.0, 0.0), "label_smoothing": 0.1}, 2),
]
"""Options of a loss, and a label that then weighs nothing."""


@pytest.mark.parametrize(("options", "value", "slope"), BY_PYTORCH)
def test_the_classes_lie_along_axis_1_as_in_pytorch(options, value, slope):
    z, y = mg.Input("z", ("N", 4, 4), np.float64), mg.Input("y", ("N", 4), dtype=np.int64)
    loss = mg.SoftmaxCrossEntropy(z, y, **options)
    run = mg.Graph(loss=loss).forward(z=SCORES, y=LABELS)
    assert loss.axis == 1 and run["loss"] == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(run.backward()[z][0, :, 1], slope, rtol=1e-12, atol=1e-15)
    assert mg.SoftmaxCrossEntropy.apply(SCORES, LABELS, **options) == pytest.approx(value, rel=1e-12)
    if "label_smoothing" not in options:
        logarithms = mg.LogSoftmax.apply(SCORES, axis=1)
        assert mg.NegativeLogLikelihood.apply(logarithms, LABELS, **options) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("kind", [mg.SoftmaxCrossEntropy, mg.NegativeLogLikelihood])
def test_the_classes_lie_along_the_only_axis_or_along_the_one_that_is_given(kind):
    one, label = mg.Input("one", (3,)), mg.Input("label", (), dtype=np.int64)
    assert kind(one, label).axis == 0
    z, y = mg.Input("z", ("N", 4, 3)), mg.Input("y", ("N", 4), dtype=np.int64)
    assert kind(z, y, axis=-1).axis == 2
    with pytest.raises(mg.ShapeError, match=r"y \(N × 4\) is not of that shape(.|\n)*give axis=-1"):
        kind(z, y)
    with pytest.raises(mg.ShapeError):
        kind(one, label, axis=1)


def empty(options, dtype=np.float64):
    """A loss of x @ W with the options."""
    x, y = mg.Input("x", ("N", 2), dtype), mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", np.arange(6.0).reshape(2, 3), dtype)
    return mg.SoftmaxCrossEntropy(x @ W, y, **options), W


@pytest.mark.parametrize(("options", "label"), EMPTY)
@pytest.mark.parametrize("rows", [1, 4, 5000])
def test_the_mean_of_rows_that_weigh_nothing_has_the_gradient_0_in_every_reading(options, label, rows):
    loss, W = empty(options)
    (slope,) = mg.gradient(3 * loss, [W])
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=(rows, 2)), "y": np.full(rows, label)}
    run = mg.Graph(loss=loss, slope=slope).forward(**given)
    assert not np.isfinite(run["loss"])
    assert not run.backward("loss")[W].any() and not run["slope"].any()
    for threads in (1, 3):
        step = mg.compile(mg.Graph(loss=loss), updates={W: W - 0.1 * slope}, threads=threads)
        before = W.value
        assert not np.isfinite(step(**given)["loss"])
        assert np.array_equal(W.value, before)
        mg.Graph(loss=loss).forward(**given)


@pytest.mark.parametrize(("options", "label"), EMPTY[:-1])  # smoothed, the other classes of a row of weight 0 have weights
def test_the_gradient_of_other_rows_is_that_without_the_rows_that_weigh_nothing(options, label):
    loss, W = empty(options)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 2)), np.array([0, label, 1, label, label, 0])
    kept = y != label
    all_rows = mg.Graph(loss).forward(x=x, y=y).backward()[W]
    some = mg.Graph(loss).forward(x=x[kept], y=y[kept]).backward()[W]
    np.testing.assert_allclose(all_rows, some, rtol=1e-12, atol=1e-15)
