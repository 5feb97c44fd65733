"""Activations. All are finite for any finite operand, and so are their gradients."""

import numpy as np

from minigraph.core.node import Node
from minigraph.ops.along import AlongAxis, OfSome
from minigraph.ops.arithmetic import OfNumbers

__all__ = ["LogSoftmax", "Relu", "Sigmoid", "Softmax", "Tanh"]


class Tanh(Node, numpy=np.tanh):
    """The hyperbolic tangent of every element.

    >>> Tanh.apply(np.array([-1000.0, 0.0, 1.0])).round(3)
    array([-1.   ,  0.   ,  0.762])
    """

    floating = True

    def forward(self, x, out=None):
        return np.tanh(x, out=out)

    def backward(self, gradient, y, x):
        return gradient * (1 - y * y)


class Sigmoid(Node):
    """The logistic function, 1 / (1 + e⁻ˣ). Where e⁻ˣ overflows to ∞ the value is 0, which is right to the last digit.

    >>> Sigmoid.apply(np.array([0.0, 20.0, 1000.0])).round(3)
    array([0.5, 1. , 1. ])
    """

    floating = True

    def forward(self, x, out=None):
        return 1 / (1 + np.exp(-x))

    def backward(self, gradient, y, x):
        return gradient * y * (1 - y)


class Relu(OfNumbers):
    """The positive part, max(x, 0). Its gradient at 0 is taken to be 0, as PyTorch does.

    >>> Relu.apply(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """

    def forward(self, x, out=None):
        return np.maximum(x, 0, out=out)

    def backward(self, gradient, y, x):
        return gradient * (y > 0)


class _Distribution(OfSome, AlongAxis):
    """What softmax, its logarithm and the hard one share: the elements along `axis` are one distribution."""

    floating = True


class Softmax(_Distribution):
    """The distribution with probabilities proportional to eˣ along `axis`, the last one unless given.

    The largest element is taken off first, so that no power overflows.

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
