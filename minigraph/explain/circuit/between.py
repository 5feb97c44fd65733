"""How one node reaches another: everything on the paths between them."""

from collections.abc import Sequence

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.messages import places
from minigraph.core.node import Node

__all__ = ["nodes_between"]


def nodes_between(graph: Graph, ends: Sequence[Node | str]) -> set[Node]:
    """Every node on a path from the first of the two ends to the second, with both.

    >>> import minigraph as mg
    >>> x, W, b = mg.Input("x", ()), mg.Parameter("W", 2.0), mg.Parameter("b", 1.0)
    >>> graph = mg.Graph(loss=mg.Tanh(x * W + b))
    >>> sorted(type(node).__name__ for node in nodes_between(graph, ("W", "loss")))
    ['Add', 'Mul', 'Parameter', 'Tanh']
    """
    if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:
        raise GraphError(f"A path is given by its two ends, path=(W, loss), not {ends!r}.")
    start, end = map(graph.node, ends)
    reached = {start}
    for node in graph.nodes:
        if not reached.isdisjoint(node.operands):
            reached.add(node)
    if end not in reached:
        raise GraphError(f"No path leads from {start} to {end}.{places(start, end)}")
    leading = {end}
    for node in reversed(graph.nodes):
        if node in leading:
            leading.update(node.operands)
    return reached & leading
