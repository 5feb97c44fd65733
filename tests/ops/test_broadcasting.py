"""Operands that are repeated along an axis: an operation on them is that on what repeating them gives, or it is refused."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.ops import OPERATIONS
from tests.cases import ROWS

FILTERS = {"Conv", "ConvTranspose"}
"""A filter of one element along an axis is another filter, and not one that is repeated."""
SEVERAL = sorted({row.operation for row in ROWS if len(row.operands) > 1} - FILTERS)


def cuts(case):
    """A case's arrays with one of them cut to its first element along an axis, and with that element repeated."""
    arrays = case.draw(np.float64)
    for i, array in enumerate(arrays):
        for axis in range(0 if case.operands[i].is_shape else array.ndim):
            if array.shape[axis] > 1 and not alone(case, i, axis):
                cut = np.take(array, [0], axis=axis)
                yield [[*arrays[:i], each, *arrays[i + 1 :]] for each in (cut, np.broadcast_to(cut, array.shape).copy())]


def alone(case, i, axis):
    """Whether an axis of Einsum's is that of one operand: what is repeated along it is summed so many times."""
    terms = case.attributes.get("equation", "").partition("->")[0].replace(" ", "").split(",")
    return terms != [""] and ("." in terms[i] or "".join(terms).count(terms[i][axis]) == 1)


def computed(case, arrays):
    """The shape of the value; and the value with the gradient for each floating operand, by a run and by a program."""
    operands = [
        tuple(map(int, array)) if operand.is_shape else mg.Input(f"x{i}", array.shape, array.dtype)
        for i, (operand, array) in enumerate(zip(case.operands, arrays, strict=True))
    ]
    y = OPERATIONS[case.operation](*operands, **case.attributes)
    floating = [x for x in operands if isinstance(x, mg.Node) and x.dtype.kind == "f"] if y.dtype.kind == "f" else []
    cotangent = mg.Constant(np.random.RandomState(0).normal(size=y.shape), dtype=y.dtype)
    gradients = mg.gradient(y, floating, cotangent=cotangent) if floating else []
    graph = mg.Graph(y=y, **{x.name: gradient for x, gradient in zip(floating, gradients, strict=True)})
    given = {name: arrays[int(name[1:])] for name in graph.inputs}
    run = graph.forward(**given)
    return y.shape, [{name: run[name] for name in graph.outputs}, mg.compile(graph)(**given)]


@pytest.mark.parametrize("operation", SEVERAL)
def test_an_operand_of_one_element_along_an_axis_is_repeated_or_refused(operation):
    for case in (row.sizes[0] for row in ROWS if row.operation == operation):
        for cut, repeated in cuts(case):
            try:
                (shape, ways), (whole, (expected, _)) = computed(case, cut), computed(case, repeated)
            except mg.MinigraphError as refusal:
                assert not isinstance(refusal, mg.RuleError)
                continue
            for found in ways if shape == whole else []:
                for name, array in found.items():
                    wanted = expected[name]
                    along = tuple(axis for axis in range(wanted.ndim) if array.shape[axis] != wanted.shape[axis])
                    np.testing.assert_allclose(array, wanted.sum(axis=along, keepdims=True), rtol=1e-9, atol=1e-9)


def test_the_cosine_of_a_number_that_stands_for_a_vector_is_that_of_the_vector():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(1, 2, 3)), rng.normal(size=(2, 1, 3))
    x, y = mg.Input("x", a.shape, dtype=np.float64), mg.Input("y", b.shape, dtype=np.float64)
    whole_a, whole_b = np.broadcast_arrays(a, b)
    lengths = np.linalg.norm(whole_a, axis=1) * np.linalg.norm(whole_b, axis=1)
    found = mg.Graph(cosine=mg.CosineSimilarity(x, y, axis=1)).forward(x=a, y=b)["cosine"]
    np.testing.assert_allclose(found, (whole_a * whole_b).sum(axis=1) / lengths, rtol=1e-12)
    assert mg.check_gradients(mg.Graph(cosine=mg.CosineSimilarity(x, y, axis=1).sum()), x=a, y=b).ok


def test_a_diagonal_of_axes_of_two_sizes_is_refused():
    x = mg.Input("x", (1, 3))
    with pytest.raises(mg.ShapeError, match=r"Einsum takes a diagonal along axes of one size, not of x \(1 × 3\)"):
        mg.Einsum(x, equation="ii->i")


@pytest.mark.parametrize("ddof", [0, 1, 1.3, np.float64(0.5)])
def test_a_variance_is_divided_by_any_number_less_than_there_are(ddof):
    x, given = mg.Input("x", (3, 4)), np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    variance = np.var(x, axis=1, ddof=ddof)
    graph = mg.Graph(y=variance, gradient=mg.gradient(variance.sum(), [x])[0])
    centred = given - given.mean(axis=1, keepdims=True)
    for found in (graph.forward(x=given), mg.compile(graph)(x=given)):
        np.testing.assert_allclose(found["y"], np.var(given, axis=1, ddof=ddof), rtol=1e-5)
        np.testing.assert_allclose(found["gradient"], 2 * centred / (4 - float(ddof)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("pool", [mg.GlobalMaxPool, lambda x: mg.MaxPool(x, kernel_shape=(1,))])
def test_of_no_places_there_is_no_largest(pool):
    with pytest.raises(mg.ShapeError, match=r"0"):
        pool(mg.Input("x", ("N", 2, 0)))
