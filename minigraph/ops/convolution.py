"""Convolution and its transposes, as matrix products with the columns of an image's windows.

A convolution, W ⋆ x, is linear in its image and in its filters. Its transpose for the image, W ⋆ᵀ δ, lays filters down where it
took windows; that for the filters, δ ⋆ₙ x, slides the gradient over the image and adds up over the images of a batch. The
gradients of each of the three are the other two.
"""

import math

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import described
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import check_elements, refused, whole_numbers
from minigraph.ops.sizes import InSizes
from minigraph.ops.sliding import SAME, halved
from minigraph.ops.windows import Col2Im, Im2Col, Sliding, image_of, window_of

__all__ = ["Conv", "ConvTranspose"]


class _Filtered(Sliding):
    """The base of both: a window of filters, and channels in groups that do not mix."""

    group: int = 1
    kernel_shape: tuple[int, ...] | None = None

    def rows(self, w):
        """The filters as one matrix for each group, a row for each entry of the filters' first axis."""
        return np.reshape(w, (self.group, w.shape[0] // self.group, math.prod(w.shape[1:])))

    def grouped(self, x):
        """The channels of each group on an axis of their own, and the image's places in one: N × group × C / group × L."""
        return np.reshape(x, (x.shape[0], self.group, x.shape[1] // self.group, math.prod(x.shape[2:])))

    def columns(self, x, window):
        """The image's windows as columns, those of each group on an axis of their own."""
        columns = Im2Col.apply(x, **window._asdict())
        return np.reshape(columns, (x.shape[0], self.group, columns.shape[1] // self.group, columns.shape[2]))

    @property
    def given(self):
        """The attributes that say how filters slide."""
        return {key: getattr(self, key) for key in _Filtered.attributes}

    def check(self, x, w, b, channels):
        """Raise where the filters do not fit the image, or the bias the filters."""
        image = image_of(self, x)
        if w.ndim != x.ndim or any(isinstance(size, SymbolicSize) for size in w.shape[2:]):
            takes = (
                f"takes filters with as many axes as the image, each a window of known sizes, but {described(w)} is to filter"
            )
            raise refused(self, f"{takes} {described(x)}", w, x)
        if not isinstance(self.group, int) or self.group < 1 or (x.shape[1] % self.group, w.shape[0] % self.group) != (0, 0):
            why = f"cannot split the channels of {described(x)} and {described(w)} into group={self.group}"
            raise refused(self, f"{why}: it must divide {x.shape[1]} and {w.shape[0]}", x, w, error=OperationError)
        if self.kernel_shape is not None and tuple(self.kernel_shape) != w.shape[2:]:
            why = f"has the kernel_shape {self.kernel_shape}, but its filters are {described(w)}"
            raise refused(self, why, error=OperationError)
        if b is not None and b.shape != (channels,):
            raise refused(self, f"adds a bias to each of {channels} channels, not {described(b)}", b)
        return image

    def refuse_channels(self, x, w, channels):
        """Raise for filters of other channels than the image has."""
        why = f"cannot filter {described(x)} with {described(w)}"
        raise refused(self, f"{why}: the filters take {channels}, but the image has {x.shape[1]}", x, w)


def per_channel(b, rank):
    """One number for each channel, so that it broadcasts over an image of this rank."""
    return np.expand_dims(b, tuple(range(1, rank - 1)))


def over_channels(gradient):
    """The sum over everything but the channels: the gradient for a number of each."""
    return np.sum(gradient, axis=(0, *range(2, gradient.ndim)))


class Conv(_Filtered):
    """The cross-correlation of an image with filters, y[n, f, l] = Σ w[f, c, k] · x[n, c, l · stride + k · dilation] + b[f].

    Shapes: x is N × C × D1 × …, w is F × C / group × K1 × …, b is F, and the value N × F × L1 × …, all floating-point numbers.

    Attributes
    ----------
    pads : tuple of int
        How many zeros are put before each axis D1, …, then how many after each; none by default.
    auto_pad : str
        "NOTSET": pads holds. "SAME_UPPER", "SAME_LOWER": as many zeros as make L the size D divided by the stride, rounded up;
        an odd one is put after the axis, or before it. "VALID": none.
    strides : tuple of int
        How far apart along each axis the windows start; 1 by default.
    dilations : tuple of int
        How far apart along each axis a window's elements are; 1 by default.
    group : int
        In how many groups that do not mix the channels of x and the filters are split, in order.
    kernel_shape : tuple of int
        K1, …, which w has too; an error where they differ.

    Raises
    ------
    ShapeError, OperationError
        Where the image, the filters, the bias and the attributes do not fit each other.

    Source: K. Chellapilla, S. Puri, P. Simard, "High Performance Convolutional Neural Networks for Document Processing", 2006.

    >>> import minigraph as mg
    >>> images, filters = mg.Input("images", ("N", 3, 28, 28)), mg.Parameter("filters", np.zeros((8, 3, 5, 5)))
    >>> mg.Conv(images, filters, pads=(2, 2, 2, 2), strides=(2, 2))
    Conv (N × 8 × 14 × 14, float32)
    """

    def forward(self, x, w, b=None, out=None):
        if b is not None:
            return Conv.apply(x, w, **self.given) + per_channel(b, x.ndim)
        window = self.window(x, w)
        product = self.rows(w) @ self.columns(x, window)
        return np.reshape(product, (x.shape[0], w.shape[0], *window.places(x.shape[2:])))

    def backward(self, gradient, y, x, w, b=None):
        margins = zip(*self.window(x, w).margins(x.shape[2:]), strict=True)
        pads = tuple(size for margin in margins for size in margin)
        fixed = not any(isinstance(size, SymbolicSize) for size in pads)
        given = self.given | ({"pads": pads if any(pads) else None, "auto_pad": "NOTSET"} if fixed else {})
        for_x = ConvForImage.apply(gradient, w, image_shape=x.shape[2:], **given)
        for_w = ConvForFilters.apply(gradient, x, **given | {"kernel_shape": w.shape[2:]})
        return (for_x, for_w) if b is None else (for_x, for_w, over_channels(gradient))

    def window(self, x, w):
        """The window of the filters over the image."""
        return window_of(self, x.shape[2:], w.shape[2:])

    def infer(self, x, w, b=None):
        image = self.check(x, w, b, w.shape[0])
        if x.shape[1] != w.shape[1] * self.group:
            groups = f" in each of {self.group} groups" if self.group > 1 else ""
            self.refuse_channels(x, w, f"{w.shape[1]} channels{groups}")
        return (x.shape[0], w.shape[0], *self.window(x, w).places(image)), x.dtype

    def validate(self, x, w, b=None):
        self.window(x, w)  # which says where it does not fit into the image of a run


class ConvForImage(InSizes, _Filtered):
    """The transpose of a convolution for its image, of the sizes `image_shape`: from the gradient for its value, the image's.

    >>> ConvForImage.apply(np.ones((1, 1, 2)), np.array([[[1.0, 2.0, 3.0]]]), image_shape=(4,))
    array([[[1., 3., 5., 3.]]])
    """

    image_shape: tuple[int, ...]
    counted = ("image_shape",)

    def forward(self, gradient, w, sizes=None, out=None):
        (image,) = self.numbers(sizes)
        products = self.rows(w).mT @ self.grouped(gradient)
        columns = np.reshape(products, (gradient.shape[0], self.group * math.prod(w.shape[1:]), products.shape[3]))
        return Col2Im.apply(columns, image_shape=image, **window_of(self, image, w.shape[2:]).folding)

    def backward(self, gradient, y, x, w, sizes=None):
        for_w = ConvForFilters.apply(x, gradient, **self.given | {"kernel_shape": w.shape[2:]})
        return Conv.apply(gradient, w, **self.given), for_w, *([] if sizes is None else [None])

    def infer(self, gradient, w, sizes=None):
        return (gradient.shape[0], w.shape[1] * self.group, *self.image_shape), gradient.dtype


class ConvForFilters(_Filtered):
    """The transpose of a convolution for its filters: from the gradient for its value, and the image, the filters'.

    >>> ConvForFilters.apply(np.ones((1, 1, 2)), np.array([[[1.0, 2.0, 3.0, 4.0]]]), kernel_shape=(3,))
    array([[[3., 5., 7.]]])
    """

    def forward(self, gradient, x, out=None):
        columns = self.columns(x, window_of(self, x.shape[2:], self.kernel_shape))
        shape = (gradient.shape[1], x.shape[1] // self.group, *self.kernel_shape)
        return np.reshape(np.sum(self.grouped(gradient) @ columns.mT, axis=0), shape)

    def backward(self, gradient, y, x, image):
        return Conv.apply(image, gradient, **self.given), ConvForImage.apply(
            x, gradient, image_shape=image.shape[2:], **self.given
        )

    def infer(self, gradient, x):
        return (gradient.shape[1], x.shape[1] // self.group, *self.kernel_shape), x.dtype


class ConvTranspose(_Filtered):
    """The transpose of a convolution: each element of the image lays down its filter's window, and windows add up.

    Shapes: x is N × C × D1 × …, w is C × F / group × K1 × …, b is F, and the value N × F × L1 × …, with
    L = stride · (D − 1) + output_padding + (K − 1) · dilation + 1 − pads.

    Attributes
    ----------
    output_padding : tuple of int
        How many elements each axis of the value is longer at its end; less than the stride or the dilation, as in PyTorch.
    output_shape : tuple of int
        L1, … themselves; the pads then follow from them, and `auto_pad` says on which side an odd one is.
    pads, auto_pad, strides, dilations, group, kernel_shape
        As in `Conv`; pads are taken away from the value.

    >>> import minigraph as mg
    >>> images, filters = mg.Input("images", ("N", 8, 14, 14)), mg.Parameter("filters", np.zeros((8, 3, 4, 4)))
    >>> mg.ConvTranspose(images, filters, pads=(1, 1, 1, 1), strides=(2, 2))
    ConvTranspose (N × 3 × 28 × 28, float32)
    """

    output_padding: tuple[int, ...] | None = None
    output_shape: tuple[int, ...] | None = None

    def forward(self, x, w, b=None, out=None):
        image, window, beyond = self.target(x, w)
        if b is not None:
            given = {key: getattr(self, key) for key in self.attributes}
            return ConvTranspose.apply(x, w, **given) + per_channel(b, x.ndim)
        given = self.given | {"pads": window.pads, "auto_pad": "NOTSET"}
        y = ConvForImage.apply(x, w, image_shape=image, **given)
        if any(beyond):
            y = np.pad(y, ((0, 0), (0, 0), *((0, count) for count in beyond)))
        return y

    def backward(self, gradient, y, x, w, b=None):
        image, window, beyond = self.target(x, w)
        reached = gradient[:, :, *map(slice, image)] if any(beyond) else gradient
        given = self.given | {"pads": window.pads, "auto_pad": "NOTSET"}
        for_x = Conv.apply(reached, w, **given)
        for_w = ConvForFilters.apply(x, reached, **given | {"kernel_shape": w.shape[2:]})
        return (for_x, for_w) if b is None else (for_x, for_w, over_channels(gradient))

    def target(self, x, w):
        """The sizes of the image that the windows lay out, the window, and how many zeros follow where no window reaches."""
        window = window_of(self, x.shape[2:], w.shape[2:], fits=False)
        axes = zip(x.shape[2:], window.strides, window.extents, strict=True)
        spans = [stride * (size - 1) + extent for size, stride, extent in axes]
        sizes, befores = self.laid_out(x, window, spans)
        found = []
        for size, span, before, extent in zip(sizes, spans, befores, window.extents, strict=True):
            more = size - (span - before)  # than windows reach
            if isinstance(more, SymbolicSize) or (before > extent and isinstance(size, SymbolicSize)):
                raise refused(self, f"cannot lay out {show_shape(sizes)} in windows that are cut off by a number", x)
            beyond = max(0, more) if isinstance(size, SymbolicSize) else min(max(0, more), size)
            found.append((size - beyond, max(0, -more), beyond))
        image, afters, beyond = zip(*found, strict=True)
        return image, window._replace(pads=(*befores, *afters), auto_pad="NOTSET"), beyond

    def laid_out(self, x, window, spans):
        """The sizes of the whole image, and what is cut off before each of its axes, of what the windows span."""
        rank = x.ndim - 2
        more = whole_numbers(self, "output_padding", self.output_padding, rank, 0)
        sizes = self.output_shape
        if sizes is None and self.auto_pad in SAME:
            sizes = [size * stride for size, stride in zip(x.shape[2:], window.strides, strict=True)]
        elif sizes is not None:
            sizes = whole_numbers(self, "output_shape", sizes, rank, 1)
        full = [span + extra for span, extra in zip(spans, more, strict=True)]
        if sizes is None:
            margins = window.own_margins
            return [size - sum(margin) for size, margin in zip(full, margins, strict=True)], [before for before, _ in margins]
        less = [size - wanted for size, wanted in zip(full, sizes, strict=True)]
        if any(isinstance(each, SymbolicSize) for each in less):
            why = f"cannot make an image of {show_shape(sizes)} from {described(x)}: how much is cut off follows in a run alone"
            raise refused(self, why, x)
        return sizes, [halved(max(0, each), self.auto_pad)[0] for each in less]

    def infer(self, x, w, b=None):
        channels = w.shape[1] * self.group if w.ndim > 1 else 0
        given = self.check(x, w, b, channels)
        if x.shape[1] != w.shape[0]:
            self.refuse_channels(x, w, f"{w.shape[0]} channels")
        check_elements(self, x, x.shape, range(2, x.ndim))
        image, window, beyond = self.target(x, w)
        sizes = tuple(size + count for size, count in zip(image, beyond, strict=True))
        steps = [max(each) for each in zip(window.strides, window.dilations, strict=True)]
        padding = self.output_padding or beyond
        too_far = any(count >= step for count, step in zip(padding, steps, strict=True))
        if any(isinstance(size, int) and size < 1 for size in sizes) or window.places(image) != given or too_far:
            why = f"cannot make an image of {show_shape(sizes)} from {described(x)}: each axis must end less than a stride or"
            raise refused(self, f"{why} a dilation, {tuple(steps)}, after its last window", x, error=OperationError)
        return (x.shape[0], channels, *sizes), x.dtype

    def validate(self, x, w, b=None):
        check_elements(self, self.operands[0], x.shape, range(2, x.ndim))
        image, _, beyond = self.target(x, w)
        if any(size + count < 1 for size, count in zip(image, beyond, strict=True)):
            raise refused(
                self, f"has nothing left of an image of {show_shape(x.shape[2:])} of {described(self.operands[0])}", self
            )
