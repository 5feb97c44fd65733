"""Softmax, its logarithm, and the hard one: the elements along an axis, or two values, as one distribution."""

import math

import numpy as np

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import composes
from minigraph.ops.activations import Sigmoid
from minigraph.ops.checks import AlongAxis, NeedsElements, WithoutDerivative
from minigraph.ops.gather import OneHot

__all__ = ["Hardmax", "LogAddExp", "LogSoftmax", "Softmax"]


class _Distribution(NeedsElements, AlongAxis):
    """The base of all three: the elements along `axis` are one distribution."""

    floating = True


class Softmax(_Distribution):
    """The distribution with probabilities proportional to eˣ along `axis`, the last one unless given.

    The largest element is subtracted first, so that no power overflows.

    >>> Softmax.apply(np.array([1000.0, 1000.0, -1000.0]))
    array([0.5, 0.5, 0. ])
    """

    def forward(self, x, out=None):
        powers = np.exp(x - x.max(axis=self.axis, keepdims=True))
        return powers / powers.sum(axis=self.axis, keepdims=True)

    def backward(self, gradient, y, x):
        return y * (gradient - (gradient * y).sum(axis=self.axis, keepdims=True))


class LogSoftmax(_Distribution):
    """The logarithm of the softmax along `axis`, x − ln Σ eˣ, finite where the softmax itself is 0.

    >>> LogSoftmax.apply(np.array([1000.0, -1000.0]))
    array([    0., -2000.])
    """

    def forward(self, x, out=None):
        shifted = x - x.max(axis=self.axis, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=self.axis, keepdims=True))

    def backward(self, gradient, y, x):
        return gradient - np.exp(y) * gradient.sum(axis=self.axis, keepdims=True)


class Hardmax(WithoutDerivative, _Distribution):
    """1 at the largest element along `axis`, the first one where several tie, and 0 elsewhere. It takes no derivative.

    >>> Hardmax.apply(np.array([[1.0, 3.0, 2.0]]))
    array([[0., 1., 0.]])
    """

    def forward(self, x, out=None):
        place = np.argmax(x, axis=self.axis)
        return OneHot.apply(place, depth=x.shape[self.axis], axis=self.axis, to=x.dtype)


class LogAddExp(Node, ufunc=np.logaddexp, numpy=np.logaddexp):
    """The logarithm of eᵃ + eᵇ, in which no power overflows. It is NumPy's; ONNX has none.

    Its derivatives are the probabilities of a softmax of both, 1 / (1 + e^(b − a)) and 1 / (1 + e^(a − b)).

    >>> LogAddExp.apply(np.array([0.0, 1000.0]), np.array([0.0, -1000.0])).round(3)
    array([6.93e-01, 1.00e+03])
    """

    def backward(self, gradient, y, a, b):
        return gradient * Sigmoid.apply(a - b), gradient * Sigmoid.apply(b - a)


composes(np.logaddexp2)(lambda a, b: LogAddExp(a * math.log(2), b * math.log(2)) / math.log(2))
