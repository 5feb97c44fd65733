"""Cross-entropy of labels, distributions and probabilities, and relative entropy.

Gradients are written with the probabilities, so that nothing overflows.
"""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.sizes import SymbolicSize
from minigraph.core.values import numeric
from minigraph.ops.activations import Sigmoid, Softplus
from minigraph.ops.checks import axes_of, check_elements, check_index_type, check_within, one_of, refused
from minigraph.ops.gather import OneHot
from minigraph.ops.losses import REDUCTIONS, Loss
from minigraph.ops.shape import Size
from minigraph.ops.softmax import LogSoftmax, Softmax

__all__ = ["BinaryCrossEntropy", "KLDivergence", "NegativeLogLikelihood", "SoftmaxCrossEntropy"]


class OverClasses(Node):
    """The base of losses over classes: the expected distribution t of each row, and how the losses of rows are reduced.

    Each loss is −Σ w · t · ln p over the classes along `axis`: axis 1 unless given, or 0 where there is no other, as ONNX and
    PyTorch have it. Labels have the shape of the scores without that axis. `class_weights`, a number w for each class, are 1
    unless given. Rows whose label is `ignore_index` count for nothing. The mean over labels is over the weights of their
    classes: where these come to 0, the mean is not finite, and its gradient is 0.
    """

    reduction: str = "mean"
    axis: int | None = None
    class_weights: tuple[float, ...] | None = None
    ignore_index: int | None = None
    label_smoothing = 0.0
    floating = True
    selectors = ("targets",)

    def loss(self, logarithms, targets):
        """The loss, from the logarithms of the probabilities."""
        if self.are_labels(targets) and not self.label_smoothing:  # a sum of one: 0 · −∞ is not met
            taken = np.where(self.chosen(logarithms, targets, bool), self.weighted(logarithms), 0)
        else:
            taken = self.expected(logarithms, targets) * logarithms
        if self.reduction == "mean":
            return -taken.sum() / self.count(logarithms, targets)
        return -taken.sum(axis=self.class_axis(logarithms) if self.reduction == "none" else None)

    def gradient_per_row(self, gradient, logarithms, targets):
        """The gradient for each row, from that for the loss."""
        if self.reduction == "none":
            return np.expand_dims(gradient, self.class_axis(logarithms))
        if self.reduction == "sum":
            return gradient
        count = self.count(logarithms, targets)
        return gradient / (np.where(np.equal(count, 0), np.inf, count) if self.may_be_empty(targets) else count)

    def expected(self, z, targets):
        """What each row should be: its distribution, smoothed and weighted, or zeros for a row that is ignored."""
        if not self.are_labels(targets):
            return self.weighted(self.smoothed(targets, z))
        hot = self.chosen(z, targets, z.dtype)
        if not self.label_smoothing:
            return self.weighted(hot)
        return self.weighted(self.smoothed(hot, z) * hot.sum(axis=self.class_axis(z), keepdims=True))

    def smoothed(self, distribution, z):
        """The distribution with `label_smoothing` of it spread over all classes."""
        if not self.label_smoothing:
            return distribution
        return (1 - self.label_smoothing) * distribution + self.label_smoothing / z.shape[self.class_axis(z)]

    def weighted(self, values):
        """The values of each class times its weight."""
        if self.class_weights is None:
            return values
        behind = (1,) * (values.ndim - 1 - self.class_axis(values) % values.ndim)
        return values * np.reshape(np.asarray(self.class_weights, values.dtype), (-1, *behind))

    def count(self, z, targets):
        """What the mean divides by: how many rows there are, or the sum of the weights of their labels."""
        if not self.are_labels(targets):
            return Size.apply(z, axes=tuple(axis for axis in range(z.ndim) if axis != self.class_axis(z) % z.ndim))
        if not self.may_be_empty(targets):
            return targets.size
        return self.weighted(self.chosen(z, targets, z.dtype)).sum()

    def chosen(self, z, labels, dtype):
        """The labels as one-hot rows over the classes of z; zeros for a label that is ignored."""
        axis = self.class_axis(z)
        if self.ignore_index is None:
            return OneHot.apply(labels, depth=z.shape[axis], axis=axis, to=dtype)
        counts = np.not_equal(labels, self.ignore_index)
        hot = OneHot.apply(np.where(counts, labels, 0), depth=z.shape[axis], axis=axis, to=dtype)
        counted = np.expand_dims(counts, axis)
        return np.logical_and(hot, counted) if dtype is bool else hot * counted.astype(dtype)

    def are_labels(self, targets):
        """Whether the targets are class labels, and not distributions."""
        return targets.dtype.kind != "f"

    def may_be_empty(self, targets):
        """Whether rows can weigh nothing, so that a mean over some of them divides by 0."""
        return self.are_labels(targets) and not (self.class_weights is None and self.ignore_index is None)

    @property
    def weight(self):
        """What the mean divides by, as a node, where that can be 0, or else None.

        >>> import minigraph as mg
        >>> z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
        >>> weight = mg.SoftmaxCrossEntropy(z, y, ignore_index=-1).weight
        >>> float(mg.Graph(weight).forward(y=[1, -1, 0])[weight])
        2.0
        """
        divides = self.reduction == "mean" and self.may_be_empty(self.operands[1])
        return self.count(*self.operands) if divides else None

    def class_axis(self, z):
        """The axis along which the classes lie."""
        return self.usual_axis(z) if self.axis is None else self.axis

    def usual_axis(self, z):
        """The axis of the classes where none is given."""
        return min(1, z.ndim - 1)

    def _as_operands(self, given):
        if len(given) == 2 and all(isinstance(each, Node) for each in given):
            z, targets = given
            if z.dtype.kind != "f" and targets.dtype.kind == "f":
                why = f"takes scores and then their labels, but {z} is {z.dtype} and {targets} is {targets.dtype}"
                remedy = f"Exchange them: {type(self).__name__}(scores, labels)."
                raise refused(self, why, z, targets, remedy=remedy, error=OperationError)
        return super()._as_operands(given)

    def _computing(self, operands):
        """The scores, and targets that are a distribution: both are of one type."""
        targets = operands[1] if len(operands) == 2 else 0
        found = targets if isinstance(targets, Node) else numeric(targets, type(self).__name__)
        return operands if found.dtype.kind == "f" else super()._computing(operands)

    def infer(self, z, targets):
        one_of(self, "reduction", REDUCTIONS)
        (self.axis,) = axes_of(z, self.class_axis(z))
        check_elements(self, z, z.shape, (self.axis,))
        rows, classes = z.shape[: self.axis] + z.shape[self.axis + 1 :], z.shape[self.axis]
        labelled = self.are_labels(targets)
        if isinstance(classes, SymbolicSize) and (self.class_weights is not None or self.label_smoothing):
            raise refused(self, f"needs to know the number of classes of {described(z)}, to weight or smooth them", z)
        if self.class_weights is not None and len(self.class_weights) != classes:
            raise refused(self, f"takes a weight for each of {classes} classes, not {len(self.class_weights)}", z)
        if targets.shape != (rows if labelled else z.shape):
            why = f"takes a {'label' if labelled else 'distribution'} for each row of {described(z)}"
            why = f"{why}, but {described(targets)} is not of that shape"
            raise refused(self, why, z, targets, remedy=self.remedy(z, targets))
        if labelled:
            check_index_type(self, targets, "labels")
        return rows if self.reduction == "none" else (), z.dtype

    def remedy(self, z, targets):
        """What to do about targets of another shape than the scores ask for."""
        if z.ndim > 2 and targets.shape == z.shape[:-1]:
            return f"Its classes are those along axis {self.axis}; give axis=-1 if they lie along the last one."
        return "Labels are whole numbers, one a row: Input('y', ('N',), dtype=np.int64)."

    def validate(self, z, targets):
        check_elements(self, self.operands[0], z.shape, (self.axis,))
        if self.are_labels(targets):
            counted = targets if self.ignore_index is None else targets[targets != self.ignore_index]
            if isinstance(classes := z.shape[self.axis], int):
                check_within(self, self.operands[1], counted, 0, classes, "labels")


class SoftmaxCrossEntropy(OverClasses):
    """−Σ t · ln softmax(z) over the classes along `axis`, then the mean (or sum, or none) over the rest.

    The scores z are N × C × …, floating-point numbers. The targets t are either class labels, whole numbers in the shape of z
    without its class axis, or distributions in the shape of z ("soft" targets). The value is a scalar, or has the shape of
    labels with reduction="none". This is ONNX's SoftmaxCrossEntropyLoss with PyTorch's attributes.

    Attributes
    ----------
    axis : int
        The axis of the classes: 1 by default, or 0 where z has no other.
    reduction : str
        "mean" over the rows (weighted, where labels have weights), "sum" or "none". The mean of no rows, or of rows that all
        weigh 0, is not finite, and its gradient is 0.
    class_weights : tuple of float
        A number for each class, by which its part of the loss is multiplied; 1 by default.
    ignore_index : int
        The label of rows that count for nothing; none by default.
    label_smoothing : float
        How much of each distribution is spread over all classes, from 0 to 1. Source: C. Szegedy and others, "Rethinking the
        Inception architecture for computer vision", 2016.

    >>> import minigraph as mg
    >>> z, y = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    >>> mg.SoftmaxCrossEntropy(z, y)
    SoftmaxCrossEntropy (scalar, float32)
    """

    label_smoothing: float = 0.0

    def forward(self, z, targets, out=None):
        return self.loss(LogSoftmax.apply(z, axis=self.class_axis(z)), targets)

    def backward(self, gradient, y, z, targets):
        axis, gradient = self.class_axis(z), self.gradient_per_row(gradient, z, targets)
        probabilities, expected = Softmax.apply(z, axis=axis), self.expected(z, targets)
        if self.are_labels(targets) and not self.may_be_empty(targets):
            return gradient * (probabilities - expected), None  # (ŷ − y) / N, where y are the labels; here y is the loss
        # the sum of t is not 1 where labels are weighted or ignored, or a distribution is not normalized: ŷ · Σ t − t
        for_z = gradient * (probabilities * expected.sum(axis=axis, keepdims=True) - expected)
        if self.are_labels(targets):
            return for_z, None
        return for_z, -gradient * self.weighted(LogSoftmax.apply(z, axis=axis)) * (1 - self.label_smoothing)

    def infer(self, z, targets):
        if not 0 <= self.label_smoothing <= 1:
            raise refused(self, f"takes a label_smoothing from 0 to 1, not {self.label_smoothing!r}", error=OperationError)
        return super().infer(z, targets)


class NegativeLogLikelihood(OverClasses):
    """−ln p of each row's label, from the logarithms of the probabilities along `axis`; then the mean (or sum, or none).

    This is ONNX's NegativeLogLikelihoodLoss, with an `axis`: 1 unless given, or 0 where there is no other.

    >>> import minigraph as mg
    >>> float(mg.NegativeLogLikelihood.apply(np.log([[0.5, 0.5]]), np.array([1])).round(3))
    0.693
    """

    def forward(self, logarithms, targets, out=None):
        return self.loss(logarithms, targets)

    def backward(self, gradient, y, logarithms, targets):
        gradient = self.gradient_per_row(gradient, logarithms, targets)
        expected = self.expected(logarithms, targets)
        return -gradient * expected, None if self.are_labels(targets) else -gradient * self.weighted(logarithms)


class BinaryCrossEntropy(Loss):
    """−t ln p − (1 − t) ln(1 − p), of probabilities p, or with `logits=True` of p = 1 / (1 + e⁻ˣ), which does not overflow.

    Of probabilities, logarithms are not taken below −100, as PyTorch does, so that 0 and 1 have a finite loss.

    >>> BinaryCrossEntropy.apply(np.array([0.5]), np.array([1.0]), reduction="none").round(3)
    array([0.693])
    >>> BinaryCrossEntropy.apply(np.array([-1000.0]), np.array([1.0]), logits=True, reduction="none")
    array([1000.])
    """

    logits: bool = False

    def losses(self, x, t):
        if self.logits:
            return Softplus.apply(x) - t * x
        return -(t * np.maximum(np.log(x), -100) + (1 - t) * np.maximum(np.log(1 - x), -100))

    def derivatives(self, x, t):
        if self.logits:
            return Sigmoid.apply(x) - t, -x
        # The bound keeps 0/0 away; PyTorch has the same.
        return (x - t) / np.maximum(x * (1 - x), 1e-12), np.maximum(np.log(1 - x), -100) - np.maximum(np.log(x), -100)


class KLDivergence(Loss):
    """t · (ln t − x), from the logarithms x of a distribution to the distribution t; with `log_target`, t is given as ln t.

    Where t is 0 the loss is 0. The mean is over all elements, as PyTorch's "mean" is.

    >>> float(KLDivergence.apply(np.log([[0.5, 0.5]]), np.array([[0.5, 0.5]]), reduction="sum"))
    0.0
    """

    log_target: bool = False

    def losses(self, x, t):
        if self.log_target:
            return np.exp(t) * (t - x)
        return t * (np.log(np.where(np.equal(t, 0), 1, t)) - x)

    def derivatives(self, x, t):
        if self.log_target:
            return -np.exp(t), np.exp(t) * (t - x + 1)
        none = np.equal(t, 0)
        return -t, np.where(none, -x, np.log(np.where(none, 1, t)) - x + 1)
