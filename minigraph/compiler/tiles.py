"""Rows in tiles: which part of a computation runs over the rows of a batch, a few at a time, so that they stay in the cache.

A computation can be tiled when what it wants of the rows is theirs alone, or a sum over them: *before* the rows comes what
does not depend on them, then the rows, tile by tile, whose sums are added up, and *after* them what follows from the sums.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.primitives import INTO, REDUCTIONS, VIEWS, MaskedSum, elementwise, read
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import names_of, sized
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose
from minigraph.ops.windows import Col2Im, Im2Col
from minigraph.readings import Source

__all__ = ["ADDING", "Split", "WAKING", "nanoseconds", "operations", "split"]

PRODUCT = 1 / 90
"""Nanoseconds for an addition or a multiplication inside of a matrix product."""
ELEMENT = 0.25
"""Nanoseconds for an element of any other value, in the cache."""
ADDING = 0.15
"""Nanoseconds for a byte that is added to a sum."""
WAKING = 8000
"""Nanoseconds that a call must take for two threads not to wait for each other, at Python's lock, more than they compute."""


def operations(call: Source | None, node: Node, sizes: Mapping[str, int]) -> int:
    """How many additions and multiplications a call is, or how many elements it goes over."""
    if call is not None and call.function is np.matmul:
        return 2 * prod(sized(node.shape, sizes)) * sized(node.operands[0].shape, sizes)[-1]
    return max(prod(sized(each.shape, sizes)) for each in (node, *node.operands))


def nanoseconds(call: Source | None, node: Node, sizes: Mapping[str, int]) -> float:
    """About how long a call takes on one core."""
    product = call is not None and call.function is np.matmul
    return operations(call, node, sizes) * (PRODUCT if product else ELEMENT)


BEFORE, ROWS, COLUMNS, SUM, AFTER = "before", "rows", "columns", "sum", "after"


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
    if any(parts[output] == COLUMNS for output in outputs):
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
    """Whether the rows lie along the first axis and nowhere else."""
    return bool(node.shape) and node.shape[0] == axis and not names_of(node.shape[1:])


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
    return all(parts[operand] == BEFORE for operand in node.operands) and _leads(node, axis) and read(node) is None


def _keeps_rows(node: Any, parts: Mapping[Node, str], axis: str) -> bool:
    """Whether each row of the value follows from the same row of the operands."""
    if not _leads(node, axis) or any(parts[operand] == COLUMNS for operand in node.operands):
        return False
    first, *others = node.operands
    call = read(node)
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
