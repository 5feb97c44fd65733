"""A program: the outputs and the updates of a graph, computed together."""

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np

from minigraph.axes import show_shape
from minigraph.errors import DTypeError, GraphError, ShapeError
from minigraph.graph import Graph
from minigraph.node import Node, Variable, described, places
from minigraph.nodes.arithmetic import Mul
from minigraph.program.engine import Engine, Task, tiled, whole
from minigraph.program.lower import lowered

__all__ = ["Program", "compile"]


class Program:
    """A graph with updates, as one callable: it gives the outputs by name, and then the variables take their new values.

    Every new value is computed from the old ones before any variable changes. One call runs at a time: a second thread waits.
    """

    def __init__(self, graph: Graph, updates: Mapping[Variable, Node], threads: int | None) -> None:
        self.graph = graph
        self.updates = dict(updates)
        self.threads = threads
        self._whole = Graph(graph.outputs, {f"new {variable.name}": node for variable, node in self.updates.items()})
        primitive = lowered(self._whole.outputs.values())
        arguments = sorted(self._leaves(), key=lambda node: not any(isinstance(axis, str) for axis in node.shape))
        self._task = Task(
            [primitive[node] for node in graph.outputs.values()],
            {variable: _computed(primitive[node]) for variable, node in self.updates.items()},
            arguments,
            {primitive[node]: node.name for node in self._whole.nodes if node.name},
        )
        self._axes = self._task.axes()
        self._batch, self._tiles = whole(self._task), tiled(self._task)
        self._steps: dict[tuple[int, ...], Any] = {}
        self._lock = Lock()

    def _leaves(self) -> list[Node]:
        return [*self._whole.inputs.values(), *self._whole.variables.values()]

    @property
    def source(self) -> str:
        """The NumPy program of the last step, or of a batch as a whole before there was one."""
        return self._batch.source

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        values = self._whole.bind(inputs)
        sizes: dict[str, int] = {}
        for node in self._whole.inputs.values():
            sizes.update((axis, size) for axis, size in zip(node.shape, values[node].shape, strict=True) if isinstance(axis, str))
        key = tuple(sizes[axis] for axis in self._axes)
        if key not in self._steps:
            engine = self._tiles if self._tiles and key and key[0] > self._tiles.tile else self._batch
            self._steps[key] = engine.program(*key)
        with self._lock, np.errstate(all="ignore"):
            results = self._steps[key](*(values[node] for node in self._task.arguments))
        return dict(zip(self.graph.outputs, results, strict=True))

    def __repr__(self) -> str:
        return f"Program of {self.graph!r}, {len(self.updates)} updates"


def _computed(node: Node) -> Node:
    """A new value that is computed: one that is a leaf, as it stands, times one."""
    return node
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
    return Program(graph if isinstance(graph, Graph) else Graph(graph), updates, None)
