"""Operations that move elements and leave them as they are, and where elements come from."""

from minigraph.node import Node
from minigraph.nodes.arithmetic import Cast
from minigraph.nodes.elementary import Identity
from minigraph.nodes.index import Gather
from minigraph.nodes.layout import Flatten
from minigraph.nodes.linear import Transpose
from minigraph.nodes.scatter import GatherElements, GatherND
from minigraph.nodes.shape import Expand, Reshape, Squeeze, Unsqueeze
from minigraph.nodes.slicing import Slice

__all__ = ["MOVES", "source"]

MOVES = (Cast, Expand, Flatten, Gather, GatherElements, GatherND, Identity, Reshape, Slice, Squeeze, Transpose, Unsqueeze)
"""Operations whose elements are those of their first operand."""


def source(node: Node) -> Node:
    """The node whose elements these are, before they were moved, cast or parted."""
    while isinstance(node, MOVES):
        node = node.operands[0]
    return node
