"""Zeros with something added in some places, which no one call of NumPy gives: statements stand in front."""

from collections.abc import Sequence
from typing import Any

from minigraph.core.node import Node
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.readings.lines import Line, one
from minigraph.readings.source import index_text

__all__ = ["PUT", "put_of", "statement"]

PUT = "put"
"""What such a line is a call of."""


def put_of(node: Node, operands: Sequence[Line]) -> Line | None:
    """The line of an operation that is that, or None for any other."""
    if isinstance(node, ScatterAdd):
        return one(Line(PUT, tuple(operands[:2]), {"axis": node.axis}, node.shape, "f"))
    if isinstance(node, ScatterSlice) and (index := _slice_text(node)):
        return one(Line(PUT, tuple(operands[:1]), {"axis": 0, "index": index}, node.shape, "f"))
    return None


def statement(zeros: str, line: Line, updates: str, places: str = "") -> str:
    """The statement that fills zeros: an index that stands twice adds up both."""
    axis = line.options["axis"]
    if not places:
        return f"{zeros}[{line.options['index']}] = {updates}"
    if line.below[1].shape:
        where = f"({'slice(None), ' * axis}{places})" if axis else places
        return f"np.add.at({zeros}, {where}, {updates})"
    return f"{zeros}[{':, ' * axis}{places}] = {updates}"


def _slice_text(node: ScatterSlice) -> str:
    """The slice that is filled, or nothing where it does not go forward between known bounds."""
    index = [":"] * node.ndim
    bounds: Any = node.bounds()  # type: ignore[no-untyped-call]
    axes = range(len(bounds["starts"])) if bounds["axes"] is None else bounds["axes"]
    for start, end, axis, step in zip(bounds["starts"], bounds["ends"], axes, bounds["steps"] or [1] * len(axes), strict=True):
        size = node.shape[axis]
        if not all(isinstance(each, int) and each >= 0 for each in (start, end)) or not isinstance(size, int) or step < 1:
            return ""
        index[axis] = index_text(slice(start or None, end if end < size else None, step))
    while len(index) > 1 and index[-1] == ":":
        index.pop()
    return ", ".join(index)
