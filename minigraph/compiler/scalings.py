"""Scalings folded: a number that multiplies many results is multiplied once, into what they are all linear in.

The learning rate multiplies the gradient of every parameter, and each of those is linear in the gradient of the logits, which
is divided by the number of rows anyway: one scaling of the logits' gradient does for all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.compiler.lowering import needed
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import rebuilt
from minigraph.ops.arithmetic import Add, Div, Mul, Neg, Sub
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Expand, Reshape, Squeeze, Transpose, Unsqueeze

__all__ = ["folded"]

ARRANGING = {Neg, ReduceSum, Transpose, Reshape, Expand, Squeeze, Unsqueeze}
"""Linear in their first operand, whatever the others are."""


@dataclass(frozen=True)
class _Scaling:
    """A product with a number that does not depend on what is computed."""

    scale: Node
    operand: Node


def folded(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs need, one of the same value; those that are rescaled now are left out."""
    order = needed(outputs)
    scalings = _scalings(order)
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for operand in () if node.known is not None else node.operands:
            consumers[operand].append(node)
    scale_of: dict[Node, Node] = {}
    linear: set[Node] = set()
    dropped: set[Node] = set()
    for start in scalings:
        found, ends = _linear_in(start, consumers, scalings, set(outputs))
        if ends and not found & linear and start not in linear | dropped:
            linear |= found
            dropped |= ends
            scale_of[start] = scalings[next(iter(ends))].scale
    new: dict[Node, Node] = {}
    for node in order:
        new[node] = rebuilt(node, [new.get(operand, operand) for operand in node.operands])
        if node in dropped:
            new[node] = new[scalings[node].operand]
        elif node in scale_of:
            new[node] = Mul(Mul(scale_of[node], scalings[node].scale), new[scalings[node].operand])
    return {node: new[node] for node in order if node not in linear and node not in scale_of}


def _scalings(order: Sequence[Node]) -> dict[Node, _Scaling]:
    found: dict[Node, _Scaling] = {}
    static: set[Node] = set()
    for node in order:
        if isinstance(node, Constant) or node.known is not None or (node.operands and static.issuperset(node.operands)):
            static.add(node)
        elif type(node) is Mul:
            for scale, operand in (node.operands, node.operands[::-1]):
                if scale in static and not scale.shape and operand not in static:
                    found[node] = _Scaling(scale, operand)
    return found


def _linear_in(
    start: Node, consumers: Mapping[Node, list[Node]], scalings: Mapping[Node, _Scaling], kept: set[Node]
) -> tuple[set[Node], set[Node]]:
    """What is linear in a value, up to the scalings by one number that it all ends in; nothing where it ends otherwise."""
    linear: set[Node] = set()
    ends: set[Node] = set()
    pending = [start]
    while pending:
        node = pending.pop()
        if node in kept:
            return set(), set()
        for consumer in consumers[node]:
            if consumer in scalings:
                ends.add(consumer)
            elif consumer not in linear:
                linear.add(consumer)
                pending.append(consumer)
                if type(consumer) not in ARRANGING | {Mul, MatMul, Div, Add, Sub}:
                    return set(), set()
    one = len({scalings[end].scale for end in ends}) == 1
    return (linear, ends) if one and all(_is_linear(node, linear | {start}) for node in linear) else (set(), set())


def _is_linear(node: Node, varying: set[Node]) -> bool:
    """Whether an operation multiplies by k when those of its operands that vary do."""
    vary = [operand in varying for operand in node.operands]
    if type(node) in (Mul, MatMul):
        return vary.count(True) == 1
    if type(node) is Div:
        return vary == [True, False]
    return all(vary) if type(node) in (Add, Sub) else vary[0]
