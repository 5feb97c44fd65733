"""Losses between predictions and targets: of regression, of margins, and of angles and distances between vectors."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.ops.checks import axes_of, check_same_shape, one_of, refused
from minigraph.ops.norms import ReduceL2
from minigraph.ops.shape import Size

__all__ = ["CosineSimilarity", "Hinge", "Huber", "MeanAbsoluteError", "MeanSquaredError", "TripletMargin"]


REDUCTIONS = ("mean", "sum", "none")


class Loss(Node):
    """The base of losses: `losses` gives the loss of each element, `derivatives` its derivative by each operand.

    The `reduction` is the mean of the losses, or their sum, or "none".
    """

    reduction: str = "mean"
    floating = True

    def forward(self, x, t, out=None):
        return self.reduced(self.losses(x, t))

    def reduced(self, losses):
        """The mean of the losses, or their sum, or they themselves."""
        if self.reduction == "none":
            return losses
        return losses.sum() if self.reduction == "sum" else losses.sum() / losses.size

    def backward(self, gradient, y, *operands):
        if self.reduction == "mean":
            gradient = gradient / self.count(*operands)
        return tuple(gradient * derivative for derivative in self.derivatives(*operands))

    def count(self, prediction, *others):
        """How many losses the mean is over."""
        return prediction.size

    def infer(self, *operands):
        one_of(self, "reduction", REDUCTIONS)
        check_same_shape(self, operands)
        return operands[0].shape if self.reduction == "none" else (), operands[0].dtype


class MeanSquaredError(Loss):
    """(x − t)², and the mean of that.

    >>> float(MeanSquaredError.apply(np.array([1.0, 2.0]), np.array([0.0, 4.0])))
    2.5
    """

    def losses(self, x, t):
        return (x - t) * (x - t)

    def derivatives(self, x, t):
        return 2 * (x - t), 2 * (t - x)


class MeanAbsoluteError(Loss):
    """|x − t|, and the mean of that: the L1 loss. Its derivative at 0 is taken to be 0.

    >>> float(MeanAbsoluteError.apply(np.array([1.0, 2.0]), np.array([0.0, 4.0])))
    1.5
    """

    def losses(self, x, t):
        return np.abs(x - t)

    def derivatives(self, x, t):
        return np.sign(x - t), np.sign(t - x)


class Huber(Loss):
    """½ (x − t)² where |x − t| is at most `delta`, and delta · (|x − t| − ½ delta) beyond.

    P. Huber, Robust estimation of a location parameter, 1964.

    >>> Huber.apply(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    array([0.125, 2.5  ])
    """

    delta: float = 1.0

    def losses(self, x, t):
        inside = np.minimum(np.abs(x - t), self.delta)
        return inside * (np.abs(x - t) - 0.5 * inside)

    def derivatives(self, x, t):
        inside = np.minimum(np.maximum(x - t, -self.delta), self.delta)
        return inside, -inside


class Hinge(Loss):
    """max(0, `margin` − t · x), of scores x and targets t that are −1 or 1. At the margin its derivative is taken to be 0.

    C. Cortes, V. Vapnik, Support-vector networks, 1995.

    >>> Hinge.apply(np.array([0.5, 2.0]), np.array([1.0, 1.0]), reduction="none")
    array([0.5, 0. ])
    """

    margin: float = 1.0

    def losses(self, x, t):
        return np.maximum(self.margin - t * x, 0)

    def derivatives(self, x, t):
        reached = t * x >= self.margin
        return np.where(reached, 0, -t), np.where(reached, 0, -x)


class CosineSimilarity(Node):
    """The cosine of the angle between a and b along `axis`, Σ ab / (‖a‖ ‖b‖); of zeros it is taken to be 0.

    >>> CosineSimilarity.apply(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]])).round(3)
    array([0.707])
    """

    axis: int = -1
    floating = True

    def forward(self, a, b, out=None):
        a, b = self.paired(a, b)
        return (self.unit(a) * self.unit(b)).sum(axis=self.axis)

    def backward(self, gradient, y, a, b):
        a, b = self.paired(a, b)
        gradient, cosine = np.expand_dims(gradient, self.axis), np.expand_dims(y, self.axis)
        return (
            gradient * (self.unit(b) - cosine * self.unit(a)) / self.length(a),
            gradient * (self.unit(a) - cosine * self.unit(b)) / self.length(b),
        )

    def paired(self, a, b):
        """Both in the shape of their pairs: a number that broadcasts over a vector counts once for each of its elements."""
        if a.shape == b.shape:
            return a, b
        pairs = np.shape(a * b)
        return np.broadcast_to(a, pairs), np.broadcast_to(b, pairs)

    def length(self, x):
        """The length of each vector, or 1 where it is 0."""
        length = ReduceL2.apply(x, axes=(self.axis,))
        return np.where(np.equal(length, 0), 1, length)

    def unit(self, x):
        """Each vector with the length 1."""
        return x / self.length(x)

    def infer(self, a, b):
        shape = self.broadcast(a, b)
        if not shape:
            raise refused(self, f"compares vectors, not {described(a)} with {described(b)}", a, b)
        (self.axis,) = axes_of(a if a.ndim >= b.ndim else b, self.axis)
        if a.ndim != b.ndim:
            raise refused(self, f"takes as many axes of {described(a)} as of {described(b)}", a, b)
        return shape[: self.axis] + shape[self.axis + 1 :], a.dtype


class TripletMargin(Loss):
    """max(0, ‖a − p‖ − ‖a − n‖ + `margin`), of an anchor a, a positive p and a negative n along the last axis.

    Distances are Euclidean, of differences to which 1e-6 is added, as PyTorch does, so that they have a derivative at 0.
    F. Schroff, D. Kalenichenko, J. Philbin, FaceNet, 2015.

    >>> a, p, n = np.array([[0.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([[3.0, 4.0]])
    >>> float(TripletMargin.apply(a, p, n))
    0.0
    """

    margin: float = 1.0

    def forward(self, a, p, n, out=None):
        return self.reduced(self.losses(a, p, n))

    def losses(self, a, p, n):
        return np.maximum(self.distance(a, p) - self.distance(a, n) + self.margin, 0)[..., 0]

    def derivatives(self, a, p, n):
        near, far = self.distance(a, p), self.distance(a, n)
        misses = near - far + self.margin > 0
        to_p, to_n = (a - p + 1e-6) / near, (a - n + 1e-6) / far
        return np.where(misses, to_p - to_n, 0), np.where(misses, -to_p, 0), np.where(misses, to_n, 0)

    def backward(self, gradient, y, *operands):
        spread = np.expand_dims(gradient, -1) if self.reduction == "none" else gradient
        return super().backward(spread, y, *operands)

    def distance(self, a, b):
        """The distance of each pair of vectors, where that axis stays, with size 1."""
        return ReduceL2.apply(a - b + 1e-6, axes=(-1,))

    def count(self, a, p, n):
        return Size.apply(a, axes=tuple(range(a.ndim - 1)))

    def infer(self, a, p, n):
        shape, dtype = super().infer(a, p, n)
        if not a.ndim:
            raise refused(self, f"compares vectors, not {described(a)}", a, error=OperationError)
        return shape[:-1] if self.reduction == "none" else (), dtype
