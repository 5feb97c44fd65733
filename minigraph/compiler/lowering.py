"""A graph as primitives: composites expanded, common subexpressions eliminated, and what changes nothing left out.

Every operation that remains is one call of NumPy. A rule that does more than NumPy can say for nodes (Python's own control
flow, a function that is no operation of minigraph) stays as it is, and the program calls it as it is.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from minigraph.compiler.batch_parts import joined
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import altered, in_single, rebuilt
from minigraph.core.rules import compute
from minigraph.core.shapes import broadcast
from minigraph.core.values import widened
from minigraph.ops.arithmetic import Add, Cast, Div, Mul, Neg, Sub
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import Equal, IsNaN, Or, Where
from minigraph.ops.joining import Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.ops.shape import Expand, Reshape, Size, Squeeze, Unsqueeze
from minigraph.ops.softmax import Hardmax
from minigraph.readings import Source, expand, line_of
from minigraph.readings.sameness import signature

__all__ = ["elementwise", "lowered", "needed", "read"]

SMALL = 64
"""Constants of at most this many elements are computed with while the program is made."""
WINDOW = 32
"""How long an axis is at most along which np.argmax takes longer than a few calls on all elements: five times and more."""


def lowered(outputs: Iterable[Node]) -> dict[Node, Node]:
    """For every node that the outputs depend on, the primitive or leaf that has its value."""
    done: dict[Node, Node] = {}
    parts: dict[Node, Node] = {}
    merged: dict[Hashable, Node] = {}
    pending = list(outputs)
    while pending:
        node = pending[-1]
        waiting = [operand for operand in node.operands if operand not in done]
        if node in done:
            pending.pop()
        elif waiting:
            pending += waiting
        elif node in parts:
            done[node] = done[parts[node]]
        else:
            simple = lightened(rebuilt(node, [done[operand] for operand in node.operands]))
            if all(operand in done for operand in simple.operands):
                whole = merged.setdefault(_key(simple), simple)
                inner = whole if whole in done or isinstance(whole, Leaf) else _parts(whole)
                whole_stays = inner is whole or _circular(whole, inner, done)
            else:
                inner, whole_stays = simple, False
            if whole_stays:
                done[node] = done[whole] = done.get(whole, whole)
            else:
                parts[node] = inner
                pending.append(inner)
    return done


def _parts(whole: Node) -> Node:
    """What an operation is composed of: one of half precision of itself in float32, which is rounded once."""
    if whole.dtype.char == "e" and any(operand.dtype == whole.dtype for operand in whole.operands):
        return in_single(whole, [widened(operand) for operand in whole.operands]).astype(whole.dtype)
    return expand(whole)


def _circular(whole: Node, inner: Node, done: Mapping[Node, Node]) -> bool:
    """Whether a rule composes its own operation again, on as many operands: expanding it would never end."""
    pending = [inner]
    while pending:
        node = pending.pop()
        if node not in done:
            if type(node) is type(whole) and node.dtype == whole.dtype and len(node.operands) == len(whole.operands):
                return True
            pending += node.operands
    return False


def read(node: Node, operands: Sequence[str], out: str | None = "out") -> Source | None:
    """The one call of NumPy that a primitive is, on operands so written, or None for a rule that is more than a call."""
    given = [Source(text, dtype=operand.dtype) for text, operand in zip(operands, node.operands, strict=True)]
    written = line_of(node, given, out=Source(out) if out else None)
    return written if written is not None and written.function else None


def elementwise(call: Source | None) -> bool:
    """Whether a call computes each element from the elements at the same place."""
    return call is not None and call.takes_out and isinstance(call.function, np.ufunc) and call.function.signature is None


def needed(outputs: Sequence[Node]) -> list[Node]:
    """What is computed, operands first; sizes that are known from the shapes alone need no operand."""
    order: dict[Node, None] = {}
    pending = list(reversed(outputs))
    while pending:
        node = pending[-1]
        waiting = [] if node.known is not None else [operand for operand in node.operands if operand not in order]
        if waiting and node not in order:
            pending += reversed(waiting)
        else:
            order.setdefault(pending.pop())
    return list(order)


def lightened(node: Node) -> Node:
    """A node of the same value that computes less, or the node itself."""
    if isinstance(node, Leaf):
        return node
    first, kind = node.operands[0], type(node)
    if kind in UNMOVED and first.shape == node.shape and first.dtype == node.dtype:
        return first
    if kind is Neg and type(first) is Neg:
        return first.operands[0]
    if kind in NEUTRAL and _is_constant(node.operands[1], NEUTRAL[kind]) and first.shape == node.shape:
        return first
    if kind in (Add, Mul) and _is_constant(first, NEUTRAL[kind]) and node.operands[1].shape == node.shape:
        return node.operands[1]
    if all(isinstance(operand, Constant) and operand.value.size <= SMALL for operand in node.operands):
        return _folded(node)
    if kind in (Div, Mul) and _is_constant(node.operands[1], -1) and first.shape == node.shape:
        return _negative(first)
    if kind is Div and type(first) is Neg and not node.operands[1].shape:
        return Div(first.operands[0], Neg(node.operands[1]))
    if kind in (ReduceSum, ReduceMax, ReduceMin) and first.dtype == node.dtype:
        reduction: Any = node
        axes = axes_of(first, reduction.axes)
        if all(first.shape[axis] == 1 for axis in axes):
            return first if reduction.keepdims or not axes else Squeeze(first, axes=axes)
    if kind is MatMul and first.shape == (1,) and _is_constant(first, 1) and node.ndim:
        return Squeeze(node.operands[1], axes=(0,))
    if kind is Where and first.dtype != bool:  # what np.copyto chooses by must be booleans
        return rebuilt(node, [Cast(first, to=bool), *node.operands[1:]])
    if kind is Hardmax:
        return _first_of_ties(node)
    if kind is ReduceSum and type(first) is Where and _is_constant(first.operands[2], 0):
        return _masked(node, first)
    if isinstance(node, ReduceSum) and kind is ReduceSum and first.ndim == 2 and node.dtype in BLAS:
        return _sum_by_product(node)
    if any(type(operand) is Expand for operand in node.operands):
        return _unexpanded(node)
    return joined(node) if kind is Add else node


class MaskedSum(ReduceSum):
    """The sum over `axes` of the elements where a condition holds: NumPy's own way to add up a choice between x and 0."""

    def forward(self, x: Any, condition: Any, out: Any = None) -> Any:  # type: ignore[override]
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, where=condition, out=out)


def _first_of_ties(node: Any) -> Node:
    """A Hardmax from whole arrays: of the elements that tie the first one has the largest number."""
    (x,), axis = node.operands, node.axis % node.ndim
    size = node.shape[axis]
    if isinstance(size, str) or size > WINDOW:
        return cast(Node, node)
    ties = Or(Equal(x, ReduceMax(x, axes=(axis,))), IsNaN(x))
    numbers = Mul(ties, Constant(np.arange(size, 0, -1, dtype=np.uint8).reshape(-1, *[1] * (node.ndim - axis - 1))))
    return Cast(Equal(numbers, ReduceMax(numbers, axes=(axis,))), to=node.dtype)


def _negative(node: Node) -> Node:
    """The negative of a value; where that adds up differences, these are taken the other way round, which is no call more."""
    difference = node.operands[0] if isinstance(node, ReduceSum) else node
    if type(difference) is not Sub:
        return Neg(node)
    opposite = rebuilt(difference, difference.operands[::-1])
    return opposite if difference is node else rebuilt(node, [opposite, *node.operands[1:]])


def _masked(node: Node, choice: Node) -> Node:
    condition, x, _ = choice.operands
    if not condition.shape == x.shape == choice.shape:
        return node
    masked: Node = altered(node, MaskedSum, operands=(x, condition))
    return masked


def _sum_by_product(node: ReduceSum) -> Node:
    """The sum over one axis of a matrix as a product with ones: BLAS adds up several times as fast as NumPy's own loop."""
    (x,), axes = node.operands, axes_of(node.operands[0], node.axes)
    if len(axes) != 1:
        return node
    ones = Expand(Constant(1, dtype=x.dtype), Stack(Size(x, axes=axes)))
    total: Node = MatMul(ones, x) if axes == (0,) else MatMul(x, ones)
    return Unsqueeze(total, axes=axes) if node.keepdims else total


BLAS = (np.float32, np.float64)
"""The types of numbers that BLAS multiplies."""
UNMOVED = {Expand, Reshape, Squeeze, Unsqueeze, Cast}
NEUTRAL = {Add: 0, Sub: 0, Mul: 1, Div: 1}


def _is_constant(node: Node, value: float) -> bool:
    return isinstance(node, Constant) and node.value.size == 1 and node.value.item() == value


def _folded(node: Node) -> Node:
    with np.errstate(all="ignore"):
        value = compute(node, [operand.value for operand in node.operands if isinstance(operand, Constant)])
    return Constant(value, dtype=node.dtype) if np.size(value) <= SMALL else node


def _unexpanded(node: Node) -> Node:
    """An elementwise operation on what its operands were before they were repeated, since it repeats them itself."""
    if not elementwise(read(node, ["x"] * len(node.operands))):
        return node
    operands = list(node.operands)
    for i, operand in enumerate(operands):
        if type(operand) is Expand:
            operands[i] = operand.operands[0]
            shape = operands[0].shape
            for other in operands[1:]:
                shape = broadcast(shape, other.shape) or ()
            operands[i] = operands[i] if shape == node.shape else operand
    return rebuilt(node, operands)


def _key(node: Node) -> Hashable:
    """Equal for two nodes that compute the same: what is known from sizes alone is the same for all of the same sizes."""
    return signature(node) if node.known is None or isinstance(node, Leaf) else ("sizes", node.known, node.shape, node.dtype)
