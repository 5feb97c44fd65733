"""Programs of what has no elements, and of batches of one beside it: they give what the plain run gives."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from tests.cases import ROWS


def assert_same(graph, updates=None, **given):
    """The program gives the plain run's values, shapes and types."""
    plain, program = graph.forward(**given), mg.compile(graph, updates)
    for name, found in program(**given).items():
        assert np.shape(found) == np.shape(plain[name]) and found.dtype == plain[name].dtype, name
        np.testing.assert_allclose(found, plain[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("shape", [(1, 0, 3), (0, 3), (0, 10, 3), (5, 0)])
def test_constants_without_elements_keep_their_shape(shape):
    x = mg.Input("x", shape, dtype=np.float64)
    y, z = np.exp(x), x @ np.ones((shape[-1], 2))
    total = (y * np.zeros(shape)).sum()
    graph = mg.Graph(total=total, dy=mg.gradient(total, [x])[0], z=z, dz=mg.gradient((z * z).sum(), [x])[0])
    assert_same(graph, x=np.zeros(shape))


DIFFERENCES = {
    "sort": np.sort,
    "take_along": lambda d: np.take_along_axis(d, np.argsort(d), axis=-1),
    "max": lambda d: np.maximum(d, 0),
    "take none": lambda d: np.take(d, np.array([], int), axis=1),
    "tile by none": lambda d: np.tile(d, (2, 0)),
    "cos": np.cos,
    "topk": lambda d: mg.TopK(d, k=1),
    "softmax": mg.Softmax,
    "mean": lambda d: d.mean(axis=0),
}


@pytest.mark.parametrize("rows", [3, 1, 0])
@pytest.mark.parametrize("function", DIFFERENCES)
def test_differences_of_one_row_are_none(function, rows):
    x = mg.Input("x", ("N", 3))
    y = DIFFERENCES[function](x[1:] - x[:-1])
    graph = mg.Graph(y=y, dx=mg.gradient(np.tanh(y).sum(), [x])[0])
    assert_same(graph, x=np.arange(3 * rows).reshape(rows, 3) ** 2)


def test_a_parameter_without_rows_is_trained():
    x, p = mg.Input("x", ("N", 3)), mg.Parameter("p", np.zeros((0, 3)))
    loss = p.sum() + x.sum()
    (gradient,) = mg.gradient(loss, [p])
    assert_same(mg.Graph(loss=loss, dp=gradient), {p: p - gradient}, x=np.ones((1, 3)))
    assert p.value.shape == (0, 3)


@pytest.mark.parametrize("known", [False, True])
def test_a_batch_of_a_known_size_of_none_has_an_empty_gradient(known):
    labels = mg.Constant(np.zeros(0, int)) if known else mg.Input("labels", (0,), dtype=np.int64)
    scores = mg.Input("scores", (0, 3), dtype=np.float64)
    loss = mg.SoftmaxCrossEntropy(scores, labels)
    graph = mg.Graph(loss=loss, gradient=mg.gradient(loss, [scores])[0])
    given = {"scores": np.zeros((0, 3)), "labels": np.zeros(0, int)}
    assert_same(graph, **{name: given[name] for name in graph.inputs})


def test_a_derivation_writes_a_constant_without_elements_by_its_shape():
    x = mg.Input("x", (0, 3))
    space = {"np": np, "x": np.zeros((0, 3))}
    exec(mg.derive((np.exp(x) * np.zeros((0, 3))).sum(), x).program, space)
    assert space["dx"].shape == (0, 3)


@pytest.mark.parametrize("rows", [2, 1])
def test_an_input_that_is_read_for_its_shape_alone_counts_the_rows(rows):
    x, t = mg.Input("x", ("N", 3)), mg.Input("t", ("T", 2))
    assert_same(mg.Graph(y=np.ones_like(x), z=np.ones_like(t)), x=np.zeros((rows, 3)), t=np.ones((1, 2)))


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float16])
@pytest.mark.parametrize("operation", [mg.Identity, mg.StopGradient])
def test_what_passes_a_value_on_passes_every_type(operation, dtype):
    x = mg.Input("x", ("N",), dtype=dtype)
    graph = mg.Graph(y=operation(x))
    assert graph.forward(x=[1, 0])["y"].dtype == dtype
    assert_same(graph, x=[1, 0])


def test_booleans_wait_in_a_block_that_is_computed_again():
    x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", np.ones(2))
    positive = mg.Greater(x, 0)
    with mg.blocks.block("chosen"):
        y = np.sin(np.where(positive, x * w, 0))
    loss = (y * y).sum()
    graph = mg.Graph(loss=loss, gradient=mg.gradient(loss, [w])[0])
    given = {"x": np.array([[1, -2], [3, 0.5]])}
    found, plain = mg.compile(graph, recompute=True)(**given), graph.forward(**given)
    np.testing.assert_allclose(found["gradient"], plain["gradient"], rtol=1e-6)


@pytest.mark.parametrize("condition", [[2, 0, -1], [0.5, 0, np.nan]])
def test_a_choice_by_numbers_takes_those_that_are_not_0(condition):
    x = mg.Input("x", ("N",), dtype=np.float64)
    c = mg.Input("c", ("N",), dtype=np.asarray(condition).dtype)
    assert_same(mg.Graph(y=np.where(c, np.exp(x), 0), total=np.where(c, np.exp(x), 0).sum()), x=[1, 2, 3], c=condition)


def without(row, size):
    """The operation of a row with no elements along every axis of this size, and what it is given."""
    operands, given, random = [], {}, np.random.RandomState(0)
    for i, operand in enumerate(row.operands):
        shape = tuple(0 if each == size else 2 if each == "N" else each for each in operand.shape)
        operands.append(shape)
        if not operand.is_shape:
            array = np.resize(operand.sample(random, tuple(each or 1 for each in shape)), shape)
            operands[i] = mg.Input(f"x{i}", shape, array.dtype)
            given[f"x{i}"] = array
    return OPERATIONS[row.operation](*operands, **row.attributes), operands, given


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_of_no_elements_gives_what_it_infers_or_refuses_them_while_composing(operation):
    for row in (row for row in ROWS if row.operation == operation):
        for size in {size for operand in row.operands for size in operand.shape} - {0}:
            try:
                y, operands, given = without(row, size)
            except mg.MinigraphError:
                continue
            floating = [x for x in operands if isinstance(x, mg.Node) and x.dtype.kind == "f" and y.dtype.kind == "f"]
            gradients = mg.gradient((y * y).sum(), floating) if floating else []
            graph = mg.Graph(y=y, **{f"d{x.name}": gradient for x, gradient in zip(floating, gradients, strict=True)})
            try:
                assert_same(graph, **{name: given[name] for name in graph.inputs})
            except mg.InputError as refusal:  # an index, of which there is none that is right
                assert "has nothing to take indices of" in str(refusal)
