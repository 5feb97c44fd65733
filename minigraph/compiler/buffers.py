"""Buffers: memory for one value at a time, handed out and free again as a plan goes on."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import gcd, prod

from minigraph.core.shapes import Shape
from minigraph.core.sizes import Axis, terms_of
from minigraph.core.values import DType

__all__ = ["Buffer", "Free", "buffer_of", "release", "take"]


@dataclass
class Buffer:
    """Memory for one value at a time: so many bytes, times a size that follows from the named axes."""

    bytes: int
    times: Axis


Free = dict[Axis, list[tuple[int, int]]]
"""The free buffers, by what their sizes are times: how many bytes each has, and its number."""


def buffer_of(shape: Shape, dtype: DType) -> Buffer:
    """The memory that an array takes."""
    size = prod(shape)
    count = gcd(*terms_of(size).values())
    return Buffer(count * dtype.itemsize, size // max(count, 1))


def take(free: Free, buffers: list[Buffer], wanted: Buffer) -> int:
    """The free buffer that fits best, enlarged where none is large enough, or else a new one."""
    alike = free.get(wanted.times, [])
    if not alike:
        buffers.append(Buffer(wanted.bytes, wanted.times))
        return len(buffers) - 1
    _, chosen = alike.pop(min(bisect_left(alike, (wanted.bytes, 0)), len(alike) - 1))
    buffers[chosen].bytes = max(buffers[chosen].bytes, wanted.bytes)
    return chosen


def release(free: Free, buffers: Sequence[Buffer], places: Iterable[int]) -> None:
    """Make these buffers free again."""
    for place in places:
        insort(free.setdefault(buffers[place].times, []), (buffers[place].bytes, place))
