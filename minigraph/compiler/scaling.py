"""Scaling: what is linear is multiplied by a number once, where many values would be."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from minigraph.compiler.driver import rewritten
from minigraph.compiler.simplification import constant_folding
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.ops.arithmetic import Add, Cast, Div, Mul, Neg, Sub
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum

__all__ = ["scaled_once"]

LINEAR = {Neg, ReduceSum, Mul, MatMul, Div, Add, Sub}
"""What is linear in some of its operands, as is what only moves elements."""


@dataclass(frozen=True)
class _Scaling:
    """A product with a single number that is static."""

    scale: Node
    operand: Node


def scaled_once(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value; those that are scaled otherwise now are left out.

    The learning rate multiplies the gradient of every parameter, and each of those is linear in the gradient of the logits,
    which is divided by the number of rows anyway: one scaling of the logits' gradient does for all. Two constants are
    multiplied now, in their own type.

    What is linear in a value is a region of the graph and nothing that a node and its operands show. So the regions are found
    first, and the rule of this pass puts in what was found for the nodes at their ends.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x, rate = mg.Input("x", ("N", 2)), mg.Constant(0.1)
    >>> y = x * mg.Constant(3.0)
    >>> outputs = [y.T * rate, -y * rate]
    >>> [outline(new) for node, new in scaled_once(outputs).items() if node in outputs]
    ['Neg(Mul(0.3, x))', 'Transpose(Mul(0.3, x))']
    """
    order, wanted = topological_order(outputs), set(outputs)
    scalings = _scalings(order)
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for operand in node.operands:
            consumers[operand].append(node)
    instead: dict[Node, Node] = {}
    rescaled: set[Node] = set()
    for start, own in scalings.items():
        linear, ends = _linear_in(start, consumers, scalings, wanted) if start not in instead else (set(), set())
        if ends and not linear & rescaled:
            rescaled |= {start, *linear}
            instead[start] = Mul(Mul(scalings[next(iter(ends))].scale, own.scale), own.operand)
            instead.update({end: scalings[end].operand for end in ends})
    new = rewritten(outputs, instead.get, constant_folding, as_given=True)
    return {node: each for node, each in new.items() if node not in rescaled}


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
    start: Node, consumers: Mapping[Node, list[Node]], scalings: Mapping[Node, _Scaling], wanted: Set[Node]
) -> tuple[set[Node], set[Node]]:
    """The nodes that are linear in `start`, and the scalings in which they end; none where these are not all by one number."""
    linear: set[Node] = set()
    ends: set[Node] = set()
    pending = [start]
    while pending:
        node = pending.pop()
        if node in wanted:
            return set(), set()
        for consumer in consumers[node]:
            if consumer in scalings:
                ends.add(consumer)
            elif consumer not in linear:
                linear.add(consumer)
                pending.append(consumer)
                if type(consumer) not in LINEAR and (not consumer.moves_elements or type(consumer) is Cast):
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
