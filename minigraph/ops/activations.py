"""Activations, element by element. All are finite for any finite operand, and so are their gradients.

At a kink the derivative is PyTorch's: that of the side on which x is not positive, unless a docstring says otherwise.
What is not a number is on neither side of a kink, and is passed on.
"""

import math

import numpy as np

from minigraph.core.node import Node
from minigraph.ops.arithmetic import OfNumbers
from minigraph.ops.checks import one_of
from minigraph.ops.special import Erf

__all__ = [
    "Celu", "Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "LogSigmoid", "Mish", "PRelu", "Relu", "Selu", "Sigmoid",
    "Softplus", "Softsign", "Swish", "Tanh", "ThresholdedRelu",
]  # fmt: skip


class Tanh(Node, numpy=np.tanh):
    """The hyperbolic tangent of every element. Sinh, Cosh and the inverse functions are among the elementary functions.

    >>> Tanh.apply(np.array([-1000.0, 0.0, 1.0])).round(3)
    array([-1.   ,  0.   ,  0.762])
    """

    floating = True

    def forward(self, x, out=None):  # ufunc=np.tanh would do: it is written out as the example of docs/design.md
        return np.tanh(x, out=out)

    def backward(self, gradient, y, x):
        return gradient * (1 - y * y)


class _Activation(Node):
    """An activation of floating-point numbers, element by element."""

    floating = True


class Sigmoid(_Activation, numpy="expit"):
    """The logistic function, 1 / (1 + e⁻ˣ). Where e⁻ˣ overflows to ∞ the value is 0, which is right to the last digit.

    >>> Sigmoid.apply(np.array([0.0, 20.0, 1000.0])).round(3)
    array([0.5, 1. , 1. ])
    """

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


class LeakyRelu(_Activation):
    """x where it is positive, and `alpha` · x elsewhere.

    A. Maas, A. Hannun, A. Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.

    >>> LeakyRelu.apply(np.array([-1.0, 2.0]), alpha=0.1)
    array([-0.1,  2. ])
    """

    alpha: float = 0.01

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, gradient, y, x):
        return np.where(x > 0, gradient, self.alpha * gradient)


class PRelu(_Activation):
    """x where it is positive, and `slope` · x elsewhere, with a slope that is learned.

    K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, 2015.

    >>> PRelu.apply(np.array([-1.0, 2.0]), np.array([0.5, 0.5]))
    array([-0.5,  2. ])
    """

    def forward(self, x, slope, out=None):
        return np.where(x > 0, x, slope * x)

    def backward(self, gradient, y, x, slope):
        return np.where(x > 0, gradient, slope * gradient), np.where(x > 0, 0, gradient * x)


class Elu(_Activation):
    """x where it is positive, and `alpha` · (eˣ − 1) elsewhere.

    D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by exponential linear units, 2015.

    >>> Elu.apply(np.array([-1000.0, 2.0]))
    array([-1.,  2.])
    """

    alpha: float = 1.0

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def backward(self, gradient, y, x):
        return gradient * np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))


class Celu(_Activation):
    """x where it is positive, and `alpha` · (e^(x / alpha) − 1) elsewhere, whose derivative has no jump.

    J. Barron, Continuously differentiable exponential linear units, 2017.

    >>> Celu.apply(np.array([-1000.0, 2.0]), alpha=2.0)
    array([-2.,  2.])
    """

    alpha: float = 1.0

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0) / self.alpha))

    def backward(self, gradient, y, x):
        return gradient * np.where(x > 0, 1, np.exp(np.minimum(x, 0) / self.alpha))


class Selu(_Activation):
    """`gamma` times Elu, with constants that keep the mean and the variance of the values from layer to layer.

    G. Klambauer and others, Self-normalizing neural networks, 2017.

    >>> Selu.apply(np.array([0.0, 1.0])).round(4)
    array([0.    , 1.0507])
    """

    alpha: float = 1.6732632423543772
    gamma: float = 1.0507009873554805

    def forward(self, x, out=None):
        return self.gamma * Elu.apply(x, alpha=self.alpha)

    def backward(self, gradient, y, x):
        return gradient * self.gamma * np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))


class HardSigmoid(_Activation):
    """`alpha` · x + `beta`, bounded by 0 and 1. Its derivative at both ends is taken to be 0.

    >>> HardSigmoid.apply(np.array([-9.0, 0.0, 9.0]))
    array([0. , 0.5, 1. ])
    """

    alpha: float = 0.2
    beta: float = 0.5

    def forward(self, x, out=None):
        return np.minimum(np.maximum(self.alpha * x + self.beta, 0), 1)

    def backward(self, gradient, y, x):
        return np.where(np.logical_and(y > 0, y < 1), self.alpha * gradient, 0)


class HardSwish(_Activation):
    """x · HardSigmoid(x), with alpha 1/6 and beta 1/2. Its derivatives at −3 and 3 are taken to be 0 and 1.

    A. Howard and others, Searching for MobileNetV3, 2019.

    >>> HardSwish.apply(np.array([-4.0, 0.0, 4.0])) + 0.0
    array([0., 0., 4.])
    """

    def forward(self, x, out=None):
        return x * HardSigmoid.apply(x, alpha=1 / 6, beta=0.5)

    def backward(self, gradient, y, x):
        inside = np.where(x >= 3, 1, x / 3 + 0.5)
        return gradient * np.where(x <= -3, 0, inside)


class ThresholdedRelu(_Activation):
    """x where it is above `alpha`, and 0 elsewhere.

    K. Konda, R. Memisevic, D. Krueger, Zero-bias autoencoders and the benefits of co-adapting features, 2014.

    >>> ThresholdedRelu.apply(np.array([0.5, 2.0]))
    array([0., 2.])
    """

    alpha: float = 1.0

    def forward(self, x, out=None):
        return np.where(x <= self.alpha, 0, x)

    def backward(self, gradient, y, x):
        return np.where(x <= self.alpha, 0, gradient)


class Softplus(_Activation):
    """ln(1 + eˣ), computed as max(x, 0) + ln(1 + e^(−|x|)), which does not overflow.

    >>> Softplus.apply(np.array([-100.0, 0.0, 100.0])).round(3)
    array([  0.   ,   0.693, 100.   ])
    """

    def forward(self, x, out=None):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, gradient, y, x):
        return gradient * Sigmoid.apply(x)


class LogSigmoid(_Activation, numpy="log_expit"):
    """The logarithm of the logistic function, −ln(1 + e⁻ˣ). It is PyTorch's; ONNX has none.

    >>> LogSigmoid.apply(np.array([-100.0, 0.0])).round(3)
    array([-100.   ,   -0.693])
    """

    def forward(self, x, out=None):
        return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))

    def backward(self, gradient, y, x):
        return gradient * Sigmoid.apply(-x)


class Softsign(_Activation):
    """x / (1 + |x|).

    >>> Softsign.apply(np.array([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """

    def forward(self, x, out=None):
        return x / (1 + np.abs(x))

    def backward(self, gradient, y, x):
        scale = 1 + np.abs(x)
        return gradient / (scale * scale)


class Gelu(_Activation):
    """x times the probability that a normal number is below x; or, with `approximate="tanh"`, close to it.

    D. Hendrycks, K. Gimpel, Gaussian error linear units, 2016: x/2 · (1 + erf(x/√2)), or
    x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).

    >>> Gelu.apply(np.array([-1000.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.8413])
    """

    approximate: str = "none"

    def forward(self, x, out=None):
        return x * self.probability(x)

    def backward(self, gradient, y, x):
        return gradient * (self.probability(x) + x * self.density(x))

    def probability(self, x):
        """The factor of x in the value."""
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
        one_of(self, "approximate", ("none", "tanh"))
        return x.shape, x.dtype


class Swish(_Activation):
    """x times the logistic function of `alpha` · x. With alpha 1 it is also called SiLU.

    P. Ramachandran, B. Zoph, Q. Le, Searching for activation functions, 2017.

    >>> Swish.apply(np.array([-50.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.7311])
    """

    alpha: float = 1.0

    def forward(self, x, out=None):
        return x * Sigmoid.apply(self.alpha * x)

    def backward(self, gradient, y, x):
        passed = Sigmoid.apply(self.alpha * x)
        return gradient * passed * (1 + self.alpha * x * (1 - passed))


class Mish(_Activation):
    """x · tanh(softplus(x)).

    D. Misra, Mish: a self regularized non-monotonic activation function, 2019.

    >>> Mish.apply(np.array([-1000.0, 0.0, 1.0])).round(4) + 0.0
    array([0.    , 0.    , 0.8651])
    """

    def forward(self, x, out=None):
        return x * np.tanh(Softplus.apply(x))

    def backward(self, gradient, y, x):
        passed = np.tanh(Softplus.apply(x))
        return gradient * (passed + x * (1 - passed * passed) * Sigmoid.apply(x))
