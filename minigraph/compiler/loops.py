"""Loops: a scan as a program runs it, with a body of primitives, of which only what someone reads is computed and stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from minigraph.compiler.driver import Rule
from minigraph.compiler.lowering import lowered
from minigraph.compiler.primitives import LIGHTER_CALLS
from minigraph.compiler.views import IN_ORDER, is_view, of_all_steps
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.shapes import Shape
from minigraph.core.values import DType
from minigraph.ops.arithmetic import Identity
from minigraph.ops.body import Body, BodyInput
from minigraph.ops.copies import rebuilt, substituted
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan
from minigraph.ops.shape import Transpose

__all__ = ["Layout", "lowered_loops"]


def lowered_loops(outputs: Sequence[Node], lighter: Sequence[Rule] = LIGHTER_CALLS) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, the same with scans whose bodies are primitives, the `lighter` ones.

    What no one reads of a scan is left out: a value that would be stacked, a carry that nothing follows from, and with them the
    sequences and values that they need. What is the same in all steps is computed before them (loop-invariant code motion).

    >>> import numpy as np
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", np.ones((2, 2)))
    >>> last, ys = mg.scan(lambda h, x: (np.tanh(h @ w.T), h), np.ones((1, 2)), mg.Input("x", ("T",)))
    >>> body = lowered_loops([last])[last].operands[0].body
    >>> body.operations, len(body.stacked)
    ([MatMul (1 × 2, float32), Tanh (1 × 2, float32)], 0)
    """
    order = topological_order(outputs)
    needed, read = set(outputs), dict[Node, set[int]]()
    loops: dict[Node, _Loop] = {}
    for node in reversed(order):
        if node not in needed:
            continue
        whole = node.operands[0] if isinstance(node, Part) else None
        if isinstance(whole, Scan):
            read.setdefault(whole, set()).add(node.i)  # type: ignore[attr-defined]
        if isinstance(node, Scan):
            loops[node] = _Loop(node, read[node], lighter)
            needed.update(loops[node].operands)
        else:
            needed.update(node.operands)
    done: dict[Node, Node] = {}
    for node in order:
        if node in loops:
            found = substituted(loops[node].outside, done)
            done[node] = loops[node].on([found[operand] for operand in loops[node].outside])
        elif node in needed:
            new = rebuilt(node, [done[operand] for operand in node.operands])
            whole = node.operands[0] if isinstance(node, Part) else None
            done[node] = loops[whole].part(new, node.i) if isinstance(whole, Scan) else new  # type: ignore[attr-defined]
    return done


class _Loop:
    """A scan as it is computed for some of its parts."""

    def __init__(self, scan: Scan, read: Collection[int], lighter: Sequence[Rule]) -> None:
        self.scan, body = scan, scan.body
        count = len(body.carry)
        stacks = [body.stacked[i - count] for i in sorted(read) if i >= count]
        targets = [*body.new, *stacks]
        inner = lowered(targets, lighter)
        within = lowered_loops([inner[node] for node in targets], lighter)
        new = [_computed(within[inner[node]]) for node in body.new]
        self._shown = {node: within[inner[node]] for node in stacks}
        """What is read of the values that are stacked; stored is what these show in another shape."""
        stacked = {node: _stored(_base(shown), body) for node, shown in self._shown.items()}
        carried = _live(body, new, [*stacked.values()], {i for i in read if i < count})
        self._numbers = {i: carried.index(i) for i in read if i < count}
        """The new number of each part."""
        values = [*dict.fromkeys(stacked.values())]
        self._numbers |= {i: len(carried) + values.index(stacked[body.stacked[i - count]]) for i in read if i >= count}
        self._compose(carried, [new[j] for j in carried], values)

    def _compose(self, carried: list[int], new: list[Node], stacked: list[Node]) -> None:
        scan, body = self.scan, self.scan.body
        carry, sequences, captured = body.split(scan.operands)
        given = dict(zip(body.captured, captured, strict=True))
        same = _invariant([*new, *stacked], body)
        leaves = {node: node if node in given else BodyInput(node.name or "fixed", node.shape, node.dtype) for node in same}
        along = dict(zip(body.slices, sequences, strict=True))
        done = substituted([*new, *stacked], leaves | _views_of_sequences([*new, *stacked], along))
        new, stacked = [done[node] for node in new], [done[node] for node in stacked]
        used = set(topological_order([*new, *stacked]))
        along = {leaf: sequence for leaf, sequence in along.items() if leaf in used} or {body.slices[0]: sequences[0]}
        outer = substituted(same, given)
        fixed = [_straight(outer[node]) for node in same]
        self.outside = [*(carry[j] for j in carried), *along.values(), *fixed]
        """The operands: of what is computed before the steps, nodes of its own."""
        own = set(scan.operands)
        reached = topological_order(self.outside, operands=lambda node: () if node in own else node.operands)
        self.operands = [node for node in reached if node in own]
        """What it needs of the scan's operands."""
        self.body = Body([body.carry[j] for j in carried], along, leaves.values(), new, stacked)

    def part(self, given: Node, i: int) -> Node:
        """What takes the place of part i, given on the new scan."""
        body = self.scan.body
        part: Node = altered(given, i=self._numbers[i])
        if i < len(body.carry):
            return part
        node = shown = self._shown[body.stacked[i - len(body.carry)]]
        base = _base(shown)
        if base is not shown:
            part = altered(part, shape=(part.shape[0], *base.shape))
            views = [node]
            while (node := node.operands[0]) is not base:
                views.append(node)
            for view in reversed(views):
                part = of_all_steps(view, part)
        return part

    def on(self, operands: Iterable[Node]) -> Node:
        """The scan on these operands."""
        shape = (len(self.body.new) + len(self.body.stacked),)
        new: Node = altered(self.scan, operands=tuple(operands), shape=shape, body=self.body)
        return new


def _computed(node: Node) -> Node:
    """A new value of the carry, as something to compute where it is another leaf's, or only seen otherwise."""
    return Identity(node) if isinstance(node, Leaf) or node.moves_elements else node


def _base(node: Node) -> Node:
    """What a value shows in another shape, and else itself."""
    while type(node) in IN_ORDER and is_view(node) and not isinstance(node.operands[0], Leaf):
        node = node.operands[0]
    return node


def _views_of_sequences(outputs: Sequence[Node], along: dict[Node, Node]) -> dict[Node, Node]:
    """Leaves for the views of slices that steps read, each the slice of a sequence that is that view of all slices at once."""
    leaves: dict[Node, Node] = {}
    for node in topological_order(outputs):
        base = leaves.get(node.operands[0], node.operands[0]) if is_view(node) and node not in outputs else None
        if base in along:
            leaves[node] = leaf = BodyInput(str(base.name), node.shape, node.dtype)
            along[leaf] = of_all_steps(node, along[base])
    return leaves


def _straight(node: Node) -> Node:
    """A matrix that is seen transposed is copied before the steps: BLAS multiplies by it faster, step after step."""
    return Identity(node) if type(node) is Transpose and node.ndim == 2 else node


def _stored(node: Node, body: Body) -> Node:
    return Identity(node) if isinstance(node, Leaf) and node not in body.carry else node


def _live(body: Body, new: Sequence[Node], stacked: Sequence[Node], read: set[int]) -> list[int]:
    """Which of the carry is needed: what is read at the end, and what these and the stacks follow from, step after step."""
    live: set[int] = set()
    pending = [*stacked, *(new[j] for j in read)]
    found = set(read)
    while pending:
        reached = set(topological_order(pending))
        live, found = live | found, {j for j, leaf in enumerate(body.carry) if leaf in reached} - live - found
        pending = [new[j] for j in found]
    return sorted(live)


def _invariant(outputs: Sequence[Node], body: Body) -> list[Node]:
    """What varying values read that is the same in all steps."""
    varying: set[Node] = {*body.carry, *body.slices}
    order = topological_order(outputs)
    for node in order:
        if not varying.isdisjoint(node.operands) or node in outputs:
            varying.add(node)
    used = dict.fromkeys(operand for node in order if node in varying for operand in node.operands)
    return [node for node in used if node not in varying and not isinstance(node, Constant) and node.known is None]


@dataclass(frozen=True)
class Layout:
    """Where the values of a scan lie: in arrays of one place for each step, or, of a carry that is stored, of one more.

    A carry of which every state is stored lies there from its first state on, so that a step reads one place and writes the
    next: what it carries over is never copied.
    """

    scan: Scan

    @property
    def length(self) -> Any:
        """How many steps there are."""
        return self.scan.operands[len(self.scan.body.carry)].shape[0]

    @property
    def states(self) -> list[bool]:
        """For each of the carry, whether all of its states are stored."""
        body = self.scan.body
        return [leaf in body.stacked or new in body.stacked for leaf, new in zip(body.carry, body.new, strict=True)]

    @property
    def others(self) -> list[Node]:
        """The values besides these that are stored."""
        body = self.scan.body
        return [node for node in body.stacked if node not in body.carry and node not in body.new]

    @property
    def arrays(self) -> list[tuple[Shape, DType]]:
        """The shape and type of each array: one for each of the carry, and one for each of the other values."""
        body, length = self.scan.body, self.length
        carried = zip(body.carry, self.states, strict=True)
        states = [((length + 1, *leaf.shape) if stored else leaf.shape, leaf.dtype) for leaf, stored in carried]
        return states + [((length, *node.shape), node.dtype) for node in self.others]
