"""Scheduling, liveness and buffers: in which order a program computes, and in which memory each value lies.

A value is *static* when it follows from sizes and constants alone, a *view* when it is another value seen in another shape,
and otherwise lies in a *buffer* of the program's arena. Liveness: a buffer is free again after the last reader of what lies in
it. In-place: an elementwise operation whose operand dies with it writes over that operand, and the new value of a variable is
written into the variable itself, once everything else that reads the old one is computed. Values with many short rows (the
logits of a few classes) lie column by column, so that NumPy's loops run over the rows instead of starting anew for each.

Where what is computed element by element is fused, the primitives of a group are a *unit*: one loop in C computes them, and
what they alone read lies in no buffer. Each other primitive is a unit by itself.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from heapq import heappop, heappush
from math import prod
from typing import Any

from minigraph.compiler.buffers import Buffer, Free, buffer_of, release, take
from minigraph.compiler.classification import Classified
from minigraph.compiler.fusion import Group, groups_of
from minigraph.compiler.joining import parts_in_place
from minigraph.compiler.loops import Layout
from minigraph.compiler.primitives import INTO, RESHAPED, elementwise
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.joining import Concat
from minigraph.ops.multi_output import MultiOutput
from minigraph.ops.scan import Scan

__all__ = ["SHORT", "TYPICAL", "Plan", "typical_bytes"]

SHORT = 16
"""How many elements a row has at most to lie column by column."""
LITTLE = 1 << 16
"""Bytes of what a loop in C reads and writes up to which its call takes longer than the loop."""
TYPICAL = 256
"""The size that a named axis is taken to have where two orders are compared."""


class Plan(Classified):
    """How to compute the outputs and the new values of variables, all given as primitives: what `emit` writes down.

    Some of the outputs are `stored`: written into memory that is given for them. In the body of a loop the variables are what
    it carries over. Where it is `fused`, loops in C compute what they can.
    """

    def __init__(
        self, outputs: Sequence[Node], updates: Mapping[Any, Node], stored: Collection[Node] = (), fused: bool = False
    ) -> None:
        super().__init__(outputs, updates, stored)
        operations = self.operations
        self.loops: dict[Node, Loop] = {node: Loop(node, fused) for node in operations if isinstance(node, Scan)}
        """The scans that are computed in a loop of the program."""
        self.may_fail = self._failing(operations)
        """What may raise an error for values that no check sees before the step."""
        self.groups = groups_of(self) if fused else {}
        """The group of each operation that a loop in C computes."""
        self.units = self._scheduled()
        """The operations of a step, in order, those of a group together."""
        self.order = [node for unit in self.units for node in unit]
        """The operations of a step, in order."""
        self.columns = set() if fused else self._columns(stored)
        """The values that lie column by column."""
        self.buffers: list[Buffer] = []
        self.places: dict[Node, int] = {}
        """For a value that lies in a buffer, which."""
        self.written: dict[Node, Node] = {}
        """The new values that are written into their variable as they are computed; all others are copied there at the end."""
        self.stored = {node for node in self.order if node in stored and self._takes_out(node) and node.shape}
        """The outputs that are written into their memory as they are computed."""
        joined = [node for node in self.operations if type(node) is Concat and self._has_place(node)]
        self.joined = parts_in_place(self, [] if fused else joined)
        """The operations that are computed where a concatenation has them."""
        self._allocate()

    def reads(self, node: Node) -> set[Node]:
        """The values whose memory an operation reads."""
        return {root for operand in node.operands if (root := self.root(operand)) not in self.static}

    def unit_reads(self, unit: Sequence[Node]) -> set[Node]:
        """The values of other units whose memory a unit reads."""
        return set().union(*map(self.reads, unit)).difference(unit)

    def _scheduled(self) -> list[list[Node]]:
        """The units in order: each is scheduled as its first operation."""
        first = {node: self.groups[node].nodes[0] if node in self.groups else node for node in self.operations}
        units: dict[Node, list[Node]] = {}
        for node in self.operations:
            units.setdefault(first[node], []).append(node)
        read = {node: self.unit_reads(unit) for node, unit in units.items()}
        permanent = [*map(self.root, (*self.outputs, *self.updates.values()))]
        wanted = set().union(permanent, *read.values())
        bytes = {node: sum(typical_bytes(each) for each in unit if each in wanted) for node, unit in units.items()}
        reads = {node: {first.get(root, root) for root in roots} for node, roots in read.items()}
        new = {variable: first.get(node, node) for variable, node in self.updates.items()}
        order = schedule(reads, new, {first.get(root, root) for root in permanent}, self.may_fail, bytes)
        return self._together([units[node] for node in order], read)

    def _together(self, units: list[list[Node]], read: Mapping[Node, Set[Node]]) -> list[list[Node]]:
        """The units, of which loops over few elements wait for others: loops that follow each other take one call."""
        found: list[list[Node]] = []
        waiting: list[list[Node]] = []
        values: set[Node] = set()
        for unit in units:
            loop, reads = unit[0] in self.groups, read[unit[0]]
            if loop and sum(map(typical_bytes, {*unit, *reads})) <= LITTLE:
                waiting.append(unit)
                values.update(unit)
                continue
            if loop or not values.isdisjoint(reads):
                found += waiting
                waiting, values = [], set()
            found.append(unit)
        return found + waiting

    def _failing(self, operations: Sequence[Node]) -> set[Node]:
        """What is in `may_fail`: while one of these is still to come, no variable may change."""
        found: set[Node] = set()
        checked: set[Node] = set()
        for node in operations:
            call = self.calls[node]
            if node.validates and node.selectors:
                selectors = [operand for i, operand in enumerate(node.operands) if node._selects(i)]
                computed = {each for each in selectors if not isinstance(each, Leaf) or getattr(each, "of_a_step", False)}
                if computed - checked:
                    found.add(node)
                checked |= computed
            elif node in self.loops:
                if self.loops[node].plan.may_fail:
                    found.add(node)
            elif call is None:
                if not (node.trusted and node.takes_out):
                    found.add(node)
            elif getattr(call.function, "__module__", None) == "numpy.linalg":
                found.add(node)
        return found

    def _columns(self, stored: Collection[Node]) -> set[Node]:
        """What is computed element by element, or reduced, in many short rows, and is not seen in a shape that goes row by row.

        A matrix product is not among them: BLAS writes rows.
        """
        reshaped = {base for node, base in self.bases.items() if self.function(node) in RESHAPED}
        found = set()
        for node in self.order:
            rows = node.ndim == 2 and isinstance(node.shape[0], SymbolicSize) and isinstance(node.shape[1], int)
            if rows and node not in reshaped and node not in stored:
                loop = elementwise(self.calls[node]) or self.function(node) in INTO
                if loop and 1 < node.shape[1] <= SHORT:
                    found.add(node)
        return found

    def _has_place(self, node: Node) -> bool:
        """Whether it is known, before an output is computed, where it lies."""
        return node in self.stored or node not in self.moving

    def _takes_out(self, node: Node) -> bool:
        call = self.calls[node]
        return node.takes_out if call is None else call.takes_out or call.function in INTO

    def _allocate(self) -> None:
        """Buffer allocation by liveness; a buffer, or a variable, is written in place where its value dies."""
        failing = set(self.may_fail)
        unread = Counter(root for unit in self.units for root in self.unit_reads(unit))
        unread.update(self.root(node) for node in [*self.outputs, *self.updates.values()])
        new = {node: variable for variable, node in self.updates.items()}
        free: Free = {}
        for unit in self.units:
            reads, group = self.unit_reads(unit), self.groups.get(unit[0])
            if group is not None:
                group.arrange(self, {node for node in unit if unread[node]})
            read = (self.root(operand) for node in unit for operand in node.operands)
            dying = {root: None for root in read if root in reads and unread[root] == 1}
            for node in unit if group is None else group.stored:
                variable = new.get(node) if not failing else None
                failing.discard(node)
                others = 0 if variable is None else unread[variable] - (variable in reads)  # who still reads the old value
                if variable is not None and not others and self._in_place(group, variable, node):
                    self.written[node] = variable
                elif node in self.loops:
                    self.loops[node].allocate(free, self.buffers)
                elif node in self.joined:
                    whole = self.joined[node].whole
                    if whole not in self.stored and whole not in self.places:
                        self.places[whole] = take(free, self.buffers, buffer_of(whole.shape, whole.dtype))
                elif self._takes_out(node) and node not in self.stored and node not in self.places:
                    over = self._over(group, dying, node)
                    if over is None:
                        self.places[node] = take(free, self.buffers, buffer_of(node.shape, node.dtype))
                    else:
                        self.places[node] = self.places[over]
                        del dying[over]
                if group is not None and node in group.inside:
                    dying[node] = None
            unread.subtract(reads)
            for root in dying:
                if root in self.loops:
                    release(free, self.buffers, self.loops[root].places)
                elif root in self.places:
                    release(free, self.buffers, [self.places[root]])

    def _in_place(self, group: Group | None, variable: Node, node: Node) -> bool:
        """Whether the new value of a variable can be written over the old one, which is read here or no more."""
        if self._takes_out(node) and variable not in self.unit_reads([node] if group is None else group.nodes):
            return True
        return elementwise(self.calls[node]) and (group is None or group.may_overwrite(self, variable, node))

    def _over(self, group: Group | None, dying: Mapping[Node, None], node: Node) -> Node | None:
        """The value, read for the last time, that an elementwise operation writes over, if there is one."""
        if not elementwise(self.calls[node]):
            return None
        if group is None:
            fitting = (self.root(operand) for operand in node.operands if self._fits(operand, node))
        else:
            fitting = (root for root in dying if self._fits(root, node) and group.may_overwrite(self, root, node))
        return next((root for root in fitting if root in dying), None)

    def _fits(self, operand: Node, node: Node) -> bool:
        """Whether a value can be written over an operand, element by element, perhaps seen in another shape."""
        alike = operand.shape == node.shape and operand.dtype == node.dtype
        while operand in self.bases and self.function(operand) in RESHAPED:
            operand = self.bases[operand]
        return operand in self.places and alike and (operand in self.columns) == (node in self.columns)


class Loop:
    """A scan as a loop of the program: the plan of its body, and which buffers its arrays, and this plan's, lie in."""

    def __init__(self, scan: Scan, fused: bool) -> None:
        self.layout = layout = Layout(scan)
        body = scan.body
        stored = {*layout.others, *(new for new, all in zip(body.new, layout.states, strict=True) if all)}
        updates: dict[Node, Node] = {
            leaf: new for leaf, new, all in zip(body.carry, body.new, layout.states, strict=True) if not all
        }
        self.plan = Plan([*dict.fromkeys([*body.new, *layout.others])], updates, stored, fused)
        self.places: list[int] = []
        """The buffer of each of the arrays."""
        self.scratch: list[int] = []
        """The buffer for each of the body's."""

    def allocate(self, free: Free, buffers: list[Buffer]) -> None:
        """Take the buffers; those of the body are free again after the loop."""
        self.places = [take(free, buffers, buffer_of(*each)) for each in self.layout.arrays]
        self.scratch = [take(free, buffers, each) for each in self.plan.buffers]
        release(free, buffers, self.scratch)


def schedule(
    reads: Mapping[Node, Set[Node]],
    updates: Mapping[Any, Node],
    permanent: Set[Node],
    may_fail: Set[Node],
    bytes: Mapping[Node, int],
) -> list[Node]:
    """Scheduling: the operations in the order in which they are computed; of what can be next, what frees the most memory.

    The new value of a variable is computed after everything else that reads the old one, so that it can be written over it, and
    after what may fail, so that a step that fails changes no variable. Where variables wait in a circle for each other's old
    values, the first in line goes ahead.

    Parameters
    ----------
    reads
        The operations, operands first, with the values that each reads.
    updates
        The variables with their new values.
    permanent
        The values that are needed to the end.
    may_fail
        The operations that may raise an error.
    bytes
        How large the values are.
    """
    needs = {node: {root for root in reads[node] if root in reads} for node in reads}
    unread: dict[Node, set[Node]] = {}
    for node in reads:
        for root in reads[node]:
            unread.setdefault(root, set()).add(node)
    after = {new: (unread.get(old, set()) | may_fail) - {new} for old, new in updates.items() if new in reads}
    waits = {node: needs[node] | after.get(node, set()) for node in reads}
    followers: dict[Node, list[Node]] = {node: [] for node in reads}
    for node, before in waits.items():
        for other in before:
            followers[other].append(node)
    new = set(updates.values())
    size = {node: 0 if node in new else bytes[node] for node in reads}
    position = {node: i for i, node in enumerate(reads)}
    ready: list[tuple[int, int, Node]] = []

    def offer(node: Node) -> None:
        """Put a node in line; again, when it would free more than before."""
        freed = sum(size.get(root, 0) for root in reads[node] if len(unread[root]) == 1 and root not in permanent)
        heappush(ready, (size[node] - freed, position[node], node))

    for node in reads:
        if not waits[node]:
            offer(node)
    order: dict[Node, None] = {}
    while len(order) < len(reads):
        node = heappop(ready)[-1] if ready else next(n for n in reads if n not in order and needs[n] <= order.keys())
        if node in order:
            continue
        order[node] = None
        for root in reads[node]:
            unread[root].discard(node)
            for last in unread[root] if len(unread[root]) == 1 else ():
                if not waits[last] and last not in order:
                    offer(last)
        for follower in followers[node]:
            waits[follower].discard(node)
            if not waits[follower] and follower not in order:
                offer(follower)
    return list(order)


def typical_bytes(node: Node) -> int:
    """How large a value is when every named axis has its typical size."""
    values = node.parts(*node.operands) if isinstance(node, MultiOutput) else [(node.shape, node.dtype)]
    sizes = [(prod(sized(shape, dict.fromkeys(names_of(shape), TYPICAL))), dtype) for shape, dtype in values]
    return sum(size * dtype.itemsize for size, dtype in sizes)
