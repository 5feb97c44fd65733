"""How each of NumPy's functions is written as mathematics, once for all operations."""

from functools import partial
from typing import Any, cast

import numpy as np

from minigraph.core.shapes import broadcast
from minigraph.readings.columns import in_blocks
from minigraph.readings.expression import Expression, number_of, same
from minigraph.readings.formula import (
    WRITERS,
    Formula,
    Unreadable,
    broadcast_shape,
    elementwise,
    itself,
    layout_of,
    tree_of,
)
from minigraph.readings.layout import Layout, format_axes

__all__ = ["transposed"]


def _times_magnitude(a: Any, b: Any) -> Any:
    return a * np.absolute(b)


def _squared(a: Any, two: Any) -> Any:
    return np.multiply(a, a)  # a shape is a tuple


def _doubled(two: Any, a: Any) -> Any:
    return np.add(a, a)


def _reciprocal(one: Any, a: Any) -> Any:
    return np.reciprocal(a)


def _parts_of(a: Formula) -> tuple[Formula, ...]:
    """What a quotient or a negative is of, where that has its shape."""
    return a.operands if a.operands and broadcast_shape(a.operands) == a.shape else ()


def _times_one(one: Formula, other: Formula) -> Formula:
    """What has a factor, or a divisor, of 1 or −1: written without it; what is computed is repeated to the shape of both."""
    shape = broadcast_shape((one, other))
    repeated = Expression("same", (other.tree, one.tree), "", np.multiply if number_of(one.tree) == 1 else _times_magnitude)
    found = elementwise(lambda _, each: each.tree if each.shape == shape else repeated, [one, other])
    found.operands = other.operands
    return found


def _multiply(function: Any, operands: Any, options: Any) -> Formula:
    return _product(*map(Formula.of, operands))


def _product(a: Formula, b: Formula) -> Formula:
    if a.tree.form == "quotient" and _parts_of(a):  # what multiplies a quotient goes above the line
        above, below = a.operands
        return _quotient(_product(above, b), below)
    if b.tree.form == "quotient" and _parts_of(b) and number_of(b.operands[0].tree) == 1:
        return _quotient(a, b.operands[1])
    for one, other in ((a, b), (b, a)):
        if number_of(one.tree) == 1:
            return _times_one(one, other)
        if number_of(one.tree) == -1:
            return elementwise(lambda each: tree_of("negative", np.negative, [each]), [_times_one(one, other)])
    if same(a.tree, b.tree):
        return Formula(tree_of("power", _squared, [a, a.of(2)]), a.shape, None, a.layout)
    shape = broadcast_shape((a, b))
    if layout_of((a, b), shape) is None:
        for column, row in ((a, b), (b, a)):
            if column.layout == (column.ndim - 2,) and row.layout == (row.ndim - 1,):
                return Formula(_outer(column, row), shape, None, (len(shape) - 2, len(shape) - 1))
    scalar = (() in (a.shape, b.shape) and not _is_hole(a.tree)) or number_of(a.tree) is not None
    return elementwise(lambda *each: tree_of("scaled" if scalar else "product", np.multiply, each), [a, b])


def _is_hole(tree: Expression) -> bool:
    """Whether it is an incoming gradient, which may be of any shape."""
    return tree.form == "name" and tree.word == "□"


def _outer(column: Formula, row: Formula) -> Expression:
    """The product of each element of one vector and each of another, as a matrix."""
    transposed_row = Expression("transpose", (row.tree,), "", itself, reading=itself)
    return Expression("matmul", (column.tree, transposed_row), "", np.multiply, reading=np.multiply.outer)


def _divide(function: Any, operands: Any, options: Any) -> Formula:
    return _quotient(*map(Formula.of, operands))


def _quotient(a: Formula, b: Formula) -> Formula:
    if number_of(b.tree) == 1:
        return _times_one(b, a)
    if a.tree.form == "negative" and _parts_of(a):
        return elementwise(partial(_pointwise, np.negative), [_quotient(a.operands[0], b)])
    if a.tree.form == "quotient" and _parts_of(a) and same(a.operands[1].tree, b.tree):
        return _quotient(a.operands[0], _product(b, b))
    return elementwise(partial(_pointwise, np.divide), [a, b])


def _axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """The axes that a function goes over, counted from the first."""
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int | np.integer) else axis
    return tuple(sorted(int(each) % ndim for each in axes)) if ndim else ()


def _reduce(function: Any, operands: Any, options: Any) -> Formula:
    """A sum, or another function that makes one element of many. What is written keeps the axes, as axes of one element."""
    x, axis = Formula.of(operands[0]), options.get("axis")
    if axis == ():
        return Formula(tree_of("same", function, [x], options), x.shape, x.dtype, x.layout)
    axes, options = _axes(x.ndim, axis), {key: each for key, each in options.items() if each is not False}
    some = len(axes) < x.ndim
    if some or any(size != 1 and i not in x.layout for i, size in enumerate(x.shape)):
        x = x.exact()
    left = [i for i in range(x.ndim) if i not in axes]
    shape = tuple(1 if i in axes else size for i, size in enumerate(x.shape))
    layout: Layout = tuple(None if i in axes else i for i in range(x.ndim)) if some else ()
    if not options.get("keepdims"):
        shape, layout = tuple(x.shape[i] for i in left), tuple(None if i is None else left.index(i) for i in layout)
    if function is np.sum and x.ndim == 1 and x.tree.word == "diag" and x.tree.function is np.diag:
        return Formula(Expression("call", x.tree.parts, "tr", np.trace), shape, None, layout)
    over, form = format_axes(x.ndim, axis), "total" if function is np.sum else "call"
    word = over if function is np.sum else function.__name__
    reading = partial(function, axis=axes[0] if len(axes) == 1 else axes, keepdims=True) if some else function
    return Formula(Expression(form, (x.tree,), word, function, options, over=over, reading=reading), shape, None, layout)


def _matmul(function: Any, operands: Any, options: Any) -> Formula:
    """A product of matrices. A row before a matrix, or a column behind one, may be written as a vector."""
    a, b = map(Formula.of, operands)
    over_all: Any = _flattened(a.tree.parts[0]) if a.tree.form == "transpose" else None
    if over_all is not None and (other := _flattened(b.tree)) is not None and over_all.shape[:-1] == other.shape[:-1]:
        axes = tuple(range(over_all.ndim - 2))  # the rows of all steps, as one matrix: the sum over the steps
        return cast(Formula, np.sum(np.transpose(over_all, (*axes, len(axes) + 1, len(axes))) @ other, axis=axes))
    for one, other in ((a, b), (b, a)):
        if _is_identity(one.tree) and other.ndim == 2:
            return Formula(Expression("same", (other.tree, one.tree), "", itself), other.shape, None, other.layout)
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


def _flattened(tree: Expression) -> Formula | None:
    """What has been flattened to the rows of a matrix."""
    node: Any = getattr(tree.function, "__self__", None)
    if (
        tree.word != "flatten"
        or getattr(node, "axis", None) not in (-1, node.operands[0].ndim - 1)
        or node.operands[0].ndim < 3
    ):
        return None
    return Formula(tree.parts[0], node.operands[0].shape, node.dtype)


def _is_identity(tree: Expression) -> bool:
    """Whether it is the identity matrix: diag(ones(n)), which a product is written without."""
    ones = tree.parts[0] if tree.form == "call" and tree.word == "diag" and len(tree.parts) == 1 else tree
    return ones is not tree and ones.form == "ones" and bool(ones.parts) and number_of(ones.parts[0]) == 1


def _transpose(function: Any, operands: Any, options: Any) -> Formula:
    a = Formula.of(operands[0])
    if a.ndim < 2 or (number_of(a.tree) is not None and all(size == 1 for size in a.shape)):
        return Formula(tree_of("same", np.transpose, [a]), a.shape, a.dtype, a.layout)
    order = _in_order(a.ndim, operands[1] if len(operands) > 1 else options.get("axes"))
    if order == tuple(range(a.ndim)):
        return Formula(tree_of("same", transposed, [a], {"axes": order}), a.shape, a.dtype, a.layout)
    a = a.exact()
    shape = tuple(a.shape[axis] for axis in order)
    before = a.reshaped_from if a.tree.form == "reshape" else None
    if before is not None and (blocks := in_blocks(before.exact().tree, before.shape, a.shape, order)):
        return Formula(blocks, shape, a.dtype)
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


def _rearrange(function: Any, operands: Any, options: Any) -> Formula:
    """Another shape, which the operation's node says where it does not follow."""
    written = [Formula.of(operand) for operand in operands]
    found = Formula(tree_of("same", function, written, options), None)
    found.reshaped_from = written[0]
    if function is np.expand_dims and isinstance(operands[1], int):
        shape = list(written[0].shape)
        shape.insert(operands[1] % (len(shape) + 1), 1)
        found.settle(tuple(shape), written[0].dtype)
    return found


def _unchanged(function: Any, operands: Any, options: Any) -> Formula:
    x = Formula.of(operands[0])
    return Formula(tree_of("same", function, [x]), x.shape, x.dtype, x.layout)


def _take(function: Any, operands: Any, options: Any) -> Formula:
    """Elements by their places along an axis, as an index: x[:, places]."""
    if not isinstance(options.get("axis"), int) or options.keys() != {"axis"}:
        return _called(np.take, operands, options)
    x, places = (Formula.of(operand).exact() for operand in operands)
    over = ":, " * (options["axis"] % x.ndim)
    return Formula(Expression("item", (x.tree, places.tree), "", np.take, options, over=over), None)


def _einsum(function: Any, operands: Any, options: Any) -> Formula:
    """A sum of products; the diagonal of a matrix has a name of its own."""
    if operands[0] != "ii->i":
        return _called(function, operands, options)
    return Formula(Expression("call", (Formula.of(operands[1]).exact().tree,), "diag", np.diag), None)


def _called(function: Any, operands: Any, options: dict[str, Any]) -> Formula:
    """A call of a function by its name, whose operands have the axes that their values have."""
    operands = [_exact(operand) for operand in operands]
    along = "axis" in options and isinstance(operands[0], Formula)
    over = format_axes(operands[0].ndim, options["axis"]) if along else ""
    settings = tuple(
        f"{key}={each}" for key, each in options.items() if key not in OF_NO_EFFECT and not (along and key == "axis")
    )
    parts = tuple(Formula.of(operand).tree for operand in operands)
    return Formula(Expression("call", parts, function.__name__, function, options, over=over, settings=settings), None)


def _exact(value: Any) -> Any:
    """An operand, or a sequence of some, with the axes that their values have."""
    if isinstance(value, tuple | list):
        return tuple(map(_exact, value))
    return value.exact() if isinstance(value, Formula) else value


def _pointwise(function: Any, *written: Formula) -> Expression:
    """The expression for a function of elements that meet as they are written."""
    if function is np.add and same(written[0].tree, written[1].tree):
        return tree_of("scaled", _doubled, [Formula.of(2), written[0]])
    if function is np.power and number_of(written[1].tree) == 1:
        return written[0].tree
    if function in UNCHANGED and not written[1].shape and number_of(written[1].tree) == UNCHANGED[function]:
        return written[0].tree
    if function is np.reciprocal:
        return tree_of("quotient", _reciprocal, [Formula.of(1), *written])
    form, word = POINTWISE.get(function, ("call", function.__name__))
    return tree_of(form, function, written, word=word)


def _any_other(function: Any, operands: Any, options: dict[str, Any]) -> Formula:
    """A call of a function that has no writer of its own: of elements, or by its name."""
    if function is not np.where and (not isinstance(function, np.ufunc) or function.signature is not None):
        return _called(function, operands, options)
    if options:
        raise Unreadable
    return elementwise(partial(_pointwise, function), [Formula.of(operand) for operand in operands])


OF_NO_EFFECT = ("dtype", "full_matrices", "keepdims", "stable", "optimize", "out")
"""The options of NumPy's functions that are not written: on numbers as such they have no effect, or the axes show it."""

UNCHANGED = {np.add: 0, np.subtract: 0, np.divide: 1}
"""The number on the right that changes nothing, and is not written."""

POINTWISE: dict[Any, tuple[str, str]] = {
    np.add: ("plus", ""), np.subtract: ("minus", ""), np.divide: ("quotient", ""), np.negative: ("negative", ""),
    np.power: ("power", ""), np.absolute: ("absolute", ""), np.sqrt: ("root", ""), np.where: ("choice", ""),
    np.equal: ("relation", "="), np.not_equal: ("relation", "≠"), np.greater: ("relation", ">"),
    np.greater_equal: ("relation", "≥"), np.less: ("relation", "<"), np.less_equal: ("relation", "≤"),
    np.log: ("call", "ln"), np.maximum: ("call", "max"), np.minimum: ("call", "min"),
}  # fmt: skip
"""The form, and the sign or name, of the functions of elements that are not called by their own names."""

OWN: dict[Any, Any] = {
    None: _any_other,
    np.multiply: _multiply,
    np.divide: _divide,
    np.matmul: _matmul,
    np.transpose: _transpose,
    np.take: _take,
    np.einsum: _einsum,
    **dict.fromkeys((np.copy, np.positive), _unchanged),
    **dict.fromkeys((np.expand_dims, np.squeeze, np.reshape, np.broadcast_to), _rearrange),
    **dict.fromkeys((np.sum, np.max, np.min, np.prod, np.mean, np.argmax, np.argmin), _reduce),
}
WRITERS.update(OWN)
