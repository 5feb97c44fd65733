"""Places for the nodes of a large graph, as text is written: in columns from left to right, the columns in lines.

Each stands right before the first that uses it. Source: the layers of K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual
Understanding of Hierarchical System Structures", 1981, with one pass of their ordering by the mean place of what is before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, log
from typing import NamedTuple

__all__ = ["GAP", "HIGH", "WIDE", "Place", "in_columns"]

WIDE, HIGH, GAP = 62.0, 24.0, 34.0
"""How far columns, rows and lines are apart, in points."""

TALL = 24
"""How many nodes stand one above the other at most."""

ASPECT = 1.6
"""How much wider than high the picture is to be."""


class Place(NamedTuple):
    """Where a node stands, in points, x to the right and y upwards, and where the free strip above its line begins."""

    x: float
    y: float
    top: float


def in_columns(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, Place]:
    """Where each of the keys stands, from the middle of the first line.

    >>> places = in_columns(["x", "W", "matmul", "tanh"], [("x", "matmul"), ("W", "matmul"), ("matmul", "tanh")])
    >>> [(place.x, place.y) for place in places.values()]
    [(0.0, 12.0), (0.0, -12.0), (62.0, 0.0), (124.0, 0.0)]
    """
    before: dict[str, list[str]] = defaultdict(list)
    for start, end in edges:
        before[end].append(start)
    columns = _ordered(_columns(keys, before), before)
    places: dict[str, Place] = {}
    top = 0.0
    for line in _lines(columns):
        half = (max(map(len, line)) - 1) * HIGH / 2
        middle = top - half if places else 0.0
        for across, column in enumerate(line):
            for row, key in enumerate(column):
                y = middle + ((len(column) - 1) / 2 - row) * HIGH
                places[key] = Place(across * WIDE, y, middle + half + HIGH / 2)
        top = middle - half - HIGH - GAP
    return places


def _columns(keys: Sequence[str], before: Mapping[str, list[str]]) -> list[list[str]]:
    """The keys by column, each right before the first that uses it."""
    after: dict[str, list[str]] = defaultdict(list)
    for end in keys:
        for start in before.get(end, ()):
            after[start].append(end)
    missing = {key: len(after[key]) for key in keys}
    height: dict[str, int] = {}
    ready = [key for key in keys if not missing[key]]
    for key in ready:  # it grows while it is gone through
        height[key] = 1 + max((height[end] for end in after[key]), default=-1)
        for start in before.get(key, ()):
            missing[start] -= 1
            if not missing[start]:
                ready.append(start)
    for key in reversed(keys):
        if key not in height:  # it depends on itself, through a block that is closed
            height[key] = 1 + max((height[end] for end in after[key] if end in height), default=-1)
    found: list[list[str]] = [[] for _ in range(1 + max(height.values()))]
    for key in keys:
        found[-1 - height[key]].append(key)
    return [part for each in found for part in _parts(each)]


def _parts(column: list[str]) -> list[list[str]]:
    """A column that is too tall, side by side."""
    return [column[i : i + TALL] for i in range(0, len(column), TALL)]


def _ordered(columns: list[list[str]], before: Mapping[str, list[str]]) -> list[list[str]]:
    """Each column by the mean row of what its nodes depend on, from the middle; what depends on nothing comes first."""
    row: dict[str, float] = {}
    ordered = []
    for column in columns:
        mean = {key: sum(row.get(start, 0) for start in before[key]) / len(before[key]) for key in column if before.get(key)}
        found = sorted(column, key=lambda key: mean.get(key, -TALL))
        row.update((key, i - (len(found) - 1) / 2) for i, key in enumerate(found))
        ordered.append(found)
    return ordered


def _lines(columns: list[list[str]]) -> list[list[list[str]]]:
    """The columns in as many lines as give the picture its shape."""
    heights = [len(column) for column in columns]

    def off(length: int) -> float:
        high = sum(max(heights[i : i + length]) * HIGH + GAP for i in range(0, len(heights), length))
        return abs(log(length * WIDE / high / ASPECT))

    length = min({ceil(len(columns) / count) for count in range(1, 120)}, key=lambda length: (off(length), length))
    return [columns[i : i + length] for i in range(0, len(columns), length)]
