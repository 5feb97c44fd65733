"""Products of many rows, rewritten so that each call of BLAS does more of the work."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from minigraph.compiler.lowering import static_sizes
from minigraph.compiler.plan import SHORT, typical_bytes
from minigraph.compiler.rewriting import rewritten
from minigraph.compiler.simplification import ones_along
from minigraph.core.node import Node
from minigraph.core.rewriting import rebuilt, topological_order
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.arithmetic import Add, Cast, Identity, Mul
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose, Unsqueeze

__all__ = ["products_of_many_rows"]

SMALL = 4096
"""A matrix of at most so many elements is copied in a step without a thought."""
LARGE = 1 << 16
"""Bytes of a value for which reading it takes longer than converting what it is multiplied by."""
NARROW = 8
"""How many times as wide as an operand its product is at least, for what is added to it to join it."""


def products_of_many_rows(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value, from products that are easier to compute."""
    readers = Counter(operand for node in topological_order(outputs) for operand in node.operands)
    readers.update(outputs)
    rules = bias_in_product(readers), larger_first(readers), straight_matrix, boolean_mask, static_sizes
    return rewritten(outputs, *rules, as_given=True)


def bias_in_product(readers: Mapping[Node, int]) -> Callable[[Any], Node | None]:
    """What is added to every row of a narrow operand's product joins the product: x W + b = [x 1] [W; b].

    It is one more row of the matrix, beside a column of ones. Adding to a wide result takes longer than its product with a few
    columns does. Nothing else may read the product.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x, W, b = mg.Input("x", ("N", 2)), mg.Parameter("W", np.ones((2, 500))), mg.Parameter("b", np.ones(500))
    >>> z = x @ W
    >>> outline(bias_in_product({z: 1})(z + b)).replace(outline(ones_along(x, 0)), "ones")
    'MatMul(Concat(x, Unsqueeze(ones)), Concat(W, Unsqueeze(b)))'
    """

    def rule(node: Any) -> Node | None:
        for whole, row in (node.operands, node.operands[::-1]) if type(node) is Add else ():
            if type(whole) is MatMul and readers[whole] == 1 and row.shape == whole.shape[1:] and _many_rows(whole):
                x, matrix = whole.operands
                inner, wide = matrix.shape
                if isinstance(inner, int) and isinstance(wide, int) and NARROW * (inner + 1) <= wide:
                    ones = Unsqueeze(ones_along(x, 0), axes=1)
                    return MatMul(Concat(x, ones, axis=1), Concat(matrix, Unsqueeze(row, axes=0), axis=0))
        return None

    return rule


def larger_first(readers: Mapping[Node, int]) -> Callable[[Any], Node | None]:
    """Of products A Bᵀ that are added up, the larger matrix comes first, (B Aᵀ)ᵀ: BLAS takes it up to half again as fast.

    The gradient of a convolution's filters is such a sum. Nothing else may read the products.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> A, B = mg.Input("A", ("N", 2, 5)), mg.Input("B", ("N", 7, 5))
    >>> products = A @ B.mT
    >>> outline(larger_first({products: 1})(products.sum(axis=0)))
    'Transpose(ReduceSum(MatMul(B, Transpose(A))))'
    """

    def rule(node: Any) -> Node | None:
        whole = node.operands[0] if type(node) is ReduceSum else None
        if type(whole) is not MatMul or readers[whole] != 1 or whole.ndim < 3:
            return None
        if set(node.axes) & {whole.ndim - 1, whole.ndim - 2}:
            return None
        a, b = whole.operands
        few, many = whole.shape[-2:]
        if a.ndim != b.ndim or not isinstance(few, int) or not isinstance(many, int) or few >= many:
            return None
        transposed = Transpose.of_matrices(a)
        if type(b) is not Transpose or b.perm != transposed.perm:
            return None
        total = ReduceSum(MatMul(b.operands[0], transposed), axes=node.axes, keepdims=node.keepdims)
        new: Node = Transpose.of_matrices(total)
        return new

    return rule


def straight_matrix(node: Any) -> Node | None:
    """A matrix of few rows that is seen transposed is copied before a product: BLAS runs through it up to half again as fast.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> outline(straight_matrix(mg.Input("x", ("N", 2)) @ mg.Parameter("W", np.ones((5, 2))).T))
    'MatMul(x, Identity(Transpose(W)))'
    """
    if type(node) is not MatMul or not _many_rows(node):
        return None
    x, matrix = node.operands
    rows = matrix.shape[0]
    few = type(matrix) is Transpose and isinstance(rows, int) and rows <= SHORT
    return MatMul(x, Identity(matrix)) if few else None


def boolean_mask(node: Any) -> Node | None:
    """What is multiplied by a large mask is multiplied by the booleans, which take a quarter of the memory of numbers.

    Such a mask is the derivative of a rectifier.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x = mg.Input("x", ("N", 500))
    >>> outline(boolean_mask(x * (x > 0).astype(np.float32)))
    'Mul(x, Greater(x, 0))'
    """
    if type(node) is not Mul or typical_bytes(node) < LARGE:
        return None
    masks = [each.operands[0] if type(each) is Cast and each.operands[0].dtype == bool else None for each in node.operands]
    if masks.count(None) != 1:
        return None
    return rebuilt(node, [each if mask is None else mask for each, mask in zip(node.operands, masks, strict=True)])


def _many_rows(node: Node) -> bool:
    """Whether a product is one of a named number of rows with a small matrix."""
    x, matrix = node.operands
    elements = prod(matrix.shape)
    many = x.ndim == matrix.ndim == 2 and isinstance(x.shape[0], SymbolicSize)
    return many and isinstance(elements, int) and elements <= SMALL
