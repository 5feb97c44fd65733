"""Mistakes in graphs, runs, gradients and updates: each is refused on the line that makes it."""

import copy

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
    "no outputs": (lambda: mg.Graph(), mg.GraphError),
    "an output that is no node": (lambda: mg.Graph(loss=3), mg.GraphError),
    "outputs in a list": (lambda: mg.Graph([loss]), mg.GraphError),
    "an output whose name is no text": (lambda: mg.Graph({3: loss}), mg.GraphError),
    "an output with the name of another node": (lambda: mg.Graph(h=loss), mg.GraphError),
    "two outputs of one name": (lambda: mg.Graph(h, {"h": loss}), mg.GraphError),
    "two nodes of one name": (lambda: mg.Graph(sum=mg.Input("x", ("N", 3)) + x), mg.GraphError),
    "names that are no mapping": (lambda: mg.Graph(loss=loss, names=[h]), mg.GraphError),
    "a misspelt node": (lambda: graph["lss"], mg.UnknownNameError),
    "a number for a name": (lambda: graph[0], mg.UnknownNameError),
    "another precision that is none": (lambda: graph.astype(np.int64), mg.DTypeError),
    "a node copied without its graph": (lambda: copy.deepcopy(h), mg.OperationError),
}

INPUTS = {
    "a missing input": (lambda: graph.forward(), mg.InputError),
    "a misspelt input": (lambda: classifier.forward(logit=L, labels=[0, 1]), mg.UnknownNameError),
    "an unknown input": (lambda: graph.forward(x=X, z=3), mg.UnknownNameError),
    "an input without its name": (lambda: graph.forward(X), mg.InputError),
    "None for an input": (lambda: graph.forward(x=None), mg.DTypeError),
    "a node for an input": (lambda: graph.forward(x=x), mg.OperationError),
    "text for an input": (lambda: graph.forward(x=[["1", "2", "3"]]), mg.DTypeError),
    "ragged rows for an input": (lambda: graph.forward(x=[[1, 2, 3], [1, 2]]), mg.ShapeError),
    "complex numbers for an input": (lambda: graph.forward(x=X * 1j), mg.DTypeError),
    "an input of another shape": (lambda: graph.forward(x=np.ones((4, 2))), mg.ShapeError),
    "an input with another number of axes": (lambda: graph.forward(x=[1, 2, 3]), mg.ShapeError),
    "a value set in a run": (lambda: graph.forward(x=X).__setitem__("V", 0.0), mg.OperationError),
    "a save in another format": (lambda: graph.save("w.npz"), mg.FileError),
    "two inputs of different lengths": (lambda: classifier.forward(logits=L, labels=[0, 1, 1]), mg.ShapeError),
    "a number beyond float32": (lambda: graph.forward(x=[[1, 2, 1e300]]), mg.DTypeError),
    "a label out of range": (lambda: classifier.forward(logits=L, labels=[0, 7]), mg.InputError),
    "a negative label": (lambda: classifier.forward(logits=L, labels=[-1, 0]), mg.InputError),
    "a label that is a fraction": (lambda: classifier.forward(logits=L, labels=[0, 0.5]), mg.DTypeError),
    "a label that is not a number": (lambda: classifier.forward(logits=L, labels=[np.nan, 0]), mg.DTypeError),
    "an input that is not finite": (lambda: graph.forward(x=X * np.nan, check=True), mg.NonFiniteError),
    "a value that stops being finite": (
        lambda: mg.Graph(mg.Log(x, name="log")).forward(x=X - 1, check=True),
        mg.NonFiniteError,
    ),
}

GRADIENTS = {
    "a value of another graph's node": (lambda: run[foreign], mg.UnknownNameError),
    "a value by a misspelt name": (lambda: run["los"], mg.UnknownNameError),
    "a value of something else": (lambda: run[3], mg.UnknownNameError),
    "backward from a node of another graph": (lambda: run.backward(foreign), mg.UnknownNameError),
    "backward from what is no scalar": (lambda: run.backward(h), mg.GraphError),
    "backward from whole numbers": (lambda: classifier.forward(logits=L, labels=[0, 1]).backward("labels"), mg.DTypeError),
    "a cotangent of another shape": (lambda: run.backward(h, cotangent=np.ones((2, 2))), mg.ShapeError),
    "a cotangent of text": (lambda: run.backward(h, cotangent="text"), mg.DTypeError),
    "the gradient for another graph's node": (lambda: run.backward()[foreign], mg.UnknownNameError),
    "the gradient for a node that the loss does not use": (lambda: run.backward()["aside"], mg.UnknownNameError),
    "the gradient for labels": (lambda: classifier.forward(logits=L, labels=[0, 1]).backward()["labels"], mg.UnknownNameError),
    "the gradient for a constant": (lambda: mg.Graph(p=(c * x).sum()).forward(x=X).backward()[c], mg.UnknownNameError),
    "a node instead of a list of nodes": (lambda: mg.gradient(loss, V), mg.OperationError),
    "the gradient with respect to a name": (lambda: mg.gradient(loss, ["V"]), mg.OperationError),
    "the gradient with respect to whole numbers": (lambda: mg.gradient(entropy, [labels]), mg.DTypeError),
    "the gradient with respect to a constant": (lambda: mg.gradient((c * x).sum(), [c]), mg.GraphError),
    "the gradient of what is no scalar": (lambda: mg.gradient(h, [V]), mg.GraphError),
    "the gradient of a graph": (lambda: mg.gradient(graph, [V]), mg.OperationError),
    "a cotangent node of another shape": (lambda: mg.gradient(h, [V], cotangent=V), mg.ShapeError),
    "a cotangent node of another type": (
        lambda: mg.gradient(h, [V], cotangent=mg.Input("cotangent", ("N", 5), dtype=np.float64)),
        mg.ShapeError,
    ),
    "a check of what is no graph": (lambda: mg.check_gradients(loss, x=X), mg.GraphError),
}

UPDATES = {
    "an update of what is no variable": (lambda: mg.compile(graph, updates={h: h}), mg.GraphError),
    "an update of another shape": (lambda: mg.compile(graph, updates={V: V.sum()}), mg.ShapeError),
    "an update of another type": (lambda: mg.compile(graph, updates={steps: steps * 0.5}), mg.DTypeError),
    "a learning rate of 0": (lambda: mg.SGD(0), mg.GraphError),
    "a learning rate that is not a number": (lambda: mg.SGD(float("nan")), mg.GraphError),
    "nothing to minimize by": (lambda: mg.SGD(0.1).minimize(mg.ReduceSum(x, keepdims=False, name="total")), mg.GraphError),
}
MISTAKES = GRAPHS | INPUTS | GRADIENTS | UPDATES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_where_it_is_made(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)
