"""A rule read with bounds: given between what its operands lie, it gives between what its value lies.

Bounds are put through NumPy's functions as numbers are, by the arithmetic of `interval.py`.
"""

import math
from collections.abc import Callable, Collection, Iterable
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.sizes import non_negative
from minigraph.readings.interval import (
    INF,
    READ,
    Bounds,
    absolute,
    add,
    alike,
    divide,
    multiply,
    negative,
    of,
    power,
    reciprocal,
    squared,
    subtract,
)  # fmt: skip

__all__ = ["Bounds", "bounds_of"]


def bounds_of(
    nodes: Iterable[Node], known: Collection[Node] = (), of_now: bool = True, found: dict[Node, Bounds] | None = None
) -> dict[Node, Bounds]:
    """The bounds of every node of a topological order, each read from the `forward` of its operation.

    A variable is taken never to become 0 unless it holds a 0 now; of those that are `known`, it is taken to stay what it is. An
    input may be anything, and without `of_now` a variable too. What was `found` of other nodes before is added to.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> spread = np.sqrt((x * x).mean() + 1e-5)
    >>> bounds_of(mg.Graph(spread).nodes)[spread].low > 0
    True
    """
    found = {} if found is None else found
    for node in nodes:
        read = _of_leaf(node, node in known, of_now) if not node.operands else _of_operation(node, found)
        bounds = found[node] = alike(read)
        bounds.shape, bounds.dtype, bounds.ndim = node.shape, node.dtype, node.ndim
    return found


def _of_leaf(leaf: Node, known: bool, of_now: bool) -> Bounds:
    value = leaf.value if isinstance(leaf, Constant) else leaf.current_array if known and isinstance(leaf, Variable) else None
    if value is not None and value.size:
        return Bounds(float(value.min()), float(value.max()), bool(value.all()))
    if isinstance(leaf, Sizes) and all(non_negative(size) == size for size in leaf.sizes):
        return Bounds(low=0.0)
    return Bounds(nonzero=of_now and isinstance(leaf, Variable) and bool(leaf.current_array.all()))


def _of_operation(node: Node, found: dict[Node, Bounds]) -> Bounds:
    try:
        value = node.forward(*(found[operand] for operand in node.operands))
    except Exception:  # a rule that only numbers can be put through: nothing is known but what the operation says itself
        return Bounds(*getattr(node, "interval", ()))
    return value if isinstance(value, Bounds) else Bounds()


def together(values: Any, *attributes: Any) -> Bounds:
    """The elements of several values side by side."""
    lows, highs, nonzero = zip(*((b.low, b.high, b.nonzero) for b in map(of, values)), strict=True)
    return Bounds(min(lows), max(highs), all(nonzero))


def growing(function: Callable[[float], float], low: float = -INF, high: float = INF, zero: bool = True) -> Any:
    """How a function that grows from `low` to `high` is read: at the ends; `zero` says whether it is 0 at 0 alone."""

    def read(x: Bounds) -> Bounds:
        ends = []
        for end, beyond in ((x.low, low), (x.high, high)):
            value = float(function(end)) if end not in (-INF, INF) or beyond is None else beyond
            ends.append(min(max(value, low), high) if not math.isnan(value) else beyond)
        return Bounds(ends[0], ends[1], x.nonzero if zero else low >= 0)

    return read


def total(x: Bounds, *attributes: Any) -> Bounds:
    """The sum over any axes: of one sign where its elements are."""
    low, high = x.low if x.low >= 0 else -INF, x.high if x.high <= 0 else INF
    return Bounds(low, high, x.nonzero and (x.low >= 0 or x.high <= 0), ("total", x))


def count(x: Bounds, *attributes: Any) -> Bounds:
    """How many elements there are along any axes: one or more."""
    return Bounds(1, about=("count", x))


def product(x: Bounds, *attributes: Any) -> Bounds:
    """The product over any axes: it stays within 0 and 1."""
    return Bounds(0, 1 if x.high <= 1 else INF, x.nonzero) if x.low >= 0 else Bounds(nonzero=x.nonzero)


def mean(x: Bounds, *attributes: Any) -> Bounds:
    """The mean over any axes."""
    return divide(total(x), count(x))


def exponential(x: Bounds) -> Bounds:
    """eˣ."""
    found = growing(np.exp, 0, zero=False)(x)
    return Bounds(found.low, found.high, True, ("exponential", x))


def logarithm(x: Bounds) -> Bounds:
    """ln x; that of a sum of powers is at least the largest of their exponents."""
    found = growing(np.log, zero=False)(x)
    summed = x.about[1] if x.about[0] == "total" else x
    is_sum = summed is not x and summed.about[0] == "exponential"
    return Bounds(found.low, found.high, found.nonzero, ("at least", *summed.about[1:]) if is_sum else ("",))


def partial_sums(x: Bounds, *attributes: Any) -> Bounds:
    """The sums of the first elements, or of none."""
    found = total(x)
    return Bounds(found.low, found.high)


def largest(x: Bounds, *attributes: Any) -> Bounds:
    """The largest element over any axes."""
    return Bounds(x.low, x.high, x.nonzero, ("at least", x))


def maximum(a: Bounds, b: Bounds) -> Bounds:
    """The larger of two, element by element."""
    positive = (a.low >= 0 and a.nonzero) or (b.low >= 0 and b.nonzero)
    smaller = [each for x in (a, b) for each in (x, *(x.about[1:] if x.about[0] == "at least" else ()))]
    return Bounds(max(a.low, b.low), max(a.high, b.high), positive or (a.nonzero and b.nonzero), ("at least", *smaller))


def added_powers(a: Bounds, b: Bounds) -> Bounds:
    """ln(eᵃ + eᵇ), which is above both."""
    low, high = (float(np.logaddexp(*ends)) for ends in ((a.low, b.low), (a.high, b.high)))
    return Bounds(low, high, max(a.low, b.low) >= 0, ("at least", a, b))


def minimum(a: Bounds, b: Bounds) -> Bounds:
    """The smaller of two, element by element."""
    return Bounds(min(a.low, b.low), min(a.high, b.high), a.nonzero and b.nonzero)


def clip(x: Bounds, *ends: Any) -> Bounds:
    """A value kept between two others, where there are two."""
    return minimum(maximum(x, of(ends[0])), of(ends[1])) if len(ends) == 2 and None not in ends else Bounds()


def einsum(subscripts: Any, *operands: Bounds) -> Bounds:
    """A product of several, summed over some axes."""
    return total(reduce(multiply, map(alike, map(of, operands))))


def matmul(a: Bounds, b: Bounds) -> Bounds:
    """A product of matrices: sums of products."""
    return total(multiply(alike(a), alike(b)))  # two products of one value are no squares


def equal(a: Bounds, b: Bounds) -> Bounds:
    """Whether a = b."""
    return Bounds(0, 1, about=("unless", a) if b.low == b.high == 0 else ("",))


def not_equal(a: Bounds, b: Bounds) -> Bounds:
    """Whether a ≠ b."""
    return Bounds(0, 1, about=("if", a, -INF) if b.low == b.high == 0 else ("",))


def greater(a: Bounds, b: Bounds) -> Bounds:
    """Whether a > b."""
    return Bounds(0, 0 if a.high <= b.low else 1, about=("if", a, b.low) if b.low >= 0 else ("",))


def where(condition: Bounds, a: Bounds, b: Bounds) -> Bounds:
    """a or b; one that is taken only where it is not 0 is never 0."""
    about = condition.about
    if about[0] == "unless" and about[1] is b:
        b = Bounds(b.low, b.high, nonzero=True)
    if about[0] == "if" and about[1] is a:
        a = Bounds(max(a.low, about[2]), a.high, nonzero=True)
    return together((a, b))


def cast(x: Bounds, dtype: Any) -> Bounds:
    """The same number in another type; one cut to a whole number may become 0."""
    whole = np.dtype(dtype).kind != "f"
    return Bounds(x.low, x.high, x.nonzero and not whole, x.about)


def between(low: float, high: float = INF) -> Any:
    """How a function is read that is bounded whatever it is given."""
    return lambda *operands: Bounds(low, high)


READ.update({
    np.add: add, np.subtract: subtract, np.multiply: multiply, np.divide: divide, np.negative: negative, np.positive: alike,
    np.reciprocal: reciprocal, np.power: power, np.square: squared, np.absolute: absolute, np.matmul: matmul,
    np.exp: exponential, np.expm1: growing(np.expm1, -1), np.log: logarithm, np.prod: product,
    np.log1p: growing(np.log1p), np.sqrt: growing(np.sqrt, 0), np.tanh: growing(np.tanh, -1, 1),
    np.arctan: growing(np.arctan, -2, 2), np.sinh: growing(np.sinh), np.arcsinh: growing(np.arcsinh),
    np.sign: growing(np.sign, -1, 1), np.sin: between(-1, 1), np.cos: between(-1, 1), np.cosh: between(1),
    np.maximum: maximum, np.minimum: minimum, np.logaddexp: added_powers, np.sum: total, np.cumsum: partial_sums,
    np.max: largest, np.min: alike, np.mean: mean, np.clip: clip, np.einsum: einsum,
    np.where: where, np.equal: equal, np.not_equal: not_equal, np.greater: greater,
    **dict.fromkeys((np.greater_equal, np.less, np.less_equal, np.logical_and, np.logical_or, np.logical_not), between(0, 1)),
    np.size: count, np.shape: between(1), np.astype: cast, np.concatenate: together, np.stack: together,
    **dict.fromkeys(
        (np.reshape, np.transpose, np.matrix_transpose, np.swapaxes, np.broadcast_to, np.expand_dims, np.squeeze, np.ravel,
         np.repeat, np.tile, np.take, np.take_along_axis, np.flip, np.roll, np.sort, np.copy,
         np.lib.stride_tricks.sliding_window_view),
        alike,
    ),
})  # fmt: skip
