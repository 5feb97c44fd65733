"""Columns in blocks, as attention has its heads: one behind the other in split(x, 4), side by side again in concat(x)."""

from typing import Any

import numpy as np

from minigraph.core.shapes import Shape
from minigraph.readings.expression import Expression

__all__ = ["in_blocks", "side_by_side"]


def in_blocks(x: Expression, before: Shape, after: Shape, order: tuple[int, ...]) -> Expression | None:
    """The columns of x in equal blocks, where a new shape and then a new order of the axes do that; else None.

    >>> x = Expression("name", word="x")
    >>> split = in_blocks(x, ("N", 6), ("N", 2, 3), (1, 0, 2))
    >>> split.word, split.settings, split.function(np.arange(6).reshape(1, 6), 2).tolist()
    ('split', ('2',), [[[0, 1, 2]], [[3, 4, 5]]])
    """
    if len(after) < 3 or order != _swapping(len(after)) or before[:-1] != after[:-2] or not isinstance(after[-2], int):
        return None
    return Expression("call", (x,), "split", _split, {"blocks": after[-2]}, settings=(str(after[-2]),))


def side_by_side(x: Expression, before: Shape, after: Shape) -> Expression | None:
    """The blocks that x has in another order side by side, where a new shape puts them there; else None."""
    if len(before) < 3 or x.options.get("axes") != _swapping(len(before)) or before[:-2] != after[:-1]:
        return None
    return Expression("call", x.parts, "concat", _concat)


def _swapping(ndim: int) -> tuple[int, ...]:
    """The order of the axes in which the second and the third, counted from the last, are exchanged."""
    return (*range(ndim - 3), ndim - 2, ndim - 3, ndim - 1)


def _split(x: Any, blocks: int) -> Any:
    *rows, columns = x.shape
    return np.transpose(np.reshape(x, (*rows, blocks, columns // blocks)), _swapping(len(rows) + 2))


def _concat(x: Any) -> Any:
    *others, blocks, rows, columns = x.shape
    return np.reshape(np.transpose(x, _swapping(len(others) + 3)), (*others, rows, blocks * columns))
