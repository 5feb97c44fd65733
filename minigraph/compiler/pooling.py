"""Pooling without columns: over slices of the image, along one axis after the other."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from minigraph.compiler.lowering import reshaped
from minigraph.compiler.primitives import first_largest_of
from minigraph.compiler.windows import window_over
from minigraph.core.node import Node
from minigraph.core.shapes import Shape
from minigraph.ops.arithmetic import Add, Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import And, Equal, IsNaN, Not, Or
from minigraph.ops.extrema import Max
from minigraph.ops.joining import Stack
from minigraph.ops.reductions import ReduceMax, ReduceSum
from minigraph.ops.shape import Expand, Reshape
from minigraph.ops.sliding import Window
from minigraph.ops.windows import Col2Im, Im2Col

__all__ = ["BY_SLICES"]


def pool(node: Any) -> Node | None:
    """The maximum, or the sum, over the elements of windows is one of slices of the image, along one axis after the other.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> columns = mg.Im2Col(mg.Input("x", ("N", 3, 4)), kernel_shape=(2,), strides=(2,)).reshape("N", 3, 2, 2)
    >>> outline(pool(mg.ReduceMax(columns, axes=(2,))))
    'Reshape(Max(Slice(x), Slice(x)), Sizes (4))'
    """
    join: type[Node] | None = {ReduceMax: Max, ReduceSum: Add}.get(type(node))
    if join is None or (pooled := _pooled(node)) is None:
        return None
    x, window, fill = pooled
    x = _padded(x, window, fill)
    for axis in reversed(range(len(window.kernel_shape))):
        x = _joined(join, _slices(x, window, axis))
    return reshaped(x, node.shape)


def gradient_of_max_pool(node: Any) -> Node | None:
    """Where windows lie side by side, the gradient of each goes to the first of its largest elements, axis by axis.

    >>> import minigraph as mg
    >>> from minigraph.compiler.lowering import lowered
    >>> x = mg.Input("x", ("N", 3, 4))
    >>> (dx,) = mg.gradient(mg.MaxPool(x, kernel_shape=(2,), strides=(2,)).sum(), [x])
    >>> gradient_of_max_pool(lowered([dx])[dx]).operands[0]
    Stack (N × 3 × 2 × 2, float32)
    """
    columns, gradient = _taken(node)
    if columns is None or (side_by_side := _side_by_side(node, columns)) is None:
        return None
    x, window = side_by_side
    levels = [x]
    for axis in reversed(range(len(window.kernel_shape))):
        levels.append(_joined(Max, _slices(levels[-1], window, axis)))
    found = reshaped(gradient, levels[-1].shape)
    for axis, (largest, image) in enumerate(zip(levels[:0:-1], levels[-2::-1], strict=True)):
        parts, chosen = _slices(image, window, axis), []
        rest: Node | None = None
        for part in parts[:-1]:
            here: Node = Or(Equal(part, largest), IsNaN(part))
            chosen.append(here if rest is None else And(here, rest))
            rest = Not(here) if rest is None else And(rest, Not(here))
        masks = chosen if rest is None else [*chosen, rest]
        found = _interleaved([Mul(found, mask) for mask in masks], axis) if masks else found
    return reshaped(found, node.shape)


def gradient_of_mean_pool(node: Any) -> Node | None:
    """Where windows lie side by side, what each gives to all of its elements is repeated along one axis after the other.

    >>> import minigraph as mg
    >>> from minigraph.compiler.lowering import lowered
    >>> x = mg.Input("x", ("N", 3, 4))
    >>> (dx,) = mg.gradient(mg.AveragePool(x, kernel_shape=(2,), strides=(2,)).sum(), [x])
    >>> gradient_of_mean_pool(lowered([dx])[dx]).operands[0]
    Stack (N × 3 × 2 × 2, float32)
    """
    each = node.operands[0] if type(node) is Col2Im else None
    while type(each) is Reshape:
        each = each.operands[0]
    if type(each) is not Expand or each.ndim != 4 or each.operands[0].shape[2] != 1:
        return None
    window, image = window_over(node, node.shape[2:])
    if window is None or not _tiled(window, image):
        return None
    found = reshaped(each.operands[0], (*node.shape[:2], *window.places(image)))
    for axis, size in enumerate(window.kernel_shape):
        found = _interleaved([found] * size, axis)
    return reshaped(found, node.shape)


def _pooled(node: Any) -> tuple[Node, Window, float] | None:
    """The image whose windows a reduction goes over, along axis 2, with the window and what is put around the image."""
    columns = node.operands[0]
    if columns.ndim != 4 or axes_of(columns, node.axes) != (2,) or type(columns) is not Reshape:
        return None
    windows = columns.operands[0]
    if type(windows) is not Im2Col or columns.shape[1] != windows.operands[0].shape[1]:
        return None
    window, _ = window_over(windows, windows.operands[0].shape[2:])
    return None if window is None else (windows.operands[0], window, windows.fill)


def _taken(node: Any) -> tuple[Any, Any]:
    """Of columns that are laid out again: where each has its first largest element, of which values, and the other factor."""
    product = node.operands[0] if type(node) is Col2Im else None
    while type(product) is Reshape:
        product = product.operands[0]
    for mask, other in (product.operands, product.operands[::-1]) if type(product) is Mul else ():
        columns = first_largest_of(mask, axis=2)
        if columns is not None:
            return columns, other
    return None, None


def _side_by_side(node: Any, columns: Any) -> tuple[Node, Window] | None:
    """The image whose columns these are, if its windows lie side by side, and those that `node` lays out are the same."""
    windows = columns.operands[0] if type(columns) is Reshape else None
    if type(windows) is not Im2Col or columns.ndim != 4 or columns.shape[1] != windows.operands[0].shape[1]:
        return None
    x = windows.operands[0]
    window, image = window_over(windows, x.shape[2:])
    fits = window is not None and window == window_over(node, node.shape[2:])[0] and x.shape == node.shape
    return (x, window) if fits and window is not None and _tiled(window, image) else None


def _tiled(window: Window, image: Shape) -> bool:
    """Whether an image is laid out in windows side by side, without gaps and without padding."""
    return (
        window.strides == window.kernel_shape
        and set(window.dilations) == {1}
        and not any(window.pads)
        and all(count * size == whole for count, size, whole in zip(window.places(image), window.strides, image, strict=True))
    )


def _padded(x: Node, window: Window, fill: float) -> Node:
    if not any(window.pads):
        return x
    windows = Im2Col(x, kernel_shape=(1,) * len(window.own_margins), pads=window.pads, fill=fill)
    sizes = [size + sum(margin) for size, margin in zip(x.shape[2:], window.own_margins, strict=True)]
    return reshaped(windows, (*x.shape[:2], *sizes))


def _slices(x: Node, window: Window, axis: int) -> list[Node]:
    """For each element of a window along an axis of the padded image, what lies there at all places."""
    size, stride, gap = window.kernel_shape[axis], window.strides[axis], window.dilations[axis]
    count = (x.shape[2 + axis] - window.extents[axis]) // stride + 1
    before = [slice(None)] * (2 + axis)
    return [x[*before, k * gap : k * gap + (count - 1) * stride + 1 : stride] for k in range(size)]


def _interleaved(parts: Sequence[Node], axis: int) -> Node:
    """One of each of the parts in turn along an axis of the image."""
    whole = Stack(*parts, axis=3 + axis)
    shape = list(parts[0].shape)
    shape[2 + axis] *= len(parts)
    return reshaped(whole, tuple(shape))


def _joined(join: Callable[..., Node], parts: Sequence[Node]) -> Node:
    return reduce(join, parts)


def _sum(parts: Any) -> Node:
    total: Node = reduce(Add, parts)
    return total


BY_SLICES = (pool, gradient_of_max_pool, gradient_of_mean_pool)
"""The rules of pools."""
