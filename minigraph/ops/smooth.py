"""Activations without a kink (and Hardmax, which is all steps). All are finite at ±1000, and so are their gradients."""

import math

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node
from minigraph.ops.activations import Sigmoid, _Distribution
from minigraph.ops.elementary import Erf
from minigraph.ops.gather import OneHot

__all__ = ["Gelu", "Hardmax", "LogSigmoid", "Mish", "Softplus", "Softsign", "Swish"]


class Softplus(Node):
    """ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^(−|x|)), which does not overflow.

    >>> Softplus.apply(np.array([-100.0, 0.0, 100.0])).round(3)
    array([  0.   ,   0.693, 100.   ])
    """

    floating = True

    def forward(self, x, out=None):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, gradient, y, x):
        return gradient * Sigmoid.apply(x)


class LogSigmoid(Node):
    """The logarithm of the logistic function, −ln(1 + e⁻ˣ). It is PyTorch's; ONNX has none.

    >>> LogSigmoid.apply(np.array([-100.0, 0.0])).round(3)
    array([-100.   ,   -0.693])
    """

    floating = True

    def forward(self, x, out=None):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))

    def backward(self, gradient, y, x):
        return gradient * Sigmoid.apply(-x)


class Softsign(Node):
    """x / (1 + |x|).

    >>> Softsign.apply(np.array([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """

    floating = True

    def forward(self, x, out=None):
        return x / (1 + np.abs(x))

    def backward(self, gradient, y, x):
        scale = 1 + np.abs(x)
        return gradient / (scale * scale)


class Gelu(Node):
    """x times the probability that a normal number is below x; or, with `approximate="tanh"`, close to it.

    D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016: x/2 · (1 + erf(x/√2)), or
    x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).

    >>> Gelu.apply(np.array([-1000.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.8413])
    """

    approximate: str = "none"
    floating = True

    def forward(self, x, out=None):
        return x * self.probability(x)

    def backward(self, gradient, y, x):
        return gradient * (self.probability(x) + x * self.density(x))

    def probability(self, x):
        """How much of x passes."""
        if self.approximate == "tanh":
            return 0.5 * (1 + np.tanh(math.sqrt(2 / math.pi) * x * (1 + 0.044715 * (x * x))))
        return 0.5 * (1 + Erf.apply(x / math.sqrt(2)))

    def density(self, x):
        """The derivative of that."""
        if self.approximate == "tanh":
            twice = 2 * self.probability(x) - 1
            return 0.5 * (1 - twice * twice) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * (x * x))
        return np.exp(-0.5 * (x * x)) / math.sqrt(2 * math.pi)

    def infer(self, x):
        if self.approximate not in ("none", "tanh"):
            raise OperationError(f'The attribute approximate of Gelu is "none" or "tanh", not {self.approximate!r}.')
        return x.shape, x.dtype


class Swish(Node):
    """x times the logistic function of `alpha` · x. With alpha 1 it is also called SiLU.

    P. Ramachandran, B. Zoph, Q. Le, Searching for activation functions, 2017.

    >>> Swish.apply(np.array([-50.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.7311])
    """

    alpha: float = 1.0
    floating = True

    def forward(self, x, out=None):
        return x * Sigmoid.apply(self.alpha * x)

    def backward(self, gradient, y, x):
        passed = Sigmoid.apply(self.alpha * x)
        return gradient * passed * (1 + self.alpha * x * (1 - passed))


class Mish(Node):
    """x · tanh(softplus(x)).

    D. Misra, Mish: a self regularized non-monotonic activation function, 2019.

    >>> Mish.apply(np.array([-1000.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.8651])
    """

    floating = True

    def forward(self, x, out=None):
        return x * np.tanh(Softplus.apply(x))

    def backward(self, gradient, y, x):
        passed = np.tanh(Softplus.apply(x))
        return gradient * (passed + x * (1 - passed * passed) * Sigmoid.apply(x))


class Hardmax(_Distribution):
    """1 at the largest element along `axis`, the first one where several tie, and 0 elsewhere. It takes no derivative.

    >>> Hardmax.apply(np.array([[1.0, 3.0, 2.0]]))
    array([[0., 1., 0.]])
    """

    def forward(self, x, out=None):
        place = np.argmax(x, axis=self.axis)
        return OneHot.apply(place, depth=x.shape[self.axis], axis=self.axis, to=x.dtype)

    def backward(self, gradient, y, x):
        return None
