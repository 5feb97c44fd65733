"""A convolutional network after LeNet: two convolutions of 5 × 5, each with relu and a pooling of 2 × 2, and two dense layers.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998; with relu and
max-pooling, as is usual now.
"""

import numpy as np

import minigraph as mg


def build(side: int = 28, filters: tuple[int, int] = (16, 32), units: int = 128, classes: int = 10, seed: int = 0) -> mg.Graph:
    """The graph for rows of side · side pixels, about between 0 and 1; the side is a multiple of 4."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", side * side))
    y = mg.Input("y", ("N",), dtype=np.int64)
    image: mg.Node = x.reshape(-1, 1, side, side)
    for number, (before, after) in enumerate([(1, filters[0]), filters], 1):
        W = mg.Parameter(f"W{number}", mg.initializers.he_uniform(rng, (after, before, 5, 5)))
        b = mg.Parameter(f"b{number}", np.zeros(after))
        a = mg.Relu(mg.Conv(image, W, b, pads=(2, 2, 2, 2)))
        image = mg.MaxPool(a, kernel_shape=(2, 2), strides=(2, 2))
    flat: mg.Node = image.reshape(-1, filters[1] * (side // 4) ** 2)
    hidden = mg.blocks.dense(flat, units, rng=rng, name="hidden", activation=mg.Relu, initializer=mg.initializers.he_uniform)
    z = mg.blocks.dense(hidden, classes, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z))
