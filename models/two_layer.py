"""The article's network: x in R², one hidden layer of 500 units, two classes.

z1 = x W1 + b1, a1 = tanh(z1), z2 = a1 W2 + b2, ŷ = softmax(z2), and the cross-entropy of ŷ with the labels y.
"""

import numpy as np

import minigraph as mg


def build(hidden: int = 500, penalty: float = 0.0, seed: int = 0, features: int = 2, classes: int = 2) -> mg.Graph:
    """The graph; `penalty` is the λ of an optional λ/2 · Σ W² added to the loss (0.01 is usual)."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",), dtype=np.int64)
    W1 = mg.Parameter("W1", rng.normal(0, features**-0.5, (features, hidden)))
    b1 = mg.Parameter("b1", np.zeros(hidden))
    W2 = mg.Parameter("W2", rng.normal(0, hidden**-0.5, (hidden, classes)))
    b2 = mg.Parameter("b2", np.zeros(classes))

    z1 = x @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    ŷ = mg.Softmax(z2)
    loss = mg.SoftmaxCrossEntropy(z2, y)
    if penalty:
        loss = loss + penalty / 2 * ((W1 * W1).sum() + (W2 * W2).sum())
    return mg.Graph(loss=loss, probabilities=ŷ, names=locals())
