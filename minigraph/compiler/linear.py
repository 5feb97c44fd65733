"""Passes over what is linear: scalings by one number are done once for many values, and products suit BLAS."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import prod
from typing import Any

from minigraph.compiler.driver import rewritten
from minigraph.compiler.lowering import static_sizes
from minigraph.compiler.plan import SHORT, typical_bytes
from minigraph.compiler.primitives import ones_along
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.arithmetic import Add, Cast, Div, Identity, Mul, Neg, Sub
from minigraph.ops.copies import rebuilt
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Transpose, Unsqueeze

__all__ = ["products_of_many_rows", "scaled_once"]

LINEAR = {Neg, ReduceSum, Mul, MatMul, Div, Add, Sub}
"""What is linear in some of its operands, as is what only moves elements."""


@dataclass(frozen=True)
class _Scaling:
    """A product with a single number that is static."""

    scale: Node
    operand: Node


def scaled_once(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value; those that are scaled otherwise now are left out.

    The learning rate multiplies the gradient of every parameter, and each of those is linear in the gradient of the logits,
    which is divided by the number of rows anyway: one scaling of the logits' gradient does for all.

    What is linear in a value is a region of the graph and nothing that a node and its operands show. So the regions are found
    first, and the rule of this pass puts in what was found for the nodes at their ends.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x, rate = mg.Input("x", ("N", 2)), mg.Constant(0.1)
    >>> y = x * mg.Constant(3.0)
    >>> outputs = [y.T * rate, -y * rate]
    >>> [outline(new) for node, new in scaled_once(outputs).items() if node in outputs]
    ['Neg(Mul(Mul(0.1, 3), x))', 'Transpose(Mul(Mul(0.1, 3), x))']
    """
    order, wanted = topological_order(outputs), set(outputs)
    scalings = _scalings(order)
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for operand in node.operands:
            consumers[operand].append(node)
    instead: dict[Node, Node] = {}
    rescaled: set[Node] = set()
    for start, own in scalings.items():
        linear, ends = _linear_in(start, consumers, scalings, wanted) if start not in instead else (set(), set())
        if ends and not linear & rescaled:
            rescaled |= {start, *linear}
            instead[start] = Mul(Mul(scalings[next(iter(ends))].scale, own.scale), own.operand)
            instead.update({end: scalings[end].operand for end in ends})
    new = rewritten(outputs, instead.get, as_given=True)
    return {node: each for node, each in new.items() if node not in rescaled}


def _scalings(order: Sequence[Node]) -> dict[Node, _Scaling]:
    found: dict[Node, _Scaling] = {}
    static: set[Node] = set()
    for node in order:
        if isinstance(node, Constant) or node.known is not None or (node.operands and static.issuperset(node.operands)):
            static.add(node)
        elif type(node) is Mul:
            for scale, operand in (node.operands, node.operands[::-1]):
                if scale in static and not scale.shape and operand not in static:
                    found[node] = _Scaling(scale, operand)
    return found


def _linear_in(
    start: Node, consumers: Mapping[Node, list[Node]], scalings: Mapping[Node, _Scaling], wanted: Set[Node]
) -> tuple[set[Node], set[Node]]:
    """The nodes that are linear in `start`, and the scalings in which they end; none where these are not all by one number."""
    linear: set[Node] = set()
    ends: set[Node] = set()
    pending = [start]
    while pending:
        node = pending.pop()
        if node in wanted:
            return set(), set()
        for consumer in consumers[node]:
            if consumer in scalings:
                ends.add(consumer)
            elif consumer not in linear:
                linear.add(consumer)
                pending.append(consumer)
                if type(consumer) not in LINEAR and (not consumer.moves_elements or type(consumer) is Cast):
                    return set(), set()
    one = len({scalings[end].scale for end in ends}) == 1
    return (linear, ends) if one and all(_is_linear(node, linear | {start}) for node in linear) else (set(), set())


def _is_linear(node: Node, varying: set[Node]) -> bool:
    """Whether an operation multiplies by k when those of its operands that vary do."""
    vary = [operand in varying for operand in node.operands]
    if type(node) in (Mul, MatMul):
        return vary.count(True) == 1
    if type(node) is Div:
        return vary == [True, False]
    return all(vary) if type(node) in (Add, Sub) else vary[0]


SMALL = 4096
"""Up to how many elements copying a matrix in each step takes no time that matters."""
LARGE = 1 << 16
"""Bytes of a value for which reading it takes longer than converting what it is multiplied by."""
NARROW = 8
"""How many times as wide as its operand a product must be for a bias to join it."""


def products_of_many_rows(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value, from products that are easier to compute."""
    readers = Counter(operand for node in topological_order(outputs) for operand in node.operands)
    readers.update(outputs)
    rules = bias_in_product(readers), larger_first(readers), straight_matrix, boolean_mask, static_sizes
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


def _many_rows(node: Node) -> bool:
    """Whether a product is one of a named number of rows with a small matrix."""
    x, matrix = node.operands
    elements = prod(matrix.shape)
    many = x.ndim == matrix.ndim == 2 and isinstance(x.shape[0], SymbolicSize)
    return many and isinstance(elements, int) and elements <= SMALL
