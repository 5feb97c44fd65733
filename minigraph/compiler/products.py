"""Products: what suits BLAS, which multiplies matrices of many rows several times as fast as NumPy's loops go over them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from minigraph.compiler.arranged import products_of_arranged_rows
from minigraph.compiler.driver import rewritten
from minigraph.compiler.faster_calls import LARGE as LONG
from minigraph.compiler.lowering import reshaped, static_sizes
from minigraph.compiler.plan import SHORT, typical_bytes
from minigraph.compiler.primitives import BLAS, VIEWS, Clipped, call_of, ones_along
from minigraph.compiler.tables import products_of_tables
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.arithmetic import Add, Cast, Identity, Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.copies import rebuilt
from minigraph.ops.extrema import Max, Min
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.multi_output import Part
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Reshape, Squeeze, Transpose, Unsqueeze

__all__ = ["products_of_many_rows"]

SMALL = 4096
"""Up to how many elements copying a matrix in each step takes no time that matters."""
LARGE = 1 << 16
"""Bytes of a value for which reading it takes longer than converting what it is multiplied by."""
NARROW = 8
"""How many times as wide as its operand a product must be for a bias to join it."""


def products_of_many_rows(outputs: Sequence[Node], fused: bool = False) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value, from products that are easier to compute.

    Where what is computed element by element is fused, each row is added up in the loop that computes it.
    """
    readers = Counter(operand for node in topological_order(outputs) for operand in node.operands)
    readers.update(outputs)
    of_readers = (rule(readers) for rule in (bias_in_product, larger_first, sum_of_stacked_products, one_clip))
    along = () if fused else (sum_along_rows,)
    rules = (
        *products_of_tables(readers),
        *products_of_arranged_rows(readers, _in_order, _rows_of),
        *of_readers,
        straight_matrix,
        boolean_mask,
        one_product_of_all_rows,
        sum_of_all_rows,
        sum_of_places,
        *along,
        static_sizes,
    )
    return rewritten(outputs, *rules, as_given=True)


def bias_in_product(readers: Mapping[Node, int]) -> Callable[[Any], Node | None]:
    """What is added to every row of a narrow operand's product joins the product: x W + b = [x 1] [W; b].

    It is one more row of the matrix, for a column of ones. Adding to a wide result takes longer than its product with a few
    columns does. Nothing else may read the product.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
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
    >>> from minigraph.compiler.driver import outline
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
    >>> from minigraph.compiler.driver import outline
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
    >>> from minigraph.compiler.driver import outline
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


def one_product_of_all_rows(node: Any) -> Node | None:
    """A stack of matrices times one matrix is one product, of all their rows.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> product = one_product_of_all_rows(mg.Input("x", ("N", 8, 2)) @ mg.Parameter("W", np.ones((2, 3))))
    >>> type(product), product.operands[0].shape
    (<class 'minigraph.ops.shape.Reshape'>, ('8·N', 3))
    """
    if type(node) is not MatMul or node.ndim < 3 or node.operands[1].ndim != 2:
        return None
    x, matrix = node.operands
    return reshaped(MatMul(_rows_of(x), matrix), node.shape) if _in_order(x) else None


def sum_of_stacked_products(readers: Mapping[Node, int]) -> Callable[[Any], Node | None]:
    """The sum of products Aᵀ B over a stack is one product, of all their rows. Nothing else may read the products.

    The gradient of a matrix of weights is such a sum.

    >>> import minigraph as mg
    >>> A, B = mg.Input("A", ("N", 5, 2)), mg.Input("B", ("N", 5, 3))
    >>> products = A.mT @ B
    >>> sum_of_stacked_products({products: 1})(products.sum(axis=0)).operands[1].shape
    ('5·N', 3)
    """

    def rule(node: Any) -> Node | None:
        whole = node.operands[0] if type(node) is ReduceSum else None
        if type(whole) is not MatMul or readers[whole] != 1 or {*axes_of(whole, node.axes)} != {*range(whole.ndim - 2)}:
            return None
        a, b = whole.operands
        if whole.ndim < 3 or a.ndim != b.ndim or a.shape[:-2] != b.shape[:-2] or not _in_order(b):
            return None
        if type(a) is not Transpose or a.perm != Transpose.of_matrices(a).perm or not _in_order(a.operands[0]):
            return None
        total = MatMul(Transpose.of_matrices(_rows_of(a.operands[0])), _rows_of(b))
        return reshaped(total, node.shape)

    return rule


def sum_along_rows(node: Any) -> Node | None:
    """The sums along the last axis of a stack of matrices are a product of all their rows with ones.

    >>> import minigraph as mg
    >>> sum_along_rows(mg.Input("x", ("N", 8, 2)).sum(axis=2)).operands[0]
    MatMul (8·N, float32)
    """
    x = _summed_along(node, lambda ndim: (ndim - 1,))
    return None if x is None else reshaped(MatMul(_rows_of(x), ones_along(x, x.ndim - 1)), node.shape)


def sum_of_all_rows(node: Any) -> Node | None:
    """The sum of all rows of a stack of matrices is a product of ones with them.

    The gradient of a bias is such a sum.

    >>> import minigraph as mg
    >>> sum_of_all_rows(mg.Input("x", ("N", 8, 2)).sum(axis=(0, 1))).operands[1]
    Reshape (8·N × 2, float32)
    """
    x = _summed_along(node, lambda ndim: tuple(range(ndim - 1)))
    if x is None:
        return None
    rows = _rows_of(x)
    return reshaped(MatMul(ones_along(rows, 0), rows), node.shape)


def sum_of_places(node: Any) -> Node | None:
    """The sum over the images, and all places, of each channel adds up the products of all channels with ones.

    The gradient of a channel's bias is such a sum, and so are its mean and variance.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(sum_of_places(mg.Input("x", ("N", 8, 5, 5)).sum(axis=(0, 2, 3)))).partition("x")[0]
    'ReduceSum(Reshape(MatMul(Reshape('
    """
    x = _summed_along(node, lambda ndim: (0, *range(2, ndim)))
    if x is None:
        return None
    places = prod(x.shape[2:])
    if not isinstance(places, int) or places < SHORT:
        return None
    channels = reshaped(x, (x.shape[0] * x.shape[1], places))
    sums = reshaped(MatMul(channels, ones_along(channels, 1)), x.shape[:2])
    return reshaped(ReduceSum(sums, axes=(0,), keepdims=False), node.shape)


def _summed_along(node: Any, axes: Callable[[int], tuple[int, ...]]) -> Node | None:
    """What is summed along these axes of three or more, if its rows lie one after the other and BLAS multiplies its type."""
    if type(node) is not ReduceSum or node.dtype not in BLAS or node.operands[0].ndim < 3:
        return None
    (x,) = node.operands
    return x if {*axes_of(x, node.axes)} == {*axes(x.ndim)} and _in_order(x) else None


def _in_order(node: Node) -> bool:
    """Whether a value lies in memory row by row, as what is reshaped does: another view would have to be copied."""
    while type(node) in (Squeeze, Unsqueeze):
        node = node.operands[0]
    call = None if isinstance(node, Leaf) else call_of(node)
    return type(node) in (Reshape, Part) or call is None or call.function not in VIEWS


def _rows_of(x: Node) -> Node:
    """The rows of a stack of matrices as one matrix."""
    return reshaped(x, (prod(x.shape[:-1]), x.shape[-1]))


def one_clip(readers: Mapping[Node, int]) -> Callable[[Any], Node | None]:
    """A large value that is bounded from both sides by numbers is clipped by one call. Nothing else may read it in between.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 5000))
    >>> above = np.maximum(x, -1)
    >>> one_clip({above: 1})(np.minimum(above, 1))
    Clipped (N × 5000, float32)
    """

    def rule(node: Any) -> Node | None:
        inner = node.operands[0] if type(node) is Min else None
        if type(inner) is not Max or readers[inner] != 1 or typical_bytes(node) < LONG:
            return None
        (x, least), most = inner.operands, node.operands[1]
        if not isinstance(least, Constant) or not isinstance(most, Constant) or least.shape or most.shape:
            return None
        bounds = {"minimum": least.value.item(), "maximum": most.value.item()}
        return Clipped(x, **bounds) if x.shape == node.shape else None

    return rule


def _many_rows(node: Node) -> bool:
    """Whether a product is one of a named number of rows with a small matrix."""
    x, matrix = node.operands
    elements = prod(matrix.shape)
    many = x.ndim == matrix.ndim == 2 and isinstance(x.shape[0], SymbolicSize)
    return many and isinstance(elements, int) and elements <= SMALL
