"""Recurrent layers with initial states and lengths, composed into graphs of their derivatives, as PyTorch is asked for them."""

import numpy as np

import minigraph as mg
from minigraph import blocks

LENGTHS = np.array([5, 2, 4])
CASES = {
    "rnn": (blocks.rnn, "forward", 5),
    "rnn_reverse": (blocks.rnn, "reverse", 5),
    "gru_both": (blocks.gru, "bidirectional", 5),
    "lstm": (blocks.lstm, "forward", 5),
    "lstm_both": (blocks.lstm, "bidirectional", 5),
    "lstm_long": (blocks.lstm, "forward", 200),
}
"""The layer, its direction and how long its sequences are; those of 5 have lengths and an initial state."""
FEATURES, UNITS, ROWS = 2, 3, 3


def arrays(case):
    """What a case is given, and its parameters, by name."""
    length = CASES[case][2]
    rng = np.random.default_rng(len(case))
    graph = composed(case, length)
    sizes = {"N": ROWS}
    given = {name: rng.normal(size=[sizes.get(axis, axis) for axis in node.shape]) for name, node in graph.inputs.items()}
    own = {name: rng.normal(0, 0.5, node.shape) for name, node in graph.parameters.items()}
    if length == 5:
        given["lengths"] = LENGTHS
    return given, own


def composed(case, length):
    """The graph of a case: the states and the last one, a loss of them, its gradients, and those of their squares."""
    block, direction, real = CASES[case]
    x = mg.Input("x", ("N", length, FEATURES), dtype=np.float64)
    options, wrt = {}, [x]
    if real == 5:
        width = UNITS * (2 if direction == "bidirectional" else 1)
        first = [mg.Input(name, ("N", width), dtype=np.float64) for name in ("h", "c")[: 1 + (block is blocks.lstm)]]
        options = {"initial": tuple(first) if block is blocks.lstm else first[0]}
        options["lengths"] = mg.Input("lengths", ("N",), dtype=np.int64)
        wrt += first
    states, last = block(x, UNITS, rng=np.random.default_rng(0), direction=direction, **options)
    last = last if isinstance(last, tuple) else (last,)
    loss = np.sin(states).sum() + sum((each * each).sum() for each in last)
    wrt += mg.Graph(loss).parameters.values()
    first = mg.gradient(loss, wrt)
    second = mg.gradient(sum((each * each).sum() for each in first), wrt)
    outputs = {"states": states, "loss": loss} | {f"last{i}": each for i, each in enumerate(last)}
    outputs |= {f"d {node.name}": each for node, each in zip(wrt, first, strict=True)}
    return mg.Graph(outputs | {f"dd {node.name}": each for node, each in zip(wrt, second, strict=True)})
