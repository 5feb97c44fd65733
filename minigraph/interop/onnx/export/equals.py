"""Operations that ONNX does not have, as nodes that compute the same of those that it has.

These are operations whose own rule is one call of NumPy, or a loop, which composes no others.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node, Sizes
from minigraph.interop.onnx.export.elimination import cholesky, inverse, log_abs_det, sign_det, solve
from minigraph.interop.onnx.export.places import col2im, counts, im2col, scatter_add, scatter_nd, scatter_slice
from minigraph.ops import OPERATIONS
from minigraph.ops.cumulative import Recurrence, Shift
from minigraph.ops.loops import scan
from minigraph.ops.norms import Largest
from minigraph.ops.pooling import Counts
from minigraph.ops.random import RandomUniform
from minigraph.ops.sizes import Range

__all__ = ["EQUAL"]

Equal = Callable[..., Any]


def _log1p(node: Node, x: Any) -> Any:
    """log(u) · x / (u − 1) with u = 1 + x, which the rounding of u does not harm; W. Kahan."""
    u = 1 + x
    moved = u - 1
    exact = np.logical_or(np.equal(moved, 0), np.isinf(u))
    scaled = np.log(u) * (x / np.where(exact, 1, moved))
    return np.where(np.equal(moved, 0), x, np.where(np.isinf(u), np.log(u), scaled))


def _expm1(node: Node, x: Any) -> Any:
    """tanh(x / 2) · (eˣ + 1), exact where x is small."""
    return np.tanh(x / 2) * (np.exp(x) + 1)


def _cbrt(node: Node, x: Any) -> Any:
    """|x|^(1/3) with the sign of x, after one step of Newton's method."""
    size = np.abs(x)
    root = size ** (1 / 3)
    nonzero = np.logical_and(np.greater(size, 0), np.isfinite(size))
    square = np.where(nonzero, root * root, 1)
    return np.sign(x) * np.where(nonzero, root - (root - size / square) / 3, root)


def _hypot(node: Node, a: Any, b: Any) -> Any:
    """The longer one times √(1 + q²), so that no square overflows."""
    longer, shorter = np.maximum(np.abs(a), np.abs(b)), np.minimum(np.abs(a), np.abs(b))
    plain = np.logical_or(np.equal(longer, 0), np.isinf(longer))
    ratio = np.where(plain, 0, shorter) / np.where(plain, 1, longer)
    return longer * np.sqrt(1 + ratio * ratio)


def _log_add_exp(node: Node, a: Any, b: Any) -> Any:
    """The larger one plus ln(1 + e^−|a − b|); of two equal infinities the difference would be none."""
    gap = np.where(np.equal(a, b), 0, np.abs(a - b))
    return np.maximum(a, b) + np.log1p(np.exp(-gap))


def _atan2(node: Node, a: Any, b: Any) -> Any:
    """The angle of the point (b, a): the arctangent of its smaller coordinate over the larger one, turned into its octant."""
    y, x = np.abs(a), np.abs(b)
    steep, both = np.greater(y, x), np.equal(y, x)
    low, high = np.minimum(x, y), np.maximum(x, y)
    ratio = np.where(both, np.where(np.equal(high, 0), 0, 1), low / np.where(np.equal(high, 0), 1, np.where(both, 1, high)))
    angle = np.arctan(ratio)
    angle = np.where(steep, math.pi / 2 - angle, angle)
    angle = np.where(np.signbit(b), math.pi - angle, angle)
    undefined = np.logical_or(np.isnan(a), np.isnan(b))
    return np.where(undefined, a + b, np.where(np.signbit(a), -angle, angle))


def _sign_bit(node: Node, x: Any) -> Any:
    """Less than 0, or a 0 whose reciprocal is."""
    return np.logical_or(np.less(x, 0), np.less(1 / x, 0))


def _mod(node: Any, a: Any, b: Any) -> Any:
    """ONNX's Mod of floating-point numbers has the sign of a."""
    if node.fmod or node.dtype.kind != "f":
        return None
    rest = OPERATIONS["Mod"](a, b, fmod=True)
    turned = np.logical_and(np.not_equal(rest, 0), np.logical_xor(np.less(rest, 0), np.less(b, 0)))
    return np.where(turned, rest + b, rest)


def _floor_divide(node: Any, a: Any, b: Any) -> Any:
    """What is left of a without the rest, divided; by an infinite number all that has another sign goes −1 times."""
    if node.dtype.kind != "f":
        return None
    rest = np.mod(a, b)
    quotient = np.where(np.isinf(b), np.where(np.equal(rest, a), 0, -1), np.round((a - rest) / b))
    return np.where(np.equal(b, 0), a / b, np.where(np.isnan(rest), rest, quotient))


def _search_sorted(node: Any, a: Any, v: Any) -> Any:
    """How many elements come before; what is no number comes last."""
    v = np.expand_dims(v, -1)
    before = np.logical_not(np.greater(a, v) if node.right else np.greater_equal(a, v))
    if a.dtype.kind == "f":
        counts_too = np.logical_or(np.isnan(v), np.logical_not(np.isnan(a))) if node.right else np.logical_not(np.isnan(a))
        before = np.logical_and(before, counts_too)
    return np.sum(before.astype(np.int64), axis=-1)


def _shift(node: Any, x: Any) -> Any:
    """Padded by one on one side, without the last on the other."""
    pads = [(0, 0)] * x.ndim
    pads[node.axis] = (0, 1) if node.reverse else (1, 0)
    padded = np.pad(x, pads, constant_values=node.first)
    return padded[(slice(None),) * node.axis + (slice(1, None) if node.reverse else slice(None, -1),)]


def _recurrence(node: Any, b: Any, c: Any) -> Any:
    """A loop along the axis."""
    b, c = np.moveaxis(b, node.axis, 0), np.moveaxis(c, node.axis, 0)
    zero = np.sum(b, axis=0) * 0 if b.ndim > 1 else Constant(0, dtype=b.dtype)

    def step(last: Any, given: Any) -> Any:
        new = given[0] + given[1] * last
        return new, new

    return np.moveaxis(scan(step, zero, (b, c), reverse=node.reverse)[1], 0, node.axis)


def _cum_prod(node: Any, x: Any) -> Any:
    """A loop along the axis."""
    along = np.moveaxis(x, node.axis, 0)
    shape = along.shape[1:]
    one = OPERATIONS["Expand"](Constant(1, dtype=x.dtype), Sizes(shape)) if shape else Constant(1, dtype=x.dtype)

    def step(last: Any, given: Any) -> Any:
        new = last * given
        return new, last if node.exclusive else new

    return np.moveaxis(scan(step, one, along, reverse=node.reverse)[1], 0, node.axis)


def _largest(node: Any, x: Any) -> Any:
    """The largest element, or 0: one more along an axis, so that there is one."""
    if node.axes:
        x = np.pad(x, [(0, int(i == node.axes[0])) for i in range(x.ndim)])
    return OPERATIONS["ReduceMax"](x, axes=node.axes, keepdims=node.keepdims)


def _one_hot(node: Any, indices: Any, sizes: Any = None) -> Any:
    """Where the place along the new axis is the index."""
    places = np.reshape(Range(0, node.depth), (-1, *(1,) * (indices.ndim - node.axis)))
    return np.equal(np.expand_dims(indices, node.axis).astype(np.int64), places).astype(node.to)


def _diag(node: Any, x: Any) -> Any:
    """The vector as a column or a row, where the place in the column and in the row are k gap."""
    k, n = node.k, node.shape[0]
    places: Any = Range(0, n)
    rows, columns = np.expand_dims(places, 1), np.expand_dims(places, 0)
    padded = np.pad(x, (0, abs(k)))
    return np.where(np.equal(columns - rows, k), np.expand_dims(padded, 1 if k >= 0 else 0), 0)


def _einsum(node: Any, *operands: Any) -> Any:
    """An axis of size 1 broadcasts in NumPy, and not in ONNX."""
    letters = node.equation.partition("->")[0].split(",")
    sizes: dict[str, Any] = {}
    for each, x in zip(letters, operands, strict=True):
        sizes |= {letter: size for letter, size in zip(each, x.shape, strict=True) if sizes.get(letter, 1) == 1}
    shapes = [tuple(sizes[letter] for letter in each) for each in letters]
    if all(shape == x.shape for shape, x in zip(shapes, operands, strict=True)):
        return None
    whole = [OPERATIONS["Expand"](x, Sizes(shape)) for shape, x in zip(shapes, operands, strict=True)]
    return OPERATIONS["Einsum"](*whole, equation=node.equation)


def _tile(node: Any, x: Any, sizes: Any = None) -> Any:
    """NumPy takes more repeats than axes, for new ones in front."""
    more = len(node.repeats) - x.ndim
    return OPERATIONS["Tile"](np.expand_dims(x, tuple(range(more))), repeats=node.repeats) if more else None


def _pad(node: Any, x: Any) -> Any:
    """What is repeated of an axis of known size is taken from it, as runtimes repeat it no more than once."""
    padded = [(axis, pair) for axis, pair in enumerate(node.widths(x)) if any(pair)]
    if node.mode not in ("reflect", "wrap") or not all(isinstance(x.shape[axis], int) for axis, _ in padded):
        return None
    less = node.taken(x)
    x = OPERATIONS["Slice"](x, **less) if less else x
    for axis, pair in padded:
        x = np.take(x, np.pad(np.arange(x.shape[axis]), pair, mode=node.mode), axis=axis)
    return x


def _bernoulli(node: Any, p: Any, state: Any) -> Any:
    """Where a number drawn from [0, 1) is smaller."""
    drawn = RandomUniform(p, state, stream=node.stream, to=np.float64)
    return np.less(drawn, p.astype(np.float64)).astype(node.dtype)


BY_NAME: dict[str, Equal] = {
    "Atan2": _atan2,
    "Bernoulli": _bernoulli,
    "Cbrt": _cbrt,
    "Cholesky": cholesky,
    "Col2Im": col2im,
    "CumProd": _cum_prod,
    "Diag": _diag,
    "Einsum": _einsum,
    "Expm1": _expm1,
    "FloorDivide": _floor_divide,
    "Hypot": _hypot,
    "Im2Col": im2col,
    "Inverse": inverse,
    "Log10": lambda node, x: np.log(x) * (1 / math.log(10)),
    "Log1p": _log1p,
    "Log2": lambda node, x: np.log(x) * (1 / math.log(2)),
    "LogAbsDet": log_abs_det,
    "LogAddExp": _log_add_exp,
    "Mod": _mod,
    "OneHot": _one_hot,
    "Pad": _pad,
    "ScatterAdd": scatter_add,
    "ScatterND": scatter_nd,
    "ScatterSlice": scatter_slice,
    "SearchSorted": _search_sorted,
    "SignBit": _sign_bit,
    "SignDet": sign_det,
    "Solve": solve,
    "Tile": _tile,
}
EQUAL: dict[type[Node], Equal] = {
    **{OPERATIONS[name]: equal for name, equal in BY_NAME.items()},
    Counts: counts,
    Largest: _largest,
    Recurrence: _recurrence,
    Shift: _shift,
}
"""What composes them, or None where ONNX has the operation with these attributes."""
