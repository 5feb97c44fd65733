"""The program of a single row: a step that is nearly all calls, so that each of them must be light.

With one row every shape is known, and what would be summed over rows is there already. NumPy's loops start soonest on operands
of one shape, or without axes; so what is computed element by element leaves out the axes of size 1.
"""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.primitives import INTO, elementwise, read
from minigraph.compiler.rewriting import Rule, rewritten
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import altered
from minigraph.core.shapes import Shape, sized
from minigraph.ops.arithmetic import Max, Min
from minigraph.ops.reductions import ReduceMax, ReduceMin
from minigraph.ops.shape import Reshape, Squeeze, Unsqueeze

__all__ = ["light_calls", "of_static_shape"]

OF_TWO: dict[type[Node], type[Node]] = {ReduceMax: Max, ReduceMin: Min}
"""Reductions, and what they are of two elements: a call that takes a third of the time."""


def of_static_shape(sizes: Mapping[str, int]) -> Rule:
    """A node, or leaf, is the same where the named axes have these sizes; a shape is a constant then.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> of_static_shape({"N": 1})(x), of_static_shape({"N": 1})(mg.Shape(x)).value
    (Input 'x' (1 × 2, float32), array([1, 2]))
    """

    def rule(node: Any) -> Node | None:
        if isinstance(node, Constant):
            return None
        shape = sized(node.shape, sizes)
        if node.known is not None:
            return Constant(np.array(sized(node.known, sizes)).reshape(shape), dtype=node.dtype)
        return None if shape == node.shape else altered(node, shape=shape)

    return rule


def light_calls(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive of static shape that the outputs depend on, one of the same value that NumPy calls sooner."""
    return rewritten(outputs, extreme_of_two, without_ones)


def extreme_of_two(node: Any) -> Node | None:
    """The extreme of two elements is one call on both.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> outline(extreme_of_two(mg.ReduceMax(mg.Input("x", (2,)))))
    'Max(Slice(x), Slice(x))'
    """
    kind = OF_TWO.get(type(node))
    if kind is None or prod(node.shape) != 1 or prod(node.operands[0].shape) != 2:
        return None
    both = _seen(node.operands[0], (2,))
    return _seen(kind(both[:1], both[1:]), node.shape)


def without_ones(node: Any) -> Node | None:
    """What is computed element by element goes without axes of size 1 where those of its operands differ.

    >>> import minigraph as mg
    >>> without_ones(mg.Input("x", (1, 2)) + mg.Input("b", (2,))).operands[0]
    Add (2, float32)
    """
    if node.known is not None or all(operand.shape in (node.shape, ()) for operand in node.operands):
        return None
    call, shape = read(node), _long(node.shape)
    if not elementwise(call) and (call is None or call.function not in INTO):
        return None
    if not all(_long(operand.shape) in (shape, ()) for operand in node.operands):
        return None
    operands = tuple(_seen(operand, _long(operand.shape)) for operand in node.operands)
    return _seen(altered(node, operands=operands, shape=shape), node.shape)


def _long(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _seen(node: Node, shape: Shape) -> Node:
    """The same elements in another shape, which takes no time where they lie in a buffer."""
    while type(node) in (Reshape, Squeeze, Unsqueeze) and node.shape != shape:
        node = node.operands[0]
    return node if node.shape == shape else Reshape(node, shape)
