"""ONNX's recurrent operators as scans.

Recurrent operators are blocks. Their sequences lie as T × N × features, or with ONNX's `layout` as N × T × features. Every
direction has its own part of the weights W and R, of the biases B and of the states.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.provenance import described
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.quantization import dynamic_product, exact_type, from_zero
from minigraph.ops import OPERATIONS
from minigraph.ops.block import block
from minigraph.ops.loops import scan

__all__ = ["RECURRENT"]

DIRECTIONS = {"forward": ("forward",), "reverse": ("reverse",), "bidirectional": ("forward", "reverse")}
ACTIVATIONS = {"RNN": ("Tanh",), "GRU": ("Sigmoid", "Tanh"), "LSTM": ("Sigmoid", "Tanh", "Tanh")}
ACTIVATIONS["DynamicQuantizeLSTM"] = ACTIVATIONS["LSTM"]
"""The functions f, g and h of an operator's formula, unless others are given."""

KNOWN = ("Relu", "Tanh", "Sigmoid", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "Elu", "Softsign", "Softplus")
"""The functions that can be given; each is the operator of that name with its own attributes' defaults."""

STEP = 20
"""About how many nodes a step is."""

State = tuple[Any, ...]
Function = Callable[[Any], Any]
Step = Callable[[Any, State], State]
"""The next state, from the products of W with what is given at one place, and the last state."""


class _Direction:
    """One direction of a call: its part of every input, along the first axis; None where an input is left out."""

    def __init__(self, call: Call, number: int) -> None:
        self.call, self.number = call, number
        self.W, self.R = self.weights()
        self.units = self.R.shape[0]
        if call.attributes.get("hidden_size", self.units) != self.units or not isinstance(self.units, int):
            asked = call.attributes.get("hidden_size", "a known number of")
            raise OperationError(f"{call.owner} takes R for {asked} units, not {described(call.operands[2])}.")
        self.gates = int(self.R.shape[1]) // self.units
        biases, whole = self.part("B"), self.gates * self.units
        self.b: Any = None if biases is None else biases[:whole]
        self.c: Any = None if biases is None else biases[whole:]

    def weights(self) -> tuple[Any, Any]:
        """What an input and a state are multiplied with."""
        return self.part("W").T, self.part("R").T

    def product(self, x: Any, name: str) -> Any:
        """The product of x and W or R."""
        return x @ (self.W if name == "W" else self.R)

    def part(self, name: str) -> Any:
        """This direction's part of an input."""
        given: Any = self.call.operand(name)
        return None if given is None else given[self.number]

    def gate(self, values: Any, number: int) -> Any:
        """One gate's part of the last axis."""
        return None if values is None else values[..., number * self.units : (number + 1) * self.units]

    def functions(self) -> list[Function]:
        """The functions f, g and h, of what is first clipped where the call says so."""
        usual, options = ACTIVATIONS[self.call.operator], self.call.attributes
        names = options.get("activations") or usual * len(_directions(self.call))
        own = names[self.number * len(usual) : (self.number + 1) * len(usual)]
        if set(own) - set(KNOWN) or options.get("activation_alpha") or options.get("activation_beta"):
            raise OperationError(f"{self.call.owner} takes activations of {listing(KNOWN)} without numbers of their own.")
        return [self.clipped(OPERATIONS[name]) for name in own]

    def clipped(self, function: Function) -> Function:
        """The function of what is clipped to [−clip, clip]."""
        bound = self.call.attributes.get("clip")
        if bound is not None and not bound > 0:
            raise OperationError(f"{self.call.owner} has clip={bound}: it is more than 0, or left out.")
        return function if bound is None else lambda z: function(OPERATIONS["Clip"](z, minimum=-bound, maximum=bound))


class _QuantizedDirection(_Direction):
    """One direction whose weights are quantised, and its inputs and states in each product; the weights lie turned round."""

    def weights(self) -> tuple[Any, Any]:
        W, R = (self.from_zero(self.part(name), self.part(f"{name}_zero_point")) for name in ("W", "R"))
        return W, R

    def from_zero(self, w: Any, zero: Any) -> Any:
        """How far weights lie from their zero point, in a type in which their products are exact."""
        return from_zero(self.call, w, zero, exact_type(w.shape[0]))

    def product(self, x: Any, name: str) -> Any:
        """The product with quantised weights, of what is quantised for it."""
        return dynamic_product(x, getattr(self, name), self.part(f"{name}_scale"))


def _rnn(own: _Direction) -> Step:
    """h ← f(x W + h R + b + c)."""
    (f,) = own.functions()
    return lambda given, state: (f(_sum(given, state[0] @ own.R, own.c)),)


def _gru(own: _Direction) -> Step:
    """h ← (1 − z) n + z h, with n = g(x Wₙ + bₙ + (r h) Rₙ + cₙ), or g(x Wₙ + bₙ + r (h Rₙ + cₙ)); the gates are z, r, n."""
    f, g = own.functions()
    R, c = own.gate(own.R, 2), own.gate(own.c, 2)

    def step(given: Any, state: State) -> State:
        (h,) = state
        seen = _sum(h @ own.R, own.c)
        z, r = (f(own.gate(given, i) + own.gate(seen, i)) for i in (0, 1))
        if own.call.attributes.get("linear_before_reset"):
            n = g(own.gate(given, 2) + r * own.gate(seen, 2))
        else:
            n = g(_sum(own.gate(given, 2), (r * h) @ R, c))
        return ((1 - z) * n + z * h,)

    return step


def _lstm(own: _Direction) -> Step:
    """c ← f c + i g and h ← o h(c), with the gates i, o, f, g of x W + h R + b + c; the first three may look at c, times P."""
    f, g, h_of = own.functions()
    if own.call.attributes.get("input_forget"):
        raise OperationError(f"{own.call.owner} has input_forget=1, gates that minigraph does not couple.")
    peepholes = [own.gate(own.part("P"), number) for number in range(3)]

    def gate(total: Any, number: int, c: Any) -> Any:
        return f(_sum(own.gate(total, number), None if peepholes[number] is None else peepholes[number] * c))

    def step(given: Any, state: State) -> State:
        h, c = state
        total = _sum(given, own.product(h, "R"), own.c)
        c = gate(total, 2, c) * c + gate(total, 0, c) * g(own.gate(total, 3))
        return gate(total, 1, c) * h_of(c), c

    return step


def _sum(*terms: Any) -> Any:
    """The sum of the terms that are there."""
    return reduce(operator.add, (term for term in terms if term is not None))


def _recurrent(
    steps: Callable[[_Direction], Step], carried: Sequence[str], kind: type[_Direction] = _Direction
) -> Callable[[Call], tuple[Node, ...]]:
    """The composing of an operator whose states begin as the inputs `carried`."""

    def composed(call: Call) -> tuple[Node, ...]:
        x: Any = call.operand("X")
        layout = call.attributes.get("layout", 0)  # which version 7 did not have
        if layout not in (0, 1):
            raise OperationError(f"{call.owner} has layout={layout}, which is 0 or 1.")
        batch_first = layout == 1
        x = x.transpose(1, 0, 2) if batch_first else x
        call.budget.write(call.owner, STEP)
        found = []
        with block(call.name):
            for number, direction in enumerate(_directions(call)):
                with block(direction):
                    own = kind(call, number)
                    start = tuple(_start(own, x, name, batch_first) for name in carried)
                    found.append(_states(x, own, steps(own), start, direction == "reverse"))
            states: Any = OPERATIONS["Stack"](*(states for states, _ in found), axis=1)
            ends = zip(*(state for _, state in found), strict=True)
            last = [OPERATIONS["Stack"](*each, axis=int(batch_first)) for each in ends]
            return states.transpose(2, 0, 1, 3) if batch_first else states, *last

    return composed


def _directions(call: Call) -> tuple[str, ...]:
    name = call.attributes.get("direction", "forward")
    if name not in DIRECTIONS:
        raise OperationError(f"{call.owner} takes a direction of {listing(DIRECTIONS, 'or')}, not {name!r}.")
    return DIRECTIONS[name]


def _start(own: _Direction, x: Any, name: str, batch_first: bool) -> Any:
    """The first state, for all rows."""
    given: Any = own.call.operand(name)
    if given is None:
        given = Constant(np.zeros((1, own.units)), dtype=x.dtype)
    else:
        given = given[:, own.number] if batch_first else given[own.number]
    shape = (x.shape[1], own.units)
    return given if given.shape == shape else OPERATIONS["Expand"](given, Sizes(shape))


def _states(x: Any, own: _Direction, step: Step, first: State, backwards: bool) -> tuple[Node, State]:
    """The states at every place, T × N × units, and the last one; after a sequence's end they are 0, and it stays as it is."""

    def body(state: State, given: Node) -> tuple[State, Node]:
        new = step(given, state)
        return new, new[0]

    given: Any = _sum(own.product(x, "W"), own.b)
    last, states = scan(body, first, given, reverse=backwards, lengths=own.call.operand("sequence_lens"))
    return states, last


RECURRENT = {
    "DynamicQuantizeLSTM": _recurrent(_lstm, ("initial_h", "initial_c"), _QuantizedDirection),
    "GRU": _recurrent(_gru, ("initial_h",)),
    "LSTM": _recurrent(_lstm, ("initial_h", "initial_c")),
    "RNN": _recurrent(_rnn, ("initial_h",)),
}
"""What composes them, by the operator."""
