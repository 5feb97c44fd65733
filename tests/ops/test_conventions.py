"""What the operations do where mathematics leaves a choice: ties, kinks, nothing at all; and what they refuse."""

import numpy as np
import pytest

import minigraph as mg


def run(node, **given):
    return mg.Graph(y=node).forward(**given)["y"]


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3))


@pytest.fixture
def labels():
    return mg.Input("labels", ("N",), dtype=np.int64)


def test_elements_that_tie_for_the_largest_share_the_gradient_evenly(x):
    found = mg.Graph(y=mg.ReduceMax(x)).forward(x=[[1, 3, 3], [0, 3, 3]]).backward(cotangent=[[1]])["x"]
    assert np.array_equal(found, [[0, 0.25, 0.25], [0, 0.25, 0.25]])


def test_operands_that_tie_share_the_gradient_evenly(x):
    run = mg.Graph(y=mg.Max(x, 1.0, 1.0 * x)).forward(x=[[0, 1, 2]])
    assert np.allclose(run.backward(cotangent=[[1, 1, 1]])["x"], [[0, 2 / 3, 1]])


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


def test_the_largest_of_nothing_is_refused(x, refused):
    for kind in (mg.ReduceMax(x, axes=0), mg.ArgMax(x), mg.Softmax(x, axis=0), mg.LogSoftmax(x, axis=0)):
        refused(mg.ShapeError, lambda kind=kind: run(kind, x=np.ones((0, 3))))


def test_and_while_composing_where_the_size_is_known(refused):
    empty = mg.Input("empty", ("N", 0))
    refused(mg.ShapeError, lambda: empty.max(axis=1))
    refused(mg.ShapeError, lambda: mg.Softmax(empty))
    soft = mg.Input("soft", ("N", 0))
    refused(mg.ShapeError, lambda: mg.SoftmaxCrossEntropy(empty, soft))


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


@pytest.mark.parametrize("given", [3, -1])
def test_an_index_out_of_range_has_no_one_hot_row(labels, given, refused):
    refused(mg.InputError, lambda: run(mg.OneHot(labels, depth=3), labels=[given]))


def test_a_label_out_of_range_is_told_with_its_place(x, labels, refused):
    loss = mg.SoftmaxCrossEntropy(x, labels)
    refused(mg.InputError, lambda: run(loss, x=np.ones((2, 3)), labels=[0, 3]))


def test_labels_are_whole_numbers(x, refused):
    mask = mg.Input("mask", ("N",), dtype=bool)
    refused(mg.OperationError, lambda: mg.SoftmaxCrossEntropy(x, mask))


def test_a_reduction_that_there_is_not_is_refused(x, labels, refused):
    refused(mg.OperationError, lambda: mg.SoftmaxCrossEntropy(x, labels, reduction="avg"))


def test_updates_that_do_not_fit_their_indices_are_refused(x, labels, refused):
    refused(mg.ShapeError, lambda: mg.ScatterAdd(x, labels, (5, 2)))


def test_only_real_numbers_are_cast_to(x, refused):
    refused(mg.DTypeError, lambda: mg.Cast(x, to=object))


def test_only_axes_of_size_1_are_squeezed(x, refused):
    refused(mg.ShapeError, lambda: mg.Squeeze(x, axes=1))


HESSIANS = {
    (2.0, 0.0, 0.0): [[0, 1, 0], [1, 0, 2], [0, 2, 0]],
    (0.0, 0.0, 3.0): [[0, 4, 0], [4, 0, 0], [0, 0, 0]],
    (0.0, 3.0, 0.0): [[0, 1, 3], [1, 0, 0], [3, 0, 0]],
}
"""The second derivatives of Σ cumprod(x), as PyTorch has them."""


@pytest.mark.parametrize("at", HESSIANS)
@pytest.mark.parametrize("size", [3, "M"])
@pytest.mark.parametrize("compute", [mg.Graph.forward, lambda graph, **given: mg.compile(graph)(**given)])
def test_a_product_with_several_zeros_has_its_second_derivative(at, size, compute):
    v, row = mg.Input("v", (size,), dtype=np.float64), mg.Input("row", (size,), dtype=np.float64)
    for y, right in ((np.cumprod(v).sum(), HESSIANS[at]), (np.prod(v), of_product(at))):
        (slope,) = mg.gradient(y, [v])
        graph = mg.Graph(second=mg.gradient((slope * row).sum(), [v])[0])
        assert [compute(graph, v=at, row=each)["second"].tolist() for each in np.eye(3)] == right


def of_product(at):
    """The second derivatives of a product of three: off the diagonal, the third of them."""
    return [[0.0 if i == j else at[3 - i - j] for j in range(3)] for i in range(3)]


INFINITE = {
    (-np.inf, -np.inf): -np.inf,
    (np.inf, 1.0): np.inf,
    (np.inf, np.inf): np.inf,
    (-np.inf, 1.0): 1.0,
    (-np.inf, np.inf): np.inf,
}
"""What SciPy's logsumexp gives."""


@pytest.mark.parametrize("at", INFINITE)
def test_the_logarithm_of_a_sum_of_powers_is_that_of_scipy_for_infinities(at):
    v = mg.Input("v", (2,), dtype=np.float64)
    graph = mg.Graph(y=mg.ReduceLogSumExp(v, keepdims=False))
    assert graph.forward(v=at)["y"] == INFINITE[at] == mg.compile(graph)(v=at)["y"]
    assert graph.forward(v=[-np.inf, 1.0]).backward()["v"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("size", [1e-30, 1e25])
def test_a_length_neither_underflows_nor_overflows(size):
    v, other = mg.Input("v", (1, 2)), mg.Input("other", (1, 2))
    lengths = mg.Graph(
        length=mg.ReduceL2(v, keepdims=False),
        unit=mg.LpNormalization(v),
        cosine=mg.CosineSimilarity(v, other),
        triplet=mg.TripletMargin(v, other, v, margin=0.0),
    )
    given = {"v": [[3 * size, 4 * size]], "other": [[-4 * size, 3 * size]]}
    for found in (lengths.forward(**given), mg.compile(lengths)(**given)):
        assert found["length"] == pytest.approx(5 * size)
        assert found["unit"].tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]
        assert found["cosine"] == pytest.approx(0.0, abs=1e-6)
        assert found["triplet"] == pytest.approx(5 * 2**0.5 * size, abs=1e-6)
    run = lengths.forward(**given)
    assert run.backward("length")["v"].tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]


def test_a_length_of_nothing_is_0_and_one_with_an_infinite_element_infinite():
    v = mg.Input("v", ("N",))
    graph = mg.Graph(y=mg.ReduceL2(v, keepdims=False))
    for given, right in (([], 0.0), ([0.0, 0.0], 0.0), ([np.inf, 1.0], np.inf), ([np.nan, 1.0], np.nan)):
        for found in (graph.forward(v=given)["y"], mg.compile(graph)(v=given)["y"]):
            np.testing.assert_array_equal(found, np.float32(right))


ELEMENTWISE = [
    name
    for name, kind in mg.ops.OPERATIONS.items()
    if kind.arity[0] == 1 and kind.infer is mg.Node.infer and not kind.selectors and name not in ("And", "Or", "Xor", "Not")
]


@pytest.mark.parametrize("operation", ELEMENTWISE)
def test_what_is_not_a_number_stays_so(operation):
    v = mg.Input("v", (3,), dtype=np.float64)
    graph = mg.Graph(y=mg.ops.OPERATIONS[operation](v))
    for found in (graph.forward(v=[0.5, np.nan, 0.25])["y"], mg.compile(graph)(v=[0.5, np.nan, 0.25])["y"]):
        assert np.isnan(found).tolist() == [operation == "Acosh", True, operation == "Acosh"]


@pytest.mark.parametrize("operation", ["HardSwish", "ThresholdedRelu"])
def test_the_gradient_of_what_is_not_a_number_is_not_0(operation):
    v = mg.Input("v", (1,))
    run = mg.Graph(mg.ops.OPERATIONS[operation](v)).forward(v=[np.nan])
    assert run.backward(cotangent=[1.0])["v"] != 0


def test_the_gradient_of_a_power_is_0_where_it_is_taken_to_be_also_beside_an_infinite_one():
    a, b = mg.Input("a", (3,)), mg.Input("b", (3,))
    gradients = mg.Graph(a**b).forward(a=[0.0, -2.0, np.inf], b=[-1.0, -0.5, 0.0]).backward(cotangent=np.ones(3))
    assert gradients["b"][:2].tolist() == [0.0, 0.0]  # of a base that is not positive
    assert gradients["a"][2] == 0.0  # of a constant, 1
    (slope,) = mg.gradient((a**b).sum(), [b])
    (mixed,) = mg.gradient(slope.sum(), [a])
    assert mg.Graph(mixed).forward(a=[0.0, -2.0, 1.0], b=[3.0, 2.0, 2.0])[mixed].tolist() == [0.0, 0.0, 1.0]
