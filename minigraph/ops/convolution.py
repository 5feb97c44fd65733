"""Convolution and its transpose, as matrix products with the columns of an image's windows."""

import math

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import described
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import check_elements, refused, shaped, whole_numbers
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
        window = self.window(x, w)
        product = self.rows(w) @ self.columns(x, window)
        y = np.reshape(product, (x.shape[0], w.shape[0], *window.places(x.shape[2:])))
        return y if b is None else y + per_channel(b, x.ndim)

    def backward(self, gradient, y, x, w, b=None):
        window, by_group = self.window(x, w), self.grouped(gradient)
        for_w = np.reshape(np.sum(by_group @ self.columns(x, window).mT, axis=0), w.shape)
        columns = np.reshape(self.rows(w).mT @ by_group, (x.shape[0], x.shape[1] * math.prod(w.shape[2:]), by_group.shape[3]))
        for_x = Col2Im.apply(columns, image_shape=x.shape[2:], **window.folding)
        return (for_x, for_w) if b is None else (for_x, for_w, over_channels(gradient))

    def window(self, x, w):
        """The window of the filters over the image."""
        return window_of(self, x.shape[2:], w.shape[2:])

    def columns(self, x, window):
        """The image's windows as columns, those of each group on an axis of their own."""
        columns = Im2Col.apply(x, **window._asdict())
        return np.reshape(columns, (x.shape[0], self.group, columns.shape[1] // self.group, columns.shape[2]))

    def infer(self, x, w, b=None):
        image = self.check(x, w, b, w.shape[0])
        if x.shape[1] != w.shape[1] * self.group:
            groups = f" in each of {self.group} groups" if self.group > 1 else ""
            self.refuse_channels(x, w, f"{w.shape[1]} channels{groups}")
        return (x.shape[0], w.shape[0], *self.window(x, w).places(image)), x.dtype

    def validate(self, x, w, b=None):
        self.window(x, w)  # which says where it does not fit into the image of a run


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
        products = self.rows(w).mT @ self.grouped(x)
        columns = np.reshape(products, (x.shape[0], self.group * math.prod(w.shape[1:]), products.shape[3]))
        y = Col2Im.apply(columns, image_shape=image, **window.folding)
        if any(beyond):
            y = np.pad(y, ((0, 0), (0, 0), *((0, count) for count in beyond)))
        return y if b is None else y + per_channel(b, x.ndim)

    def backward(self, gradient, y, x, w, b=None):
        image, window, beyond = self.target(x, w)
        reached = gradient[:, :, *map(slice, image)] if any(beyond) else gradient
        columns = Im2Col.apply(reached, **window._asdict())
        columns = np.reshape(columns, (x.shape[0], self.group, math.prod(w.shape[1:]), columns.shape[2]))
        for_x = np.reshape(self.rows(w) @ columns, np.shape(x))
        for_w = np.reshape(np.sum(self.grouped(x) @ columns.mT, axis=0), w.shape)
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


@composes(np.correlate)
def correlate(a, v, mode="valid"):
    """The sums of products of the shorter vector with each window of the longer one, which may have zeros put around it.

    A vector whose size is known only in a run is taken for the longer one; "valid" refuses a run where it is not. The size of
    "same" is the longer one's, so it must know which that is.
    """
    a, v = _vectors(a, v, mode)
    if _longer(v, a):
        return np.flip(correlate(v, a, mode))
    size = v.shape[0]
    before, after = {"full": (size - 1, size - 1), "same": (size // 2, size - size // 2 - 1), "valid": (0, 0)}[mode]
    image, window = (np.expand_dims(each, (0, 1)) for each in (a, v))
    return np.squeeze(Conv(image, window, pads=(before, after)), axis=(0, 1))


@composes(np.convolve)
def convolve(a, v, mode="full"):
    """The same, with the shorter vector from its end."""
    a, v = _vectors(a, v, mode)
    return convolve(v, a, mode) if _longer(v, a) else correlate(a, np.flip(v), mode)


def _vectors(a, v, mode):
    """The two operands, or an error where they are no vectors of elements, or there is no such mode."""
    a, v = shaped(a), shaped(v)
    if (a.ndim, v.ndim) != (1, 1) or 0 in (*a.shape, *v.shape) or mode not in ("full", "same", "valid"):
        why = f'two vectors and a mode of "full", "same" or "valid", not {show_shape(a.shape)}, {show_shape(v.shape)}'
        raise OperationError(f"np.correlate and np.convolve take {why} and {mode!r}.")
    if mode == "same" and a.shape != v.shape and any(isinstance(each.shape[0], SymbolicSize) for each in (a, v)):
        which = f"which of {show_shape(a.shape)} and {show_shape(v.shape)} is longer, a run tells"
        why = f"has the size of the longer vector, and {which}"
        remedy = 'Declare the input with its size, or take a part of mode "full".'
        raise OperationError(f'np.correlate and np.convolve of mode "same": it {why}.\n  {remedy}')
    return a, v


def _longer(v, a):
    """Whether v is longer than a."""
    if isinstance(a.shape[0], SymbolicSize):
        return False
    return isinstance(v.shape[0], SymbolicSize) or v.shape[0] > a.shape[0]
