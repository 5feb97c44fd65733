"""The plan of a program: in which order it computes, and in which memory each value lies.

A value is *static* when it follows from sizes and constants alone, a *view* when it is another value seen in another shape,
and otherwise lies in a *buffer*. A buffer is free again after the last reader of what lies in it; an elementwise operation
whose operand dies with it writes over that operand; and the new value of a variable is written into the variable itself,
once everything else that reads the old one is computed. Values with many short rows (the logits of a few classes) lie
column by column, so that NumPy's loops run over the rows instead of starting anew for each of them.
"""

import operator
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

import numpy as np

from minigraph.compiler.primitives import INTO, RESHAPED, VIEWS, elementwise, read
from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import factors, product
from minigraph.readings import Source

__all__ = ["Buffer", "Plan", "plan", "schedule", "typical_bytes"]

TYPICAL = 256
"""The size that a named axis is taken to have where two orders are compared."""

Reads = Mapping[Node, set[Node]]


def schedule(
    reads: Reads, updates: Mapping[Variable, Node], kept: Sequence[Node], fallible: Set[Node] = frozenset()
) -> list[Node]:
    """Order operations, given with the values that each reads; `kept` are the values that are needed to the end.

    The new value of a variable is computed after everything else that reads the old one, so that it can be written over it, and
    after what may fail (`fallible`), so that a step that fails changes no variable.
    Where variables wait in a circle for each other's old values, the first in line goes ahead.
    """
    needs = {node: {root for root in reads[node] if root in reads} for node in reads}
    after = {new: readers | fallible - {new} for new, readers in _readers_of_the_old(reads, updates).items()}
    waits = {node: needs[node] | after.get(node, set()) for node in reads}
    followers: dict[Node, list[Node]] = {node: [] for node in reads}
    for node, before in waits.items():
        for other in before:
            followers[other].append(node)
    new, permanent = set(updates.values()), set(kept)
    size = {node: 0 if node in new else typical_bytes(node) for node in reads}
    unread: dict[Node, set[Node]] = {}
    for node in reads:
        for root in reads[node]:
            unread.setdefault(root, set()).add(node)
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


def _readers_of_the_old(reads: Reads, updates: Mapping[Variable, Node]) -> dict[Node, set[Node]]:
    """For the new value of each variable, everything else that reads the variable."""
    readers: dict[Node, set[Node]] = {variable: set() for variable in updates}
    for node in reads:
        for root in reads[node] & readers.keys():
            readers[root].add(node)
    return {new: readers[variable] - {new} for variable, new in updates.items() if new in reads}


def typical_bytes(node: Node) -> int:
    """How large a value is when every named axis has its typical size."""
    count, names = factors(product(node.shape))
    return count * node.dtype.itemsize * int(TYPICAL ** names.total())


SHORT = 16
"""How many elements a row has at most to lie column by column."""


@dataclass
class Buffer:
    """Memory for one value at a time: so many bytes, times the sizes of the named axes."""

    bytes: int
    names: Counter[str]


@dataclass
class Plan:
    """What `emit` writes down."""

    outputs: Sequence[Node]
    updates: Mapping[Variable, Node]
    static: list[Node] = field(default_factory=list)
    """What is computed once for given sizes, in order."""
    order: list[Node] = field(default_factory=list)
    """The operations of a step, in order."""
    calls: dict[Node, Source | None] = field(default_factory=dict)
    """The call of NumPy that each operation, or view, is."""
    bases: dict[Node, Node] = field(default_factory=dict)
    """For a view, the value that it shows."""
    buffers: list[Buffer] = field(default_factory=list)
    places: dict[Node, int] = field(default_factory=dict)
    """For a value that lies in a buffer, which."""
    fallible: set[Node] = field(default_factory=set)
    """What may raise an error for values that no check sees before the step."""
    columns: set[Node] = field(default_factory=set)
    """The values that lie column by column."""
    written: dict[Node, Variable] = field(default_factory=dict)
    """The new values that are written into their variable as they are computed; all others are copied there at the end."""

    def function(self, node: Node) -> Any:
        """The NumPy function that the call of an operation, or view, is of, or None where its rule is called as it is."""
        call = self.calls.get(node)
        return None if call is None else call.function

    def root(self, node: Node) -> Node:
        """The value whose memory a view shows."""
        while node in self.bases:
            node = self.bases[node]
        return node

    def reads(self, node: Node) -> set[Node]:
        """The values whose memory an operation reads."""
        return {self.root(operand) for operand in node.operands} - self._static

    def __post_init__(self) -> None:
        self._static: set[Node] = set()


def plan(outputs: Sequence[Node], updates: Mapping[Variable, Node]) -> Plan:
    """Plan how to compute the outputs and the new values of variables, all given as primitives."""
    made = Plan(outputs, updates)
    operations = _classify(made)
    kept = [made.root(node) for node in [*outputs, *updates.values()]]
    made.fallible = _fallible(made, operations)
    made.order = schedule({node: made.reads(node) for node in operations}, updates, kept, made.fallible)
    made.columns = _columns(made)
    _allocate(made)
    return made


def _classify(made: Plan) -> list[Node]:
    """The operations of a step; what is static and what is a view goes into the plan."""
    operations = []
    for node in topological_order([*made.outputs, *made.updates.values()]):
        if isinstance(node, Constant) or node.known is not None:
            made._static.add(node)
            made.static.append(node)
        elif not isinstance(node, Leaf):
            made.calls[node] = call = read(node)
            if set(node.operands) <= made._static:
                made._static.add(node)
                made.static.append(node)
            elif call is not None and call.function in VIEWS and not call.nested and _is_view(made, node):
                made.bases[node] = node.operands[0]
            else:
                operations.append(node)
    return operations


def _is_view(made: Plan, node: Node) -> bool:
    """Reshape copies what does not lie in memory in order; everything else that only looks differently is a view."""
    base = node.operands[0]
    if base in made._static:
        return False
    while made.function(node) is np.reshape and base in made.bases:
        if made.function(base) in (np.transpose, np.broadcast_to, operator.getitem):
            return False
        base = made.bases[base]
    return True


def _fallible(made: Plan, operations: Sequence[Node]) -> set[Node]:
    """What may raise an error for values that no check sees before the step: then no variable may have changed yet."""
    found: set[Node] = set()
    looked_at: set[Node] = set()
    for node in operations:
        call = made.calls[node]
        if node.validates and node.selectors:
            selectors = [operand for i, operand in enumerate(node.operands) if node._selects(i)]
            computed = {each for each in selectors if each.known is None and not isinstance(each, Leaf)}
            if computed - looked_at:
                found.add(node)
            looked_at |= computed
        elif call is None:
            if not (node.trusted and node.takes_out):
                found.add(node)
        elif call.function.__module__ == "numpy.linalg":
            found.add(node)
    return found


def _columns(made: Plan) -> set[Node]:
    """What is computed element by element, or reduced, in many short rows, and is not seen in a shape that goes row by row.

    A matrix product is not among them: BLAS writes rows.
    """
    reshaped = {base for node, base in made.bases.items() if made.function(node) in RESHAPED}
    found = set()
    for node in made.order:
        call = made.calls[node]
        if node.ndim == 2 and isinstance(node.shape[0], str) and isinstance(node.shape[1], int) and node not in reshaped:
            loop = elementwise(call) or (call is not None and call.function in INTO)
            if loop and 1 < node.shape[1] <= SHORT:
                found.add(node)
    return found


def _allocate(made: Plan) -> None:
    waiting = set(made.fallible)
    unread = Counter(root for node in made.order for root in made.reads(node))
    unread.update(made.root(node) for node in [*made.outputs, *made.updates.values()])
    new = {node: variable for variable, node in made.updates.items()}
    free: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for node in made.order:
        call, reads = made.calls[node], made.reads(node)
        last = {root for root in reads if unread[root] == 1}
        variable = new.get(node) if not waiting else None
        waiting.discard(node)
        if variable is not None and elementwise(call) and not unread[variable] - (variable in reads):
            made.written[node] = variable
        elif node.takes_out if call is None else call.takes_out or call.function in INTO:
            over = next((o for o in node.operands if o in last and _fits(made, o, node)), None) if elementwise(call) else None
            made.places[node] = made.places[over] if over is not None else _take(made.buffers, free, node)
        unread.subtract(reads)
        for root in last:
            if root in made.places and made.places[root] != made.places.get(node):
                _give_back(made.buffers, free, made.places[root])


def _fits(made: Plan, operand: Node, node: Node) -> bool:
    alike = operand.shape == node.shape and operand.dtype == node.dtype
    return operand in made.places and alike and (operand in made.columns) == (node in made.columns)


def _take(buffers: list[Buffer], free: dict[tuple[str, ...], list[tuple[int, int]]], node: Node) -> int:
    """The free buffer that fits best, made larger where none is large enough, or else a new one."""
    count, names = factors(product(node.shape))
    bytes = count * node.dtype.itemsize
    alike = free.get(tuple(sorted(names.elements())), [])
    if not alike:
        buffers.append(Buffer(bytes, names))
        return len(buffers) - 1
    _, chosen = alike.pop(min(bisect_left(alike, (bytes, 0)), len(alike) - 1))
    buffers[chosen].bytes = max(buffers[chosen].bytes, bytes)
    return chosen


def _give_back(buffers: list[Buffer], free: dict[tuple[str, ...], list[tuple[int, int]]], place: int) -> None:
    insort(free.setdefault(tuple(sorted(buffers[place].names.elements())), []), (buffers[place].bytes, place))
