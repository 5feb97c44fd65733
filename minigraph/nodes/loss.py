"""Losses."""

import numpy as np

from minigraph.errors import DTypeError, OperationError, ShapeError, listing
from minigraph.node import Node, described, places
from minigraph.nodes.activation import LogSoftmax, Softmax
from minigraph.nodes.index import OneHot, whole_numbers, within
from minigraph.nodes.shape import axes_of, some_elements

__all__ = ["SoftmaxCrossEntropy"]

REDUCTIONS = ("mean", "sum", "none")


class SoftmaxCrossEntropy(Node):
    """−Σ t · ln softmax(z) over the classes along `axis`, then the mean (or sum, or none) over the rest.

    The targets t are either class labels, whole numbers, or a distribution of the shape of z ("soft" targets). This is
    ONNX's SoftmaxCrossEntropyLoss, whose classes lie along axis 1. The mean of no rows is not a number, and its
    gradient is empty.

    >>> import minigraph as mg
    >>> z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    >>> mg.SoftmaxCrossEntropy(z, y)
    SoftmaxCrossEntropy (scalar, float32)
    """

    reduction: str = "mean"
    axis: int = -1
    floating = True
    selectors = ("targets",)

    def forward(self, z, targets, out=None):
        logarithms = LogSoftmax.apply(z, axis=self.axis)
        soft = targets.dtype.kind == "f"
        taken = targets * logarithms if soft else np.where(self.chosen(z, targets, bool), logarithms, 0)
        if self.reduction == "mean":
            return -taken.sum() / self.rows(z, targets)
        return -taken.sum(axis=self.axis if self.reduction == "none" else None)

    def backward(self, gradient, y, z, targets):
        if self.reduction == "mean":
            gradient = gradient / self.rows(z, targets)
        if self.reduction == "none":
            gradient = np.expand_dims(gradient, self.axis)
        probabilities = Softmax.apply(z, axis=self.axis)
        if targets.dtype.kind != "f":
            return gradient * (probabilities - self.chosen(z, targets, z.dtype)), None
        for_z = gradient * (probabilities * targets.sum(axis=self.axis, keepdims=True) - targets)
        return for_z, -gradient * LogSoftmax.apply(z, axis=self.axis)

    def rows(self, z, targets):
        """How many distributions there are."""
        if targets.dtype.kind != "f":
            return targets.size
        return np.size(z, axis=tuple(axis for axis in range(z.ndim) if axis != self.axis % z.ndim))

    def chosen(self, z, labels, dtype):
        """The labels as one-hot rows over the classes of z."""
        return OneHot.apply(labels, depth=z.shape[self.axis], axis=self.axis, to=dtype)

    def infer(self, z, targets):
        if self.reduction not in REDUCTIONS:
            raise OperationError(
                f"SoftmaxCrossEntropy takes a reduction of {listing(REDUCTIONS, 'or')}, not {self.reduction!r}."
            )
        (self.axis,) = axes_of(z, self.axis)
        some_elements(self, z, z.shape, (self.axis,))
        rows = z.shape[: self.axis] + z.shape[self.axis + 1 :]
        soft = targets.dtype.kind == "f"
        if not soft and isinstance(z.shape[self.axis], str):
            raise ShapeError(f"SoftmaxCrossEntropy needs to know the number of classes of {described(z)}.{places(z)}")
        expected = z.shape if soft else rows
        if targets.shape != expected:
            kind = "a distribution for each row" if soft else "a label for each row"
            raise ShapeError(
                f"SoftmaxCrossEntropy takes {kind} of {described(z)}, but {described(targets)} is not of that shape."
                f"{places(z, targets)}\n  Labels are whole numbers, one a row: Input('y', ('N',), dtype=np.int64)."
            )
        if not soft:
            whole_numbers(self, targets, "labels")
        elif targets.dtype != z.dtype:
            raise DTypeError(
                f"SoftmaxCrossEntropy cannot mix floating types: {z} is {z.dtype} and {targets} is {targets.dtype}."
                f"{places(z, targets)}\n  Convert one with .astype(…)."
            )
        return rows if self.reduction == "none" else (), z.dtype

    def validate(self, z, targets):
        some_elements(self, self.operands[0], z.shape, (self.axis,))
        if targets.dtype.kind != "f":
            within(self, self.operands[1], targets, 0, z.shape[self.axis], "labels")
