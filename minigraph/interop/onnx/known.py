"""What is known of a model's values before a run: what follows from constants alone, and from the shapes of inputs."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node
from minigraph.core.run import forward
from minigraph.core.shapes import Axis
from minigraph.interop.onnx.limits import Budget
from minigraph.ops import OPERATIONS

__all__ = ["constant", "known_before", "value"]

POOLS = ("AveragePool", "LpPool", "MaxPool")
PRODUCTS = tuple(OPERATIONS[name] for name in ("Conv", "ConvTranspose", "Det", "Einsum", "Gemm", "MatMul", *POOLS))
LARGE = 2**24
"""How many pairs of elements a product of constants, or elements a pooled one, may have to be computed while it is read."""


def constant(operands: Sequence[Node]) -> bool:
    """Whether there are operands, and all of them constants."""
    return bool(operands) and all(isinstance(operand, Constant) for operand in operands)


def value(node: Node, owner: str, budget: Budget) -> Node:
    """The value of what follows from constants alone; a large product of them is left to a run."""
    graph = Graph(value=node)
    if any(isinstance(each, PRODUCTS) and prod(map(_size, each.operands)) > LARGE for each in graph.operations):
        return node
    for each in graph.operations:
        for array in (each, *each.operands):
            budget.compute(owner, array.shape, array.dtype.itemsize)
    return Constant(forward(graph)["value"], dtype=node.dtype)


def _size(node: Node) -> int:
    return prod(size for size in node.shape if isinstance(size, int))


def known_before(node: Any, owner: str, budget: Budget) -> Any:
    """The node, or what it holds where that is known before a run, so that it can be a shape or an axis."""
    if node is None:
        return None
    if constant(node.operands):
        return value(node, owner, budget)
    if type(node) is OPERATIONS["Equal"]:
        return _compared(node)
    if not node.operands or node.known is None or any(isinstance(size, str) for size in node.known):
        return node
    return Constant(np.array(node.known, node.dtype).reshape(node.shape))


def _compared(node: Node) -> Node:
    """Whether sizes are equal, where that is known before a run: one that has a name is no negative number."""
    a, b = (operand.known for operand in node.operands)
    if a is None or b is None:
        return node
    answers = [_equal(*pair) for pair in np.broadcast(np.array(a, object), np.array(b, object))]
    return node if None in answers else Constant(np.array(answers).reshape(node.shape))


def _equal(a: Axis, b: Axis) -> bool | None:
    if a == b or (isinstance(a, int) and isinstance(b, int)):
        return a == b
    return False if any(isinstance(size, int) and size < 0 for size in (a, b)) else None
