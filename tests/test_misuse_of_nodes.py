"""Mistakes in calling, using and making nodes: each is told on the line that makes it, in these words."""

import math
import re

import numpy as np
import pytest

import minigraph as mg

x = mg.Input("x", ("N", 3))
s = mg.Input("s", ())
z = mg.Input("z", ("N", 5))
y = mg.Input("y", ("N",), dtype=np.int64)
W = mg.Parameter("W", np.ones((2, 5)))
V = mg.Parameter("V", np.ones((3, 5)))


CALLS = {
    "an unknown attribute of an operation": (
        lambda: mg.Softmax(x, axs=1),
        mg.OperationError,
        "Softmax has no attribute 'axs'; it has axis. Did you mean 'axis'?",
    ),
    "an attribute of an operation that has none": (
        lambda: mg.Tanh(x, axis=1),
        mg.OperationError,
        "Tanh has no attribute 'axis'; it has none.",
    ),
    "an attribute that is needed": (
        lambda: mg.OneHot(y),
        mg.OperationError,
        "OneHot needs its attribute 'depth': OneHot(…, depth=…).",
    ),
    "too few operands": (
        lambda: mg.MatMul(x),
        mg.OperationError,
        "MatMul takes 2 operands (a, b), not 1.",
    ),
    "too many operands": (
        lambda: mg.Tanh(x, s),
        mg.OperationError,
        "Tanh takes 1 operand (x), not 2.",
    ),
    "an attribute that infer cannot use": (
        lambda: mg.Cast(x, to="floaty"),
        mg.OperationError,
        "Cast.infer failed on x (N × 3), to='floaty': data type 'floaty' not understood\n  x was made at here.",
    ),
    "an unknown reduction": (
        lambda: mg.SoftmaxCrossEntropy(z, y, reduction="avg"),
        mg.OperationError,
        "SoftmaxCrossEntropy takes a reduction of mean, sum or none, not 'avg'.",
    ),
    "a name that is no text": (
        lambda: mg.Tanh(x, name=3),
        mg.OperationError,
        "The name of Tanh must be a non-empty string, not 3.",
    ),
    "an empty name": (
        lambda: mg.Tanh(x, name=""),
        mg.OperationError,
        "The name of Tanh must be a non-empty string, not ''.",
    ),
    "two axes that follow from the others": (
        lambda: x.reshape(-1, -1),
        mg.ShapeError,
        "Reshape takes one -1, an axis that follows from the others, not -1 × -1.\n  x was made at here.",
    ),
    "a function that is no operation": (
        lambda: np.sinc(x),
        mg.OperationError,
        "np.sinc is not an operation of minigraph; minigraph.ops.OPERATIONS lists those there are.",
    ),
    "a function that is composed of operations": (
        lambda: np.exp2(x),
        mg.OperationError,
        "np.exp2 is not an operation of minigraph. Write np.exp2(x) as 2.0**x.",
    ),
    "a function of a part of NumPy": (
        lambda: np.linalg.norm(x),
        mg.OperationError,
        "np.linalg.norm is not an operation of minigraph. Write np.linalg.norm(x) as mg.ReduceL2(x, keepdims=False).",
    ),
    "a method of a ufunc": (
        lambda: np.add.reduce(x),
        mg.OperationError,
        "np.add.reduce is not an operation of minigraph.",
    ),
    "where= of a function": (
        lambda: np.tanh(x, where=np.array(True)),
        mg.OperationError,
        "np.tanh of a node takes its operands alone, not where=….",
    ),
    "dtype= of a function": (
        lambda: np.add(x, x, dtype=np.float64),
        mg.OperationError,
        "np.add of a node takes its operands alone, not dtype=….",
    ),
    "an option that an operation does not have": (
        lambda: np.sum(x, initial=3),
        mg.OperationError,
        "np.sum of a node got an unexpected keyword argument 'initial'.",
    ),
    "out= with a node": (
        lambda: np.add(x, 1, out=x),
        mg.OperationError,
        "np.add cannot write a node into out=: a node has no memory of its own.",
    ),
    "out= with an array": (
        lambda: np.tanh(x, out=np.zeros(3)),
        mg.OperationError,
        "np.tanh cannot write a node into out=: a node has no memory of its own.",
    ),
    "a method that is a function": (
        lambda: x.tanh(),
        mg.UnknownAttributeError,
        "Input has no attribute 'tanh'. Write it np.tanh(…).",
    ),
    "a misspelt attribute": (
        lambda: x.shpe,
        mg.UnknownAttributeError,
        "Input has no attribute 'shpe'. Did you mean 'shape'?",
    ),
    "scores and labels exchanged": (
        lambda: mg.SoftmaxCrossEntropy(mg.Input("y", ("N",), dtype=np.int64), x),
        mg.OperationError,
        "SoftmaxCrossEntropy takes scores and then their labels, but y is int64 and x is float32.\n"
        "  y was made at here, x at here.\n"
        "  Exchange them: SoftmaxCrossEntropy(scores, labels).",
    ),
    "a generator in place of a random state": (
        lambda: mg.Dropout(x, np.random.default_rng(0)),
        mg.DTypeError,
        "Dropout was given an object of the type Generator, not real numbers.\n"
        "  Operations draw from a state that belongs to the graph: mg.RandomState(seed).",
    ),
    "a name in other capitals": (
        lambda: mg.Graph(Loss=x)["loss"],
        mg.UnknownNameError,
        "The graph holds no node named 'loss'; it has Loss and x. Did you mean 'Loss'?",
    ),
    "a name in other capitals alone": (
        lambda: mg.Graph(W1=x)["w1"],
        mg.UnknownNameError,
        "The graph holds no node named 'w1'; it has W1 and x. Did you mean 'W1'?",
    ),
    "a method that is called otherwise": (
        lambda: x.Flip(),
        mg.UnknownAttributeError,
        "Input has no attribute 'Flip'. Write it np.flip(…).",
    ),
    "an operation that is a function of NumPy's": (
        lambda: mg.Split(x, 2),
        mg.UnknownAttributeError,
        "minigraph has no attribute 'Split'. Write it np.split(…).",
    ),
    "an operation in small letters": (
        lambda: mg.relu(x),
        mg.UnknownAttributeError,
        "minigraph has no attribute 'relu'. Did you mean 'Relu'?",
    ),
    "an operation in other capitals": (
        lambda: mg.GELU(x),
        mg.UnknownAttributeError,
        "minigraph has no attribute 'GELU'. Did you mean 'Gelu'?",
    ),
    "a misspelt operation": (
        lambda: mg.SoftmaxCrossEntropyLoss(x, 0),
        mg.UnknownAttributeError,
        "minigraph has no attribute 'SoftmaxCrossEntropyLoss'. Did you mean 'SoftmaxCrossEntropy'?",
    ),
    "a block that is not named as one": (
        lambda: mg.dense(x, 5),
        mg.UnknownAttributeError,
        "minigraph has no attribute 'dense'. It is mg.blocks.dense.",
    ),
    "what minigraph does not have at all": (
        lambda: mg.cuda,
        mg.UnknownAttributeError,
        "minigraph has no attribute 'cuda'.",
    ),
    "an attribute with an underscore": (
        lambda: x._shape,
        mg.UnknownAttributeError,
        "Input has no attribute '_shape'.",
    ),
}

VALUES = {
    "if node": (
        lambda: bool(x > 0),
        mg.OperationError,
        "Greater (N × 3) is a node and is neither true nor false until the graph runs. To choose between values "
        "use np.where(condition, a, b); to ask whether there is a node, `is not None`.",
    ),
    "node and node": (
        lambda: x and s,
        mg.OperationError,
        "x is a node and is neither true nor false until the graph runs. To choose between values use "
        "np.where(condition, a, b); to ask whether there is a node, `is not None`.",
    ),
    "a chained comparison": (
        lambda: 0 < s < 1,
        mg.OperationError,
        "Greater (scalar) is a node and is neither true nor false until the graph runs. To choose between values "
        "use np.where(condition, a, b); to ask whether there is a node, `is not None`.",
    ),
    "iterating": (
        lambda: list(W),
        mg.OperationError,
        "W is a node and cannot be iterated over: take a part with node[i], or reduce it with node.sum(axis=0).",
    ),
    "len": (
        lambda: len(W),
        mg.OperationError,
        "W is a node and has no len(): its axes are its .shape, (2, 5).",
    ),
    "float": (
        lambda: float(s),
        mg.OperationError,
        "s is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].\n"
        "  To compose an array of nodes, use np.stack([…]).",
    ),
    "int": (
        lambda: int(s),
        mg.OperationError,
        "s is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].",
    ),
    "a function of math": (
        lambda: math.exp(s),
        mg.OperationError,
        "s is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].\n"
        "  To compose an array of nodes, use np.stack([…]).",
    ),
    "np.asarray": (
        lambda: np.asarray(W),
        mg.OperationError,
        "W is a node, and its gradient would be lost: the numbers alone are its .value.\n"
        "  To compose an array of nodes, use np.stack([…]).",
    ),
    "an array of nodes": (
        lambda: np.array([W, V]),
        mg.OperationError,
        "W is a node, and its gradient would be lost: the numbers alone are its .value.\n"
        "  To compose an array of nodes, use np.stack([…]).",
    ),
    "a node into an array": (
        lambda: np.zeros(3).__setitem__(slice(None), s + np.zeros(3)),
        mg.OperationError,
        "Add (3) is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].\n"
        "  To compose an array of nodes, use np.stack([…]).",
    ),
    "backward, as other frameworks have it": (
        lambda: s.backward(),
        mg.OperationError,
        "s.backward is the operation's own rule. A run gives gradients: run = graph.forward(…), then run.backward('s'); "
        "mg.gradient(s, […]) gives them as nodes.",
    ),
    "a method that arrays have": (
        lambda: x.std(),
        mg.UnknownAttributeError,
        "Input has no attribute 'std'. Write x.std() as np.sqrt(np.var(x)).",
    ),
    "a room of the package": (
        lambda: mg.explain,
        mg.UnknownAttributeError,
        "minigraph has no attribute 'explain'. Write mg.explain as graph.explain.",
    ),
    "a format": (
        lambda: f"{s:.3f}",
        mg.OperationError,
        "s is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].",
    ),
    "== with a number": (
        lambda: x == 3,
        mg.OperationError,
        "== asks whether two nodes are the same one; to compare values use mg.Equal(a, b).",
    ),
    "!= with a list": (
        lambda: x != [1, 2],
        mg.OperationError,
        "== asks whether two nodes are the same one; to compare values use mg.Equal(a, b).",
    ),
    "writing into a node": (
        lambda: W.__setitem__(0, 1.0),
        mg.OperationError,
        "W is a node and cannot be written into: compose a new one, as np.where(condition, a, b) does; the numbers "
        "of a variable are its .value.",
    ),
}

LEAVES = {
    "a nameless input": (
        lambda: mg.Input(None, (2,)),
        mg.OperationError,
        "The name of Input must be a non-empty string, not None.",
    ),
    "name and shape exchanged": (
        lambda: mg.Input((2, 3), "x"),
        mg.OperationError,
        "The name of Input must be a non-empty string, not (2, 3).",
    ),
    "an input named as an option of forward": (
        lambda: mg.Input("check", ()),
        mg.OperationError,
        "An input cannot be named 'check': graph.forward(check=…) means something else by it.",
    ),
    "no shape": (
        lambda: mg.Input("x", None),
        mg.ShapeError,
        "Input 'x' has the shape None: a shape is a tuple of axes, such as ('N', 2); that of a scalar is ().",
    ),
    "a negative size": (
        lambda: mg.Input("x", (-1, 2)),
        mg.ShapeError,
        "Input 'x' has the axis -1: an axis is a size, 0 or more, or a name of one word, such as 'N', for a size "
        "that is known only when the graph runs.",
    ),
    "a size beyond any memory": (
        lambda: mg.Input("x", (10**30,)),
        mg.ShapeError,
        "Input 'x' has the axis 1000000000000000000000000000000: an axis is a size, 0 or more, or a name of one "
        "word, such as 'N', for a size that is known only when the graph runs.",
    ),
    "a size that is no whole number": (
        lambda: mg.Input("x", (2.0,)),
        mg.ShapeError,
        "Input 'x' has the axis 2.0: an axis is a size, 0 or more, or a name of one word, such as 'N', for a size "
        "that is known only when the graph runs.",
    ),
    "an axis name of two words": (
        lambda: mg.Input("x", ("batch size", 2)),
        mg.ShapeError,
        "Input 'x' has the axis 'batch size': an axis is a size, 0 or more, or a name of one word, such as 'N', "
        "for a size that is known only when the graph runs.",
    ),
    "an axis without a name": (
        lambda: mg.Input("x", (None, 2)),
        mg.ShapeError,
        "Input 'x' has the axis None: an axis is a size, 0 or more, or a name of one word, such as 'N', for a size "
        "that is known only when the graph runs.",
    ),
    "an input of complex numbers": (
        lambda: mg.Input("x", (2,), dtype=complex),
        mg.DTypeError,
        "Input 'x' cannot hold complex: an element type is one of real numbers, such as np.float32, np.int64 or bool.",
    ),
    "an input of text": (
        lambda: mg.Input("x", (2,), dtype=str),
        mg.DTypeError,
        "Input 'x' cannot hold str: an element type is one of real numbers, such as np.float32, np.int64 or bool.",
    ),
    "an input of an unknown type": (
        lambda: mg.Input("x", (2,), dtype="floot"),
        mg.DTypeError,
        "Input 'x' cannot hold 'floot': an element type is one of real numbers, such as np.float32, np.int64 or bool.",
    ),
    "a parameter without a value": (
        lambda: mg.Parameter("W", None),
        mg.DTypeError,
        "Parameter 'W' was given None, not real numbers.",
    ),
    "a parameter of whole numbers": (
        lambda: mg.Parameter("W", [1, 2], dtype=np.int64),
        mg.DTypeError,
        "Parameter 'W' cannot hold int64: training changes floating-point numbers only.\n"
        "  State of another type is a Variable.",
    ),
    "value and name exchanged": (
        lambda: mg.Parameter(np.ones(2), "W"),
        mg.OperationError,
        "The name of Parameter must be a non-empty string, not array([1., 1.]).",
    ),
    "a node as a parameter's value": (
        lambda: mg.Parameter("W", x),
        mg.OperationError,
        "Parameter 'W' was given a node, x, where it takes an array of numbers.",
    ),
    "rows of different lengths": (
        lambda: mg.Parameter("W", [[1], [1, 2]]),
        mg.ShapeError,
        "Parameter 'W' was given rows of different lengths, which make no array of numbers.",
    ),
    "a number beyond float32": (
        lambda: mg.Parameter("W", [1.0, 1e300]),
        mg.DTypeError,
        "Parameter 'W' holds float32 and cannot take 1e+300 at [1].",
    ),
    "a fraction as a whole number": (
        lambda: mg.Variable("steps", [1, 2.5], dtype=np.int64),
        mg.DTypeError,
        "Variable 'steps' holds int64 and cannot take 2.5 at [1].\n"
        "  If fractions are meant, its type must be a floating-point one: dtype=np.float32.",
    ),
    "a number beyond int8": (
        lambda: mg.Variable("steps", 300, dtype=np.int8),
        mg.DTypeError,
        "Variable 'steps' holds int8 and cannot take 300.",
    ),
    "a constant of text": (
        lambda: mg.Constant("one"),
        mg.DTypeError,
        "Constant was given the text 'one', not real numbers.",
    ),
    "a constant whose name is no text": (
        lambda: mg.Constant(1, name=4),
        mg.OperationError,
        "The name of Constant must be a non-empty string, not 4.",
    ),
    "a parameter set to another shape": (
        lambda: setattr(V, "value", np.ones((2, 5))),
        mg.ShapeError,
        "V is 3 × 5 and cannot be set to an array of 2 × 5.\n  V was made at here.",
    ),
    "a parameter set to text": (
        lambda: setattr(V, "value", "text"),
        mg.DTypeError,
        "Parameter 'V' was given the text 'text', not real numbers.",
    ),
}
MISTAKES = CALLS | VALUES | LEAVES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_told_in_these_words(mistake):
    make, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as told:
        make()
    assert re.sub(r"\btest_misuse_of_nodes\.py:\d+", "here", str(told.value)) == message
