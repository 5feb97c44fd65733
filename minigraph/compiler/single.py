"""The program of a single row: a step that is nearly all calls, so that each of them must be light.

With one row every shape is known, and what would be summed over rows is there already. NumPy's loops start soonest on operands
of one shape, or without axes; so what is computed element by element leaves out the axes of size 1.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from minigraph.compiler.lowering import elementwise, lowered, needed, read
from minigraph.compiler.plan import INTO
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import altered, rebuilt
from minigraph.core.shapes import Shape, product, sized
from minigraph.ops.arithmetic import Max, Min
from minigraph.ops.reductions import ReduceMax, ReduceMin
from minigraph.ops.shape import Reshape, Squeeze, Unsqueeze

__all__ = ["narrowed"]

OF_TWO: dict[type[Node], type[Node]] = {ReduceMax: Max, ReduceMin: Min}
"""Reductions, and what they are of two elements: a call that takes a third of the time."""


def narrowed(outputs: Sequence[Node], sizes: Mapping[str, int]) -> dict[Node, Node]:
    """For each primitive that the outputs need, and every leaf, one of the same value where the named axes have these sizes.

    What is computed element by element goes without axes of size 1 where those of its operands differ.
    """
    pinned: dict[Node, Node] = {}
    for node in needed(outputs):
        pinned[node] = _pinned(node, sizes, pinned)
    light = lowered(pinned[output] for output in outputs)
    new: dict[Node, Node] = {}
    for node in needed([light[pinned[output]] for output in outputs]):
        new[node] = _narrow(_of_two(rebuilt(node, [new.get(operand, operand) for operand in node.operands])))
    return {node: new[light[same]] for node, same in pinned.items() if light.get(same) in new}


def _pinned(node: Node, sizes: Mapping[str, int], pinned: Mapping[Node, Node]) -> Node:
    """The same operation, or leaf, where the named axes have these sizes; variables and constants stay as they are."""
    shape = sized(node.shape, sizes)
    if node.known is not None:
        return Constant(np.array(sized(node.known, sizes)).reshape(shape), dtype=node.dtype)
    operands = tuple(pinned[operand] for operand in node.operands)
    return node if shape == node.shape and operands == node.operands else altered(node, operands=operands, shape=shape)


def _of_two(node: Node) -> Node:
    kind = OF_TWO.get(type(node))
    if kind is None or product(node.shape) != 1 or product(node.operands[0].shape) != 2:
        return node
    with composed_at(node.line):
        both = _seen(node.operands[0], (2,))
        return _seen(kind(both[:1], both[1:]), node.shape)


def _narrow(node: Node) -> Node:
    if node.known is not None or all(operand.shape in (node.shape, ()) for operand in node.operands):
        return node
    call = read(node, ["x"] * len(node.operands))
    shape = _long(node.shape)
    if not elementwise(call) and (call is None or call.function not in INTO):
        return node
    if not all(_long(operand.shape) in (shape, ()) for operand in node.operands):
        return node
    with composed_at(node.line):
        operands = tuple(_seen(operand, _long(operand.shape)) for operand in node.operands)
        return _seen(altered(node, operands=operands, shape=shape), node.shape)


def _long(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _seen(node: Node, shape: Shape) -> Node:
    """The same elements in another shape, which takes no time where they lie in a buffer."""
    while type(node) in (Reshape, Squeeze, Unsqueeze) and node.shape != shape:
        node = node.operands[0]
    return node if node.shape == shape else Reshape(node, shape)
