"""Arranged rows: of rows that lie in one order and are read in another, such as places first and texts first, products are
computed in the order in which they lie, as one for all rows, and what is small is arranged instead."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minigraph.compiler.lowering import reshaped
from minigraph.compiler.plan import SHORT
from minigraph.core.node import Node
from minigraph.ops.arithmetic import Identity
from minigraph.ops.checks import axes_of
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose

__all__ = ["products_of_arranged_rows"]


def products_of_arranged_rows(
    readers: Mapping[Node, int], in_order: Callable[[Node], bool], rows_of: Callable[[Node], Node]
) -> Sequence[Callable[[Any], Node | None]]:
    """The rules, given how often each value is read, whether one lies in order, and how its rows are one matrix.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> states, W = mg.Input("states", (5, "N", 30)), mg.Parameter("W", np.ones((30, 20)))
    >>> product, *_ = products_of_arranged_rows({}, lambda node: True, lambda node: node.reshape(-1, node.shape[-1]))
    >>> outline(product(states.transpose(1, 0, 2) @ W))[:28]
    'Transpose(Reshape(MatMul(Res'
    """
    copies: dict[tuple[Node, tuple[int, ...]], Node] = {}

    def arranged(x: Node, order: tuple[int, ...]) -> Node:
        """A copy in this order, one for all who ask."""
        if (x, order) not in copies:
            copies[x, order] = Identity(Transpose(x, perm=order))
        return copies[x, order]

    def product_as_rows_lie(node: Any) -> Node | None:
        x: Any = node.operands[0] if type(node) is MatMul and node.operands[1].ndim == 2 else None
        if x is None or not _is_arranged(x) or not in_order(x.operands[0]) or not _wide(node):
            return None
        (rows,) = x.operands
        if not _is_no_longer(node, x):
            return reshaped(MatMul(rows_of(arranged(rows, x.perm)), node.operands[1]), node.shape)
        product = MatMul(rows_of(rows), node.operands[1])
        return Transpose(reshaped(product, (*rows.shape[:-1], node.shape[-1])), perm=x.perm)

    def product_arranged_before(node: Any) -> Node | None:
        product: Any = node.operands[0] if _is_arranged(node) else None
        if type(product) is not MatMul or product.operands[1].ndim != 2 or readers.get(product) != 1:
            return None
        x, matrix = product.operands
        size, wide = matrix.shape
        if not in_order(x) or not isinstance(size, int) or not isinstance(wide, int) or not SHORT < size <= wide:
            return None
        return reshaped(MatMul(rows_of(arranged(x, node.perm)), matrix), node.shape)

    def sum_as_rows_lie(node: Any) -> Node | None:
        product: Any = node.operands[0] if type(node) is ReduceSum and not node.keepdims else None
        if type(product) is not MatMul or readers.get(product) != 1:
            return None
        columns: Any
        columns, other = product.operands
        if {*axes_of(product, node.axes)} != {*range(product.ndim - 2)} or columns.ndim != other.ndim or not in_order(other):
            return None
        x: Any = columns.operands[0] if type(columns) is Transpose else None
        if x is None or columns.perm != Transpose.of_matrices(x).perm or not _is_arranged(x) or not in_order(x.operands[0]):
            return None
        if x.shape[:-1] != other.shape[:-1] or not _wide(other):
            return None
        if not _is_no_longer(other, x):
            return MatMul(Transpose.of_matrices(rows_of(arranged(x.operands[0], x.perm))), rows_of(other))
        back = tuple(x.perm.index(axis) for axis in range(x.ndim))
        return MatMul(Transpose.of_matrices(rows_of(x.operands[0])), rows_of(arranged(other, back)))

    return product_as_rows_lie, product_arranged_before, sum_as_rows_lie


def _is_arranged(x: Any) -> bool:
    """Whether a value shows rows, of three axes or more, in another order."""
    return type(x) is Transpose and x.ndim > 2 and x.perm is not None and x.perm[-1] == x.ndim - 1


def _wide(x: Node) -> bool:
    """Whether rows are long enough that reading them in another order takes no longer."""
    return isinstance(x.shape[-1], int) and x.shape[-1] > SHORT


def _is_no_longer(x: Node, other: Node) -> bool:
    """Whether rows are at most as long as others."""
    size, most = x.shape[-1], other.shape[-1]
    return isinstance(size, int) and isinstance(most, int) and size <= most
