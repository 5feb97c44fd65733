"""Indexing a node, against indexing an array."""

import numpy as np
import pytest

import minigraph as mg

VALUE = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def x():
    return mg.Parameter("x", VALUE)


INDICES = [
    0,
    -1,
    (0, 1, 2),
    (slice(None), 0),
    (slice(None), slice(2, None, -1)),
    slice(0, 0),
    (Ellipsis, 0),
    (Ellipsis,),
    None,
    (None, 0),
    (None, Ellipsis, 0, None),
    [1, 0],
    (slice(None), [0, 2]),
    (0, [0, 2]),
    ([1, 0], 0),
    (slice(None), 1, np.array([3, 0])),
    np.array([[0, 1], [1, 0]]),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_a_node_is_indexed_as_an_array_is(x, index):
    found = mg.Graph(y=x[index]).forward()["y"]
    assert found.shape == VALUE[index].shape and np.array_equal(found, VALUE[index])


@pytest.mark.parametrize("index", [([0, 1], [0, 1]), (0, slice(None), [0, 1])], ids=str)
def test_arrays_that_numpy_would_pair_are_refused(x, index):
    with pytest.raises(mg.OperationError) as error:
        x[index]
    first, _, remedy = str(error.value).splitlines()
    assert first == "x (2 × 3 × 4) can be indexed by one array, with whole numbers only next to it."
    assert remedy == "  Index once for each axis, as in x[rows][:, columns]."


@pytest.mark.parametrize("index", [True, np.array([True, False])], ids=str)
def test_booleans_are_refused_as_indices(x, index):
    with pytest.raises(mg.OperationError) as error:
        x[index]
    first, _, remedy = str(error.value).splitlines()
    assert first == "x (2 × 3 × 4) cannot be indexed by booleans: how many hold is known only in a run."
    assert remedy == "  Use np.where(condition, x, 0), or the places where they hold."


def test_more_indices_than_axes_are_refused(x):
    with pytest.raises(mg.OperationError, match=r"^x \(2 × 3 × 4\) has 3 axes and cannot be indexed by 4\."):
        x[0, 0, 0, 0]


def test_an_axis_of_unknown_size_is_not_sliced():
    rows = mg.Input("rows", ("N", 2))
    with pytest.raises(
        mg.OperationError, match=r"^rows \(N × 2\) cannot be sliced along N, whose size is known only in a run\."
    ):
        rows[1:]


def test_an_index_out_of_range_is_told_while_composing_where_the_size_is_known(x):
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -3 to 2, but was given 3\."):
        x[:, 3]


def test_and_in_the_run_where_it_is_not():
    rows = mg.Input("rows", ("N", 2))
    seventh = mg.Graph(y=rows[6])
    assert seventh.forward(rows=np.ones((7, 2)))["y"].shape == (2,)
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -2 to 1, but was given 6\."):
        seventh.forward(rows=np.ones((2, 2)))
