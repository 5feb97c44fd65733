"""Operations that move elements and leave them as they are, and where elements come from."""

from minigraph.core.node import Node
from minigraph.ops.arithmetic import Cast, Identity
from minigraph.ops.gather import Gather
from minigraph.ops.indexing import Slice
from minigraph.ops.scatter import GatherElements, GatherND
from minigraph.ops.shape import Expand, Flatten, Reshape, Squeeze, Transpose, Unsqueeze

__all__ = ["MOVES", "source"]

MOVES = (Cast, Expand, Flatten, Gather, GatherElements, GatherND, Identity, Reshape, Slice, Squeeze, Transpose, Unsqueeze)
"""Operations whose elements are those of their first operand."""


def source(node: Node) -> Node:
    """The node whose elements these are, before they were moved, cast or parted."""
    while isinstance(node, MOVES):
        node = node.operands[0]
    return node
