"""Where everything of a circuit stands: boxes, labels and frames in columns, columns in rows, and the way of every wire.

What counts here is along the flow and across it, not horizontal and vertical: a circuit that flows down is laid out alike. A
frame is laid out for itself, and then is one thing in what is around it; wires enter it at ports. What is too long for the room
that there is goes on in another row, to which wires return in the gutter between the two.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf

from minigraph.explain.circuit.layers import Edge, Net, Slot, columns_of, connected
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.routing import Point, Rows, across, joined, line
from minigraph.explain.circuit.theme import Spaces

__all__ = ["Cell", "Hung", "Layout", "Link", "Sheet"]

FRACTIONS = 1.0, 0.8, 0.65, 0.5
"""Which part of a row a frame may take."""


@dataclass(eq=False)
class Cell:
    """A box or a label that is to be placed: how long it is along the flow, and how far it reaches to either side of it."""

    id: str
    long: float
    before: float
    after: float
    path: Path = ()
    order: float = 0.0
    """What is computed first has a lower one."""
    spine: bool = False
    is_label: bool = False
    hung: "list[Hung]" = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    """Its middle along the flow, and where its wires are across it."""


@dataclass(eq=False)
class Hung:
    """A leaf that hangs beside the one operation that takes it, with the label on its wire."""

    leaf: Cell
    label: Cell | None
    links: tuple[str, ...]

    @property
    def spans(self) -> tuple[float, float]:
        """How far it reaches along the flow from the middle of the leaf, to either side."""
        half = self.leaf.long / 2
        return half, max(half, self.label.long if self.label else 0)

    @property
    def high(self) -> float:
        """How high the label on its wire is, across the flow."""
        return self.label.before + self.label.after if self.label else 0


@dataclass(frozen=True)
class Link:
    """A piece of wire from one cell to another; whether both are on the spine."""

    id: str
    start: str
    end: str
    spine: bool = False


@dataclass
class Layout:
    """The result: the size, the way of every link as a chain of Bézier curves, the frames, and where wires fork."""

    long: float = 0.0
    before: float = 0.0
    after: float = 0.0
    cells: list[Cell] = field(default_factory=list)
    ways: dict[str, list[tuple[int, list[Point]]]] = field(default_factory=lambda: defaultdict(list))
    """The parts of each link, with how they follow one another."""
    frames: dict[Path, tuple[float, float, float, float]] = field(default_factory=dict)
    forks: list[tuple[Net, Point]] = field(default_factory=list)
    ins: dict[Net, float] = field(default_factory=dict)
    outs: dict[Net, float] = field(default_factory=dict)

    def put(self, other: "Layout", x: float, y: float) -> None:
        """Take in another, moved."""
        for cell in other.cells:
            cell.x, cell.y = cell.x + x, cell.y + y
        self.cells += other.cells
        for id, parts in other.ways.items():
            self.ways[id] += [(level, [(u + x, v + y) for u, v in points]) for level, points in parts]
        self.frames |= {path: (a + x, b + y, c + x, d + y) for path, (a, b, c, d) in other.frames.items()}
        self.forks += [(net, (u + x, v + y)) for net, (u, v) in other.forks]

    def top(self, long: float) -> float:
        """Where the uppermost of all begins that stands within so much of the beginning of the flow."""
        tops = [cell.y - cell.before for cell in self.cells if cell.x - cell.long / 2 < long]
        tops += [y for x, y, _, _ in self.frames.values() if x < long]
        tops += [y for parts in self.ways.values() for _, points in parts for x, y in points if x < long]
        return min(tops, default=inf) - 3

    def way(self, id: str) -> list[Point]:
        """The whole way of a link."""
        return joined([points for _, points in sorted(self.ways[id], key=lambda part: part[0])])


class Sheet:
    """What is to be laid out.

    Parameters
    ----------
    titles
        How long and how high the title of each frame is.
    down
        Whether it flows down, and titles are at the beginning of the flow.
    spaces
        The distances between things.
    """

    def __init__(self, titles: Mapping[Path, tuple[float, float]], down: bool = False, spaces: Spaces | None = None) -> None:
        self.titles, self.down, self.spaces = titles, down, spaces or Spaces()
        self.cells: dict[str, Cell] = {}
        self.links: list[Link] = []

    def arrange(self, length: float) -> Layout:
        """The layout of all, in rows that are as long as the room, where that can be: the lowest of some.

        Frames as long as their row leave no room for what leads to them; so shorter ones are tried where there are any.
        """
        large: dict[tuple[float, float], float] = {}
        nested = any(len(path) > 1 for path in self.titles)
        for inner in self.spaces.widths if nested else (1.0,):
            for fraction in FRACTIONS:
                whole = self._whole(length, fraction, inner)
                large[fraction, inner] = self._large(whole, length)
                if all(self._fits(path, u - x, length) for path, (x, _, u, _) in whole.frames.items()):
                    break
        best = min(large, key=large.__getitem__)
        return self._whole(length, *best) if len(large) > 1 else whole  # cells have the places of what was laid out last

    def _fits(self, path: Path, long: float, length: float) -> bool:
        """Whether a frame of that length is no longer than it may be in any part of a row."""
        for part in (FRACTIONS[-1], *([min(self.spaces.widths)] * (len(path) - 1))):
            length = part * (length - 2 * self.spaces.pad)
        return long - 2 * self.spaces.pad <= length

    @staticmethod
    def _large(layout: Layout, length: float) -> float:
        """How high a layout is; more if it is too long."""
        return (layout.before + layout.after) * max(layout.long / length, 1.0) ** 2

    def _whole(self, length: float, fraction: float, inner: float) -> Layout:
        """The layout of all with frames that may take so large a part of a row, and those within others."""
        self.fraction, self.inner = fraction, inner
        return self._arrange((), list(self.cells.values()), self.links, length)

    def _arrange(self, path: Path, cells: Sequence[Cell], links: Sequence[Link], length: float) -> Layout:
        """The layout of what is within a path."""
        inner: dict[Path, list[Cell]] = defaultdict(list)
        child: dict[str, Cell | Path] = {}
        for cell in cells:
            nested = len(cell.path) > len(path)
            child[cell.id] = cell.path[: len(path) + 1] if nested else cell
            if nested:
                inner[cell.path[: len(path) + 1]].append(cell)
        touching: dict[Path, list[Link]] = defaultdict(list)
        for link in links:
            for key in dict.fromkeys((child.get(link.start), child.get(link.end))):
                if isinstance(key, tuple):
                    touching[key].append(link)
        frames = {
            key: self._frame(key, some, touching[key], (self.inner if path else self.fraction) * (length - 2 * self.spaces.pad))
            for key, some in inner.items()
        }
        slots: dict[object, Slot] = {}
        order: dict[Slot, float] = {}
        for cell in cells:
            key = child[cell.id]
            if key not in slots:
                slots[key] = _slot(key, self.spaces) if isinstance(key, Cell) else _slot_of_frame(key, frames[key], inner[key])
                order[slots[key]] = cell.order
        spines = {cell.id for cell in cells if cell.spine}
        pieces: dict[str, tuple[int, Edge]] = {}
        for link in links:
            net, (start, end) = link.start, (child.get(link.start), child.get(link.end))
            if start is not None and start == end:
                continue
            for side, pinned, found in (("in", -1, start), ("out", 1, end)):
                if found is None:
                    slots.setdefault((side, net), Slot((side, net), pinned=pinned))
                    order[slots[side, net]] = pinned * inf
            first, last = slots[start or ("in", net)], slots[end or ("out", net)]
            if start is None or end is None:
                port = first if start is None else last
                port.spine |= link.spine and (link.end if start is None else link.start) in spines
            level = len(path) if start is None else -len(path) if end is None else 0
            pieces[link.id] = level, (first, last, net)
        return _laid_out(list(slots.values()), order, pieces, frames, length, self.spaces)

    def _frame(self, path: Path, cells: Sequence[Cell], links: Sequence[Link], length: float) -> Layout:
        """The layout of a frame, with its border and its title."""
        inside = self._arrange(path, cells, links, length)
        long, high = self.titles[path]
        pad = self.spaces.pad
        start, before = pad + self.down * high, inside.before + pad  # a title has a line of its own only where it must
        before = before if self.down else max(before, high - inside.top(long + pad))
        whole = Layout(inside.long + start + pad, before, inside.after + pad)
        if self.down:
            whole.after = max(whole.after, long + 2 * pad - whole.before)
        else:
            whole.long = max(whole.long, long + 2 * pad)
        whole.put(inside, start, 0.0)
        own = {cell.id for cell in cells}
        for link in links:
            for i, (level, points) in enumerate(whole.ways[link.id]):
                if level == len(path) and link.start not in own:
                    whole.ways[link.id][i] = level, [*line((0.0, points[0][1]), points[0]), *points[1:]]
                if level == -len(path) and link.end not in own:
                    whole.ways[link.id][i] = level, [*points, *line(points[-1], (whole.long, points[-1][1]))[1:]]
        whole.frames[path] = (0.0, -whole.before, whole.long, whole.after)
        whole.ins, whole.outs = dict(inside.ins), dict(inside.outs)
        return whole


def _laid_out(
    slots: list[Slot], order: Mapping[Slot, float], pieces: Mapping[str, tuple[int, Edge]], frames: Mapping[Path, Layout],
    length: float, spaces: Spaces,
) -> Layout:  # fmt: skip
    """The layout of some slots: what hangs together in rows of its own, these side by side as far as there is room."""

    def distance(one: Slot, other: Slot) -> float:
        return one.down + other.up + (min(6, spaces.side) if one.wide == 0 and other.wide == 0 else spaces.side)

    edges = [edge for _, edge in pieces.values()]
    place = {slot: i for i, slot in enumerate(_sorted(slots, order, edges))}
    groups = connected(sorted(slots, key=place.__getitem__), [(start, end) for start, end, _ in edges])
    if any(slot.pinned for slot in slots):
        groups = [sorted(slots, key=place.__getitem__)]
    whole, x, y, deep = Layout(), 0.0, 0.0, 0.0
    for group in groups:
        among = set(group)
        here = [edge for edge in edges if edge[0] in among]
        columns = columns_of(group, [edge for edge in here if place[edge[0]] < place[edge[1]]], distance, not spaces.hang)
        rows = Rows(columns, [edge for edge in here if place[edge[0]] >= place[edge[1]]], length, distance, spaces)
        part = Layout(rows.long, -rows.top, rows.bottom, forks=rows.forks)
        for slot in group:
            if isinstance(slot.key, Cell):
                _put_cell(part, slot.key, slot, spaces)
            elif slot.pinned:
                (part.ins if slot.pinned < 0 else part.outs)[slot.key[1]] = slot.y
            else:
                part.put(frames[slot.key], slot.x - slot.wide / 2, slot.y)
        for id, (level, edge) in pieces.items():
            if edge[0] in among:
                part.ways[id].append((level, rows.way(edge)))
        if len(groups) == 1:
            return part
        if x and x + part.long > length:
            x, y, deep = 0.0, y + deep + 2 * spaces.side, 0.0
        whole.put(part, x, y + part.before)
        whole.long = max(whole.long, x + part.long)
        x, deep = x + part.long + 2 * spaces.side, max(deep, part.before + part.after)
    whole.after = y + deep
    return whole


def _sorted(slots: Sequence[Slot], order: Mapping[Slot, float], edges: Sequence[Edge]) -> list[Slot]:
    """The slots so that edges lead forwards, as far as none is in a cycle. Source: A. B. Kahn, 1962."""
    ahead: dict[Slot, list[Slot]] = defaultdict(list)
    missing = dict.fromkeys(slots, 0)
    for start, end, _ in edges:
        ahead[start].append(end)
        missing[end] += 1
    number = {slot: i for i, slot in enumerate(slots)}
    waiting = [(order[slot], number[slot], slot) for slot in slots]
    heapify(waiting)
    ready = [each for each in waiting if not missing[each[2]]]
    heapify(ready)
    done: dict[Slot, None] = {}
    while len(done) < len(slots):
        _, _, slot = heappop(ready or waiting)  # in a cycle, what was computed first
        if slot in done:
            continue
        done[slot] = None
        for end in ahead[slot]:
            missing[end] -= 1
            if not missing[end] and end not in done:
                heappush(ready, (order[end], number[end], end))
    return list(done)


def _slot(cell: Cell, spaces: Spaces) -> Slot:
    """The slot of a cell, with what hangs beside it."""
    slot = Slot(cell, cell.long, cell.before, cell.after, cell.spine, is_label=cell.is_label)
    slot.body = slot.up, slot.down
    for hung, sign, x, y in _hanging(cell, spaces):
        high = hung.leaf.before + hung.leaf.after
        near = abs(y) - (hung.leaf.after if sign < 0 else hung.leaf.before)
        body = cell.before if sign < 0 else cell.after
        slot.hung.append((x - hung.leaf.long / 2, x + hung.leaf.long / 2, *_spanned(sign, near, near + high)))
        slot.hung.append((x - 2, x + max(2, hung.label.long if hung.label else 0), *_spanned(sign, body + 4, near)))
        slot.up = max(slot.up, near + high if sign < 0 else 0)
        slot.down = max(slot.down, near + high if sign > 0 else 0)
    return slot


def _spanned(sign: int, near: float, far: float) -> tuple[float, float]:
    """From where to where something is across the flow, that is so near and so far on one side."""
    return (-far, -near) if sign < 0 else (near, far)


def _hanging(cell: Cell, spaces: Spaces) -> Iterator[tuple[Hung, int, float, float]]:
    """What hangs beside a cell: on which side, and where its middle is from that of the cell."""
    half = (len(cell.hung) + 1) // 2 if len(cell.hung) > 2 else len(cell.hung)
    for sign, some in ((-1, cell.hung[:half]), (1, cell.hung[half:])):
        if not some:
            continue
        x = -sum(sum(hung.spans) for hung in some) / 2 - spaces.side * (len(some) - 1) / 2
        deep = spaces.stub + max(hung.high for hung in some) + (spaces.bend if len(some) > 1 else 0)
        for hung in some:
            left, right = hung.spans
            at = x + left if len(some) > 1 else 0.0
            yield hung, sign, at, sign * ((cell.before + hung.leaf.after if sign < 0 else cell.after + hung.leaf.before) + deep)
            x += left + right + spaces.side


def _slot_of_frame(path: Path, frame: Layout, cells: Sequence[Cell]) -> Slot:
    """The slot of a frame. Its wires along the spine are in its middle."""
    spine = any(cell.spine for cell in cells)
    return Slot(path, frame.long, frame.before, frame.after, spine, frame.ins, frame.outs)


def _put_cell(layout: Layout, cell: Cell, slot: Slot, spaces: Spaces) -> None:
    """Place a cell, and what hangs beside it with its wires."""
    cell.x, cell.y = slot.x, slot.y
    layout.cells.append(cell)
    hanging = list(_hanging(cell, spaces))
    for hung, sign, x, y in hanging:
        leaf, label = hung.leaf, hung.label
        leaf.x, leaf.y = cell.x + x, cell.y + y
        layout.cells.append(leaf)
        beside = [each for each in hanging if each[1] == sign]
        port = cell.x + (beside.index((hung, sign, x, y)) + 1) / (len(beside) + 1) * cell.long - cell.long / 2
        start = leaf.x, leaf.y - sign * (leaf.after if sign < 0 else leaf.before)
        end = port, cell.y + sign * (cell.before if sign < 0 else cell.after)
        bend = leaf.x, end[1] + sign * (spaces.bend + spaces.stub - 8 if len(beside) > 1 else 0)
        way = [*line(start, bend), *across(bend, end)[1:]] if len(beside) > 1 else line(start, end)
        first = hung.links[0]
        if label is not None:
            label.x = leaf.x - 0.5 + label.long / 2
            label.y = start[1] - sign * (5 + (label.before if sign > 0 else label.after))
            layout.cells.append(label)
            cut = leaf.x, label.y
            layout.ways[first].append((0, line(start, cut)))
            way = [*line(cut, bend), *across(bend, end)[1:]] if len(beside) > 1 else line(cut, end)
        layout.ways[hung.links[-1]].append((0, way))
