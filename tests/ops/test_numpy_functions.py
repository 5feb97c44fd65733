"""What NumPy's own functions give of nodes, against what they give of arrays."""

import warnings

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.numpy_protocol import COMPOSED_BY, numpy_name
from minigraph.ops.fourier import COMPLEX
from tests.numpy_calls import ARRAYS, CALLS, LACKING
from tests.oracles import matrix_functions


def composed(call, dtype=np.float64):
    """What a call gives of inputs of the arrays' names."""
    nodes = {k: mg.Input(k, v.shape, dtype if v.dtype.kind == "f" else v.dtype) for k, v in ARRAYS.items()}
    return flat(eval(call, {"np": np}, nodes))


def flat(found):
    """The values of a call that gives one or several."""
    return list(found) if isinstance(found, tuple | list) else [found]


def run_of(y):
    """A run of a node on the arrays."""
    graph = mg.Graph(y=y)
    return graph.forward(**{name: ARRAYS[name] for name in graph.inputs})


def given(call, arrays):
    """What a call gives of arrays."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return flat(eval(call, {"np": np}, arrays))


@pytest.mark.parametrize("call", CALLS)
def test_a_function_gives_of_nodes_what_it_gives_of_arrays(call):
    for found, expected in zip(composed(call), given(call, ARRAYS), strict=True):
        value = run_of(found)["y"] if isinstance(found, mg.Node) else np.asarray(found)
        assert (value.shape, value.dtype.kind) == (np.shape(expected), np.asarray(expected).dtype.kind)
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("call", CALLS)
def test_the_gradient_of_a_function_is_a_finite_difference(call):
    """Along one direction, of a sum with other weights for each element."""
    found = composed(call)
    random, step = np.random.RandomState(0), 1e-6
    weights = [random.normal(size=np.shape(each)) for each in given(call, ARRAYS)]
    parts = [(y * w).sum() for y, w in zip(found, weights, strict=True) if isinstance(y, mg.Node) and y.dtype.kind == "f"]
    if not parts:
        return
    run = run_of(sum(parts[1:], parts[0]))
    floats = [name for name in run.graph.inputs if ARRAYS[name].dtype.kind == "f"]
    gradients = run.backward("y") if floats else {}
    along = {name: random.normal(size=ARRAYS[name].shape) for name in floats}

    def total(by):
        moved = ARRAYS | {name: ARRAYS[name] + by * along[name] for name in floats}
        values = zip(found, given(call, moved), weights, strict=True)
        return sum(np.sum(v * w) for y, v, w in values if isinstance(y, mg.Node) and y.dtype.kind == "f")

    slope = sum(np.sum(gradients[name] * along[name]) for name in floats if name in gradients)
    if np.isfinite(run["y"]):
        np.testing.assert_allclose(slope, (total(step) - total(-step)) / (2 * step), rtol=1e-5, atol=1e-6)


def test_every_function_that_composes_operations_of_other_names_is_called_here():
    functions = {
        numpy_name(function)
        for function, compose in COMPOSED_BY.items()
        if not isinstance(getattr(compose, "__self__", None), type) and getattr(function, "__module__", "numpy") != "_operator"
    }
    functions = {name for name in functions if not name.endswith(".outer")}  # all are one
    calls = [*CALLS, *matrix_functions.EXPRESSIONS, *(f"{numpy_name(function)}(" for function in COMPLEX)]
    assert {name for name in functions if not any(call.startswith(f"{name}(") for call in calls)} == set()


@pytest.mark.parametrize("function", COMPLEX, ids=numpy_name)
def test_what_is_complex_says_so(function):
    with pytest.raises(mg.OperationError, match="complex"):
        function(mg.Input("m", (2, 2)))


@pytest.fixture
def x():
    return mg.Input("x", ("N", 3))


def test_rows_of_unknown_number_are_repeated_tiled_and_joined(x):
    y = np.concatenate([np.repeat(x, 2, axis=0), np.tile(x, (2, 1))], axis=0)
    assert y.shape == ("4·N", 3)
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    expected = np.concatenate([np.repeat(array, 2, axis=0), np.tile(array, (2, 1))])
    assert np.array_equal(mg.Graph(y=y).forward(x=array)["y"], expected)


def test_rows_of_unknown_number_are_not_split_into_parts_of_one_size(x, refused):
    refused(mg.ShapeError, lambda: np.split(x, 2))
    if "np.unstack(x)" not in LACKING:
        refused(mg.OperationError, lambda: np.unstack(x))


def test_unequal_parts_are_not_split(x, refused):
    refused(mg.ShapeError, lambda: np.split(x, 2, axis=1))


def test_parts_that_do_not_fit_are_not_joined(x, refused):
    other = mg.Input("other", (2, 3))
    refused(mg.ShapeError, lambda: np.concatenate([x, other], axis=1))


def test_padding_that_cannot_be_is_refused(x, refused):
    refused(mg.OperationError, lambda: np.pad(x, ((0, 0), (1, 1)), mode="median"))
    refused(mg.OperationError, lambda: np.pad(x, (1, 2, 3)))
    refused(mg.OperationError, lambda: mg.Pad(x, pads=(0, 1)))


def test_elements_that_are_not_there_cannot_be_taken_away_by_padding(x, refused):
    refused(mg.ShapeError, lambda: mg.Pad(x, pads=(-2, -2), axes=(1,)))
    refused(mg.ShapeError, lambda: mg.Pad(x, pads=(9, -4), axes=(1,)))
    refused(mg.ShapeError, lambda: mg.Pad(x, pads=(-3, 1), axes=(1,), mode="edge"))
    refused(mg.ShapeError, lambda: mg.Pad(x, pads=(-1, 2), axes=(1,), mode="reflect"))
    refused(mg.OperationError, lambda: np.pad(x, ((0, 0), (-1, 0))))


def test_all_elements_may_be_taken_away_by_padding(x):
    assert mg.Graph(y=mg.Pad(x, pads=(-3, 2), axes=(1,), constant_value=7)).forward(x=np.ones((1, 3)))["y"].tolist() == [[7, 7]]


def test_more_than_there_are_is_not_the_top(x, refused):
    refused(mg.ShapeError, lambda: mg.TopK(x, k=4))
    graph = mg.Graph(y=mg.TopK(x, k=2, axis=0))
    assert graph.forward(x=np.ones((2, 3)))["y"].shape == (2, 3)
    refused(mg.ShapeError, lambda: graph.forward(x=np.ones((1, 3))))


def test_an_index_of_elements_out_of_range_is_told(x, refused):
    i = mg.Input("i", ("N", 1), dtype=np.int64)
    graph = mg.Graph(y=mg.GatherElements(x, i, axis=1))
    refused(mg.InputError, lambda: graph.forward(x=np.ones((2, 3)), i=[[0], [3]]))


def test_an_equation_that_does_not_fit_is_told(x, refused):
    refused(mg.OperationError, lambda: np.einsum("ij,jk", x))
    refused(mg.ShapeError, lambda: np.einsum("ijk", x))
    refused(
        mg.ShapeError,
        lambda: np.einsum("ij,jk->ik", x, mg.Constant(np.ones((2, 4)), name="constant")),
    )
    refused(mg.OperationError, lambda: np.einsum("ij->ik", x))
    refused(mg.ShapeError, lambda: np.einsum("ii", x))
    refused(mg.OperationError, lambda: np.einsum(x, [0, 1], [0, 99]))
    refused(mg.OperationError, lambda: np.einsum(x, "ij"))
