"""Windows: convolutions and pools without all of their windows in memory.

The rules of both are written with the windows of an image as columns, K copies of each element for windows of K. Here windows
are laid out along all axes but the first to slide along. Along that one they follow each other in memory, so that a window's
k-th line, at all places, is a slice that BLAS multiplies where it lies: a convolution is a sum of K₁ products of slices.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
from typing import Any, NamedTuple

from minigraph.compiler.driver import rewritten
from minigraph.compiler.lowering import reshaped
from minigraph.compiler.primitives import first_largest_of
from minigraph.core.node import Node
from minigraph.core.shapes import Shape
from minigraph.ops.arithmetic import Add, Max, Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.comparison import And, Equal, IsNaN, Not, Or
from minigraph.ops.joining import Concat, Stack
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceSum
from minigraph.ops.shape import Expand, Reshape, Squeeze, Transpose, Unsqueeze
from minigraph.ops.windows import Col2Im, Im2Col, window_of

__all__ = ["few_windows"]


class Window(NamedTuple):
    """A window over an image of known sizes, along each axis: its size, its step, its elements' distance, the padding."""

    kernel_shape: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    margins: tuple[tuple[int, int], ...]

    @property
    def extents(self) -> tuple[int, ...]:
        """What it spans along each axis, with its gaps."""
        return tuple((size - 1) * gap + 1 for size, gap in zip(self.kernel_shape, self.dilations, strict=True))

    @property
    def pads(self) -> tuple[int, ...]:
        """The padding as ONNX has it: before each axis, and then after each."""
        return (*(before for before, _ in self.margins), *(after for _, after in self.margins))

    @property
    def is_padded(self) -> bool:
        """Whether there is any padding."""
        return any(self.pads)

    def places(self, image: Shape) -> tuple[int, ...]:
        """How many places it has along each axis of an image."""
        axes = zip(image, self.margins, self.extents, self.strides, strict=True)
        return tuple((int(size) + sum(margin) - extent) // stride + 1 for size, margin, extent, stride in axes)


def few_windows(outputs: Sequence[Node]) -> dict[Node, Node]:
    """For each primitive that the outputs depend on, one of the same value, from fewer windows where those are columns."""
    rules = no_windows, convolution, gradient_for_filters, gradient_for_image, pool, gradient_of_max_pool, gradient_of_mean_pool
    return rewritten(outputs, *rules, as_given=True)


def no_windows(node: Any) -> Node | None:
    """Windows of one element, one after the other, are the image itself.

    >>> import minigraph as mg
    >>> no_windows(mg.Im2Col(mg.Input("x", ("N", 3, 4, 4)), kernel_shape=(1, 1)))
    Reshape (N × 3 × 16, float32)
    """
    if type(node) not in (Im2Col, Col2Im):
        return None
    x = node.operands[0]
    window, _ = _window_of(node, x.shape[2:] if type(node) is Im2Col else node.shape[2:])
    lies = window is not None and {*window.kernel_shape, *window.strides} == {1} and not window.is_padded
    return reshaped(x, node.shape) if lies else None


def convolution(node: Any) -> Node | None:
    """A product of filters with windows as columns is a sum of products, one for each of the windows' lines.

    It takes a line of all windows as a slice where they slide by one, and where that is less to write.
    """
    if type(node) is not MatMul or (sliding := _columns(node.operands[1])) is None:
        return None
    image, window = sliding
    filters, places = node.operands[0], window.places(image.shape[2:])
    channels = image.shape[1] // filters.shape[0]
    lines = _Lines(image, window, filters.shape[0])
    if not lines.worth_it(channels * prod(window.kernel_shape) * prod(places), filters.shape[1]):
        return None
    by_line = reshaped(filters, (*filters.shape[:2], channels, window.kernel_shape[0], prod(window.kernel_shape[1:])))
    return _sum(
        MatMul(reshaped(by_line[:, :, :, k : k + 1], (*filters.shape[:2], lines.height)), line) for k, line in enumerate(lines)
    )


def gradient_for_filters(node: Any) -> Node | None:
    """The sum over images of gradients times windows as columns, transposed, is one such sum for each line of the filters."""
    product = node.operands[0] if type(node) is ReduceSum else None
    if type(product) is not MatMul or product.ndim != 4 or axes_of(product, node.axes) != (0,) or node.keepdims:
        return None
    gradient, columns = product.operands
    if type(columns) is not Transpose or columns.perm != Transpose.of_matrices(columns.operands[0]).perm:
        return None
    if (sliding := _columns(columns.operands[0])) is None:
        return None
    image, window = sliding
    group, filters = gradient.shape[1:3]
    lines = _Lines(image, window, group)
    if not lines.worth_it(lines.height * window.kernel_shape[0] * gradient.shape[3], filters):
        return None
    channels, rest = image.shape[1] // group, prod(window.kernel_shape[1:])
    parts = [ReduceSum(MatMul(gradient, Transpose.of_matrices(line)), axes=(0,), keepdims=False) for line in lines]
    whole = Concat(*(reshaped(part, (group, filters, channels, 1, rest)) for part in parts), axis=3)
    return reshaped(whole, node.shape)


def gradient_for_image(node: Any) -> Node | None:
    """Columns that are laid out again, of a product with filters, are a convolution of the gradient with the turned filters."""
    product = node.operands[0] if type(node) is Col2Im else None
    while type(product) in (Reshape, Squeeze, Unsqueeze):
        product = product.operands[0]
    if type(product) is not MatMul or product.ndim != 4 or type(product.operands[0]) is not Transpose:
        return None
    filters, gradient = product.operands[0].operands[0], product.operands[1]
    window, image = _window_of(node, node.shape[2:])
    if window is None or set(window.strides) != {1} or filters.ndim != 3 or window.kernel_shape[0] == 1:
        return None
    (group, count), kernel, rank = filters.shape[:2], window.kernel_shape, len(image)
    margins = tuple(
        (extent - 1 - before, extent - 1 - after)
        for extent, (before, after) in zip(window.extents, window.margins, strict=True)
    )
    if any(side < 0 for margin in margins for side in margin):
        return None
    channels = filters.shape[2] // prod(kernel)
    turned = reshaped(filters, (group, count, channels, *kernel))[:, :, :, *[slice(None, None, -1)] * rank]
    turned = Transpose(turned, perm=(0, 2, 1, *range(3, 3 + rank)))
    cotangent = reshaped(gradient, (gradient.shape[0], group * count, *window.places(image)))
    around = Window(kernel, (1,) * rank, window.dilations, margins)
    lines = _Lines(cotangent, around, group)
    if not lines.worth_it(2 * product.shape[2] * product.shape[3], channels):
        return None
    by_line = reshaped(turned, (group, channels, count, kernel[0], prod(kernel[1:])))
    found = _sum(
        MatMul(reshaped(by_line[:, :, :, k : k + 1], (group, channels, lines.height)), line) for k, line in enumerate(lines)
    )
    return reshaped(found, node.shape)


class _Lines:
    """The lines of an image's windows: each, at all places, is a slice of windows along all axes but the first."""

    def __init__(self, image: Node, window: Window, group: int) -> None:
        kernel = window.kernel_shape
        self._gap, self._count = window.dilations[0], kernel[0]
        flat = Window((1, *kernel[1:]), window.strides, (1, *window.dilations[1:]), window.margins)
        tall, *rest = flat.places(image.shape[2:])
        self._along = prod(rest)
        """How many places there are in one step along the first axis."""
        self._places = window.places(image.shape[2:])[0] * self._along
        self.height = image.shape[1] // group * prod(kernel[1:])
        """How many elements of each image and group a line has at a place."""
        self._shape = (image.shape[0], group, self.height, tall * self._along)
        self._image, self._flat = image, flat

    def worth_it(self, written: int, rows: int) -> bool:
        """Whether lines, and the sums of their products of so many rows each, are less to write than what is written so."""
        return self.height * self._shape[3] + (self._count - 1) * rows * self._places < written

    def __iter__(self) -> Any:
        windows = Im2Col(
            self._image, kernel_shape=self._flat.kernel_shape, strides=self._flat.strides, dilations=self._flat.dilations,
            pads=self._flat.pads,
        )  # fmt: skip
        lines = reshaped(windows, self._shape)
        for k in range(self._count):
            start = k * self._gap * self._along
            yield lines[:, :, :, start : start + self._places]


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
    """Where windows lie side by side, the gradient of each goes to the first of its largest elements, axis by axis."""
    columns, gradient = _taken(node)
    if columns is None or (side_by_side := _side_by_side(node, columns)) is None:
        return None
    x, window = side_by_side
    levels = [x]
    for axis in reversed(range(len(window.kernel_shape))):
        levels.append(_joined(Max, _slices(levels[-1], window, axis)))
    found = reshaped(gradient, levels[-1].shape)
    for axis, (largest, image) in enumerate(zip(levels[:0:-1], levels[-2::-1], strict=True)):
        parts, rest, chosen = _slices(image, window, axis), None, []
        for part in parts[:-1]:
            here: Node = Or(Equal(part, largest), IsNaN(part))
            chosen.append(here if rest is None else And(here, rest))
            rest = Not(here) if rest is None else And(rest, Not(here))
        masks = chosen if rest is None else [*chosen, rest]
        found = _interleaved([Mul(found, mask) for mask in masks], axis) if masks else found
    return reshaped(found, node.shape)


def gradient_of_mean_pool(node: Any) -> Node | None:
    """Where windows lie side by side, what each gives to all of its elements is repeated along one axis after the other."""
    each = node.operands[0] if type(node) is Col2Im else None
    while type(each) is Reshape:
        each = each.operands[0]
    if type(each) is not Expand or each.ndim != 4 or each.operands[0].shape[2] != 1:
        return None
    window, image = _window_of(node, node.shape[2:])
    if window is None or not _tiled(window, image):
        return None
    found = reshaped(each.operands[0], (*node.shape[:2], *window.places(image)))
    for axis, size in enumerate(window.kernel_shape):
        found = _interleaved([found] * size, axis)
    return reshaped(found, node.shape)


def _columns(node: Any) -> tuple[Node, Window] | None:
    """The image, and the window, whose columns a stack of matrices is, where lines of its windows follow each other."""
    if node.ndim != 4:
        return None
    while type(node) in (Reshape, Squeeze, Unsqueeze):
        node = node.operands[0]
    if type(node) is not Im2Col or node.fill:
        return None
    window, _ = _window_of(node, node.operands[0].shape[2:])
    slides = window is not None and window.kernel_shape[0] > 1 and window.strides[0] == 1
    return (node.operands[0], window) if window is not None and slides else None


def _window_of(node: Any, image: Shape) -> tuple[Window | None, Shape]:
    """The window of an operation over an image, none where the sizes of that are known only in a run."""
    if not all(isinstance(size, int) for size in image):
        return None, image
    found = window_of(node, image, node.kernel_shape if type(node) is Im2Col else node.block_shape)
    margins = found.margins(image) if callable(found.margins) else found.margins
    return Window(found.kernel_shape, found.strides, found.dilations, tuple(margins)), image


def _pooled(node: Any) -> tuple[Node, Window, float] | None:
    """The image whose windows a reduction goes over, along axis 2, with the window and what is put around the image."""
    columns = node.operands[0]
    if columns.ndim != 4 or axes_of(columns, node.axes) != (2,) or type(columns) is not Reshape:
        return None
    windows = columns.operands[0]
    if type(windows) is not Im2Col or columns.shape[1] != windows.operands[0].shape[1]:
        return None
    window, _ = _window_of(windows, windows.operands[0].shape[2:])
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
    window, image = _window_of(windows, x.shape[2:])
    fits = window is not None and window == _window_of(node, node.shape[2:])[0] and x.shape == node.shape
    return (x, window) if fits and window is not None and _tiled(window, image) else None


def _tiled(window: Window, image: Shape) -> bool:
    """Whether an image is laid out in windows side by side, without gaps and without padding."""
    return (
        window.strides == window.kernel_shape
        and set(window.dilations) == {1}
        and not window.is_padded
        and all(count * size == whole for count, size, whole in zip(window.places(image), window.strides, image, strict=True))
    )


def _padded(x: Node, window: Window, fill: float) -> Node:
    if not window.is_padded:
        return x
    windows = Im2Col(x, kernel_shape=(1,) * len(window.margins), pads=window.pads, fill=fill)
    sizes = [size + sum(margin) for size, margin in zip(x.shape[2:], window.margins, strict=True)]
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
