"""Columns cut into rows, and wires led through the strips that are free: between columns, and in the gutters between rows."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import hypot, inf

from minigraph.explain.circuit.layers import Distance, Edge, Net, Slot, settle_all
from minigraph.explain.circuit.theme import Spaces

__all__ = ["Point", "Rows", "across", "joined", "line"]

Point = tuple[float, float]

TRIES = 3
"""How often rows are cut anew that have become too long by their gutters."""

UNEVEN = 20.0
"""How many points higher rows may be if that makes them alike in length, or lets one begin with a box, not a label."""


def line(start: Point, end: Point) -> list[Point]:
    """A straight line as a Bézier curve."""
    (x, y), (u, v) = start, end
    return [start, (x + (u - x) / 3, y + (v - y) / 3), (x + 2 * (u - x) / 3, y + 2 * (v - y) / 3), end]


def along(start: Point, end: Point) -> list[Point]:
    """A curve that begins and ends along the flow."""
    middle = (start[0] + end[0]) / 2
    return line(start, end) if start[1] == end[1] else [start, (middle, start[1]), (middle, end[1]), end]


def across(start: Point, end: Point) -> list[Point]:
    """A curve that begins and ends across the flow."""
    middle = (start[1] + end[1]) / 2
    return line(start, end) if start[0] == end[0] else [start, (start[0], middle), (end[0], middle), end]


def cornered(corners: Sequence[Point], radius: float = 5.0) -> list[Point]:
    """A way with round corners."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        into, out = (_towards(corner, other, radius) for other in (before, after))
        points += [*line(points[-1], into)[1:], corner, corner, out]
    return [*points, *line(points[-1], corners[-1])[1:]]


def _towards(start: Point, end: Point, far: float) -> Point:
    """What is so far from one point towards another, at most half-way."""
    length = hypot(end[0] - start[0], end[1] - start[1])
    part = min(far / length, 0.5) if length else 0.0
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def joined(parts: Sequence[Sequence[Point]]) -> list[Point]:
    """Curves that follow one another as one; straight pieces of one line become one."""
    points: list[Point] = []
    for part in parts:
        points += part[1:] if points else part
    found = points[:1]
    for i in range(1, len(points), 3):
        piece = points[i : i + 3]
        heights = {round(y, 6) for _, y in (found[-1], *piece)}
        if len(found) > 3 and len(heights) == 1 and all(round(y, 6) in heights for _, y in found[-4:]):
            found[-3:] = line(found[-4], piece[-1])[1:]
        elif piece[-1] != found[-1]:
            found += piece
    return found


class Rows:
    """Columns in rows, each slot with its place, from the beginning of the first row.

    Parameters
    ----------
    columns
        The columns in their order, each with its heights.
    back
        What leads from a later column to an earlier one.
    limit
        How long a row is to be at most, where columns allow it.
    distance
        The distance between two neighbours of a column.
    spaces
        How wide gutters are, and the lanes in them.
    """

    def __init__(
        self, columns: list[list[Slot]], back: Sequence[Edge], limit: float, distance: Distance, spaces: Spaces
    ) -> None:
        self.spaces, self.gutter, self.lane, self.distance = spaces, spaces.gutter, spaces.lane, distance
        self.columns, self.forks = columns, list[tuple[Net, Point]]()
        self.hang = [max([-left for slot in column for left, *_ in slot.hung], default=0.0) for column in columns]
        self.over = [max([right for slot in column for _, right, *_ in slot.hung], default=0.0) for column in columns]
        self.back = {edge: i for i, edge in enumerate(dict.fromkeys(back))}
        self.falls: dict[int, list[float]] = defaultdict(list)
        """In which strips ways to an earlier column run down to the floor, and from which heights."""
        self.at = self._places_along()
        limit = max(limit, 1.0)
        self.cuts = self._cuts(limit)
        for _ in range(TRIES):
            over = self._longest() - limit
            if not self.cuts or over <= 0:
                break
            limit = max(limit - over, 1.0)
            self.cuts = self._cuts(limit)
        if self.cuts:  # each row is as low as it can be
            for start, end in pairwise([0, *self.cuts, len(columns)]):
                settle_all(columns[start:end], distance)
            self.at = self._places_along()
        self.row = [sum(cut <= i for cut in self.cuts) for i in range(len(columns))]
        self._place()
        for column in columns:
            for slot in column:
                for net in dict.fromkeys(net for _, net in slot.after):
                    free = slot.is_label or slot.pinned or not slot.wide
                    if free and sum(each == net for _, each in slot.after) > 1:
                        self.forks.append((net, (slot.x + slot.wide / 2, slot.leaves(net))))

    def _places_along(self) -> list[float]:
        """Where the middle of each column is: beside the last one, and clear of what hangs over it."""
        self.left = [max((slot.wide for slot in column), default=0.0) / 2 for column in self.columns]
        self.right = list(self.left)
        gaps = [self._gap(i) for i in range(len(self.columns) - 1)]
        self.falls.clear()
        for start, end, net in self.back:
            self.falls[start.rank].append(start.leaves(net))
            self.falls[end.rank - 1].append(end.enters(net))
        self._widen()
        at = [0.0]
        for i in range(1, len(self.columns)):
            least = at[-1] + self.right[i - 1] + gaps[i - 1] + self.left[i]
            for j in range(max(0, i - 4), i):
                least = max(least, at[j] + self._clear(j, i))
            at.append(least)
        return at

    def _gap(self, i: int) -> float:
        """How wide the strip after a column is, for its curves and arrows."""
        bends = [abs(slot.leaves(net) - end.enters(net)) for slot in self.columns[i] for end, net in slot.after]
        arrives = any(not slot.is_label and slot.wide for slot in self.columns[i + 1])
        spaces = self.spaces
        bend = min(6 + 0.15 * max(bends), spaces.curve) if bends and max(bends) > 0.5 else 0
        return (spaces.arrow if arrives else spaces.near) + bend

    def _widen(self) -> None:
        """Count what hangs beside a column as its own, where curves of the strip beside it are as high."""
        for i, column in enumerate(self.columns):
            for slot in column:
                for left, right, top, bottom in slot.hung:
                    if self._curves(i - 1, slot.y + top, slot.y + bottom):
                        self.left[i] = max(self.left[i], -left)
                    if self._curves(i, slot.y + top, slot.y + bottom):
                        self.right[i] = max(self.right[i], right)

    def _curves(self, i: int, top: float, bottom: float) -> bool:
        """Whether a wire in the strip after a column is so high, or falls past what is so high."""
        if any(y < bottom + 4 for y in self.falls[i]):
            return True
        if not 0 <= i < len(self.columns) - 1:
            return False
        ends = [(slot.leaves(net), end.enters(net)) for slot in self.columns[i] for end, net in slot.after]
        return any(min(pair) < bottom + 4 and max(pair) > top - 4 for pair in ends)

    def _clear(self, i: int, j: int) -> float:
        """How far two columns must be apart so that what hangs in the one is clear of the other."""
        least = 0.0
        for here, there, mine, own, sign in ((i, j, self.left, self.right, 1), (j, i, self.right, self.left, -1)):
            for slot in self.columns[here]:
                for left, right, top, bottom in slot.hung:
                    reach = right if sign > 0 else -left
                    top, bottom = slot.y + top, slot.y + bottom
                    for other in self.columns[there]:
                        if any(other.y + a < bottom + 4 and other.y + b > top - 4 for _, _, a, b in other.hung):
                            over = [-a if sign > 0 else b for a, b, _, _ in other.hung]
                            least = max(least, reach + max(over) + 8)
                        up, down = other.body or (other.up, other.down)
                        if other.y - up < bottom + 4 and other.y + down > top - 4:
                            least = max(least, reach + mine[there] + 8)
                    if self._curves(there if sign > 0 else there - 1, top, bottom):
                        least = max(least, reach - own[there] + 4)
        return least

    def _longest(self) -> float:
        """How long the longest row is, with the gutters beside it."""
        starts, ends = [0, *self.cuts], [*self.cuts, len(self.columns)]
        lanes = [len(self._crossing(cut)) for cut in self.cuts]
        right = [self.gutter + self.lane * count for count in lanes] + [0.0]
        left = self.gutter + self.lane * max(lanes, default=0)
        return max(left + self._length(*row) + gutter for *row, gutter in zip(starts, ends, right, strict=True))

    def _cuts(self, limit: float) -> list[int]:
        """Before which columns a row begins, so that all rows together are as low as they can be, cut where few wires are."""
        count = len(self.columns)
        wires = [sum(len({net for _, net in slot.after}) for slot in column) for column in self.columns]
        if self._length(0, count) <= limit:
            return []
        heights = [self._stacked(column) for column in self.columns]
        gutter = [self.gutter + self.lane * number for number in wires]
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, count + 1):
            found = (inf, 0)
            above = below = whole = 0.0
            for start in range(end - 1, -1, -1):
                length = self._length(start, end)
                length += (gutter[start - 1] if start else 0) + (gutter[end - 1] if end < count else 0)
                if length > limit and start < end - 1:
                    break
                up, down, high = heights[start]
                above, below, whole = max(above, up), max(below, down), max(whole, high)
                cost = (
                    best[start][0]
                    + max(above + below, whole)
                    + UNEVEN * ((limit - length) / limit) ** 2 / (2 if end < count else 4)
                )
                if end < count:
                    labels = all(slot.is_label or not slot.wide for slot in self.columns[end])
                    cost += gutter[end - 1] + self.gutter + UNEVEN * labels
                found = min(found, (cost, start))
            best.append(found)
        cuts, end = list[int](), count
        while end:
            end = best[end][1]
            cuts.append(end)
        return sorted(cuts)[1:]

    def _stacked(self, column: list[Slot]) -> tuple[float, float, float]:
        """How far a column reaches at least above its spine and below it, and how high it is."""
        if not column:
            return 0.0, 0.0, 0.0
        distances = [self.distance(one, other) for one, other in pairwise(column)]
        high = column[0].up + sum(distances) + column[-1].down
        at = next((i for i, slot in enumerate(column) if slot.spine), None)
        above = column[0].up + sum(distances[:at]) if at is not None else 0.0
        return above, high - above if at is not None else 0.0, high

    def _length(self, start: int, end: int) -> float:
        first, last = self._ends(start, end)
        return last - first

    def _ends(self, start: int, end: int) -> tuple[float, float]:
        """From where to where a row of some columns reaches, with what hangs over its ends."""
        first = min(self.at[i] - max(self.left[i], self.hang[i]) for i in range(start, min(end, start + 3)))
        return first, max(self.at[i] + max(self.right[i], self.over[i]) for i in range(max(start, end - 3), end))

    def _place(self) -> None:
        """Give each slot its place: the rows below one another, with the gutters between them."""
        starts = [0, *self.cuts]
        ends = [*self.cuts, len(self.columns)]
        self.lanes = [self._crossing(end) for end in ends[:-1]]
        most = max((len(lanes) for lanes in self.lanes), default=0)
        between = [edge for edge in self.back if self.row[edge[0].rank] != self.row[edge[1].rank]]
        margin = (self.gutter + self.lane * (most + len(between))) if most or between else 0.0
        self.ends, self.floor, self.edge = list[float](), list[float](), dict[int, float]()
        self.long, self.top = 0.0, 0.0
        shift = 0.0
        for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
            columns = self.columns[start:end]
            first, last = self._ends(start, end)
            top = min((slot.y - slot.up for column in columns for slot in column), default=0.0)
            bottom = max((slot.y + slot.down for column in columns for slot in column), default=0.0)
            if row == 0:
                self.top = top
            else:
                shift += self.floor[-1] + 2 * self.gutter + self.lane * len(self.lanes[row - 1]) - top - shift
            for i in range(start, end):
                self.edge[i] = self.at[i] - first + margin
                for slot in self.columns[i]:
                    slot.x, slot.y = self.edge[i], slot.y + shift
            returning = sum(row in (self.row[a.rank], self.row[b.rank]) for a, b, _ in self.back)
            self.ends.append(last - first + margin)
            self.floor.append(bottom + shift + (self.gutter / 2 + self.lane * returning if returning else 0))
            self.long = max(
                self.long, self.ends[-1] + (self.gutter + self.lane * len(self.lanes[row]) if row < len(self.lanes) else 0)
            )
        self.bottom = self.floor[-1]
        self.margin = margin
        for column in self.columns:
            for slot in column:
                if slot.pinned > 0:
                    slot.x = max(slot.x, self.long)

    def _crossing(self, cut: int) -> list[tuple[Slot, Net]]:
        """What goes on from one row to the next, from the top."""
        found = [(slot, net) for slot in self.columns[cut - 1] for net in dict.fromkeys(net for _, net in slot.after)]
        return sorted(found, key=lambda each: each[0].leaves(each[1]))

    def way(self, edge: Edge) -> list[Point]:
        """The way from one slot to another, through all passages."""
        start, end, net = edge
        if edge in self.back:
            return self._way_back(edge)
        parts, here = [], start
        while here is not end:
            following = [slot for slot, each in here.after if each == net]
            there = end if end in following else next(slot for slot in following if not slot.wide and not slot.pinned)
            parts.append(self._piece(here, there, net))
            here = there
        return joined(parts)

    def _piece(self, here: Slot, there: Slot, net: Net) -> list[Point]:
        """The way from one slot to one of the next column."""
        i, j = here.rank, there.rank
        first, last = (here.x + here.wide / 2, here.leaves(net)), (there.x - there.wide / 2, there.enters(net))
        through = line(last, (there.x + there.wide / 2, last[1])) if there.is_label else [last]
        if self.row[i] == self.row[j]:
            out = self.edge[i] + self.right[i], first[1]
            into = self.edge[j] - self.left[j], last[1]
            return joined([line(first, out), along(out, into), line(into, last), through])
        lanes = self.lanes[self.row[i]]
        lane = lanes.index((here, net))
        outer = len(lanes) - lane
        right, left = (
            self.ends[self.row[i]] + self.gutter / 2 + self.lane * (outer - 0.5),
            self.margin - self.gutter / 2 - self.lane * (lane + 0.5),
        )
        strip = self.floor[self.row[i]] + self.gutter + self.lane * (outer - 0.5)
        return joined([cornered([first, (right, first[1]), (right, strip), (left, strip), (left, last[1]), last]), through])

    def _way_back(self, edge: Edge) -> list[Point]:
        """The way to an earlier column: along the floor of the row, or of both rows and the margin between them."""
        start, end, net = edge
        number = self.back[edge]
        first, last = (start.x + start.wide / 2, start.leaves(net)), (end.x - end.wide / 2, end.enters(net))
        out = self.edge[start.rank] + self.right[start.rank] + 4 + number % 2 * 2
        into = self.edge[end.rank] - self.left[end.rank] - 9 + number % 2 * 2
        floors = [self.floor[self.row[slot.rank]] - self.lane * (number % 8 + 0.5) for slot in (start, end)]
        if floors[0] == floors[1]:
            return cornered([first, (out, first[1]), (out, floors[0]), (into, floors[0]), (into, last[1]), last])
        side = self.lane * (number + 0.5)
        return cornered(
            [first, (out, first[1]), (out, floors[0]), (side, floors[0]), (side, floors[1]), (into, floors[1]), (into, last[1]),
             last]
        )  # fmt: skip
