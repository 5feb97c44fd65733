"""Identities of single operations: sums over axes, distributions, kinks and guards. Each says what it holds for."""

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.sizes import SymbolicSize
from minigraph.readings.algebra.context import Algebra, Found, kind, repeated, single
from minigraph.readings.algebra.pieces import counted, one_in_each, side_by_side
from minigraph.readings.algebra.products import Product, atom_of, built, product_of, times, to_the_power

__all__ = ["IDENTITIES"]


def constant_folding(algebra: Algebra, node: Node) -> Found | None:
    """What is computed from single numbers alone is a number."""
    if node.shape or node.dtype.kind not in "fb" or kind(node) == "StopGradient":
        return None
    if not all(isinstance(each, Constant) and not each.name and each.value.size == 1 for each in node.operands):
        return None
    with np.errstate(all="ignore"):
        value = np.asarray(node.forward(*(each.value for each in node.operands)))  # type: ignore[attr-defined]
    return Found(Constant(value, dtype=node.dtype)) if value.shape == () and np.isfinite(value) else None


def sum_of_product(algebra: Algebra, node: Any) -> Found | None:
    """Σ c · x = c · Σ x for a c that is the same along the axes, Σ c = n · c, and Σ p = 1 for a distribution."""
    (x,), axes = node.operands, tuple(node.axes) if isinstance(node.axes, tuple | list) else (node.axes,)
    if node.dtype.kind != "f" or node.axes is None:
        return None
    product = product_of(algebra, x)
    axes = tuple(sorted(axis % x.ndim for axis in axes))
    outside = {
        key: each for key, each in product.factors.items() if _same_along(each[0], axes, x.ndim, node.keepdims)
    }  # fmt: skip
    inside = {key: each for key, each in product.factors.items() if key not in outside}
    covered = [any(_size(each, axis, x.ndim) != 1 for each, _ in inside.values()) for axis in axes]
    repeats = [x.shape[axis] for axis, own in zip(axes, covered, strict=True) if not own and x.shape[axis] != 1]
    scale = Product(product.number, outside, product.conditions)
    if repeats:
        scale = times(algebra, scale, _count(algebra, repeats, node))
    axes = tuple(axis for axis, own in zip(axes, covered, strict=True) if own)
    if not axes:  # nothing is left that differs along them
        if inside and not node.keepdims:
            return None
        whole = times(algebra, scale, Product(Fraction(1), inside))
        return Found(built(algebra, whole, node), whole.conditions)
    if not outside and not repeats and product.number == 1 and _sums_to_one(algebra, inside, axes, x) is None:
        return None
    one = _sums_to_one(algebra, inside, axes, x)
    if one is not None:
        whole = Product(scale.number, scale.factors, scale.conditions | one.conditions)
        return Found(built(algebra, whole, node), whole.conditions)
    if repeats and not node.keepdims:
        return None
    shape = x.shape
    if repeats:
        shape = tuple(size if not _repeats_here(i, inside, x.ndim) else 1 for i, size in enumerate(x.shape))
    inner: Any = built(algebra, Product(Fraction(1), inside), x, shape)
    if inner.ndim != x.ndim:
        return None
    total: Any = np.sum(inner, axis=axes, keepdims=node.keepdims)
    whole = times(algebra, scale, atom_of(algebra, total))
    return Found(built(algebra, whole, node), whole.conditions)


def _repeats_here(axis: int, inside: Any, ndim: int) -> bool:
    return all(_size(node, axis, ndim) == 1 for node, _ in inside.values())


def _size(node: Node, axis: int, ndim: int) -> Any:
    """How many elements a factor has along an axis of the product."""
    own = axis - (ndim - node.ndim)
    return node.shape[own] if own >= 0 else 1


def _same_along(node: Node, axes: tuple[int, ...], ndim: int, keepdims: bool) -> bool:
    """Whether a factor is the same along the axes, and meets the sum as it meets the product."""
    if any(_size(node, axis, ndim) != 1 for axis in axes):
        return False
    return keepdims or all(axis < ndim - node.ndim for axis in axes) or all(size == 1 for size in node.shape)


def _count(algebra: Algebra, sizes: list[Any], like: Node) -> Product:
    """How many elements there are along some axes."""
    number = prod(size for size in sizes if not isinstance(size, SymbolicSize))
    named: Any = prod((size for size in sizes if isinstance(size, SymbolicSize)), start=1)
    found = Product(Fraction(number))
    if isinstance(named, SymbolicSize):
        size: Any = Sizes(named).astype(like.dtype)
        found = times(algebra, found, product_of(algebra, size))
    return found


def _sums_to_one(algebra: Algebra, inside: Any, axes: tuple[int, ...], x: Node) -> Found | None:
    """Σ p = 1 for what a softmax gives along its axis, and for labels written as ones and zeros; for nothing else."""
    if len(inside) != 1 or len(axes) != 1:
        return None
    ((node, exponent),) = inside.values()
    while kind(node) in ("Cast", "Identity") and node.operands[0].dtype.kind in "fb":
        node = node.operands[0]
    if exponent == 1 and kind(node) == "Equal" and node.shape == x.shape:
        needed = algebra.given(counted(algebra, node.operands[0]), "≥", 0)  # one below 0 counts from the end
        within = algebra.is_index(node.operands[0], node.operands[1], axes[0])
        return Found(node, needed) if within and needed is not None else None
    if exponent != 1 or kind(node) not in ("Softmax", "OneHot") or node.shape != x.shape:
        return None
    return Found(node) if node.axis % node.ndim == axes[0] else None


def product_with_ones(algebra: Algebra, node: Any) -> Found | None:
    """A · (c, c, …)ᵀ = c · Σ A over its columns, and (c, c, …) · A = c · Σ A over its rows."""
    for vector, matrix, axis in ((node.operands[1], node.operands[0], 1), (node.operands[0], node.operands[1], 0)):
        if vector.ndim != 1 or matrix.ndim != 2 or algebra.is_atom(vector):
            continue
        product = product_of(algebra, vector)
        if any(not single(each.shape) for each, _ in product.factors.values()):
            continue
        if kind(matrix) == "Transpose" and not algebra.is_atom(matrix):
            matrix, axis = matrix.operands[0], 1 - axis
        total: Any = np.sum(matrix, axis=axis)
        whole = times(algebra, product, atom_of(algebra, total))
        return Found(built(algebra, whole, node), whole.conditions)
    return None


def where_maximum(algebra: Algebra, node: Any) -> Found | None:
    """[a = m] / ([a = m] + [b = m]) = [a > b] for m = max(a, b), and [a < b] for the minimum, where a ≠ b."""
    if kind(node) not in ("Mul", "Div"):
        return None
    product = product_of(algebra, node)
    for key, (below, exponent) in product.factors.items():
        if exponent != -1 or kind(below) != "Add" or algebra.is_atom(below):
            continue
        for mine, other in (below.operands, below.operands[::-1]):
            won = _ties(mine), _ties(other)
            if None in won or won[0][1] is not won[1][1] or algebra.key(mine) not in product.factors:  # type: ignore[index]
                continue
            a, b = won[0][0], won[1][0]  # type: ignore[index]
            needed = algebra.given(a, "≠", b)
            if needed is None:
                continue
            greater = kind(won[0][1]) == "Max"  # type: ignore[index]
            holds: Any = np.greater(a, b) if greater else np.less(a, b)
            mask = holds.astype(node.dtype)
            left = {each: value for each, value in product.factors.items() if each not in (key, algebra.key(mine))}
            rest = Product(product.number, left, product.conditions | needed)
            whole = times(algebra, rest, atom_of(algebra, mask))
            return Found(built(algebra, whole, node), whole.conditions)
    return None


def _ties(node: Node) -> tuple[Node, Node] | None:
    """Of [a = m], a and m, an extreme of a and another."""
    while kind(node) == "Cast":
        node = node.operands[0]
    if kind(node) != "Equal":
        return None
    for a, m in (node.operands, node.operands[::-1]):
        if kind(m) in ("Max", "Min") and len(m.operands) == 2 and a in m.operands:
            return a, m
    return None


def power_lowered(algebra: Algebra, node: Any) -> Found | None:
    """n · x^where(n = 0, 0, n − 1) = n · x^(n − 1), where x ≠ 0: it is 0 · 0⁻¹ at the points that are excluded."""
    if kind(node) not in ("Mul", "Div"):
        return None
    product = product_of(algebra, node)
    for key, (power, exponent) in product.factors.items():
        if kind(power) != "Pow" or algebra.is_atom(power) or exponent != 1 or kind(power.operands[1]) != "Where":
            continue
        base, guarded = power.operands
        condition, zero, lowered = guarded.operands
        if kind(condition) != "Equal" or algebra.number(zero) != 0 or algebra.number(condition.operands[1]) != 0:
            continue
        n = condition.operands[0]
        if product.factors.get(algebra.key(n), (None, 0))[1] != 1:
            continue
        needed = algebra.given(base, "≠", evident=True)
        if needed is None:
            continue
        plain: Any = np.power(base, lowered)
        left = {each: value for each, value in product.factors.items() if each != key}
        rest = Product(product.number, left, product.conditions | needed)
        whole = times(algebra, rest, atom_of(algebra, plain))
        return Found(built(algebra, whole, node), whole.conditions)
    return None


def guarded_logarithm(algebra: Algebra, node: Any) -> Found | None:
    """where(x > 0, f(ln where(x > 0, x, 1)), 0) = f(ln x), where x > 0; elsewhere there is no logarithm."""
    condition, value, other = node.operands
    if kind(condition) != "Greater" or algebra.number(condition.operands[1]) != 0 or algebra.number(other) != 0:
        return None
    x = condition.operands[0]
    found = repeated(_unguarded(algebra, value, condition), node.shape)
    below = topological_order([found], operands=lambda each: () if algebra.is_atom(each) else each.operands)
    needed = algebra.given(x, ">", evident=any(kind(each) == "Log" and each.operands[0] is x for each in below))
    return None if needed is None else Found(found, needed)


def guarded_divisor(algebra: Algebra, node: Any) -> Found | None:
    """x / where(d = 0, 1, d) = x / d, where d ≠ 0: elsewhere nothing can be divided by it."""
    product = product_of(algebra, node)
    for key, (below, exponent) in product.factors.items():
        if exponent >= 0 or kind(below) != "Where" or algebra.is_atom(below):
            continue
        condition, one, d = below.operands
        if kind(condition) != "Equal" or algebra.number(condition.operands[1]) != 0 or algebra.number(one) is None:
            continue
        needed = algebra.given(d, "≠", evident=True) if algebra.key(condition.operands[0]) == algebra.key(d) else None
        if needed is not None:
            rest = Product(product.number, {k: each for k, each in product.factors.items() if k != key}, product.conditions)
            whole = times(algebra, rest, to_the_power(algebra, product_of(algebra, d), exponent))
            return Found(built(algebra, whole, node), whole.conditions | needed)
    return None


def _unguarded(algebra: Algebra, node: Node, condition: Node) -> Node:
    """The node where a condition holds: what it chooses is chosen."""
    done: dict[Node, Node] = {}
    for each in topological_order([node], operands=lambda each: () if algebra.is_atom(each) else each.operands):
        if algebra.is_atom(each):
            done[each] = each
        elif kind(each) == "Where" and algebra.key(each.operands[0]) == algebra.key(condition):
            done[each] = repeated(done[each.operands[1]], each.shape)
        else:
            operands = tuple(done[operand] for operand in each.operands)
            done[each] = each if operands == each.operands else altered(each, operands=operands)
    return done[node]


def sign_of_magnitude(algebra: Algebra, node: Any) -> Found | None:
    """sign(x) · |x| = x."""
    if kind(node) != "Mul":
        return None
    for a, b in (node.operands, node.operands[::-1]):
        if kind(a) == "Sign" and kind(b) == "Abs" and algebra.key(a.operands[0]) == algebra.key(b.operands[0]):
            return Found(repeated(a.operands[0], node.shape))
    return None


Identity = Callable[[Algebra, Any], Found | None]

IDENTITIES: dict[str, tuple[Identity, ...]] = {
    "Add": (side_by_side,),
    "ScatterElements": (one_in_each,),
    "ReduceSum": (sum_of_product,),
    "MatMul": (product_with_ones,),
    "Where": (guarded_logarithm,),
    "Mul": (where_maximum, guarded_divisor, power_lowered, sign_of_magnitude),
    "Div": (where_maximum, guarded_divisor),
}
"""The identities of each operation, by its name."""
