"""The graph of a function: its inputs, outputs and names, and that it computes what the function does."""

import sys

import numpy as np
import pytest

import minigraph as mg


def loss(x, W, b=0.0):
    z = x @ W + b
    a = np.tanh(z)
    return (a * a).mean()


W = np.array([[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]])
ROWS = [[1.0, 2.0], [0.0, -1.0]]


def test_a_shape_becomes_an_input_and_an_array_stays_one():
    graph = mg.trace(loss, x=("N", 2), W=W)
    assert [*graph.inputs] == ["x"] and graph["x"].shape == ("N", 2) and not graph.parameters
    np.testing.assert_allclose(graph.forward(x=ROWS)["loss"], loss(np.array(ROWS), W), rtol=1e-6)


def test_nodes_are_taken_as_they_are():
    V, y = mg.Parameter("V", W), mg.Input("y", ("N",), np.int64)
    graph = mg.trace(lambda x, W, labels: mg.SoftmaxCrossEntropy(x @ W, labels), ("N", 2), V, labels=y)
    assert graph["V"] is V and graph["y"] is y
    run = graph.forward(x=ROWS, y=[0, 2])
    assert run.backward()["V"].shape == (2, 3)


def test_nodes_have_the_names_of_the_function_s_variables():
    graph = mg.trace(loss, ("N", 2), W)
    assert isinstance(graph["a"], mg.Tanh) and isinstance(graph["z"], mg.Add)
    assert graph.outputs["loss"] is graph["loss"]
    nested = mg.trace(mg.grad(loss, "W"), x=("N", 2), W=(2, 3))
    assert isinstance(nested["a"], mg.Tanh) and nested["grad_loss"].shape == (2, 3)
    assert sys.getprofile() is None


def swish(x):
    return x * logistic(x)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def test_what_other_functions_compose_are_blocks():
    def model(x):
        return np.stack([swish(each) for each in (x, 2 * x)]).sum() + logistic(x)

    graph = mg.trace(model, x=())
    blocks = {node.block for node in graph.operations}
    assert blocks == {(), ("swish",), ("swish", "logistic"), ("swish2",), ("swish2", "logistic"), ("logistic",)}
    with pytest.raises(ZeroDivisionError):
        mg.trace(lambda x: swish(x) / (1 // 0), x=())
    assert (mg.Input("x", ()) * 2).block == () and sys.getprofile() is None


def test_trees_of_shapes_and_of_outputs_have_names():
    def model(x, layers):
        for W, b in layers:
            x = np.tanh(x @ W + b)
        return {"last": x, "both": (x.sum(), [x * 2])}

    graph = mg.trace(model, ("N", 2), [((2, 4), (4,)), ((4, 3), (3,))])
    assert [*graph.inputs] == ["x", "layers.0.0", "layers.0.1", "layers.1.0", "layers.1.1"]
    assert [*graph.outputs] == ["last", "both.0", "both.1.0"]
    pair = mg.trace(lambda x: (x, x + 1), x=())
    assert [*pair.outputs] == ["output.0", "output.1"]


def test_what_is_traced_is_drawn_derived_compiled_and_saved_as_any_graph():
    graph = mg.trace(loss, x=("N", 2), W=(2, 3))
    run = graph.forward(x=ROWS, W=W)
    np.testing.assert_allclose(graph.compile()(x=ROWS, W=W)["loss"], run["loss"], rtol=1e-6)
    np.testing.assert_allclose(run.backward()["W"], mg.grad(loss, "W")(np.array(ROWS), W), rtol=1e-5)
    assert graph.derive("W", x=ROWS, W=W).ok and graph.check_gradients(x=ROWS, W=W).ok
    assert "tanh" in graph.draw().source


MISTAKES = {
    "a node": (lambda: mg.trace(mg.Input("x", ())), mg.OperationError),
    "no function": (lambda: mg.trace(None, x=(2,)), mg.OperationError),
    "nothing": (lambda: mg.trace(lambda x: None, x=(2,)), mg.OperationError),
    "a number among the outputs": (lambda: mg.trace(lambda x: (x, 1.0), x=(2,)), mg.OperationError),
    "a branch": (lambda: mg.trace(lambda x: x if x.sum() > 0 else -x, x=(2,)), mg.OperationError),
    "a loop over a named axis": (lambda: mg.trace(lambda x: sum(row for row in x), x=("N", 2)), mg.OperationError),
    "an axis that is none": (lambda: mg.trace(lambda x: x, x=(2, -1)), mg.ShapeError),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_in_words(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)


def test_a_trace_leaves_the_blocks_around_it_as_they_were():
    def helper(x):
        return np.tanh(x)

    def loss(x):
        return helper(x).sum()

    loss.__module__ = "minigraph.somewhere"  # as that of an example in a docstring
    with mg.blocks.block("outer"):
        mg.trace(loss, x=("N", 2))
        assert mg.Input("x", ()).block == ("outer",)
    assert mg.Input("x", ()).block == ()
