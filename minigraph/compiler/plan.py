"""Scheduling, liveness and buffers: in which order a program computes, and in which memory each value lies.

A value is *static* when it follows from sizes and constants alone, a *view* when it is another value seen in another shape,
and otherwise lies in a *buffer* of the program's arena. Liveness: a buffer is free again after the last reader of what lies in
it. In-place: an elementwise operation whose operand dies with it writes over that operand, and the new value of a variable is
written into the variable itself, once everything else that reads the old one is computed. Values with many short rows (the
logits of a few classes) lie column by column, so that NumPy's loops run over the rows instead of starting anew for each.

Where loops in C are wanted, the primitives that one of them computes are a *unit*: they are computed together, and what they
alone read lies in no buffer. Each other primitive is a unit by itself.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from heapq import heappop, heappush
from math import gcd, prod

from minigraph.compiler.classification import Classified
from minigraph.compiler.fusion import Group, groups_of
from minigraph.compiler.primitives import INTO, RESHAPED, elementwise
from minigraph.core.leaves import Variable
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of, sized
from minigraph.core.sizes import Axis, SymbolicSize, terms_of

__all__ = ["SHORT", "TYPICAL", "Buffer", "Plan", "typical_bytes"]

SHORT = 16
"""How many elements a row has at most to lie column by column."""
LITTLE = 1 << 16
"""Bytes of what a loop reads and writes up to which a call takes longer than the loop."""
TYPICAL = 256
"""The size that a named axis is taken to have where two orders are compared."""


@dataclass
class Buffer:
    """Memory for one value at a time: so many bytes, times a size that follows from the named axes."""

    bytes: int
    times: Axis


class Plan(Classified):
    """How to compute the outputs and the new values of variables, all given as primitives: what `emit` writes down."""

    def __init__(self, outputs: Sequence[Node], updates: Mapping[Variable, Node], loops: bool = False) -> None:
        super().__init__(outputs, updates)
        operations = self.operations
        self.may_fail = self._failing(operations)
        """What may raise an error for values that no check sees before the step."""
        self.groups = groups_of(self) if loops else {}
        """The loop in C that computes an operation, where one does."""
        self.units = self._scheduled(operations)
        """The operations of a step, in order, those together that one loop computes."""
        self.order = [node for unit in self.units for node in unit]
        """The operations of a step, in order."""
        self.columns = set() if loops else self._columns()
        """The values that lie column by column."""
        self.buffers: list[Buffer] = []
        self.places: dict[Node, int] = {}
        """For a value that lies in a buffer, which."""
        self.written: dict[Node, Variable] = {}
        """The new values that are written into their variable as they are computed; all others are copied there at the end."""
        self._allocate()

    def reads(self, node: Node) -> set[Node]:
        """The values whose memory an operation reads."""
        return {root for operand in node.operands if (root := self.root(operand)) not in self.static}

    def unit_reads(self, unit: Sequence[Node]) -> set[Node]:
        """The values of other units whose memory a unit reads."""
        return set().union(*map(self.reads, unit)).difference(unit)

    def _scheduled(self, operations: Sequence[Node]) -> list[list[Node]]:
        """The units in order: each is scheduled as its first operation."""
        first = {node: self.groups[node].nodes[0] if node in self.groups else node for node in operations}
        units: dict[Node, list[Node]] = {}
        for node in operations:
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
            small = loop and sum(map(typical_bytes, {*unit, *reads})) <= LITTLE
            if small:
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
                computed = {each for each in selectors if not isinstance(each, Leaf)}
                if computed - checked:
                    found.add(node)
                checked |= computed
            elif call is None:
                if not (node.trusted and node.takes_out):
                    found.add(node)
            elif getattr(call.function, "__module__", None) == "numpy.linalg":
                found.add(node)
        return found

    def _columns(self) -> set[Node]:
        """What is computed element by element, or reduced, in many short rows, and is not seen in a shape that goes row by row.

        A matrix product is not among them: BLAS writes rows.
        """
        reshaped = {base for node, base in self.bases.items() if self.function(node) in RESHAPED}
        found = set()
        for node in self.order:
            rows = node.ndim == 2 and isinstance(node.shape[0], SymbolicSize) and isinstance(node.shape[1], int)
            if rows and node not in reshaped:
                loop = elementwise(self.calls[node]) or self.function(node) in INTO
                if loop and 1 < node.shape[1] <= SHORT:
                    found.add(node)
        return found

    def _allocate(self) -> None:
        """Buffer allocation by liveness; a buffer, or a variable, is written in place where its value dies."""
        failing = set(self.may_fail)
        unread = Counter(root for unit in self.units for root in self.unit_reads(unit))
        unread.update(self.root(node) for node in [*self.outputs, *self.updates.values()])
        new = {node: variable for variable, node in self.updates.items()}
        free: dict[Axis, list[tuple[int, int]]] = {}
        for unit in self.units:
            reads, group = self.unit_reads(unit), self.groups.get(unit[0])
            if group is not None:
                group.arrange(self, {node for node in unit if unread[node]})
            dying = {
                root: None for node in unit for root in map(self.root, node.operands) if unread[root] == 1 and root in reads
            }
            for node in unit if group is None else group.stored:
                call = self.calls[node]
                variable = new.get(node) if not failing else None
                failing.discard(node)
                others = 0 if variable is None else unread[variable] - (variable in reads)  # who still reads the old value
                if (
                    variable is not None
                    and elementwise(call)
                    and not others
                    and (group is None or group.may_overwrite(self, variable, node))
                ):
                    self.written[node] = variable
                elif node.takes_out if call is None else call.takes_out or call.function in INTO:
                    over = self._over(group, dying, node) if elementwise(call) else None
                    if over is None:
                        self.places[node] = self._take(free, node)
                    else:
                        self.places[node] = self.places[over]
                        del dying[over]
                if group is not None and node in group.inside:
                    dying[node] = None
            unread.subtract(reads)
            for root in dying:
                if root in self.places:
                    buffer = self.buffers[self.places[root]]
                    insort(free.setdefault(buffer.times, []), (buffer.bytes, self.places[root]))

    def _over(self, group: Group | None, dying: Mapping[Node, None], node: Node) -> Node | None:
        """The value, read for the last time, that an elementwise operation writes over, if there is one."""
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

    def _take(self, free: Mapping[Axis, list[tuple[int, int]]], node: Node) -> int:
        """The free buffer that fits best, enlarged where none is large enough, or else a new one."""
        size = prod(node.shape)
        count = gcd(*terms_of(size).values())
        bytes, times = count * node.dtype.itemsize, size // max(count, 1)
        alike = free.get(times, [])
        if not alike:
            self.buffers.append(Buffer(bytes, times))
            return len(self.buffers) - 1
        _, chosen = alike.pop(min(bisect_left(alike, (bytes, 0)), len(alike) - 1))
        self.buffers[chosen].bytes = max(self.buffers[chosen].bytes, bytes)
        return chosen


def schedule(
    reads: Mapping[Node, Set[Node]],
    updates: Mapping[Variable, Node],
    permanent: Set[Node],
    may_fail: Set[Node] = frozenset(),
    bytes: Mapping[Node, int] | None = None,
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
        How large the values are; the sizes of the nodes, unless given.
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
    size = {node: 0 if node in new else bytes[node] if bytes else typical_bytes(node) for node in reads}
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
    return prod(sized(node.shape, dict.fromkeys(names_of(node.shape), TYPICAL))) * node.dtype.itemsize
