"""Tables: a product of rows that are looked up in a small table is computed once for each row of the table, before looking up.

So is its gradient: what comes back is first added up for each row of the table.
"""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from minigraph.compiler.plan import TYPICAL
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.shapes import names_of, sized
from minigraph.ops.arithmetic import Add
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import Greater, Where
from minigraph.ops.gather import Gather, ScatterAdd
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Expand, Transpose, Unsqueeze

__all__ = ["Rules", "products_of_tables"]

OFTEN = 16
"""How many times each row of a table is looked up at least, on average."""
WIDE = 16
"""How many columns it has at least: a product with fewer takes less time than looking up."""

Rules = list[Callable[[Any], Node | None]]


def products_of_tables(readers: Mapping[Node, int]) -> Rules:
    """The rules, given how often each value is read.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> words, W = mg.Input("words", ("N", 32), dtype=np.int64), mg.Parameter("W", np.ones((16, 40)))
    >>> table = mg.Parameter("table", np.ones((50, 16)))
    >>> product = table[words] @ W
    >>> outline(products_of_tables({})[0](product))
    'Gather(MatMul(table, W), words)'
    >>> gradient = mg.Input("gradient", ("N", 32, 40))
    >>> for_words = mg.ScatterAdd(gradient @ W.T, words, mg.Shape(table))
    >>> for_words = products_of_tables({for_words.operands[0]: 1})[2](for_words)
    >>> outline(for_words.operands[1])
    'MatMul(ScatterAdd(gradient, words, Sizes (2)), Transpose(W))'
    """
    added: dict[tuple[Node, Node], Node] = {}

    def for_each_row(gradient: Node, indices: Node, rows: Any) -> Node:
        """What comes back for the rows of the table, added up once for all who ask."""
        if (gradient, indices) not in added:
            added[gradient, indices] = ScatterAdd(gradient, indices, Sizes((rows, gradient.shape[-1])))
        return added[gradient, indices]

    def where_read(value: Node, indices: Node) -> Node:
        """The rows that are looked up, and 0 for the others: what is not finite would make them so, by a product with 0."""
        if (value, indices) not in added:
            ones = Expand(Constant(1), Sizes(indices.shape))
            counts = ScatterAdd(ones, indices, Sizes(value.shape[:1]))
            added[value, indices] = Where(Unsqueeze(Greater(counts, 0), axes=1), value, Constant(0, dtype=value.dtype))
        return added[value, indices]

    def product_in_table(node: Any) -> Node | None:
        taken: Any = node.operands[0] if type(node) is MatMul else None
        if type(taken) is not Gather or node.operands[1].ndim != 2 or not _pays(taken, taken.operands[0]):
            return None
        table, indices = taken.operands
        return Gather(MatMul(table, node.operands[1]), indices)

    def bias_in_table(node: Any) -> Node | None:
        for product, row in (node.operands, node.operands[::-1]) if type(node) is Add else ():
            looked_up: Any = product_in_table(product) if readers.get(product) == 1 else None
            if looked_up is not None and row.shape == product.shape[-1:]:
                table, indices = looked_up.operands
                return Gather(Add(table, row), indices)
        return None

    def added_up_before_product(node: Any) -> Node | None:
        product: Any = node.operands[0] if type(node) is ScatterAdd and not node.axis else None
        if type(product) is not MatMul or product.operands[1].ndim != 2 or readers.get(product) != 1 or len(node.shape) != 2:
            return None
        gradient, matrix = product.operands
        indices = node.operands[1]
        if not _pays(indices, node):
            return None
        return where_read(MatMul(for_each_row(gradient, indices, node.shape[0]), matrix), indices)

    def added_up_before_sum(node: Any) -> Node | None:
        product: Any = node.operands[0] if type(node) is ReduceSum else node
        if type(product) is not MatMul or product.ndim < 2:
            return None
        if product is not node and (readers.get(product) != 1 or {*axes_of(product, node.axes)} != {*range(product.ndim - 2)}):
            return None
        columns, gradient = product.operands
        if (product is node) != (product.ndim == 2) or type(columns) is not Transpose or gradient.ndim != columns.ndim:
            return None
        taken: Any = columns.operands[0]
        if (
            type(taken) is not Gather
            or columns.perm != Transpose.of_matrices(taken).perm
            or not _pays(taken, taken.operands[0])
        ):
            return None
        table, indices = taken.operands
        if indices.shape != gradient.shape[:-1] or (product is not node and node.keepdims):
            return None
        return MatMul(Transpose.of_matrices(where_read(table, indices)), for_each_row(gradient, indices, table.shape[0]))

    return [product_in_table, bias_in_table, added_up_before_product, added_up_before_sum]


def _pays(looked_up: Any, table: Any) -> bool:
    """Whether a table has few rows, of many columns, for what is looked up in it: by its rows, or their indices alone."""
    if getattr(looked_up, "axis", 0) or table.ndim != 2 or not all(isinstance(size, int) for size in table.shape):
        return False
    indices = looked_up.operands[1] if type(looked_up) is Gather else looked_up
    often = prod(sized(indices.shape, dict.fromkeys(names_of(indices.shape), TYPICAL)))
    return bool(table.shape[1] >= WIDE and often >= OFTEN * table.shape[0])
