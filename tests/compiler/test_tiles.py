"""Random networks whose rows run in tiles, on one thread and on several: always what the plain run gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigraph as mg
from minigraph.compiler import tiles

LAYERS = {
    "dense": lambda x, rng: x @ mg.Parameter(f"W{rng.integers(1 << 30)}", rng.normal(size=(x.shape[1], 3)), dtype=np.float64),
    "bias": lambda x, rng: x + mg.Parameter(f"b{rng.integers(1 << 30)}", rng.normal(size=x.shape[1]), dtype=np.float64),
    "tanh": lambda x, rng: np.tanh(x),
    "sigmoid": lambda x, rng: mg.Sigmoid(x),
    "square": lambda x, rng: x * x * 0.1,
    "softmax": lambda x, rng: mg.Softmax(x),
    "centred": lambda x, rng: x - x.mean(axis=1, keepdims=True),
    "scaled": lambda x, rng: x / (1 + np.abs(x).max(axis=1, keepdims=True)),
    "chosen": lambda x, rng: np.where(x > 0, x, 0.1 * x),
    "turned": lambda x, rng: x.reshape("N", 1, x.shape[1]).sum(axis=1),
}
LOSSES = {
    "mean": lambda x, y: (x * x).mean(),
    "sum": lambda x, y: 0.01 * x.sum(),
    "cross-entropy": lambda x, y: mg.SoftmaxCrossEntropy(x, y),
}


@pytest.fixture(autouse=True)
def tiles_of_16_rows(monkeypatch):
    for constant, value in {"CACHE": 1024, "NS_PER_BYTE_ADDED": 0, "LEAST_NS_PER_CALL": 0}.items():
        monkeypatch.setattr(tiles, constant, value)


def network(layers, loss, penalty, seed):
    rng = np.random.default_rng(seed)
    x, y = mg.Input("x", ("N", 3), dtype=np.float64), mg.Input("y", ("N",), dtype=np.int64)
    a = x @ mg.Parameter("W", rng.normal(size=(3, 3)), dtype=np.float64)
    for layer in layers:
        a = LAYERS[layer](a, rng)
    total = LOSSES[loss](a, y)
    for parameter in mg.Graph(total).parameters.values() if penalty else ():
        total = total + 0.01 * (parameter * parameter).sum()
    return mg.Graph(loss=total, last=a)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    layers=st.lists(st.sampled_from(sorted(LAYERS)), max_size=5),
    loss=st.sampled_from(sorted(LOSSES)),
    penalty=st.booleans(),
    rows=st.integers(0, 90),
    threads=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 3),
)
def test_a_network_in_tiles_agrees_with_the_plain_run(layers, loss, penalty, rows, threads, seed):
    graph = network(layers, loss, penalty, seed)
    rng = np.random.default_rng(seed)
    given = {"x": rng.normal(size=(rows, 3)), "y": rng.integers(0, 3, rows)}
    given = {name: given[name] for name in graph.inputs}
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=threads)
    for _ in range(2):
        run = graph.forward(**given)
        gradients = run.backward("loss")
        expected = {name: p.value - 0.1 * gradients[p] for name, p in graph.parameters.items()}
        results = step(**given)
        assert ("in_tiles" in step.source) == (rows > 16)
        assert np.allclose(results["loss"], run["loss"], rtol=1e-10, equal_nan=True)
        assert np.allclose(results["last"], run["last"], rtol=1e-10)
        for name, value in expected.items():
            assert np.allclose(graph[name].value, value, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "mixed",
    [
        lambda x: x @ x.T,
        lambda x: np.max(x, axis=0) * x,
        lambda x: x.T.reshape(-1),
        lambda x: mg.Softmax(x, axis=0),
    ],
)
def test_a_computation_that_mixes_rows_runs_as_a_whole(mixed):
    x = mg.Input("x", ("N", 3), dtype=np.float64)
    W = mg.Parameter("W", np.eye(3), dtype=np.float64)
    graph = mg.Graph(loss=(mixed(np.tanh(x @ W)) ** 2).mean())
    X = np.random.default_rng(0).normal(size=(50, 3))
    expected = W.value - 0.1 * graph.forward(x=X).backward()[W]
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    step(x=X)
    assert "in_tiles" not in step.source and np.allclose(W.value, expected, rtol=1e-10)


def standardized(x):
    return (x - x.mean(axis=0)) / np.sqrt(((x - x.mean(axis=0)) ** 2).mean(axis=0) + 0.1)


STAGED = {
    "a mean": lambda x: x - x.mean(axis=0),
    "a deviation": standardized,
    "one after the other": lambda x: standardized(np.tanh(standardized(x) * 2 + 1)),
    "the same mean twice": lambda x: (x - x.mean(axis=0)) * np.tanh(x.mean(axis=0)),
    "by a normalization": lambda x: np.tanh(mg.blocks.batch_normalization(x * x)),
    "by the gradient of one": lambda x: mg.gradient((standardized(x) ** 3).sum(), [x])[0],
    "with noise": lambda x: standardized(mg.Dropout(standardized(x), mg.RandomState(3))),
    "times a sum": lambda x: standardized(x) @ (x.mean(axis=0)[:, np.newaxis] * x.mean(axis=0)),
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("staged", STAGED)
def test_rows_that_read_sums_of_all_rows_run_in_stages(staged, threads):
    """Each row reads what is added up over all rows in a pass before."""
    x, W = mg.Input("x", ("N", 3), dtype=np.float64), mg.Parameter("W", np.eye(3), dtype=np.float64)
    y = STAGED[staged](np.tanh(x @ W) * 2)
    loss = (y**2 * np.linspace(-1, 1, 3)).mean()
    (gradient,) = mg.gradient(loss, [W])
    graph = mg.Graph(loss=loss, y=y, gradient=gradient)
    step = mg.compile(graph, updates={**mg.state_updates(loss), W: W - 0.1 * gradient}, threads=threads)
    for rows in (70, 16, 0, 35):
        X = np.random.default_rng(rows).normal(size=(rows, 3))
        run, old = graph.forward(x=X), W.value
        found = step(x=X)
        for name, value in found.items():
            np.testing.assert_allclose(value, run[name], rtol=1e-9, atol=1e-12, err_msg=name)
        np.testing.assert_allclose(W.value, old - 0.1 * run["gradient"], rtol=1e-9, atol=1e-12)
        assert ("rows2(" in step.source) == (rows > 16)


def test_a_stage_keeps_images_and_computes_their_windows_again():
    x, w = mg.Input("x", ("N", 4, 12, 12)), mg.Parameter("w", np.ones((4, 4, 3, 3)))
    image = mg.Relu(mg.blocks.batch_normalization(mg.Conv(x, w, pads=(1, 1, 1, 1)), name="first"))
    image = mg.blocks.batch_normalization(mg.Conv(image, w, pads=(1, 1, 1, 1)), name="second")
    loss = (image**3).mean()
    step = mg.compile(mg.Graph(loss=loss), updates=mg.SGD(0.1).minimize(loss))
    step(x=np.random.default_rng(0).normal(size=(40, 4, 12, 12)))
    shapes = [shape for kept in step._tiles._memory()[1] for shape, *_ in kept]
    assert shapes and all(np.prod(shape) == 4 * 12 * 12 for shape in shapes)


def test_tiles_are_of_as_many_images_as_the_caches_hold(monkeypatch):
    monkeypatch.setattr(tiles, "CACHE", 1 << 21)
    found = {}
    for side in (8, 28, 112):
        x, w = mg.Input("x", ("N", 16, side, side)), mg.Parameter("w", np.ones((16, 16, 3, 3)))
        program = mg.compile(mg.Graph(y=mg.Conv(x, w, pads=(1, 1, 1, 1)).mean(axis=(2, 3))))
        found[side] = program._tiles.tile
    assert found == {8: 64, 28: 16, 112: 1}


def test_tiles_of_images_that_take_long_are_small():
    x = mg.Input("x", ("N", 64, 28, 28))
    found = []
    for filters in (16, 64):
        w = mg.Parameter("w", np.ones((filters, 64, 1, 1)))
        found.append(mg.compile(mg.Graph(y=mg.Conv(x, w).reshape("N", filters, 784) ** 2))._tiles.tile)
    assert found == [16, 8], found


def test_few_images_are_worth_threads_where_they_take_long():
    x, w = mg.Input("x", ("N", 16, 56, 56)), mg.Parameter("w", np.full((32, 16, 3, 3), 0.1))
    y = mg.Conv(x, w, pads=(1, 1, 1, 1)).mean(axis=(2, 3))
    program, images = mg.compile(mg.Graph(y=y), threads=2), np.ones((4, 16, 56, 56), np.float32)
    np.testing.assert_allclose(program(x=images)["y"], mg.Graph(y=y).forward(x=images)["y"], rtol=1e-5)
    assert "in_tiles" in program.source


def test_rows_of_several_parts_run_in_tiles():
    """Sequences: a matrix of weights, a bias and a norm go over all places of all of them at once."""
    x = mg.Input("x", ("N", 5, 3), dtype=np.float64)
    W, b = mg.Parameter("W", np.eye(3), dtype=np.float64), mg.Parameter("b", np.ones(3), dtype=np.float64)
    h = np.tanh(x @ W + b)
    graph = mg.Graph(loss=((h - h.mean(axis=-1, keepdims=True)).reshape(-1) ** 2).mean())
    X = np.random.default_rng(0).normal(size=(50, 5, 3))
    gradients = graph.forward(x=X).backward()
    expected = {p: p.value - 0.1 * gradients[p] for p in (W, b)}
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    step(x=X)
    assert "in_tiles" in step.source and "(5 * N, 3)" in step.source
    for parameter, value in expected.items():
        np.testing.assert_allclose(parameter.value, value, rtol=1e-10)


def test_parts_of_rows_are_no_result_of_tiles():
    x = mg.Input("x", ("N", 3))
    step = mg.compile(mg.Graph(y=np.exp(x).reshape(-1)))
    X = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    np.testing.assert_allclose(step(x=X)["y"], np.exp(X).reshape(-1), rtol=1e-6)
    assert "in_tiles" not in step.source


def test_the_predicted_class_is_a_row_like_any_other():
    x, y = mg.Input("x", ("N", 3), dtype=np.float64), mg.Input("y", ("N",), dtype=np.int64)
    graph = mg.Graph(accuracy=mg.accuracy(x * 2, y), loss=mg.SoftmaxCrossEntropy(x, y))
    X, Y = np.eye(3)[[0, 1, 2] * 20], np.array([0, 1, 1] * 20)
    step = mg.compile(graph)
    assert np.isclose(step(x=X, y=Y)["accuracy"], 2 / 3) and "in_tiles" in step.source


@pytest.mark.parametrize("threads", [1, 2])
def test_images_are_convolved_and_pooled_in_tiles(threads):
    rng = np.random.default_rng(0)
    x, y = mg.Input("x", ("N", 2, 8, 8), np.float64), mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", rng.normal(size=(3, 2, 3, 3)), np.float64)
    V = mg.Parameter("V", rng.normal(size=(27, 4)), np.float64)
    a = mg.MaxPool(mg.Relu(mg.Conv(x, W)), kernel_shape=(2, 2), strides=(2, 2))
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(a.reshape("N", -1) @ V, y))
    descends_in_tiles(graph, threads, x=rng.normal(size=(70, 2, 8, 8)), y=rng.integers(0, 4, 70))


@pytest.mark.parametrize("threads", [1, 2])
def test_words_are_looked_up_and_read_one_after_the_other_in_tiles(threads):
    rng = np.random.default_rng(0)
    words, y = mg.Input("words", ("N", 5), dtype=np.int64), mg.Input("y", ("N", 4), dtype=np.int64)
    table = mg.Parameter("table", rng.normal(size=(6, 3)), np.float64)
    W = mg.Parameter("W", rng.normal(size=(3, 3)), np.float64)
    read = np.take(table, words, axis=0)
    state, states = read[:, 0], []
    for i in range(1, 5):
        state = np.tanh(state @ W + read[:, i] * read[:, -i])
        states.append(state)
    graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(np.stack(states, axis=1), y, axis=-1))
    descends_in_tiles(graph, threads, words=rng.integers(-6, 6, (70, 5)), y=rng.integers(0, 3, (70, 4)))


def descends_in_tiles(graph, threads, **given):
    gradients = graph.forward(**given).backward()
    expected = {p: p.value - gradients[p] for p in graph.parameters.values()}
    step = mg.compile(graph, updates=mg.SGD(1.0).minimize(graph["loss"]), threads=threads)
    step(**given)
    assert "in_tiles" in step.source
    for parameter, new in expected.items():
        np.testing.assert_allclose(parameter.value, new, rtol=1e-12)


def test_a_sum_that_follows_from_sizes_alone_is_the_same_in_every_step():
    """It is computed once for given sizes, and what the other threads add up is added to it."""
    x = mg.Input("x", ("N", 3), dtype=np.float64)
    repeated = np.exp(mg.Expand(mg.Constant([0.5, 1.0, 2.0], dtype=np.float64), mg.Shape(x)))
    graph = mg.Graph(total=np.tanh(x).sum(axis=0), same=repeated.sum(axis=0))
    step = mg.compile(graph, threads=4)
    for _ in range(3):
        found, plain = step(x=np.ones((64, 3))), graph.forward(x=np.ones((64, 3)))
        np.testing.assert_allclose(found["same"], plain["same"], rtol=1e-12)
    assert "in_tiles" in step.source


def test_what_the_updates_alone_read_is_computed_after_the_rows():
    x, W = mg.Input("x", ("N", 40)), mg.Parameter("W", np.ones((40, 40)))
    step = mg.compile(np.tanh(x @ W.T).sum(), updates=mg.Adam(0.01).minimize(np.tanh(x @ W.T).sum()), threads=1)
    step(x=np.ones((3000, 40), np.float32))
    before, after = step.source.partition("def rows(")[0], step.source.partition("def after(")[2]
    assert "0.999" in after and "0.999" not in before
    assert "return results" in before  # it gives the rows what they need, if anything
