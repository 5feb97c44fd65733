"""Linear equations, determinants and Cholesky factors as loops over rows: ONNX has the determinant alone.

Source: G. Golub, C. Van Loan, "Matrix Computations", 3.4 (elimination with partial pivoting) and 4.2 (Cholesky).
"""

from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node, Sizes
from minigraph.ops import OPERATIONS
from minigraph.ops.loops import scan
from minigraph.ops.sizes import Range

__all__ = ["cholesky", "inverse", "log_abs_det", "sign_det", "solve"]


def _eliminated(rows: Any, n: Any, safe: bool) -> tuple[Any, Any, Any]:
    """The rows, of which the first n columns become the identity, and the sign and the logarithm of their determinant.

    With `safe` a pivot of 0 is taken for 1, so that a singular matrix has these; else what follows from it is not finite.
    """
    if n == 0:
        return rows, *(OPERATIONS["Expand"](Constant(each, dtype=rows.dtype), Sizes(rows.shape[:-2])) for each in (1, 0))
    places, shape, number = Range(0, n), rows.shape[:-2], Constant(1, dtype=rows.dtype)
    one: Any = OPERATIONS["Expand"](number, Sizes(shape)) if shape else number

    def step(carry: Any, k: Any) -> Any:
        rows, sign, log = carry
        column = np.take(rows, k, axis=-1)
        at = np.argmax(np.where(np.greater_equal(places, k), np.abs(column), -1), axis=-1, keepdims=True)
        chosen, here = np.expand_dims(np.equal(places, at), -1), np.expand_dims(np.equal(places, k), -1)
        pivot_row, row = np.sum(np.where(chosen, rows, 0), axis=-2), np.take(rows, k, axis=-2)
        swapped = np.where(here, np.expand_dims(pivot_row, -2), np.where(chosen, np.expand_dims(row, -2), rows))
        pivot = np.take(pivot_row, k, axis=-1)
        divisor = np.where(np.equal(pivot, 0), 1, pivot) if safe else pivot
        scaled = np.expand_dims(pivot_row / np.expand_dims(divisor, -1), -2)
        left = swapped - np.expand_dims(np.take(swapped, k, axis=-1), -1) * scaled
        turned = np.where(np.equal(np.squeeze(at, axis=-1), k), 1, -1)
        return (np.where(here, scaled, left), sign * np.sign(pivot) * turned, log + np.log(np.abs(pivot))), None

    (rows, sign, log), _ = scan(step, (rows, one, one - one), Range(0, n))
    return rows, sign, log


def solve(node: Node, a: Any, b: Any) -> Any:
    """The solution y of a · y = b."""
    n, columns = a.shape[-1], np.expand_dims(b, -1) if b.ndim == 1 else b
    stack = node.shape[: node.ndim - min(b.ndim, 2)]
    parts = [np.broadcast_to(each, (*stack, *each.shape[-2:])) for each in (a, columns)]
    rows, _, _ = _eliminated(np.concatenate(parts, axis=-1), n, False)
    found = rows[..., n:]
    return np.squeeze(found, axis=-1) if b.ndim == 1 else found


def inverse(node: Node, x: Any) -> Any:
    """The solution y of x · y = 1."""
    one: Any = (
        OPERATIONS["EyeLike"](x) if x.ndim == 2 else np.broadcast_to(Constant(np.eye(x.shape[-1]), dtype=x.dtype), x.shape)
    )
    rows, _, _ = _eliminated(np.concatenate([x, one], axis=-1), x.shape[-1], False)
    return rows[..., x.shape[-1] :]


def log_abs_det(node: Node, x: Any) -> Any:
    """The sum of the logarithms of all pivots."""
    return _eliminated(x, x.shape[-1], True)[2]


def sign_det(node: Node, x: Any) -> Any:
    """The product of the signs of all pivots and of the exchange of rows."""
    return _eliminated(x, x.shape[-1], True)[1]


def cholesky(node: Node, x: Any) -> Any:
    """The factor, column by column."""
    x, places = (x + x.mT) / 2, Range(0, x.shape[-1])

    def step(found: Any, k: Any) -> Any:
        row = np.expand_dims(np.take(found, k, axis=-2), -1)
        column = np.take(x, k, axis=-1) - np.squeeze(found @ row, axis=-1)
        scaled = column / np.sqrt(np.expand_dims(np.take(column, k, axis=-1), -1))
        column = np.expand_dims(np.where(np.greater_equal(places, k), scaled, 0), -1)
        return np.where(np.equal(places, k), column, found), None

    found, _ = scan(step, np.zeros_like(x), Range(0, x.shape[-1]))
    return found
