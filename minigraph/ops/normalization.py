"""Normalisation: values brought to mean 0 and variance 1, over axes or by given statistics, then scaled and shifted."""

from collections.abc import Mapping

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.leaves import Variable
from minigraph.core.node import Node, described
from minigraph.core.shapes import broadcast
from minigraph.core.values import widened
from minigraph.ops.checks import AlongAxis, axes_of, refused
from minigraph.ops.convolution import over_channels, per_channel
from minigraph.ops.norms import ReduceL1, ReduceL2
from minigraph.ops.reductions import ReduceMean
from minigraph.ops.shape import Size

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "LayerNormalization",
    "LpNormalization",
    "RMSNormalization",
]


def mean_of(x, axes):
    """The mean over the axes, which stay; of nothing it is not a number, which NumPy's own warns of."""
    return ReduceMean.apply(x, axes=axes, keepdims=True)


def standardized(x, axes, epsilon):
    """(x − mean) / deviation over the axes, and the deviation, √(variance + ε)."""
    centred = x - mean_of(x, axes)
    deviation = np.sqrt(mean_of(centred * centred, axes) + epsilon)
    return centred / deviation, deviation


def standardized_gradient(gradient, standard, deviation, axes):
    """The gradient for x from that for its standardised values: what changes mean or variance is taken out."""
    along = standard * mean_of(gradient * standard, axes)
    return (gradient - mean_of(gradient, axes) - along) / deviation


def check_channels(node, x, *numbers):
    """Raise unless x has channels, along axis 1, and each of the others holds one number for each of them."""
    if x.ndim < 2:
        raise refused(node, f"takes N × C × …, with channels along axis 1, not {described(x)}", x)
    for each in numbers:
        if each.shape != x.shape[1:2]:
            takes = f"takes one number for each of the {x.shape[1]} channels of {described(x)}"
            raise refused(node, f"{takes}, not {described(each)}", each, x)


class _LastAxes(Node):
    """The base of normalising over the last axes: those from `axis` on, and ε, which keeps the divisor from 0."""

    axis: int = -1
    epsilon: float = 1e-5
    floating = True

    def axes(self, x):
        """The axes from `axis` to the last."""
        return tuple(range(self.axis % x.ndim, x.ndim))

    def infer(self, x, *numbers):
        (self.axis,) = axes_of(x, self.axis)
        for each in numbers:
            if broadcast(x.shape, each.shape) != x.shape:
                raise refused(self, f"cannot spread {described(each)} over {described(x)}", each, x)
        return x.shape, x.dtype


class LayerNormalization(_LastAxes):
    """(x − mean) / √(variance + ε) · scale + bias, with the mean and variance over the axes from `axis` to the last.

    Source: J. Ba, J. Kiros, G. Hinton, "Layer Normalization", 2016.

    >>> LayerNormalization.apply(np.array([[1.0, 3.0]]), np.ones(2)).round(3)
    array([[-1.,  1.]])
    """

    def forward(self, x, scale, bias=None, out=None):
        y = standardized(x, self.axes(x), self.epsilon)[0] * scale
        return y if bias is None else y + bias

    def backward(self, gradient, y, x, scale, bias=None):
        standard, deviation = standardized(x, self.axes(x), self.epsilon)
        for_x = standardized_gradient(gradient * scale, standard, deviation, self.axes(x))
        return (for_x, gradient * standard) if bias is None else (for_x, gradient * standard, gradient)


class RMSNormalization(_LastAxes):
    """x / √(mean of x² + ε) · scale, with the mean over the axes from `axis` to the last.

    Source: B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization", 2019.

    >>> RMSNormalization.apply(np.array([[1.0, 7.0]]), np.ones(2)).round(3)
    array([[0.2, 1.4]])
    """

    def forward(self, x, scale, out=None):
        return x / self.root(x) * scale

    def backward(self, gradient, y, x, scale):
        size, scaled = self.root(x), gradient * scale
        unit = x / size
        along = unit * ReduceMean.apply(scaled * unit, axes=self.axes(x))
        return (scaled - along) / size, gradient * unit

    def root(self, x):
        """√(mean of x² + ε)."""
        return np.sqrt(ReduceMean.apply(x * x, axes=self.axes(x)) + self.epsilon)


class InstanceNormalization(Node):
    """(x − mean) / √(variance + ε) · scale + bias over the places of each channel of each image, N × C × D1 × ….

    Source: D. Ulyanov, A. Vedaldi, V. Lempitsky, "Instance Normalization", 2016.

    >>> InstanceNormalization.apply(np.array([[[1.0, 3.0]]]), np.ones(1), np.zeros(1)).round(3)
    array([[[-1.,  1.]]])
    """

    epsilon: float = 1e-5
    floating = True

    def forward(self, x, scale, bias, out=None):
        standard, _ = standardized(x, tuple(range(2, x.ndim)), self.epsilon)
        return standard * per_channel(scale, x.ndim) + per_channel(bias, x.ndim)

    def backward(self, gradient, y, x, scale, bias):
        axes = tuple(range(2, x.ndim))
        standard, deviation = standardized(x, axes, self.epsilon)
        for_x = standardized_gradient(gradient * per_channel(scale, x.ndim), standard, deviation, axes)
        return for_x, over_channels(gradient * standard), over_channels(gradient)

    def infer(self, x, scale, bias):
        check_channels(self, x, scale, bias)
        if x.ndim < 3 or 0 in x.shape[2:]:
            raise refused(self, f"takes an image, N × C × D1 × …, not {described(x)}", x)
        return x.shape, x.dtype


class BatchNormalization(Node):
    """(x − mean) / √(variance + ε) · scale + bias, by the mean and variance of each channel, along axis 1.

    Shapes: x is N × C × …, and scale, bias, mean and variance are C. They are the given statistics, such as the running ones of
    a training; `mg.blocks.batch_normalization` composes it with its variables.

    Attributes
    ----------
    epsilon : float
        What is added to the variance, so that no divisor is 0.
    training_mode : bool
        Whether mean and variance are those of the batch, over all axes but 1. A training step then moves the given ones, where
        they are variables, towards them: to running · momentum + batch · (1 − momentum), as ONNX does, with the variance of the
        batch itself, not that of what it was drawn from.
    momentum : float
        How much of the running statistics stays in such a step, from 0 to 1.

    Source: S. Ioffe, C. Szegedy, "Batch Normalization", 2015.

    >>> one = np.ones(1)
    >>> BatchNormalization.apply(np.array([[3.0]]), one, one, one, 4 * one).round(3)
    array([[2.]])
    """

    epsilon: float = 1e-5
    momentum: float = 0.9
    training_mode: bool = False
    floating = True

    def forward(self, x, scale, bias, mean, variance, out=None):
        centred, deviation = self.centred(x, mean, variance)
        return centred * (per_channel(scale, x.ndim) / deviation) + per_channel(bias, x.ndim)

    def backward(self, gradient, y, x, scale, bias, mean, variance):
        centred, deviation = self.centred(x, mean, variance)
        standard, scaled = centred / deviation, per_channel(scale, x.ndim)
        along, across = (np.sum(each, axis=self.axes(x), keepdims=True) for each in (gradient * standard, gradient))
        for_scale, for_bias = np.reshape(along, np.shape(scale)), np.reshape(across, np.shape(scale))
        if self.training_mode:  # what changes mean or variance is taken out
            count = Size.apply(x, axes=self.axes(x))
            for_x = (gradient - across / count - standard * (along / count)) / deviation * scaled
            return for_x, for_scale, for_bias, None, None
        factor = scale / np.sqrt(variance + self.epsilon)
        for_x, for_variance = gradient * per_channel(factor, x.ndim), -0.5 * for_scale * scale / (variance + self.epsilon)
        return for_x, for_scale, for_bias, -for_bias * factor, for_variance

    def centred(self, x, mean, variance):
        """x less the mean of its channel, and the deviation of each channel."""
        if self.training_mode:
            centred = x - mean_of(x, self.axes(x))
            return centred, np.sqrt(mean_of(centred * centred, self.axes(x)) + self.epsilon)
        return x - per_channel(mean, x.ndim), per_channel(np.sqrt(variance + self.epsilon), x.ndim)

    def axes(self, x):
        """All axes but that of the channels."""
        return (0, *range(2, x.ndim))

    def running(self, updates: Mapping[Variable, Node]) -> dict[Variable, Node]:
        """What a training step makes of the running statistics that are variables, after what updates make of them."""
        x, _, _, *running = self.operands
        x = widened(x)
        centre = mean_of(x, self.axes(x))
        variance = mean_of((x - centre) * (x - centre), self.axes(x))
        moved = {}
        for old, batch in zip(running, (centre, variance), strict=True):
            if isinstance(old, Variable):
                new = self.momentum * widened(updates.get(old, old)) + (1 - self.momentum) * batch.reshape(old.shape)
                moved[old] = new if new.dtype == old.dtype else new.astype(old.dtype)
        return moved

    def infer(self, x, scale, bias, mean, variance):
        check_channels(self, x, scale, bias, mean, variance)
        if not 0 <= self.momentum <= 1:
            raise refused(self, f"takes a momentum from 0 to 1, not {self.momentum!r}", error=OperationError)
        return x.shape, x.dtype


class GroupNormalization(Node):
    """(x − mean) / √(variance + ε) · scale + bias over the channels of each group and their places, N × C × D1 × ….

    The channels, along axis 1, are split into `num_groups` groups of neighbours; scale and bias hold one number a channel.

    Source: Y. Wu, K. He, "Group Normalization", 2018.

    >>> x = np.array([[1.0, 3.0, 5.0, 9.0]])
    >>> GroupNormalization.apply(x, np.ones(4), np.zeros(4), num_groups=2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """

    num_groups: int
    epsilon: float = 1e-5
    floating = True

    def forward(self, x, scale, bias, out=None):
        standard, _ = self.standard(x)
        return np.reshape(standard, np.shape(x)) * per_channel(scale, x.ndim) + per_channel(bias, x.ndim)

    def backward(self, gradient, y, x, scale, bias):
        standard, deviation = self.standard(x)
        scaled = self.grouped(gradient * per_channel(scale, x.ndim), x)
        for_x = standardized_gradient(scaled, standard, deviation, tuple(range(2, x.ndim + 1)))
        for_scale = over_channels(gradient * np.reshape(standard, np.shape(x)))
        return np.reshape(for_x, np.shape(x)), for_scale, over_channels(gradient)

    def standard(self, x):
        """The groups standardised, N × groups × channels of one × D1 × …, and their deviations."""
        return standardized(self.grouped(x, x), tuple(range(2, x.ndim + 1)), self.epsilon)

    def grouped(self, each, x):
        """An array of the shape of x with the channels in groups."""
        return np.reshape(each, (x.shape[0], self.num_groups, x.shape[1] // self.num_groups, *x.shape[2:]))

    def infer(self, x, scale, bias):
        check_channels(self, x, scale, bias)
        groups, channels = self.num_groups, x.shape[1]
        if groups < 1 or channels == 0 or channels % groups != 0 or 0 in x.shape[2:]:
            raise refused(self, f"cannot split the channels of {described(x)} into {groups} groups", x)
        return x.shape, x.dtype


class LpNormalization(AlongAxis):
    """x / ‖x‖ along `axis`, by the sum of the absolute values for p = 1, or the Euclidean length for p = 2.

    Where all of x is 0 the value is 0, and so is its derivative by convention.

    Source: ONNX, operator set 22.

    >>> LpNormalization.apply(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """

    p: int = 2
    floating = True

    def forward(self, x, out=None):
        return x / self.divisor(x)[0]

    def backward(self, gradient, y, x):
        divisor, is_zero = self.divisor(x)
        along = (np.sign(x) if self.p == 1 else y) * np.sum(gradient * y, axis=self.axis, keepdims=True)
        return np.where(is_zero, 0, gradient - along) / divisor

    def divisor(self, x):
        """The norm, or 1 where it is 0, and whether it is."""
        norm = (ReduceL1 if self.p == 1 else ReduceL2).apply(x, axes=self.axis, keepdims=True)
        is_zero = np.equal(norm, 0)
        return np.where(is_zero, 1, norm), is_zero

    def infer(self, x):
        if self.p not in (1, 2):
            raise refused(self, f"takes p=1 or p=2, not {self.p!r}", x, error=OperationError)
        return super().infer(x)
