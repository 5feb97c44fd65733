"""From primitives to a function that NumPy runs: whole batches at once, or rows in tiles spread over threads."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from minigraph.compiler.cost import ADDING, WAKING, nanoseconds
from minigraph.compiler.emission import Text, emit
from minigraph.compiler.in_tiles import in_tiles
from minigraph.compiler.plan import Plan, plan
from minigraph.compiler.schedule import TYPICAL
from minigraph.compiler.task import Task
from minigraph.compiler.tiles import Split, split
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.rewrite import substituted
from minigraph.core.shapes import factors, names_of, product

__all__ = ["LEAST_TILE", "Engine", "Tiling", "tiling", "whole"]

LEAST_TILE = 16
"""How many rows a tile has at least."""
CACHE = 1 << 21
"""Bytes that the values of a tile may take: twice the L2 cache of a core, as a call reads about half of them. It is taken to be
1 MiB on every machine, so that all compute alike. Tiles of half or twice as many rows measured 10 % to 30 % slower."""


@dataclass
class Engine:
    """A source that defines `program`, the globals that it needs, and the parts and plans that it was written from."""

    source: str
    handed: dict[str, Any]
    parts: dict[str, tuple[Plan, Text]]
    tile: int = 0
    """How many rows are computed at a time, at most; 0 for all."""
    program: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        space = dict(self.handed)
        exec(compile(self.source, "<minigraph program>", "exec"), space)
        self.program = space["program"]


def whole(task: Task) -> Engine:
    """The whole batch at once."""
    made = plan(task.outputs, task.updates)
    text = emit(made, task.arguments, task.names, task.axes())
    return Engine(_source(text.source), text.handed, {"program": (made, text)})


def tiling(task: Task) -> "Tiling | None":
    """The rows of a batch in tiles that fit the cache, or None where rows mix."""
    axes = task.axes()
    parts = split([*task.outputs, *task.updates.values()], axes[0]) if len(axes) == 1 else None
    return Tiling(task, parts) if parts and parts.sums else None


class Tiling:
    """The rows of a batch in tiles that fit the cache.

    Each tile adds to all of the sums, so it has rows enough for that to take a sixteenth of its time at most; and a thread is
    worth waking for rows whose calls take long enough that threads do not wait for each other at Python's lock.
    """

    def __init__(self, task: Task, parts: Split) -> None:
        self._task, self._parts = task, parts
        self._known = _leaves(parts.before, "known", task.names)
        self._drawn = _leaves(parts.drawn, "drawn", task.names)
        self._sums = _leaves(parts.sums, "sum", task.names)
        inner = [*parts.sums, *parts.rows]
        self._within = substituted(inner, {**self._known, **self._drawn})
        self._rows = rows = plan([self._within[node] for node in inner], {})
        per_row = sum(buffer.bytes for buffer in rows.buffers if buffer.names) or 1
        adding = ADDING * sum(_bytes(node) for node in parts.sums)
        typical = {parts.axis: TYPICAL}
        row = sum(nanoseconds(rows.calls[node], node, typical) for node in rows.order) / TYPICAL or 1.0
        least = max(int(16 * adding / row), LEAST_TILE)
        self.tile = max(1 << ((CACHE // per_row) | 1).bit_length() - 1, least)
        """How many rows are computed at a time, at most."""
        self.share = max(least, int(len(rows.order) * WAKING / row))
        """How many rows a thread must have to be worth waking."""

    @cached_property
    def engine(self) -> Engine:
        """The program, written when it is first wanted."""
        task, parts, known, sums = self._task, self._parts, [*self._known.values()], [*self._sums.values()]
        drawn, axes = [*self._drawn.values()], [parts.axis]
        batch = [node for node in task.arguments if names_of(node.shape)]
        flat = [node for node in task.arguments if not names_of(node.shape)]
        beyond = substituted(parts.after, dict(zip([*parts.before, *parts.sums], [*known, *sums], strict=True)))
        final, count = [beyond[node] for node in parts.after], len(parts.after) - len(task.updates)
        ahead = plan([*parts.drawn, *parts.before], {})
        behind = plan(final[:count], dict(zip(task.updates, final[count:], strict=True)))
        names = {leaf: str(leaf.name) for leaf in (*drawn, *known, *sums)}
        for same in ({node: node for node in task.names}, self._within, beyond):
            names.update({same[node]: name for node, name in task.names.items() if node in same and same[node] not in names})
        texts = [
            emit(ahead, flat, names, axes, title="before", keep=False),
            emit(self._rows, [*batch, *drawn, *flat, *known], names, axes, title="rows", keep=False),
            emit(behind, [*flat, *known, *sums], names, axes, title="after"),
        ]
        return Engine(
            _tiled_source(texts, len(batch), parts, task, self.tile),
            {name: value for text in texts for name, value in text.handed.items()},
            dict(zip(("before", "rows", "after"), zip((ahead, self._rows, behind), texts, strict=True), strict=True)),
            self.tile,
        )


def _leaves(nodes: Iterable[Node], kind: str, names: Mapping[Node, str]) -> dict[Node, Node]:
    """A leaf for each value, by which another part of the program reads it."""
    return {node: Input(names.get(node, f"{kind}{i}"), node.shape, node.dtype) for i, node in enumerate(nodes)}


def _tiled_source(texts: Sequence[Text], batches: int, parts: Split, task: Task, tile: int) -> str:
    found = [node for node in task.outputs if node not in set(parts.rows)] + list(parts.rows)
    order = [found.index(node) for node in task.outputs]
    sums = [(node.shape, node.dtype.name) for node in parts.sums]
    results = [(node.shape[1:], node.dtype.name) for node in parts.rows]
    call = f"program = in_tiles(before, rows, after, {batches}, {len(parts.drawn)}, {sums}, {results}, {order}, {tile})"
    return _source(*(text.source for text in texts), _text_of_tiles(), call)


@cache
def _text_of_tiles() -> str:
    return inspect.getsource(in_tiles).rstrip()


def _source(*parts: str) -> str:
    return "\n\n\n".join(["import numpy as np", *parts]) + "\n"


def _bytes(node: Node) -> int:
    return factors(product(node.shape))[0] * node.dtype.itemsize
