"""Mistakes in calling, using and making nodes: each is told on the line that makes it, in the words of tests/messages.txt."""

import math

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
    "an unknown attribute of an operation": (lambda: mg.Softmax(x, axs=1), mg.OperationError),
    "an attribute of an operation that has none": (lambda: mg.Tanh(x, axis=1), mg.OperationError),
    "an attribute that is needed": (lambda: mg.OneHot(y), mg.OperationError),
    "too few operands": (lambda: mg.MatMul(x), mg.OperationError),
    "too many operands": (lambda: mg.Tanh(x, s), mg.OperationError),
    "an attribute that infer cannot use": (lambda: mg.Cast(x, to="floaty"), mg.OperationError),
    "an unknown reduction": (lambda: mg.SoftmaxCrossEntropy(z, y, reduction="avg"), mg.OperationError),
    "a name that is no text": (lambda: mg.Tanh(x, name=3), mg.OperationError),
    "an empty name": (lambda: mg.Tanh(x, name=""), mg.OperationError),
    "two axes that follow from the others": (lambda: x.reshape(-1, -1), mg.ShapeError),
    "a function that is no operation": (lambda: np.i0(x), mg.OperationError),
    "a function that is composed of operations": (lambda: np.array_equiv(x, x), mg.OperationError),
    "a function of a part of NumPy": (lambda: np.linalg.eig(x), mg.OperationError),
    "a method of a ufunc": (lambda: np.subtract.reduce(x), mg.OperationError),
    "where= of a function": (lambda: np.tanh(x, where=np.array(True)), mg.OperationError),
    "dtype= of a function": (lambda: np.add(x, x, dtype=np.float64), mg.OperationError),
    "an option that an operation does not have": (lambda: np.sort(x, order="y"), mg.OperationError),
    "a condition alone": (lambda: np.where(x > 0), mg.OperationError),
    "a ufunc's own option": (lambda: np.add(x, 1, where=x > 0), mg.OperationError),
    "a median by an unknown method": (lambda: np.quantile(x[:, 0], 0.5, method="inverted_cdf"), mg.OperationError),
    "a part of more than all": (lambda: np.percentile(x, 150), mg.OperationError),
    "the largest of some": (lambda: np.max(x, where=x > 0), mg.OperationError),
    "elements chosen in a run": (lambda: np.compress(x[0] > 0, x, axis=1), mg.OperationError),
    "whole numbers with a bit in common": (lambda: np.bitwise_and(np.argmax(x, axis=1), 1), mg.DTypeError),
    "a derivative between too few samples": (lambda: np.gradient(np.ones((2, 1)) * s, axis=1), mg.OperationError),
    "samples at other places": (lambda: np.interp(x, np.arange(3.0), np.arange(4.0)), mg.OperationError),
    "out= with a node": (lambda: np.add(x, 1, out=x), mg.OperationError),
    "out= with an array": (lambda: np.tanh(x, out=np.zeros(3)), mg.OperationError),
    "a method that is a function": (lambda: x.tanh(), mg.UnknownAttributeError),
    "a misspelt attribute": (lambda: x.shpe, mg.UnknownAttributeError),
    "scores and labels exchanged": (
        lambda: mg.SoftmaxCrossEntropy(mg.Input("y", ("N",), dtype=np.int64), x),
        mg.OperationError,
    ),
    "a generator in place of a random state": (lambda: mg.Dropout(x, np.random.default_rng(0)), mg.DTypeError),
    "a name in other capitals": (lambda: mg.Graph(Loss=x)["loss"], mg.UnknownNameError),
    "a name in other capitals alone": (lambda: mg.Graph(W1=x)["w1"], mg.UnknownNameError),
    "a method that is called otherwise": (lambda: x.Flip(), mg.UnknownAttributeError),
    "an operation that is a function of NumPy's": (lambda: mg.Split(x, 2), mg.UnknownAttributeError),
    "an operation in small letters": (lambda: mg.relu(x), mg.UnknownAttributeError),
    "an operation in other capitals": (lambda: mg.GELU(x), mg.UnknownAttributeError),
    "a misspelt operation": (lambda: mg.SoftmaxCrossEntropyLoss(x, 0), mg.UnknownAttributeError),
    "a block that is not named as one": (lambda: mg.dense(x, 5), mg.UnknownAttributeError),
    "what minigraph does not have at all": (lambda: mg.cuda, mg.UnknownAttributeError),
    "an attribute with an underscore": (lambda: x._shape, mg.UnknownAttributeError),
}

VALUES = {
    "if node": (lambda: bool(x > 0), mg.OperationError),
    "node and node": (lambda: x and s, mg.OperationError),
    "a chained comparison": (lambda: 0 < s < 1, mg.OperationError),
    "iterating over a named axis": (lambda: list(x), mg.OperationError),
    "iterating over a scalar": (lambda: list(s), mg.OperationError),
    "len of a named axis": (lambda: len(x + 1), mg.OperationError),
    "float": (lambda: float(s), mg.OperationError),
    "int": (lambda: int(s), mg.OperationError),
    "a function of math": (lambda: math.exp(s), mg.OperationError),
    "np.asarray": (lambda: np.asarray(W), mg.OperationError),
    "an array of nodes": (lambda: np.array([W, V]), mg.OperationError),
    "a node into an array": (lambda: np.zeros(3).__setitem__(slice(None), s + np.zeros(3)), mg.OperationError),
    "backward, as other frameworks have it": (lambda: s.backward(), mg.OperationError),
    "a method that arrays have": (lambda: x.argsort(), mg.UnknownAttributeError),
    "a room of the package": (lambda: mg.explain, mg.UnknownAttributeError),
    "a format": (lambda: f"{s:.3f}", mg.OperationError),
    "== with a number": (lambda: x == 3, mg.OperationError),
    "!= with a list": (lambda: x != [1, 2], mg.OperationError),
    "writing into a node": (lambda: W.__setitem__(0, 1.0), mg.OperationError),
}

LEAVES = {
    "a nameless input": (lambda: mg.Input(None, (2,)), mg.OperationError),
    "name and shape exchanged": (lambda: mg.Input((2, 3), "x"), mg.OperationError),
    "an input named as an option of forward": (lambda: mg.Input("check", ()), mg.OperationError),
    "no shape": (lambda: mg.Input("x", None), mg.ShapeError),
    "a negative size": (lambda: mg.Input("x", (-1, 2)), mg.ShapeError),
    "a size beyond any memory": (lambda: mg.Input("x", (10**30,)), mg.ShapeError),
    "a size that is no whole number": (lambda: mg.Input("x", (2.0,)), mg.ShapeError),
    "an axis name of two words": (lambda: mg.Input("x", ("batch size", 2)), mg.ShapeError),
    "an axis without a name": (lambda: mg.Input("x", (None, 2)), mg.ShapeError),
    "an input of complex numbers": (lambda: mg.Input("x", (2,), dtype=complex), mg.DTypeError),
    "an input of text": (lambda: mg.Input("x", (2,), dtype=str), mg.DTypeError),
    "an input of an unknown type": (lambda: mg.Input("x", (2,), dtype="floot"), mg.DTypeError),
    "a parameter without a value": (lambda: mg.Parameter("W", None), mg.DTypeError),
    "a parameter of whole numbers": (lambda: mg.Parameter("W", [1, 2], dtype=np.int64), mg.DTypeError),
    "value and name exchanged": (lambda: mg.Parameter(np.ones(2), "W"), mg.OperationError),
    "a node as a parameter's value": (lambda: mg.Parameter("W", x), mg.OperationError),
    "rows of different lengths": (lambda: mg.Parameter("W", [[1], [1, 2]]), mg.ShapeError),
    "a number beyond float32": (lambda: mg.Parameter("W", [1.0, 1e300]), mg.DTypeError),
    "a fraction as a whole number": (lambda: mg.Variable("steps", [1, 2.5], dtype=np.int64), mg.DTypeError),
    "a number beyond int8": (lambda: mg.Variable("steps", 300, dtype=np.int8), mg.DTypeError),
    "a constant of text": (lambda: mg.Constant("one"), mg.DTypeError),
    "a constant whose name is no text": (lambda: mg.Constant(1, name=4), mg.OperationError),
    "a parameter set to another shape": (lambda: setattr(V, "value", np.ones((2, 5))), mg.ShapeError),
    "a parameter set to text": (lambda: setattr(V, "value", "text"), mg.DTypeError),
}
MISTAKES = CALLS | VALUES | LEAVES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_where_it_is_made(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)
