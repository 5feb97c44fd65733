"""Arithmetic of sizes: what follows from the shapes of inputs is computed while a model is read, with names in it.

A model computes the shapes that it asks for, in a dozen nodes for each. Where all that such a node takes is known, in numbers
or in the names of axes, its value is: it is no node of the graph.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of
from minigraph.core.sizes import Axis, SymbolicSize, non_negative
from minigraph.ops import OPERATIONS
from minigraph.ops.arithmetic import MOST

__all__ = ["compared", "divided", "missing_axes", "sizes_of", "stored"]

MOVING = (
    "Cast", "Concat", "Expand", "Flatten", "Gather", "Reshape", "Slice", "Squeeze", "Stack", "Transpose", "Unsqueeze",
)  # fmt: skip
"""The operations that lay sizes out anew."""
COUNTING = tuple(OPERATIONS[name] for name in (*MOVING, "Add", "Mul", "Neg", "Sub"))
"""The operations whose rules are read with sizes for numbers."""


def stored(sizes: tuple[Axis, ...] | Any, like: Node) -> Node:
    """The sizes as a leaf of the type and shape of a node: numbers, where no names are in them."""
    if not any(isinstance(size, SymbolicSize) for size in sizes):
        return Constant(np.array(sizes, like.dtype).reshape(like.shape), dtype=like.dtype)
    found = Sizes(tuple(sizes) if like.ndim else sizes[0])
    found.dtype = like.dtype
    return found


def sizes_of(node: Node) -> tuple[Axis, ...] | None:
    """The sizes that the value consists of, by what its operands hold; None where they are not known, or no whole numbers."""
    if node.known is not None or node.dtype.kind not in "iu" or not isinstance(node, COUNTING):
        return node.known
    if not all(map(_few, (node, *node.operands))):
        return None
    given = [operand.known for operand in node.operands]
    if any(each is None for each in given):
        return None
    arrays = [_array(sizes, operand) for sizes, operand in zip(given, node.operands, strict=True) if sizes is not None]
    try:
        found = arrays[0] if isinstance(node, OPERATIONS["Cast"]) else node.forward(*arrays)
    except (MinigraphError, TypeError, ValueError):  # a rule that asks for numbers
        return None
    sizes = tuple(np.ravel(np.asarray(found, object)))
    whole = all(isinstance(size, int | np.integer | SymbolicSize) and len(str(size)) <= MOST for size in sizes)
    return tuple(_whole(size) for size in sizes) if whole else None


def _few(node: Node) -> bool:
    """Whether it may be a shape: a model can ask for many millions of numbers, which no shape has."""
    return node.ndim == 0 or (node.ndim == 1 and isinstance(node.shape[0], int) and node.shape[0] <= MOST)


def _whole(size: Any) -> Axis:
    return size if isinstance(size, SymbolicSize) else int(size)


def _array(sizes: tuple[Axis, ...], operand: Node) -> Any:
    """The sizes as the operand lays them out; an array of objects where there are names in them."""
    if not any(isinstance(size, SymbolicSize) for size in sizes):
        return np.array(sizes, operand.dtype).reshape(operand.shape)
    array = np.empty(len(sizes), object)
    array[:] = sizes
    return array.reshape(operand.shape)


def divided(a: Node, b: Node) -> Node | None:
    """The quotients of sizes, cut off; None where they are not known: ⌊size/number⌋ is that of a size that is not negative."""
    if (
        not _few(a)
        or not _few(b)
        or a.known is None
        or b.known is None
        or not any(isinstance(size, SymbolicSize) for size in a.known)
    ):
        return None
    pairs = list(np.broadcast(_array(a.known, a), _array(b.known, b)))
    if any(not isinstance(n, int | np.integer) or n < 1 or non_negative(size) != size for size, n in pairs):
        return None
    return stored([size // int(n) for size, n in pairs], a if a.ndim >= b.ndim else b)


def compared(node: Node) -> Node:
    """Whether sizes are equal, where that is known before a run: one that has a name is no negative number."""
    a, b = (operand.known if _few(operand) else None for operand in node.operands)
    if a is None or b is None:
        return node
    answers = [_equal(*pair) for pair in np.broadcast(np.array(a, object), np.array(b, object))]
    return node if None in answers else Constant(np.array(answers).reshape(node.shape))


def _equal(a: Axis, b: Axis) -> bool | None:
    if a == b or (isinstance(a, int) and isinstance(b, int)):
        return a == b
    return False if any(isinstance(size, int) and size < 0 for size in (a, b)) else None


def missing_axes(outputs: Iterable[Node]) -> set[str]:
    """The axes whose sizes are in what the outputs follow from, and that none of the inputs there has."""
    nodes = topological_order(outputs)
    needed = {name for node in nodes if isinstance(node, Sizes) for name in names_of(node.sizes)}
    return needed - {name for node in nodes if isinstance(node, Input) for name in names_of(node.shape)}
