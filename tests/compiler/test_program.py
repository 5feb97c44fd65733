"""A compiled program beside the plain run: results, variables, sizes, threads."""

import pickle
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

import minigraph as mg
from models.two_layer import build

NAMES = ("W1", "b1", "W2", "b2")


def article(rows, hidden=500, dtype=np.float64):
    rng = np.random.default_rng(0)
    return build(hidden=hidden).astype(dtype), rng.normal(size=(rows, 2)).astype(dtype), rng.integers(0, 2, rows)


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("rows", [0, 1, 7, 600, 3000])
def test_a_step_agrees_with_the_plain_run(rows, threads):
    graph, X, Y = article(rows)
    run = graph.forward(x=X, y=Y)
    gradients = run.backward()
    expected = {name: graph[name].value - 0.1 * gradients[name] for name in NAMES}
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=threads)
    results = step(x=X, y=Y)
    assert np.allclose(results["loss"], run["loss"], rtol=1e-12, equal_nan=True)
    assert np.allclose(results["probabilities"], run["probabilities"], rtol=1e-12)
    for name in NAMES:
        assert np.allclose(graph[name].value, expected[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_fixed_number_of_threads_gives_the_same_bits(threads):
    def trained():
        graph, X, Y = article(3000, dtype=np.float32)
        step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=threads)
        losses = [float(step(x=X, y=Y)["loss"]) for _ in range(5)]
        return losses, [graph[name].value.tobytes() for name in NAMES]

    assert trained() == trained()


def test_results_survive_later_steps():
    graph, X, Y = article(5)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    first = step(x=X, y=Y)
    stored = {name: np.copy(value) for name, value in first.items()}
    step(x=X, y=Y)
    assert all(np.array_equal(first[name], stored[name]) for name in stored)


def test_a_parameter_once_read_is_not_changed_by_a_later_step():
    graph, X, Y = article(5)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    run, held = graph.forward(x=X, y=Y), graph["W1"].value
    before, gradient = held.copy(), run.backward()["W1"]
    step(x=X, y=Y)
    assert np.array_equal(held, before) and not np.array_equal(graph["W1"].value, before)
    assert np.array_equal(run.backward()["W1"], gradient)


def test_variables_may_take_each_others_values():
    a, b = mg.Variable("a", [1.0]), mg.Variable("b", [2.0])
    step = mg.compile(mg.Graph(total=(a + b).sum()), updates={a: b, b: a})
    step()
    assert (a.value.item(), b.value.item()) == (2, 1)


def test_variables_may_take_each_others_values_in_the_program_of_a_single_row():
    x, a, b = mg.Input("x", ("N",)), mg.Variable("a", [1.0]), mg.Variable("b", [2.0])
    step = mg.compile(mg.Graph(total=x.sum()), updates={a: b, b: a})
    step(x=[1.0])
    assert (a.value.item(), b.value.item()) == (2, 1)


def test_every_new_value_is_computed_from_the_old_ones():
    a, b = mg.Variable("a", 1.0), mg.Variable("b", 10.0)
    step = mg.compile(mg.Graph(total=a + b), updates={a: a + b, b: a * b})
    assert step()["total"] == 11 and (float(a.value), float(b.value)) == (11, 10)
    assert step()["total"] == 21 and (float(a.value), float(b.value)) == (21, 110)


def test_batches_of_changing_size_share_their_memory():
    graph, X, Y = article(300)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    for rows in (300, 7, 128, 300, 1):
        expected = graph.forward(x=X[:rows], y=Y[:rows])["loss"]
        assert np.isclose(step(x=X[:rows], y=Y[:rows])["loss"], expected, rtol=1e-12)


def test_a_label_out_of_range_is_refused_before_anything_changes():
    graph, X, _ = article(3)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]))
    before = graph["W1"].value
    with pytest.raises(mg.InputError, match=r"SoftmaxCrossEntropy takes labels from 0 to 1, but y\[2\] is 2"):
        step(x=X, y=[0, 1, 2])
    assert np.array_equal(graph["W1"].value, before)


@pytest.mark.parametrize("rows", [1, 300, 4000])
def test_what_nobody_else_has_is_written_in_place(rows):
    graph, X, Y = article(rows)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=2)
    step(x=X, y=Y)
    before = [id(graph[name].current_array) for name in NAMES]
    for _ in range(5):
        step(x=X, y=Y)
    assert [id(graph[name].current_array) for name in NAMES] == before
    graph.forward(x=X, y=Y).backward()
    step(x=X, y=Y)  # the run is gone
    assert [id(graph[name].current_array) for name in NAMES] == before


def counting(size):
    """A graph that gives two large variables, and a step that adds 1 to every element of both."""
    first, second = (mg.Variable(name, np.zeros(size)) for name in ("first", "second"))
    graph = mg.Graph(first=first, second=second)
    return graph, mg.compile(mg.Graph(total=first.sum()), updates={first: first + 1, second: second + 1})


READS = {
    "value": lambda graph: [graph["first"].value],
    "run": lambda graph: list(map(graph.forward().__getitem__, graph.outputs)),
    "copy": lambda graph: [each.value for each in pickle.loads(pickle.dumps(graph)).variables.values()],
    "other precision": lambda graph: [each.value for each in graph.astype(np.float64).variables.values()],
}


@contextmanager
def taking_steps(step):
    """Another thread takes one step after the other meanwhile."""
    stop = threading.Event()

    def train():
        while not stop.is_set():
            step()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("read", READS)
def test_what_one_thread_reads_is_between_two_steps_of_another(read):
    graph, step = counting(100_000)
    with taking_steps(step):
        for _ in range(20):
            arrays = READS[read](graph)
            before = [array.copy() for array in arrays]
            time.sleep(0.001)
            assert len({float(each) for array in arrays for each in (array.min(), array.max())}) == 1
            assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


def test_a_program_reads_what_another_changes_between_two_steps():
    graph, step = counting(100_000)
    reads = mg.compile(graph)
    with taking_steps(step):
        for _ in range(50):
            results = reads()
            assert len({float(each) for array in results.values() for each in (array.min(), array.max())}) == 1


def test_programs_that_change_some_of_the_same_variables_take_turns():
    first, second, third = (mg.Variable(name, np.zeros(1000), np.float64) for name in ("first", "second", "third"))
    steps = [
        mg.compile(mg.Graph(a=a.sum()), updates={a: a + 1, b: b + 1})
        for a, b in ((first, second), (second, third), (third, first))
    ]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda step: [step() for _ in range(200)], steps))
    assert all((each.value == 400).all() for each in (first, second, third))


def test_one_program_called_from_many_threads_takes_every_step():
    w = mg.Parameter("w", 0.0)
    step = mg.compile(mg.Graph(w=w), updates={w: w + 1})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: step(), range(400)))
    assert w.value == 400


@pytest.mark.parametrize("rows", [200, 3000])
def test_a_step_allocates_nothing_that_grows_with_the_batch(rows):
    graph, X, Y = article(rows, dtype=np.float32)
    graph = mg.Graph(loss=graph["loss"])
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=1)
    for _ in range(2):
        step(x=X, y=Y)
    tracemalloc.start()
    try:
        step(x=X, y=Y)
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        step(x=X, y=Y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - start < 16_000  # the loss, and scratch of NumPy's loops; a value of these rows takes 400 kB and more


def test_a_deep_graph_compiles():
    x = mg.Input("x", ())
    z = x
    for _ in range(3000):
        z = mg.Tanh(z)
    (gradient,) = mg.gradient(z, [x])
    assert mg.compile(mg.Graph(gradient=gradient))(x=0.0)["gradient"] == 1


V = mg.Variable("V", [1.0, 2.0])


UPDATES = {
    "a list": [V],
    "a number": {V: 3},
    "another shape": {V: V.sum()},
    "another type": {V: V.astype(np.float64)},
    "of what is no variable": {V * 1: V},
}


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_that_is_none_is_refused(name, wording):
    with pytest.raises(mg.MinigraphError) as error:
        mg.compile(mg.Graph(total=V.sum()), updates=UPDATES[name])
    wording(error.value)


def test_inputs_are_given_by_name():
    x = mg.Input("x", ())
    with pytest.raises(mg.InputError, match=r"The inputs of a program are given by name: step\(x=…\)."):
        mg.compile(mg.Graph(y=x * 2))(3)


@pytest.mark.parametrize(("rows", "how"), [(200, "as a whole"), (3000, "in tiles of 512 rows")])
def test_a_profile_tells_of_each_line_and_changes_nothing(rows, how):
    graph, X, Y = article(rows, dtype=np.float32)
    step = mg.compile(graph, updates=mg.SGD(0.1).minimize(graph["loss"]), threads=1)
    before = graph["W1"].value.copy()
    text = step.profile(x=X, y=Y, calls=2)
    assert text.startswith(f"A step for N = {rows}, {how}, ")
    assert " µs" in text and "np.tanh(z1, out=a1)" in text and " buffers of " in text
    assert np.array_equal(graph["W1"].value, before)


def test_numbers_that_multiply_every_gradient_are_folded_into_one():
    graph, X, Y = article(5)
    step = mg.compile(graph, updates=mg.SGD(0.25).minimize(graph["loss"]))
    step(x=X, y=Y)
    assert step.source.count("np.multiply(") == 3 and "0.25" in step.source


def test_a_value_turned_and_reshaped_outlives_the_memory_that_it_was_seen_in():
    """NumPy can show such a reshape in the memory of what was turned, which the program uses again."""
    x, A = mg.Input("x", (2, 4, 7)), mg.Parameter("A", np.eye(8) / 8)
    turned = np.exp(x).transpose(2, 0, 1).reshape(7, 8)
    graph = mg.Graph(first=np.tanh(turned @ A), second=np.tanh(turned @ (2 * A)).sum())
    given = np.linspace(-1, 1, 56).reshape(2, 4, 7)
    plain, compiled = graph.forward(x=given), mg.compile(graph)(x=given)
    for name in graph.outputs:
        assert np.allclose(compiled[name], plain[name], rtol=1e-6), name


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_rule_that_is_called_as_it_is_gets_a_number_in_its_type(dtype):
    v = mg.Input("v", ("M",), dtype=dtype)
    (gradient,) = mg.gradient((v * v * v).sum(), [v])
    (curvature,) = mg.gradient(gradient[0], [v])
    found = mg.compile(mg.Graph(curvature=curvature))(v=[1, 2, 3])["curvature"]
    assert found.tolist() == [6, 0, 0] and found.dtype == dtype


def test_a_part_of_what_a_rule_computes_is_computed_in_every_step():
    """Along an axis of any size ArgTopK is no composite; the last of its calls is a view, but not of the operand."""
    x = mg.Input("x", ("N", "N"))
    graph = mg.Graph(y=mg.TopK(np.tanh(x), k=2, axis=1), places=mg.ArgTopK(np.tanh(x), k=2, axis=1))
    step = mg.compile(graph)
    for seed in range(3):
        given = np.random.default_rng(seed).normal(size=(4, 4))
        found, plain = step(x=given), graph.forward(x=given)
        np.testing.assert_array_equal(found["places"], plain["places"])
        np.testing.assert_allclose(found["y"], plain["y"], rtol=1e-6)
