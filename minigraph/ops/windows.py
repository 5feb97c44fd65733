"""Windows that slide over an image: its windows as the columns of a matrix, and the transpose of that, columns added up.

An image is N × C × D1 × … × Dn: a batch, channels, and n axes to slide along, one to three as a rule. Convolution and
pooling are these two and matrix products, sums and maxima of their columns.
"""

import math
from typing import Any

import numpy as np

from minigraph.core.node import Node, described
from minigraph.core.shapes import show_shape
from minigraph.ops.checks import one_of, refused, whole_numbers
from minigraph.ops.gather import zeros
from minigraph.ops.sizes import InSizes
from minigraph.ops.sliding import AUTO_PADS, Window, components_of

__all__ = ["Col2Im", "Im2Col"]


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
        if out.size:
            columns = out.reshape(*x.shape[:2], *window.kernel_shape, *window.places(image))
            for component in components_of(window, image):
                self._lay_out(x, component, columns)
        return out

    def _lay_out(self, x, component, columns):
        """Write those elements of all windows that lie in one component of the image.

        Where windows slide by one in it, a line of places lies together: as one item, it is copied three times as fast.
        """
        laid_out = self._component(x, component, columns)
        if component.once:
            return
        outer, sides, places = laid_out.strides[:2], laid_out.strides[2:], columns.shape[-len(component.shape) :]
        steps = *outer, *np.multiply(component.gap, sides), *np.multiply(component.step, sides)
        if component.step[-1] == 1:
            line = np.dtype((np.void, places[-1] * x.itemsize))
            columns, places, steps = columns.view(line)[..., 0], places[:-1], steps[:-1]
        shape = *x.shape[:2], *component.numbers, *places
        columns[component.elements] = np.ndarray(shape, columns.dtype, laid_out, strides=steps)

    def _component(self, x, component, columns):
        """A component of the image with what is put around it; one that is wanted once, where the columns have it."""
        if component.is_image:
            return np.ascontiguousarray(x)
        if component.once:
            laid_out = columns[component.elements]
        else:  # zeros take less time than filling what is around
            empty = np.zeros if component.padding and not self.fill else np.empty
            laid_out = empty((*x.shape[:2], *component.shape), x.dtype)
        laid_out[component.inside] = x[component.there]
        for around in component.padding if component.once or self.fill else ():
            laid_out[around] = self.fill
        return laid_out

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
