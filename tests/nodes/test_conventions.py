"""What the operations do where mathematics leaves a choice: ties, kinks, nothing at all; and what they refuse."""

import numpy as np
import pytest

import minigraph as mg


def run(node, **given):
    return mg.Graph(y=node).forward(**given)["y"]


def refused(error, text, compose):
    with pytest.raises(error) as caught:
        compose()
    assert str(caught.value).splitlines()[0] == text


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3))


@pytest.fixture
def labels():
    return mg.Input("labels", ("N",), dtype=np.int64)


def test_elements_that_tie_for_the_largest_share_the_gradient_evenly(x):
    found = mg.Graph(y=mg.ReduceMax(x)).forward(x=[[1, 3, 3], [0, 3, 3]]).backward(seed=[[1]])["x"]
    assert np.array_equal(found, [[0, 0.25, 0.25], [0, 0.25, 0.25]])


def test_operands_that_tie_share_the_gradient_evenly(x):
    run = mg.Graph(y=mg.Max(x, 1.0, 1.0 * x)).forward(x=[[0, 1, 2]])
    assert np.allclose(run.backward(seed=[[1, 1, 1]])["x"], [[0, 2 / 3, 1]])


def test_argmax_takes_the_first_of_those_that_tie(x):
    assert run(np.argmax(x, axis=1), x=[[1, 3, 3]]) == [1]


def test_argmax_without_an_axis_counts_the_elements_row_by_row(x):
    assert run(np.argmax(x), x=[[1, 2, 3], [4, 9, 3]]) == 4
    assert run(np.argmax(x, keepdims=True), x=[[1, 2, 3], [4, 9, 3]]).tolist() == [[4]]


@pytest.mark.parametrize("operation", [mg.Sigmoid, mg.Tanh, mg.Softmax, mg.LogSoftmax])
def test_a_thousand_has_finite_value_slope_and_curvature(operation, x):
    y = operation(x)
    (slope,) = mg.gradient((y * y).sum(), [x])
    (curvature,) = mg.gradient((slope * slope).sum(), [x])
    found = mg.Graph(y=y, slope=slope, curvature=curvature).forward(x=[[-1000, 0, 1000], [1000, 1000, 1000]], check=True)
    assert {found[name].dtype for name in ("y", "slope", "curvature")} == {np.dtype(np.float32)}


def test_whole_powers_have_every_derivative_at_0(x):
    derivative = x**2
    for expected in (0, 2, 0):
        (derivative,) = mg.gradient(derivative.sum(), [x])
        assert np.array_equal(run(derivative, x=[[0, 0, 0]]), [[expected] * 3])


def test_the_sum_of_nothing_is_0_and_its_mean_no_number(x):
    assert np.array_equal(run(mg.ReduceSum(x, axes=0), x=np.ones((0, 3))), [[0, 0, 0]])
    assert np.isnan(run(mg.ReduceMean(x, axes=0), x=np.ones((0, 3)))).all()


def test_the_largest_of_nothing_is_refused(x):
    text = "{} needs an element along axis 0 of x (N × 3), which has none."
    for kind in (mg.ReduceMax(x, axes=0), mg.ArgMax(x), mg.Softmax(x, axis=0), mg.LogSoftmax(x, axis=0)):
        refused(mg.ShapeError, text.format(type(kind).__name__), lambda kind=kind: run(kind, x=np.ones((0, 3))))


def test_and_while_composing_where_the_size_is_known():
    empty = mg.Input("empty", ("N", 0))
    text = "{} needs an element along axis 1 of empty (N × 0), which has none."
    refused(mg.ShapeError, text.format("ReduceMax"), lambda: empty.max(axis=1))
    refused(mg.ShapeError, text.format("Softmax"), lambda: mg.Softmax(empty))
    soft = mg.Input("soft", ("N", 0))
    refused(mg.ShapeError, text.format("SoftmaxCrossEntropy"), lambda: mg.SoftmaxCrossEntropy(empty, soft))


def test_whole_numbers_and_booleans_add_up_to_whole_numbers(x):
    assert (x > 1).sum().dtype == np.int64
    assert run((x > 1).sum(), x=[[1, 2, 3]]) == 2


def test_rows_of_unknown_number_are_laid_out_even_when_there_are_none():
    images = mg.Input("images", ("N", 2, 3))
    assert images.reshape("N", -1).shape == ("N", 6)
    assert run(images.reshape("N", -1), images=np.ones((0, 2, 3))).shape == (0, 6)


def test_a_graph_in_double_precision_has_double_one_hot_rows(labels):
    graph = mg.Graph(y=mg.OneHot(labels, depth=3)).astype(np.float64)
    assert graph.forward(labels=[2])["y"].dtype == np.float64


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (3, "OneHot takes indices from 0 to 2, but labels[0] is 3."),
        (-1, "OneHot takes indices from 0 to 2, but labels[0] is -1."),
    ],
)
def test_an_index_out_of_range_has_no_one_hot_row(labels, given, text):
    refused(mg.InputError, text, lambda: run(mg.OneHot(labels, depth=3), labels=[given]))


def test_a_label_out_of_range_is_told_with_its_place(x, labels):
    loss = mg.SoftmaxCrossEntropy(x, labels)
    text = "SoftmaxCrossEntropy takes labels from 0 to 2, but labels[1] is 3."
    refused(mg.InputError, text, lambda: run(loss, x=np.ones((2, 3)), labels=[0, 3]))


def test_labels_are_whole_numbers(x):
    mask = mg.Input("mask", ("N",), dtype=bool)
    text = "SoftmaxCrossEntropy takes whole numbers as labels, but mask is bool."
    refused(mg.OperationError, text, lambda: mg.SoftmaxCrossEntropy(x, mask))


def test_a_reduction_that_there_is_not_is_refused(x, labels):
    text = "SoftmaxCrossEntropy takes a reduction of mean, sum or none, not 'avg'."
    refused(mg.OperationError, text, lambda: mg.SoftmaxCrossEntropy(x, labels, reduction="avg"))


def test_updates_that_do_not_fit_their_indices_are_refused(x, labels):
    text = "ScatterAdd needs updates of N × 2 for these indices along axis 0, but x (N × 3) is not of that shape."
    refused(mg.ShapeError, text, lambda: mg.ScatterAdd(x, labels, (5, 2)))


def test_only_real_numbers_are_cast_to(x):
    refused(mg.DTypeError, "Cast gives real numbers, not object.", lambda: mg.Cast(x, to=object))


def test_only_axes_of_size_1_are_squeezed(x):
    refused(mg.ShapeError, "Squeeze can only drop axes of size 1, not (1,) of x (N × 3).", lambda: mg.Squeeze(x, axes=1))
