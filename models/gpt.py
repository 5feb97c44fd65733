"""A small GPT: characters and their places embedded, causal transformer layers, and the probabilities of the next character.

A. Radford and others, Language models are unsupervised multitask learners, 2019: normalisation comes before each part, and
once more at the end. Characters are numbers from 0. x holds pieces of a text, y the same pieces one character on.
"""

import numpy as np

import minigraph as mg


def build(
    characters: int = 64, length: int = 32, features: int = 48, heads: int = 4, layers: int = 2, seed: int = 0
) -> mg.Graph:
    """The graph for pieces of so many characters of so many kinds."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", length), dtype=np.int64)
    y = mg.Input("y", ("N", length), dtype=np.int64)
    places = mg.Parameter("places", rng.normal(0, 0.1, (length, features)))
    a: mg.Node = mg.blocks.embedding(x, characters, features, rng=rng) + places
    for number in range(1, layers + 1):
        a = mg.blocks.transformer_encoder_layer(
            a,
            heads=heads,
            hidden=4 * features,
            rng=rng,
            causal=True,
            activation=mg.Gelu,
            norm_first=True,
            name=f"layer{number}",
        )
    z = mg.blocks.dense(mg.blocks.layer_normalization(a), characters, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y, axis=-1), probabilities=mg.Softmax(z))
