"""A convolutional network after LeNet: two convolutions of 5 × 5, each with relu and a pooling of 2 × 2, and two dense layers.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, 1998; with relu and
max-pooling, as is usual now.
"""

import math

import numpy as np

import minigraph as mg


def build(
    shape: tuple[int, ...] = (784,), filters: tuple[int, int] = (16, 32), units: int = 128, classes: int = 10, seed: int = 0
) -> mg.Graph:
    """The graph for images of numbers about between 0 and 1, whose height and width are multiples of 4.

    Each is height × width, or channels × height × width, or all the pixels of a square in a row.
    """
    height, width = shape[-2:] if len(shape) > 1 else (math.isqrt(shape[0]), math.isqrt(shape[0]))
    channels = math.prod(shape) // (height * width)
    if channels * height * width != math.prod(shape) or height % 4 or width % 4:
        raise mg.GraphError(
            f"LeNet takes images with a height and width that are multiples of 4, not rows of the shape {shape}. "
            "Images in a folder are resized by --image-size 28."
        )
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", *shape))
    y = mg.Input("y", ("N",), dtype=np.int64)
    image: mg.Node = x.reshape(-1, channels, height, width)
    for number, (before, after) in enumerate([(channels, filters[0]), filters], 1):
        W = mg.Parameter(f"W{number}", mg.initializers.he_uniform(rng, (after, before, 5, 5)))
        b = mg.Parameter(f"b{number}", np.zeros(after))
        a = mg.Relu(mg.Conv(image, W, b, pads=(2, 2, 2, 2)))
        image = mg.MaxPool(a, kernel_shape=(2, 2), strides=(2, 2))
    flat: mg.Node = image.reshape(-1, filters[1] * height * width // 16)
    hidden = mg.blocks.dense(flat, units, rng=rng, name="hidden", activation=mg.Relu, initializer=mg.initializers.he_uniform)
    z = mg.blocks.dense(hidden, classes, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y), probabilities=mg.Softmax(z))
