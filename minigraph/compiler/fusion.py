"""Loop fusion: which primitives one loop computes, element by element, so that what lies between them never comes to memory.

Primitives of one shape belong together where one reads the other; a reduction of rows, and what is computed of its result
for each row, belong to the rows that they are of: softmax and layer normalization are then one loop over rows, in *stages*,
of which each goes over the row once. A sum of everything is added up on the way. Levels keep groups from waiting for each
other: a primitive has the level of what it reads where it can join that, and else one more. What C does not say, or could not
read in the order of memory, stays a line of NumPy.
"""

import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.checkpointing import Later
from minigraph.compiler.classification import Classified
from minigraph.compiler.primitives import INTO, RESHAPED, MaskedSum, elementwise
from minigraph.compiler.views import At
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import Shape
from minigraph.core.sizes import Axis
from minigraph.ops.checks import axes_of
from minigraph.ops.indexing import Slice
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.ops.scan import Scan
from minigraph.ops.shape import Transpose
from minigraph.readings.element import TYPES, Element, element_of

__all__ = ["UNROLLED", "Group", "aligned", "groups_of", "long_axes", "reduction", "strides_of"]

UNROLLED = 16
"""Rows of at most this many elements are written out, and the loop goes over the rows: it is longer than a row then."""
MOST = 200
"""Of how many primitives a loop is at most: a compiler takes longer for each, the more there are."""
FEW = 64
"""Of how many elements a value is at most for C's own functions, which take one at a time, to be as fast as a call of NumPy."""


@dataclass
class Group:
    """The primitives that one loop computes."""

    nodes: list[Node] = field(default_factory=list)
    rows: Shape | None = None
    """The long axes of what there is one number of for each row; None where no rows are reduced."""
    stage: dict[Node, int] = field(default_factory=dict)
    """In which pass over a row a primitive is computed."""
    stored: dict[Node, None] = field(default_factory=dict)
    """What lies in memory, as it is read elsewhere or in a later stage."""
    inside: dict[Node, None] = field(default_factory=dict)
    """What of this is read by the group alone."""
    unrolled: bool = False
    """Whether rows are written out: all of their elements are then read before any is written."""
    _last: dict[Node, int] = field(default_factory=dict)
    _read: dict[Node, list[Node]] = field(default_factory=dict)

    def is_row(self, node: Node) -> bool:
        """Whether there is one number for each row of it."""
        return self.rows is not None and long_axes(node.shape) == self.rows and reduction(node) != "whole"

    def length(self, node: Node) -> Axis:
        """Over how many elements of each row a primitive goes: all that it has, or is a reduction of, or one."""
        sizes = long_axes(node.operands[0].shape if reduction(node) else node.shape)
        return 1 if sizes == self.rows or not sizes else sizes[-1]

    def arrange(self, plan: Classified, elsewhere: set[Node]) -> None:
        """Find the stages, and what is stored, given what is read elsewhere."""
        members = set(self.nodes)
        self.unrolled = all(isinstance(size, int) and size <= UNROLLED for size in map(self.length, self.nodes))
        last = self._last
        for node in self.nodes:
            row = self.rows is not None and self.length(node) == 1
            stage = -1 if row else 0
            for operand in node.operands:
                root = plan.root(operand)
                if root in members:
                    stage = max(stage, self.stage[root] + (self.is_row(root) and not row))
            self.stage[node] = stage
            for operand in node.operands:
                root = plan.root(operand)
                last[root] = max(last.get(root, -1), stage)
                self._read.setdefault(root, []).append(operand)
        for node in self.nodes:
            later = not (self.unrolled or self.is_row(node)) and last.get(node, -1) > self.stage[node]
            if node in elsewhere or later:
                self.stored[node] = None
                if node not in elsewhere:
                    self.inside[node] = None

    def may_overwrite(self, plan: Classified, root: Node, node: Node) -> bool:
        """Whether a value of the group can be written over another, which the group reads at the same place and not later."""
        alike = long_axes(root.shape) == long_axes(node.shape) and root.dtype == node.dtype
        if not alike or (not self.unrolled and self._last.get(root, -1) > self.stage[node]):
            return False
        read = self._read.get(root, [])
        return all(only_reshaped(plan, each) and long_axes(each.shape) == long_axes(root.shape) for each in read)


def long_axes(shape: Shape) -> Shape:
    """The sizes of a shape other than 1."""
    return tuple(size for size in shape if size != 1)


def _contiguous(shape: Shape) -> Shape:
    """How far apart elements lie along each axis, in elements, in the order of memory."""
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


def only_reshaped(plan: Classified, node: Node) -> bool:
    """Whether a value is seen, if in another shape at all, in the order in which it lies."""
    while node in plan.bases:
        if plan.function(node) not in RESHAPED:
            return False
        node = plan.bases[node]
    return True


def strides_of(plan: Classified, node: Node) -> Shape | None:
    """How far apart the elements of a value lie along each axis, in elements; None where the plan does not say."""
    if node not in plan.bases or node in plan.static:
        return _contiguous(node.shape)
    base: Any = plan.bases[node]
    if isinstance(base, Scan):
        return _contiguous(node.shape)
    strides, function = strides_of(plan, base), plan.function(node)
    if strides is None:
        return None
    if function in RESHAPED:
        if strides == _contiguous(base.shape):
            return _contiguous(node.shape)
        if long_axes(base.shape) != long_axes(node.shape):
            return None
        left = iter([stride for stride, size in zip(strides, base.shape, strict=True) if size != 1])
        return tuple(0 if size == 1 else next(left) for size in node.shape)
    if type(node) is Transpose:
        return tuple(strides[axis] for axis in node.perm or reversed(range(node.ndim)))
    if type(node) is At:
        return (*strides[: node.axis], *strides[node.axis + 1 :])
    if function is np.broadcast_to:
        return aligned(strides, base.shape, node.shape)
    if type(node) is Slice and function is operator.getitem and all(step > 0 for step in node.steps or ()):
        steps = dict(zip(node.axes or range(len(node.starts)), node.steps or (), strict=False))
        return tuple(stride * steps.get(axis, 1) for axis, stride in enumerate(strides))
    return None


def aligned(strides: Shape, shape: Shape, to: Shape) -> Shape:
    """The strides of an array where it is broadcast to a shape: 0 along the axes that it does not have."""
    found: list[Axis] = [0] * (len(to) - len(shape))
    return (*found, *(0 if size == 1 else stride for stride, size in zip(strides, shape, strict=True)))


def _readable(plan: Classified, operand: Node, shape: Shape) -> bool:
    """Whether a loop over a shape can read an operand: along the last axis one element after the other, or always the same."""
    root = plan.root(operand)
    if operand.dtype.name not in TYPES:
        return False
    if root not in plan.static and not only_reshaped(plan, operand) and not _has_memory(plan, root):
        return False
    strides = strides_of(plan, operand)
    if strides is None:
        return False
    inner = [stride for stride, size in zip(aligned(strides, operand.shape, shape), shape, strict=True) if size != 1][-1:]
    return all(isinstance(stride, int) and stride in (0, 1) for stride in inner)


def _has_memory(plan: Classified, node: Node) -> bool:
    """Whether a value lies in a buffer of the program, at an address that stays."""
    if isinstance(node, Leaf) or node in plan.moving:
        return False
    if isinstance(node, Scan):
        return True
    call = plan.calls[node]
    return node.takes_out if call is None else call.takes_out or call.function in INTO


def _in_loop(plan: Classified, node: Node) -> bool:
    """Whether C can compute a primitive in a loop, as fast as NumPy."""
    call: Any = plan.calls[node]
    if reduction(node):
        return all(_readable(plan, operand, node.operands[0].shape) for operand in node.operands)
    if not (elementwise(call) or (call is not None and call.function in INTO)) or isinstance(node, Later):
        return False
    found = element_of(node, [Element("x", operand.dtype) for operand in node.operands if operand.dtype.name in TYPES])
    if found is None or not all(_readable(plan, operand, node.shape) for operand in node.operands):
        return False
    sizes = long_axes(node.shape)
    return not found.slow or node.shape[-1:] == (1,) or (all(isinstance(size, int) for size in sizes) and prod(sizes) <= FEW)


def reduction(node: Any) -> str:
    """Whether a primitive gives the sum, or an extreme, of each "row", or the sum of the "whole"; "" for any other."""
    if type(node) not in (ReduceSum, MaskedSum, ReduceMax, ReduceMin) or not {node.dtype.name, node.operands[0].dtype.name} <= {
        *TYPES
    }:
        return ""
    x, adds = node.operands[0], isinstance(node, ReduceSum)
    long = [axis for axis, size in enumerate(x.shape) if size != 1]
    taken = [axis for axis in axes_of(x, node.axes) if axis in long]
    if (
        taken
        and taken == long[-1:]
        and (adds or (isinstance(x.shape[taken[0]], int) and x.shape[taken[0]] and x.dtype.kind != "b"))
    ):
        return "row"
    return "whole" if taken and sorted(taken) == long and adds else ""


def _rows_between(plan: Classified, root: Node, operand: Node, node: Node) -> tuple[Shape | None] | None:
    """Whether a primitive can join what it reads, and with which rows; None where it cannot."""
    if not only_reshaped(plan, operand) or long_axes(root.shape) != long_axes(operand.shape) or reduction(root) == "whole":
        return None
    kind = reduction(node)
    if kind:
        return (long_axes(operand.shape)[:-1] if kind == "row" else None,)
    found = [(size, wanted) for size, wanted in zip(_widened(operand.shape, node.ndim), node.shape, strict=True) if wanted != 1]
    if all(size == wanted for size, wanted in found):
        return (None,)
    if found[-1][0] == 1 and all(size == wanted for size, wanted in found[:-1]):
        return (tuple(wanted for _, wanted in found[:-1]),)
    return None


def _widened(shape: Shape, rank: int) -> Shape:
    """A shape with axes of size 1 before it, so many in all."""
    return (*[1] * (rank - len(shape)), *shape)


def groups_of(plan: Classified) -> dict[Node, Group]:
    """The group of each primitive that a loop computes."""
    home: dict[Node, Group] = {}
    level: dict[Node, int] = {}
    for node in plan.operations:
        fits = _in_loop(plan, node)
        roots = [(plan.root(operand), operand) for operand in node.operands]
        joins = {}
        level[node] = 0
        for root, operand in roots:
            rows = _rows_between(plan, root, operand, node) if fits and root in home else None
            level[node] = max(level[node], level.get(root, -1) + (rows is None))
            if rows is not None:
                joins[root] = rows[0]
        if not fits:
            continue
        met = {id(home[root]): home[root] for root in joins if level[root] == level[node]}
        asked = [*(joins[root] for root in joins if level[root] == level[node]), *(group.rows for group in met.values())]
        shapes = {each for each in asked if each is not None}
        own = {long_axes(node.operands[0].shape)[:-1]} if reduction(node) == "row" else set()
        shapes |= own
        fits = len(shapes) < 2 and sum(len(group.nodes) for group in met.values()) < MOST
        alike = (_of_rows(each, shapes) for group in met.values() if shapes - {group.rows} for each in group.nodes)
        if not fits or not all(alike):
            level[node] += 1
            met, shapes = {}, own
        group, *others = sorted(met.values(), key=lambda each: -len(each.nodes)) or [Group()]
        for other in others:
            group.nodes += other.nodes
            home.update(dict.fromkeys(other.nodes, group))
        group.rows = next(iter(shapes), None)
        group.nodes.append(node)
        home[node] = group
    _compute_late(plan, home)
    return home


def _of_rows(node: Node, rows: Iterable[Shape]) -> bool:
    """Whether a value consists of these rows, or of a number for each."""
    sizes = long_axes(node.shape)
    return all(each in (sizes, sizes[:-1]) for each in rows) or reduction(node) == "whole"


def _compute_late(plan: Classified, home: dict[Node, Group]) -> None:
    """What one later group alone reads is computed there, from what is stored anyway: so it need not be stored itself."""
    readers: dict[Node, list[Node]] = {}
    for node in [*plan.operations, *plan.bases]:
        for operand in node.operands:
            readers.setdefault(operand, []).append(node)
    wanted = {plan.root(node) for node in (*plan.outputs, *plan.updates.values())}
    for node in reversed(plan.operations):
        group, reading = home.get(node), readers.get(node, [])
        if group is None or node in wanted or reduction(node) or any(r not in home or r.shape != node.shape for r in reading):
            continue
        later = {id(home[r]): home[r] for r in reading}
        if len(later) != 1 or id(group) in later:
            continue
        (other,) = later.values()
        own = [o for o in node.operands if home.get(o) is group and o not in wanted]
        instead = {o for o in own if all(home.get(r) is group for r in readers[o])}  # what is then stored
        if len(instead) < 2 and len(other.nodes) < MOST:
            home[node] = other
            other.nodes.append(node)
    members: dict[int, list[Node]] = {}
    for node in plan.operations:
        if node in home:
            members.setdefault(id(home[node]), []).append(node)
    for group in home.values():
        group.nodes = members[id(group)]
