"""Loops as a program runs them: views, parts computed where they are joined, and products of rows that are looked up."""

import numpy as np
import pytest

import minigraph as mg


def bodies_of(source):
    """The lines of the bodies of the loops, a list for each loop."""
    bodies, within = [], None
    for line in source.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip().startswith("for "):
            bodies.append([])
            within = indent
        elif within is not None and indent > within:
            bodies[-1].append(line.strip())
        else:
            within = None
    return bodies


def with_gradients(loss, **outputs):
    leaves = [node for node in mg.Graph(loss).nodes if isinstance(node, mg.Input | mg.Parameter) and node.dtype.kind == "f"]
    gradients = mg.gradient(loss, leaves)
    return mg.Graph({"loss": loss} | outputs | {f"d{leaf.name}": each for leaf, each in zip(leaves, gradients, strict=True)})


def assert_as_plain(graph, rtol=1e-9, **given):
    """The program gives, twice, what the plain run gives; its source."""
    expected, step = graph.forward(**given), mg.compile(graph)
    for _ in range(2):
        found = step(**given)
        for name in graph.outputs:
            np.testing.assert_allclose(found[name], expected[name], rtol, 1e-12, err_msg=name)
    return step.source


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def test_a_step_of_an_lstm_is_few_calls_without_copies():
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 6, 5)), mg.Input("y", ("N", 6), dtype=np.int64)
    states, _ = mg.blocks.lstm(x, 8, rng=rng)
    loss = mg.SoftmaxCrossEntropy(mg.blocks.dense(states, 3, rng=rng, name="scores"), y, axis=-1)
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.1).minimize(loss))
    step(x=normal(4, 6, 5).astype(np.float32), y=np.zeros((4, 6), np.int64))
    forward, backward = bodies_of(step.source)
    assert len(forward) <= 12 and len(backward) <= 19
    assert "np.take" not in step.source and "np.concatenate" not in step.source
    assert sum("np.copyto" in line for line in forward + backward) == 1  # the gates' gradients, as BLAS takes them
    assert sum("np.matmul" in line or ".dot(" in line for line in forward + backward) == 2


def body(h, x):
    parts = x.reshape(-1, 2, 3).transpose(1, 0, 2)
    gates = mg.Sigmoid(parts + h[:, :3])
    first, second = gates[0], gates[1]
    joined = np.concatenate([first * h[:, 3:], np.tanh(second), first + x[:, 0:3]], axis=1)
    return np.tanh(joined[:, :6] + joined[:, 3:]), (gates.transpose(1, 0, 2).reshape(-1, 6), first * second, joined[:, 4])


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("length", [0, 1, 4])
def test_what_a_step_sees_otherwise_is_seen_so_for_all_steps(length, rows, reverse):
    x, h = mg.Input("x", ("T", "N", 6), np.float64), mg.Input("h", ("N", 6), np.float64)
    last, ys = mg.scan(body, h, x, reverse=reverse)
    graph = with_gradients(
        (last * last).sum() + sum(np.sin(y).sum() for y in ys), last=last, flat=ys[0], product=ys[1], one=ys[2]
    )
    assert_as_plain(graph, x=normal(length, rows, 6), h=normal(rows, 6, seed=1))


def test_a_view_of_a_slice_is_made_before_the_loop():
    x = mg.Input("x", ("T", "N", 6), np.float64)
    last, _ = mg.scan(
        lambda h, x: (np.tanh(h + x.reshape(-1, 2, 3)[:, 1]), None),
        mg.Constant(np.zeros((1, 3)), dtype=np.float64) + 0 * x[0, :, :3],
        x,
    )
    (lines,) = bodies_of(assert_as_plain(mg.Graph(last=last), x=normal(4, 2, 6)))
    assert not any("reshape" in line or "[" in line for line in lines)


def test_what_others_read_too_is_not_computed_where_it_is_joined():
    x = mg.Input("x", ("N", 3), np.float64)
    a, b = np.tanh(x), np.exp(x)
    joined = np.concatenate([a, b, a, mg.Constant(np.ones((1, 3)), dtype=np.float64) * x], axis=1)
    graph = with_gradients((joined * joined).sum() + np.sin(b).sum(), joined=joined, b=b, doubled=joined * 2)
    source = assert_as_plain(graph, x=normal(4, 3))
    assert "np.concatenate" in source or "np.copyto" in source


def test_what_is_joined_in_another_order_of_its_elements_is_not_computed_in_its_place():
    x = mg.Input("x", (3, 3), np.float64)
    parts = [np.expand_dims(np.tanh(x).T, 0), np.expand_dims(np.exp(x)[::-1], 0), np.sin(x).T.reshape(1, 3, 3)]
    assert_as_plain(mg.Graph(joined=np.concatenate(parts, axis=0) * 1.5), x=normal(3, 3))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_parts_are_computed_where_they_are_joined(axis):
    x, y = mg.Input("x", (2, "N", 3), np.float64), mg.Input("y", (2, "N", 3), np.float64)
    joined = np.concatenate([np.tanh(x), y, x * y], axis=axis)
    graph = mg.Graph(sum=joined.sum(), sine=np.sin(joined))
    source = assert_as_plain(graph, x=normal(2, 4, 3), y=normal(2, 4, 3, seed=1))
    assert "np.concatenate" not in source


def looked_up(width=20, columns=30, rows=4):
    rng = np.random.default_rng(0)
    words = mg.Input("words", ("N", 8), dtype=np.int64)
    table = mg.Parameter("table", rng.normal(size=(rows, width)), np.float64)
    W, b = (
        mg.Parameter("W", rng.normal(size=(width, columns)), np.float64),
        mg.Parameter("b", rng.normal(size=columns), np.float64),
    )
    return table[words] @ W + b


@pytest.mark.parametrize("arranged", [False, True], ids=["rows first", "places first"])
def test_a_product_of_rows_that_are_looked_up_is_one_of_the_table(arranged):
    product = looked_up()
    given = np.random.default_rng(1).integers(-4, 4, (40, 8))
    loss = np.sin(product.transpose(1, 0, 2) * 2 if arranged else product).mean()
    source = assert_as_plain(with_gradients(loss), words=given)
    assert "np.take(" in source and "np.take(table" not in source
    assert source.count("program_rule0") - source.count("# program_rule0") == 1  # what comes back is added up once


def test_a_product_of_few_rows_is_left_as_it_is():
    product = looked_up(rows=1000)
    step = mg.compile(mg.Graph(product=product))
    step(words=np.zeros((3, 8), np.int64))
    assert "np.take(table" in step.source


def test_only_the_row_of_a_table_that_is_not_finite_becomes_so():
    product = looked_up()
    graph = mg.Graph(
        dtable=mg.gradient((product * mg.Input("k", ("N", 1, 1), np.float64)).sum(), [mg.Graph(product).parameters["table"]])[0]
    )
    found = mg.compile(graph)(
        words=np.repeat([[0], [1], [2]], 8, axis=1).repeat(10, axis=0), k=np.repeat([1.0, np.nan, 1.0], 10)[:, None, None]
    )
    assert np.isfinite(found["dtable"]).all(axis=1).tolist() == [True, False, True, True]


@pytest.mark.parametrize("name", ["table", "W"])
def test_what_is_not_finite_goes_no_further_than_in_a_plain_run(name):
    product = looked_up()
    parameters = mg.Graph(product).parameters
    parameters[name].value = np.where(np.arange(len(parameters[name].value))[:, None] == 3, np.nan, parameters[name].value)
    assert_as_plain(with_gradients(np.tanh(product).sum()), words=np.random.default_rng(0).integers(0, 3, (40, 8)))


def test_a_place_beyond_the_table_is_refused_and_changes_nothing():
    product = looked_up()
    loss = np.sin(product).mean()
    table = mg.Graph(loss).parameters["table"]
    step, before = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.1).minimize(loss)), table.value.copy()
    with pytest.raises(mg.MinigraphError, match="from -4 to 3"):
        step(words=np.full((3, 8), 4))
    assert np.array_equal(table.value, before)


def test_a_single_element_is_a_view_too():
    x = mg.Input("x", ("N", 2), np.float64)
    y = np.tanh(x).sum(axis=0)
    assert_as_plain(mg.Graph(first=y[0] * 2, sum=y[0] + y[-1]), x=normal(4, 2))


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 1, 2)])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_products_of_arranged_rows_are_one_of_all_rows_as_they_lie(rows, order):
    rng = np.random.default_rng(0)
    x, k = mg.Input("x", (4, "N", 20), np.float64), mg.Input("k", (4, "N", 30), np.float64)
    W = mg.Parameter("W", rng.normal(size=(20, 30)), np.float64)
    V = mg.Parameter("V", rng.normal(size=(30, 30)), np.float64)
    states = np.tanh(x)
    product = states.transpose(*order) @ W
    again = (np.sin(product) @ V).transpose(*order)
    source = assert_as_plain(
        with_gradients((again * k).sum(), again=again), x=normal(4, rows, 20), k=normal(4, rows, 30, seed=1)
    )
    assert source.count("np.matmul") + source.count(".dot(") == 6  # forward, and two for the gradient of each


def test_products_of_rows_arranged_by_more_than_two_axes():
    x = mg.Input("x", (2, 3, "N", 20), np.float64)
    W = mg.Parameter("W", normal(20, 30), np.float64)
    product = np.tanh(x).transpose(2, 0, 1, 3) @ W
    assert_as_plain(with_gradients(np.sin(product).sum(), product=product), x=normal(2, 3, 4, 20))
