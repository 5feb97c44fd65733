"""A multi-layer perceptron: dense layers with relu between them. `build` tells classes apart, by default the digits of 8 × 8
pixels; `fashion` those of images of 28 × 28, such as MNIST's and Fashion-MNIST's. `regression` learns values.
"""

from collections.abc import Sequence

import numpy as np

import minigraph as mg


def build(features: int = 64, hidden: Sequence[int] = (128,), classes: int = 10, seed: int = 0) -> mg.Graph:
    """The graph for rows of so many numbers, about between 0 and 1, with `hidden` units in each layer on the way."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",), dtype=np.int64)
    z = mg.blocks.dense(_hidden(x, hidden, rng), classes, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z))


def regression(features: int = 8, hidden: Sequence[int] = (64,), seed: int = 0) -> mg.Graph:
    """The same for one value y a row, such as a price."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",))
    value = mg.blocks.dense(_hidden(x, hidden, rng), 1, rng=rng, name="value").reshape(-1)
    return mg.Graph(loss=mg.MeanSquaredError(value, y), value=value)


def _hidden(x: mg.Node, hidden: Sequence[int], rng: np.random.Generator) -> mg.Node:
    """The layers on the way."""
    for number, units in enumerate(hidden, 1):
        x = mg.blocks.dense(
            x, units, rng=rng, name=f"hidden{number}", activation=mg.Relu, initializer=mg.initializers.he_uniform
        )
    return x


def fashion(seed: int = 0) -> mg.Graph:
    """784 pixels, 256 and 128 units, 10 classes."""
    return build(784, (256, 128), seed=seed)
