"""What NumPy's own functions give of nodes, against what they give of arrays."""

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.numpy_protocol import COMPOSED_BY, numpy_name
from minigraph.ops.fourier import COMPLEX
from tests.oracles import matrix_functions

ARRAYS = {
    "a": np.random.RandomState(0).normal(size=(2, 3, 4)),
    "b": np.random.RandomState(1).normal(size=(4, 3)),
    "m": np.random.RandomState(2).normal(size=(4, 4)),
    "v": np.random.RandomState(3).normal(size=4),
}
EXPRESSIONS = """
np.cumsum(a, axis=1)
np.cumprod(a, axis=1)
np.round(a)
np.square(a)
np.fmod(a, 2)
np.not_equal(v, 0)
np.concatenate([a, a], axis=1)
np.concatenate([a, a], axis=None)
np.concatenate([v[:2], v[2:] * 2])
np.vstack([v, m])
np.hstack([v, v])
np.hstack([a, a])
np.vecdot(a, v)
np.matvec(a, v)
np.vecmat(v, m)
np.full_like(a, 2.5)
np.split(a, 2)[1]
np.split(a, [1, 3], axis=-1)[1]
np.array_split(a, 3, axis=2)[0]
np.unstack(a, axis=1)[2]
np.tile(a, (2, 1))
np.tile(v, 3)
np.repeat(a, 2)
np.repeat(a, 3, axis=1)
np.repeat(a, [1, 0, 2], axis=1)
np.flip(a)
np.flip(a, (0, -1))
np.flipud(a)
np.fliplr(a)
np.roll(a, 2)
np.roll(a, (1, -1), axis=(0, 2))
np.roll(a, 5, axis=1)
np.arange(5, like=a)
np.arange(7, 1, -2, like=a)
np.sort(a)
np.sort(a, axis=None)
np.sort(a, axis=0)
np.argsort(a, axis=0)
np.argsort(a, axis=None)
np.take_along_axis(a, np.argsort(a, axis=1), axis=1)
np.take_along_axis(a, np.array([[[1]]]), axis=1)
np.take_along_axis(a, np.array([3, 1]), axis=None)
np.pad(a, 1)
np.pad(a, ((0, 1), (2, 0), (0, 0)), mode="edge")
np.pad(v, (2, 1), mode="reflect")
np.pad(a, {-1: (1, 2)}, constant_values=3)
np.swapaxes(a, 0, -1)
np.moveaxis(a, 0, -1)
np.moveaxis(a, (0, 1), (2, 0))
np.ravel(a)
np.tril(a)
np.triu(a, 1)
np.tril(m, -1)
np.diagonal(m)
np.diagonal(a, 1, 1, 2)
np.diagonal(a, -2, 0, 2)
np.diagonal(a, 9, 0, 2)
np.trace(m)
np.trace(m, 1)
np.trace(a, axis1=1, axis2=2)
np.outer(v, a)
np.dot(v, v)
np.dot(b, a)
np.dot(a, b)
np.dot(a, v)
np.dot(v, np.float64(2))
np.inner(a, v)
np.inner(v, v)
np.inner(a, m)
np.vdot(m, m)
np.tensordot(a, b, axes=([2], [0]))
np.tensordot(a, b, axes=([1, 2], [1, 0]))
np.tensordot(m, b, 1)
np.tensordot(v, v, 0)
np.einsum("ijk,kl->ijl", a, b)
np.einsum("ii", m)
np.einsum("...k->...", a)
np.linalg.inv(m)
np.linalg.det(m)
np.linalg.solve(m, v)
np.linalg.solve(m, b)
np.linalg.cholesky(m @ m.T + np.eye(4))
np.linalg.norm(m)
np.linalg.norm(a, axis=1)
np.linalg.vector_norm(a, axis=(0, 1))
np.linalg.matrix_norm(a)
np.zeros_like(a)
np.ones_like(a)
a.ravel()
a.flatten()
a.swapaxes(0, 1)
a.repeat(2, axis=0)
""".strip().splitlines()
LATER = {"np.unstack(": "2.1", "np.matvec(": "2.2", "np.vecmat(": "2.2", "np.pad(a, {": "2.4"}
"""What NumPy has from a version on."""
LACKING = [call for call, version in LATER.items() if np.lib.NumpyVersion(np.__version__) < f"{version}.0"]
EXPRESSIONS = [line for line in EXPRESSIONS if not any(call in line for call in LACKING)]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_function_gives_of_nodes_what_it_gives_of_arrays(expression):
    expected = eval(expression, {"np": np}, ARRAYS)
    nodes = {name: mg.Parameter(name, array, dtype=np.float64) for name, array in ARRAYS.items()}
    found = eval(expression, {"np": np}, nodes)
    assert found.shape == expected.shape
    np.testing.assert_allclose(mg.Graph(y=found).forward()["y"], expected, rtol=1e-12, atol=1e-14)


def test_every_function_that_composes_operations_of_other_names_is_called_here():
    functions = {
        numpy_name(function)
        for function, compose in COMPOSED_BY.items()
        if not isinstance(getattr(compose, "__self__", None), type) and getattr(function, "__module__", "numpy") != "_operator"
    }
    calls = [*EXPRESSIONS, *matrix_functions.EXPRESSIONS, *(f"{numpy_name(function)}(" for function in COMPLEX)]
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
    if "np.unstack(" not in LACKING:
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
