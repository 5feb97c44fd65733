"""Windows: convolutions and pools without all of their windows in memory.

The rules of both are written with the windows of an image as columns, K copies of each element for windows of K. Here windows
are laid out along all axes but the first to slide along. Along that one they follow each other in memory, so that a window's
k-th line, at all places, is a slice that BLAS multiplies where it lies: a convolution is a sum of K₁ products of slices.
"""

from functools import reduce
from math import prod
from typing import Any

from minigraph.compiler.lowering import reshaped
from minigraph.compiler.plan import TYPICAL
from minigraph.core.node import Node
from minigraph.core.shapes import Shape, names_of, sized
from minigraph.core.sizes import Axis
from minigraph.ops.arithmetic import Add, Identity, Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.joining import Concat
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceSum
from minigraph.ops.shape import Reshape, Squeeze, Transpose, Unsqueeze
from minigraph.ops.sliding import Phase, Window
from minigraph.ops.windows import Col2Im, Im2Col, window_of

__all__ = ["BY_LINES", "back_through_filters", "window_over"]


def no_windows(node: Any) -> Node | None:
    """Windows of one element, one after the other, are the image itself.

    >>> import minigraph as mg
    >>> no_windows(mg.Im2Col(mg.Input("x", ("N", 3, 4, 4)), kernel_shape=(1, 1)))
    Reshape (N × 3 × 16, float32)
    """
    if type(node) not in (Im2Col, Col2Im):
        return None
    x = node.operands[0]
    window, _ = window_over(node, x.shape[2:] if type(node) is Im2Col else node.shape[2:])
    lies = window is not None and {*window.kernel_shape, *window.strides} == {1} and not any(window.pads)
    return reshaped(x, node.shape) if lies else None


def convolution(node: Any) -> Node | None:
    """A product of filters with windows as columns is a sum of products, one for each of the windows' lines.

    It takes a line of all windows as a slice where they overlap, and where that is less to write.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> columns = mg.Im2Col(mg.Input("x", ("N", 16, 9)), kernel_shape=(3,)).reshape("N", 1, 48, 7)
    >>> convolution(mg.Parameter("w", np.ones((1, 8, 48))) @ columns)
    Add (N × 1 × 8 × 7, float32)
    """
    if type(node) is not MatMul or (sliding := _columns(node.operands[1])) is None:
        return None
    image, window = sliding
    filters: Any = node.operands[0]
    places = window.places(image.shape[2:])
    channels = image.shape[1] // filters.shape[0]
    lines = _Lines(image, window, filters.shape[0])
    if not lines.worth_it(channels * prod(window.kernel_shape) * prod(places), filters.shape[1]):
        return None
    return _convolved(reshaped(filters, (*filters.shape[:2], channels, *window.kernel_shape)), lines)


def gradient_for_filters(node: Any) -> Node | None:
    """The sum over images of gradients times windows as columns, transposed, is one such sum for each line of the filters.

    BLAS is up to half again as fast where the larger matrix comes first and none is seen transposed: the gradients of fewer
    filters than a line has elements are copied, once for all lines.

    >>> import minigraph as mg
    >>> gradient, x = mg.Input("gradient", ("N", 1, 8, 7)), mg.Input("x", ("N", 16, 9))
    >>> columns = mg.Im2Col(x, kernel_shape=(3,)).reshape("N", 1, 48, 7)
    >>> gradient_for_filters((gradient @ columns.mT).sum(axis=0)).operands[0]
    Concat (1 × 8 × 16 × 3 × 1, float32)
    """
    product: Any = node.operands[0] if type(node) is ReduceSum else None
    if type(product) is not MatMul or product.ndim != 4 or axes_of(product, node.axes) != (0,) or node.keepdims:
        return None
    gradient: Any
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
    if _typical(filters - lines.height) < 0:
        copied = Identity(Transpose.of_matrices(gradient))
        products = [Transpose.of_matrices(ReduceSum(MatMul(line, copied), axes=(0,), keepdims=False)) for line in lines]
    else:
        products = [ReduceSum(MatMul(gradient, Transpose.of_matrices(line)), axes=(0,), keepdims=False) for line in lines]
    whole = Concat(*(reshaped(part, (group, filters, channels, 1, rest)) for part in products), axis=3)
    return reshaped(whole, node.shape)


def gradient_for_image(node: Any) -> Node | None:
    """Columns that are laid out again, of a product with filters, are a convolution of the gradient with the turned filters.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> w, gradient = mg.Parameter("w", np.ones((1, 8, 48))), mg.Input("gradient", ("N", 1, 8, 7))
    >>> columns = (w.mT @ gradient).reshape("N", 48, 7)
    >>> gradient_for_image(mg.Col2Im(columns, image_shape=(9,), block_shape=(3,))).operands[0]
    Add (N × 1 × 16 × 9, float32)
    """
    found = back_through_filters(node)
    if found is None:
        return None
    filters, gradient = found
    window, image = window_over(node, node.shape[2:])
    if window is None or set(window.strides) != {1} or window.kernel_shape[0] == 1:
        return None
    (group, count), kernel, rank = filters.shape[:2], window.kernel_shape, len(image)
    pads = tuple(extent - 1 - pad for extent, pad in zip(window.extents * 2, window.pads, strict=True))
    if any(pad < 0 for pad in pads):
        return None
    channels = filters.shape[2] // prod(kernel)
    turned = reshaped(filters, (group, count, channels, *kernel))[:, :, :, *[slice(None, None, -1)] * rank]
    turned = Transpose(turned, perm=(0, 2, 1, *range(3, 3 + rank)))
    cotangent = reshaped(gradient, (gradient.shape[0], group * count, *window.places(image)))
    around = window._replace(pads=pads)
    lines = _Lines(cotangent, around, group)
    if not lines.worth_it(2 * filters.shape[2] * gradient.shape[3], channels):
        return None
    return reshaped(_convolved(turned, lines), node.shape)


def back_through_filters(node: Node) -> tuple[Any, Any] | None:
    """The filters and the gradient of columns of windows, where a node lays out their product: the gradient for an image."""
    product: Any = node.operands[0] if type(node) is Col2Im else None
    while type(product) in (Reshape, Squeeze, Unsqueeze):
        product = product.operands[0]
    if type(product) not in (MatMul, Mul) or product.ndim != 4:
        return None
    back, gradient = product.operands
    if type(product) is Mul:  # as loops have a product of one filter
        alone = back.ndim == 3 and back.shape[2] == gradient.shape[2] == 1
        return (reshaped(back, (back.shape[0], 1, back.shape[1])), gradient) if alone else None
    filters: Any = back.operands[0] if type(back) is Transpose else None
    if filters is None or filters.ndim != 3 or back.perm != Transpose.of_matrices(filters).perm:
        return None
    return filters, gradient


def _typical(size: Axis) -> int:
    """A size where named axes have a typical one."""
    return sized((size,), dict.fromkeys(names_of((size,)), TYPICAL))[0]


class _Lines:
    """The lines of an image's windows: each, at all places, is a slice of windows along all axes but the first.

    With a stride along that one, the image's polyphase components have such windows each.
    """

    def __init__(self, image: Any, window: Window, group: int) -> None:
        kernel = window.kernel_shape
        self._image, self._window, self._group, self._count = image, window, group, kernel[0]
        places, *rest = window.places(image.shape[2:])
        self._along = prod(rest)
        """How many places there are in one step along the first axis."""
        self._places = places * self._along
        self._phases = window.phases(image.shape[2:])[0]
        self.height = image.shape[1] // group * prod(kernel[1:])
        """How many elements of each image and group a line has at a place."""

    def worth_it(self, written: Axis, rows: Axis) -> bool:
        """Whether lines, and the sums of their products of so many rows each, are less to write than what is written so.

        Named axes are taken to have a typical size.
        """
        laid_out = self.height * sum(phase.reach for phase in self._phases) * self._along
        less = written - laid_out - (self._count - 1) * rows * self._places
        return _typical(less) > 0

    def __iter__(self) -> Any:
        laid_out = [self._laid_out(phase) for phase in self._phases]
        for k in range(self._count):
            nth, phase = divmod(k, len(self._phases))
            start = nth * self._phases[phase].gap * self._along
            yield laid_out[phase][:, :, :, start : start + self._places]

    def _laid_out(self, phase: Phase) -> Node:
        """The windows, along all axes but the first, of the image's lines that are in a component."""
        size, rank = self._image.shape[2], len(self._window.kernel_shape)
        start, end = phase.start, phase.end
        image = self._image if start <= 0 and end >= size else self._image[:, :, max(start, 0) : min(end, size)]
        pads = list(self._window.pads)
        pads[0], pads[rank] = max(-start, 0), max(end - size, 0)
        windows = Im2Col(
            image, kernel_shape=(1, *self._window.kernel_shape[1:]), strides=self._window.strides,
            dilations=self._window.dilations, pads=pads,
        )  # fmt: skip
        return reshaped(windows, (image.shape[0], self._group, self.height, phase.reach * self._along))


def _convolved(filters: Node, lines: _Lines) -> Node:
    """The sum, over the lines of filters that are group × rows × channels × window, of each times its line of the image."""
    group, rows = filters.shape[:2]
    parts = [reshaped(filters[:, :, :, k : k + 1], (group, rows, lines.height)) for k in range(filters.shape[3])]
    products: list[Node] = [MatMul(part, line) for part, line in zip(parts, lines, strict=True)]
    return reduce(Add, products)


def _columns(node: Any) -> tuple[Any, Window] | None:
    """The image, and the window, whose columns a stack of matrices is, where lines of its windows follow each other."""
    if node.ndim != 4:
        return None
    while type(node) in (Reshape, Squeeze, Unsqueeze):
        node = node.operands[0]
    if type(node) is not Im2Col or node.fill:
        return None
    window, image = window_over(node, node.operands[0].shape[2:])
    if window is None or window.kernel_shape[0] <= window.strides[0]:
        return None
    reaches = all(phase.start < image[0] and phase.end > 0 for phase in window.phases(image)[0])
    return (node.operands[0], window) if reaches else None


def window_over(node: Any, image: Shape) -> tuple[Window | None, Shape]:
    """The window of an operation over an image, none where the sizes of that are known only in a run."""
    if not all(isinstance(size, int) for size in image):
        return None, image
    window: Window = window_of(node, image, node.kernel_shape if type(node) is Im2Col else node.block_shape)
    befores, afters = zip(*window.margins(image), strict=True)
    return window._replace(pads=(*befores, *afters), auto_pad="NOTSET", ceil_mode=False), image


BY_LINES = (no_windows, convolution, gradient_for_filters, gradient_for_image)
"""The rules of convolutions."""
