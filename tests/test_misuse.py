"""Shapes and element types that do not fit are refused on the line that composes them, in the words of messages.txt."""

import numpy as np
import pytest

import minigraph as mg

x = mg.Input("x", ("N", 3))
m = mg.Input("m", ("M", 3))
d = mg.Input("d", ("N", 3), dtype=np.float64)
counts = mg.Input("counts", ("N", 3), dtype=np.int64)
small = mg.Input("small", (3,), dtype=np.int8)
s = mg.Input("s", ())
z = mg.Input("z", ("N", 5))
W = mg.Parameter("W", np.ones((2, 5)))
V = mg.Parameter("V", np.ones((3, 5)))
graph = mg.Graph(loss=np.tanh(x @ V).sum())


SHAPES = {
    "a product whose inner axes differ": (lambda: x @ W, mg.ShapeError),
    "a product with a scalar": (lambda: s @ W, mg.ShapeError),
    "a product of stacks": (lambda: mg.Input("a", (2, 3, 4)) @ mg.Input("b", (3, 4, 5)), mg.ShapeError),
    "a sum of shapes that do not broadcast": (lambda: x + W, mg.ShapeError),
    "a sum over two named axes": (lambda: x + m, mg.ShapeError),
    "a difference with an array of another length": (lambda: x - np.ones(2), mg.ShapeError),
    "a Gemm of misfitting matrices": (lambda: mg.Gemm(x, W, transB=True), mg.ShapeError),
    "a Gemm of a stack": (lambda: mg.Gemm(mg.Input("a", (2, 3, 4)), W), mg.ShapeError),
    "a Gemm with a bias that is too long": (lambda: mg.Gemm(x, V, np.ones(7)), mg.ShapeError),
    "a reshape to another number of elements": (lambda: W.reshape(3, 3), mg.ShapeError),
    "a reshape of a named axis that does not divide": (lambda: x.reshape(5, -1), mg.ShapeError),
    "a reshape to a size that is no whole number": (lambda: W.reshape(2.5, 4), mg.ShapeError),
    "an axis named by a keyword": (lambda: mg.Input("q", ("in", 2)), mg.ShapeError),
    "a reshape by an axis that is not there": (lambda: x.reshape("M", 3), mg.ShapeError),
    "a squeeze of an axis that is not 1": (lambda: W.squeeze(0), mg.ShapeError),
    "an expansion that is none": (lambda: np.broadcast_to(W, (3, 5)), mg.ShapeError),
    "an axis out of range": (lambda: W.sum(axis=2), mg.ShapeError),
    "an axis given twice": (lambda: W.sum(axis=(0, 0)), mg.ShapeError),
    "an axis by name": (lambda: x.sum(axis="N"), mg.ShapeError),
    "an axis that is no whole number": (lambda: x.mean(axis=0.5), mg.ShapeError),
    "an axis that is true": (lambda: x.max(axis=True), mg.ShapeError),
    "axes in an impossible order": (lambda: np.transpose(W, (0, 0)), mg.ShapeError),
    "matrices of a scalar": (lambda: s.mT, mg.OperationError),
    "a stack of different shapes": (lambda: np.stack([W, V]), mg.ShapeError),
    "labels of another shape": (lambda: mg.SoftmaxCrossEntropy(z, counts), mg.ShapeError),
    "labels that are floating-point numbers": (lambda: mg.SoftmaxCrossEntropy(z, mg.Input("t", ("N",))), mg.ShapeError),
    "too many indices": (lambda: W[0, 0, 0], mg.OperationError),
    "an index out of range": (lambda: W[5], mg.InputError),
    "a list of indices, one out of range": (lambda: W[[0, -3]], mg.InputError),
}


class Sparse:
    """What looks like one of SciPy's sparse matrices."""

    def toarray(self):
        return np.ones(3)


class Elsewhere:
    """What looks like another library's array."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it lies on another device\nand cannot be read")


class Lengths(np.ndarray):
    """What looks like one of astropy's arrays."""

    unit = "m"


TYPES = {
    "two floating types": (lambda: x + d, mg.DTypeError),
    "whole numbers where floating-point ones are needed": (lambda: mg.Tanh(counts), mg.DTypeError),
    "a quotient of whole numbers": (lambda: counts / 2, mg.DTypeError),
    "an index that is no whole number": (lambda: W[1.5], mg.OperationError),
    "floating-point indices": (lambda: mg.Gather(W, mg.Input("t", ("N",))), mg.OperationError),
    "a constant beyond the range of the node's type": (lambda: small + 300, mg.DTypeError),
    "an unknown element type": (lambda: x.astype("floaty"), mg.DTypeError),
    "a complex element type": (lambda: x.astype(complex), mg.DTypeError),
    "None as an operand": (lambda: x + None, mg.DTypeError),
    "text as an operand": (lambda: x @ "text", mg.DTypeError),
    "an array of text": (lambda: x * np.array(["a", "b", "c"]), mg.DTypeError),
    "an array of objects": (lambda: x + np.array([1, None, 2]), mg.DTypeError),
    "an array of objects that are numbers": (lambda: x + np.array([1, 2.0, np.float32(3)], object), mg.DTypeError),
    "an array of arrays": (lambda: x + np.array([np.ones(1), np.ones(2), np.ones(3)], object), mg.DTypeError),
    "a masked array": (lambda: x * np.ma.array([1, 2, 3], mask=[True, False, False]), mg.DTypeError),
    "a list with a masked number": (lambda: x * [1, 2, np.ma.masked], mg.DTypeError),
    "a sparse matrix": (lambda: x * Sparse(), mg.DTypeError),
    "an array of another library that gives none": (lambda: x * Elsewhere(), mg.DTypeError),
    "numbers with a unit": (lambda: x * np.ones(3).view(Lengths), mg.DTypeError),
    "a complex number": (lambda: x * 1j, mg.DTypeError),
    "ragged rows": (lambda: mg.Tanh([[1], [1, 2]]), mg.ShapeError),
    "a list of nodes": (lambda: mg.Tanh([x, x]), mg.OperationError),
    "a graph as an operand": (lambda: mg.Tanh(graph), mg.DTypeError),
    "a whole number of too many digits": (lambda: x * 10**30, mg.DTypeError),
}
MISTAKES = SHAPES | TYPES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_refused_where_it_is_made(mistake, wording):
    make, kind = MISTAKES[mistake]
    with pytest.raises(kind) as error:
        make()
    wording(error.value, mistake)
