"""The rules of gradient descent: what a parameter loses in a step. Each takes what every Optimizer takes, too."""

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.ops.norms import ReduceL2
from minigraph.training.checks import check_whole
from minigraph.training.optim.optimizer import Decay, Optimizer
from minigraph.training.optim.updates import GradientNodes, Updates, as_type_of, checked_gradients

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Lion", "Muon", "RMSProp"]


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: each parameter loses the learning rate times its gradient.

    With momentum it loses the rate times v, where v ← μ v + g, and with `nesterov` the rate times g + μ v. (Sutskever, Martens,
    Dahl and Hinton, On the importance of initialization and momentum in deep learning, 2013; as PyTorch has it.)

    Parameters
    ----------
    momentum : float
        μ, at least 0 and less than 1.
    nesterov : bool
        Whether the momentum is Nesterov's.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 3.0)
    >>> loss = w * w
    >>> step = mg.compile(mg.Graph(loss=loss), updates=SGD(0.25).minimize(loss))
    >>> float(step()["loss"]), float(w.value)
    (9.0, 1.5)
    """

    _: KW_ONLY
    momentum: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and not self.momentum:
            raise GraphError("nesterov=True needs a momentum, such as momentum=0.9.")

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        if self.momentum:
            v = updates.like(parameter, "momentum")
            updates[v] = velocity = self.momentum * v + gradient
            gradient = gradient + self.momentum * velocity if self.nesterov else velocity
        return rate * gradient


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Each element's rate falls with the sum of its squared gradients: s ← s + g², w ← w − rate · g / (√s + ε).

    Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic optimization, 2011.

    Parameters
    ----------
    epsilon : float
        ε, more than 0.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [2.0, -8.0])
    >>> loss = (w * w).sum()
    >>> step = mg.compile(mg.Graph(loss=loss), updates=Adagrad(0.5).minimize(loss))
    >>> float(step()["loss"]), w.value.tolist()
    (68.0, [1.5, -7.5])
    """

    _: KW_ONLY
    epsilon: float = 1e-10

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        s = updates.like(parameter, "squares")
        updates[s] = squares = s + gradient * gradient
        return rate * gradient / (np.sqrt(squares) + self.epsilon)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """Gradients divided by the root of their mean square: s ← ρ s + (1 − ρ) g², w ← w − rate · g / (√s + ε).

    Tieleman and Hinton, Lecture 6.5 of Neural networks for machine learning, 2012.

    Parameters
    ----------
    rho : float
        ρ, at least 0 and less than 1.
    epsilon : float
        ε, more than 0.
    momentum : float
        μ, by which the quotients are gathered as SGD gathers gradients.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [2.0, -8.0])
    >>> [variable.name for variable in RMSProp(0.01, momentum=0.9).minimize((w * w).sum())]
    ['w.squares', 'w.momentum', 'w']
    """

    _: KW_ONLY
    rho: float = 0.99
    epsilon: float = 1e-8
    momentum: float = 0.0

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        s = updates.like(parameter, "squares")
        updates[s] = squares = self.rho * s + (1 - self.rho) * (gradient * gradient)
        direction = gradient / (np.sqrt(squares) + self.epsilon)
        if self.momentum:
            v = updates.like(parameter, "momentum")
            updates[v] = direction = self.momentum * v + direction
        return rate * direction


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adaptive moments: the mean of the gradients over the root of the mean of their squares, both corrected for their start.

    m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², w ← w − rate · m̂ / (√ŝ + ε), with m̂ = m / (1 − β₁ᵗ) and
    ŝ = s / (1 − β₂ᵗ) at step t. Kingma and Ba, Adam: a method for stochastic optimization, 2015.

    Parameters
    ----------
    beta1, beta2 : float
        β₁ and β₂, at least 0 and less than 1.
    epsilon : float
        ε, more than 0.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 3.0)
    >>> updates = Adam(0.1).minimize(w * w)
    >>> [variable.name for variable in updates]
    ['w.mean', 'w.squares', 'w.steps', 'w']
    """

    _: KW_ONLY
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        m, s = updates.like(parameter, "mean"), updates.like(parameter, "squares")
        updates[m] = mean = self.beta1 * m + (1 - self.beta1) * gradient
        updates[s] = squares = self.beta2 * s + (1 - self.beta2) * (gradient * gradient)
        step = updates.steps + 1
        root = np.sqrt(1 - np.power(self.beta2, step))  # the corrections are numbers: they cost no pass over the elements
        scale = rate * as_type_of(parameter, root / (1 - np.power(self.beta1, step)))
        return scale * mean / (np.sqrt(squares) + as_type_of(parameter, self.epsilon * root))


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with the weight decay decoupled from the gradient: w ← (1 − rate · λ) w − the step of Adam.

    Loshchilov and Hutter, Decoupled weight decay regularization, 2019. Its parameters are Adam's.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 2.0)
    >>> loss = 0 * w
    >>> step = mg.compile(mg.Graph(loss=loss), updates=AdamW(0.5, weight_decay=0.1).minimize(loss))
    >>> float(step()["loss"]), round(float(w.value), 6)
    (0.0, 1.9)
    """

    _: KW_ONLY
    weight_decay: Decay = 0.01

    decoupled: ClassVar[bool] = True


@dataclass(frozen=True)
class Lion(Optimizer):
    """The sign of a momentum: w ← w − rate · sign(β₁ m + (1 − β₁) g), then m ← β₂ m + (1 − β₂) g.

    Every element moves by the learning rate, so it is 3 to 10 times smaller than Adam's; the weight decay is decoupled. Chen
    and others, Symbolic discovery of optimization algorithms, 2023.

    Parameters
    ----------
    beta1, beta2 : float
        β₁ and β₂, at least 0 and less than 1.

    Examples
    --------
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [2.0, -8.0])
    >>> loss = (w * w).sum()
    >>> step = mg.compile(mg.Graph(loss=loss), updates=Lion(0.5).minimize(loss))
    >>> float(step()["loss"]), w.value.tolist()
    (68.0, [1.5, -7.5])
    """

    _: KW_ONLY
    beta1: float = 0.9
    beta2: float = 0.99

    decoupled: ClassVar[bool] = True

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        m = updates.like(parameter, "mean")
        updates[m] = self.beta2 * m + (1 - self.beta2) * gradient
        return rate * np.sign(self.beta1 * m + (1 - self.beta1) * gradient)


@dataclass(frozen=True)
class Muon(Optimizer):
    """The momentum of a matrix, orthogonalized by steps of Newton and Schulz: every direction in it moves alike.

    m ← μ m + (1 − μ) g, and w loses rate · √max(1, rows / columns) · O, where O is about the nearest orthogonal matrix to
    (1 − μ) g + μ m: X ← a X + b (X Xᵀ) X + c (X Xᵀ)² X, from the matrix over its norm. Jordan and others, Muon: an optimizer
    for hidden layers in neural networks, 2024.

    Parameters
    ----------
    momentum : float
        μ, at least 0 and less than 1.
    iterations : int
        How many steps of Newton and Schulz are taken.
    others : Optimizer
        For what is no matrix, such as a bias, with options of its own: AdamW(0.001) unless given.

    Examples
    --------
    >>> import minigraph as mg
    >>> W, b = mg.Parameter("W", np.eye(3)[:2]), mg.Parameter("b", np.zeros(3))
    >>> [variable.name for variable in Muon(0.02).minimize((W.sum(axis=0) * b).sum())]
    ['W.momentum', 'W', 'b.mean', 'b.squares', 'b.steps', 'b']
    """

    _: KW_ONLY
    momentum: float = 0.95
    iterations: int = 5
    others: Optimizer = field(default_factory=lambda: AdamW(1e-3))
    weight_decay: Decay = 0.1

    decoupled: ClassVar[bool] = True
    COEFFICIENTS: ClassVar[tuple[float, float, float]] = (3.4445, -4.775, 2.0315)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("iterations", self.iterations, 1)

    def updates(self, gradients: GradientNodes) -> Updates:
        """Those of the matrices, and those that `others` gives the rest."""
        gradients = checked_gradients(gradients)
        matrices = {parameter: gradient for parameter, gradient in gradients.items() if parameter.ndim == 2}
        rest = {parameter: gradient for parameter, gradient in gradients.items() if parameter.ndim != 2}
        updates = super().updates(matrices) if matrices else Updates(next(iter(rest)))
        if rest:
            updates.update(self.others.updates(rest))
        return updates

    def step(self, gradient: Node, parameter: Variable, rate: Any, updates: Updates) -> Any:
        m = updates.like(parameter, "momentum")
        updates[m] = mean = self.momentum * m + (1 - self.momentum) * gradient
        rows, columns = parameter.value.shape
        scale = rate * math.sqrt(max(1.0, rows / columns))
        return scale * self._orthogonal((1 - self.momentum) * gradient + self.momentum * mean, rows > columns)

    def _orthogonal(self, matrix: Any, tall: bool) -> Any:
        """About the nearest orthogonal matrix: its singular values lie between 0.7 and 1.2."""
        a, b, c = self.COEFFICIENTS
        wide = matrix.T if tall else matrix
        x = wide / np.maximum(ReduceL2(wide, keepdims=False), 1e-7)
        for _ in range(self.iterations):
            gram = x @ x.T
            x = a * x + (b * gram + c * (gram @ gram)) @ x
        return x.T if tall else x
