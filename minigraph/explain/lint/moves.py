"""Operations that move elements and leave them as they are, and where elements come from."""

from minigraph.core.node import Node
from minigraph.ops.arithmetic import Cast
from minigraph.ops.elementary import Identity
from minigraph.ops.gather import Gather
from minigraph.ops.joining import Flatten
from minigraph.ops.linear import Transpose
from minigraph.ops.scatter import GatherElements, GatherND
from minigraph.ops.shape import Expand, Reshape, Squeeze, Unsqueeze
from minigraph.ops.slicing import Slice

__all__ = ["MOVES", "source"]

MOVES = (Cast, Expand, Flatten, Gather, GatherElements, GatherND, Identity, Reshape, Slice, Squeeze, Transpose, Unsqueeze)
"""Operations whose elements are those of their first operand."""


def source(node: Node) -> Node:
    """The node whose elements these are, before they were moved, cast or parted."""
    while isinstance(node, MOVES):
        node = node.operands[0]
    return node
