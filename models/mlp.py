"""A multi-layer perceptron: dense layers with relu between them. `build` fits the digits of 8 × 8 pixels, `fashion` images of
28 × 28, such as MNIST's and Fashion-MNIST's.
"""

from collections.abc import Sequence

import numpy as np

import minigraph as mg


def build(features: int = 64, hidden: Sequence[int] = (128,), classes: int = 10, seed: int = 0) -> mg.Graph:
    """The graph for rows of so many numbers, about between 0 and 1, with `hidden` units in each layer on the way."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",), dtype=np.int64)
    a: mg.Node = x
    for number, units in enumerate(hidden, 1):
        a = mg.blocks.dense(
            a, units, rng=rng, name=f"hidden{number}", activation=mg.Relu, initializer=mg.initializers.he_uniform
        )
    z = mg.blocks.dense(a, classes, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z))


def fashion(seed: int = 0) -> mg.Graph:
    """784 pixels, 256 and 128 units, 10 classes."""
    return build(784, (256, 128), seed=seed)
