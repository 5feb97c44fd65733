"""What is wrong with a circuit as it is drawn: what overlaps, is clipped, off its middle, cut by a wire, or ends in mid-air."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tests.explain.svg import Picture, Rect, around

__all__ = ["faults"]

TOLERANCE = 1.0
"""By how many points two things may seem to overlap: the thickness of their lines, and rounding."""

REACH = 2.5
"""How far from its outline a wire may end, in points: at the corner of a box that is rounded, or the tip of its arrow."""


def faults(picture: Picture) -> list[str]:
    """What is wrong with the picture, in words: nothing where it can be shown."""
    return [*_clipped(picture), *_overlaps(picture), *_off_centre(picture), *_crossed(picture), *_loose(picture)]


def _clipped(picture: Picture) -> Iterator[str]:
    """What lies outside of the picture, and text that lies outside of its box."""
    for shape in picture.shapes:
        for rect in [*shape.rects, *(text.ink for text in shape.texts)]:
            if rect.beyond(picture.page) > 0.5 and shape is not picture.title:
                yield f"clipped: {shape.id} reaches {rect.beyond(picture.page):.1f} pt out of the picture"
        boxed = shape.box and not shape.id.startswith("legend-line")  # whose images have outlines of their own
        for text in shape.texts if shape.box and boxed else ():
            if text.ink.beyond(shape.box) > TOLERANCE:
                yield f"clipped: {text.text!r} reaches {text.ink.beyond(shape.box):.1f} pt out of {shape.id}"
    for wire in picture.wires:
        if around(wire.way).beyond(picture.page) > 0.5:
            yield f"clipped: the wire {wire.id} leaves the picture"


def _overlaps(picture: Picture) -> Iterator[str]:
    """Nodes, labels and titles that cover one another, and frames that cut across one another or across a node."""
    nodes = [shape for shape in picture.nodes.values() if not shape.is_point]
    named = [(shape.id, rect) for shape in nodes for rect in shape.rects]
    named += [(shape.id, text.ink) for shape in picture.frames.values() for text in shape.texts]
    named += [("the title", text.ink) for text in picture.title.texts]
    for i, j in _touching([rect for _, rect in named]):
        (one, a), (other, b) = named[i], named[j]
        if one != other:
            yield f"overlap: {one} and {other} by {a.overlap(b):.1f} pt"
    for shape in nodes:
        texts = [text.ink for text in shape.texts]
        for i, j in _touching(texts):
            yield f"overlap: {shape.texts[i].text!r} and {shape.texts[j].text!r} in {shape.id}"
    boxes = {id: frame.box for id, frame in picture.frames.items() if frame.box and not id.endswith("legend")}
    for id, box in boxes.items():
        others = {shape.id: rect for shape in nodes for rect in shape.rects}
        for name, other in (others | boxes).items():
            if box.overlap(other) > TOLERANCE and other.beyond(box) > TOLERANCE and box.beyond(other) > TOLERANCE:
                yield f"overlap: {name} lies across the frame {id}"


def _touching(rects: list[Rect]) -> list[tuple[int, int]]:
    """The pairs of rectangles that overlap."""
    if not rects:
        return []
    sides = np.array([(rect.left, rect.top, rect.right, rect.bottom) for rect in rects])
    order = np.argsort(sides[:, 0], kind="stable")
    sides = sides[order]
    found = []
    for place, i in enumerate(order):
        end = int(np.searchsorted(sides[:, 0], sides[place, 2] - TOLERANCE))
        others = slice(place + 1, max(end, place + 1))
        shared = np.minimum(sides[others, 2:], sides[place, 2:]) - np.maximum(sides[others, :2], sides[place, :2])
        found += [(int(min(i, j)), int(max(i, j))) for j in order[others][shared.min(axis=1) > TOLERANCE]]
    return sorted(found)


def _off_centre(picture: Picture) -> Iterator[str]:
    """Texts whose middle is not that of their box, or that of the piece of wire that they stand at."""
    for shape in picture.nodes.values():
        if shape.id.startswith("legend-line"):
            continue
        boxes = [shape.box] if shape.box else shape.bars
        for text in shape.texts if boxes else ():
            off = abs(text.ink.centre[0] - boxes[len(boxes) // 2].centre[0])
            if off > 1.5:
                yield f"off centre: {text.text!r} by {off:.1f} pt across in {shape.id}"
        edges = [(text.ink.left, text.ink.centre[0], text.ink.right) for text in ([] if boxes else shape.texts)]
        if edges and min(max(edge) - min(edge) for edge in zip(*edges, strict=True)) > 1.5:
            yield f"off centre: the lines of {shape.id}, of which {shape.texts[0].text!r} is the first, are not flush"
        if shape.box and shape.texts:
            high, low = (
                min(text.ink.top for text in shape.texts),
                max(text.ink.bottom if len(text.text) == 1 else text.base for text in shape.texts),
            )
            off = abs((high + low) / 2 - shape.middle)
            if off > max(3.5, 0.18 * shape.texts[0].size):
                yield f"off centre: {shape.texts[0].text!r} by {off:.1f} pt upwards or downwards in {shape.id}"


def _crossed(picture: Picture) -> Iterator[str]:
    """Texts that a wire runs through, and nodes that a wire runs under that does not end there."""
    texts = [(shape.id, text.text, text.ink.smaller(TOLERANCE / 2)) for shape, text in picture.texts if text.text.strip()]
    shapes = [shape for shape in picture.nodes.values() if shape.box and not shape.is_point]
    boxes = [(shape.id, "", shape.box.smaller(TOLERANCE)) for shape in shapes if shape.box]
    things = texts + boxes
    corners = np.array([((r.left, r.top), (r.right, r.bottom)) for *_, r in things])
    for wire in picture.wires:
        near = around(wire.way)
        (left, top), (right, bottom) = corners[:, 0].T, corners[:, 1].T
        candidates = np.flatnonzero((left < near.right) & (right > near.left) & (top < near.bottom) & (bottom > near.top))
        for k in candidates[_runs_through(wire.way, corners[candidates])]:
            id, text, _ = things[k]
            if text or id not in wire.ends:
                yield f"crossed: the wire {wire.id} runs through {f'{text!r} of ' * bool(text)}{id}"


def _runs_through(way: np.ndarray, rects: np.ndarray) -> np.ndarray:
    """Through which of the rectangles, by their corners, a way of straight pieces runs.

    Source: Y.-D. Liang, B. Barsky, "A New Concept and Method for Line Clipping", 1984.
    """
    start, step = way[None, :-1], (way[1:] - way[:-1])[None]
    low, high = rects[:, None, 0], rects[:, None, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - start) / step, (high - start) / step
    still, inside = step == 0, (start >= low) & (start <= high)
    enters = np.where(still, np.where(inside, -np.inf, np.inf), np.fmin(one, other))
    leaves = np.where(still, np.where(inside, np.inf, -np.inf), np.fmax(one, other))
    return (np.maximum(enters.max(axis=2), 0) < np.minimum(leaves.min(axis=2), 1)).any(axis=1)


def _loose(picture: Picture) -> Iterator[str]:
    """Wires that end beside what they lead to. A renderer may draw a wire from its end to its start."""
    met = defaultdict[str, list[np.ndarray]](list)
    for wire in picture.wires:
        for name in wire.ends:
            met[name].append(wire.reach)
    for wire in picture.wires:
        orders = (wire.points, wire.points[::-1])
        off = min(([_distance(points, name, picture, met) for points, name in zip(order, wire.ends, strict=True)]
                   for order in orders), key=max)  # fmt: skip
        for distance, name in zip(off, wire.ends, strict=True):
            if distance > REACH:
                yield f"loose: the wire {wire.id} ends {distance:.1f} pt from {name}"


def _distance(points: np.ndarray, name: str, picture: Picture, met: dict[str, list[np.ndarray]]) -> float:
    """How far the nearest point is from what a wire may end at.

    That is an outline, with its corners, or the bar in a label, or inside of it; for a label that has none, another wire.
    """
    shape = picture.nodes.get(name)
    if shape is None:
        return 0.0
    if not (shape.box or shape.bars):
        others = np.concatenate(met[name])
        apart = np.sort(np.hypot(*(points[:1, None] - others).transpose(2, 0, 1))[0])
        return float(apart[1]) if len(met[name]) > 1 else 0.0
    start, step = shape.edges
    to = points[:, None] - start
    along = np.clip((to * step).sum(axis=2) / np.maximum((step**2).sum(axis=1), 1e-12), 0, 1)
    inside = any(bar.left <= x <= bar.right and bar.top <= y <= bar.bottom for bar in shape.bars for x, y in points)
    return 0.0 if inside else float(np.hypot(*(to - along[..., None] * step).transpose(2, 0, 1)).min())
