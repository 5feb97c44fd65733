"""Run: one forward pass that keeps every value, and the gradients that follow from them."""

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigraph as mg

X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

ROOT = Path(__file__).parent.parent


@pytest.fixture
def graph():
    x = mg.Input("x", ("N", 2))
    w = mg.Parameter("w", [10, 100])
    z = x @ w
    squares = z * z
    total = squares.sum()
    return mg.Graph(total=total, sizes=abs(x), names=locals())


def test_every_value_is_found_by_node_or_name(graph):
    run = graph.forward(x=X)
    assert run["z"].tolist() == run[graph["z"]].tolist() == [210, 430, 650]
    assert run["total"] == run["squares"].sum() and run["w"].tolist() == [10, 100]
    assert repr(run) == f"Run of {graph!r}"


def test_every_gradient_is_found_by_node_or_name(graph):
    gradients = graph.forward(x=X).backward()
    assert gradients["z"].tolist() == gradients[graph["z"]].tolist() == [420, 860, 1300]
    np.testing.assert_array_equal(gradients["w"], X.T @ gradients["z"])
    assert {node.name for node in gradients} == {"total", "squares", "z", "w", "x"} and len(gradients) == 5
    assert graph["w"] in gradients and graph["sizes"] not in gradients


def test_running_backward_twice_gives_the_same(graph):
    run = graph.forward(x=X)
    first, second = run.backward(), run.backward()
    assert all(np.array_equal(first[node], second[node]) for node in first)


def test_each_output_has_its_own_gradients(graph):
    run = graph.forward(x=X)
    np.testing.assert_array_equal(run.backward("sizes", cotangent=np.ones((3, 2)))["x"], np.sign(X))
    np.testing.assert_array_equal(run.backward(graph["total"])["x"], run.backward()["x"])


def test_a_cotangent_is_the_derivative_of_what_follows(graph):
    run = graph.forward(x=X)
    np.testing.assert_array_equal(run.backward("z", cotangent=[1, 0, 2])["w"], X[0] + 2 * X[2])
    np.testing.assert_array_equal(run.backward("squares", cotangent=np.ones(3))["w"], run.backward()["w"])
    assert run.backward("total", cotangent=3)["total"].dtype == np.float32


def test_inputs_are_converted_and_left_alone(graph):
    before = X.copy()
    run = graph.forward(x=X.tolist())
    assert {run[node].dtype for node in graph.nodes} == {np.dtype(np.float32)}
    graph.forward(x=X).backward()
    assert np.array_equal(X, before)


def everything(run):
    """The values and the gradients of a run, copied."""
    gradients = run.backward()
    return [np.array(run[node]) for node in run.graph.nodes] + [np.array(gradients[node]) for node in gradients]


def unchanged(before, run):
    return all(np.array_equal(old, new) for old, new in zip(before, everything(run), strict=True))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_that_was_given_may_be_filled_again(graph, dtype):
    buffer = X.astype(dtype)
    run = graph.forward(x=buffer)
    before = everything(run)
    buffer[:] = 5
    assert unchanged(before, run)


def test_what_a_run_gives_may_be_written_into(graph):
    run = graph.forward(x=X)
    gradients, before = run.backward(), everything(run)
    for array in [run[node] for node in graph.nodes] + [gradients[node] for node in gradients]:
        if isinstance(array, np.ndarray):
            array[...] = 99
    assert unchanged(before, run) and np.array_equal(gradients["w"], X.T @ gradients["z"])
    assert graph["w"].value.tolist() == [10, 100]


def test_gradients_that_a_rule_gives_twice_are_two_arrays():
    x, y = mg.Input("x", (3,)), mg.Input("y", (3,))
    gradients = mg.Graph(total=(x + y).sum()).forward(x=np.ones(3), y=np.ones(3)).backward()
    gradients["x"][:] = 5
    assert gradients["y"].tolist() == [1, 1, 1]


def test_a_seed_may_be_filled_again(graph):
    run, cotangent = graph.forward(x=X), np.ones(3, np.float32)
    gradients = run.backward("z", cotangent=cotangent)
    cotangent[:] = 7
    assert gradients["z"].tolist() == [1, 1, 1]


class Telling(mg.MatMul):
    """The product of two matrices, which tells what of its gradient is computed."""

    told: list

    def backward(self, gradient, y, a, b):
        self.told.append("rule")
        return lambda: self.told.append("a") or gradient @ b.mT, lambda: self.told.append("b") or a.mT @ gradient


def test_only_gradients_that_are_asked_for_are_computed():
    told, rows = [], np.arange(6.0).reshape(3, 2)
    x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [[1, 2], [3, 4]])
    scaled = Telling(x, np.diag([2, 3]), told=told)
    graph = mg.Graph(loss=np.tanh(Telling(scaled, w, told=told) / 10).sum(), names={"scaled": scaled})
    gradients = graph.forward(x=rows).backward()
    assert told == ["rule", "b"]  # nothing for x, nor for what leads to x alone
    for name in ("w", "x", "scaled"):
        by_nodes = mg.gradient(graph["loss"], [graph[name]])
        np.testing.assert_allclose(gradients[name], mg.Graph(*by_nodes).forward(x=rows)[by_nodes[0]], rtol=1e-6)
    told.clear()
    assert {node.name for node in gradients if node.name} == {"w", "x", "scaled"} and not told
    mg.gradient(graph["loss"], [w])
    assert told == ["rule", "b"]


@pytest.mark.parametrize("change", ["in place", "set", "trained"])
def test_a_variable_that_changes_leaves_the_gradients_of_a_run(graph, change):
    run = graph.forward(x=X)
    before, w = everything(run), graph["w"]
    if change == "in place":
        w.value -= 10 * run.backward()["w"]
    elif change == "set":
        w.value = [0, 1]
    else:
        mg.compile(mg.Graph(graph["total"]), updates={w: w * 0.5})(x=X)
    assert unchanged(before, run) and w.value.tolist() != [10, 100]


def test_the_value_of_a_variable_is_the_caller_s_own():
    w = mg.Parameter("w", [1.0, 2.0])
    value = w.value
    value[:] = 9
    assert w.value.tolist() == [1, 2]
    w.value = value
    value[:] = 0
    assert w.value.tolist() == [9, 9]


def test_a_constant_never_changes():
    constant = mg.Constant(np.ones(2))
    with pytest.raises(ValueError, match="read-only"):
        constant.value[0] = 5
    assert constant.value.tolist() == [1, 1]


def test_whole_numbers_may_come_as_floating_point_numbers():
    y = mg.Input("y", (2,), dtype=np.int64)
    assert mg.Graph(same=y * 1).forward(y=[1.0, 2.0])["same"].tolist() == [1, 2]


def test_an_input_may_have_any_name_but_check():
    names = ("self", "graph", "unnamed", "inputs")
    total = mg.Graph(total=sum(mg.Input(name, ()) for name in names))
    assert total.forward(**{name: i for i, name in enumerate(names)})["total"] == 6


def test_a_variable_is_read_when_the_graph_runs(graph):
    before = graph.forward(x=X)
    graph["w"].value = [0, 1]
    assert graph.forward(x=X)["z"].tolist() == [2, 4, 6]
    assert before["z"].tolist() == [210, 430, 650]


def test_check_names_the_first_node_that_is_not_finite():
    x = mg.Input("x", ("N",))
    logarithms = np.log(x)
    graph = mg.Graph(total=(logarithms * 0).sum(), names=locals())
    assert np.isnan(graph.forward(x=[1, 0])["total"])
    with pytest.raises(mg.NonFiniteError, match=r"logarithms \(N\) is -inf at \[1\]"):
        graph.forward(x=[1, 0], check=True)
    assert graph.forward(x=[1, 2], check=True)["total"] == 0


def test_a_run_warns_of_nothing():
    x = mg.Input("x", ())
    run = mg.Graph(y=mg.Exp(x) / 0).forward(x=1000)
    assert run["y"] == np.inf and np.isinf(run.backward()["x"])


def test_a_batch_of_no_rows_runs(graph):
    run = graph.forward(x=np.ones((0, 2)))
    assert run["total"] == 0 and run.backward()["w"].tolist() == [0, 0]


FAULTS = """
import resource
import numpy as np
from models.two_layer import build
graph, X, Y = build(), np.ones((200, 2), np.float32), np.zeros(200, np.int64)
def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    graph.forward(x=X, y=Y).backward()
before = pages()
for _ in range(20):
    graph.forward(x=X, y=Y).backward()
print((pages() - before) / 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what is freed goes back as the C library decides")
def test_runs_one_after_the_other_take_the_memory_of_those_before():
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True, cwd=ROOT)
    assert float(done.stdout) < 50  # else 500: each is memory that the system clears
