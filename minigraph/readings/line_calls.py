"""How each of NumPy's functions is called most shortly, on lines whose shapes are known."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from minigraph.core.shapes import broadcast
from minigraph.readings.lines import CALLS, SIZES, VIEW, Line, call, elementwise, is_number, number, one, plain, sizes

__all__ = ["REDUCTIONS", "repeated", "reshaped", "settled", "shaped"]

REDUCTIONS = {
    np.sum: "sum", np.mean: "mean", np.max: "max", np.min: "min", np.prod: "prod", np.argmax: "argmax", np.argmin: "argmin",
    np.any: "any", np.all: "all",
}  # fmt: skip
"""The functions that make one element of many, by the methods of arrays."""


def _multiply(first: Any, second: Any) -> Line | None:
    a, b = number(first), number(second)
    if a is b and not is_number(a):
        return call(np.power, (a, number(2)), {})
    for factor, other in ((a, b), (b, a)):
        if is_number(factor, 1) and other.shape is not None:
            return other
    for column, row in ((a, b), (b, a)):
        if _is_column(column) and row.shape is not None and (row.ndim == 1 or _is_row(row)):
            return _outer(column.operands[0], row.operands[0] if _is_row(row) else row)
    return None


def _outer(a: Line, b: Line) -> Line:
    if (a.ndim, b.ndim) != (1, 1):
        raise TypeError("An outer product is one of vectors.")
    return one(Line(np.outer, (a, b), {}, (*a.shape, *b.shape), "f" if "f" in a.kind + b.kind else "i"))


def _is_column(x: Line) -> bool:
    return x.function is VIEW and x.options["axes"] == (0, None) and x.operands[0].ndim == 1


def _is_row(x: Line) -> bool:
    return x.function is VIEW and x.options["axes"] == (None, 0) and x.operands[0].ndim == 1


def _unchanged_by(value: float) -> Callable[..., Line | None]:
    def without(a: Any, b: Any) -> Line | None:
        return a if is_number(b, value) and isinstance(a, Line) and a.shape is not None and a.kind == "f" else None

    return without


def _matmul(a: Any, b: Any) -> Line | None:
    a, b = number(a), number(b)
    if a.shape is None or b.shape is None:
        return None
    if _is_column(a) and _is_row(b):
        return _outer(a.operands[0], b.operands[0])
    if b.ndim == 2 and _is_column(b) and a.ndim == 2 and not _is_row(a):
        return view(call(np.matmul, (a, b.operands[0]), {}), (0, None))
    if _is_row(a) and b.ndim == 2 and not _is_column(b):
        return view(call(np.matmul, (a.operands[0], b), {}), (None, 0))
    if _is_row(a) and _is_column(b):
        return view(call(np.matmul, (a.operands[0], b.operands[0]), {}), (None, None))
    a, b = plain(np.matmul, [a, b])
    stack = broadcast(a.shape[:-2], b.shape[:-2])
    shape = None if stack is None else (*stack, *a.shape[-2:][:-1], *b.shape[-2:][1:])
    if b.ndim == 1:
        shape = a.shape[:-1]
    return one(Line(np.matmul, (a, b), {}, shape, "f" if "f" in a.kind + b.kind else "i"))


def view(x: Line, axes: tuple[Any, ...]) -> Line:
    """The value with axes of one element put in or left out."""
    if x.function is VIEW:
        before = x.options["axes"]
        return view(x.operands[0], tuple(None if axis is None else before[axis] for axis in axes))
    if axes == tuple(range(x.ndim)):
        return x
    shape = tuple(1 if axis is None else x.shape[axis] for axis in axes)
    if x.function in REDUCTIONS and isinstance(x.operands[0], Line) and x.operands[0].shape is not None:
        kept, over = x.options.get("keepdims", False), _over(x.operands[0], x.options.get("axis"))
        left = [i for i in range(x.operands[0].ndim) if i not in over]
        if kept and axes == tuple(left):
            return _reduced(x.function, x.operands[0], x.options | {"keepdims": False})
        if not kept and axes == tuple(None if i in over else left.index(i) for i in range(x.operands[0].ndim)):
            return _reduced(x.function, x.operands[0], x.options | {"keepdims": True})
    return one(Line(VIEW, (x,), {"axes": axes}, shape, x.kind))


def _over(x: Line, axis: Any) -> tuple[int, ...]:
    axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int | np.integer) else axis
    return tuple(sorted(int(each) % x.ndim for each in axes))


def _reduce(function: Any) -> Callable[..., Line | None]:
    def reduce(x: Any, **options: Any) -> Line | None:
        x = number(x)
        if x.shape is None or options.keys() - {"axis", "keepdims"}:
            return None
        return _reduced(function, x, options)

    return reduce


def _reduced(function: Any, x: Line, options: dict[str, Any]) -> Line:
    axis, kept = options.get("axis"), bool(options.get("keepdims"))
    over = _over(x, axis)
    if axis == () or (not over and x.ndim == 0):
        return x
    shape = tuple(1 if i in over else size for i, size in enumerate(x.shape) if kept or i not in over)
    given: dict[str, Any] = {} if len(over) == x.ndim and not kept else {"axis": over[0] if len(over) == 1 else over}
    if len(over) == x.ndim and kept:
        given = {"axis": None}
    counts = function in (np.argmax, np.argmin)
    kind = "i" if counts else "b" if function in (np.any, np.all) else "f" if function is np.mean else x.kind
    if function is np.sum and x.function is np.astype and x.operands[0].kind == "b":
        x = x.operands[0]  # truths are counted
    kind = "i" if kind == "b" and function not in (np.any, np.all) else kind
    return one(Line(function, (x,), given | ({"keepdims": True} if kept else {}), shape, kind))


def _transpose(given: Any, axes: Any = None) -> Line | None:
    x = number(given)
    if x.shape is None:
        return None
    order = tuple(range(x.ndim))[::-1] if axes is None else tuple(int(axis) % x.ndim for axis in axes)
    if order == tuple(range(x.ndim)):
        return x
    if x.function is np.transpose:
        before = x.options["axes"]
        inner: Line = x.operands[0]
        order, x = tuple(before[axis] for axis in order), inner
        if order == tuple(range(x.ndim)):
            return x
    if x.function is VIEW:
        axes = tuple(x.options["axes"][axis] for axis in order)
        old = [axis for axis in axes if axis is not None]
        if old == sorted(old):
            return view(x.operands[0], axes)
    return one(Line(np.transpose, (x,), {"axes": order}, tuple(x.shape[axis] for axis in order), x.kind))


def reshaped(x: Line, shape: Any) -> Line:
    """The same elements in another shape: where only axes of one element come or go, as an index says."""
    shape = tuple(shape)
    if x.shape == shape:
        return x
    if x.shape is not None:
        long = [i for i, size in enumerate(x.shape) if size != 1]
        if [x.shape[i] for i in long] == [size for size in shape if size != 1]:
            places = iter(long)
            return view(x, tuple(None if size == 1 else next(places) for size in shape))
    return one(Line(np.reshape, (x,), {"shape": shape}, shape, x.kind))


def _reshape(x: Any, shape: Any, **options: Any) -> Line | None:
    known = _sizes(shape)
    return None if options or known is None or -1 in known else reshaped(number(x), known)


def _sizes(shape: Any) -> tuple[Any, ...] | None:
    """A shape that is known, of sizes or of lines that hold some."""
    if isinstance(shape, Line):
        return shape.options["sizes"] if shape.function == SIZES and shape.shape else None
    known = shape.tolist() if isinstance(shape, np.ndarray) else shape
    if not isinstance(known, tuple | list):
        return None
    found = [each.options["sizes"] if isinstance(each, Line) and each.function == SIZES else each for each in known]
    found = [int(each.text) if is_number(each) else each for each in found]
    return None if any(isinstance(each, Line) for each in found) else tuple(found)


def _size(x: Any, axis: Any = None) -> Line | None:
    x = number(x)
    return None if x.shape is None else sizes(prod(x.shape[i] for i in _over(x, axis)))


def _shape(x: Any) -> Line | None:
    x = number(x)
    return None if x.shape is None else sizes(x.shape)


def _expand_dims(x: Any, axis: Any) -> Line | None:
    x = number(x)
    if x.shape is None:
        return None
    new = (axis,) if isinstance(axis, int) else axis
    ndim = x.ndim + len(new)
    places, old = {each % ndim for each in new}, iter(range(x.ndim))
    return view(x, tuple(None if i in places else next(old) for i in range(ndim)))


def _squeeze(x: Any, axis: Any = None) -> Line | None:
    x = number(x)
    if x.shape is None:
        return None
    gone = [i for i, size in enumerate(x.shape) if size == 1] if axis is None else _over(x, axis)
    return view(x, tuple(i for i in range(x.ndim) if i not in gone))


def repeated(x: Line, shape: Any) -> Line:
    """The value, broadcast to a shape."""
    if x.shape == tuple(shape):
        return x
    return one(Line(np.broadcast_to, (x,), {"shape": tuple(shape)}, tuple(shape), x.kind))


def _broadcast_to(x: Any, shape: Any) -> Line | None:
    x, known = number(x), _sizes(shape)
    return None if known is None or x.shape is None else repeated(x, known)


def settled(found: Line, node: Any) -> Line:
    """The line of a node, of its shape and type."""
    if found.shape is None:
        found.shape, found.kind = node.shape, node.dtype.kind
    found = shaped(found, node.shape)
    return found.astype(node.dtype) if found.kind in "biu" and node.dtype.kind == "f" and not is_number(found) else found


def shaped(written: Line, shape: Any) -> Line:
    """The line with that shape: its elements, or repeated."""
    if written.shape is None or written.shape == shape:
        return written
    if is_number(written):
        return repeated(written, shape)
    some = [size for size in written.shape if size != 1] == [size for size in shape if size != 1]
    if some or (np.prod(written.shape) if all(isinstance(each, int) for each in written.shape) else None) == _count(shape):
        return reshaped(written, shape)
    return repeated(written, shape)


def _count(shape: Any) -> Any:
    return np.prod(shape) if all(isinstance(each, int) for each in shape) else ""


def _take(x: Any, places: Any, axis: Any = None) -> Line | None:
    x, places = number(x), number(places)
    if x.shape is None or places.shape is None or axis is None:
        return None
    axis = axis % x.ndim
    shape = (*x.shape[:axis], *places.shape, *x.shape[axis + 1 :])
    return one(Line(np.take, (x, places), {"axis": axis}, shape, x.kind))


def _power(base: Any, exponent: Any) -> Line | None:
    x = number(base)
    if is_number(exponent, 1):
        return x
    if x.kind != "f" and (not is_number(exponent) or float(exponent.text) < 0):
        return elementwise(np.power, [x.astype(np.float64), number(exponent)])
    return None


def _negative(x: Any) -> Line | None:
    x = number(x)
    return elementwise(np.negative, [x.astype(np.float64)]) if x.kind == "b" else None


OWN: dict[Any, Callable[..., Line | None]] = {
    VIEW: view, np.outer: lambda a, b: _outer(number(a), number(b)),
    np.multiply: _multiply, np.matmul: _matmul, np.transpose: _transpose, np.reshape: _reshape, np.expand_dims: _expand_dims,
    np.squeeze: _squeeze, np.broadcast_to: _broadcast_to, np.take: _take, np.power: _power,
    np.negative: _negative, np.size: _size, np.shape: _shape,
    np.square: lambda x: call(np.power, (number(x), number(2)), {}),
    np.reciprocal: lambda x: call(np.divide, (number(1), number(x)), {}),
    np.subtract: _unchanged_by(0), np.divide: _unchanged_by(1), np.add: _unchanged_by(0),
    np.ravel: lambda x: reshaped(number(x), (-1,)) if number(x).ndim != 1 else number(x),
    **dict.fromkeys((np.copy, np.positive, np.ascontiguousarray), number),
    **{function: _reduce(function) for function in REDUCTIONS},
}  # fmt: skip
CALLS.update(OWN)
