"""Graph: named outputs, and everything that they depend on."""

import copy
import pickle

import numpy as np
import pytest

import minigraph as mg


def small():
    x = mg.Input("x", ("N", 2))
    W = mg.Parameter("W", [[1, 2, 3], [4, 5, 6]])
    z = x @ W
    return mg.Graph(total=z.sum(), names=locals())


def chain(length):
    z = mg.Input("x", ())
    for _ in range(length):
        z = mg.Tanh(z)
    return mg.Graph(z=z)


def test_a_graph_says_what_it_takes_and_gives():
    assert repr(small()) == "Graph (2 operations, 6 parameter elements): x (N × 2) → total (scalar)"
    assert repr(mg.Graph(mg.Constant(1.0, name="one"))) == "Graph (0 operations, 0 parameter elements): nothing → one (scalar)"


def test_operands_come_before_what_uses_them():
    graph = small()
    place = {node: i for i, node in enumerate(graph.nodes)}
    assert all(place[operand] < place[node] for node in graph.nodes for operand in node.operands)
    assert len(graph.nodes) == 4


def test_nodes_are_found_by_the_names_of_the_variables_that_hold_them():
    graph = small()
    assert graph["z"].name == "z" and type(graph["z"]) is mg.MatMul
    assert list(graph.outputs) == ["total"] and graph["total"] is graph.outputs["total"]
    assert (list(graph.inputs), list(graph.variables), list(graph.parameters)) == (["x"], ["W"], ["W"])
    assert "z" in graph and graph["z"] in graph and "y" not in graph


def test_names_pass_over_what_is_no_node_and_never_rename():
    x = mg.Input("x", ())
    named = mg.Tanh(x, name="a")
    graph = mg.Graph(mg.Exp(named, name="b"), names={"other": named, "number": 3, "x": "text"})
    assert sorted(graph.names) == ["a", "b", "x"]


def test_an_output_may_be_given_by_name_by_mapping_or_with_its_own_name():
    x = mg.Input("x", ())
    y = mg.Tanh(x, name="y")
    assert list(mg.Graph(y).outputs) == ["y"]
    assert list(mg.Graph({"a b": y}).outputs) == ["a b"]
    assert list(mg.Graph(y, slope=mg.Exp(x)).outputs) == ["y", "slope"]
    assert list(mg.Graph(np.tanh(x)).outputs) == ["output"]


def test_graphs_of_the_same_nodes_share_their_parameters():
    w = mg.Parameter("w", 3.0)
    twice, square = mg.Graph(y=2 * w), mg.Graph(y=w * w)
    w.value = 5.0
    assert (twice.forward()["y"], square.forward()["y"]) == (10, 25)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda graph: pickle.loads(pickle.dumps(graph))])
def test_a_copy_computes_the_same_and_has_parameters_of_its_own(copied):
    graph = small()
    other = copied(graph)
    assert repr(other) == repr(graph) and other["z"] is not graph["z"] and other["z"].line == graph["z"].line
    graph["W"].value = np.zeros((2, 3))
    assert other.forward(x=[[1, 1]])["total"] == 21
    assert graph.forward(x=[[1, 1]])["total"] == 0


def test_another_precision_is_the_same_graph_with_parameters_of_its_own():
    graph = small()
    double = graph.astype(np.float64)
    assert {node.dtype for node in double.nodes} == {np.dtype(np.float64)}
    assert {node.dtype for node in graph.nodes} == {np.dtype(np.float32)}
    double["W"].value = np.zeros((2, 3))
    assert graph.forward(x=[[1, 1]])["total"] == 21


def test_whole_numbers_keep_their_type_in_another_precision():
    z, y = mg.Input("z", ("N", 3)), mg.Input("y", ("N",), dtype=np.int64)
    double = mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), up=z.astype(np.float32) * 1).astype("float64")
    assert double["y"].dtype == np.int64
    assert double["loss"].dtype == double["up"].dtype == np.float64


def tenths():
    """0.1 as a number, in an array, in a rule and in a gradient."""
    x = mg.Input("x", ("N",))
    y = (x * 0.1 + np.array([0.1])) ** 1.1
    return mg.Graph(y=y, slope=mg.gradient(y.sum(), [x])[0])


@pytest.mark.parametrize("copied", [lambda graph: graph, copy.deepcopy, lambda graph: pickle.loads(pickle.dumps(graph))])
def test_constants_are_as_exact_as_they_were_given_in_another_precision(copied):
    x = np.array([0.5, 2.0])
    run = copied(tenths()).astype(np.float16).astype(np.float32).astype(np.float64).forward(x=x)
    assert np.allclose(run["y"], (x * 0.1 + 0.1) ** 1.1, rtol=1e-15, atol=0)
    assert np.allclose(run["slope"], 0.11 * (x * 0.1 + 0.1) ** 0.1, rtol=1e-15, atol=0)


def test_what_was_given_to_a_constant_is_kept_as_it_was():
    given = np.array([0.1, 0.2])
    graph = mg.Graph(y=mg.Constant(given) + mg.Constant(np.float32(0.1)))
    given[:] = 5
    double = graph.astype(np.float64)
    assert (double.forward()["y"] == np.array([0.1, 0.2]) + np.float64(np.float32(0.1))).all()


def test_constants_that_single_precision_cannot_tell_apart_are_two_in_double():
    x = mg.Input("x", ("N",))
    graph = mg.Graph(y=np.tanh(x * 0.1) - np.tanh(x * (0.1 + 1e-12)))
    step = mg.compile(graph)
    assert step(x=[3.0])["y"] == 0
    assert step.source.count("np.tanh(") == 1
    assert mg.compile(graph.astype(np.float64))(x=[3.0])["y"] == np.tanh(0.1 * 3.0) - np.tanh((0.1 + 1e-12) * 3.0) != 0


def test_a_number_beyond_another_precision_is_refused_as_it_is_while_composing():
    x, w = mg.Input("x", ()), mg.Parameter("w", [1.0, 1e30])
    with pytest.raises(mg.DTypeError, match=r"The constant 1e\+30 holds float16 and cannot take 1e\+30\."):
        mg.Graph(y=x * 1e30).astype(np.float16)
    with pytest.raises(mg.DTypeError, match=r"w holds float16 and cannot take 1e\+30 at \[1\]\."):
        mg.Graph(y=x * w).astype(np.float16)


def test_a_chain_of_20_000_nodes_is_copied_and_pickled_without_recursion():
    graph = chain(20_000)
    for other in (copy.deepcopy(graph), pickle.loads(pickle.dumps(graph)), graph.astype(np.float64)):
        assert len(other.nodes) == 20_001
        assert np.isclose(other.forward(x=0.5)["z"], graph.forward(x=0.5)["z"])


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda graph: pickle.loads(pickle.dumps(graph)), lambda graph: graph.astype("float32")]
)
def test_a_copy_that_is_trained_leaves_the_graph_as_it_was(copied):
    graph = small()
    mg.compile(graph, updates={graph["W"]: graph["W"] * 1})
    other = copied(graph)
    mg.compile(other, updates={other["W"]: other["W"] * 0.5})(x=np.ones((1, 2)))
    assert graph["W"].value.tolist() == [[1, 2, 3], [4, 5, 6]] and other["W"].value.tolist() == [[0.5, 1, 1.5], [2, 2.5, 3]]
