"""Random numbers: of their distribution, the same wherever they are drawn again, and others in every step and stream."""

import copy
import math
import pickle

import numpy as np
import pytest

import minigraph as mg
from minigraph.compiler import tiles

MANY = 20_000
CRITICAL = 1.63 / math.sqrt(MANY)
"""What the distance of Kolmogorov and Smirnov stays below in 99 of 100 samples; the seed here is one of those."""


def drawn(operation, shape=(MANY,), seed=1, step=0, stream=0, **attributes):
    return operation.apply(shape, np.array([seed, step], np.uint64), stream=stream, **attributes)


def distance(sample, distribution):
    """The largest distance between the distribution of a sample and the one that it should have."""
    expected = np.array([distribution(each) for each in np.sort(sample)])
    steps = np.arange(len(sample) + 1) / len(sample)
    return max(np.abs(expected - steps[:-1]).max(), np.abs(expected - steps[1:]).max())


def normal(x):
    return (1 + math.erf((x - 2) / (3 * math.sqrt(2)))) / 2


def uniform(x):
    return (x + 1) / 4


SAMPLES = {
    "normal": (mg.RandomNormal, {"loc": 2.0, "scale": 3.0}, normal, 2, 3),
    "uniform": (mg.RandomUniform, {"low": -1.0, "high": 3.0}, uniform, 1, 4 / math.sqrt(12)),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(("step", "stream"), [(0, 0), (1, 0), (0, 1), (2**63, 5)])
def test_the_numbers_have_their_distribution(name, step, stream):
    operation, attributes, distribution, mean, deviation = SAMPLES[name]
    sample = drawn(operation, step=step, stream=stream, to=np.float64, **attributes)
    assert distance(sample, distribution) < CRITICAL
    assert abs(sample.mean() - mean) < 3 * deviation / math.sqrt(MANY)
    assert abs(sample.std() - deviation) < 0.02 * deviation


def test_the_distance_tells_another_distribution():
    assert distance(drawn(mg.RandomNormal, to=np.float64, loc=2.15, scale=3.0), normal) > CRITICAL
    assert distance(drawn(mg.RandomNormal, to=np.float64, loc=2.0, scale=3.2), normal) > CRITICAL


def test_bernoulli_draws_each_element_with_its_own_probability():
    p = np.repeat([0.0, 0.1, 0.5, 0.9, 1.0], MANY)
    sample = mg.Bernoulli.apply(p, np.array([1, 0], np.uint64), stream=0).reshape(5, MANY)
    assert set(sample.ravel()) == {0, 1}
    assert (np.abs(sample.mean(axis=1) - [0, 0.1, 0.5, 0.9, 1]) <= 3 * np.sqrt(p[::MANY] * (1 - p[::MANY]) / MANY)).all()


@pytest.mark.parametrize("ratio", [0.0, 0.001, 0.3, 0.5, 0.9, 1 - 1e-12])
def test_a_mask_leaves_out_its_ratio(ratio):
    kept = drawn(mg.DropoutMask, (100 * MANY,), ratio=ratio)
    assert abs(kept.mean() - (1 - ratio)) <= 3 * math.sqrt(ratio * (1 - ratio) / kept.size) + 1e-9


@pytest.mark.parametrize("operation", [mg.RandomNormal, mg.RandomUniform])
def test_draws_of_other_seeds_steps_and_streams_have_nothing_in_common(operation):
    whole = [drawn(operation, seed=seed, step=step, stream=stream) for seed in (1, 2) for step in (0, 1) for stream in (0, 1)]
    correlations = np.corrcoef(whole) - np.eye(len(whole))
    assert np.abs(correlations).max() < 4 / math.sqrt(MANY)


def test_a_step_does_not_draw_the_numbers_of_the_one_before_further_on():
    first, second = (drawn(mg.RandomUniform, step=step, to=np.float64) for step in (0, 1))
    assert np.intersect1d(first, second).size == 0


def test_neighbours_in_a_mask_are_independent():
    kept = drawn(mg.DropoutMask, ratio=0.3) - 0.7
    for apart in (1, 2, 3):
        assert abs(np.mean(kept[apart:] * kept[:-apart])) < 3 * 0.21 / math.sqrt(MANY)


def test_another_precision_rounds_the_same_numbers():
    for operation in (mg.RandomNormal, mg.RandomUniform):
        double = drawn(operation, to=np.float64)
        assert np.array_equal(drawn(operation, to=np.float32), double.astype(np.float32))
        assert not np.array_equal(double, double.astype(np.float32))


@pytest.fixture
def graph():
    """Draws of every kind, of an input's shape and of a given one."""
    x, random = mg.Input("x", ("N", 3)), mg.RandomState(5)
    outputs = {
        "normal": mg.RandomNormal(x, random),
        "uniform": mg.RandomUniform((2, 3), random),
        "bernoulli": mg.Bernoulli(mg.Sigmoid(x), random),
        "mask": mg.DropoutMask(x, random),
        "dropped": mg.Dropout(x, random),
        "again": mg.Dropout(x, random),
    }
    return mg.Graph(outputs)


X = np.ones((40, 3))


def test_each_draw_of_a_graph_has_a_stream_of_its_own(graph):
    streams = [node.stream for node in graph.operations if "stream" in node.attributes]
    assert sorted(streams) == [0, 1, 2, 3, 4, 5]
    run = graph.forward(x=X)
    assert (run["dropped"] != run["again"]).any()


def test_copies_of_a_graph_draw_the_same_numbers(graph):
    expected = graph.forward(x=X)
    for other in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph), graph.astype(np.float64)):
        run = other.forward(x=X)
        for name in graph.outputs:
            assert np.array_equal(run[name].astype(expected[name].dtype), expected[name]), name


def test_a_copy_goes_on_to_count_its_streams(graph):
    other = pickle.loads(pickle.dumps(graph))
    assert mg.DropoutMask((2,), other["random"]).stream == 6


def test_a_program_draws_what_runs_draw_step_by_step(graph):
    random = graph["random"]
    step, seen = mg.compile(graph, updates=random.advance()), []
    for number in range(3):
        assert random.value.tolist() == [5, number]
        plain, compiled = graph.forward(x=X), step(x=X)
        assert [name for name in graph.outputs if not np.array_equal(plain[name], compiled[name])] == []
        seen.append(compiled["uniform"])
    assert not np.array_equal(seen[0], seen[1])
    random.value = [5, 1]
    assert np.array_equal(step(x=X)["uniform"], seen[1])


def test_dropout_leaves_out_the_same_elements_of_value_and_gradient():
    x = mg.Input("x", ("N", 50), dtype=np.float64)
    y = mg.Dropout(x, mg.RandomState(0), ratio=0.2)
    (slope,) = mg.gradient(y.sum(), [x])
    given = np.ones((40, 50))
    run = mg.Graph(y=y, slope=slope, total=y.sum()).forward(x=given)
    assert set(run["y"].ravel()) == {0, 1 / (1 - 0.2)}
    assert np.array_equal(run["slope"], run["y"])
    assert np.array_equal(run.backward("total")["x"], run["y"])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_rows_in_tiles_drop_what_a_run_drops(threads, monkeypatch):
    """Whole numbers, and a ratio of a half, are added up without rounding, in whatever order: every bit must be the same."""
    monkeypatch.setattr(tiles, "LEAST_NS_PER_CALL", 0)
    rng = np.random.default_rng(0)
    x, random = mg.Input("x", ("N", 32), dtype=np.float64), mg.RandomState(2)
    W, V = (mg.Parameter(name, rng.integers(-3, 4, (32, 32)), dtype=np.float64) for name in "WV")
    h = mg.Dropout(mg.Relu(x @ W), random)
    noise = np.floor(mg.RandomUniform(x, random, high=4.0, to=np.float64))
    loss = (mg.Relu(h @ V + noise)).sum()
    dW, dV = mg.gradient(loss, [W, V])
    graph = mg.Graph(loss=loss, h=h, noise=noise, dW=dW, dV=dV)
    rows = rng.integers(-3, 4, (4097, 32))
    step = mg.compile(graph, updates=random.advance(), threads=threads)
    for number in range(2):
        assert random.value.tolist() == [2, number]
        run = graph.forward(x=rows)
        for name, found in step(x=rows).items():
            assert np.array_equal(found, run[name]), name
        assert "in_tiles" in step.source


def test_what_is_drawn_for_a_run_of_rows_is_drawn_before_them():
    """A draw of no rows' shape is as good: it is made once for a step."""
    x, random = mg.Input("x", ("N", 8), dtype=np.float64), mg.RandomState(2)
    w = mg.Parameter("w", np.ones(8), dtype=np.float64)
    graph = mg.Graph(loss=(x * mg.Dropout(w, random)).sum())
    rows = np.ones((4096, 8))
    step = mg.compile(graph)
    assert np.array_equal(step(x=rows)["loss"], graph.forward(x=rows)["loss"])


NOT_STATES = {
    "a ratio in the place of the state": (lambda x: mg.Dropout(x, 0.5), mg.OperationError),
    "a seed in the place of the state": (lambda x: mg.RandomNormal((2, 3), 7), mg.OperationError),
    "a variable that counts no draws": (
        lambda x: mg.Bernoulli(x, mg.Variable("plain", [7, 0], dtype=np.uint64)),
        mg.OperationError,
    ),
    "a stream that is none": (lambda x: mg.Dropout(x, mg.RandomState(0), stream=-1), mg.OperationError),
    "a seed that is none": (lambda x: mg.RandomState(-1), mg.OperationError),
    "a name of an axis": (lambda x: mg.RandomUniform(("N", 3), mg.RandomState(0)), mg.ShapeError),
    "a ratio that leaves nothing": (lambda x: mg.Dropout(x, ratio=1), mg.OperationError),
    "whole numbers": (lambda x: mg.RandomNormal(x, mg.RandomState(0), to=np.int64), mg.OperationError),
    "a deviation below 0": (lambda x: mg.RandomNormal(x, mg.RandomState(0), scale=-1.0), mg.OperationError),
    "bounds the wrong way round": (lambda x: mg.RandomUniform(x, mg.RandomState(0), low=2.0), mg.OperationError),
}


@pytest.mark.parametrize("name", NOT_STATES)
def test_a_mistake_is_told_where_it_is_made(name, refused):
    compose, error = NOT_STATES[name]
    refused(error, lambda: compose(mg.Input("x", ("N", 3))))
