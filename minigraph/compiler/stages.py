"""Stages: what is computed of the rows of a batch, in as few passes over them as their sums allow.

A computation runs over the rows, a few at a time, when what it wants of them is theirs alone, or a sum over them, or follows
from such sums. What a row needs of a sum, as batch normalization needs its mean, is computed in a later pass than the sum: each
pass is a *stage*. What of the rows a later stage reads is kept in between, unless it is as easily computed again from what is.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from minigraph.compiler.primitives import INTO, REDUCTIONS, VIEWS, MaskedSum, call_of, elementwise
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of
from minigraph.core.sizes import terms_of
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose
from minigraph.ops.windows import Col2Im, Im2Col

__all__ = ["Split", "Stage", "split"]

FLAT, ROWS, COLUMNS, SUM = "flat", "rows", "columns", "sum"
"""What a primitive is: it has no rows, or has them, or shows them transposed, so that its product with rows is a sum, or is a
sum over the rows."""
AGAIN = 2
"""How many calls a value of the rows may take that is computed again, from what is kept, and not kept itself."""


@dataclass(frozen=True)
class Stage:
    """A pass over the rows: what it must compute."""

    flat: list[Node]
    """Before it, what it or a later one needs that has no rows."""
    sums: list[Node]
    """What is added up over the rows."""
    kept: list[Node]
    """What has a row for each row, and is read by a later stage."""
    rows: list[Node]
    """The outputs that have a row for each row."""


@dataclass(frozen=True)
class Split:
    """A computation in stages, and what comes after them."""

    axis: str
    """The named axis that counts the rows."""
    drawn: list[Node]
    """What has a row for each row and is yet computed before all of them, at once: random numbers, whose rule is no call."""
    stages: list[Stage]
    after: list[Node]
    """The outputs and new values that have no rows."""


def split(outputs: Sequence[Node], axis: str) -> Split | None:
    """The computation of these primitives in stages, or None where it cannot be tiled along the axis."""
    parts: dict[Node, str] = {}
    level: dict[Node, int] = {}
    """In which stage a node is computed, a flat one before the stage; of a sum, from which stage on it is known."""
    drawn = []
    order = topological_order(outputs)
    for node in order:
        part = _part(node, parts, axis)
        if part is None:
            return None
        parts[node] = part
        level[node] = max((level[operand] for operand in node.operands), default=0) + (part == SUM)
        if part == ROWS and node.operands and _is_drawn(node, parts, axis):
            if level[node]:
                return None
            drawn.append(node)
    if any(parts[output] == COLUMNS or (parts[output] == ROWS and output.shape[0] != axis) for output in outputs):
        return None
    known, kept = _known(order, parts, level), _kept(order, parts, level, set(drawn))
    count = max((level[node] + (parts[node] != SUM) for node in order if parts[node] != FLAT), default=0)

    def at(number: int, nodes: Sequence[Node]) -> list[Node]:
        return [node for node in nodes if level[node] == number]

    sums, rows = [node for node in order if parts[node] == SUM], [node for node in outputs if parts[node] == ROWS]
    stages = [Stage(at(i, known), at(i + 1, sums), at(i, kept), at(i, rows)) for i in range(count)]
    return Split(axis, drawn, stages, [node for node in outputs if parts[node] != ROWS])


def _known(order: Sequence[Node], parts: Mapping[Node, str], level: Mapping[Node, int]) -> list[Node]:
    """What has no rows and is read by what has, or by such a value of a later stage."""
    read: set[Node] = set()
    computed: set[Node] = set()
    for node in reversed(order):
        if parts[node] != FLAT:
            read.update(node.operands)
        elif node in read or node in computed:
            for operand in node.operands:
                (computed if level[operand] == level[node] else read).add(operand)
    return [node for node in order if parts[node] == FLAT and node in read and not isinstance(node, Leaf)]


def _kept(order: Sequence[Node], parts: Mapping[Node, str], level: Mapping[Node, int], drawn: set[Node]) -> list[Node]:
    """What of the rows is read in a later stage, and not computed again there."""
    later: set[Node] = set()
    for node in reversed(order):
        if parts[node] == FLAT:
            continue
        stage = level[node] - (parts[node] == SUM)
        seen = node in later and (_calls(node) == 0 or type(node) is Im2Col)  # it is smaller, or lies in memory anyway
        later.update(o for o in node.operands if parts[o] in (ROWS, COLUMNS) and (seen or level[o] < stage))
    calls: dict[Node, float] = {}  # that it takes to compute it from what is kept
    kept = []
    for node in order:
        if parts[node] in (FLAT, SUM):
            continue
        given = isinstance(node, Leaf) or node in drawn
        needed = [calls[operand] for operand in node.operands if parts[operand] in (ROWS, COLUMNS)]
        calls[node] = 0 if given else _calls(node) + max(needed, default=0)
        if node in later and calls[node] > AGAIN:
            kept.append(node)
            calls[node] = 0
    return kept


def _calls(node: Node) -> float:
    """How many calls it takes to compute a value from its operands: none for a view, and no end where it is not light."""
    call = call_of(node)
    if call is not None and call.function in VIEWS:
        return 0
    light = type(node) is Im2Col or elementwise(call) or (call is not None and call.function in INTO)
    return 1 if light else inf


def _part(node: Node, parts: Mapping[Node, str], axis: str) -> str | None:
    """What a primitive is, from what its operands are."""
    if isinstance(node, Leaf):
        return FLAT if not isinstance(node, Input) or not names_of(node.shape) else ROWS if _leads(node, axis) else None
    if not names_of(node.shape) and all(parts[operand] in (FLAT, SUM) for operand in node.operands):
        return FLAT
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
    return all(parts[operand] in (FLAT, SUM) for operand in node.operands) and _leads(node, axis) and call_of(node) is None


def _keeps_rows(node: Any, parts: Mapping[Node, str], axis: str) -> bool:
    """Whether each row of the value follows from the same row of the operands."""
    if not _leads(node, axis) or any(parts[operand] == COLUMNS for operand in node.operands):
        return False
    first, *others = node.operands
    call = call_of(node)
    if call is None:
        return _is_within_rows(node) and parts[first] == ROWS and all(parts[other] in (FLAT, SUM) for other in others)
    if elementwise(call) or call.function in INTO:
        return all(parts[o] != ROWS or o.ndim == node.ndim for o in node.operands)
    if call.function is np.matmul and node.ndim > 2:
        return all(o.ndim == node.ndim if parts[o] == ROWS else o.ndim < node.ndim or o.shape[0] == 1 for o in node.operands)
    if call.function is np.matmul:
        return parts[first] == ROWS and parts[others[0]] in (FLAT, SUM) and others[0].ndim <= 2 and first.ndim > 1
    if call.function in REDUCTIONS:
        return all(parts[operand] == ROWS for operand in node.operands)
    if call.function is np.take:
        of_table = parts[first] != ROWS
        return bool((parts[others[0]] == ROWS) == of_table and of_table == (node.axis == 0))
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
