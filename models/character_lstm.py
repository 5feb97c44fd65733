"""A language model of characters: an LSTM reads a text and gives, at each place, the probabilities of the next character.

Characters are numbers from 0. x holds pieces of a text, y the same pieces one character on.
"""

import numpy as np

import minigraph as mg


def build(characters: int = 64, length: int = 32, units: int = 96, seed: int = 0) -> mg.Graph:
    """The graph for pieces of so many characters of so many kinds."""
    rng = np.random.default_rng(seed)
    x = mg.Input("x", ("N", length), dtype=np.int64)
    y = mg.Input("y", ("N", length), dtype=np.int64)
    embedded = mg.blocks.embedding(x, characters, units // 2, rng=rng)
    states, _ = mg.blocks.lstm(embedded, units, rng=rng)
    z = mg.blocks.dense(states, characters, rng=rng, name="scores")
    return mg.Graph(loss=mg.SoftmaxCrossEntropy(z, y, axis=-1), probabilities=mg.Softmax(z))
