"""Logistic regression: ŷ = softmax(x W + b), the cross-entropy of ŷ with the labels, and nothing else.

The loss is convex, so that all may start from 0. The classes part along straight lines.
"""

import numpy as np

import minigraph as mg


def build(features: int = 2, classes: int = 2) -> mg.Graph:
    """The graph for rows of so many features."""
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",), dtype=np.int64)
    W = mg.Parameter("W", np.zeros((features, classes)))
    b = mg.Parameter("b", np.zeros(classes))
    z = x @ W + b
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z), names=locals())
