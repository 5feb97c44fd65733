"""What a call costs, roughly: enough to tell whether rows are worth being tiled, and threads worth being woken.

The figures are one core's of a server of 2023: what is decided by them holds where all of them are twice as good or as bad.
"""

from collections.abc import Mapping
from math import prod

import numpy as np

from minigraph.core.node import Node
from minigraph.core.shapes import sized
from minigraph.readings import Source

__all__ = ["ADDING", "WAKING", "nanoseconds", "operations"]

PRODUCT = 1 / 90
"""Nanoseconds for an addition or a multiplication inside of a matrix product."""
ELEMENT = 0.25
"""Nanoseconds for an element of any other value, in the cache."""
ADDING = 0.15
"""Nanoseconds for a byte that is added to a sum."""
WAKING = 8000
"""Nanoseconds that a call must take for two threads not to wait for each other, at Python's lock, more than they compute."""


def operations(call: Source | None, node: Node, sizes: Mapping[str, int]) -> int:
    """How many additions and multiplications a call is, or how many elements it goes over."""
    if call is not None and call.function is np.matmul:
        return 2 * prod(sized(node.shape, sizes)) * sized(node.operands[0].shape, sizes)[-1]
    return max(prod(sized(each.shape, sizes)) for each in (node, *node.operands))


def nanoseconds(call: Source | None, node: Node, sizes: Mapping[str, int]) -> float:
    """About how long a call takes on one core."""
    product = call is not None and call.function is np.matmul
    return operations(call, node, sizes) * (PRODUCT if product else ELEMENT)
