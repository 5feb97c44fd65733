"""A program: the outputs and the updates of a graph, computed together."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigraph.axes import show_shape
from minigraph.errors import DTypeError, GraphError, ShapeError
from minigraph.graph import Graph
from minigraph.node import Node, Variable, described, places
from minigraph.rules import compute

__all__ = ["Program", "compile"]


class Program:
    """A graph with updates, as one callable: it gives the outputs by name, and then the variables take their new values.

    Every new value is computed from the old ones before any variable changes.
    """

    def __init__(self, graph: Graph, updates: Mapping[Variable, Node]) -> None:
        self.graph = graph
        self.updates = dict(updates)
        taken = {f"new {variable.name}": node for variable, node in self.updates.items()}
        self._whole = Graph(graph.outputs, taken)

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        values = self._whole.bind(inputs)
        with np.errstate(all="ignore"):
            for node in self._whole.nodes:
                if node.operands:
                    values[node] = compute(node, [values[operand] for operand in node.operands])
        for variable, node in self.updates.items():
            variable.value = values[node]
        return {name: values[node] for name, node in self.graph.outputs.items()}

    def __repr__(self) -> str:
        return f"Program of {self.graph!r}, {len(self.updates)} updates"


def compile(graph: Graph | Node, updates: Mapping[Variable, Node] | None = None) -> Program:
    """A program that computes the graph's outputs and applies the updates, a mapping of variables to their new values.

    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 3.0)
    >>> step = compile(mg.Graph(loss=w * w), updates={w: w * 0.5})
    >>> float(step()["loss"]), float(w.value)
    (9.0, 1.5)
    """
    updates = updates or {}
    for variable, node in updates.items():
        if not isinstance(variable, Variable):
            raise GraphError(f"Only a variable can be updated, not {variable!r}.")
        if node.shape != variable.shape:
            raise ShapeError(
                f"The update of {described(variable)} gives {show_shape(node.shape)}: it must keep the shape."
                f"{places(variable, node)}"
            )
        if node.dtype != variable.dtype:
            raise DTypeError(f"The update of {variable} gives {node.dtype}, not {variable.dtype}.{places(variable, node)}")
    return Program(graph if isinstance(graph, Graph) else Graph(graph), updates)
