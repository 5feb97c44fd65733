"""From primitives to a function that NumPy runs: whole batches at once, or rows in tiles spread over threads."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from math import gcd, prod
from typing import Any

import numpy as np

from minigraph.compiler.checkpointing import recomputed
from minigraph.compiler.driver import rewritten
from minigraph.compiler.emission import Part, emit
from minigraph.compiler.in_tiles import in_tiles
from minigraph.compiler.linear import products_of_many_rows, scaled_once
from minigraph.compiler.lowering import lowered
from minigraph.compiler.plan import TYPICAL, Plan
from minigraph.compiler.primitives import light_calls, of_static_shape
from minigraph.compiler.tiles import ADDING, WAKING, Split, nanoseconds, split
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of
from minigraph.core.sizes import terms_of
from minigraph.ops.arithmetic import Mul
from minigraph.ops.copies import substituted

__all__ = ["Engine", "LEAST_TILE", "Memory", "defined", "Task", "Tiling", "task_of", "tiling", "whole"]

LINE = 64
"""Bytes in a line of the cache: a buffer begins at one."""


class Memory:
    """Hands out the same buffers, in the same order, to every size of a program; only one of those may run at a time.

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
    return checkpointed.rewritten(lowered, scaled_once)


def _computed(node: Node) -> Node:
    """A new value that is another leaf's, as something to compute: it is read before that leaf changes."""
    return Mul(node, 1) if isinstance(node, Leaf) else node


LEAST_TILE = 16
"""How many rows a tile has at least."""
CACHE = 1 << 21
"""Bytes that the values of a tile may take: twice the L2 cache of a core, as a call reads about half of them. It is taken to be
1 MiB on every machine, so that all compute alike. Tiles of half or twice as many rows measured 10 % to 30 % slower."""


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


def whole(task: Task) -> Engine:
    """The whole batch at once."""
    part = emit(Plan(task.outputs, task.updates), task.arguments, task.names, task.axes())
    return Engine(_source(part.source), [part])


def tiling(task: Task) -> "Tiling | None":
    """The rows of a batch in tiles that fit the cache, or None where rows mix."""
    axes = task.axes()
    parts = split([*task.outputs, *task.updates.values()], axes[0]) if len(axes) == 1 else None
    return Tiling(task, parts) if parts and parts.sums else None


class Tiling:
    """Tiling: the rows of a batch a few at a time, so that what is computed of them fits the cache.

    Each tile adds to all of the sums, so it has rows enough for that to take a sixteenth of its time at most; and a thread is
    worth waking for rows whose calls take long enough that threads do not wait for each other at Python's lock.
    """

    def __init__(self, task: Task, parts: Split) -> None:
        self._task, self._parts = task, parts
        self._known = _leaves(parts.before, "known", task.names)
        self._drawn = _leaves(parts.drawn, "drawn", task.names)
        self._sums = _leaves(parts.sums, "sum", task.names)
        inner = [*parts.sums, *parts.rows]
        self._within = substituted(inner, self._known | self._drawn)
        self._rows = rows = Plan([self._within[node] for node in inner], {})
        per_row = sum(buffer.bytes for buffer in rows.buffers if not isinstance(buffer.times, int)) or 1
        adding = ADDING * sum(_bytes(node) for node in parts.sums)
        typical = {parts.axis: TYPICAL}
        row = sum(nanoseconds(rows.calls[node], node, typical) for node in rows.order) / TYPICAL or 1.0
        least = max(int(16 * adding / row), LEAST_TILE)
        self.tile = max(1 << ((CACHE // per_row) | 1).bit_length() - 1, least)
        """How many rows are computed at a time, at most."""
        self.rows_per_thread = max(least, int(len(rows.order) * WAKING / row))
        """How many rows a thread must have to be worth waking."""

    @cached_property
    def engine(self) -> Engine:
        """The program, written when it is first wanted."""
        task, parts = self._task, self._parts
        known, drawn, sums = ([*leaves.values()] for leaves in (self._known, self._drawn, self._sums))
        batch = [node for node in task.arguments if names_of(node.shape)]
        flat = [node for node in task.arguments if not names_of(node.shape)]
        beyond = substituted(parts.after, self._known | self._sums)
        final, count = [beyond[node] for node in parts.after], len(parts.after) - len(task.updates)
        behind = Plan(final[:count], dict(zip(task.updates, final[count:], strict=True)))
        names = {leaf: str(leaf.name) for leaf in (*drawn, *known, *sums)}
        for same in ({node: node for node in task.names}, self._within, beyond):
            names.update({same[node]: name for node, name in task.names.items() if node in same and same[node] not in names})
        axes = [parts.axis]
        written = [
            emit(Plan([*parts.drawn, *parts.before], {}), flat, names, axes, title="before", copies=False),
            emit(self._rows, [*batch, *drawn, *flat, *known], names, axes, title="rows", copies=False),
            emit(behind, [*flat, *known, *sums], names, axes, title="after"),
        ]
        found = [node for node in task.outputs if node not in set(parts.rows)] + list(parts.rows)
        order = [found.index(node) for node in task.outputs]
        shapes = [(node.shape, node.dtype.name) for node in parts.sums]
        results = [(node.shape[1:], node.dtype.name) for node in parts.rows]
        call = f"in_tiles(before, rows, after, {len(batch)}, {len(drawn)}, {shapes}, {results}, {order}, {self.tile})"
        return Engine(_source(*(part.source for part in written), _text_of_tiles(), f"program = {call}"), written, self.tile)


def _leaves(nodes: Iterable[Node], kind: str, names: Mapping[Node, str]) -> dict[Node, Node]:
    """A leaf for each value, by which another part of the program reads it."""
    return {node: Input(names.get(node, f"{kind}{i}"), node.shape, node.dtype) for i, node in enumerate(nodes)}


@cache
def _text_of_tiles() -> str:
    return inspect.getsource(in_tiles).rstrip()


def _source(*parts: str) -> str:
    return "\n\n\n".join(["import numpy as np", *parts]) + "\n"


def _bytes(node: Node) -> int:
    return gcd(*terms_of(prod(node.shape)).values()) * node.dtype.itemsize
