"""What differs between training a graph and using it: state that a step updates, dropout, and batch statistics."""

from typing import Any, cast

from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Node, NodeLike
from minigraph.core.rewriting import altered, topological_order
from minigraph.ops.normalization import BatchNormalization
from minigraph.ops.random import Dropout, RandomState
from minigraph.ops.scan import Scan

__all__ = ["inference", "state_updates"]


def state_updates(*outputs: NodeLike) -> dict[Variable, Node]:
    """The updates, in a training step, of the state that some nodes depend on and that is no parameter.

    Random states move on by a step, and running statistics towards those of the batch. An optimizer's `minimize` has them
    among its updates; a program with updates of its own takes them from here.

    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [1.0, 2.0])
    >>> loss = mg.Dropout(w, mg.RandomState(0)).sum()
    >>> (dw,) = mg.gradient(loss, [w])
    >>> step = mg.compile(mg.Graph(loss=loss), updates={w: w - 0.1 * dw, **state_updates(loss)})
    """
    updates: dict[Variable, Node] = {}
    for node in topological_order(cast(tuple[Node, ...], outputs)):
        if isinstance(node, RandomState):
            updates |= node.advance()
        elif isinstance(node, BatchNormalization) and node.training_mode:
            updates |= node.running(updates)
    return updates


def inference(graph: Graph) -> Graph:
    """The graph as it is used once it is trained: dropout leaves nothing out, and running statistics normalise.

    Its inputs and variables are those of the graph that is trained, so it uses what they are after training. Where training and
    use do not differ it is the graph itself.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 2.0)
    >>> used = inference(mg.Graph(y=mg.Dropout(x * w, mg.RandomState(0))))
    >>> w.value = 3.0
    >>> used.forward(x=[1.0, 2.0])["y"]
    array([3., 6.], dtype=float32)
    """
    used: dict[Node, Node] = {}
    for node in graph.nodes:
        used[node] = _used(node, tuple(used[operand] for operand in node.operands))
    if all(used[node] is node for node in graph.outputs.values()):
        return graph
    return Graph({name: used[node] for name, node in graph.outputs.items()})


def _used(node: Node, operands: tuple[Node, ...]) -> Node:
    """A node as inference computes it, on operands that are as inference computes them."""
    changes: dict[str, Any] = {}
    if isinstance(node, Dropout):
        operands = operands[:1]
    elif isinstance(node, BatchNormalization):
        changes = {"training_mode": False}
    elif isinstance(node, Scan):
        changes = {"body": node.body.replaced(_used)}
    if operands == node.operands and all(getattr(node, key) == value for key, value in changes.items()):
        return node
    copy: Node = altered(node, operands=operands, **changes)
    return copy
