"""An operation of one's own in a model: Snake, x + sin²(x), lets a network go on with what repeats.

Its two rules are all that it takes: it is composed, drawn, checked and trained as the others are. L. Ziyin, T. Hartwig,
M. Ueda, Neural networks fail to learn periodic functions and how to fix it, 2020.
"""

from typing import Any

import numpy as np

import minigraph as mg


class Snake(mg.Node):
    """x + sin²(x), element by element."""

    def forward(self, x: Any, out: Any = None) -> Any:
        return np.add(x, np.sin(x) ** 2, out=out)

    def backward(self, gradient: Any, y: Any, x: Any) -> Any:
        return gradient * (1 + np.sin(2 * x))


def build(features: int = 1, hidden: int = 32, seed: int = 0) -> mg.Graph:
    """The graph for numbers x (N × features) and what they go with, y (N)."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",))
    W1 = mg.Parameter("W1", rng.normal(0, 2, (features, hidden)))
    b1 = mg.Parameter("b1", rng.normal(0, 1, hidden))
    W2 = mg.Parameter("W2", rng.normal(0, hidden**-0.5, (hidden, 1)))
    b2 = mg.Parameter("b2", np.zeros(1))
    value = (Snake(x @ W1 + b1) @ W2 + b2).reshape(-1)
    return mg.Graph(loss=mg.MeanSquaredError(value, y), value=value, names=locals())
