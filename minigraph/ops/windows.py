"""Windows that slide over an image: its windows as the columns of a matrix, and the transpose of that, columns added up.

An image is N × C × D1 × … × Dn: a batch, channels, and n axes to slide along, one to three as a rule. Convolution and
pooling are these two and matrix products, sums and maxima of their columns.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minigraph.core.node import Node, described
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import non_negative
from minigraph.ops.checks import one_of, refused, whole_numbers
from minigraph.ops.gather import zeros
from minigraph.ops.sizes import InSizes, smaller

__all__ = ["Col2Im", "Im2Col"]

SAME = ("SAME_UPPER", "SAME_LOWER")
AUTO_PADS = ("NOTSET", *SAME, "VALID")


class Window(NamedTuple):
    """A window's size, its step, the distance between its elements, and how the image is padded, along each axis.

    An image's sizes are numbers or those of named axes.
    """

    kernel_shape: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]
    """As ONNX has them: what is put before each axis, and then what is put after each."""
    auto_pad: str = "NOTSET"
    ceil_mode: bool = False

    @property
    def extents(self) -> tuple[int, ...]:
        """What the window spans along each axis, with its gaps."""
        return tuple((size - 1) * gap + 1 for size, gap in zip(self.kernel_shape, self.dilations, strict=True))

    @property
    def own_margins(self) -> tuple[tuple[int, int], ...]:
        """The padding that is given, in pairs (before, after), one for each axis."""
        rank = len(self.kernel_shape)
        return tuple(zip(self.pads[:rank], self.pads[rank:], strict=True))

    @property
    def folding(self):
        """The window as Col2Im's attributes name it."""
        return {"block_shape" if key == "kernel_shape" else key: value for key, value in self._asdict().items()}

    def places(self, image: Any) -> tuple[Any, ...]:
        """How many places the window takes along each axis of the padded image.

        With `ceil_mode` the last window may reach beyond it, but not start behind the image and the padding before it.
        """
        found = []
        for size, (before, after), extent, stride in zip(image, self.own_margins, self.extents, self.strides, strict=True):
            if self.auto_pad in SAME:
                found.append((size + stride - 1) // stride)
            elif not self.ceil_mode:
                found.append((size + before + after - extent) // stride + 1)
            else:
                count, most = (
                    (each + stride - 1) // stride for each in (size + before + after - extent + stride, size + before)
                )
                found.append(count if after + stride <= extent else smaller(count, most))
        return tuple(found)

    def margins(self, image: Any) -> tuple[tuple[Any, Any], ...]:
        """The padding as pairs (before, after), one for each axis, with what `auto_pad` and `ceil_mode` add."""
        if self.auto_pad == "NOTSET" and not self.ceil_mode:
            return self.own_margins
        pairs = []
        axes = zip(image, self.own_margins, self.extents, self.strides, self.places(image), strict=True)
        for size, (before, after), extent, stride, count in axes:
            needed = non_negative((count - 1) * stride + extent - size - before)
            pairs.append(halved(needed, self.auto_pad) if self.auto_pad in SAME else (before, max(after, needed)))
        return tuple(pairs)

    def at(self, image):
        """For each axis the places in the image of the elements of each window, an array of windows × elements."""
        axes = zip(self.margins(image), self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        return [
            np.add.outer(stride * np.arange(count), gap * np.arange(kernel)) - before
            for (before, _), count, stride, kernel, gap in axes
        ]

    def reached(self, image, axis):
        """For each element of a window along an axis: the places where it lies within the image, and where there, as slices."""
        size, (before, _), count = image[axis], self.margins(image)[axis], self.places(image)[axis]
        stride, gap = self.strides[axis], self.dilations[axis]
        pairs = []
        for start in range(-before, self.kernel_shape[axis] * gap - before, gap):
            first = min(max(0, -(start // stride)), count)
            end = min(max(first, -((start - size) // stride)), count)
            there = start + first * stride
            pairs.append((slice(first, end), slice(there, there + (end - first) * stride, stride) if first < end else slice(0)))
        return pairs

    def holds(self, image):
        """Whether the window holds an element of the image at each of its places: found without an array of all places."""
        axes = zip(image, self.margins(image), self.places(image), self.strides, self.kernel_shape, self.dilations, strict=True)
        return all(self._holds(size, before, *rest) for size, (before, _), *rest in axes)

    @staticmethod
    def _holds(size, before, count, stride, kernel, gap):
        """The same along one axis: for the last place, the first, and those before the image where elements lie far apart."""
        if count < 1:
            return True
        if (count - 1) * stride - before >= size or (kernel - 1) * gap < before:
            return False
        starts = (k * stride - before for k in range(min(count, -(-before // stride), gap // math.gcd(stride, gap))))
        return gap <= size or all(start % gap < size for start in starts)


def halved(total, auto_pad):
    """What is put before an axis and after it, of so much together; what is odd goes to the end for SAME_UPPER."""
    less, more = total // 2, total - total // 2
    return (less, more) if auto_pad == "SAME_UPPER" else (more, less)


def window_of(node: Any, image: Any, kernel_shape: Any, *, fits: bool = True) -> Window:
    """The window that a node's attributes describe; wrong ones, and one that does not fit into the image, are refused."""
    rank = len(image)
    pads = whole_numbers(node, "pads", node.pads, 2 * rank, 0)
    one_of(node, "auto_pad", AUTO_PADS)
    window = Window(
        whole_numbers(node, "kernel_shape", kernel_shape, rank, 1),
        whole_numbers(node, "strides", node.strides, rank, 1),
        whole_numbers(node, "dilations", node.dilations, rank, 1),
        pads if node.auto_pad == "NOTSET" else (0,) * len(pads),
        node.auto_pad,
        node.ceil_mode if "ceil_mode" in node.attributes else False,
    )
    if fits and any(isinstance(count, int) and count < 1 for count in window.places(image)):
        padded = f" padded by {window.pads}" if any(window.pads) else ""
        where = [node] if "shape" in vars(node) else []
        why = f"has a window of {show_shape(window.extents)} that does not fit into the image of {show_shape(image)}{padded}"
        raise refused(node, why, *where)
    return window


def image_of(node, x):
    """The sizes of the axes to slide along, or a ShapeError where the operand is no image."""
    if x.ndim < 3:
        takes = "takes an image, N × C × D1 × …, with at least one axis to slide along"
        raise refused(node, f"{takes}, not {described(x)}", x)
    return x.shape[2:]


class Sliding(Node):
    """The base of operations that slide a window over an image; the attributes are ONNX's."""

    auto_pad: str = "NOTSET"
    dilations: tuple[int, ...] | None = None
    pads: tuple[int, ...] | None = None
    strides: tuple[int, ...] | None = None
    floating = True


class Im2Col(Sliding):
    """The windows of an image as columns: N × C × D1 × … gives N × C·K × L, for windows of K elements at L places.

    The places follow each other row by row, `strides` apart; a window's elements are `dilations` apart; the image is padded
    with `fill`. It is PyTorch's unfold; its transpose is `Col2Im`.

    >>> Im2Col.apply(np.arange(4.0).reshape(1, 1, 4), kernel_shape=(2,))
    array([[[0., 1., 2.],
            [1., 2., 3.]]])
    """

    kernel_shape: tuple[int, ...]
    ceil_mode: bool = False
    fill: float = 0.0
    floating = False
    takes_out = True

    def forward(self, x, out=None):
        window, image = window_of(self, x.shape[2:], self.kernel_shape), x.shape[2:]
        out = np.empty(self._shape(x.shape, window), x.dtype) if out is None else out
        places, strides, x = window.places(image), window.strides, self._padded(x, window.margins(image))
        steps = *x.strides[:2], *np.multiply(window.dilations, x.strides[2:]), *np.multiply(strides, x.strides[2:])
        if out.size and strides[-1] == 1:  # a line of places lies together: as one item, it is copied three times as fast
            line = np.dtype((np.void, places[-1] * x.itemsize))
            lines = np.ndarray((*x.shape[:2], *window.kernel_shape, *places[:-1]), line, x, strides=steps[:-1])
            out.reshape(*lines.shape, places[-1]).view(line)[..., 0] = lines
        elif out.size:
            columns = np.ndarray((*x.shape[:2], *window.kernel_shape, *places), x.dtype, x, strides=steps)
            out.reshape(columns.shape)[...] = columns
        return out

    def _padded(self, x, margins):
        """The image with what is put around it, element after element in memory."""
        if not any(map(any, margins)):
            return np.ascontiguousarray(x)
        sizes = [size + before + after for size, (before, after) in zip(x.shape[2:], margins, strict=True)]
        padded = np.full((*x.shape[:2], *sizes), self.fill, x.dtype)
        padded[:, :, *(slice(before, before + size) for size, (before, _) in zip(x.shape[2:], margins, strict=True))] = x
        return padded

    def backward(self, gradient, y, x):
        window = window_of(self, x.shape[2:], self.kernel_shape)
        return Col2Im.apply(gradient, image_shape=x.shape[2:], **window.folding)

    def infer(self, x):
        return self._shape(x.shape, window_of(self, image_of(self, x), self.kernel_shape)), x.dtype

    def validate(self, x):
        window_of(self, x.shape[2:], self.kernel_shape)

    def _shape(self, shape, window):
        return shape[0], shape[1] * math.prod(window.kernel_shape), math.prod(window.places(shape[2:]))


class Col2Im(InSizes, Sliding):
    """Columns added up to an image of `image_shape`, where windows overlap: `Im2Col`'s transpose.

    N × C·K × L gives N × C × D1 × …; the windows have the shape `block_shape`. It is PyTorch's fold.

    >>> Col2Im.apply(np.ones((1, 2, 3)), image_shape=(4,), block_shape=(2,))
    array([[[1., 2., 2., 1.]]])
    """

    image_shape: tuple[int, ...]
    block_shape: tuple[int, ...]
    ceil_mode: bool = False
    counted = ("image_shape",)
    floating = False
    takes_out = True

    def forward(self, x, sizes=None, out=None):
        (sizes,) = self.numbers(sizes)
        window, rank = window_of(self, sizes, self.block_shape), len(sizes)
        image = x.reshape(x.shape[0], x.shape[1] // math.prod(self.block_shape), *self.block_shape, *window.places(sizes))
        for axis in range(rank):  # one after the other, as whole rows are added up in one go
            image = self._folded(image, window, sizes, axis, out if axis == rank - 1 else None)
        return image

    def _folded(self, columns, window, sizes, axis, out):
        """The columns with their windows' first axis, axis 2, added up along an axis of the image, which takes the places'."""
        size, places = sizes[axis], 1 + len(sizes)
        shape = [*columns.shape[:2], *columns.shape[3:]]
        shape[places] = size
        image = zeros(shape, columns.dtype, out)
        lines, parts = np.moveaxis(image, places, 0), np.moveaxis(columns, (2, 1 + places), (0, 1))
        overlap = window.strides[axis] < window.extents[axis]
        for part, (inside, there) in zip(parts, window.reached(sizes, axis), strict=True):
            if overlap:
                lines[there] += part[inside]
            else:  # where windows do not overlap, adding to 0 takes twice as long
                lines[there] = part[inside]
        return image

    def backward(self, gradient, y, x, sizes=None):
        window = window_of(self, gradient.shape[2:], self.block_shape)
        for_x = Im2Col.apply(gradient, **window._asdict())
        return for_x if sizes is None else (for_x, None)

    def infer(self, x, sizes=None):
        image = whole_numbers(self, "image_shape", self.image_shape, len(self.image_shape), 0, named=True)
        window = window_of(self, image, self.block_shape)
        block, columns = math.prod(window.kernel_shape), math.prod(window.places(image))
        if x.ndim != 3 or x.shape[2] != columns or x.shape[1] % block != 0:
            given = f"N × {block}·C × {columns} columns, not from {described(x)}"
            raise refused(self, f"makes an image of {show_shape(image)} from {given}", x)
        return (x.shape[0], x.shape[1] // block, *image), x.dtype

    def validate(self, x, sizes=None):
        window_of(self, *self.numbers(sizes), self.block_shape)
