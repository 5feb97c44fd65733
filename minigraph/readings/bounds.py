"""A rule read with bounds: given between what its operands lie, it tells between what its value lies."""

from collections.abc import Iterable

from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Node
from minigraph.readings.interval import Bounds, alike

__all__ = ["bounds_of"]


def bounds_of(nodes: Iterable[Node]) -> dict[Node, Bounds]:
    """The bounds of every node of a topological order, each read from the `forward` of its operation.

    A variable is taken never to become 0 unless it holds a 0 now. An input may be anything.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> spread = np.sqrt((x * x).mean() + 1e-5)
    >>> bounds_of(mg.Graph(spread).nodes)[spread].low > 0
    True
    """
    found: dict[Node, Bounds] = {}
    for node in nodes:
        bounds = found[node] = alike(_of_leaf(node) if not node.operands else _of_operation(node, found))
        bounds.shape, bounds.dtype, bounds.ndim = node.shape, node.dtype, node.ndim
    return found


def _of_leaf(leaf: Node) -> Bounds:
    if isinstance(leaf, Constant) and leaf.value.size:
        return Bounds(float(leaf.value.min()), float(leaf.value.max()), bool(leaf.value.all()))
    return Bounds(nonzero=isinstance(leaf, Variable) and bool(leaf.current_array.all()))


def _of_operation(node: Node, found: dict[Node, Bounds]) -> Bounds:
    try:
        value = node.forward(*(found[operand] for operand in node.operands))
    except Exception:  # a rule that only numbers can be put through: nothing is known
        return Bounds()
    return value if isinstance(value, Bounds) else Bounds()
