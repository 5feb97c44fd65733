"""Nodes and graphs like others: on other operands, in another precision, and flat, as they are copied and pickled."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minigraph.core.errors import DTypeError
from minigraph.core.graph import Graph
from minigraph.core.leaves import current_arrays
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import altered, convert_state, topological_order
from minigraph.core.values import DType, as_array, as_dtype

__all__ = ["astype", "converted", "flattened", "rebuilt", "records", "restore", "restored", "substituted", "with_nodes"]


def rebuilt(node: Node, operands: Sequence[Node]) -> Node:
    """The same operation on other operands of the same shapes and types, or the node itself where these are its own."""
    if all(new is old for new, old in zip(operands, node.operands, strict=True)):
        return node
    copy: Node = altered(node, operands=tuple(operands))
    return copy


def substituted(outputs: Iterable[Node], known: Mapping[Node, Node]) -> dict[Node, Node]:
    """For the outputs, and all that they need, the same with some nodes `known` as others.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ()), mg.Input("y", ())
    >>> z = mg.Tanh(x)
    >>> substituted([z], {x: y})[z].operands
    (Input 'y' (scalar, float32),)
    """
    done = dict(known)
    for node in topological_order(outputs, known):
        done[node] = rebuilt(node, [done[operand] for operand in node.operands])
    return done


def with_nodes(graph: Graph, known: Mapping[Node, Node]) -> Graph:
    """The graph with some nodes `known` as others, on the same variables.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> with_nodes(mg.Graph(y=mg.Tanh(x)), {x: -x}).forward(x=0.0)["y"]
    np.float32(-0.0)
    """
    found = substituted(graph.outputs.values(), known)
    return Graph({name: found[node] for name, node in graph.outputs.items()})


def astype(graph: Graph, dtype: DTypeLike) -> Graph:
    """The same graph in another precision, with parameters of its own and its constants as exact as they were given."""
    target = as_dtype(dtype, "graph.astype")
    if target.kind != "f":
        raise DTypeError(f"graph.astype takes a floating-point type, such as np.float64, not {target}.")

    def dtype_of(old: DType) -> DType:
        return target if old.kind == "f" else old

    copies = converted(graph.nodes, dtype_of)
    for variable, array in zip(graph.variables.values(), current_arrays(graph.variables.values()), strict=True):
        copies[variable].value = array  # type: ignore[attr-defined]
    return Graph({name: copies[node] for name, node in graph.outputs.items()})


def converted(nodes: Iterable[Node], dtype_of: Callable[[Any], DType]) -> dict[Node, Node]:
    """For each of these nodes, operands before what uses them, one like it of another element type."""
    copies: dict[Node, Node] = {}
    for node in nodes:
        copy = copies[node] = altered(node, operands=tuple(copies[operand] for operand in node.operands))
        if isinstance(node, Constant):  # rounded anew: the 0.1 of a float32 graph is 0.1 in double precision, not 0.10000000149
            copy.dtype = dtype_of(node.dtype)
            copy.value = np.array(as_array(node.given, copy.dtype, f"The constant {node}"))
        else:
            convert_state(copy, dtype_of)
    return copies


def records(graph: Graph) -> dict[str, Any]:
    """The graph's state: flat records of its nodes, so that one as deep as it likes is copied and pickled without recursion."""
    index = {node: i for i, node in enumerate(graph.nodes)}
    flat = flattened(graph.nodes)
    for variable, array in zip(graph.variables.values(), current_arrays(graph.variables.values()), strict=True):
        flat[index[variable]][1]["_array"] = array
    return {"records": flat, "outputs": {name: index[node] for name, node in graph.outputs.items()}}


def flattened(nodes: Sequence[Node]) -> list[tuple[type[Node], dict[str, Any]]]:
    """The class and the state of each of these nodes, operands before what uses them, with the places of its operands."""
    index = {node: i for i, node in enumerate(nodes)}
    return [(type(node), vars(node) | {"operands": [index[operand] for operand in node.operands]}) for node in nodes]


def restored(flat: Iterable[tuple[type[Node], dict[str, Any]]]) -> list[Node]:
    """The nodes of such records."""
    nodes: list[Node] = []
    for kind, values in flat:
        node = kind.__new__(kind)
        vars(node).update(values, operands=tuple(nodes[i] for i in values["operands"]))
        nodes.append(node)
    return nodes


def restore(graph: Graph, state: dict[str, Any]) -> None:
    """Make a new graph one of such a state."""
    nodes = restored(state["records"])
    graph.__init__({name: nodes[i] for name, i in state["outputs"].items()})  # type: ignore[misc]
