"""Sums of parts that were put in their places among zeros: those that lie side by side are joined, and nothing is added up.

They are the gradient of a value that was split, or read row by row.
"""

from typing import NamedTuple

from minigraph.core.node import Constant, Node
from minigraph.core.provenance import composed_at
from minigraph.ops.arithmetic import Add
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.joining import Concat
from minigraph.ops.shape import Unsqueeze

__all__ = ["joined"]

LOOKED_AT = 16
"""How many of a sum's terms are looked at: those before them were joined where they could be."""


class _Part(NamedTuple):
    """Elements that stand from `start` to `end` along one axis of what is zero elsewhere."""

    axis: int
    start: int
    end: int
    scattered: Node


def joined(node: Node) -> Node:
    """A sum with its parts that lie side by side joined, or the sum itself where none do."""
    parts: list[_Part] = []
    rest: Node | None = node
    while rest is not None and len(parts) < LOOKED_AT:
        terms = rest.operands if type(rest) is Add else (rest,)
        part, other = next(((p, i) for i, t in enumerate(terms) if (p := _part(t, node, parts))), (None, 0))
        if part is None:
            break
        parts.append(part)
        rest = terms[1 - other] if len(terms) == 2 else None
    runs = _runs(sorted(parts, key=lambda part: part.start))
    if len(runs) == len(parts):
        return node
    with composed_at(node.line):
        for run in runs:
            whole = run[0].scattered if len(run) == 1 else _whole(node, run)
            rest = whole if rest is None else Add(rest, whole)
    return rest if rest is not None else node


def _part(term: Node, total: Node, others: list[_Part]) -> _Part | None:
    """The term as a part of the total, along the same axis as the others, or None if it is none."""
    part = _row(term) if type(term) is ScatterAdd else _slice(term) if type(term) is ScatterSlice else None
    fits = part is not None and term.shape == total.shape and all(part.axis == other.axis for other in others)
    return part if fits else None


def _row(term: ScatterAdd) -> _Part | None:
    indices, size = term.operands[1], term.shape[term.axis]
    if not isinstance(indices, Constant) or indices.ndim or not isinstance(size, int):
        return None
    at = int(indices.value) % size
    return _Part(term.axis, at, at + 1, term)


def _slice(term: ScatterSlice) -> _Part | None:
    sizes, axes = term.operands[0].shape, term.axes or ()
    cut = [(axis, start) for axis, start in zip(axes, term.starts, strict=True) if sizes[axis] != term.shape[axis]]
    if len(cut) != 1 or any(step != 1 for step in term.steps or ()):
        return None
    ((axis, start),) = cut
    size = sizes[axis]
    return _Part(axis, start, start + size, term) if isinstance(size, int) else None


def _runs(parts: list[_Part]) -> list[list[_Part]]:
    """Parts in the order of their starts, each with those that follow it."""
    runs: list[list[_Part]] = []
    for part in parts:
        before = next((run for run in runs if run[-1].end == part.start), None)
        if before is None:
            runs.append([part])
        else:
            before.append(part)
    return runs


def _whole(total: Node, run: list[_Part]) -> Node:
    """One part in the place of several that follow each other: all of the total, or what is put in its place again."""
    axis, start, end = run[0].axis, run[0].start, run[-1].end
    pieces = [piece for part in run for piece in _pieces(part)]
    whole = Concat(*pieces, axis=axis)
    if whole.shape == total.shape:
        return whole
    put: Node = ScatterSlice.apply(whole, run[0].scattered.operands[-1], starts=(start,), ends=(end,), axes=(axis,))
    return put


def _pieces(part: _Part) -> tuple[Node, ...]:
    """What a part is made of, those that were joined before apart again."""
    updates = part.scattered.operands[0]
    if type(part.scattered) is ScatterAdd:
        return (Unsqueeze(updates, axes=part.axis),)
    return updates.operands if type(updates) is Concat and updates.axis == part.axis else (updates,)
