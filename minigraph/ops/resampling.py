"""Resampling: an image with more or fewer places, by interpolation or by turning channels into places and back."""

import math
from fractions import Fraction
from itertools import starmap

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, not_floating
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import one_of, refused, whole_number, whole_numbers
from minigraph.ops.windows import image_of

__all__ = ["DepthToSpace", "Resize", "SpaceToDepth"]

ROUNDINGS = {
    "round_prefer_floor": lambda place: np.ceil(place - 0.5),
    "round_prefer_ceil": lambda place: np.floor(place + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}
"""How `nearest_mode` makes a place in the image a whole number."""

COORDINATES = {
    "half_pixel": lambda i, size, length, count: (i + 0.5) * size / length - 0.5,
    "half_pixel_symmetric": lambda i, size, length, count: (i + 0.5 + (length - count) / 2) * size / length - 0.5,
    "pytorch_half_pixel": lambda i, size, length, count: (i + 0.5) * size / length - 0.5 if count > 1 else 0.0 * i,
    "align_corners": lambda i, size, length, count: i * (size - 1) / max(length - 1, 1),
    "asymmetric": lambda i, size, length, count: i * size / length,
    "tf_half_pixel_for_nn": lambda i, size, length, count: (i + 0.5) * size / length,
}
"""Where along an axis of some size the `count` elements i of the new axis lie, by `coordinate_transformation_mode`.

The length is scale · size, of which the count may be less than one element short.
"""

KERNELS = {
    "linear": (1, lambda d, a: np.maximum(1 - d, 0)),
    "cubic": (2, lambda d, a: np.where(d <= 1, ((a + 2) * d - a - 3) * d * d + 1, a * ((d - 5) * d + 8) * d - 4 * a) * (d < 2)),
}
"""How far an element reaches, and what it counts for at a distance d of a place; a is `cubic_coeff_a`."""

POLICIES = {"stretch": None, "not_larger": min, "not_smaller": max}
"""Which of the scales that would give `sizes` is that of all axes, by `keep_aspect_ratio_policy`."""


class Resize(Node):
    """An image, N × C × D1 × …, with its axes D1, … lengthened or shortened, one after another.

    Each new element lies somewhere in the image. It is the nearest element, or the sum of those around it, weighted by their
    distance; what lies outside is as the border is. Along each axis the operation is a product with a matrix. The attributes
    are ONNX's, whose operands sizes and scales leave the batch and the channels out here.

    Attributes
    ----------
    sizes : tuple of int
        The new sizes of D1, …; either they are given or `scales`.
    scales : tuple of float
        What each size is multiplied by, and rounded down.
    mode : str
        "nearest"; "linear", two elements weighted by 1 − distance; or "cubic", four, by Keys' polynomial.
    coordinate_transformation_mode : str
        Where new element i lies: by "half_pixel" at (i + ½) / scale − ½; "half_pixel_symmetric", "pytorch_half_pixel",
        "align_corners", "asymmetric" and "tf_half_pixel_for_nn" are ONNX's others.
    nearest_mode : str
        Which element is nearest: "round_prefer_floor", "round_prefer_ceil", "floor" or "ceil".
    antialias : bool
        Whether an image that becomes smaller is computed from all of its elements.
    cubic_coeff_a : float
        The coefficient of the cubic polynomial.
    exclude_outside : bool
        Whether what lies outside counts for nothing.
    keep_aspect_ratio_policy : str
        "stretch": sizes hold. "not_larger", "not_smaller": the scale of all axes is the smallest, or largest, that sizes give.

    Source: ONNX, operator Resize, version 19; R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981.

    >>> Resize.apply(np.array([[[1.0, 3.0]]]), sizes=(4,), mode="linear")
    array([[[1. , 1.5, 2.5, 3. ]]])
    >>> Resize.apply(np.array([[[1, 3]]]), scales=(2.0,))
    array([[[1, 1, 3, 3]]])
    """

    sizes: tuple[int, ...] | None = None
    scales: tuple[float, ...] | None = None
    mode: str = "nearest"
    coordinate_transformation_mode: str = "half_pixel"
    nearest_mode: str = "round_prefer_floor"
    antialias: bool = False
    cubic_coeff_a: float = -0.75
    exclude_outside: bool = False
    keep_aspect_ratio_policy: str = "stretch"

    def forward(self, x, out=None):
        for axis, matrix in self.matrices(x):
            nearest = self.mode == "nearest"  # is copied, whatever its type
            x = np.take(x, np.argmax(matrix, axis=1), axis=axis) if nearest else _along(axis, matrix, x)
        return x

    def backward(self, gradient, y, x):
        for axis, matrix in reversed(self.matrices(x)):
            gradient = _along(axis, matrix.T, gradient)
        return gradient

    def matrices(self, x):
        """Each axis that changes, with the matrix of the weights that its new elements give to the old ones."""
        image = x.shape[2:]
        axes = enumerate(zip(image, self.lengths(image), self.new_sizes(image), strict=True), 2)
        return [(axis, self.weights(*sizes)) for axis, sizes in axes if len(set(sizes)) > 1]

    def weights(self, size, length, count):
        """The matrix for one axis, count × size."""
        place = COORDINATES[self.coordinate_transformation_mode](np.arange(count), size, length, count)[:, None]
        if self.mode == "nearest":
            at, weights = ROUNDINGS[self.nearest_mode](place), 1
        else:
            reach, kernel = KERNELS[self.mode]
            scale = min(length / size, 1) if self.antialias else 1
            at = np.floor(place) + np.arange(1 - math.ceil(reach / scale), math.ceil(reach / scale) + 1)
            weights = kernel(np.abs(at - place) * scale, self.cubic_coeff_a)
            if self.exclude_outside:
                weights = np.where((at < 0) | (at >= size), 0, weights)
            weights = weights / weights.sum(axis=1, keepdims=True)
        matrix = np.zeros((count, size))
        np.add.at(matrix, (np.arange(count)[:, None], np.clip(at, 0, size - 1).astype(np.int64)), weights)
        return matrix

    def lengths(self, image):
        """The sizes of the image times its scales: whole numbers where sizes are given and need not keep its proportions."""
        if self.scales is not None:
            return tuple(scale * size for scale, size in zip(self.scales, image, strict=True))
        chosen = POLICIES[self.keep_aspect_ratio_policy]
        if chosen is None:
            return tuple(self.sizes)
        scale = chosen(new / size for new, size in zip(self.sizes, image, strict=True))
        return tuple(scale * size for size in image)

    def new_sizes(self, image):
        """The sizes of the resized image; of a size that only a run tells, that times a scale which floats hold exactly."""
        if any(isinstance(size, SymbolicSize) for size in image):
            return self.sizes or tuple(starmap(_scaled, zip(image, self.scales, strict=True)))
        rounding = 0.5 if self.scales is None else 0
        return tuple(math.floor(length + rounding) for length in self.lengths(image))

    def infer(self, x):
        image = image_of(self, x)
        self._check_attributes(len(image))
        if self.mode != "nearest" and x.dtype.kind != "f":
            raise not_floating(type(self), x)
        self._check_named(image, x)
        if any(isinstance(size, int) and size < 1 for size in (*image, *self.new_sizes(image))):
            sizes = show_shape(self.new_sizes(image) if min(image) else self.sizes or image)
            why = f"cannot make an image of {sizes} of {described(x)}: each of both must have an element at least"
            raise refused(self, why, x)
        return (*x.shape[:2], *self.new_sizes(image)), x.dtype

    def _check_named(self, image, x):
        """Raise where an axis whose size only a run tells gets a size that has no name."""
        for size, scale in zip(image, self.scales or (1,) * len(image), strict=True):
            if isinstance(size, SymbolicSize) and Fraction(float(scale)).denominator > EXACT:
                why = f"cannot say how large {described(x)} becomes along {size}, times {scale}"
                raise refused(self, f"{why}: such a scale is a whole number, or a half, a quarter, …", x, error=OperationError)
            if isinstance(size, SymbolicSize) and self.scales is None and self.keep_aspect_ratio_policy != "stretch":
                why = f"keeps the proportions of images of a known size, not of {described(x)}"
                raise refused(self, why, x, error=OperationError)

    def _check_attributes(self, rank):
        one_of(self, "mode", ("nearest", *KERNELS))
        one_of(self, "coordinate_transformation_mode", COORDINATES)
        one_of(self, "nearest_mode", ROUNDINGS)
        one_of(self, "keep_aspect_ratio_policy", POLICIES)
        if (self.sizes is None) == (self.scales is None):
            why = f"takes either sizes or scales, not sizes={self.sizes!r} and scales={self.scales!r}: give one of them"
            raise refused(self, why, error=OperationError)
        if self.scales is None:
            whole_numbers(self, "sizes", self.sizes, rank, 1)
        elif not _positive(self.scales, rank):
            why = f"takes scales as {rank} numbers, each more than 0, not {self.scales!r}"
            raise refused(self, why, error=OperationError)


EXACT = 2**10
"""Up to which denominator a scale times a size is a float without rounding, whatever the size."""


def _scaled(size, scale):
    part = Fraction(float(scale))
    return part.numerator * size // part.denominator


def _along(axis, matrix, x):
    """The product of a matrix with each column along an axis."""
    return np.swapaxes(np.swapaxes(x, axis, -1) @ matrix.T.astype(x.dtype), axis, -1)


def _positive(scales, rank):
    """Whether the scales are so many finite numbers, each more than 0."""
    numbers = isinstance(scales, tuple | list) and all(isinstance(each, int | float | np.number) for each in scales)
    return numbers and len(scales) == rank and all(0 < each < math.inf for each in scales)


class _Blocks(Node):
    """The base of both: each block of b × b places is b² channels, in one of two orders that `mode` names."""

    blocksize: int
    mode: str = "DCR"

    def to_space(self, x):
        """Each b² channels as the places of blocks."""
        (rows, channels, height, width), b = x.shape, self.blocksize
        split = (b, b, channels // b**2) if self.mode == "DCR" else (channels // b**2, b, b)
        order = (0, 3, 4, 1, 5, 2) if self.mode == "DCR" else (0, 1, 4, 2, 5, 3)
        blocks = np.transpose(np.reshape(x, (rows, *split, height, width)), order)
        return np.reshape(blocks, (rows, channels // b**2, height * b, width * b))

    def to_depth(self, x):
        """The places of each block as b² channels: the inverse."""
        (rows, channels, height, width), b = x.shape, self.blocksize
        order = (0, 3, 5, 1, 2, 4) if self.mode == "DCR" else (0, 1, 3, 5, 2, 4)
        blocks = np.transpose(np.reshape(x, (rows, channels, height // b, b, width // b, b)), order)
        return np.reshape(blocks, (rows, channels * b**2, height // b, width // b))

    def check(self, x):
        """Raise where the operand is no image of two axes, or an attribute is none that there is."""
        whole_number(self, "blocksize", 1)
        one_of(self, "mode", ("DCR", "CRD"))
        if len(image_of(self, x)) != 2:
            raise refused(self, f"takes an image of two axes, N × C × H × W, not {described(x)}", x)


class DepthToSpace(_Blocks):
    """Channels laid out as blocks of places: N × C × H × W gives N × C / b² × H·b × W·b, b being the `blocksize`.

    By mode="DCR" channel (i · b + j) · C / b² + c gives place (i, j) of each block of channel c, by mode="CRD" it is channel
    c · b² + i · b + j, as in PyTorch's pixel_shuffle.

    Source: ONNX, operator DepthToSpace, version 13.

    >>> DepthToSpace.apply(np.array([[[[1]], [[2]], [[3]], [[4]]]]), blocksize=2)
    array([[[[1, 2],
             [3, 4]]]])
    """

    moves_elements = True

    def forward(self, x, out=None):
        return self.to_space(x)

    def backward(self, gradient, y, x):
        return self.to_depth(gradient)

    def infer(self, x):
        self.check(x)
        (rows, channels, height, width), b = x.shape, self.blocksize
        if channels % b**2:
            why = f"cannot lay out the channels of {described(x)} as blocks of {b} × {b}: {b**2} must divide {channels}"
            raise refused(self, why, x)
        return (rows, channels // b**2, height * b, width * b), x.dtype


class SpaceToDepth(_Blocks):
    """Blocks of places as channels: N × C × H × W gives N × C·b² × H / b × W / b. It undoes `DepthToSpace` of the same mode.

    Source: ONNX, operator SpaceToDepth, version 28.

    >>> SpaceToDepth.apply(np.array([[[[1, 2], [3, 4]]]]), blocksize=2).ravel()
    array([1, 2, 3, 4])
    """

    moves_elements = True

    def forward(self, x, out=None):
        return self.to_depth(x)

    def backward(self, gradient, y, x):
        return self.to_space(gradient)

    def infer(self, x):
        self.check(x)
        (rows, channels, height, width), b = x.shape, self.blocksize
        if height % b or width % b:
            why = f"cannot split the image of {described(x)} into blocks of {b} × {b}: {b} must divide {height} and {width}"
            raise refused(self, why, x)
        return (rows, channels * b**2, height // b, width // b), x.dtype
