"""The memory of a program: kept from call to call, and grown to the largest batch."""

from typing import Any

import numpy as np

__all__ = ["Memory"]

LINE = 64
"""Bytes in a line of the cache: a buffer begins at one."""


class Memory:
    """Hands out the same buffers, in the same order, to every size of a program; only one of those may run at a time.

    >>> memory = Memory()
    >>> first = memory.begin()(100, np.uint8)
    >>> np.shares_memory(first, memory.begin()(60, np.uint8))
    True
    """

    def __init__(self) -> None:
        self._buffers: list[np.ndarray[Any, Any]] = []
        self._next = 0

    def begin(self) -> "Memory":
        """Hand out the buffers from the first on."""
        self._next = 0
        return self

    def __call__(self, size: int, dtype: Any) -> np.ndarray[Any, Any]:
        """The next buffer, of at least so many bytes."""
        if self._next == len(self._buffers):
            self._buffers.append(_aligned(size))
        elif self._buffers[self._next].size < size:
            self._buffers[self._next] = _aligned(size)
        self._next += 1
        return self._buffers[self._next - 1]

    @property
    def bytes(self) -> int:
        """How much it holds."""
        return sum(buffer.size for buffer in self._buffers)


def _aligned(size: int) -> np.ndarray[Any, Any]:
    whole = np.empty(size + LINE, np.uint8)
    start = -whole.ctypes.data % LINE
    return whole[start : start + size]
