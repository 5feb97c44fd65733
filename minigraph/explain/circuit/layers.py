"""Layers: what is drawn in columns along the flow, each column in an order and at heights that keep wires short and straight.

Source: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981: layers,
passages for wires through the layers between their ends, and an order within each by the mean place of the neighbours. The
heights are a least-squares fit to those of the neighbours that keeps the order and the distances: R. E. Barlow et al.,
"Statistical Inference under Order Restrictions", 1972, pools what would overlap.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeVar

__all__ = ["Distance", "Edge", "Slot", "columns_of", "connected", "settle", "settle_all"]

Net = str
"""What a wire carries, by the id of where it begins: wires of one net share their way as far as they can."""

SWEEPS = 12
"""How often the columns are put in order, back and forth."""


@dataclass(eq=False)
class Slot:
    """A place in a column: for a box, a label, a frame, the port of a frame, or a passage for wires."""

    key: Any
    wide: float = 0.0
    up: float = 3.0
    down: float = 3.0
    """How far it reaches along the flow, and across it, to either side of where its wires are."""
    spine: bool = False
    ins: Mapping[Net, float] = field(default_factory=dict)
    outs: Mapping[Net, float] = field(default_factory=dict)
    """Where wires enter and leave, beside its middle, where it is a frame."""
    pinned: int = 0
    """−1 in the first column, 1 in the last."""
    is_label: bool = False
    hung: list[tuple[float, float, float, float]] = field(default_factory=list)
    """What hangs beside it: from where to where along the flow, and across it, from its middle."""
    body: tuple[float, float] | None = None
    """How far it reaches across the flow without what hangs beside it."""
    rank: int = 0
    x: float = 0.0
    y: float = 0.0
    before: "list[tuple[Slot, Net]]" = field(default_factory=list)
    after: "list[tuple[Slot, Net]]" = field(default_factory=list)

    def enters(self, net: Net) -> float:
        """At which height a net enters."""
        return self.y + self.ins.get(net, 0.0)

    def leaves(self, net: Net) -> float:
        """At which height a net leaves."""
        return self.y + self.outs.get(net, 0.0)


Edge = tuple[Slot, Slot, Net]

T = TypeVar("T", bound=Hashable)


def connected(things: Iterable[T], pairs: Iterable[tuple[T, T]]) -> list[list[T]]:
    """The things in groups that hang together, in their order.

    >>> connected("abcd", [("a", "c"), ("d", "b")])
    [['a', 'c'], ['b', 'd']]
    """
    leader = {thing: thing for thing in things}

    def found(thing: T) -> T:
        while leader[thing] != thing:
            leader[thing] = leader[leader[thing]]
            thing = leader[thing]
        return thing

    for one, other in pairs:
        leader[found(other)] = found(one)
    groups: dict[T, list[T]] = defaultdict(list)
    for thing in leader:
        groups[found(thing)].append(thing)
    return list(groups.values())


Distance = Callable[[Slot, Slot], float]
"""The distance between two neighbours of a column, from middle to middle."""


def columns_of(slots: Sequence[Slot], edges: Sequence[Edge], distance: Distance, early: bool = False) -> list[list[Slot]]:
    """The slots in columns, with passages for longer wires, in order and at their heights.

    Parameters
    ----------
    slots
        What is to be placed, so that every edge leads from an earlier slot to a later one.
    edges
        What leads from which slot to which, with the net that it belongs to.
    distance
        The distance between two neighbours of a column.
    early
        Whether what may stand anywhere between what it takes and what takes it stands beside the former, not the latter.
    """
    _rank(slots, edges, early)
    columns: list[list[Slot]] = [[] for _ in range(1 + max(slot.rank for slot in slots))]
    for slot in slots:
        columns[slot.rank].append(slot)
    _lead(edges, columns)
    columns = _ordered(columns)
    settle_all(columns, distance)
    return columns


def _rank(slots: Sequence[Slot], edges: Sequence[Edge], early: bool) -> None:
    """Give each slot the number of its column: after all that it takes, and then as near to what takes it as it can."""
    ahead: dict[Slot, list[Slot]] = defaultdict(list)
    behind: dict[Slot, list[Slot]] = defaultdict(list)
    for start, end, _ in edges:
        ahead[start].append(end)
        behind[end].append(start)
    first = int(any(slot.pinned < 0 for slot in slots))
    for slot in slots:
        slot.rank = 0 if slot.pinned < 0 else max((start.rank + 1 for start in behind[slot]), default=first)
    for slot in reversed(slots):
        near = [end.rank - 1 for end in ahead[slot] if end.pinned <= 0]
        if near and not slot.pinned and len(ahead[slot]) >= len(set(behind[slot])):
            slot.rank = max(slot.rank, min(near))
    for slot in slots:
        if early and behind[slot] and not slot.pinned and len(ahead[slot]) == len(set(behind[slot])):
            slot.rank = 1 + max(start.rank for start in behind[slot])
    used = sorted({slot.rank for slot in slots if slot.pinned <= 0})
    number = {rank: i for i, rank in enumerate(used)}
    for slot in slots:
        slot.rank = len(used) if slot.pinned > 0 else number[slot.rank]


def _lead(edges: Sequence[Edge], columns: list[list[Slot]]) -> None:
    """Join the slots from column to column, by passages that wires of one net share."""
    nets: dict[tuple[Slot, Net], list[Slot]] = defaultdict(list)
    for start, end, net in edges:
        if end not in nets[start, net]:
            nets[start, net].append(end)
    for (start, net), ends in nets.items():
        here = start
        for rank in range(start.rank + 1, 1 + max(end.rank for end in ends)):
            following = [end for end in ends if end.rank == rank]
            if any(end.rank > rank for end in ends):
                waypoint = Slot((start, net, rank), rank=rank)
                columns[rank].append(waypoint)
                following.append(waypoint)
            for slot in following:
                here.after.append((slot, net))
                slot.before.append((here, net))
            here = following[-1]


def _ordered(columns: list[list[Slot]]) -> list[list[Slot]]:
    """Each column by the mean place of the neighbours, back and forth; of all tries the one with the fewest crossings, and of
    those the one whose wires lead least up and down."""
    best, least, still = columns, (_crossings(columns), _steepness(columns)), 0
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        place = _places(columns)
        for column in columns if forth else reversed(columns):
            wish = {slot: _mean_place(slot, place, forth) for slot in column}
            column = sorted(column, key=wish.__getitem__)
            place.update(zip(column, range(len(column)), strict=True))
        ordered = [sorted(column, key=place.__getitem__) for column in columns]
        still = still + 1 if ordered == columns else 0
        if still == 2:
            break
        columns = ordered
        if (cost := (_crossings(columns), _steepness(columns))) < least:
            best, least = columns, cost
    return best


def _steepness(columns: list[list[Slot]]) -> float:
    """How far wires lead up or down between two columns, in places from the middle of each."""
    place = {slot: i - (len(column) - 1) / 2 for column in columns for i, slot in enumerate(column)}
    return sum(abs(place[slot] - place[end]) for column in columns for slot in column for end, _ in slot.after)


def _places(columns: list[list[Slot]]) -> dict[Slot, float]:
    return {slot: float(i) for column in columns for i, slot in enumerate(column)}


def _mean_place(slot: Slot, place: Mapping[Slot, float], forth: bool) -> float:
    """The mean place of what is on one side of a slot; its own where there is nothing."""
    if forth:
        beside = [place[other] + _part(other, other.outs.get(net)) for other, net in slot.before]
    else:
        beside = [place[other] + _part(other, other.ins.get(net)) for other, net in slot.after]
    return sum(beside) / len(beside) if beside else place[slot]


def _part(slot: Slot, offset: float | None) -> float:
    """Where a port is on its frame, as less than a place to either side."""
    return 0.0 if offset is None else 0.9 * ((offset + slot.up) / (slot.up + slot.down or 1.0) - 0.5)


def _crossings(columns: list[list[Slot]]) -> int:
    """How many wires cross between two columns."""
    place, count = _places(columns), 0
    for column in columns:
        pairs = []
        for slot in column:
            here = place[slot]
            pairs += [
                (here + _part(slot, slot.outs.get(net)), place[end] + _part(end, end.ins.get(net))) for end, net in slot.after
            ]
        seen: list[float] = []
        last, waiting = None, list[float]()
        for here, there in sorted(pairs):
            if here != last:
                for each in waiting:
                    insort(seen, each)
                last, waiting = here, []
            count += len(seen) - bisect_left(seen, there + 1e-9)
            waiting.append(there)
    return count


def settle_all(columns: list[list[Slot]], distance: Distance) -> None:
    """Give every slot of some columns its height: the spine straight, all else as near to its neighbours there as it can be."""
    among = {slot for column in columns for slot in column}
    for column in columns:
        settle(column, [0.0] * len(column), [1e6 if slot.spine else 1.0 for slot in column], distance)
    for forth in (True, False, True, False):
        for column in columns if forth else reversed(columns):
            _towards(column, among, distance, forth)


def _towards(column: list[Slot], among: Set[Slot], distance: Distance, forth: bool) -> None:
    """Settle a column towards its neighbours on one side; of several neighbours towards that on the spine, or the middle."""
    wishes, weights = [], []
    for slot in column:
        beside = [
            (other.leaves(net) - slot.ins.get(net, 0.0) if forth else other.enters(net) - slot.outs.get(net, 0.0), other.spine)
            for other, net in (slot.before if forth else slot.after)
            if other in among
        ]
        along = [y for y, spine in beside if spine and slot.spine]
        moves = bool(beside) and (forth or not slot.spine)
        heights = sorted(y for y, _ in beside)
        wishes.append(slot.y if not moves else along[0] if along else heights[(len(heights) - 1) // 2])
        weights.append(1e6 if slot.spine else 1.0 if moves else 4.0)
    settle(column, wishes, weights, distance)


def settle(column: Sequence[Slot], wishes: Sequence[float], weights: Sequence[float], distance: Distance) -> None:
    """Give the slots of a column the heights nearest to their wishes that keep their order and distances.

    >>> column = [Slot(i) for i in range(3)]
    >>> settle(column, [0.0, 0.0, 30.0], [1.0, 1.0, 1.0], lambda one, other: 10.0)
    >>> [slot.y for slot in column]
    [-5.0, 5.0, 30.0]
    """
    offset, offsets = 0.0, [0.0]
    for one, other in pairwise(column):
        offset += distance(one, other)
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # what some neighbours wish together, how much that weighs, how many they are
    for wish, weight, at in zip(wishes, weights, offsets, strict=False):
        pool = wish - at, weight, 1
        while pools and pools[-1][0] > pool[0]:
            mean, heavy, count = pools.pop()
            total = heavy + pool[1]
            pool = (mean * heavy + pool[0] * pool[1]) / total, total, count + pool[2]
        pools.append(pool)
    heights = [mean for mean, _, count in pools for _ in range(count)]
    for slot, height, at in zip(column, heights, offsets, strict=False):
        slot.y = height + at
