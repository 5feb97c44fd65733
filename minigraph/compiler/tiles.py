"""Tiling: the rows of a batch are computed a few at a time, so that what is computed of them stays in the cache.

`stages` says in which passes over the rows a computation can be made so. `Tiling` decides how many rows a tile has, and for how
many rows a thread is woken.
"""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from itertools import count
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.buffers import Buffer, Free, buffer_of, release, take
from minigraph.compiler.emission import emit
from minigraph.compiler.engine import Engine, Task, source_of
from minigraph.compiler.in_tiles import in_tiles
from minigraph.compiler.plan import TYPICAL, typical_bytes
from minigraph.compiler.stages import Split, Stage, split
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import terms_of
from minigraph.ops.copies import substituted
from minigraph.readings import Source

__all__ = ["LEAST_TILE", "Tiling", "operations", "tiling"]

LEAST_TILE = 16
"""How many rows a tile has at least, so that calls are few, unless they are too large for the `OUTER_CACHE`, or calls so long
that fewer rows are enough."""
CACHE = 1 << 21
"""Bytes that the values of a tile may take: twice the L2 cache of a core, as a call reads about half of them. It is taken to be
1 MiB on every machine, so that all compute alike. Tiles of half or twice as many rows measured 10 % to 30 % slower."""
ENOUGH_NS_PER_CALL = 400_000
"""Nanoseconds that a call on a tile takes, in the mean, from which on no more rows are needed for fewer calls."""
OUTER_CACHE = 1 << 23
"""Bytes that they may take in the cache behind it, the L3, which many cores share: beyond them calls wait for the memory."""
NS_PER_BYTE_ADDED = 0.15
"""Nanoseconds for a byte that is added to a sum."""
BEYOND_CACHE = 4
"""How many times as long that takes where the sums do not fit the cache."""
LEAST_NS_PER_CALL = 8000
"""Nanoseconds that a call must take for two threads not to wait for each other, at Python's lock, more than they compute."""


def tiling(task: Task) -> "Tiling | None":
    """The task in tiles of rows; None unless one axis alone is named, and no rows along it mix but in sums over them."""
    axes = task.axes()
    parts = split([*task.outputs, *task.updates.values()], axes[0]) if len(axes) == 1 else None
    return Tiling(task, parts) if parts and parts.stages else None


class Tiling:
    """A task whose rows run in tiles: how many rows a tile and a thread have, by a model of what calls cost, and the program.

    Each tile adds to all of the sums, so it has rows enough for that to take a sixteenth of its time at most; and a thread is
    worth waking for rows whose calls take long enough that threads do not wait for each other at Python's lock.
    """

    def __init__(self, task: Task, parts: Split) -> None:
        self._task, self._parts = task, parts
        self._drawn = _leaves(parts.drawn, "drawn", task.names, count())
        self._passes: list[_Pass] = []
        known = dict(self._drawn)
        numbers = count()
        for stage in parts.stages:
            self._passes.append(_Pass(task, parts.axis, stage, known, numbers))
            known = self._passes[-1].behind
        self._known = known
        """The leaf for everything that is known after the last pass."""
        self.tile = min(each.tile for each in self._passes)
        """How many rows are computed at a time, at most, in the pass of the smallest tiles."""
        calls, row = (sum(found) for found in zip(*((len(each.plan.units), each.row) for each in self._passes), strict=True))
        least = max(each.least for each in self._passes)
        self.rows_per_thread = max(least, int(calls * LEAST_NS_PER_CALL / row), 1)
        """How many rows a thread must have to be worth waking."""
        self.keeps = any(each.kept for each in self._passes)
        """Whether values of all rows are kept, for a later pass."""

    @cached_property
    def engine(self) -> Engine:
        """The program, written when it is first wanted."""
        task, parts, passes = self._task, self._parts, self._passes
        batch = [*(node for node in task.arguments if names_of(node.shape)), *self._drawn.values()]
        flat = [node for node in task.arguments if not names_of(node.shape)]
        beyond = substituted(parts.after, self._known)
        final, outputs = [beyond[node] for node in parts.after], len(parts.after) - len(task.updates)
        behind = task.plan(final[:outputs], dict(zip(task.updates, final[outputs:], strict=True)))
        names: dict[Node, str] = {leaf: str(leaf.name) for leaf in self._known.values() if isinstance(leaf, Input)}
        for same in ({node: node for node in task.names}, *(each.within for each in passes), beyond):
            names.update({same[node]: name for node, name in task.names.items() if node in same and same[node] not in names})
        axes, written, calls, tiles = [parts.axis], [], [], {}
        for number, each in enumerate(passes, 1):
            before, rows = ("before", "rows") if len(passes) == 1 else (f"before{number}", f"rows{number}")
            drawn = parts.drawn if number == 1 else []
            written.append(emit(task.plan([*drawn, *each.flat], {}), flat, names, axes, title=before, copies=False))
            flat = [*flat, *each.known]
            written.append(emit(each.plan, [*batch, *flat], names, axes, title=rows, copies=False))
            flat, batch = [*flat, *each.sums], [*batch, *each.kept]
            sums = [(leaf.shape, leaf.dtype.name) for leaf in each.sums]
            results = [(node.shape[1:], node.dtype.name) for node in each.stage.rows]
            calls.append((before, rows, sums, results, each.tile))
            tiles[rows] = each.tile
        written.append(emit(behind, flat, names, axes, title="after", targets=task.targets))
        memory, places = self._memory()
        stages = ", ".join(
            f"({before}, {rows}, {sums}, {kept}, {results}, {tile})"
            for (before, rows, sums, results, tile), kept in zip(calls, places, strict=True)
        )
        rowwise = [node for each in passes for node in each.stage.rows]
        found = [*(node for node in task.outputs if node not in set(rowwise)), *rowwise]
        order = [found.index(node) for node in task.outputs]
        batches = len([node for node in task.arguments if names_of(node.shape)])
        call = f"in_tiles([{stages}], after, {batches}, {len(parts.drawn)}, {memory}, {order})"
        return Engine(source_of(*(part.source for part in written), _text_of_tiles(), f"program = {call}"), written, tiles)

    def _memory(self) -> tuple[list[int], list[list[tuple[Any, ...]]]]:
        """For what is kept: how many bytes of a row each buffer takes, and for each pass its shapes, types and buffers."""
        last: dict[Node, int] = {leaf: number for number, each in enumerate(self._passes) for leaf in each.read}
        buffers: list[Buffer] = []
        free: Free = {}
        places: dict[Node, int] = {}
        found = []
        for number, each in enumerate(self._passes):
            places |= {leaf: take(free, buffers, buffer_of(leaf.shape, leaf.dtype)) for leaf in each.kept}
            shapes = [(*terms_of(leaf.shape[0]).values(), *leaf.shape[1:]) for leaf in each.kept]
            kept = zip(shapes, each.kept, strict=True)
            found.append([(shape, leaf.dtype.name, places[leaf]) for shape, leaf in kept])
            release(free, buffers, [places[leaf] for leaf in places if last[leaf] == number])
        return [buffer.bytes for buffer in buffers], found


class _Pass:
    """A stage as it is computed: its plan, which reads what is known before as leaves, and how many rows a tile has."""

    def __init__(self, task: Task, axis: str, stage: Stage, before: Mapping[Node, Node], numbers: Iterator[int]) -> None:
        self.stage = stage
        flat = substituted(stage.flat, before)
        self.flat = [flat[node] for node in stage.flat]
        """What is computed before the rows."""
        known, kept, sums = (
            _leaves(nodes, kind, task.names, numbers)
            for nodes, kind in ((stage.flat, "known"), (stage.kept, "kept"), (stage.sums, "sum"))
        )
        self.known, self.kept, self.sums = [*known.values()], [*kept.values()], [*sums.values()]
        """The leaves by which what the pass gives is read."""
        self.behind = {**before, **known, **kept, **sums}
        inner = [*stage.sums, *stage.kept, *stage.rows]
        self.within = substituted(inner, {**before, **known})
        """The nodes that the rows are computed by."""
        self.plan = plan = task.plan([self.within[node] for node in inner], {})
        self.read: set[Node] = {node for node in topological_order(plan.outputs) if isinstance(node, Input)}
        per_row = sum(buffer.bytes for buffer in plan.buffers if not isinstance(buffer.times, int)) or 1
        added = sum(map(typical_bytes, stage.sums))
        adding = NS_PER_BYTE_ADDED * added * (1 if added <= CACHE else BEYOND_CACHE)
        typical = {axis: TYPICAL}
        self.row = sum(nanoseconds(plan.calls[node], node, typical) for node in plan.order) / TYPICAL or 1.0
        """About how many nanoseconds a row takes."""
        self.least = int(16 * adding / self.row)
        """How many rows a tile must have for its sums."""
        enough = -(-len(plan.units) * ENOUGH_NS_PER_CALL // self.row)
        self.tile = max(_power(CACHE // per_row), _power(min(OUTER_CACHE // per_row, LEAST_TILE, int(enough))), self.least)
        """How many rows are computed at a time, at most."""


def _power(number: int) -> int:
    """The largest power of two up to a number, or 1."""
    return 1 << (number | 1).bit_length() - 1


def _leaves(nodes: Iterable[Node], kind: str, names: Mapping[Node, str], numbers: Iterable[int]) -> dict[Node, Node]:
    """A leaf for each value, by which another part of the program reads it."""
    pairs = zip(nodes, numbers, strict=False)
    return {node: Input(names.get(node, f"{kind}{i}"), node.shape, node.dtype) for node, i in pairs}


@cache
def _text_of_tiles() -> str:
    return inspect.getsource(in_tiles).rstrip()


NS_PER_MATMUL_OPERATION = 1 / 90
"""Nanoseconds for an addition or a multiplication inside of a matrix product."""
NS_PER_ELEMENT = 0.25
"""Nanoseconds for an element of any other value, in the cache."""


def operations(call: Source | None, node: Node, sizes: Mapping[str, int]) -> int:
    """How many additions and multiplications a call is, or how many elements it goes over."""
    if call is not None and call.function is np.matmul:
        return 2 * prod(sized(node.shape, sizes)) * sized(node.operands[0].shape, sizes)[-1]
    return max(prod(sized(each.shape, sizes)) for each in (node, *node.operands))


def nanoseconds(call: Source | None, node: Node, sizes: Mapping[str, int]) -> float:
    """About how long a call takes on one core."""
    product = call is not None and call.function is np.matmul
    return operations(call, node, sizes) * (NS_PER_MATMUL_OPERATION if product else NS_PER_ELEMENT)
