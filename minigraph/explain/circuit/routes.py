"""The ways of the wires in a large picture: straight to what is near, and else round all that stands between.

A way round goes up or down between two columns, along the free strip above the line of its end, and into its end from
the left. Each strip has lanes, given away from left to right. Source: A. Hashimoto, J. Stevens, "Wire Routing by Optimizing
Channel Assignment within Large Apertures", 1971.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import hypot, inf

from minigraph.explain.circuit.columns import HIGH, WIDE, Place

__all__ = ["ARROW", "HALF", "LANE", "LANES", "near", "position", "ways"]

HALF = (WIDE - 12) / 2
"""How far the sides of a node are from its middle, in points."""

ARROW = 3.5
"""How long an arrow is."""

LANES, LANE = 15, 2.0
"""How many wires a strip holds side by side, and how far they are apart."""

Wire = tuple[str, str]
Point = tuple[float, float]


def ways(wires: Iterable[Wire], places: Mapping[str, Place]) -> dict[Wire, list[Point]]:
    """The corners of every wire's way, its two ends among them.

    >>> places = {"x": Place(0, 0, 12), "tanh": Place(62, 0, 12), "add": Place(124, 0, 12)}
    >>> found = ways([("x", "tanh"), ("x", "add")], places)
    >>> found["x", "tanh"], len(found["x", "add"])
    ([(25.0, 0), (37.0, 0)], 6)
    """
    wires = list(wires)
    round_ = [(start, end) for start, end in wires if not _is_straight(places[start], places[end])]
    lanes = _lanes(round_, places)
    found = {(start, end): [_right(places[start]), _left(places[end])] for start, end in wires}
    for start, end in round_:
        first, last = found[start, end]
        lane = lanes[start, places[end].top]
        strip = places[end].top + LANE * (lane + 1)
        away, in_ = first[0] + 2 + lane % 3 * LANE, last[0] - 5 - lane % 2 * LANE
        found[start, end] = [first, (away, first[1]), (away, strip), (in_, strip), (in_, last[1]), last]
    return found


def position(way: list[Point], arrow: bool) -> str:
    """A way as Graphviz reads it: a spline of straight pieces, and the tip of the arrow."""
    tip = way[-1]
    if arrow:
        (x, y), (u, v) = way[-2:]
        share = ARROW / hypot(u - x, v - y)
        way = [*way[:-1], (u - share * (u - x), v - share * (v - y))]
    points = [way[0]] + [point for start, end in pairwise(way) for point in (start, end, end)]
    return " ".join([f"e,{tip[0]:g},{tip[1]:g}"] * arrow + [f"{x:g},{y:g}" for x, y in points])


def near(start: Place, end: Place) -> bool:
    """Whether a wire leads to one of the next columns of its line."""
    return start.top == end.top and 0 < end.x - start.x <= 8 * WIDE and abs(end.y - start.y) <= 10 * HIGH


def _is_straight(start: Place, end: Place) -> bool:
    """Whether a wire is led straight: the way up to the strip and down again would be longer than the way across."""
    return near(start, end) and 2 * start.top - start.y - end.y > end.x - start.x - 2 * HALF


def _lanes(wires: Iterable[Wire], places: Mapping[str, Place]) -> dict[tuple[str, float], int]:
    """For all that one node sends into one strip, the lowest lane that is free, or that will be free first."""
    spans: dict[tuple[str, float], list[float]] = defaultdict(list)
    for start, end in wires:
        spans[start, places[end].top] += [places[start].x, places[end].x - WIDE]
    ends: dict[float, list[float]] = defaultdict(lambda: [-inf] * LANES)
    lanes = {}
    for (start, top), across in sorted(spans.items(), key=lambda each: min(each[1])):
        taken = ends[top]
        lane = next((i for i, end in enumerate(taken) if end < min(across)), taken.index(min(taken)))
        taken[lane] = max(taken[lane], *across)
        lanes[start, top] = lane
    return lanes


def _right(place: Place) -> Point:
    return place.x + HALF, place.y


def _left(place: Place) -> Point:
    return place.x - HALF, place.y
