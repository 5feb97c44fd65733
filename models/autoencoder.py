"""An autoencoder: 64 pixels squeezed through a few numbers, the code, and drawn again from them.

G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006.
"""

import numpy as np

import minigraph as mg


def build(features: int = 64, hidden: int = 64, code: int = 8, seed: int = 0) -> mg.Graph:
    """The graph for rows of numbers between 0 and 1; the loss is the mean squared error of what is drawn again."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", features))
    inner = mg.blocks.dense(x, hidden, rng=rng, name="encoder", activation=mg.Relu)
    squeezed = mg.blocks.dense(inner, code, rng=rng, name="code")
    outer = mg.blocks.dense(squeezed, hidden, rng=rng, name="decoder", activation=mg.Relu)
    image = mg.blocks.dense(outer, features, rng=rng, name="image", activation=mg.Sigmoid)
    return mg.Graph(loss=mg.MeanSquaredError(image, x), image=image, code=squeezed)
