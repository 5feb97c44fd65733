"""Recurrent layers over sequences, N × T × features, each a scan: T may be a name.

Gates, their order and the directions are ONNX's. Each direction has the parameters W, features × gates · units, for what it
is given, R, units × gates · units, for its own last state, and b.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from minigraph.blocks.initializers import glorot_uniform, orthogonal
from minigraph.blocks.layers import as_node, check_sizes, features_of, parameter
from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Constant, Node, NodeLike, Sizes, described, places
from minigraph.core.shapes import show_shape
from minigraph.ops.activations import Sigmoid, Tanh
from minigraph.ops.block import block
from minigraph.ops.gather import Gather
from minigraph.ops.joining import Concat
from minigraph.ops.loops import scan
from minigraph.ops.shape import Expand, Transpose

__all__ = ["gru", "lstm", "rnn"]

DIRECTIONS = {"forward": ("forward",), "reverse": ("reverse",), "bidirectional": ("forward", "reverse")}
State = tuple[Node, ...]
Step = Callable[[Node, Node, State], State]
"""The next state, from x W + b at one place, the recurrent weights R, and the last state."""


def rnn(
    x: NodeLike,
    units: int,
    *,
    rng: np.random.Generator,
    name: str = "rnn",
    direction: str = "forward",
    initial: NodeLike | None = None,
    lengths: NodeLike | None = None,
) -> tuple[Node, Node]:
    """A recurrent layer: h ← tanh(x W + h R + b).

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T may be a name.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.
    initial : Node, optional
        What the state begins as, like the last one; zeros, unless given.
    lengths : Node, optional
        For each row how many places of its sequence count, N whole numbers: beyond these the states are 0, and the last one is
        that of the row's last place that counts. In reverse it begins there.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last one, N × units.

    Raises
    ------
    ShapeError
        Where x has not three axes, the number of features is not known, or the initial state or the lengths do not fit.
    OperationError
        Where the direction is none of these, or units is no whole number above 0.

    Source: J. Elman, "Finding Structure in Time", 1990.

    >>> import minigraph as mg
    >>> rnn(mg.Input("x", ("N", 5, 2)), 3, rng=np.random.default_rng(0))
    (Transpose (N × 5 × 3, float32), Part (N × 3, float32))
    """

    def step(given: Node, R: Node, state: State) -> State:
        return (Tanh(given + state[0] @ R),)

    states, (h,) = _directions(
        x, units, 1, rng, name, direction, lambda: step, None if initial is None else (initial,), lengths
    )
    return states, h


def gru(
    x: NodeLike,
    units: int,
    *,
    rng: np.random.Generator,
    name: str = "gru",
    direction: str = "forward",
    initial: NodeLike | None = None,
    lengths: NodeLike | None = None,
) -> tuple[Node, Node]:
    """Gated recurrent units: h ← (1 − z) n + z h, with the gates z and r and n = tanh(x Wₙ + bₙ + r (h Rₙ + c)).

    Gates are ordered z, r, n. The reset gate acts after the product, ONNX's linear_before_reset and PyTorch's way.

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T may be a name.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.
    initial : Node, optional
        What the state begins as, like the last one; zeros, unless given.
    lengths : Node, optional
        For each row how many places of its sequence count, N whole numbers: beyond these the states are 0, and the last one is
        that of the row's last place that counts. In reverse it begins there.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last one, N × units.

    Raises
    ------
    ShapeError
        Where x has not three axes, the number of features is not known, or the initial state or the lengths do not fit.
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
            given, own = _stacked(given, 3), _stacked(h @ R, 3)
            gates = Sigmoid(given[:2] + own[:2])
            z, r = _named(gates, "zr")
            n = Tanh(given[2] + r * (own[2] + c), name="n")
            return ((1 - z) * n + z * h,)

        return step

    states, (h,) = _directions(x, units, 3, rng, name, direction, make, None if initial is None else (initial,), lengths)
    return states, h


def lstm(
    x: NodeLike,
    units: int,
    *,
    rng: np.random.Generator,
    name: str = "lstm",
    direction: str = "forward",
    initial: Sequence[NodeLike] | None = None,
    lengths: NodeLike | None = None,
) -> tuple[Node, tuple[Node, Node]]:
    """Long short-term memory: c ← f c + i g and h ← o tanh(c).

    The gates i, o and f, sigmoids, and g, a tanh, are of x W + h R + b, in this order.

    Parameters
    ----------
    x : Node
        N × T × features, floating-point; T may be a name.
    units : int
        The size of the state.
    rng : np.random.Generator
        What the weights are drawn from.
    name : str
        The block. Its parameters, in a block for each direction, are those of this file.
    direction : str
        "forward", "reverse" or "bidirectional": then both have their states side by side, 2 · units of them.
    initial : tuple of Node, optional
        What the state begins as, like the last one; zeros, unless given.
    lengths : Node, optional
        For each row how many places of its sequence count, N whole numbers: beyond these the states are 0, and the last one is
        that of the row's last place that counts. In reverse it begins there.

    Returns
    -------
    tuple
        The states h of every place, N × T × units, and the last (h, c), N × units each.

    Raises
    ------
    ShapeError
        Where x has not three axes, the number of features is not known, or the initial state or the lengths do not fit.
    OperationError
        Where the direction is none of these, or units is no whole number above 0.

    Source: S. Hochreiter, J. Schmidhuber, "Long Short-Term Memory", 1997; F. Gers and others, "Learning to Forget", 2000.

    >>> import minigraph as mg
    >>> states, (h, c) = lstm(mg.Input("x", ("N", 5, 2)), 3, rng=np.random.default_rng(0))
    >>> states, h.shape, c.shape
    (Transpose (N × 5 × 3, float32), ('N', 3), ('N', 3))
    """

    def step(given: Node, R: Node, state: State) -> State:
        h, c = state
        z = _stacked(given + h @ R, 4)
        i, o, f = _named(Sigmoid(z[:3]), "iof")
        g = Tanh(z[3], name="g")
        c = f * c + i * g
        return o * Tanh(c), c

    states, (h, c) = _directions(x, units, 4, rng, name, direction, lambda: step, initial, lengths, ("h", "c"))
    return states, (h, c)


def _directions(
    x: NodeLike,
    units: int,
    gates: int,
    rng: np.random.Generator,
    name: str,
    direction: str,
    make: Callable[[], Step],
    initial: Sequence[NodeLike] | None,
    lengths: NodeLike | None,
    names: Sequence[str] = ("h",),
) -> tuple[Node, State]:
    """The states of every place and the last state, of one direction or of both side by side."""
    x = as_node(x)
    check_sizes("A recurrent layer", units=units)
    _check(x, direction)
    directions = DIRECTIONS[direction]
    found = []
    with block(name):
        first = _initial(x, units, len(directions), initial, names)
        for i, each in enumerate(directions):
            with block(each):
                own = {key: state[:, i * units : (i + 1) * units] if initial else state for key, state in first.items()}
                found.append(_scanned(x, units, gates, rng, each == "reverse", make(), own, lengths))
        if len(found) == 1:
            return found[0]
        last = tuple(Concat(*both, axis=-1) for both in zip(*(state for _, state in found), strict=True))
        return Concat(*(states for states, _ in found), axis=-1), last


def _initial(x: Node, units: int, directions: int, given: Sequence[NodeLike] | None, names: Sequence[str]) -> dict[str, Node]:
    """The states that a sequence begins with, by their names; those given have all directions side by side."""
    if given is None:
        zeros = Expand(Constant(0.0, dtype=x.dtype), Sizes((x.shape[0], units)))
        return dict.fromkeys(names, zeros)
    states = [as_node(each) for each in given] if isinstance(given, tuple | list) else []
    wanted = (x.shape[0], directions * units)
    wrong = [state for state in states if state.shape != wanted or state.dtype != x.dtype]
    if len(states) != len(names) or wrong:
        found = listing(map(described, wrong)) if wrong else f"{len(states)} of them"
        raise ShapeError(
            f"A recurrent layer takes initial states ({', '.join(names)}) that are {show_shape(wanted)}, {x.dtype}, not {found}"
            f".{places(*wrong)}"
        )
    return dict(zip(names, states, strict=True))


def _scanned(
    x: Node,
    units: int,
    gates: int,
    rng: np.random.Generator,
    backwards: bool,
    step: Step,
    first: Mapping[str, Node],
    lengths: NodeLike | None,
) -> tuple[Node, State]:
    W = parameter("W", glorot_uniform(rng, (features_of(x), gates * units)), x)
    R = parameter("R", np.hstack([orthogonal(rng, (units, units)) for _ in range(gates)]), x)
    b = parameter("b", np.zeros(gates * units), x)

    def body(state: Mapping[str, Node], given: Node) -> tuple[dict[str, Node], Node]:
        new = step(given, R, tuple(state.values()))
        return dict(zip(state, new, strict=True)), new[0]

    given = Transpose(x, perm=(1, 0, 2)) @ W + b
    last, states = scan(body, dict(first), given, reverse=backwards, lengths=lengths)
    return Transpose(states, perm=(1, 0, 2)), tuple(last.values())


def _stacked(z: Node, gates: int) -> Node:
    """N × gates · units as gates × N × units: what is computed of one gate, or of several, lies in memory without gaps."""
    rows, units = z.shape
    return Transpose(z.reshape(rows, gates, int(units) // gates), perm=(1, 0, 2))


def _named(gates: Node, names: str) -> list[Node]:
    """The gates by their places, called as they are in formulas."""
    return [Gather(gates, i, name=name) for i, name in enumerate(names)]


def _check(x: Node, direction: str) -> None:
    if direction not in DIRECTIONS:
        raise OperationError(f"A recurrent layer has the direction {listing(DIRECTIONS, 'or')}, not {direction!r}.")
    if x.ndim != 3:
        raise ShapeError(f"A recurrent layer takes N × T × features, not {described(x)}.{places(x)}")
