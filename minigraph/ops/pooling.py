"""Pooling: one number for each window of an image, or for the whole of it."""

import math

import numpy as np

from minigraph.core.node import Node, described
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import NeedsElements, WithoutDerivative, refused, whole_number
from minigraph.ops.shape import Shape
from minigraph.ops.sizes import known_sizes
from minigraph.ops.softmax import Hardmax
from minigraph.ops.windows import Col2Im, Im2Col, Sliding, image_of, window_of

__all__ = ["AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LpPool", "MaxPool"]


class _Pool(Sliding):
    """The base of pooling: a window of `kernel_shape` over each channel.

    With `ceil_mode` a last window that reaches beyond the image and its padding counts too, unless it would start there.
    """

    kernel_shape: tuple[int, ...]
    ceil_mode: bool = False

    def window(self, x):
        """The window over the image x."""
        return window_of(self, x.shape[2:], self.kernel_shape)

    def columns(self, x, fill=0.0):
        """The elements of each window, along axis 2: N × C × K × L."""
        columns = Im2Col.apply(x, fill=fill, **self.window(x)._asdict())
        return np.reshape(columns, (x.shape[0], x.shape[1], math.prod(self.kernel_shape), columns.shape[2]))

    def image(self, pooled, x):
        """One number a window, N × C × L or N × C × 1 × L, as an image."""
        return np.reshape(pooled, (x.shape[0], x.shape[1], *self.window(x).places(x.shape[2:])))

    def flat(self, image):
        """The inverse, with an axis for the elements of a window: N × C × 1 × L."""
        return np.reshape(image, (image.shape[0], image.shape[1], 1, math.prod(image.shape[2:])))

    def folded(self, columns, x):
        """The gradient for the image from that for the elements of its windows."""
        columns = np.reshape(columns, (x.shape[0], x.shape[1] * columns.shape[2], columns.shape[3]))
        return Col2Im.apply(columns, image_shape=x.shape[2:], **self.window(x).folding)

    def infer(self, x):
        image, window = image_of(self, x), self.window(x)
        self.validate(x)
        return (*x.shape[:2], *window.places(image)), x.dtype

    def validate(self, x):
        image, window = x.shape[2:], self.window(x)
        if not any(isinstance(size, SymbolicSize) for size in image) and not window.holds(image):
            why = f"has a window of {show_shape(window.extents)} with places where all of it is padding"
            remedy = "Pad by less than the window; padding that should count is put into the image by mg.Pad."
            operand = self.operands[0]
            raise refused(self, f"{why}: {described(operand)} is padded by {window.pads}", operand, remedy=remedy)


class MaxPool(_Pool):
    """The largest element of each window. Where several tie the first takes the gradient, as ONNX's and PyTorch's do.

    Shapes: x is N × C × D1 × …, and the value N × C × L1 × ….

    Attributes
    ----------
    kernel_shape : tuple of int
        The size of the window along each axis D1, ….
    ceil_mode : bool
        Whether a last window that reaches beyond the image and its padding counts too, unless it would start there.
    pads, auto_pad, strides, dilations
        As in `Conv`; padding is never the largest element.

    >>> MaxPool.apply(np.array([[[1.0, 5.0, 2.0, 3.0]]]), kernel_shape=(2,), strides=(2,))
    array([[[5., 3.]]])
    """

    def forward(self, x, out=None):
        return self.image(np.max(self.columns(x, fill=-math.inf), axis=2, keepdims=True), x)

    def backward(self, gradient, y, x):
        return MaxUnpool.apply(gradient, x, **{key: getattr(self, key) for key in self.attributes})


class MaxUnpool(_Pool):
    """Each number of an image at the place of the largest element of its window in x: what `MaxPool` makes of a gradient.

    >>> MaxUnpool.apply(np.array([[[7.0, 8.0]]]), np.array([[[1.0, 5.0, 2.0, 3.0]]]), kernel_shape=(2,), strides=(2,))
    array([[[0., 7., 0., 8.]]])
    """

    def forward(self, pooled, x, out=None):
        return self.folded(self.taken(x) * self.flat(pooled), x)

    def backward(self, gradient, y, pooled, x):
        return self.image(np.sum(self.taken(x) * self.columns(gradient), axis=2, keepdims=True), x), None

    def taken(self, x):
        """1 for the largest element of each window, the first of several, else 0."""
        return Hardmax.apply(self.columns(x, fill=-math.inf), axis=2)

    def infer(self, pooled, x):
        return x.shape, pooled.dtype

    def validate(self, pooled, x):
        """Nothing that `MaxPool` did not."""


class AveragePool(_Pool):
    """The mean of each window, over the elements inside the image or, with `count_include_pad`, over its padding too.

    The other attributes are those of `MaxPool`.

    >>> AveragePool.apply(np.array([[[1.0, 5.0, 2.0, 4.0]]]), kernel_shape=(2,), strides=(2,))
    array([[[3., 3.]]])
    """

    count_include_pad: bool = False

    def forward(self, x, out=None):
        return self.image(np.sum(self.columns(x), axis=2), x) / self.counts(x)

    def backward(self, gradient, y, x):
        return AverageUnpool.apply(gradient, x, **{key: getattr(self, key) for key in self.attributes})

    def counts(self, x):
        """How many elements each window averages: an image of numbers that follow from sizes alone."""
        counted = {**self.window(x)._asdict(), "count_include_pad": self.count_include_pad}
        return Counts.apply(Shape.apply(x, start=2), **counted).astype(x.dtype)


class AverageUnpool(AveragePool):
    """Each number of an image spread evenly over its window, in an image of the shape of x: the transpose of `AveragePool`.

    >>> AverageUnpool.apply(np.array([[[6.0, 8.0]]]), np.zeros((1, 1, 4)), kernel_shape=(2,), strides=(2,))
    array([[[3., 3., 4., 4.]]])
    """

    selectors = ("x",)

    def forward(self, pooled, x, out=None):
        each = self.flat(pooled / self.counts(x))
        elements = (x.shape[0], x.shape[1], math.prod(self.kernel_shape), each.shape[3])
        return self.folded(np.broadcast_to(each, elements), x)

    def backward(self, gradient, y, pooled, x):
        return AveragePool.apply(gradient, **{key: getattr(self, key) for key in self.attributes}), None

    def infer(self, pooled, x):
        return x.shape, pooled.dtype

    def validate(self, pooled, x):
        """Nothing that `AveragePool` did not."""


class Counts(WithoutDerivative, Sliding):
    """How many elements of an image of this shape lie in each window; with `count_include_pad` those of its padding too.

    >>> Counts.apply((3,), kernel_shape=(2,), pads=(1, 0))
    array([1., 2., 2.])
    """

    kernel_shape: tuple[int, ...]
    ceil_mode: bool = False
    count_include_pad: bool = False
    selectors = ("shape",)

    def forward(self, shape, out=None):
        image = tuple(map(int, shape))
        window = window_of(self, image, self.kernel_shape)
        own = window._replace(ceil_mode=False).margins(image)  # but not what ceil_mode adds
        found = np.ones(())
        for at, size, (before, after) in zip(window.at(image), image, own, strict=True):
            least, end = (-before, size + after) if self.count_include_pad else (0, size)
            found = np.multiply.outer(found, np.sum((at >= least) & (at < end), axis=1))
        return found

    def infer(self, shape):
        image = known_sizes(self, shape)
        return window_of(self, image, self.kernel_shape).places(image), np.dtype(np.float64)


class LpPool(_Pool):
    """The p-norm of each window, (Σ |x|^p)^(1/p). Its gradient is taken to be 0 where the norm is.

    p is a whole number, 1 or more. The other attributes are those of `MaxPool`.

    >>> LpPool.apply(np.array([[[3.0, 4.0, 0.0, 2.0]]]), kernel_shape=(2,), strides=(2,))
    array([[[5., 2.]]])
    """

    p: int = 2

    def forward(self, x, out=None):
        return self.image(np.sum(np.abs(self.columns(x)) ** self.p, axis=2), x) ** (1 / self.p)

    def backward(self, gradient, y, x):
        elements = self.columns(x)
        norm = np.where(np.equal(self.flat(y), 0), 1, self.flat(y))
        derivatives = np.sign(elements) * (np.abs(elements) / norm) ** (self.p - 1)
        return self.folded(self.flat(gradient) * derivatives, x)

    def infer(self, x):
        whole_number(self, "p", 1)
        return super().infer(x)


class _Global(Node):
    """The base of pooling over the whole image."""

    floating = True

    @property
    def along(self):
        """The axes of the image's places."""
        return tuple(range(2, self.operands[0].ndim))

    def infer(self, x):
        image_of(self, x)
        return (*x.shape[:2], *(1,) * (x.ndim - 2)), x.dtype


class GlobalAveragePool(_Global):
    """The mean over all places of each channel: N × C × D1 × … gives N × C × 1 × …. Of no places it is not a number.

    >>> GlobalAveragePool.apply(np.array([[[1.0, 2.0, 6.0]]]))
    array([[[3.]]])
    """

    def forward(self, x, out=None):
        return np.sum(x, axis=tuple(range(2, x.ndim)), keepdims=True) / math.prod(x.shape[2:])

    def backward(self, gradient, y, x):
        return np.broadcast_to(gradient / math.prod(x.shape[2:]), np.shape(x))


class GlobalMaxPool(NeedsElements, _Global):
    """The largest element of each channel. Where several tie the first takes the gradient, as in `MaxPool`.

    Of no places there is none: such an image is refused.

    >>> GlobalMaxPool.apply(np.array([[[1.0, 2.0, 6.0]]]))
    array([[[6.]]])
    """

    def forward(self, x, out=None):
        return np.max(x, axis=tuple(range(2, x.ndim)), keepdims=True)

    def backward(self, gradient, y, x):
        places, one = math.prod(x.shape[2:]), (1,) * (x.ndim - 2)
        taken = np.reshape(Hardmax.apply(np.reshape(x, (x.shape[0], x.shape[1], places)), axis=2), np.shape(x))
        return taken * np.reshape(gradient, (x.shape[0], x.shape[1], *one))
