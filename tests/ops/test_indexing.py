"""Indexing a node, against indexing an array."""

from random import Random

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.shapes import sized

VALUE = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)
PLACES = np.arange(24).reshape(2, 3, 4)


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
    (slice(None), slice(1, None), slice(None, None, -2)),
    (Ellipsis, slice(-3, -1), None),
    (slice(5, 1, -1), slice(-9, 9)),
    ([0, 1], [0, 2]),
    ([[0], [1]], [0, 2, 1]),
    (0, slice(None), [0, 1]),
    ([0, 1, 1], slice(None, 2), [3, 0, 3]),
    (slice(None), [0, 1], [0, 1]),
    (slice(None), [2, 0], None, [1, 1]),
    (None, [0, 1], [0, 2]),
    ([1, 0], None, 2, Ellipsis),
    (0, [0, 2], [[1], [3]]),
    ([], slice(1)),
    (),
    np.array([True, False]),
    VALUE > 7,
    (Ellipsis, np.array([True, False, False, True])),
    (1, VALUE[0] % 3 == 0),
    (slice(None), np.array([False, True, True]), [0, 2]),
    np.zeros((2, 3), bool),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_a_node_is_indexed_as_an_array_is(x, index):
    found = mg.Graph(y=x[index]).forward()["y"]
    assert found.shape == VALUE[index].shape and np.array_equal(found, VALUE[index])


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_the_gradient_goes_back_to_where_an_element_came_from(x, index):
    y = x[index]
    taken = VALUE[index]
    found = mg.Graph(y=y).forward().backward(cotangent=np.arange(taken.size).reshape(taken.shape))[x]
    expected = np.zeros(VALUE.size)
    np.add.at(expected, PLACES[index], np.arange(taken.size).reshape(taken.shape))
    assert np.array_equal(found, expected.reshape(VALUE.shape))


def some_part(random, size):
    """Any index of an axis: a number, a slice, nothing, numbers or booleans."""
    start, stop = random.choices([None, *range(-size - 2, size + 3)], k=2)
    shape = random.choice([(2,), (1,), (2, 1), (3, 1), (), (0,)])
    return random.choice(
        [
            random.randrange(-size, size),
            slice(start, stop, random.choice([None, 1, 2, -1, -3])),
            slice(None),
            None,
            np.random.RandomState(random.randrange(99)).randint(-size, size, shape),
            np.random.RandomState(random.randrange(99)).randint(0, 2, size).astype(bool),
        ]
    )


def test_a_node_is_indexed_at_random_as_an_array_is(x):
    random, compared = Random(0), 0
    for _ in range(400):
        index = []
        while (taken := sum(part is not None for part in index)) < 3 and random.random() < 0.8:
            index.append(some_part(random, VALUE.shape[taken]))
        try:
            expected = VALUE[tuple(index)]
        except IndexError:  # arrays that do not broadcast
            with pytest.raises(mg.ShapeError):
                x[tuple(index)]
            continue
        y = x[tuple(index)]
        assert y.shape == expected.shape, index
        assert np.array_equal(mg.Graph(y=y).forward()["y"], expected), index
        compared += 1
    assert compared > 300


def test_a_part_is_a_slice_and_not_a_copy(x):
    y = x[:, 1:, ::-1]
    assert type(y) is mg.Slice
    values = mg.Graph(y=y).forward().values
    assert np.shares_memory(values[y], values[x])


@pytest.mark.parametrize(
    "index",
    [
        lambda i: (i, [[1], [0]]),
        lambda i: (slice(None), i, i + 1),
        lambda i: (i, slice(1, 3), [[0], [3]]),
        lambda i: (0, i),
        lambda i: (i, None, i, 0),
        lambda i: (Ellipsis, i),
    ],
)
def test_a_node_is_an_index_as_an_array_is(x, index):
    i = mg.Input("i", ("N",), dtype=np.int64)
    y, given = x[index(i)], np.array([1, 0])
    found = mg.Graph(y=y).forward(i=given)["y"]
    assert found.shape == VALUE[index(given)].shape and np.array_equal(found, VALUE[index(given)])


def test_rows_of_unknown_number_are_turned_round_and_indexed():
    rows, i = mg.Input("rows", ("N", 3)), mg.Input("i", ("N",), dtype=np.int64)
    array, places = np.arange(12.0, dtype=np.float32).reshape(4, 3), np.array([0, 2, 1, 1])
    assert np.array_equal(mg.Graph(y=rows[::-1]).forward(rows=array)["y"], array[::-1])
    assert np.array_equal(mg.Graph(y=rows[::-1, [0, 2]]).forward(rows=array)["y"], array[::-1, [0, 2]])
    found = mg.Graph(y=rows[np.array([0, 1]), i[[0, 1]]]).forward(rows=array, i=places)["y"]
    assert np.array_equal(found, array[[0, 1], [0, 2]])


def test_how_many_of_a_node_hold_is_known_only_in_a_run(x, refused):
    for index in (True, x > 3):
        refused(mg.OperationError, lambda index=index: x[index])


INDICES = {
    "booleans of another size": (np.array([True, False, True]), mg.ShapeError),
    "arrays that do not broadcast": (([0, 1], [0, 1, 2]), mg.ShapeError),
    "two ellipses": ((Ellipsis, 0, Ellipsis), mg.OperationError),
    "a fraction": (1.5, mg.OperationError),
    "a step of 0": ((slice(0, 2, 0),), mg.OperationError),
    "an index beyond its axis": (([0, 2], [0, 0]), mg.InputError),
}


@pytest.mark.parametrize("name", INDICES)
def test_an_index_that_does_not_fit_is_refused(x, name, refused):
    index, error = INDICES[name]
    refused(error, lambda: x[index])


def test_bounds_are_known_before_a_run(x, refused):
    i = mg.Input("i", (), dtype=np.int64)
    refused(mg.OperationError, lambda: x[:i])


def test_more_indices_than_axes_are_refused(x):
    with pytest.raises(mg.OperationError, match=r"^x \(2 × 3 × 4\) has 3 axes and cannot be indexed by 4\."):
        x[0, 0, 0, 0]


def test_elements_at_the_ends_of_an_axis_of_unknown_size_are_taken_away():
    rows = mg.Input("rows", ("N", 2))
    assert (rows[1:].shape, rows[:-2].shape, rows[1:-1].shape) == (("max(N−1,0)", 2), ("max(N−2,0)", 2), ("max(N−2,0)", 2))
    assert rows[1:][1:].shape == rows[:-2].shape and rows[:].shape == rows.shape
    differences = mg.Graph(y=rows[1:] - rows[:-1])
    for count in (4, 1, 0):
        given = np.arange(2.0 * count).reshape(count, 2)
        assert differences.forward(rows=given)["y"].shape == (max(count - 1, 0), 2)
        np.testing.assert_array_equal(mg.compile(differences)(rows=given)["y"], differences.forward(rows=given)["y"])
    with pytest.raises(mg.ShapeError, match="cannot broadcast"):
        rows[1:] + rows
    pairs = rows[1:].reshape(-1)
    assert pairs.shape == ("2·max(N−1,0)",) and pairs.reshape(-1, 2).shape == ("max(N−1,0)", 2)


def test_a_product_of_sizes_is_a_size():
    x = mg.Input("x", ("N", "T", 4))
    rows, places = mg.Size(x, axes=0), mg.Size(x, axes=1)
    assert (rows * places).known == ("N·T",) and (3 * rows).known == ("3·N",)
    assert (rows * -1).known is None and (mg.Constant(2) * mg.Constant(3)).known is None
    assert x.reshape(rows * places, 4).shape == ("N·T", 4)
    chain = mg.Input("i", ("N",), dtype=np.int64)
    for _ in range(5000):
        chain = chain * chain
    assert chain.known is None and mg.compile(mg.Graph(y=chain))(i=[0, 1])["y"].tolist() == [0, 1]


@pytest.mark.parametrize(
    "part",
    [np.s_[:3], np.s_[-3:], np.s_[::2], np.s_[-2::-1], np.s_[::-3], np.s_[4:1:-1], np.s_[-4:-1:2], np.s_[5:2], np.s_[2:-2]],
    ids=str,
)
def test_an_axis_of_unknown_size_is_sliced_as_one_of_any_size(part):
    rows = mg.Input("rows", ("N", 2))
    y = rows[part]
    loss = (y * y).sum()
    graph = mg.Graph(y=y, gradient=mg.gradient(loss, [rows])[0])
    step = mg.compile(graph)
    for size in range(8):
        array = np.arange(2.0 * size).reshape(size, 2)
        expected = np.zeros_like(array)
        expected[part] = 2 * array[part]
        run = graph.forward(rows=array, check=True)
        assert sized(y.shape, {"N": size}) == array[part].shape
        for found in (run, step(rows=array)):
            assert np.array_equal(found["y"], array[part]) and np.array_equal(found["gradient"], expected)


def test_a_bound_may_be_a_size():
    x, y = mg.Input("x", ("T", 2)), mg.Input("y", ("P", 2))
    both, places = np.concatenate([x, y]), x.shape[0]
    assert both[places:].shape == ("P", 2) and both[: np.size(x, axis=0)].shape == ("T", 2) and x[:places].shape == ("T", 2)
    given = {"x": np.zeros((3, 2)), "y": np.arange(8.0).reshape(4, 2)}
    graph = mg.Graph(tail=both[places:], last=y[y.shape[0] - 1], middle=both[1 : places + 1])
    for found in (graph.forward(**given), mg.compile(graph)(**given)):
        assert found["tail"].tolist() == given["y"].tolist() and found["last"].tolist() == [6, 7] and len(found["middle"]) == 3


def test_a_bound_that_is_a_size_counts_from_the_start(refused):
    x, y = mg.Input("x", ("T", 2)), mg.Input("y", ("P", 2))
    refused(mg.OperationError, lambda: x[-y.shape[0] :])
    tail = mg.Graph(tail=x[x.shape[0] - y.shape[0] :], other=y)
    assert tail.forward(x=np.ones((3, 2)), y=np.ones((1, 2)))["tail"].shape == (1, 2)
    refused(mg.ShapeError, lambda: tail.forward(x=np.ones((1, 2)), y=np.ones((3, 2))))
    refused(mg.ShapeError, lambda: mg.compile(tail)(x=np.ones((1, 2)), y=np.ones((3, 2))))


def test_an_index_out_of_range_is_told_while_composing_where_the_size_is_known(x):
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -3 to 2, but was given 3\."):
        x[:, 3]


def test_and_in_the_run_where_it_is_not():
    rows = mg.Input("rows", ("N", 2))
    seventh = mg.Graph(y=rows[6])
    assert seventh.forward(rows=np.ones((7, 2)))["y"].shape == (2,)
    with pytest.raises(mg.InputError, match=r"^Gather takes indices from -2 to 1, but was given 6\."):
        seventh.forward(rows=np.ones((2, 2)))


def test_what_is_computed_of_sizes_is_a_size():
    x = mg.Input("x", ("N", "T", 4))
    rows, places = np.size(x, axis=0), np.size(x, axis=1)
    sizes = {
        rows + places: "(N+T)",
        places - 1: "(T−1)",
        (places - 3) // 2 + 1: "(⌊(T+1)/2⌋−1)",
        np.mod(places, 2): "(T−2·⌊T/2⌋)",
        np.maximum(rows - 1, 0): "max(N−1,0)",
        np.minimum(5, rows): "(N−max(N−5,0))",
        rows + x.shape[1]: "(N+T)",
    }
    assert {node.known for node in sizes} == {(size,) for size in sizes.values()}
    assert (np.shape(x) * 2).known == ("2·N", "2·T", 8) and x[:, : places // 2].shape == ("N", "⌊T/2⌋", 4)
    graph = mg.Graph(joined=np.broadcast_to(x[:1, :1, 0].sum(), (rows + places, 2)), half=x[:, : places // 2])
    for found in (graph.forward(x=np.ones((2, 5, 4))), mg.compile(graph)(x=np.ones((2, 5, 4)))):
        assert found["joined"].shape == (7, 2) and found["half"].shape == (2, 2, 4)


def test_parts_between_sizes_are_put_side_by_side_in_a_program_of_one_row():
    x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 2))
    (n, _), whole = x.shape, np.concatenate([x, y, x])
    loss = (whole[n : 2 * n] ** 2).sum() + (whole[2 * n :] ** 3).sum() + (x[-2:] ** 2).sum() + (x[:1] ** 3).sum()
    graph = mg.Graph(whole=mg.gradient(loss, [whole])[0], rows=mg.gradient(loss, [x])[0])
    step = mg.compile(graph)
    for size in range(4):
        given = {"x": np.arange(1.0, 2 * size + 1).reshape(size, 2), "y": np.ones((size, 2))}
        found, run = step(**given), graph.forward(**given)
        assert all(np.array_equal(found[name], run[name]) for name in found)


def test_sizes_of_a_long_chain_of_joins_and_parts_are_known():
    x = mg.Input("x", ("N", 3))
    sizes = np.shape(mg.Tanh(x))
    for _ in range(1200):
        sizes = np.where([True, False], np.concatenate([sizes[:1], np.reshape(sizes[1:], (1,))]), np.take(sizes, [0, 1]))
    assert sizes.known == x.shape and (x.T.reshape(sizes)).shape == x.shape
