"""A differential equation solved by a network: u″(x) = −π² sin(πx) on [0, 1], with u(0) = u(1) = 0, whose solution is sin(πx).

The network is u; its second derivative is a graph, of which the loss is made, and which training differentiates once more.
M. Raissi, P. Perdikaris, G. Karniadakis, Physics-informed neural networks, 2019. The factor x (1 − x) holds the ends at 0, as
in I. Lagaris, A. Likas, D. Fotiadis, Artificial neural networks for solving ordinary and partial differential equations, 1998.
"""

import numpy as np

import minigraph as mg


def build(hidden: int = 16, seed: int = 0) -> mg.Graph:
    """The graph for places x between 0 and 1; the loss is the mean square of what is left of the equation."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", 1))
    W1 = mg.Parameter("W1", rng.normal(0, 2, (1, hidden)))
    b1 = mg.Parameter("b1", rng.normal(0, 1, hidden))
    W2 = mg.Parameter("W2", rng.normal(0, hidden**-0.5, (hidden, 1)))
    u = x * (1 - x) * (np.tanh(x @ W1 + b1) @ W2)
    (slope,) = mg.gradient(u.sum(), [x])
    (curvature,) = mg.gradient(slope.sum(), [x])
    left = curvature + np.pi**2 * np.sin(np.pi * x)
    return mg.Graph(loss=(left * left).mean(), u=u, curvature=curvature, names=locals())
