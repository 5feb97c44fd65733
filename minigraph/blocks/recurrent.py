"""Recurrent layers over sequences of a fixed length, N × T × features, unrolled into one graph.

Gates, their order and the directions are ONNX's. Each direction has the parameters W, features × gates · units, for what it
is given, R, units × gates · units, for its own last state, and b. A sequence begins with a state of zeros.
"""

from collections.abc import Callable, Iterable

import numpy as np

from minigraph.blocks.initializers import glorot_uniform, orthogonal
from minigraph.blocks.layers import as_node, check_sizes, features_of, parameter
from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.ops.activations import Sigmoid, Tanh
from minigraph.ops.block import block
from minigraph.ops.joining import Concat, Stack

__all__ = ["gru", "lstm", "rnn"]

DIRECTIONS = {"forward": ("forward",), "reverse": ("reverse",), "bidirectional": ("forward", "reverse")}
State = tuple[Node, ...]
Step = Callable[[Node, Node, State], State]
"""The next state, from x W + b at one place, the recurrent weights R, and the last state."""


def rnn(
    x: NodeLike, units: int, *, rng: np.random.Generator, name: str = "rnn", direction: str = "forward"
) -> tuple[Node, Node]:
    """A recurrent layer: h ← tanh(x W + h R + b).

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T and the number of features are known.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last one, N × units.

    Raises
    ------
    ShapeError
        Where x has not three axes, or T or the number of features is not known.
    OperationError
        Where the direction is none of these, or units is no whole number above 0.

    Source: J. Elman, "Finding Structure in Time", 1990.

    >>> import minigraph as mg
    >>> rnn(mg.Input("x", ("N", 5, 2)), 3, rng=np.random.default_rng(0))
    (Stack (N × 5 × 3, float32), Tanh (N × 3, float32))
    """

    def step(given: Node, R: Node, state: State) -> State:
        return (Tanh(given + state[0] @ R),)

    states, (h,) = _directions(x, units, 1, rng, name, direction, lambda: step)
    return states, h


def gru(
    x: NodeLike, units: int, *, rng: np.random.Generator, name: str = "gru", direction: str = "forward"
) -> tuple[Node, Node]:
    """Gated recurrent units: h ← (1 − z) n + z h, with the gates z and r and n = tanh(x Wₙ + bₙ + r (h Rₙ + c)).

    Gates are ordered z, r, n. The reset gate acts after the product, ONNX's linear_before_reset and PyTorch's way.

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T and the number of features are known.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last one, N × units.

    Raises
    ------
    ShapeError
        Where x has not three axes, or T or the number of features is not known.
    OperationError
        Where the direction is none of these, or units is no whole number above 0.

    Source: K. Cho and others, "Learning Phrase Representations using RNN Encoder-Decoder", 2014.

    >>> import minigraph as mg
    >>> gru(mg.Input("x", ("N", 5, 2)), 3, rng=np.random.default_rng(0), direction="bidirectional")
    (Concat (N × 5 × 6, float32), Concat (N × 6, float32))
    """

    def make() -> Step:
        c = parameter("c", np.zeros(units), as_node(x))

        def step(given: Node, R: Node, state: State) -> State:
            (h,) = state
            given_z, given_r, given_n = _gates(given, units)
            own_z, own_r, own_n = _gates(h @ R, units)
            z, r = Sigmoid(given_z + own_z), Sigmoid(given_r + own_r)
            return ((1 - z) * Tanh(given_n + r * (own_n + c)) + z * h,)

        return step

    states, (h,) = _directions(x, units, 3, rng, name, direction, make)
    return states, h


def lstm(
    x: NodeLike, units: int, *, rng: np.random.Generator, name: str = "lstm", direction: str = "forward"
) -> tuple[Node, tuple[Node, Node]]:
    """Long short-term memory: c ← f c + i g and h ← o tanh(c).

    The gates i, o and f, sigmoids, and g, a tanh, are of x W + h R + b, in this order.

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T and the number of features are known.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last (h, c), N × units each.

    Raises
    ------
    ShapeError
        Where x has not three axes, or T or the number of features is not known.
    OperationError
        Where the direction is none of these, or units is no whole number above 0.

    Source: S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", 1997; F. Gers and others, "Learning to Forget", 2000.

    >>> import minigraph as mg
    >>> states, (h, c) = lstm(mg.Input("x", ("N", 5, 2)), 3, rng=np.random.default_rng(0))
    >>> states, h.shape, c.shape
    (Stack (N × 5 × 3, float32), ('N', 3), ('N', 3))
    """

    def step(given: Node, R: Node, state: State) -> State:
        h, c = state
        i, o, f, g = _gates(given + h @ R, units)
        c = Sigmoid(f) * c + Sigmoid(i) * Tanh(g)
        return Sigmoid(o) * Tanh(c), c

    states, (h, c) = _directions(x, units, 4, rng, name, direction, lambda: step, carried=2)
    return states, (h, c)


def _directions(
    x: NodeLike,
    units: int,
    gates: int,
    rng: np.random.Generator,
    name: str,
    direction: str,
    make: Callable[[], Step],
    carried: int = 1,
) -> tuple[Node, State]:
    """The states of every place and the last state, of one direction or of both side by side."""
    x = as_node(x)
    check_sizes("A recurrent layer", units=units)
    _check(x, direction)
    found = []
    with block(name):
        for each in DIRECTIONS[direction]:
            with block(each):
                found.append(_unrolled(x, units, gates, rng, each == "reverse", make(), carried))
        if len(found) == 1:
            return found[0]
        last = tuple(Concat(*both, axis=-1) for both in zip(*(state for _, state in found), strict=True))
        return Concat(*(states for states, _ in found), axis=-1), last


def _unrolled(
    x: Node, units: int, gates: int, rng: np.random.Generator, backwards: bool, step: Step, carried: int
) -> tuple[Node, State]:
    W = parameter("W", glorot_uniform(rng, (features_of(x), gates * units)), x)
    R = parameter("R", np.hstack([orthogonal(rng, (units, units)) for _ in range(gates)]), x)
    b = parameter("b", np.zeros(gates * units), x)
    given: Node = x @ W + b
    state: State = (Constant(np.zeros((1, units)), dtype=x.dtype),) * carried
    length = int(x.shape[1])
    states: dict[int, Node] = {}
    for t in reversed(range(length)) if backwards else range(length):
        state = step(given[:, t], R, state)
        states[t] = state[0]
    return Stack(*(states[t] for t in range(length)), axis=1), state


def _gates(z: Node, units: int) -> Iterable[Node]:
    """The parts of the last axis, each of so many units."""
    return [z[..., i : i + units] for i in range(0, int(z.shape[-1]), units)]


def _check(x: Node, direction: str) -> None:
    if direction not in DIRECTIONS:
        raise OperationError(f"A recurrent layer has the direction {listing(DIRECTIONS, 'or')}, not {direction!r}.")
    if x.ndim != 3 or not isinstance(x.shape[1], int) or x.shape[1] == 0:
        raise ShapeError(
            f"A recurrent layer takes N × T × features, with a known number of places T, not {described(x)}.{places(x)}"
        )
