"""Windows that slide over an image: its windows as the columns of a matrix, and the transpose of that, columns added up.

An image is N × C × D1 × … × Dn: a batch, channels, and n axes to slide along, one to three as a rule. Convolution and
pooling are these two and matrix products, sums and maxima of their columns.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minigraph.core.node import Node, described
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import one_of, refused, whole_numbers
from minigraph.ops.gather import zeros

__all__ = ["Col2Im", "Im2Col"]

AUTO_PADS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


class Window(NamedTuple):
    """A window's size, its step, the distance between its elements, and how the image is padded, along each axis."""

    kernel_shape: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    """As ONNX has them: what is put before each axis, and then what is put after each."""

    @property
    def extents(self):
        """What the window spans along each axis, with its gaps."""
        return tuple((size - 1) * gap + 1 for size, gap in zip(self.kernel_shape, self.dilations, strict=True))

    @property
    def margins(self):
        """The padding as pairs (before, after), one for each axis."""
        rank = len(self.kernel_shape)
        return tuple(zip(self.pads[:rank], self.pads[rank:], strict=True))

    @property
    def folding(self):
        """The window as Col2Im's attributes name it."""
        return {"block_shape": self.kernel_shape, "strides": self.strides, "dilations": self.dilations, "pads": self.pads}

    def holds(self, image):
        """Whether the window holds an element of the image at each of its places."""
        axes = zip(image, self.margins, self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        for size, (before, _), count, stride, kernel, gap in axes:
            at = np.add.outer(stride * np.arange(count), gap * np.arange(kernel)) - before
            if not np.all(np.any((at >= 0) & (at < size), axis=1)):
                return False
        return True

    def places(self, image):
        """How many places the window takes along each axis of the padded image."""
        axes = zip(image, self.margins, self.extents, self.strides, strict=True)
        return tuple((size + sum(margin) - extent) // stride + 1 for size, margin, extent, stride in axes)


def bare_window(node, kernel_shape, rank):
    """The window that a node's attributes describe, before it is laid over an image; wrong ones are refused."""
    return Window(
        whole_numbers(node, "kernel_shape", kernel_shape, rank, 1),
        whole_numbers(node, "strides", node.strides, rank, 1),
        whole_numbers(node, "dilations", node.dilations, rank, 1),
        whole_numbers(node, "pads", node.pads, 2 * rank, 0),
    )


def window_of(node, image, kernel_shape, auto_pad="NOTSET", ceil_mode=False):
    """A node's window over an image of these sizes, which pads it as `auto_pad` and `ceil_mode` say."""
    window = bare_window(node, kernel_shape, len(image))
    if auto_pad != "NOTSET":
        one_of(node, "auto_pad", AUTO_PADS)
        window = window._replace(pads=_same_pads(window, image, auto_pad))
    if ceil_mode:
        window = window._replace(pads=_ceiling_pads(window, image))
    if any(each < 1 for each in window.places(image)):
        padded = f" padded by {window.pads}" if any(window.pads) else ""
        fits = f"does not fit into the image of {show_shape(image)}{padded}"
        raise refused(node, f"has a window of {show_shape(window.extents)} that {fits}")
    return window


def _same_pads(window, image, auto_pad):
    """As much padding as makes the places of a window cover the image: its size divided by the stride, rounded up."""
    if auto_pad == "VALID":
        return (0,) * len(window.pads)
    axes = zip(image, window.extents, window.strides, strict=True)
    return halved([(math.ceil(size / stride) - 1) * stride + extent - size for size, extent, stride in axes], auto_pad)


def halved(totals, auto_pad):
    """What is put before each axis and after it, of so much together; what is odd goes to the end for SAME_UPPER."""
    less, more = zip(*((total // 2, total - total // 2) for total in (max(0, total) for total in totals)), strict=True)
    return (*less, *more) if auto_pad == "SAME_UPPER" else (*more, *less)


def _ceiling_pads(window, image):
    """Padding with what lets a last, partial window in; one that would start behind the image and its padding stays out."""
    ends = []
    for size, (before, after), extent, stride in zip(image, window.margins, window.extents, window.strides, strict=True):
        steps = math.ceil((size + before + after - extent) / stride)
        steps -= steps * stride >= size + before
        ends.append(max(after, steps * stride + extent - size - before))
    return (*window.pads[: len(ends)], *ends)


def image_of(node, x):
    """The sizes of the axes to slide along, or a ShapeError where the operand is no image of known sizes."""
    if x.ndim < 3:
        takes = "takes an image, N × C × D1 × …, with at least one axis to slide along"
        raise refused(node, f"{takes}, not {described(x)}", x)
    if any(isinstance(size, SymbolicSize) for size in x.shape[1:]):
        why = f"needs to know the channels and the sizes of {described(x)}; only its first axis may be named"
        raise refused(node, why, x)
    return x.shape[2:]


class Sliding(Node):
    """The base of operations that slide a window over an image; the attributes are ONNX's."""

    auto_pad: str = "NOTSET"
    dilations: tuple[int, ...] | None = None
    pads: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    floating = True


class Im2Col(Node):
    """The windows of an image as columns: N × C × D1 × … gives N × C·K × L, for windows of K elements at L places.

    The places follow each other row by row, `strides` apart; a window's elements are `dilations` apart; the image is padded
    with `fill`. It is PyTorch's unfold; its transpose is `Col2Im`.

    >>> Im2Col.apply(np.arange(4.0).reshape(1, 1, 4), kernel_shape=(2,))
    array([[[0., 1., 2.],
            [1., 2., 3.]]])
    """

    kernel_shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None
    dilations: tuple[int, ...] | None = None
    pads: tuple[int, ...] | None = None
    fill: float = 0.0
    takes_out = True

    def forward(self, x, out=None):
        window = window_of(self, x.shape[2:], self.kernel_shape)
        margins = ((0, 0), (0, 0), *window.margins)
        padded = np.pad(x, margins, constant_values=self.fill) if any(window.pads) else x
        rank = len(window.extents)
        views = sliding_window_view(padded, window.extents, tuple(range(2, 2 + rank)))
        steps = [slice(None, None, step) for step in (*window.strides, *window.dilations)]
        order = (0, 1, *range(2 + rank, 2 + 2 * rank), *range(2, 2 + rank))
        columns = views[:, :, *steps].transpose(order)
        out = np.empty(self._shape(x.shape, window), x.dtype) if out is None else out
        np.copyto(out.reshape(columns.shape), columns)
        return out

    def backward(self, gradient, y, x):
        window = window_of(self, x.shape[2:], self.kernel_shape)
        return Col2Im.apply(gradient, image_shape=x.shape[2:], **window.folding)

    def infer(self, x):
        return self._shape(x.shape, window_of(self, image_of(self, x), self.kernel_shape)), x.dtype

    def _shape(self, shape, window):
        return shape[0], shape[1] * math.prod(window.kernel_shape), math.prod(window.places(shape[2:]))


class Col2Im(Node):
    """Columns added up to an image of `image_shape`, where windows overlap: `Im2Col`'s transpose.

    N × C·K × L gives N × C × D1 × …; the windows have the shape `block_shape`. It is PyTorch's fold.

    >>> Col2Im.apply(np.ones((1, 2, 3)), image_shape=(4,), block_shape=(2,))
    array([[[1., 2., 2., 1.]]])
    """

    image_shape: tuple[int, ...]
    block_shape: tuple[int, ...]
    dilations: tuple[int, ...] | None = None
    pads: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    takes_out = True

    def forward(self, x, out=None):
        window = window_of(self, self.image_shape, self.block_shape)
        channels, rank = x.shape[1] // math.prod(self.block_shape), len(self.image_shape)
        image = x.reshape(x.shape[0], channels, *self.block_shape, *window.places(self.image_shape))
        for axis in range(rank):  # one after the other, as whole rows are added up in one go
            image = self._folded(image, window, axis, out if axis == rank - 1 else None)
        return image

    def _folded(self, columns, window, axis, out):
        """The columns with their windows' first axis, axis 2, added up along an axis of the image, which takes the places'."""
        size, places = self.image_shape[axis], 1 + len(self.image_shape)
        shape = [*columns.shape[:2], *columns.shape[3:]]
        shape[places] = size
        image = zeros(shape, columns.dtype, out)
        lines, (before, _) = np.moveaxis(image, places, 0), window.margins[axis]
        stride, gap = window.strides[axis], window.dilations[axis]
        for i, part in enumerate(np.moveaxis(columns, (2, 1 + places), (0, 1))):
            start = i * gap - before
            first = max(0, -(start // stride))
            inside = part[first : max(first, -((start - size) // stride))]
            line = lines[start + first * stride :: stride][: len(inside)]
            if stride < window.extents[axis]:
                line += inside
            else:  # where windows do not overlap, adding to 0 takes twice as long
                np.copyto(line, inside)
        return image

    def backward(self, gradient, y, x):
        return Im2Col.apply(gradient, **window_of(self, self.image_shape, self.block_shape)._asdict())

    def infer(self, x):
        image = whole_numbers(self, "image_shape", self.image_shape, len(self.image_shape), 0)
        window = window_of(self, image, self.block_shape)
        block, columns = math.prod(window.kernel_shape), math.prod(window.places(image))
        if x.ndim != 3 or x.shape[2] != columns or isinstance(x.shape[1], SymbolicSize) or x.shape[1] % block:
            given = f"N × {block}·C × {columns} columns, not from {described(x)}"
            raise refused(self, f"makes an image of {show_shape(image)} from {given}", x)
        return (x.shape[0], x.shape[1] // block, *image), x.dtype
