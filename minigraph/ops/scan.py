"""A scan: a sub-graph, its body, repeated along an axis. It is one node, and so is its gradient, a scan the other way round.

Each step is given what the last one carried over, and its slice of every sequence. What a step computes is stacked along the
axis where anyone reads it: so the gradient finds the values that its rules read, and computes none again.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import starmap
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.provenance import PATH, composed_at, derivative_order, within
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import compute, summed
from minigraph.core.shapes import Shape
from minigraph.core.values import ARRAYS, DType, wide
from minigraph.core.vjp import on_the_way, reverse_mode
from minigraph.ops.arithmetic import Add, Cast, Div, Mul, Sub
from minigraph.ops.body import Body, BodyInput, computed, stackable
from minigraph.ops.copies import substituted
from minigraph.ops.linear import MatMul
from minigraph.ops.multi_output import MultiOutput, Part, packed
from minigraph.ops.shape import Expand, Flatten

__all__ = ["Scan"]


class _AsGiven(MultiOutput):
    """What takes operands of any types, each as it is."""

    def _as_operands(self, given: tuple[Any, ...]) -> tuple[Node, ...]:
        return given


class Scan(_AsGiven):
    """A body repeated along the first axis of the sequences, from its last place to its first where it is reversed.

    Its operands are the first carry, the sequences, of which there is at least one, and the values captured. Its parts are the
    last carry, and the stacks of the body's values. `mg.scan` composes it.
    """

    body: Body = ...  # type: ignore[assignment]
    reverse: bool = False

    def forward(self, *operands: Any) -> Any:
        body = self.body.converted(wide)
        if not all(isinstance(each, ARRAYS) for each in operands):
            raise TypeError("A scan runs on numbers alone; its body is read where it is wanted.")
        carry, sequences, captured = body.split(operands)
        values: dict[Node, Any] = {
            **body.constants,
            **body.counted(operands),
            **dict(zip(body.captured, captured, strict=True)),
        }

        def step(slices: Sequence[Any], carry: Sequence[Any]) -> list[Any]:
            values.update(zip(body.carry, carry, strict=True))
            values.update(zip(body.slices, slices, strict=True))
            for node in body.operations:
                values[node] = compute(node, [values[operand] for operand in node.operands])
            return [values[node] for node in body.new]

        length = len(sequences[0])
        if not length:  # a step on zeros shows in which shapes nothing is stacked
            step([np.zeros(each.shape[1:], each.dtype) for each in sequences], carry)
        stacks: list[Any] = []
        for t in reversed(range(length)) if self.reverse else range(length):
            carry = step([each[t] for each in sequences], carry)
            stacks = stacks or [np.empty((length, *np.shape(values[node])), values[node].dtype) for node in body.stacked]
            for stack, node in zip(stacks, body.stacked, strict=True):
                stack[t] = values[node]
        return (*carry, *(stacks or [np.empty((0, *np.shape(values[node])), values[node].dtype) for node in body.stacked]))

    def backward(self, gradient: Any, y: Any, *operands: Any) -> Any:
        body = self.body
        _, sequences, captured = body.split(operands)
        back = gradient_of(body, tuple(each is not None for each in gradient))
        if not back.carried and not back.stacked:
            return (None,) * len(operands)
        outside = {**dict(zip(body.slices, sequences, strict=True)), **dict(zip(body.captured, captured, strict=True))}

        def stack(node: Node) -> Any:
            return outside[node] if node in outside else y[body.place[node]]

        starts = [np.zeros_like(y[j]) if gradient[j] is None else gradient[j] for j in back.carried]
        totals = [np.zeros_like(outside[leaf]) for leaf in back.totals]
        given = [gradient[i] for i in back.stacked] + [stack(node) for node in back.read]
        used = [outside[leaf] for leaf in back.captured]
        found = Scan.apply(*starts, *totals, *given, *used, body=back.body, reverse=not self.reverse)
        inside = dict(zip(back.body.slices, given, strict=True))

        def result(node: Node) -> Any:
            return inside[node] if node in inside else found[back.body.place[node]]

        for_carry = {body.carry[j]: found[i] for i, j in enumerate(back.carried)}
        others = {leaf: result(node) for leaf, node in back.for_slices.items()}
        others |= {leaf: found[len(starts) + i] for i, leaf in enumerate(back.totals)}
        for leaf, uses in back.products.items():
            each = [over_all_steps(node, i, result(of), stack, outside[leaf]) for node, i, of in uses]
            others[leaf] = sum(each[1:], each[0])
        return tuple((for_carry | others).get(leaf) for leaf in (*body.carry, *body.slices, *body.captured))

    def parts(self, *operands: Any) -> list[tuple[Shape, DType]]:
        _, sequences, _ = self.body.split(operands)
        last = [(node.shape, node.dtype) for node in self.body.new]
        return last + [((sequences[0].shape[0], *node.shape), node.dtype) for node in self.body.stacked]


class Targets(_AsGiven):
    """The values of a body at which gradients arrive: its own gradient are these."""

    def forward(self, *values: Any) -> Any:
        return values

    def backward(self, gradient: Any, y: Any, *values: Any) -> Any:
        return gradient

    def parts(self, *values: Any) -> list[tuple[Shape, DType]]:
        return [(value.shape, value.dtype) for value in values]


class Gradient:
    """The body of a scan's gradient: from the gradient of the carry after a step, that of the carry before it.

    What it reads of the values that the scan has computed, it is given as sequences. The gradient of a captured value is added
    up from step to step, unless one product, or one sum, over all steps gives it afterwards.
    """

    def __init__(self, body: Body, wanted: tuple[bool, ...]) -> None:
        count = len(body.carry)
        self.carried = [j for j in range(count) if body.new[j].dtype.kind == "f"]
        """Which of the carry are differentiated."""
        self.stacked = [i for i in range(count, len(wanted)) if wanted[i] and body.stacked[i - count].dtype.kind == "f"]
        """The parts whose gradients are sequences."""
        targets = [body.new[j] for j in self.carried] + [body.stacked[i - count] for i in self.stacked]
        names = [f"d{body.carry[j].name}" for j in self.carried] + ["dy"] * len(self.stacked)
        incoming = [BodyInput(name, node.shape, node.dtype) for name, node in zip(names, targets, strict=True)]
        for leaf, j in zip(incoming, self.carried, strict=False):
            leaf.of = body.carry[j].name
        with composed_at(""):
            self._compose(body, targets, incoming)

    def _compose(self, body: Body, targets: list[Node], incoming: list[BodyInput]) -> None:
        gradients = _gradients(targets, incoming)
        captured = [leaf for leaf in body.captured if leaf in gradients and leaf.dtype.kind == "f"]
        uses = {leaf: [use for use in _uses(leaf, body) if use[0] in gradients] for leaf in captured}
        self.totals = [leaf for leaf in captured if not all(starmap(_over_all_steps, uses[leaf]))]
        """The values captured whose gradients are added up from step to step."""
        sums = {leaf: _like(leaf, "total") for leaf in self.totals}
        pairs = zip((body.carry[j] for j in self.carried), incoming, strict=False)
        new = [
            gradients[leaf] if leaf in gradients else Expand(Constant(0, dtype=like.dtype), np.shape(like))
            for leaf, like in pairs
        ]
        new += [sums[leaf] + gradients[leaf] for leaf in self.totals]
        for_slices = {leaf: gradients[leaf] for leaf in body.slices if leaf in gradients and leaf.dtype.kind == "f"}
        after = [use for leaf in captured if leaf not in sums for use in uses[leaf]]
        outputs = [*new, *for_slices.values(), *(gradients[node] for node, _ in after)]
        known, leaves = _read(outputs, body)
        self.captured = [node for node in leaves if node in body.captured]
        """The values captured that it reads."""
        self.read = [node for node in leaves if node not in body.captured]
        """The values of the body that it reads."""
        if len(incoming) == len(self.carried) and not self.read:  # a sequence says how many steps there are
            self.read.append(body.slices[0])
            leaves[body.slices[0]] = _like(body.slices[0], "x")
        slices = [*incoming[len(self.carried) :], *(leaves[node] for node in self.read)]
        done = substituted(outputs, known)
        values = {node: computed(done[node], slices) for node in outputs}
        carry = [*incoming[: len(self.carried)], *sums.values()]
        self.for_slices = {leaf: values[node] for leaf, node in for_slices.items()}
        """What is stacked as the gradient of a sequence, by the leaf that stands for its slice."""
        self.products = {
            leaf: [(node, i, values[gradients[node]]) for node, i in uses[leaf]] for leaf in captured if leaf not in sums
        }
        """For the other values captured: the operations that use them, as which operand, and these operations' gradients."""
        used = [leaves[node] for node in self.captured]
        self.body = Body(carry, slices, used, [done[node] for node in new], stackable(carry, values.values()))


def _like(node: Node, name: str) -> BodyInput:
    own = node.name if node.name and not name.startswith("previous") else name
    return BodyInput(own, node.shape, node.dtype, node.known)


def gradient_of(body: Body, wanted: tuple[bool, ...]) -> Gradient:
    """The gradient of a body, for gradients that arrive at some of the parts, composed once."""
    found: Gradient = body.gradients.setdefault(wanted, None) or Gradient(body, wanted)
    body.gradients[wanted] = found
    return found


def _gradients(targets: list[Node], incoming: Iterable[Node]) -> dict[Node, Node]:
    """The gradient of each value that the targets depend on, from those that arrive at them."""

    def in_its_block(node: Node) -> AbstractContextManager[None]:
        return within(PATH, node.block[derivative_order(node.block) > 0 :])

    order = [*topological_order(targets), Targets(*targets)]
    found = reverse_mode(on_the_way(order), lambda node: node, packed(incoming), in_its_block)
    return {
        node: each if isinstance(each, Node) or isinstance(node, MultiOutput) else Constant(each)
        for node, each in found.items()
    }


def _read(outputs: list[Node], body: Body) -> tuple[dict[Node, Node], dict[Node, Node]]:
    """The values of a body that a gradient reads, with a leaf that stands for each: as they are read, and as the body has them.

    What is only moved, or follows from sizes, is computed again from what it is made of.
    """
    own = set(body.nodes).difference(body.constants, body.sizes)
    parts = {(node.operands[0], node.i): node for node in body.stacked if isinstance(node, Part)}

    def canonical(node: Node) -> Node:
        return parts.get((node.operands[0], node.i), node) if isinstance(node, Part) else node

    def is_read(node: Node) -> bool:
        again = (
            (node.moves_elements and not isinstance(node, Cast))
            or isinstance(node, MultiOutput)
            or (node.known is not None and bool(node.operands))
        )
        return not again and canonical(node) in own

    names = {leaf: f"previous_{leaf.name}" for leaf in body.carry}
    names |= {new: str(leaf.name) for leaf, new in zip(body.carry, body.new, strict=True)}
    leaves: dict[Node, Node] = {}
    known: dict[Node, Node] = {}
    for node in topological_order(outputs, operands=lambda node: () if is_read(node) else node.operands):
        if is_read(node):
            own_node = canonical(node)
            known[node] = leaves.setdefault(own_node, _like(own_node, names.get(own_node, "value")))
    return known, leaves


def _uses(leaf: Node, body: Body) -> list[tuple[Node, int]]:
    return [(node, i) for node in body.operations for i, operand in enumerate(node.operands) if operand is leaf]


def _over_all_steps(node: Node, i: int) -> bool:
    """Whether what all steps give for an operand that is the same in each follows at once from the stacks of the others."""
    if len(node.operands) != 2:
        return False
    same, other = node.operands[i], node.operands[1 - i]
    if type(node) is MatMul:
        return same.ndim == 2
    return type(node) in (Add, Sub, Mul, Div) and same.ndim <= other.ndim == node.ndim


def over_all_steps(node: Node, i: int, gradient: Any, stack: Callable[[Node], Any], same: Any) -> Any:
    """The gradient for such an operand, from the stacks of the gradients of an operation and of its other operand."""
    other = stack(node.operands[1 - i])
    if type(node) is not MatMul:
        operands = (same, other) if i == 0 else (other, same)
        return summed(node.backward(gradient, stack(node), *operands)[i], same.shape)
    if i == 0 and node.operands[1].ndim > 1:  # W · H: the columns of all steps, as rows
        gradient, other = gradient.mT, other.mT
    rows, products = Flatten.apply(other, axis=-1), Flatten.apply(gradient, axis=-1)
    return rows.mT @ products if i == 1 else products.mT @ rows
