"""Mistakes in graphs, runs, gradients and updates: each is told on the line that makes it, in these words."""

import copy
import re

import numpy as np
import pytest

import minigraph as mg

x = mg.Input("x", ("N", 3))
V = mg.Parameter("V", np.ones((3, 5)))
h = mg.Tanh(x @ V, name="h")
loss = mg.ReduceSum(h, keepdims=False, name="loss")
aside = mg.Relu(x, name="aside")
graph = mg.Graph(loss, aside)
X = np.ones((4, 3))
run = graph.forward(x=X)

logits = mg.Input("logits", ("N", 5))
labels = mg.Input("labels", ("N",), dtype=np.int64)
entropy = mg.SoftmaxCrossEntropy(logits, labels, name="entropy")
classifier = mg.Graph(entropy, logits, labels)
L = np.zeros((2, 5))

c = mg.Constant(np.ones(3), name="c")
foreign = mg.Tanh(mg.Input("q", ()), name="foreign")
steps = mg.Variable("steps", 0, dtype=np.int64)


GRAPHS = {
    "no outputs": (
        lambda: mg.Graph(),
        mg.GraphError,
        "A graph needs at least one output: Graph(loss=loss).",
    ),
    "an output that is no node": (
        lambda: mg.Graph(loss=3),
        mg.GraphError,
        "The outputs of a graph are nodes, given as Graph(loss=loss), not 3.",
    ),
    "outputs in a list": (
        lambda: mg.Graph([loss]),
        mg.GraphError,
        "The outputs of a graph are nodes, given as Graph(loss=loss), not [ReduceSum 'loss' (scalar, float32)].",
    ),
    "an output whose name is no text": (
        lambda: mg.Graph({3: loss}),
        mg.GraphError,
        "The name of an output must be a non-empty string, not 3.",
    ),
    "an output with the name of another node": (
        lambda: mg.Graph(h=loss),
        mg.GraphError,
        "The graph's output 'h' has the name of another of its nodes; a name tells one node.\n"
        "  h was made at here.\n"
        "  Give the output another name.",
    ),
    "two outputs of one name": (
        lambda: mg.Graph(h, {"h": loss}),
        mg.GraphError,
        "Two outputs of the graph are named 'h'; give one of them another name.",
    ),
    "two nodes of one name": (
        lambda: mg.Graph(sum=mg.Input("x", ("N", 3)) + x),
        mg.GraphError,
        "Two nodes of the graph are named 'x'; a name tells one node.\n"
        "  x was made at here, and again at here.\n"
        "  Give one of them another name.",
    ),
    "names that are no mapping": (
        lambda: mg.Graph(loss=loss, names=[h]),
        mg.GraphError,
        "names takes a mapping of names to nodes, such as locals(), not [Tanh 'h' (N × 5, float32)].",
    ),
    "a misspelt node": (
        lambda: graph["lss"],
        mg.UnknownNameError,
        "The graph holds no node named 'lss'; it has V, aside, h, loss and x. Did you mean 'loss'?",
    ),
    "a number for a name": (
        lambda: graph[0],
        mg.UnknownNameError,
        "A graph gives a node by its name, graph['loss'], not by 0.",
    ),
    "another precision that is none": (
        lambda: graph.astype(np.int64),
        mg.DTypeError,
        "graph.astype takes a floating-point type, such as np.float64, not int64.",
    ),
    "a node copied without its graph": (
        lambda: copy.deepcopy(h),
        mg.OperationError,
        "h belongs to a graph: copy or pickle the Graph that holds it.",
    ),
}

INPUTS = {
    "a missing input": (
        lambda: graph.forward(),
        mg.InputError,
        "The graph also needs a value for x.\n  x was made at here.\n  Give it by name: x=….",
    ),
    "a misspelt input": (
        lambda: classifier.forward(logit=L, labels=[0, 1]),
        mg.UnknownNameError,
        "The graph has no input named 'logit'; it takes logits and labels. Did you mean 'logits'?",
    ),
    "an unknown input": (
        lambda: graph.forward(x=X, z=3),
        mg.UnknownNameError,
        "The graph has no input named 'z'; it takes x.",
    ),
    "an input without its name": (
        lambda: graph.forward(X),
        mg.InputError,
        "The inputs of a run are given by name: graph.forward(x=…).",
    ),
    "None for an input": (
        lambda: graph.forward(x=None),
        mg.DTypeError,
        "Input 'x' was given None, not real numbers.",
    ),
    "a node for an input": (
        lambda: graph.forward(x=x),
        mg.OperationError,
        "Input 'x' was given a node, x, where it takes an array of numbers.",
    ),
    "text for an input": (
        lambda: graph.forward(x=[["1", "2", "3"]]),
        mg.DTypeError,
        "Input 'x' was given the text '1', not real numbers.",
    ),
    "ragged rows for an input": (
        lambda: graph.forward(x=[[1, 2, 3], [1, 2]]),
        mg.ShapeError,
        "Input 'x' was given rows of different lengths, which make no array of numbers.",
    ),
    "complex numbers for an input": (
        lambda: graph.forward(x=X * 1j),
        mg.DTypeError,
        "Input 'x' was given complex numbers, not real numbers.",
    ),
    "an input of another shape": (
        lambda: graph.forward(x=np.ones((4, 2))),
        mg.ShapeError,
        "Input 'x' is N × 3, but was given an array of 4 × 2.\n  x was made at here.",
    ),
    "an input with another number of axes": (
        lambda: graph.forward(x=[1, 2, 3]),
        mg.ShapeError,
        "Input 'x' is N × 3, but was given an array of 3.\n  x was made at here.\n  One row is a batch of one: x=[x].",
    ),
    "a value set in a run": (
        lambda: graph.forward(x=X).__setitem__("V", 0.0),
        mg.OperationError,
        "A run is what was computed, and V cannot be set in it.\n"
        "  V was made at here.\n"
        "  Compute another run, with V.value = ….",
    ),
    "a load of arrays": (
        lambda: graph.load({"W": np.zeros(2)}),
        mg.FileError,
        "graph.load takes the name of a file, not dict.\n  To set a variable to an array: graph['W'].value = ….",
    ),
    "a save in another format": (
        lambda: graph.save("w.npz"),
        mg.FileError,
        "graph.save writes the safetensors format: name the file w.safetensors.",
    ),
    "two inputs of different lengths": (
        lambda: classifier.forward(logits=L, labels=[0, 1, 1]),
        mg.ShapeError,
        "The axis N is 2 in logits and 3 in labels: it must be one size in a run.\n  labels was made at here.",
    ),
    "a number beyond float32": (
        lambda: graph.forward(x=[[1, 2, 1e300]]),
        mg.DTypeError,
        "Input 'x' holds float32 and cannot take 1e+300 at [0, 2].",
    ),
    "a label out of range": (
        lambda: classifier.forward(logits=L, labels=[0, 7]),
        mg.InputError,
        "SoftmaxCrossEntropy takes labels from 0 to 4, but labels[1] is 7.\n  labels was made at here.",
    ),
    "a negative label": (
        lambda: classifier.forward(logits=L, labels=[-1, 0]),
        mg.InputError,
        "SoftmaxCrossEntropy takes labels from 0 to 4, but labels[0] is -1.\n  labels was made at here.",
    ),
    "a label that is a fraction": (
        lambda: classifier.forward(logits=L, labels=[0, 0.5]),
        mg.DTypeError,
        "Input 'labels' holds int64 and cannot take 0.5 at [1].\n"
        "  If fractions are meant, its type must be a floating-point one: dtype=np.float32.",
    ),
    "a label that is not a number": (
        lambda: classifier.forward(logits=L, labels=[np.nan, 0]),
        mg.DTypeError,
        "Input 'labels' holds int64 and cannot take nan at [0].",
    ),
    "an input that is not finite": (
        lambda: graph.forward(x=X * np.nan, check=True),
        mg.NonFiniteError,
        "x (N × 3) is nan at [0, 0].\n  x was made at here.",
    ),
    "a value that stops being finite": (
        lambda: mg.Graph(mg.Log(x, name="log")).forward(x=X - 1, check=True),
        mg.NonFiniteError,
        "log (N × 3) is -inf at [0, 0].\n  log was made at here.\n  x (N × 3): from 0.0 to 0.0",
    ),
}

GRADIENTS = {
    "a value of another graph's node": (
        lambda: run[foreign],
        mg.UnknownNameError,
        "foreign is not part of this graph.\n  foreign was made at here.",
    ),
    "a value by a misspelt name": (
        lambda: run["los"],
        mg.UnknownNameError,
        "The graph holds no node named 'los'; it has V, aside, h, loss and x. Did you mean 'loss'?",
    ),
    "a value of something else": (
        lambda: run[3],
        mg.UnknownNameError,
        "A graph is asked for a node or a name, not 3.",
    ),
    "backward from a node of another graph": (
        lambda: run.backward(foreign),
        mg.UnknownNameError,
        "foreign is not part of this graph.\n  foreign was made at here.",
    ),
    "backward from what is no scalar": (
        lambda: run.backward(h),
        mg.GraphError,
        "h (N × 5) is not a scalar, so its gradient needs a cotangent of that shape: the derivative of what follows "
        "with respect to it.\n"
        "  h was made at here.\n"
        "  Give cotangent=…, or reduce the output first, as in output.sum().",
    ),
    "backward from whole numbers": (
        lambda: classifier.forward(logits=L, labels=[0, 1]).backward("labels"),
        mg.DTypeError,
        "labels holds int64: there is no derivative of whole numbers.\n  labels was made at here.",
    ),
    "a cotangent of another shape": (
        lambda: run.backward(h, cotangent=np.ones((2, 2))),
        mg.ShapeError,
        "The cotangent of h must have its shape, 4 × 5, not 2 × 2.",
    ),
    "a cotangent of text": (
        lambda: run.backward(h, cotangent="text"),
        mg.DTypeError,
        "The cotangent of h was given the text 'text', not real numbers.",
    ),
    "the gradient for another graph's node": (
        lambda: run.backward()[foreign],
        mg.UnknownNameError,
        "foreign is not part of this graph.\n  foreign was made at here.",
    ),
    "the gradient for a node that the loss does not use": (
        lambda: run.backward()["aside"],
        mg.UnknownNameError,
        "loss has no gradient with respect to aside: no path of derivatives leads there.\n  aside was made at here.",
    ),
    "the gradient for labels": (
        lambda: classifier.forward(logits=L, labels=[0, 1]).backward()["labels"],
        mg.UnknownNameError,
        "entropy has no gradient with respect to labels: it holds int64, which takes no derivative.\n"
        "  labels was made at here.",
    ),
    "the gradient for a constant": (
        lambda: mg.Graph(p=(c * x).sum()).forward(x=X).backward()[c],
        mg.UnknownNameError,
        "ReduceSum (scalar) has no gradient with respect to c: it is a constant.\n  c was made at here.",
    ),
    "a node instead of a list of nodes": (
        lambda: mg.gradient(loss, V),
        mg.OperationError,
        "gradient takes a list of nodes, and gives one back: (slope,) = mg.gradient(loss, [V]).",
    ),
    "the gradient with respect to a name": (
        lambda: mg.gradient(loss, ["V"]),
        mg.OperationError,
        "gradient is taken with respect to nodes, not 'V'.",
    ),
    "the gradient with respect to whole numbers": (
        lambda: mg.gradient(entropy, [labels]),
        mg.DTypeError,
        "labels holds int64: whole numbers take no derivative.\n  labels was made at here.",
    ),
    "the gradient with respect to a constant": (
        lambda: mg.gradient((c * x).sum(), [c]),
        mg.GraphError,
        "c is a constant and takes no derivative.\n  c was made at here.\n  Make it a Parameter or an Input.",
    ),
    "the gradient of what is no scalar": (
        lambda: mg.gradient(h, [V]),
        mg.GraphError,
        "h (N × 5) is not a scalar, so its gradient needs a cotangent of that shape: the derivative of what follows "
        "with respect to it.\n"
        "  h was made at here.\n"
        "  Give cotangent=…, or reduce the output first, as in output.sum().",
    ),
    "the gradient of a graph": (
        lambda: mg.gradient(graph, [V]),
        mg.OperationError,
        "gradient takes the derivative of a node, not of Graph (4 operations, 15 parameter elements): x (N × 3) → "
        "loss (scalar), aside (N × 3).",
    ),
    "a cotangent node of another shape": (
        lambda: mg.gradient(h, [V], cotangent=V),
        mg.ShapeError,
        "The cotangent of h must be like it, (N × 5, float32), not (3 × 5, float32).\n  h was made at here.",
    ),
    "a cotangent node of another type": (
        lambda: mg.gradient(h, [V], cotangent=mg.Input("cotangent", ("N", 5), dtype=np.float64)),
        mg.ShapeError,
        "The cotangent of h must be like it, (N × 5, float32), not (N × 5, float64).\n  h was made at here.",
    ),
    "a check of what is no graph": (
        lambda: mg.check_gradients(loss, x=X),
        mg.GraphError,
        "check_gradients checks a graph, as Graph(loss=loss) makes one, not ReduceSum 'loss' (scalar, float32).",
    ),
}

UPDATES = {
    "an update of what is no variable": (
        lambda: mg.compile(graph, updates={h: h}),
        mg.GraphError,
        "Only a variable can be updated, not Tanh 'h' (N × 5, float32).",
    ),
    "an update of another shape": (
        lambda: mg.compile(graph, updates={V: V.sum()}),
        mg.ShapeError,
        "The update of V (3 × 5) gives scalar: it must keep the shape.\n  V was made at here, ReduceSum (scalar) at here.",
    ),
    "an update of another type": (
        lambda: mg.compile(graph, updates={steps: steps * 0.5}),
        mg.DTypeError,
        "The update of steps gives float32, not int64.\n  steps was made at here, Mul (scalar) at here.",
    ),
    "a learning rate of 0": (
        lambda: mg.SGD(0),
        mg.GraphError,
        "The learning rate must be a positive number, not 0.",
    ),
    "a learning rate that is not a number": (
        lambda: mg.SGD(float("nan")),
        mg.GraphError,
        "The learning rate must be a positive number, not nan.",
    ),
    "nothing to minimize by": (
        lambda: mg.SGD(0.1).minimize(mg.ReduceSum(x, keepdims=False, name="total")),
        mg.GraphError,
        "total depends on no parameter, so there is nothing to minimize it by.",
    ),
}
MISTAKES = GRAPHS | INPUTS | GRADIENTS | UPDATES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_told_in_these_words(mistake):
    make, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as told:
        make()
    assert re.sub(r"\btest_misuse_of_runs\.py:\d+", "here", str(told.value)) == message
