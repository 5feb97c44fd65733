"""The program that a graph is compiled to: a NumPy source that a person reads, and that runs alone."""

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build


def article(rows, seed=0):
    rng = np.random.default_rng(seed)
    graph = build(seed=seed)
    return graph, rng.normal(size=(rows, 2)).astype(np.float32), rng.integers(0, 2, rows)


def test_a_small_program_reads_as_a_person_writes_it():
    x = mg.Input("x", ("N", 3))
    W = mg.Parameter("W", np.ones((3, 2)))
    a = np.tanh(x @ W)
    step = mg.compile(mg.Graph(loss=(a * a).mean(), names=locals()))
    assert (
        step.source
        == """import numpy as np


def program(N, empty=np.empty):
    s0 = np.array(2 * N, np.float32)
    memory0 = empty(8 * N, np.uint8)
    memory1 = empty(8 * N, np.uint8)
    memory2 = empty(4, np.uint8)
    t0 = np.ndarray((N, 2), np.float32, memory0)
    a = np.ndarray((N, 2), np.float32, memory1, order="F")
    t1 = np.ndarray((N, 2), np.float32, memory1, order="F")
    t2 = np.ndarray((), np.float32, memory2)

    def step(x, W):
        x.dot(W, out=t0)
        np.tanh(t0, out=a)
        np.multiply(a, a, out=t1)
        np.add.reduce(t1, axis=(0, 1), out=t2)
        np.divide(t2, s0, out=t2)
        results = (t2[()],)
        return results

    return step
"""
    )


@pytest.mark.parametrize("rows", [200, 2000])
def test_the_source_pasted_into_a_file_trains_with_numpy_alone(rows, tmp_path):
    graph, X, Y = article(rows)
    arrays = [graph[name].value.copy() for name in ("W1", "b1", "W2", "b2")]
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=1)
    losses = [step(x=X, y=Y)["loss"] for _ in range(3)]
    file = tmp_path / "pasted.py"
    file.write_text(step.source)
    pasted: dict[str, object] = {}
    exec(compile(file.read_text(), str(file), "exec"), pasted)
    assert "minigraph" not in step.source
    alone = pasted["program"](rows)
    assert [alone(X, Y, *arrays)[0] for _ in range(3)] == losses
    assert all(np.array_equal(array, graph[name].value) for array, name in zip(arrays, ("W1", "b1", "W2", "b2"), strict=True))


def test_the_softmax_of_the_loss_is_computed_once_for_its_gradient():
    graph, X, Y = article(5)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    step(x=X, y=Y)
    assert step.source.count("np.exp(") == 1


@pytest.mark.parametrize(("reduce", "call"), [(np.max, "np.maximum"), (np.min, "np.minimum")])
def test_the_extreme_of_two_numbers_in_a_single_row_is_a_call_on_both(reduce, call):
    x = mg.Input("x", ("N", 2))
    step = mg.compile(mg.Graph(extreme=reduce(x * 1.5, axis=1, keepdims=True)))
    for row in ([[1, 2]], [[2, 1]], [[1, np.nan]]):
        np.testing.assert_array_equal(step(x=row)["extreme"], reduce(np.float32(row) * 1.5, axis=1, keepdims=True))
    assert f"{call}(" in step.source and "reduce" not in step.source


def test_an_inference_program_keeps_nothing_for_the_gradient():
    graph, X, _ = article(5)
    step = mg.compile(graph["probabilities"])
    assert np.array_equal(step(x=X)["ŷ"], graph.forward(x=X, y=np.zeros(5, int))["probabilities"])
    assert step.source.count("empty(2000 * N") == 1


def test_names_that_python_cannot_have_become_others():
    x = mg.Input("np", ("N",))
    y = mg.Input("lambda", ("N",))
    z = mg.Mul(x, y, name="a name\nof two lines")
    step = mg.compile(mg.Graph(out=z.sum()))
    assert step(**{"np": [1, 2], "lambda": [3, 4]})["out"] == 11


@pytest.mark.parametrize("axis", ["max", "np", "empty", "step", "results", "program", "memory", "x", "ﬁ", "int"])
def test_an_axis_may_be_called_what_a_program_calls_something_else(axis):
    x, bias = mg.Input("x", (axis, 2)), mg.Input("bias", ("fi", 2))
    graph = mg.Graph(y=np.tanh(x)[1:] * np.size(x, axis=0), z=bias + 1, max=mg.Exp(x, name="max"))
    given = {"x": np.ones((3, 2), np.float32), "bias": np.ones((4, 2), np.float32)}
    found = graph.compile()(**given)
    run = graph.forward(**given)
    for name in graph.outputs:
        assert np.allclose(found[name], run[name])


def test_a_constant_too_long_to_write_is_handed_over():
    table = mg.Constant(np.arange(1000.0))
    x = mg.Input("x", (1000,))
    step = mg.compile(mg.Graph(total=(x * table).sum()))
    assert step(x=np.ones(1000))["total"] == 499500 and "program_c0" in step.source


def test_a_rule_that_is_more_than_numpy_is_called_as_it_is():
    class Sorted(mg.Node):
        def forward(self, x, out=None):
            return np.array(sorted(x.tolist()), x.dtype)

        def backward(self, gradient, y, x):
            return gradient[np.argsort(np.argsort(x))]

    x = mg.Input("x", (3,))
    step = mg.compile(mg.Graph(y=Sorted(x) * 2))
    assert step(x=[3, 1, 2])["y"].tolist() == [2, 4, 6] and "program_rule0(x)" in step.source
    assert "\n# program_rule0: Sorted's rule, which the program is handed.\ndef program(" in step.source


def test_a_rule_that_takes_out_writes_into_the_memory_of_the_program():
    class Sorted(mg.Node):
        takes_out = True

        def forward(self, x, out=None):
            out = np.empty_like(x) if out is None else out
            out[...] = sorted(x.tolist())
            return out

        def backward(self, gradient, y, x):
            return gradient[np.argsort(np.argsort(x))]

    x = mg.Input("x", (3,))
    step = mg.compile(mg.Graph(y=Sorted(x), double=Sorted(x) * 2))
    first = step(x=[3, 1, 2])
    assert step(x=[5, 4, 6])["y"].tolist() == [4, 5, 6] and "program_rule0(x, out=t0)" in step.source
    assert first["y"].tolist() == [1, 2, 3] and first["double"].tolist() == [2, 4, 6]


def test_the_first_of_ties_in_a_window_is_found_without_looking_at_each_alone():
    x = mg.Input("x", ("N", 3, 4))
    step = mg.compile(mg.Graph(y=mg.Hardmax(x, axis=1)))
    rows = np.random.default_rng(0).choice([-np.inf, 0.0, 1.0, np.nan], (200, 3, 4), p=[0.2, 0.3, 0.4, 0.1])
    np.testing.assert_array_equal(step(x=rows)["y"], mg.Hardmax.apply(rows, axis=1))
    assert "argmax" not in step.source


def test_the_larger_matrix_comes_first_where_products_are_added_up():
    images, filters = mg.Input("images", ("N", 2, 6, 6)), mg.Parameter("filters", np.ones((4, 2, 1, 3)))
    (gradient,) = mg.gradient(mg.Conv(images, filters).sum(), [filters])
    step = mg.compile(mg.Graph(gradient))
    x = np.random.default_rng(0).normal(size=(5, 2, 6, 6)).astype(np.float32)
    by_hand = np.lib.stride_tricks.sliding_window_view(x, (6, 4), (2, 3)).sum(axis=(0, 4, 5))
    np.testing.assert_allclose(step(images=x)["output"], [by_hand] * 4, rtol=1e-4)
    assert "np.ndarray((N, 1, 6, 4)" in step.source


def test_a_slice_is_seen_in_the_memory_of_what_it_is_a_part_of():
    x = mg.Input("x", ("N", 6), dtype=np.float64)
    a, b = np.tanh(x), np.exp(x)
    part, turned = a[:, 1:3], np.tanh(b * b)[::-1, ::-2]
    total = (part * b[:, 2:4]).sum() + (turned * turned).sum() + turned.reshape(-1).sum()
    graph = mg.Graph(total=total, part=part, turned=turned, gradient=mg.gradient(total, [x])[0])
    step, given = mg.compile(graph), np.arange(30).reshape(5, 6) / 30
    plain = graph.forward(x=given)
    for _ in range(2):
        for name, found in step(x=given).items():
            np.testing.assert_allclose(found, plain[name], rtol=1e-12)
    assert "a[:, 1:3]" in step.source or "t0[:, 1:3]" in step.source


def test_a_part_that_a_rule_of_its_own_shows_survives_what_is_computed_later():
    class Diagonal(mg.Node):
        def forward(self, x, out=None):
            return x.diagonal(0, 1, 2)

        def infer(self, x):
            return x.shape[:2], x.dtype

    x = mg.Input("x", ("N", 4, 4), dtype=np.float64)
    diagonal, e = Diagonal(np.tanh(x)), np.exp(2 * x)
    graph = mg.Graph(diagonal=diagonal, total=diagonal.sum() + (np.tanh(e) * np.tanh(e)).sum(), e=np.tanh(3 * e) * e)
    given = np.arange(80).reshape(5, 4, 4) / 80
    assert np.array_equal(mg.compile(graph)(x=given)["diagonal"], np.tanh(given).diagonal(0, 1, 2))


def test_a_batch_that_is_turned_round_is_computed_as_a_whole():
    random = np.random.default_rng(0)
    x, W = mg.Input("x", ("N", 2)), mg.Parameter("W", random.normal(0, 0.7, (2, 500)))
    z = np.tanh(x @ W)
    straight, turned = (mg.Graph(loss=(np.tanh(z) * each).mean()) for each in (z, z[::-1]))
    given = random.normal(size=(2000, 2))
    step = mg.compile(turned)
    assert np.isclose(step(x=given)["loss"], turned.forward(x=given)["loss"])
    assert "tile" in _source(straight, given) and "tile" not in step.source


def _source(graph, given):
    step = mg.compile(graph)
    step(x=given)
    return step.source


def _gradient_of_parts(parts, shape):
    """A step that computes the gradient for a value of which parts are used."""
    x = mg.Input("x", shape, dtype=np.float64)
    total = sum(np.tanh((i + 1) * part).sum() for i, part in enumerate(parts(x)))
    return mg.Graph(total=total, dx=mg.gradient(total, [x])[0])


@pytest.mark.parametrize(
    ("parts", "calls"),
    [
        (lambda x: np.split(x, 3, axis=1), 0),
        (lambda x: [x[:, i] for i in range(6)], 0),
        (lambda x: [x[:, 4:], x[:, 0], x[:, 2:4]], 2),
        (lambda x: [x[:, 4:], x[:, 0], x[:, 2:4], x[:, 1]], 0),
        (lambda x: [x[:, :4], x[:, 2:], x[:, 2:4]], 3),
        (lambda x: [x[:, ::2], x[:, 1::2]], 2),
        (lambda x: [x[:, :3], x[:, 3:], x[:, 1]], 1),
        (lambda x: [x[:, -1], x[:, 0]], 2),
    ],
)
def test_the_gradients_of_parts_side_by_side_are_joined_and_not_added(parts, calls):
    graph = _gradient_of_parts(parts, ("N", 6))
    for rows in (4, 5000):
        given = np.arange(6.0 * rows).reshape(rows, 6) / (6 * rows)
        step = mg.compile(graph)
        found, expected = step(x=given), graph.forward(x=given)
        np.testing.assert_allclose(found["dx"], expected["dx"], rtol=1e-12)
        assert step.source.count("_rule") == 2 * calls  # each is named above, and called
