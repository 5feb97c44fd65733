"""What differs between training a graph and using it: state that a step updates, dropout, and batch statistics."""

from collections.abc import Mapping
from typing import Any, cast

from minigraph.core.errors import DTypeError, GraphError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.shapes import show_shape
from minigraph.ops.normalization import BatchNormalization
from minigraph.ops.random import Dropout, RandomState
from minigraph.ops.scan import Scan

__all__ = ["checked_updates", "inference", "state_updates"]


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


def checked_updates(graph: Graph, updates: Mapping[Variable, NodeLike] | None) -> dict[Variable, Node]:
    """The updates of a program of a graph, each found to be the new value of a variable, of its shape and type.

    A GraphError also where they would leave a random state, or running statistics, as they are.
    """
    updates = {} if updates is None else updates
    if not isinstance(updates, Mapping):
        raise GraphError(
            f"The updates of a program are a mapping of variables to their new values, not {type(updates).__name__}: "
            "{variable: node}, such as an optimizer's minimize(loss) gives."
        )
    checked: dict[Variable, Node] = {}
    for variable, node in updates.items():
        if not isinstance(variable, Variable):
            raise GraphError(f"Only a variable can be updated, not {variable!r}.")
        if not isinstance(node, Node):
            raise GraphError(f"The new value of {described(variable)} must be a node, not {node!r}.{places(variable)}")
        if node.shape != variable.shape:
            raise ShapeError(
                f"The update of {described(variable)} gives {show_shape(node.shape)}: it must keep the shape."
                f"{places(variable, node)}"
            )
        if node.dtype != variable.dtype:
            raise DTypeError(f"The update of {variable} gives {node.dtype}, not {variable.dtype}.{places(variable, node)}")
        checked[variable] = node
    state = state_updates(*graph.outputs.values(), *checked.values()) if checked else {}
    left = [variable for variable in state if variable not in checked]
    if left:
        unchanged = "as it is, but it changes" if len(left) == 1 else "as they are, but each changes"
        raise GraphError(
            f"The updates leave {listing(left)} {unchanged} with every step of a training.{places(*left)}\n"
            f"  Add **mg.state_updates(loss) to the updates, or, to keep it as it is, {left[0]}: {left[0]}."
        )
    return checked


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
