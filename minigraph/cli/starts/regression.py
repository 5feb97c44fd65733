"""A model that learns values, such as prices: layers of units, and a number for each row.

    minigraph train {file} --data YOUR.csv --label NAME
    minigraph draw {file}     # as it stands here; its training's circuit is in the folder that train names

Change whatever you like. What must stay: build() gives a Graph with an output called loss.
"""

import numpy as np

import minigraph as mg


def build(features: int = 4, hidden: tuple[int, ...] = (32, 16), seed: int = 0) -> mg.Graph:
    """The graph. `features` comes from the data; the others may be set: --set hidden=64,32."""
    rng = np.random.default_rng(seed)  # parameters begin at random, and alike for the same --seed

    # What the model is given: rows of numbers x, and the value y of each. N is how many rows there are.
    x = mg.Input("x", ("N", features))
    y = mg.Input("y", ("N",))

    # The layers: each takes what the one before gives, a W + b, and then max(0, ·). dense() makes W and b, its parameters.
    a: mg.Node = x
    for number, units in enumerate(hidden, 1):
        a = mg.blocks.dense(a, units, rng=rng, name=f"layer{number}", activation=mg.Relu)

    # One number for each row. A regularisation would be added to the loss: + 0.001 * (W * W).sum().
    value = mg.blocks.dense(a, 1, rng=rng, name="value").reshape(-1)
    loss = mg.MeanSquaredError(value, y)

    return mg.Graph(loss=loss, value=value)
