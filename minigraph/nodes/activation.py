"""Activations. All are finite for any finite operand, and so are their gradients."""

import numpy as np

from minigraph.node import Node
from minigraph.nodes.shape import axes_of

__all__ = ["LogSoftmax", "Relu", "Sigmoid", "Softmax", "Tanh"]


class Tanh(Node, numpy=np.tanh):
    """The hyperbolic tangent of every element."""

    floating = True

    def forward(self, x, out=None):
        return np.tanh(x, out=out)

    def backward(self, gradient, y, x):
        return gradient * (1 - y * y)


class Sigmoid(Node):
    """The logistic function, 1 / (1 + e⁻ˣ)."""

    floating = True

    def forward(self, x, out=None):
        return 1 / (1 + np.exp(-x))

    def backward(self, gradient, y, x):
        return gradient * y * (1 - y)


class Relu(Node):
    """The positive part, max(x, 0). Its gradient at 0 is taken to be 0."""

    def forward(self, x, out=None):
        return np.maximum(x, 0, out=out)

    def backward(self, gradient, y, x):
        return gradient * (y > 0)


class _AlongAxis(Node):
    """What softmax and its logarithm share: the `axis` whose elements are one distribution."""

    axis: int = -1
    floating = True

    def infer(self, x):
        (self.axis,) = axes_of(x, self.axis)
        return x.shape, x.dtype


class Softmax(_AlongAxis):
    """The distribution with probabilities proportional to eˣ along `axis`."""

    def forward(self, x, out=None):
        powers = np.exp(x - x.max(axis=self.axis, keepdims=True))
        return powers / powers.sum(axis=self.axis, keepdims=True)

    def backward(self, gradient, y, x):
        return y * (gradient - (gradient * y).sum(axis=self.axis, keepdims=True))


class LogSoftmax(_AlongAxis):
    """The logarithm of the softmax along `axis`."""

    def forward(self, x, out=None):
        shifted = x - x.max(axis=self.axis, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=self.axis, keepdims=True))

    def backward(self, gradient, y, x):
        return gradient - np.exp(y) * gradient.sum(axis=self.axis, keepdims=True)
