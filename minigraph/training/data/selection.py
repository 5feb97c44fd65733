"""Rows of an array on the disk, which are read where they are used."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

__all__ = ["Selection", "stays_on_disk"]


class Selection:
    """Some rows of an array that is mapped from the disk, in some order: what indexing that array would copy into memory.

    Indexing it gives the rows themselves; so does np.asarray, all of them.

    >>> chosen = Selection(np.arange(10) ** 2, np.array([5, 2, 7]))
    >>> chosen.shape, chosen[1:]
    ((3,), array([ 4, 49]))
    """

    def __init__(self, array: Any, rows: NDArray[np.integer[Any]]) -> None:
        self.array, self.rows = array, rows
        self.shape: tuple[int, ...] = (len(rows), *array.shape[1:])
        self.dtype: np.dtype[Any] = array.dtype
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.array[self.rows[rows]])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.array[self.rows], dtype)

    def __repr__(self) -> str:
        return f"Selection {self.shape} of {self.dtype}, on the disk"


def stays_on_disk(array: Any) -> bool:
    """Whether an array is read from the disk where it is used."""
    return isinstance(array, np.memmap | Selection)
