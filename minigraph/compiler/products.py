"""Products of many rows, written so that each call does more of the work.

What is added to every row of a narrow operand's product joins the product as one more row of the matrix, beside a column of
ones: x W + b = [x 1] [W; b]. Adding to a wide result takes longer than its product with a few columns does. A matrix of few
rows that is seen transposed is copied first: BLAS runs through them up to half again as fast. Of products A Bᵀ that are added
up (the gradient of a convolution's filters) the larger matrix comes first, which BLAS takes up to half again as fast too. And
what is multiplied by a large mask (the slope of a rectifier) is multiplied by the booleans themselves, which take a quarter of
the memory of numbers.
"""

from collections import Counter
from collections.abc import Sequence
from typing import cast

from minigraph.compiler.lowering import needed
from minigraph.compiler.plan import SHORT, typical_bytes
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import rebuilt
from minigraph.core.shapes import factors, product
from minigraph.ops.arithmetic import Add, Cast, Identity, Mul
from minigraph.ops.joining import Concat, Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Expand, Size, Transpose, Unsqueeze

__all__ = ["eased"]

SMALL = 4096
"""A matrix of at most so many elements is copied in a step without a thought."""
LARGE = 1 << 16
"""Bytes of a value for which reading it takes longer than converting what it is multiplied by."""
NARROW = 8
"""How many times as wide as an operand its product is at least, for what is added to it to join it."""


def eased(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs need, one of the same value, from products that are easier to compute."""
    order = needed(outputs)
    readers = Counter(operand for node in order for operand in node.operands)
    readers.update(outputs)
    new: dict[Node, Node] = {}
    for node in order:
        with composed_at(node.line):
            plain = rebuilt(node, [new.get(operand, operand) for operand in node.operands])
            joined = _joined(node, new, readers) if type(node) is Add else None
            alone = type(node) is ReduceSum and readers[node.operands[0]] == 1
            simple = _larger_first(plain) if alone and isinstance(plain, ReduceSum) else _masked(_straightened(plain))
            new[node] = simple if joined is None else joined
    return new


def _joined(node: Node, new: dict[Node, Node], readers: Counter[Node]) -> Node | None:
    """A sum as one product, or None where it is no sum of a product and a row."""
    for whole, row in (node.operands, node.operands[::-1]):
        if type(whole) is MatMul and readers[whole] == 1 and row.shape == whole.shape[1:] and _many_rows(whole):
            x, matrix = (new[operand] for operand in whole.operands)
            inner, wide = matrix.shape
            if isinstance(inner, int) and isinstance(wide, int) and NARROW * (inner + 1) <= wide:
                ones = Unsqueeze(Expand(Constant(1, dtype=x.dtype), Stack(Size(x, axes=(0,)))), axes=1)
                return MatMul(Concat(x, ones, axis=1), Concat(matrix, Unsqueeze(new[row], axes=0), axis=0))
    return None


def _larger_first(total: ReduceSum) -> Node:
    """A sum of products A Bᵀ as that of products B Aᵀ, seen transposed, where B is the larger, or the node itself."""
    whole, axes = total.operands[0], cast(tuple[int, ...], total.axes)
    if type(whole) is not MatMul or whole.ndim < 3 or set(axes) & {whole.ndim - 1, whole.ndim - 2}:
        return total
    a, b = whole.operands
    few, many = whole.shape[-2:]
    if a.ndim != b.ndim or isinstance(few, str) or isinstance(many, str) or few >= many:
        return total
    turned = Transpose.of_matrices(a)
    if type(b) is not Transpose or b.perm != turned.perm:
        return total
    other: Node = Transpose.of_matrices(ReduceSum(MatMul(b.operands[0], turned), axes=axes, keepdims=total.keepdims))
    return other


def _straightened(node: Node) -> Node:
    """A product with a transposed matrix of few rows as one with its copy, or the node itself."""
    if type(node) is not MatMul or not _many_rows(node):
        return node
    x, matrix = node.operands
    rows = matrix.shape[0]
    few = type(matrix) is Transpose and isinstance(rows, int) and rows <= SHORT
    return MatMul(x, Identity(matrix)) if few else node


def _masked(node: Node) -> Node:
    """A product with a large mask, cast to numbers, as one with the mask, or the node itself."""
    if type(node) is not Mul or typical_bytes(node) < LARGE:
        return node
    masks = [each.operands[0] if type(each) is Cast and each.operands[0].dtype == bool else None for each in node.operands]
    if masks.count(None) != 1:
        return node
    return rebuilt(node, [each if mask is None else mask for each, mask in zip(node.operands, masks, strict=True)])


def _many_rows(node: Node) -> bool:
    """Whether a product is one of a named number of rows with a small matrix."""
    x, matrix = node.operands
    elements, names = factors(product(matrix.shape))
    return x.ndim == matrix.ndim == 2 and isinstance(x.shape[0], str) and not names and elements <= SMALL
