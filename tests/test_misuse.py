"""Shapes and element types that do not fit: each is told on the line that composes them, in these words."""

import re

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
    "a product whose inner axes differ": (
        lambda: x @ W,
        mg.ShapeError,
        "MatMul cannot multiply x (N × 3) by W (2 × 5): the last axis of x, 3, must equal the first of W, 2.\n"
        "  x was made at here, W at here.\n"
        "  If W is stored the other way round, use W.T.",
    ),
    "a product with a scalar": (
        lambda: s @ W,
        mg.ShapeError,
        "MatMul cannot multiply s (scalar) by W (2 × 5): a scalar has no axis to sum over; use * instead.\n"
        "  s was made at here, W at here.",
    ),
    "a product of stacks": (
        lambda: mg.Input("a", (2, 3, 4)) @ mg.Input("b", (3, 4, 5)),
        mg.ShapeError,
        "MatMul cannot pair the stacks of a (2 × 3 × 4) and b (3 × 4 × 5): counted from the last, the axes before "
        "the two that are multiplied must be equal, or one of them 1.\n"
        "  a was made at here, b at here.",
    ),
    "a sum of shapes that do not broadcast": (
        lambda: x + W,
        mg.ShapeError,
        "Add cannot broadcast x (N × 3) and W (2 × 5) together: counted from the last, two axes must be equal or "
        "one of them 1.\n"
        "  x was made at here, W at here.",
    ),
    "a sum over two named axes": (
        lambda: x + m,
        mg.ShapeError,
        "Add cannot broadcast x (N × 3) and m (M × 3) together: counted from the last, two axes must be equal or "
        "one of them 1.\n"
        "  x was made at here, m at here.",
    ),
    "a difference with an array of another length": (
        lambda: x - np.ones(2),
        mg.ShapeError,
        "Sub cannot broadcast x (N × 3) and Constant (2) together: counted from the last, two axes must be equal "
        "or one of them 1.\n"
        "  x was made at here, Constant (2) at here.",
    ),
    "a Gemm of misfitting matrices": (
        lambda: mg.Gemm(x, W, transB=True),
        mg.ShapeError,
        "Gemm cannot multiply x (N × 3) by W (2 × 5) with transA=False, transB=True: 3 must equal 5.\n"
        "  x was made at here, W at here.",
    ),
    "a Gemm of a stack": (
        lambda: mg.Gemm(mg.Input("a", (2, 3, 4)), W),
        mg.ShapeError,
        "Gemm multiplies two matrices, not a (2 × 3 × 4) and W (2 × 5).\n  a was made at here, W at here.",
    ),
    "a Gemm with a bias that is too long": (
        lambda: mg.Gemm(x, V, np.ones(7)),
        mg.ShapeError,
        "Gemm cannot add Constant (7) to a product of N × 5.\n  Constant (7) was made at here.",
    ),
    "a reshape to another number of elements": (
        lambda: W.reshape(3, 3),
        mg.ShapeError,
        "Reshape cannot lay out the 10 elements of W (2 × 5) as 3 × 3.\n  W was made at here.",
    ),
    "a reshape of a named axis that does not divide": (
        lambda: x.reshape(5, -1),
        mg.ShapeError,
        "Reshape cannot lay out the 3·N elements of x (N × 3) as 5 × -1.\n  x was made at here.",
    ),
    "a reshape to a size that is no whole number": (
        lambda: W.reshape(2.5, 4),
        mg.ShapeError,
        "Reshape takes sizes that are whole numbers or the names of axes, not 2.5.",
    ),
    "a reshape by an axis that is not there": (
        lambda: x.reshape("M", 3),
        mg.ShapeError,
        "x (N × 3) has no axis named 'M'.\n  x was made at here.",
    ),
    "a squeeze of an axis that is not 1": (
        lambda: W.squeeze(0),
        mg.ShapeError,
        "Squeeze can only drop axes of size 1, not (0,) of W (2 × 5).\n  W was made at here.",
    ),
    "an expansion that is none": (
        lambda: np.broadcast_to(W, (3, 5)),
        mg.ShapeError,
        "Expand cannot repeat W (2 × 5) to fill 3 × 5.\n  W was made at here.",
    ),
    "an axis out of range": (
        lambda: W.sum(axis=2),
        mg.ShapeError,
        "W (2 × 5) has no axis 2: its axes are 0 to 1 (or -2 to -1), each named once.\n  W was made at here.",
    ),
    "an axis given twice": (
        lambda: W.sum(axis=(0, 0)),
        mg.ShapeError,
        "W (2 × 5) has no axes (0, 0): its axes are 0 to 1 (or -2 to -1), each named once.\n  W was made at here.",
    ),
    "an axis by name": (
        lambda: x.sum(axis="N"),
        mg.ShapeError,
        "x (N × 3) has no axis 'N': its axes are 0 to 1 (or -2 to -1), each named once.\n  x was made at here.",
    ),
    "an axis that is no whole number": (
        lambda: x.mean(axis=0.5),
        mg.ShapeError,
        "x (N × 3) has no axis 0.5: its axes are 0 to 1 (or -2 to -1), each named once.\n  x was made at here.",
    ),
    "an axis that is true": (
        lambda: x.max(axis=True),
        mg.ShapeError,
        "x (N × 3) has no axis True: its axes are 0 to 1 (or -2 to -1), each named once.\n  x was made at here.",
    ),
    "axes in an impossible order": (
        lambda: np.transpose(W, (0, 0)),
        mg.ShapeError,
        "Transpose cannot order the 2 axes of W (2 × 5) by perm=(0, 0): each of 0 to 1 must stand there once.\n"
        "  W was made at here.",
    ),
    "matrices of a scalar": (
        lambda: s.mT,
        mg.OperationError,
        "s (scalar) has no two axes to exchange: .mT takes a matrix or a stack of them.",
    ),
    "a stack of different shapes": (
        lambda: np.stack([W, V]),
        mg.ShapeError,
        "Stack takes values of one shape, not W (2 × 5) and V (3 × 5).\n  W was made at here, V at here.",
    ),
    "labels of another shape": (
        lambda: mg.SoftmaxCrossEntropy(z, counts),
        mg.ShapeError,
        "SoftmaxCrossEntropy takes a label for each row of z (N × 5), but counts (N × 3) is not of that shape.\n"
        "  z was made at here, counts at here.\n"
        "  Labels are whole numbers, one a row: Input('y', ('N',), dtype=np.int64).",
    ),
    "labels that are floating-point numbers": (
        lambda: mg.SoftmaxCrossEntropy(z, mg.Input("t", ("N",))),
        mg.ShapeError,
        "SoftmaxCrossEntropy takes a distribution for each row of z (N × 5), but t (N) is not of that shape.\n"
        "  z was made at here, t at here.\n"
        "  Labels are whole numbers, one a row: Input('y', ('N',), dtype=np.int64).",
    ),
    "too many indices": (
        lambda: W[0, 0, 0],
        mg.OperationError,
        "W (2 × 5) has 2 axes and cannot be indexed by 3.\n  W was made at here.",
    ),
    "an index out of range": (
        lambda: W[5],
        mg.InputError,
        "Gather takes indices from -2 to 1, but was given 5.\n  5 was made at here.",
    ),
    "a list of indices, one out of range": (
        lambda: W[[0, -3]],
        mg.InputError,
        "Gather takes indices from -2 to 1, but was given -3.\n  Constant (2) was made at here.",
    ),
}

MASKED = (
    "{} was given a masked array, whose masked elements are no numbers.\n"
    "  array.filled(0) puts a number in their place, and array.compressed() leaves them out."
)


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
    "two floating types": (
        lambda: x + d,
        mg.DTypeError,
        "Add cannot mix floating types: x is float32 and d is float64.\n"
        "  x was made at here, d at here.\n"
        "  Convert one with .astype(…).",
    ),
    "whole numbers where floating-point ones are needed": (
        lambda: mg.Tanh(counts),
        mg.DTypeError,
        "Tanh takes floating-point numbers, but counts is int64.\n"
        "  counts was made at here.\n"
        "  Convert it with .astype(np.float32).",
    ),
    "a quotient of whole numbers": (
        lambda: counts / 2,
        mg.DTypeError,
        "Div takes floating-point numbers, but counts is int64.\n"
        "  counts was made at here.\n"
        "  Convert it with .astype(np.float32).",
    ),
    "an index that is no whole number": (
        lambda: W[1.5],
        mg.OperationError,
        "Gather takes whole numbers as indices, but 1.5 is float32.\n"
        "  1.5 was made at here.\n"
        "  Declare it with dtype=np.int64.",
    ),
    "floating-point indices": (
        lambda: mg.Gather(W, mg.Input("t", ("N",))),
        mg.OperationError,
        "Gather takes whole numbers as indices, but t is float32.\n  t was made at here.\n  Declare it with dtype=np.int64.",
    ),
    "a constant beyond the range of the node's type": (
        lambda: small + 300,
        mg.DTypeError,
        "Constant holds int8 and cannot take 300.",
    ),
    "an unknown element type": (
        lambda: x.astype("floaty"),
        mg.DTypeError,
        "x cannot hold 'floaty': an element type is one of real numbers, such as np.float32, np.int64 or bool.",
    ),
    "a complex element type": (
        lambda: x.astype(complex),
        mg.DTypeError,
        "x cannot hold complex: an element type is one of real numbers, such as np.float32, np.int64 or bool.",
    ),
    "None as an operand": (
        lambda: x + None,
        mg.DTypeError,
        "Add was given None, not real numbers.",
    ),
    "text as an operand": (
        lambda: x @ "text",
        mg.DTypeError,
        "MatMul was given the text 'text', not real numbers.",
    ),
    "an array of text": (
        lambda: x * np.array(["a", "b", "c"]),
        mg.DTypeError,
        "Mul was given the text 'a', not real numbers.",
    ),
    "an array of objects": (
        lambda: x + np.array([1, None, 2]),
        mg.DTypeError,
        "Add was given None, not real numbers.\n  Put a number where one is missing, or leave its row out.",
    ),
    "an array of objects that are numbers": (
        lambda: x + np.array([1, 2.0, np.float32(3)], object),
        mg.DTypeError,
        "Add was given an array of Python objects, not real numbers.\n"
        "  They are numbers: array.astype(np.float64) makes an array of numbers of it.",
    ),
    "an array of arrays": (
        lambda: x + np.array([np.ones(1), np.ones(2), np.ones(3)], object),
        mg.DTypeError,
        "Add was given an object of the type ndarray, not real numbers.\n"
        "  np.stack(list(array)) makes one array of arrays of one shape.",
    ),
    "a masked array": (
        lambda: x * np.ma.array([1, 2, 3], mask=[True, False, False]),
        mg.DTypeError,
        MASKED.format("Mul"),
    ),
    "a list with a masked number": (lambda: x * [1, 2, np.ma.masked], mg.DTypeError, MASKED.format("Mul")),
    "a sparse matrix": (
        lambda: x * Sparse(),
        mg.DTypeError,
        "Mul was given an object of the type Sparse, not real numbers.\n  Its toarray() gives an array.",
    ),
    "an array of another library that gives none": (
        lambda: x * Elsewhere(),
        mg.DTypeError,
        "Mul was given an object of the type Elsewhere: it lies on another device",
    ),
    "numbers with a unit": (
        lambda: x * np.ones(3).view(Lengths),
        mg.DTypeError,
        "Mul was given numbers with the unit m, which a graph does not know.\n"
        "  Give the numbers alone, in a unit that is always the same.",
    ),
    "a complex number": (
        lambda: x * 1j,
        mg.DTypeError,
        "Mul was given complex numbers, not real numbers.",
    ),
    "ragged rows": (
        lambda: mg.Tanh([[1], [1, 2]]),
        mg.ShapeError,
        "Tanh was given rows of different lengths, which make no array of numbers.",
    ),
    "a list of nodes": (
        lambda: mg.Tanh([x, x]),
        mg.OperationError,
        "Tanh was given a list of nodes: np.stack joins them into one node.",
    ),
    "a graph as an operand": (
        lambda: mg.Tanh(graph),
        mg.DTypeError,
        "Tanh was given an object of the type Graph, not real numbers.",
    ),
    "a whole number of too many digits": (
        lambda: x * 10**30,
        mg.DTypeError,
        "Mul was given a whole number beyond 64 bits: write it as a floating-point number.",
    ),
}
MISTAKES = SHAPES | TYPES


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_mistake_is_told_in_these_words(mistake):
    make, kind, message = MISTAKES[mistake]
    with pytest.raises(kind) as told:
        make()
    assert re.sub(r"\btest_misuse\.py:\d+", "here", str(told.value)) == message
