"""Parts of a graph that are equal and follow one another: the layers of a deep network, the steps of an unrolled one."""

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Leaf, Node
from minigraph.readings.sameness import operation

__all__ = ["Path", "Step", "Stretch", "chains", "common", "in_steps", "kind_and_values"]

Path = tuple[str, ...]
"""The names of the blocks around a node, the outermost first."""

LONGEST = 200
"""How many operations a step of a run has at most."""


def common(one: Path, other: Path) -> Path:
    """The blocks that are around both."""
    return next((one[:i] for i in range(min(len(one), len(other)), 0, -1) if one[:i] == other[:i]), ())


class Stretch(str):
    """What a part of a graph is called that is only operations which follow one another."""

    __slots__ = ()


class Step(str):
    """The name of a part of a run of equal steps, which nobody gave it."""

    __slots__ = ()


def chains(blocks: Mapping[Path, Sequence[Node]]) -> list[list[Path]]:
    """Which of the blocks, given with all their nodes in order, are equal and hand their values to one another in a row.

    Two blocks are equal when their operations are, one by one: kind, attributes, shapes, and where the operands come from.
    Their names differ in a number alone: what else is called otherwise is another part of the whole.
    """
    found: list[list[Path]] = []
    last: dict[Path, list[Path]] = {}
    for path, nodes in blocks.items():
        family = (*path[:-1], re.sub(r"\d+", "", path[-1]))
        chain = last.get(family)
        if chain and _follows(blocks[chain[-1]], nodes):
            chain.append(path)
        else:
            last[family] = chain = [path]
            found.append(chain)
    return [chain if _uses(blocks[chain[1]], set(blocks[chain[0]])) else chain[::-1] for chain in found if len(chain) > 1]


def _follows(one: Sequence[Node], other: Sequence[Node]) -> bool:
    """Whether two lists of nodes are equal and one of them takes a value of the other."""
    if len(one) != len(other):
        return False
    here, there = ({node: i for i, node in enumerate(nodes)} for nodes in (one, other))
    joined = _uses(other, here) or _uses(one, there)
    return joined and all(_like(a, b) and _same_places(a, b, here, there) for a, b in zip(one, other, strict=True))


def _uses(nodes: Iterable[Node], values: Container[Node]) -> bool:
    """Whether some of the nodes takes one of the values."""
    return any(operand in values for node in nodes for operand in node.operands)


def _same_places(a: Node, b: Node, here: Mapping[Node, int], there: Mapping[Node, int]) -> bool:
    pairs = zip(a.operands, b.operands, strict=True)
    return all(here.get(p) == there.get(q) and (p in here or p.shape == q.shape) for p, q in pairs)


def _like(a: Node, b: Node) -> bool:
    """Whether two nodes are of one kind, shape and type, with the same attributes and as many operands."""
    return a is b or (_kind(a) == _kind(b) and _same_values(a, b))


def _kind(node: Node) -> Any:
    """The numbers of a slice tell which step it is, so they may differ; so may those of leaves."""
    alike = isinstance(node, Leaf) or type(node).__name__ in ("Slice", "ScatterSlice")
    return type(node), node.shape, node.dtype, len(node.operands), None if alike else operation(node)


def kind_and_values(node: Node) -> Any:
    """Equal for two nodes of one kind, shape and type, with the same attributes; constants hold the same, as above."""
    index = node.shape == () and node.dtype.kind in "iu"
    return _kind(node), operation(node) if isinstance(node, Constant) and not index else None


def _same_values(a: Node, b: Node) -> bool:
    """Whether two constants hold the same; a single whole number may be an index, and differ."""
    if not isinstance(a, Constant) or not isinstance(b, Constant) or (a.value.size == 1 and a.dtype.kind in "iu"):
        return True
    return np.array_equal(a.value, b.value)


def in_steps(operations: Sequence[Node], paths: Mapping[Node, Path]) -> dict[Node, Path]:
    """The paths again, with one more name, a Step, for each operation of a run of equal steps, and for the leaves of its own.

    Steps are found by going through the operations, each as late as possible: where each is like the one `period` places before
    it, and takes its operands from as far back, the period repeats.
    """
    order = _late(operations)
    position = {node: i for i, node in enumerate(order)}
    kinds = [(_kind(node), paths[node]) for node in order]
    placed: dict[Node, Path] = {}
    owners: dict[Node, set[Path | None]] = defaultdict(set)
    number = 0
    for period in _periods(kinds):
        for start, count in _runs(order, kinds, position, period, placed):
            number += 1
            for i in range(start, start + count * period):
                step = (i - start) // period
                placed[order[i]] = path = (*paths[order[i]], Step(f"{number}.{step}"))
                other = order[i + period if step < count - 1 else i - period]
                for leaf, like in zip(order[i].operands, other.operands, strict=True):
                    own = isinstance(leaf, Variable | Constant) and isinstance(like, Leaf) and leaf is not like
                    owners[leaf].add(path if own else None)
    for node in operations:
        if node not in placed:
            for operand in node.operands:
                owners[operand].add(None)
    for leaf, (owner, *others) in owners.items():
        if owner and not others:
            placed[leaf] = owner
    return {**paths, **placed}


def _late(operations: Sequence[Node]) -> list[Node]:
    """The operations, each right before the first that needs it."""
    height = dict.fromkeys(operations, 0)
    for node in reversed(operations):
        for operand in node.operands:
            if operand in height:
                height[operand] = max(height[operand], height[node] + 1)
    return sorted(operations, key=lambda node: (-height[node], type(node).__name__))


def _periods(kinds: Sequence[Any]) -> list[int]:
    """Where operations come again after how many others, the most frequent first; of equally frequent ones the shortest."""
    last: dict[Any, int] = {}
    counts: Counter[int] = Counter()
    for i, each in enumerate(kinds):
        if each in last and i - last[each] <= LONGEST:
            counts[i - last[each]] += 1
        last[each] = i
    return sorted(counts, key=lambda period: (-counts[period], period))[:12]


def _runs(
    operations: Sequence[Node], kinds: Sequence[Any], position: Mapping[Node, int], period: int, taken: Mapping[Node, Path]
) -> list[tuple[int, int]]:
    """Where each run of that period starts, and how many steps it has."""
    found, start, length = [], 0, 0
    for i in range(period, len(operations) + 1):
        start = i - period if length == 0 else start
        again = i < len(operations) and kinds[i] == kinds[i - period] and operations[i - period] not in taken
        if again and operations[i] not in taken and _as_far(operations[i], operations[i - period], position, period, start):
            length += 1
            continue
        if length >= 2 * period and _carried(operations[start : start + 2 * period]):
            found.append((start, (length + period) // period))
        length = 0
    return found


def _carried(steps: Sequence[Node]) -> bool:
    """Whether the second of two steps takes something from the first."""
    return _uses(steps[len(steps) // 2 :], set(steps[: len(steps) // 2]))


def _as_far(node: Node, before: Node, position: Mapping[Node, int], period: int, start: int) -> bool:
    """Whether a node takes each operand from as far back as the node one period before it, or from the same place.

    The first step may take from anywhere before it what the others take from the step before.
    """
    for own, earlier in zip(node.operands, before.operands, strict=True):
        if isinstance(own, Leaf):
            if type(own) is not type(earlier) or own.shape != earlier.shape:
                return False
            continue
        here, there = position.get(own, -1), position.get(earlier, -1)
        first = start <= here < start + period and there < start
        if own is not earlier and not first and here - period != there:
            return False
    return True
