"""Tiling: the rows of a batch are computed a few at a time, so that what is computed of them stays in the cache.

A computation can be tiled when what it wants of the rows is theirs alone, or a sum over them: *before* the rows comes what
does not depend on them, then the rows, tile by tile, whose sums are added up, and *after* them what follows from the sums.
`split` finds these parts. `Tiling` decides how many rows a tile has, and for how many rows a thread is woken.
"""

import inspect
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.emission import emit
from minigraph.compiler.engine import Engine, Task, source_of
from minigraph.compiler.in_tiles import in_tiles
from minigraph.compiler.plan import TYPICAL, typical_bytes
from minigraph.compiler.primitives import INTO, REDUCTIONS, VIEWS, MaskedSum, call_of, elementwise
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import terms_of
from minigraph.ops.copies import substituted
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose
from minigraph.ops.windows import Col2Im, Im2Col
from minigraph.readings import Source

__all__ = ["LEAST_TILE", "Tiling", "operations", "tiling"]

LEAST_TILE = 16
"""How many rows a tile has at least, so that calls are few, unless they are too large for the `OUTER_CACHE`."""
CACHE = 1 << 21
"""Bytes that the values of a tile may take: twice the L2 cache of a core, as a call reads about half of them. It is taken to be
1 MiB on every machine, so that all compute alike. Tiles of half or twice as many rows measured 10 % to 30 % slower."""
OUTER_CACHE = 1 << 23
"""Bytes that they may take in the cache behind it, the L3, which many cores share: beyond them calls wait for the memory."""
NS_PER_BYTE_ADDED = 0.15
"""Nanoseconds for a byte that is added to a sum."""
LEAST_NS_PER_CALL = 8000
"""Nanoseconds that a call must take for two threads not to wait for each other, at Python's lock, more than they compute."""

BEFORE, ROWS, COLUMNS, SUM, AFTER = "before", "rows", "columns", "sum", "after"
"""Where a primitive belongs. COLUMNS are rows seen transposed: their product with rows is a sum over the rows."""


@dataclass(frozen=True)
class Split:
    """A computation in three parts, each given as what it must compute."""

    axis: str
    """The named axis that counts the rows."""
    before: list[Node]
    """What the other parts need that does not depend on the rows."""
    drawn: list[Node]
    """What has a row for each row and is yet computed before them, all at once: random numbers, whose rule is no call."""
    sums: list[Node]
    """What is added up over the rows."""
    rows: list[Node]
    """The outputs that have a row for each row."""
    after: list[Node]
    """The outputs and new values that remain."""


def split(outputs: Sequence[Node], axis: str) -> Split | None:
    """The computation of these primitives in three parts, or None where it cannot be tiled along the axis."""
    parts: dict[Node, str] = {}
    order = topological_order(outputs)
    for node in order:
        part = _part(node, parts, axis)
        if part is None:
            return None
        parts[node] = part
    if any(parts[output] == COLUMNS or (parts[output] == ROWS and output.shape[0] != axis) for output in outputs):
        return None
    wanted = {*outputs, *(operand for node in order if parts[node] != BEFORE for operand in node.operands)}
    return Split(
        axis,
        [node for node in order if parts[node] == BEFORE and node in wanted and not isinstance(node, Leaf)],
        [node for node in order if parts[node] == ROWS and node.operands and _is_drawn(node, parts, axis)],
        [node for node in order if parts[node] == SUM],
        [node for node in outputs if parts[node] == ROWS],
        [node for node in outputs if parts[node] != ROWS],
    )


def _part(node: Node, parts: Mapping[Node, str], axis: str) -> str | None:
    """Where a primitive belongs, from where its operands do."""
    if isinstance(node, Leaf):
        return BEFORE if not isinstance(node, Input) or not names_of(node.shape) else ROWS if _leads(node, axis) else None
    found = {parts[operand] for operand in node.operands}
    if found <= {BEFORE} and not names_of(node.shape):
        return BEFORE
    if AFTER in found or SUM in found:
        return AFTER if found <= {BEFORE, SUM, AFTER} and not names_of(node.shape) else None
    if type(node) is Transpose and node.ndim == 2 and parts[node.operands[0]] == ROWS:
        return COLUMNS
    if _is_sum(node, parts):
        return SUM
    return ROWS if _is_drawn(node, parts, axis) or _keeps_rows(node, parts, axis) else None


def _leads(node: Node, axis: str) -> bool:
    """Whether the rows lie along the first axis, each as one or several, and nowhere else."""
    return bool(node.shape) and terms_of(node.shape[0]).keys() == {(axis,)} and not names_of(node.shape[1:])


def _is_sum(node: Any, parts: Mapping[Node, str]) -> bool:
    if names_of(node.shape):
        return False
    kind = type(node)
    if kind in (ReduceSum, MaskedSum):
        return all(parts[operand] == ROWS for operand in node.operands) and 0 in node.axes
    if kind is ScatterAdd:  # the gradient of a table: each row adds to those that it has read
        return node.axis == 0 and all(parts[operand] == ROWS for operand in node.operands[:2])
    if kind is not MatMul:
        return False
    first, second = node.operands
    return parts[second] == ROWS and (parts[first] == COLUMNS or (parts[first] == ROWS and first.ndim == 1))


def _is_drawn(node: Node, parts: Mapping[Node, str], axis: str) -> bool:
    """Whether a rule that is no call of NumPy gives all rows from what does not depend on them."""
    return all(parts[operand] == BEFORE for operand in node.operands) and _leads(node, axis) and call_of(node) is None


def _keeps_rows(node: Any, parts: Mapping[Node, str], axis: str) -> bool:
    """Whether each row of the value follows from the same row of the operands."""
    if not _leads(node, axis) or any(parts[operand] == COLUMNS for operand in node.operands):
        return False
    first, *others = node.operands
    call = call_of(node)
    if call is None:
        return _is_within_rows(node) and parts[first] == ROWS and all(parts[other] == BEFORE for other in others)
    if elementwise(call) or call.function in INTO:
        return all(parts[o] != ROWS or o.ndim == node.ndim for o in node.operands)
    if call.function is np.matmul and node.ndim > 2:
        return all(o.ndim == node.ndim if parts[o] == ROWS else o.ndim < node.ndim or o.shape[0] == 1 for o in node.operands)
    if call.function is np.matmul:
        return parts[first] == ROWS and parts[others[0]] == BEFORE and others[0].ndim <= 2 and first.ndim > 1
    if call.function in REDUCTIONS:
        return all(parts[operand] == ROWS for operand in node.operands)
    if call.function is np.take:
        of_table = parts[first] == BEFORE
        return bool(parts[others[0]] == (ROWS if of_table else BEFORE) and of_table == (node.axis == 0))
    if call.function in (np.concatenate, np.stack):
        return getattr(node, "axis", 0) != 0 and all(parts[operand] == ROWS for operand in node.operands)
    if call.function is operator.getitem and 0 in getattr(node, "axes", (0,)):
        return False  # rows are taken away or reversed
    if call.function is np.transpose:
        return parts[first] == ROWS and node.perm is not None and node.perm[0] == 0
    return call.function in VIEWS and (parts[first] != ROWS or _leads(first, axis))


def _is_within_rows(node: Any) -> bool:
    """Whether what is no call of NumPy's computes each row of its value from the same row of its first operand."""
    if type(node) is ScatterAdd:
        return bool(node.axis > 0)
    if type(node) is ScatterSlice:
        return node.axes is not None and 0 not in node.axes
    return type(node) in (Im2Col, Col2Im)


def tiling(task: Task) -> "Tiling | None":
    """The task in tiles of rows; None unless one axis alone is named, and no rows along it mix but in sums over them."""
    axes = task.axes()
    parts = split([*task.outputs, *task.updates.values()], axes[0]) if len(axes) == 1 else None
    return Tiling(task, parts) if parts and (parts.sums or parts.rows) else None


class Tiling:
    """A task whose rows run in tiles: how many rows a tile and a thread have, by a model of what calls cost, and the program.

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
        self._rows = rows = task.plan([self._within[node] for node in inner], {})
        per_row = sum(buffer.bytes for buffer in rows.buffers if not isinstance(buffer.times, int)) or 1
        adding = NS_PER_BYTE_ADDED * sum(map(typical_bytes, parts.sums))
        typical = {parts.axis: TYPICAL}
        row = sum(nanoseconds(rows.calls[node], node, typical) for node in rows.order) / TYPICAL or 1.0
        least = int(16 * adding / row)
        self.tile = max(_power(CACHE // per_row), min(_power(OUTER_CACHE // per_row), LEAST_TILE), least)
        """How many rows are computed at a time, at most."""
        self.rows_per_thread = max(least, int(len(rows.units) * LEAST_NS_PER_CALL / row), 1)
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
        behind = task.plan(final[:count], dict(zip(task.updates, final[count:], strict=True)))
        names = {leaf: str(leaf.name) for leaf in (*drawn, *known, *sums)}
        for same in ({node: node for node in task.names}, self._within, beyond):
            names.update({same[node]: name for node, name in task.names.items() if node in same and same[node] not in names})
        axes = [parts.axis]
        written = [
            emit(task.plan([*parts.drawn, *parts.before], {}), flat, names, axes, title="before", copies=False),
            emit(self._rows, [*batch, *drawn, *flat, *known], names, axes, title="rows", copies=False),
            emit(behind, [*flat, *known, *sums], names, axes, title="after"),
        ]
        found = [node for node in task.outputs if node not in set(parts.rows)] + list(parts.rows)
        order = [found.index(node) for node in task.outputs]
        shapes = [(node.shape, node.dtype.name) for node in parts.sums]
        results = [(node.shape[1:], node.dtype.name) for node in parts.rows]
        call = f"in_tiles(before, rows, after, {len(batch)}, {len(drawn)}, {shapes}, {results}, {order}, {self.tile})"
        return Engine(source_of(*(part.source for part in written), _text_of_tiles(), f"program = {call}"), written, self.tile)


def _power(number: int) -> int:
    """The largest power of two up to a number, or 1."""
    return 1 << (number | 1).bit_length() - 1


def _leaves(nodes: Iterable[Node], kind: str, names: Mapping[Node, str]) -> dict[Node, Node]:
    """A leaf for each value, by which another part of the program reads it."""
    return {node: Input(names.get(node, f"{kind}{i}"), node.shape, node.dtype) for i, node in enumerate(nodes)}


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
