"""From a graph to a function that NumPy runs: which passes make its task, and the arena that its buffers lie in."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.compiler.checkpointing import recomputed
from minigraph.compiler.driver import rewritten
from minigraph.compiler.emission import Part, emit
from minigraph.compiler.loops import lowered_loops
from minigraph.compiler.lowering import lowered
from minigraph.compiler.plan import Plan
from minigraph.compiler.primitives import light_calls, of_static_shape
from minigraph.compiler.products import products_of_many_rows
from minigraph.compiler.scaling import scaled_once
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of
from minigraph.ops.arithmetic import Mul

__all__ = ["Engine", "Memory", "Task", "collector_paused", "defined", "source_of", "task_of", "whole"]

LINE = 64
"""Bytes in a line of the cache: a buffer begins at one."""


class Memory:
    """The arena of a program: the memory of its buffers.

    The functions of all sizes of a program get the same buffers, in the same order: only one of them may run at a time.

    >>> memory = Memory()
    >>> first = memory.begin()(100, np.uint8)
    >>> np.shares_memory(first, memory.begin()(60, np.uint8))
    True
    """

    def __init__(self) -> None:
        self._buffers: list[np.ndarray[Any, Any]] = []
        self._next = 0

    def begin(self) -> "Memory":
        """Hand out the buffers from the first on."""
        self._next = 0
        return self

    def __call__(self, size: int, dtype: Any) -> np.ndarray[Any, Any]:
        """The next buffer, of at least so many bytes."""
        if self._next == len(self._buffers):
            self._buffers.append(_aligned(size))
        elif self._buffers[self._next].size < size:
            self._buffers[self._next] = _aligned(size)
        self._next += 1
        return self._buffers[self._next - 1]

    @property
    def bytes(self) -> int:
        """How much it holds."""
        return sum(buffer.size for buffer in self._buffers)


def _aligned(size: int) -> np.ndarray[Any, Any]:
    whole = np.empty(size + LINE, np.uint8)
    start = -whole.ctypes.data % LINE
    return whole[start : start + size]


@dataclass(frozen=True)
class Task:
    """What is to be computed: primitives for the outputs and for the new values, from leaves, which have names."""

    outputs: Sequence[Node]
    updates: Mapping[Variable, Node]
    arguments: Sequence[Node]
    names: Mapping[Node, str]

    def rewritten(self, *passes: Callable[[Sequence[Node]], Mapping[Node, Node]]) -> "Task":
        """The same task after these passes, one after the other: each gives what takes the place of the nodes it is given."""
        task = self
        for each in passes:
            new = each([*task.outputs, *task.updates.values(), *task.arguments])
            task = Task(
                [new[node] for node in task.outputs],
                {variable: _computed(new[node]) for variable, node in task.updates.items()},
                [new[leaf] for leaf in task.arguments],
                {new[node]: name for node, name in task.names.items() if node in new},
            )
        return task

    def many(self) -> "Task":
        """The task for many rows."""
        return self.rewritten(products_of_many_rows)

    def single(self) -> "Task":
        """The task for one row, along each of the named axes."""
        static = of_static_shape(dict.fromkeys(self.axes(), 1))
        return self.rewritten(lambda outputs: rewritten(outputs, static), lowered, light_calls)

    def axes(self) -> list[str]:
        """The named axes of the arguments."""
        return sorted({name for node in self.arguments for name in names_of(node.shape)})


def task_of(whole: Graph, graph: Graph, updates: Mapping[Variable, Node], again: Sequence[tuple[str, ...]] = ()) -> Task:
    """The task of a graph and its updates, both of which the `whole` graph holds, with some blocks computed `again`."""
    inputs = sorted(whole.inputs.values(), key=lambda node: not names_of(node.shape))
    read = [variable for variable in whole.variables.values() if variable not in updates]
    names = {node: node.name for node in whole.nodes if node.name}
    task = Task([*graph.outputs.values()], updates, [*inputs, *updates, *read], names)
    checkpointed = task.rewritten(lambda outputs: recomputed(outputs, again)) if again else task
    return checkpointed.rewritten(lowered, scaled_once, lowered_loops)


def _computed(node: Node) -> Node:
    """A new value that is another leaf's, as something to compute: it is read before that leaf changes."""
    return Mul(node, 1) if isinstance(node, Leaf) else node


@dataclass
class Engine:
    """A source that defines `program`, and the parts that it is made of."""

    source: str
    parts: Sequence[Part]
    tile: int = 0
    """How many rows are computed at a time, at most; 0 for all."""
    program: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        self.program = defined(self.source, {name: value for part in self.parts for name, value in part.handed.items()})


def defined(source: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """The function `program` that a source defines, in which these names stand for something."""
    space = dict(names)
    exec(compile(source, "<minigraph program>", "exec"), space)
    program: Callable[..., Any] = space["program"]
    return program


@contextmanager
def collector_paused() -> Iterator[None]:
    """Within it Python's garbage collector does not go through all that is being made again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def whole(task: Task) -> Engine:
    """The program that computes a whole batch at once."""
    part = emit(Plan(task.outputs, task.updates), task.arguments, task.names, task.axes())
    return Engine(source_of(part.source), [part])


def source_of(*parts: str) -> str:
    """The source of a program of these parts."""
    return "\n\n\n".join(["import numpy as np", *parts]) + "\n"
