"""Activations with a kink. The slope there is PyTorch's: that of the side on which x is not positive, unless said.

What is not a number is on neither side of a kink, and is passed on.
"""

import numpy as np

from minigraph.core.node import Node

__all__ = [
    "Celu",
    "Elu",
    "HardSigmoid",
    "HardSwish",
    "LeakyRelu",
    "PRelu",
    "Selu",
    "ThresholdedRelu",
]


class LeakyRelu(Node):
    """x where it is positive, and `alpha` · x elsewhere.

    A. Maas, A. Hannun, A. Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.

    >>> LeakyRelu.apply(np.array([-1.0, 2.0]), alpha=0.1)
    array([-0.1,  2. ])
    """

    alpha: float = 0.01
    floating = True

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, gradient, y, x):
        return np.where(x > 0, gradient, self.alpha * gradient)


class PRelu(Node):
    """x where it is positive, and slope · x elsewhere, with a slope that is learned.

    K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers, 2015.

    >>> PRelu.apply(np.array([-1.0, 2.0]), np.array([0.5, 0.5]))
    array([-0.5,  2. ])
    """

    floating = True

    def forward(self, x, slope, out=None):
        return np.where(x > 0, x, slope * x)

    def backward(self, gradient, y, x, slope):
        return np.where(x > 0, gradient, slope * gradient), np.where(x > 0, 0, gradient * x)


class Elu(Node):
    """x where it is positive, and `alpha` · (eˣ − 1) elsewhere.

    D.-A. Clevert, T. Unterthiner, S. Hochreiter, Fast and accurate deep network learning by exponential linear units, 2015.

    >>> Elu.apply(np.array([-1000.0, 2.0]))
    array([-1.,  2.])
    """

    alpha: float = 1.0
    floating = True

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def backward(self, gradient, y, x):
        return gradient * np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))


class Celu(Node):
    """x where it is positive, and `alpha` · (e^(x / alpha) − 1) elsewhere, whose slope has no jump.

    J. Barron, Continuously differentiable exponential linear units, 2017.

    >>> Celu.apply(np.array([-1000.0, 2.0]), alpha=2.0)
    array([-2.,  2.])
    """

    alpha: float = 1.0
    floating = True

    def forward(self, x, out=None):
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0) / self.alpha))

    def backward(self, gradient, y, x):
        return gradient * np.where(x > 0, 1, np.exp(np.minimum(x, 0) / self.alpha))


class Selu(Node):
    """`gamma` times Elu, with constants that keep the mean and the variance of what passes through many layers.

    G. Klambauer and others, Self-normalizing neural networks, 2017.

    >>> Selu.apply(np.array([0.0, 1.0])).round(4)
    array([0.    , 1.0507])
    """

    alpha: float = 1.6732632423543772
    gamma: float = 1.0507009873554805
    floating = True

    def forward(self, x, out=None):
        return self.gamma * Elu.apply(x, alpha=self.alpha)

    def backward(self, gradient, y, x):
        return gradient * self.gamma * np.where(x > 0, 1, self.alpha * np.exp(np.minimum(x, 0)))


class HardSigmoid(Node):
    """`alpha` · x + `beta`, bounded by 0 and 1. Its slope at both ends is taken to be 0.

    >>> HardSigmoid.apply(np.array([-9.0, 0.0, 9.0]))
    array([0. , 0.5, 1. ])
    """

    alpha: float = 0.2
    beta: float = 0.5
    floating = True

    def forward(self, x, out=None):
        return np.minimum(np.maximum(self.alpha * x + self.beta, 0), 1)

    def backward(self, gradient, y, x):
        return np.where(np.logical_and(y > 0, y < 1), self.alpha * gradient, 0)


class HardSwish(Node):
    """x · HardSigmoid(x), with the slope 1/6 and the offset 1/2. Its slopes at −3 and 3 are taken to be 0 and 1.

    A. Howard and others, Searching for MobileNetV3, 2019.

    >>> HardSwish.apply(np.array([-4.0, 0.0, 4.0])) + 0.0
    array([0., 0., 4.])
    """

    floating = True

    def forward(self, x, out=None):
        return x * HardSigmoid.apply(x, alpha=1 / 6, beta=0.5)

    def backward(self, gradient, y, x):
        inside = np.where(x >= 3, 1, x / 3 + 0.5)
        return gradient * np.where(x <= -3, 0, inside)


class ThresholdedRelu(Node):
    """x where it is above `alpha`, and 0 elsewhere.

    K. Konda, R. Memisevic, D. Krueger, Zero-bias autoencoders and the benefits of co-adapting features, 2014.

    >>> ThresholdedRelu.apply(np.array([0.5, 2.0]))
    array([0., 2.])
    """

    alpha: float = 1.0
    floating = True

    def forward(self, x, out=None):
        return np.where(x <= self.alpha, 0, x)

    def backward(self, gradient, y, x):
        return np.where(x <= self.alpha, 0, gradient)
