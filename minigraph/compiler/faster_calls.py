"""Calls of NumPy that give what an operation's own call gives, to the last bit, in less time."""

from collections.abc import Sequence
from typing import Any

from minigraph.compiler.plan import SHORT, typical_bytes
from minigraph.core.node import Constant, Node
from minigraph.ops.checks import axes_of
from minigraph.ops.extrema import Max, Min
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceMin

__all__ = ["LARGE", "faster_call"]

LARGE = 1 << 17
"""Bytes of a value from which on np.clip takes less time than np.maximum: its loop is faster, and its call slower."""
SMALL = 1 << 16
"""Bytes of a product up to which `.dot` takes less time than np.matmul: it is called faster, but clears the memory first."""


def faster_call(node: Any, operands: Sequence[str], out: str) -> str | None:
    """The call, on operands written so, where there is a faster one than the operation's own.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N", 200)), mg.Parameter("w", np.ones((200, 2)))
    >>> faster_call(np.maximum(x, 0), ["x", "0.0"], "t0")
    'np.clip(x, 0.0, np.inf, out=t0)'
    >>> faster_call(x @ w, ["x", "w"], "t0")
    'x.dot(w, out=t0)'
    >>> faster_call(x.max(axis=1, keepdims=True), ["x"], "t0")
    'np.maximum.reduceat(x, (0,), axis=1, out=t0)'
    """
    if type(node) in (Max, Min) and isinstance(node.operands[1], Constant) and typical_bytes(node) >= LARGE:
        # np.maximum and np.minimum take three times as long where one operand is a number
        bounds = f"{operands[1]}, np.inf" if type(node) is Max else f"-np.inf, {operands[1]}"
        return f"np.clip({operands[0]}, {bounds}, out={out})"
    if type(node) is MatMul and _is_small_product(node) and operands[0].removesuffix(".T").isidentifier():
        return f"{operands[0]}.dot({operands[1]}, out={out})"
    if type(node) in (ReduceMax, ReduceMin) and node.keepdims and _is_of_long_rows(node):
        # np.maximum.reduce takes twice as long to begin a row
        function = "maximum" if type(node) is ReduceMax else "minimum"
        return f"np.{function}.reduceat({operands[0]}, (0,), axis={node.ndim - 1}, out={out})"
    return None


def _is_small_product(node: Node) -> bool:
    """Whether a product is one of matrices or vectors, and takes little memory."""
    return all(operand.ndim <= 2 for operand in node.operands) and typical_bytes(node) <= SMALL


def _is_of_long_rows(node: Any) -> bool:
    """Whether a reduction is of rows that take long, and are too long to lie column by column."""
    (x,) = node.operands
    long = isinstance(x.shape[-1], int) and x.shape[-1] > SHORT
    return long and axes_of(x, node.axes) == (x.ndim - 1,) and typical_bytes(x) >= SMALL
