"""Pieces put side by side: what a gradient adds up of zeros with a piece in one place each, as for the gates of an LSTM."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.readings.algebra.context import Algebra, Found, as_node, kind, repeated
from minigraph.readings.algebra.products import product_of

__all__ = ["counted", "one_in_each", "side_by_side"]


@dataclass(frozen=True)
class Piece:
    """A value that stands from one place to another along an axis, among zeros."""

    node: Node
    axis: int
    start: int
    end: int
    flat: bool
    """Whether it has not that axis itself: it is one row of it."""


def side_by_side(algebra: Algebra, node: Any) -> Found | None:
    """Zeros with a in one place + zeros with b in another = a beside b, where all places are taken."""
    terms = _terms(algebra, node)
    found = [_piece(algebra, term, node) for term in terms]
    pieces = [each for each in found if each is not None]
    if len(pieces) != len(terms) or len({each.axis for each in pieces}) != 1:
        return None
    joined: dict[tuple[int, int, bool], Piece] = {}
    for each in sorted(pieces, key=lambda each: each.start):
        place = each.start, each.end, each.flat
        joined[place] = replace(each, node=as_node(joined[place].node + each.node)) if place in joined else each
    pieces = [*joined.values()]
    ends = [0, *(each.end for each in pieces)]
    if [each.start for each in pieces] != ends[:-1] or ends[-1] != node.shape[pieces[0].axis] or len(pieces) < 2:
        return None
    axis: Any = pieces[0].axis
    if all(each.flat for each in pieces):
        return Found(as_node(np.stack([each.node for each in pieces], axis=axis)))
    parts: list[Any] = [np.expand_dims(each.node, axis) if each.flat else each.node for each in pieces]
    return Found(as_node(np.concatenate(parts, axis=axis)))


def _terms(algebra: Algebra, node: Node) -> list[Node]:
    """What a sum adds up, in its order."""
    terms, pending = [], [node]
    while pending:
        each = pending.pop()
        if kind(each) == "Add" and (each is node or not algebra.is_atom(each)) and each.shape == node.shape:
            pending += reversed(each.operands)
        else:
            terms.append(each)
    return terms


def _piece(algebra: Algebra, node: Any, whole: Node) -> Piece | None:
    """What stands in one place among zeros, where it is known by numbers which place that is."""
    if node.shape != whole.shape or algebra.is_atom(node):
        return None
    if kind(node) == "ScatterAdd":
        index, size = node.operands[1], node.shape[node.axis]
        if not isinstance(index, Constant) or index.value.ndim or not isinstance(size, int):
            return None
        start = int(index.value) % size
        return Piece(node.operands[0], node.axis, start, start + 1, True)
    if kind(node) == "ScatterSlice" and len(node.axes or ()) == 1 and tuple(node.steps or (1,)) == (1,):
        axis, size = node.axes[0] % node.ndim, node.shape[node.axes[0]]
        bounds = (*node.starts, *node.ends, size)
        if len(node.operands) > 2 or not all(isinstance(each, int) for each in bounds):
            return None
        start, end, _ = slice(node.starts[0], node.ends[0]).indices(size)
        return Piece(node.operands[0], axis, start, end, False) if end > start else None
    return None


def one_in_each(algebra: Algebra, node: Any) -> Found | None:
    """Zeros with u at the place i along an axis = [i = k] ⊙ u, for an i that counts from the first place."""
    zeros, indices, updates = node.operands
    axis, size = node.axis % node.ndim, node.shape[node.axis]
    if node.reduction not in ("none", "add") or not isinstance(size, int) or not _is_zero(algebra, zeros):
        return None
    if indices.shape != (*node.shape[:axis], 1, *node.shape[axis + 1 :]):
        return None
    needed = algebra.given(counted(algebra, indices), "≥", 0)
    if needed is None:
        return None
    places = np.arange(size).reshape(-1, *(1,) * (node.ndim - 1 - axis))
    hot: Any = np.equal(indices, Constant(places, dtype=indices.dtype))
    return Found(repeated(as_node(hot.astype(node.dtype) * updates), node.shape), needed)


def counted(algebra: Algebra, indices: Node) -> Node:
    """Labels, before they were given axes."""
    while kind(indices) in ("Unsqueeze", "Reshape", "Expand") and not algebra.is_atom(indices):
        indices = indices.operands[0]
    return indices


def _is_zero(algebra: Algebra, node: Node) -> bool:
    return product_of(algebra, node).number == 0
