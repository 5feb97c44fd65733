"""Simplification: the rules by which lowering computes less, constant folding among them.

Each looks at a node and its operands alone.
"""

from typing import Any, NamedTuple

import numpy as np

from minigraph.compiler.primitives import elementwise, read
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import altered, rebuilt
from minigraph.core.rules import compute
from minigraph.core.shapes import broadcast
from minigraph.ops.arithmetic import Add, Cast, Div, Identity, Mul, Neg, Sub
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import Equal, IsNaN, Or, Where
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.joining import Concat, Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.ops.shape import Expand, Size, Squeeze, Unsqueeze
from minigraph.ops.softmax import Hardmax

__all__ = ["SIMPLIFICATIONS", "MaskedSum", "ones_along"]

SMALL = 64
"""Constants of at most this many elements are computed with while the program is made."""
WINDOW = 32
"""How long an axis is at most along which np.argmax takes longer than a few calls on all elements: five times and more."""
TERMS = 16
"""How many of a sum's terms are looked at for neighbouring parts: those before them were joined where they could be."""
BLAS = (np.float32, np.float64)
"""The types of numbers that BLAS multiplies."""
NEUTRAL = {Add: 0, Sub: 0, Mul: 1, Div: 1}


def unmoved(node: Any) -> Node | None:
    """What moves no element, of its operand's shape and type, is its operand.

    >>> import minigraph as mg
    >>> unmoved(mg.Input("x", ("N", 2)).reshape("N", 2))
    Input 'x' (N × 2, float32)
    """
    x = node.operands[0] if node.keeps_order and type(node) is not Identity else None
    return x if x is not None and x.shape == node.shape and x.dtype == node.dtype else None


def double_negation(node: Any) -> Node | None:
    """−(−x) is x.

    >>> import minigraph as mg
    >>> double_negation(-(-mg.Input("x", ("N", 2))))
    Input 'x' (N × 2, float32)
    """
    return node.operands[0].operands[0] if type(node) is Neg and type(node.operands[0]) is Neg else None


def neutral_element(node: Any) -> Node | None:
    """x + 0, x − 0, x · 1 and x / 1 are x.

    >>> import minigraph as mg
    >>> neutral_element(mg.Input("x", ("N", 2)) * 1)
    Input 'x' (N × 2, float32)
    """
    if type(node) not in NEUTRAL:
        return None
    orders = [node.operands, node.operands[::-1]] if type(node) in (Add, Mul) else [node.operands]
    neutral = NEUTRAL[type(node)]
    return next((x for x, number in orders if _is_number(number, neutral) and x.shape == node.shape), None)


def constant_folding(node: Any) -> Node | None:
    """Constant folding: what is computed from small constants alone is a constant.

    >>> import minigraph as mg
    >>> constant_folding(mg.Constant(2.0) * 3.0).value
    array(6., dtype=float32)
    """
    if not node.operands or not all(isinstance(each, Constant) and each.value.size <= SMALL for each in node.operands):
        return None
    with np.errstate(all="ignore"):
        value = compute(node, [operand.value for operand in node.operands])
    return Constant(value, dtype=node.dtype) if np.size(value) <= SMALL else None


def times_minus_one(node: Any) -> Node | None:
    """x · (−1) and x / (−1) are −x; and where x is a difference, or a sum of differences, these the other way round.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 2))
    >>> outline(times_minus_one(x / -1)), outline(times_minus_one((x - y) * -1))
    ('Neg(x)', 'Sub(y, x)')
    """
    if type(node) not in (Div, Mul) or not _is_number(node.operands[1], -1) or node.operands[0].shape != node.shape:
        return None
    x = node.operands[0]
    difference = x.operands[0] if isinstance(x, ReduceSum) else x
    if type(difference) is not Sub:
        return Neg(x)
    opposite = rebuilt(difference, difference.operands[::-1])
    return opposite if difference is x else rebuilt(x, [opposite, *x.operands[1:]])


def negated_divisor(node: Any) -> Node | None:
    """(−x) / k is x / (−k) for a single number k.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> outline(negated_divisor(-mg.Input("x", ("N", 2)) / mg.Parameter("k", 2)))
    'Div(x, Neg(k))'
    """
    if type(node) is not Div or type(node.operands[0]) is not Neg or node.operands[1].shape:
        return None
    return Div(node.operands[0].operands[0], Neg(node.operands[1]))


def reduction_of_one(node: Any) -> Node | None:
    """The sum, or the extreme, over axes of size 1 is the element itself.

    >>> import minigraph as mg
    >>> reduction_of_one(mg.Input("x", ("N", 1)).sum(axis=1, keepdims=True))
    Input 'x' (N × 1, float32)
    """
    if type(node) not in (ReduceSum, ReduceMax, ReduceMin) or node.operands[0].dtype != node.dtype:
        return None
    (x,) = node.operands
    axes = axes_of(x, node.axes)
    if any(x.shape[axis] != 1 for axis in axes):
        return None
    return x if node.keepdims or not axes else Squeeze(x, axes=axes)


def product_with_one(node: Any) -> Node | None:
    """[1] · A, of a matrix of one row, is that row.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> outline(product_with_one(mg.Constant([1.0]) @ mg.Input("A", (1, 3))))
    'Squeeze(A)'
    """
    if type(node) is not MatMul or node.operands[0].shape != (1,) or not node.ndim or not _is_number(node.operands[0], 1):
        return None
    return Squeeze(node.operands[1], axes=(0,))


def boolean_condition(node: Any) -> Node | None:
    """What a choice is made by is cast to booleans, which np.copyto takes alone.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x = mg.Input("x", ("N", 2))
    >>> outline(boolean_condition(mg.Where(x, x, 0)))
    'Where(Cast(x), x, 0)'
    """
    if type(node) is not Where or node.operands[0].dtype == bool:
        return None
    return rebuilt(node, [Cast(node.operands[0], to=bool), *node.operands[1:]])


def first_of_ties(node: Any) -> Node | None:
    """A Hardmax along a short axis is found from whole arrays: of the elements that tie, the first has the largest number.

    >>> import minigraph as mg
    >>> first_of_ties(mg.Hardmax(mg.Input("x", ("N", 2))))
    Cast (N × 2, float32)
    """
    if type(node) is not Hardmax:
        return None
    (x,), axis = node.operands, node.axis % node.ndim
    size = node.shape[axis]
    if not isinstance(size, int) or size > WINDOW:
        return None
    ties = Or(Equal(x, ReduceMax(x, axes=(axis,))), IsNaN(x))
    numbers = Mul(ties, Constant(np.arange(size, 0, -1, dtype=np.uint8).reshape(-1, *[1] * (node.ndim - axis - 1))))
    return Cast(Equal(numbers, ReduceMax(numbers, axes=(axis,))), to=node.dtype)


class MaskedSum(ReduceSum):
    """The sum over `axes` of the elements where a condition holds: NumPy's own way to add up a choice between x and 0."""

    def forward(self, x: Any, condition: Any, out: Any = None) -> Any:  # type: ignore[override]
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, where=condition, out=out)


def sum_of_choice(node: Any) -> Node | None:
    """A sum of what a condition chooses from x and 0 is the sum of x where the condition holds.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x = mg.Input("x", ("N", 2))
    >>> outline(sum_of_choice(mg.Where(x > 1, x, 0).sum()))
    'MaskedSum(x, Greater(x, 1))'
    """
    choice = node.operands[0] if type(node) is ReduceSum else None
    if type(choice) is not Where or not _is_number(choice.operands[2], 0):
        return None
    condition, x, _ = choice.operands
    return altered(node, MaskedSum, operands=(x, condition)) if condition.shape == x.shape == choice.shape else None


def sum_by_product(node: Any) -> Node | None:
    """The sum over one axis of a matrix is a product with ones, which BLAS adds up several times as fast as NumPy's own loop.

    >>> import minigraph as mg
    >>> sum_by_product(mg.Input("x", ("N", 2)).sum(axis=0))
    MatMul (2, float32)
    """
    if type(node) is not ReduceSum or node.operands[0].ndim != 2 or node.dtype not in BLAS:
        return None
    (x,), axes = node.operands, axes_of(node.operands[0], node.axes)
    if len(axes) != 1:
        return None
    ones = ones_along(x, *axes)
    total = MatMul(ones, x) if axes == (0,) else MatMul(x, ones)
    return Unsqueeze(total, axes=axes) if node.keepdims else total


def ones_along(x: Any, axis: int) -> Node:
    """As many ones as a value has places along an axis, of its element type."""
    return Expand(Constant(1, dtype=x.dtype), Stack(Size(x, axes=(axis,))))


def broadcast_by_the_call(node: Any) -> Node | None:
    """An elementwise operation takes its operands as they were before they were repeated, since it broadcasts them itself.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x, b = mg.Input("x", ("N", 2)), mg.Parameter("b", [1.0, 2.0])
    >>> outline(broadcast_by_the_call(x + mg.Expand(b, mg.Shape(x))))
    'Add(x, b)'
    """
    if all(type(operand) is not Expand for operand in node.operands) or not elementwise(read(node)):
        return None
    operands = list(node.operands)
    for i, operand in enumerate(operands):
        if type(operand) is Expand:
            operands[i] = operand.operands[0]
            shape = operands[0].shape
            for other in operands[1:]:
                shape = broadcast(shape, other.shape) or ()
            operands[i] = operands[i] if shape == node.shape else operand
    new = rebuilt(node, operands)
    return None if new is node else new


class _Part(NamedTuple):
    """Elements that stand from `start` to `end` along one axis of what is zero elsewhere."""

    axis: int
    start: int
    end: int
    scattered: Any


def neighbouring_parts(node: Any) -> Node | None:
    """Of a sum of parts that stand in their places among zeros, those that lie side by side are joined, and not added up.

    They are the gradient of a value that was split, or read row by row.

    >>> import minigraph as mg
    >>> from minigraph.compiler.rewriting import outline
    >>> x = mg.Input("x", ("N", 4))
    >>> (slope,) = mg.gradient((np.sin(x[:, :2]) + np.cos(x[:, 2:])).sum(), [x])
    >>> type(slope), type(neighbouring_parts(slope))
    (<class 'minigraph.ops.arithmetic.Add'>, <class 'minigraph.ops.joining.Concat'>)
    """
    parts: list[_Part] = []
    rest: Node | None = node if type(node) is Add else None
    while rest is not None and len(parts) < TERMS:
        terms = rest.operands if type(rest) is Add else (rest,)
        part, other = next(((p, i) for i, t in enumerate(terms) if (p := _part(t, node, parts))), (None, 0))
        if part is None:
            break
        parts.append(part)
        rest = terms[1 - other] if len(terms) == 2 else None
    runs: list[list[_Part]] = []
    for part in sorted(parts, key=lambda part: part.start):
        before = next((run for run in runs if run[-1].end == part.start), None)
        if before is None:
            runs.append([part])
        else:
            before.append(part)
    if len(runs) == len(parts):
        return None
    for run in runs:
        whole = run[0].scattered if len(run) == 1 else _whole(node, run)
        rest = whole if rest is None else Add(rest, whole)
    return rest


def _part(term: Any, total: Node, others: list[_Part]) -> _Part | None:
    """The term as a part of the total, along the same axis as the others, or None if it is none."""
    part = _row(term) if type(term) is ScatterAdd else _slice(term) if type(term) is ScatterSlice else None
    fits = part is not None and term.shape == total.shape and all(part.axis == other.axis for other in others)
    return part if fits else None


def _row(term: ScatterAdd) -> _Part | None:
    indices, size = term.operands[1], term.shape[term.axis]
    if not isinstance(indices, Constant) or indices.ndim or not isinstance(size, int):
        return None
    at = int(indices.value) % size
    return _Part(term.axis, at, at + 1, term)


def _slice(term: ScatterSlice) -> _Part | None:
    sizes, axes = term.operands[0].shape, term.axes or ()
    cut = [(axis, start) for axis, start in zip(axes, term.starts, strict=True) if sizes[axis] != term.shape[axis]]
    if len(cut) != 1 or any(step != 1 for step in term.steps or ()):
        return None
    ((axis, start),) = cut
    size = sizes[axis]
    return _Part(axis, start, start + size, term) if isinstance(size, int) else None


def _whole(total: Node, run: list[_Part]) -> Node:
    """One part in the place of several that follow each other: all of the total, or what is put in its place again."""
    axis, start, end = run[0].axis, run[0].start, run[-1].end
    whole = Concat(*[piece for part in run for piece in _pieces(part)], axis=axis)
    if whole.shape == total.shape:
        return whole
    return ScatterSlice(whole, run[0].scattered.operands[-1], starts=(start,), ends=(end,), axes=(axis,))


def _pieces(part: _Part) -> tuple[Node, ...]:
    """What a part is made of: each of those that were joined before."""
    updates = part.scattered.operands[0]
    if type(part.scattered) is ScatterAdd:
        return (Unsqueeze(updates, axes=part.axis),)
    return updates.operands if type(updates) is Concat and updates.axis == part.axis else (updates,)


def _is_number(node: Node, value: float) -> bool:
    return isinstance(node, Constant) and node.value.size == 1 and node.value.item() == value


SIMPLIFICATIONS = (
    unmoved,
    double_negation,
    neutral_element,
    constant_folding,
    times_minus_one,
    negated_divisor,
    reduction_of_one,
    product_with_one,
    boolean_condition,
    first_of_ties,
    sum_of_choice,
    sum_by_product,
    broadcast_by_the_call,
    neighbouring_parts,
)
"""In the order in which they are tried."""
