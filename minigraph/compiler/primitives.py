"""Primitives: the nodes that are one call of NumPy, what is known of these calls, and rules that make them lighter."""

import operator
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from minigraph.compiler.driver import Rule, rewritten
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import altered
from minigraph.core.shapes import Shape, broadcast, sized
from minigraph.ops.arithmetic import Cast, Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import Equal, IsNaN, Or, Where
from minigraph.ops.copies import rebuilt
from minigraph.ops.extrema import Clip, Max, Min
from minigraph.ops.joining import Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceMin, ReduceSum
from minigraph.ops.shape import Expand, Reshape, Size, Squeeze, Transpose, Unsqueeze
from minigraph.ops.sizes import in_axes
from minigraph.ops.softmax import Hardmax
from minigraph.readings import Source, line_of

__all__ = [
    "INTO",
    "LIGHTER_CALLS",
    "LIGHTER_LOOPS",
    "REDUCTIONS",
    "RESHAPED",
    "VIEWS",
    "Clipped",
    "MaskedSum",
    "elementwise",
    "first_largest_of",
    "is_number",
    "light_calls",
    "of_static_shape",
    "ones_along",
    "call_of",
]

SHORT_AXIS = 32
"""The length of an axis up to which np.argmax takes at least five times as long as the few calls that do without it."""
BLAS = (np.float32, np.float64)
"""The types of numbers that BLAS multiplies."""
RESHAPED = {np.expand_dims, np.squeeze, np.reshape}
"""The functions that show the same elements, in the same order, in another shape."""
VIEWS = {np.transpose, np.broadcast_to, operator.getitem, *RESHAPED}
"""The functions that give a view of their operand."""
REDUCTIONS = {np.sum, np.max, np.min, np.prod, np.argmax, np.argmin}
INTO = {np.where, np.astype, np.copy}
"""The functions that take no `out`, and whose result a program nevertheless writes into an array."""


def call_of(node: Node, operands: Sequence[str] = (), out: str | None = "out") -> Source | None:
    """The one call of NumPy that a primitive is, on operands written so, or None for a rule that is more than a call."""
    texts = operands or ["x"] * len(node.operands)
    given = [Source(text, dtype=operand.dtype) for text, operand in zip(texts, node.operands, strict=True)]
    written = line_of(node, given, out=Source(out) if out else None)
    return written if written is not None and written.function else None


def elementwise(call: Source | None) -> bool:
    """Whether a call computes each element from the elements at the same place."""
    if call is None or not call.takes_out:
        return False
    return call.function is np.clip or (isinstance(call.function, np.ufunc) and call.function.signature is None)


def is_number(node: Node, value: float) -> bool:
    """Whether a node is a constant of one element, which is this number."""
    return isinstance(node, Constant) and node.value.size == 1 and node.value.item() == value


def boolean_condition(node: Any) -> Node | None:
    """The condition of a Where is cast to booleans: np.copyto takes no other.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
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
    if not isinstance(size, int) or size > SHORT_AXIS:
        return None
    ties = Or(Equal(x, ReduceMax(x, axes=(axis,))), IsNaN(x))
    numbers = Mul(ties, Constant(np.arange(size, 0, -1, dtype=np.uint8).reshape(-1, *[1] * (node.ndim - axis - 1))))
    return Cast(Equal(numbers, ReduceMax(numbers, axes=(axis,))), to=node.dtype)


def first_largest_of(node: Any, axis: int) -> Node | None:
    """The values of whose largest elements along an axis `first_of_ties` says which is the first, if that is what a node is.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> first_largest_of(first_of_ties(mg.Hardmax(x)), axis=1)
    Input 'x' (N × 2, float32)
    """
    equal = node.operands[0] if type(node) is Cast else None
    if type(equal) is not Equal or type(equal.operands[1]) is not ReduceMax:
        return None
    numbers: Node
    most: Any
    numbers, most = equal.operands
    if most.operands[0] is not numbers or axes_of(numbers, most.axes) != (axis,) or type(numbers) is not Mul:
        return None
    ties = numbers.operands[0].operands[0]  # as numbers
    return ties.operands[1].operands[0] if type(ties) is Or and type(ties.operands[1]) is IsNaN else None


class MaskedSum(ReduceSum):
    """The sum over `axes` of the elements where a condition holds: NumPy's own way to add up a choice between x and 0."""

    def forward(self, x: Any, condition: Any, out: Any = None) -> Any:  # type: ignore[override]
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, where=condition, out=out)


class Clipped(Clip):
    """x between two numbers, by one call."""

    def forward(self, x: Any, out: Any = None) -> Any:
        return np.clip(x, self.minimum, self.maximum, out=out)


def sum_of_choice(node: Any) -> Node | None:
    """A sum of what a condition chooses from x and 0 is the sum of x where the condition holds.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x = mg.Input("x", ("N", 2))
    >>> outline(sum_of_choice(mg.Where(x > 1, x, 0).sum()))
    'MaskedSum(x, Greater(x, 1))'
    """
    choice = node.operands[0] if type(node) is ReduceSum else None
    if type(choice) is not Where or not is_number(choice.operands[2], 0):
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


def sum_down_by_product(node: Any) -> Node | None:
    """As sum_by_product, of columns alone: rows are added up in the loop that computes them."""
    return sum_by_product(node) if type(node) is ReduceSum and axes_of(node.operands[0], node.axes) == (0,) else None


def outer_product(node: Any) -> Node | None:
    """A product over an axis of size 1 has no sum, and a loop computes it with what is computed of it.

    >>> import minigraph as mg
    >>> outer_product(mg.Input("x", ("N", 1)) @ mg.Input("w", (1, 3)))
    Mul (N × 3, float32)
    """
    if type(node) is not MatMul or min(operand.ndim for operand in node.operands) < 2 or node.operands[0].shape[-1] != 1:
        return None
    return Mul(*(_untransposed(operand) for operand in node.operands))


def _untransposed(node: Node) -> Node:
    """A row or a column that is another one's transpose, as this one in another shape."""
    only_one = type(node) is Transpose and len(_squeezed(node.shape)) < 2
    return Reshape(node.operands[0], node.shape) if only_one else node


def ones_along(x: Any, axis: int) -> Node:
    """As many ones as a value has places along an axis, of its element type."""
    return Expand(Constant(1, dtype=x.dtype), Stack(Size(x, axes=(axis,))))


def broadcast_by_the_call(node: Any) -> Node | None:
    """An elementwise operation takes its operands as they were before they were repeated, since it broadcasts them itself.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x, b = mg.Input("x", ("N", 2)), mg.Parameter("b", [1.0, 2.0])
    >>> outline(broadcast_by_the_call(x + mg.Expand(b, mg.Shape(x))))
    'Add(x, b)'
    """
    if all(type(operand) is not Expand for operand in node.operands) or not elementwise(call_of(node)):
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


OF_TWO: dict[type[Node], type[Node]] = {ReduceMax: Max, ReduceMin: Min}
"""Reductions, and what they are of two elements: a call that takes a third of the time."""


def of_static_shape(sizes: Mapping[str, int]) -> Rule:
    """A rule that gives nodes and leaves their shapes for these sizes of the named axes; a static shape is a constant then.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> of_static_shape({"N": 1})(x), of_static_shape({"N": 1})(mg.Shape(x)).value
    (Input 'x' (1 × 2, float32), array([1, 2]))
    """

    def rule(node: Any) -> Node | None:
        if isinstance(node, Constant):
            return None
        shape = sized(node.shape, sizes)
        if node.known is not None:
            return Constant(np.array(sized(node.known, sizes)).reshape(shape), dtype=node.dtype)
        new = in_axes(node, sizes)
        return None if shape == node.shape and new is node else altered(new, shape=shape)

    return rule


def light_calls(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive of static shape that the outputs depend on, one of the same value whose call takes less time."""
    return rewritten(outputs, extreme_of_two, without_ones)


def extreme_of_two(node: Any) -> Node | None:
    """The extreme of two elements is one call on both.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(extreme_of_two(mg.ReduceMax(mg.Input("x", (2,)))))
    'Max(Slice(x), Slice(x))'
    """
    kind = OF_TWO.get(type(node))
    if kind is None or prod(node.shape) != 1 or prod(node.operands[0].shape) != 2:
        return None
    both = _reshaped(node.operands[0], (2,))
    return _reshaped(kind(both[:1], both[1:]), node.shape)


def without_ones(node: Any) -> Node | None:
    """An elementwise operation is computed without axes of size 1 where its operands differ in these.

    >>> import minigraph as mg
    >>> without_ones(mg.Input("x", (1, 2)) + mg.Input("b", (2,))).operands[0]
    Add (2, float32)
    """
    if all(operand.shape in (node.shape, ()) for operand in node.operands):
        return None
    call, shape = call_of(node), _squeezed(node.shape)
    if not elementwise(call) and (call is None or call.function not in INTO):
        return None
    if not all(_squeezed(operand.shape) in (shape, ()) for operand in node.operands):
        return None
    operands = tuple(_reshaped(operand, _squeezed(operand.shape)) for operand in node.operands)
    return _reshaped(altered(node, operands=operands, shape=shape), node.shape)


def _squeezed(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _reshaped(node: Node, shape: Shape) -> Node:
    """The same elements in another shape, which takes no time where they lie in a buffer."""
    while type(node) in (Reshape, Squeeze, Unsqueeze) and node.shape != shape:
        node = node.operands[0]
    return node if node.shape == shape else Reshape(node, shape)


LIGHTER_CALLS = (boolean_condition, first_of_ties, sum_of_choice, sum_by_product, broadcast_by_the_call)
"""The rules of any primitives, in the order in which they are tried."""
LIGHTER_LOOPS = (
    boolean_condition,
    first_of_ties,
    sum_of_choice,
    sum_down_by_product,
    outer_product,
    broadcast_by_the_call,
)
"""Those of primitives that loops in C compute."""
