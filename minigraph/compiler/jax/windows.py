"""Convolutions and pools as XLA has them: what rules write as products, sums and maxima of windows laid out as columns."""

from itertools import product
from math import inf, prod
from typing import Any

from minigraph.compiler.jax.library import library
from minigraph.compiler.primitives import first_largest_of
from minigraph.compiler.windows import back_through_filters
from minigraph.core.node import Node
from minigraph.core.rewriting import altered
from minigraph.ops.arithmetic import Mul
from minigraph.ops.checks import axes_of
from minigraph.ops.linear import MatMul
from minigraph.ops.reductions import ReduceMax, ReduceSum
from minigraph.ops.shape import Reshape, Squeeze, Transpose, Unsqueeze
from minigraph.ops.sliding import Window
from minigraph.ops.windows import Col2Im, Im2Col, window_of
from minigraph.readings.traced import Traced

__all__ = ["NATIVE"]


class _Sliding(Node):
    """The base of what slides a window over an image as `windows` does: an Im2Col, or the Col2Im of its transpose."""

    windows: Any

    def window(self, image: Any) -> Window:
        """The window over an image of these sizes."""
        own = self.windows
        return window_of(own, image, own.kernel_shape if type(own) is Im2Col else own.block_shape)


class Convolution(_Sliding):
    """Filters, group × F × K, times the windows of an image: N × group × F × L."""

    def forward(self, filters: Any, x: Any) -> Any:
        found = self.convolved(filters.array, x.array)
        return Traced(found.reshape(x.shape[0], *filters.shape[:2], prod(found.shape[2:])))

    def convolved(self, filters: Any, x: Any) -> Any:
        """The convolution of JAX's arrays, as an image."""
        window, group = self.window(x.shape[2:]), filters.shape[0]
        kernel = filters.reshape(group * filters.shape[1], x.shape[1] // group, *window.kernel_shape)
        margins, strides, gaps = window.margins(x.shape[2:]), window.strides, window.dilations
        convolution = library().lax.conv_general_dilated
        return convolution(x, kernel, strides, margins, rhs_dilation=gaps, feature_group_count=group)


class ForFilters(Convolution):
    """The gradient for the filters, of that for the product: the transpose of a convolution, which is linear in them."""

    def forward(self, gradient: Any, x: Any) -> Any:
        window = self.window(x.shape[2:])
        group, count = gradient.shape[1:3]
        height = x.shape[1] // group * prod(window.kernel_shape)
        filters = library().ShapeDtypeStruct((group, count, height), x.dtype)
        back = library().linear_transpose(lambda filters: self.convolved(filters, x.array), filters)
        places = window.places(x.shape[2:])
        return Traced(back(gradient.array.reshape(x.shape[0], group * count, *places))[0])


class ForImage(Convolution):
    """The gradient for the image: the other transpose."""

    def forward(self, filters: Any, gradient: Any, sizes: Any = None) -> Any:
        (sizes,) = self.windows.numbers(sizes)
        window = self.window(sizes)
        channels = filters.shape[0] * filters.shape[2] // prod(window.kernel_shape)
        image = library().ShapeDtypeStruct((gradient.shape[0], channels, *sizes), gradient.dtype)
        back = library().linear_transpose(lambda image: self.convolved(filters.array, image), image)
        given = gradient.array.reshape(gradient.shape[0], filters.shape[0] * filters.shape[1], *window.places(sizes))
        return Traced(back(given)[0])


class Pool(_Sliding):
    """The largest element, or the sum of the elements, of each window of an image."""

    largest: bool

    def forward(self, x: Any) -> Any:
        found = self.pooled(x.array)
        one = (1,) * (self.ndim - 3)  # where the axis of a window's elements is kept
        return Traced(found.reshape(*x.shape[:2], *one, prod(found.shape[2:])))

    def pooled(self, x: Any) -> Any:
        """The pool of one of JAX's arrays, as an image."""
        lax, window = library().lax, self.window(x.shape[2:])
        start, join = (-inf, lax.max) if self.largest else (0.0, lax.add)
        return lax.reduce_window(
            x, x.dtype.type(start), join, (1, 1, *window.kernel_shape), (1, 1, *window.strides),
            ((0, 0), (0, 0), *window.margins(x.shape[2:])), window_dilation=(1, 1, *window.dilations),
        )  # fmt: skip


class ForPooled(Pool):
    """The gradient for an image of which the largest elements were taken: the first of each window takes its own.

    Each place within the windows is a strided slice of the image; XLA's one operation for it all takes several times as long.
    """

    def forward(self, x: Any, gradient: Any) -> Any:  # type: ignore[override]
        lax, numpy, window = library().lax, library().numpy, self.window(x.shape[2:])
        margins, strides, none = window.margins(x.shape[2:]), window.strides, [(0, 0, 0)] * 2
        whole = lax.pad(x.array, x.dtype.type(-inf), [*none, *((*each, 0) for each in margins)])
        largest = self.pooled(x.array)
        given, zero = gradient.array.reshape(largest.shape), x.dtype.type(0)
        left, found = numpy.ones(largest.shape, bool), numpy.zeros(whole.shape, x.dtype)
        for first in product(*map(range, window.kernel_shape)):
            ends = [f + s * (n - 1) + 1 for f, s, n in zip(first, strides, largest.shape[2:], strict=True)]
            each = lax.slice(whole, (0, 0, *first), (*whole.shape[:2], *ends), (1, 1, *strides))
            taken = left & ((each == largest) | numpy.isnan(each))
            left = left & ~taken
            after = [(f, size - end, s - 1) for f, size, end, s in zip(first, whole.shape[2:], ends, strides, strict=True)]
            found = found + lax.pad(numpy.where(taken, given, zero), zero, [*none, *after])
        return Traced(lax.pad(found, zero, [*none, *((-before, -after, 0) for before, after in margins)]))


def convolution(node: Any) -> Node | None:
    """A product of filters with windows as columns is a convolution."""
    if type(node) is not MatMul or (windows := _columns(node.operands[1])) is None or node.operands[0].ndim != 3:
        return None
    return _native(Convolution, node, windows, node.operands[0], windows.operands[0])


def gradient_for_filters(node: Any) -> Node | None:
    """The sum over images of gradients times windows as columns, transposed, is the gradient for filters."""
    product: Any = node.operands[0] if type(node) is ReduceSum else None
    if type(product) is not MatMul or product.ndim != 4 or axes_of(product, node.axes) != (0,) or node.keepdims:
        return None
    gradient, columns = product.operands
    if type(columns) is not Transpose or columns.perm != Transpose.of_matrices(columns.operands[0]).perm:
        return None
    windows = _columns(columns.operands[0])
    if windows is None or gradient.ndim != 4:
        return None
    return _native(ForFilters, node, windows, gradient, windows.operands[0])


def gradient_for_image(node: Any) -> Node | None:
    """Columns that are laid out, of a product with filters, are the gradient for an image."""
    found = back_through_filters(node)
    return None if found is None else _native(ForImage, node, node, *found, *node.operands[1:])


def pool(node: Any) -> Node | None:
    """The maximum, or the sum, over the elements of windows."""
    fill = {ReduceMax: -inf, ReduceSum: 0}.get(type(node))
    columns = node.operands[0] if fill is not None else None
    if columns is None or axes_of(columns, node.axes) != (2,):
        return None
    windows = _columns(columns)
    if windows is None or windows.fill != fill or columns.shape[1] != windows.operands[0].shape[1] or node.dtype.kind != "f":
        return None
    return _native(Pool, node, windows, windows.operands[0], largest=type(node) is ReduceMax)


def gradient_of_max_pool(node: Any) -> Node | None:
    """Columns that are laid out, of gradients at the first of each window's largest elements."""
    product = node.operands[0] if type(node) is Col2Im else None
    while type(product) is Reshape:
        product = product.operands[0]
    for mask, gradient in (product.operands, product.operands[::-1]) if type(product) is Mul else ():
        columns = first_largest_of(mask, axis=2)
        windows = None if columns is None else _columns(columns)
        if windows is not None and windows.fill == -inf and windows.operands[0].shape == node.shape and _same(windows, node):
            return _native(ForPooled, node, windows, windows.operands[0], gradient, largest=True)
    return None


def _same(windows: Any, folded: Any) -> bool:
    """Whether windows that do not have gaps are laid out again as they were."""
    image = windows.operands[0].shape[2:]
    own, other = window_of(windows, image, windows.kernel_shape), window_of(folded, image, folded.block_shape)
    return own == other and set(own.dilations) == {1}


def _columns(node: Any) -> Any:
    """The Im2Col whose columns a stack of matrices is, images × groups × a group's columns, or None."""
    if node.ndim != 4:
        return None
    while type(node) in (Reshape, Squeeze, Unsqueeze):
        node = node.operands[0]
    return node if type(node) is Im2Col else None


def _native(kind: type[Node], node: Node, windows: Node, *operands: Node, **attributes: Any) -> Node:
    native: Node = altered(node, kind, operands=operands, windows=windows, **attributes)
    return native


NATIVE = (convolution, gradient_for_filters, gradient_for_image, pool, gradient_of_max_pool)
"""The rules, in the order in which they are tried."""
