"""Simplification: the rules by which lowering computes less, constant folding among them.

Each looks at a node and its operands alone.
"""

from typing import Any, NamedTuple

import numpy as np

from minigraph.compiler.primitives import is_number
from minigraph.core.node import Constant, Node
from minigraph.core.rules import compute
from minigraph.ops.arithmetic import Add, Div, Identity, Mul, Neg, Sub
from minigraph.ops.checks import axes_of
from minigraph.ops.copies import rebuilt
from minigraph.ops.gather import ScatterAdd
from minigraph.ops.indexing import ScatterSlice
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.polynomials import polynomial
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.ops.shape import Squeeze, Unsqueeze
from minigraph.ops.special import Erf

__all__ = ["SIMPLIFICATIONS", "constant_folding", "one_more_than_erf"]

SMALL = 64
"""Constants of at most this many elements are computed with while the program is made."""
TERMS = 16
"""How many of a sum's terms are compared for neighbouring parts: those before them were joined where they could be."""
TAIL = (0.562353785, 3.46022754, 8.42643357, 10.0044159)
TAIL_UNDER = (1.0, 6.0906957, 15.7020601, 19.7152072, 10.0044159)
"""1 − erf z is e^(−z²) times their quotient at z, for z ≥ 0: of the quotients of such degrees that of least error, 5e-10."""
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
    return next((x for x, number in orders if is_number(number, neutral) and x.shape == node.shape), None)


def constant_folding(node: Any) -> Node | None:
    """Constant folding: what is computed from small constants alone is a constant.

    >>> import minigraph as mg
    >>> constant_folding(mg.Constant(2.0) * 3.0).value
    array(6., dtype=float32)
    """
    if (
        not node.operands
        or node.dtype == object
        or not all(isinstance(each, Constant) and each.value.size <= SMALL for each in node.operands)
    ):
        return None
    with np.errstate(all="ignore"):
        value = compute(node, [operand.value for operand in node.operands])
    return Constant(value, dtype=node.dtype) if np.size(value) <= SMALL else None


def times_minus_one(node: Any) -> Node | None:
    """x · (−1) and x / (−1) are −x; and where x is a difference, or a sum of differences, these the other way round.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N", 2))
    >>> outline(times_minus_one(x / -1)), outline(times_minus_one((x - y) * -1))
    ('Neg(x)', 'Sub(y, x)')
    """
    if type(node) not in (Div, Mul) or not is_number(node.operands[1], -1) or node.operands[0].shape != node.shape:
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
    >>> from minigraph.compiler.driver import outline
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
    >>> from minigraph.compiler.driver import outline
    >>> outline(product_with_one(mg.Constant([1.0]) @ mg.Input("A", (1, 3))))
    'Squeeze(A)'
    """
    if type(node) is not MatMul or node.operands[0].shape != (1,) or not node.ndim or not is_number(node.operands[0], 1):
        return None
    return Squeeze(node.operands[1], axes=(0,))


def one_more_than_erf(node: Any) -> Node | None:
    """1 + erf z in single precision: a third of the passes that erf takes, which is as exact near 0, where 1 is added.

    It is 1 + s − s · (1 − erf |z|), where s is the sign of z, and so keeps the digits of the tail.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(one_more_than_erf(1 + mg.Erf(mg.Input("z", ("N", 2)))))[:46]
    'Sub(Add(1, Clip(Mul(z, 1e+30))), Mul(Clip(Mul('
    """
    if type(node) is not Add or node.dtype != np.float32:
        return None
    for one, erf in (node.operands, node.operands[::-1]):
        if type(erf) is Erf and is_number(one, 1) and erf.shape == node.shape and erf.operands[0].dtype == node.dtype:
            z: Any = erf.operands[0]
            sign: Any = np.clip(z * 1e30, -1, 1)  # np.sign takes twice as long
            far: Any = np.clip(np.abs(z), 0, 1e9)
            rest = np.exp(_minus_square(z)) * polynomial(far, TAIL) / polynomial(far, TAIL_UNDER)
            new: Node = 1 + sign - sign * rest
            return new
    return None


def _minus_square(z: Any) -> Any:
    """−z², which for x / c is (−1 / c²) · x²: GELU's derivative has that, too."""
    x, c = z.operands if type(z) is Div else (z, None)
    if not isinstance(c, Constant) or c.shape or x.shape != z.shape:
        return -z * z
    return -1 / float(c.value) ** 2 * (x * x)


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
    >>> from minigraph.compiler.driver import outline
    >>> x = mg.Input("x", ("N", 4))
    >>> (dx,) = mg.gradient((np.sin(x[:, :2]) + np.cos(x[:, 2:])).sum(), [x])
    >>> type(dx), type(neighbouring_parts(dx))
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
    if not isinstance(start, int) or not isinstance(term.shape[axis], int):
        return None
    start, _, _ = slice(start, None).indices(term.shape[axis])  # of an axis that was named it may count from the end
    size = sizes[axis]
    return _Part(axis, start, start + size, term) if isinstance(size, int) else None


def _whole(total: Node, run: list[_Part]) -> Node:
    """One part in the place of several that follow each other: all of the total, or what is put in its place again."""
    axis, start, end = run[0].axis, run[0].start, run[-1].end
    whole = Concat(*[piece for part in run for piece in _pieces(part)], axis=axis)
    if whole.shape == total.shape:
        return whole
    shape = run[0].scattered.operands[1 if type(run[0].scattered) is ScatterSlice else 2]
    return ScatterSlice(whole, shape, starts=(start,), ends=(end,), axes=(axis,))


def _pieces(part: _Part) -> tuple[Node, ...]:
    """What a part is made of: each of those that were joined before."""
    updates = part.scattered.operands[0]
    if type(part.scattered) is ScatterAdd:
        return (Unsqueeze(updates, axes=part.axis),)
    return updates.operands if type(updates) is Concat and updates.axis == part.axis else (updates,)


SIMPLIFICATIONS = (
    unmoved,
    double_negation,
    neutral_element,
    constant_folding,
    times_minus_one,
    negated_divisor,
    reduction_of_one,
    product_with_one,
    neighbouring_parts,
)
"""In the order in which they are tried."""
