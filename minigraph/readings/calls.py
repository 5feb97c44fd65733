"""How calls of NumPy's functions are written that have a sign of their own, or say where their elements are."""

from functools import partial
from typing import Any

import numpy as np

from minigraph.core.shapes import broadcast
from minigraph.readings.expression import Expression, number_of, same
from minigraph.readings.formula import (
    WRITERS,
    Formula,
    Unreadable,
    elementwise,
    itself,
    layout_of,
    together,
    tree_of,
)
from minigraph.readings.layout import Layout, format_axes

__all__ = ["transposed"]


def _times_magnitude(a: Any, b: Any) -> Any:
    return a * np.absolute(b)


def _squared(a: Any, two: Any) -> Any:
    return a * a


def _of_those(a: Formula) -> tuple[Formula, ...]:
    """What a quotient or a negative is of, where that has its shape."""
    return a.of_those if a.of_those and together(a.of_those) == a.shape else ()


def _times_one(one: Formula, other: Formula) -> Formula:
    """What has a factor, or a divisor, of 1 or −1: written without it; what is computed is repeated to the shape of both."""
    shape = together((one, other))
    repeated = Expression("same", (other.tree, one.tree), "", np.multiply if number_of(one.tree) == 1 else _times_magnitude)
    found = elementwise(lambda _, each: each.tree if each.shape == shape else repeated, [one, other])
    found.of_those = other.of_those
    return found


def _multiply(self: Formula, operands: Any, options: Any) -> Formula:
    return _product(*map(self.of, operands))


def _product(a: Formula, b: Formula) -> Formula:
    if a.tree.form == "quotient" and _of_those(a):  # what multiplies a quotient goes above the line
        above, below = a.of_those
        return _quotient(_product(above, b), below)
    for one, other in ((a, b), (b, a)):
        if number_of(one.tree) == 1:
            return _times_one(one, other)
        if number_of(one.tree) == -1:
            return elementwise(lambda each: tree_of("negative", np.negative, [each]), [_times_one(one, other)])
    if same(a.tree, b.tree):
        return Formula(tree_of("power", _squared, [a, a.of(2)]), a.shape, None, a.layout)
    shape = together((a, b))
    if layout_of((a, b), shape) is None:
        for column, row in ((a, b), (b, a)):
            if column.layout == (column.ndim - 2,) and row.layout == (row.ndim - 1,):
                return Formula(_outer(column, row), shape, None, (len(shape) - 2, len(shape) - 1))
    scalar = (() in (a.shape, b.shape) and not _is_hole(a.tree)) or number_of(a.tree) is not None
    return elementwise(lambda *each: tree_of("scaled" if scalar else "product", np.multiply, each), [a, b])


def _is_hole(tree: Expression) -> bool:
    """Whether it is the gradient that arrives, which may be of any shape."""
    return tree.form == "name" and tree.word == "□"


def _outer(column: Formula, row: Formula) -> Expression:
    """The product of each element of one vector and each of another, as a matrix."""
    turned = Expression("transpose", (row.tree,), "", itself, reading=itself)
    return Expression("matmul", (column.tree, turned), "", np.multiply, reading=np.multiply.outer)


def _divide(self: Formula, operands: Any, options: Any) -> Formula:
    return _quotient(*map(self.of, operands))


def _quotient(a: Formula, b: Formula) -> Formula:
    if number_of(b.tree) == 1:
        return _times_one(b, a)
    if a.tree.form == "negative" and _of_those(a):
        return elementwise(partial(a.pointwise, np.negative), [_quotient(a.of_those[0], b)])
    return elementwise(partial(a.pointwise, np.divide), [a, b])


def _axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """The axes that a function goes over, counted from the first."""
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int | np.integer) else axis
    return tuple(sorted(int(each) % ndim for each in axes)) if ndim else ()


def _reduce(function: Any, self: Formula, operands: Any, options: Any) -> Formula:
    """A sum, or another function that makes one element of many. What is written keeps the axes, as axes of one element."""
    x, axis = self.of(operands[0]), options.get("axis")
    if axis == ():
        return Formula(tree_of("same", function, [x], options), x.shape, x.dtype, x.layout)
    axes, options = _axes(x.ndim, axis), {key: each for key, each in options.items() if each is not False}
    some = len(axes) < x.ndim
    if some or any(size != 1 and i not in x.layout for i, size in enumerate(x.shape)):
        x = x.exact()
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    layout: Layout = tuple(None if i in axes else i for i in range(x.ndim)) if some else ()
    if not options.get("keepdims"):
        shape, layout = tuple(x.shape[i] for i in kept), tuple(None if i is None else kept.index(i) for i in layout)
    over, form = format_axes(x.ndim, axis), "total" if function is np.sum else "call"
    word = over if function is np.sum else function.__name__
    reading = partial(function, axis=axes[0] if len(axes) == 1 else axes, keepdims=True) if some else function
    return Formula(Expression(form, (x.tree,), word, function, options, over=over, reading=reading), shape, None, layout)


def _matmul(self: Formula, operands: Any, options: Any) -> Formula:
    """A product of matrices. A row before a matrix, or a column behind one, may be written as a vector."""
    a, b = map(self.of, operands)
    row = a.ndim == 2 and a.layout == (1,) and a.shape[0] == 1
    column = b.ndim == 2 and b.layout == (0,) and b.shape[1] == 1
    a, b = a if row else a.exact(), b if column else b.exact()
    stack = broadcast(a.shape[:-2], b.shape[:-2])
    if stack is None:
        raise Unreadable
    shape = stack + a.shape[-2:][:-1] + b.shape[-2:][1:]
    unwritten = {len(shape) - 1} if column else set()
    if row:
        unwritten.add(len(shape) - min(b.ndim, 2))
    layout = tuple(axis for axis in range(len(shape)) if axis not in unwritten)
    return Formula(tree_of("matmul", np.matmul, [a, b]), shape, None, layout)


def _transpose(self: Formula, operands: Any, options: Any) -> Formula:
    a = self.of(operands[0])
    if a.ndim < 2 or (number_of(a.tree) is not None and all(size == 1 for size in a.shape)):
        return Formula(tree_of("same", np.transpose, [a]), a.shape, a.dtype, a.layout)
    order = _in_order(a.ndim, operands[1] if len(operands) > 1 else options.get("axes"))
    if order == tuple(range(a.ndim)):
        return Formula(tree_of("same", transposed, [a], {"axes": order}), a.shape, a.dtype, a.layout)
    a = a.exact()
    shape = tuple(a.shape[axis] for axis in order)
    if a.tree.function is transposed and [a.tree.options["axes"][axis] for axis in order] == list(range(a.ndim)):
        return Formula(a.tree.parts[0], shape, a.dtype)  # it was transposed before, the other way round
    matrices = order == (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2)
    form, settings = ("transpose", ()) if matrices else ("call", (f"({', '.join(map(str, order))})",))
    tree = Expression(form, (a.tree,), "transpose", transposed, {"axes": order}, settings=settings)
    return Formula(tree, shape, a.dtype)


def transposed(x: Any, axes: tuple[int, ...]) -> Any:
    """The axes in that order, as NumPy is asked for it most shortly."""
    return np.transpose(x) if axes == tuple(reversed(range(len(axes)))) else np.transpose(x, axes)


def _in_order(ndim: int, order: Any) -> tuple[int, ...]:
    return tuple(reversed(range(ndim))) if order is None else tuple(int(axis) % ndim for axis in order)


def _rearrange(function: Any, self: Formula, operands: Any, options: Any) -> Formula:
    """Another shape, which the operation's node says where it does not follow."""
    written = [self.of(operand) for operand in operands]
    found = Formula(tree_of("same", function, written, options), None)
    found.rearranges = written[0]
    if function is np.expand_dims and isinstance(operands[1], int):
        shape = list(written[0].shape)
        shape.insert(operands[1] % (len(shape) + 1), 1)
        found.settle(tuple(shape), written[0].dtype)
    return found


def _unchanged(function: Any, self: Formula, operands: Any, options: Any) -> Formula:
    x = self.of(operands[0])
    return Formula(tree_of("same", function, [x]), x.shape, x.dtype, x.layout)


def _take(self: Formula, operands: Any, options: Any) -> Formula:
    """Elements by their places along an axis, as an index: x[:, places]."""
    if not isinstance(options.get("axis"), int) or options.keys() != {"axis"}:
        return self.called(np.take, operands, options)
    x, places = (self.of(operand).exact() for operand in operands)
    over = ":, " * (options["axis"] % x.ndim)
    return Formula(Expression("item", (x.tree, places.tree), "", np.take, options, over=over), None)


OWN: dict[Any, Any] = {
    np.multiply: _multiply,
    np.divide: _divide,
    np.matmul: _matmul,
    np.transpose: _transpose,
    np.take: _take,
    **{each: partial(_unchanged, each) for each in (np.copy, np.positive)},
    **{each: partial(_rearrange, each) for each in (np.expand_dims, np.squeeze, np.reshape, np.broadcast_to)},
    **{each: partial(_reduce, each) for each in (np.sum, np.max, np.min, np.prod, np.mean, np.argmax, np.argmin)},
}
WRITERS.update(OWN)
