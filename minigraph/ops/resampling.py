"""Resampling: an image with more or fewer places, by interpolation or by turning channels into places and back."""

import math

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described, not_floating
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import WithoutDerivative, one_of, refused, whole_number, whole_numbers
from minigraph.ops.sizes import InSizes
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

EXACT = 1024
"""The largest divisor of a scale, as a binary fraction, by which named sizes are multiplied: no product with it is rounded."""

POLICIES = {"stretch": None, "not_larger": min, "not_smaller": max}
"""Which of the scales that would give `sizes` is that of all axes, by `keep_aspect_ratio_policy`."""


class Resize(InSizes):
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

    counted = ("sizes",)

    def forward(self, x, sizes=None, out=None):
        for axis, matrix in self.matrices(x, sizes):
            nearest = self.mode == "nearest"  # is copied, whatever its type
            x = np.take(x, np.argmax(matrix, axis=1), axis=axis) if nearest else _along(axis, matrix, x)
        return x

    def backward(self, gradient, y, x, sizes=None):
        for axis, matrix in reversed(self.matrices(x, sizes)):
            gradient = _along(axis, matrix.T, gradient)
        return gradient if sizes is None else (gradient, None)

    def matrices(self, x, sizes):
        """Each axis that changes, with the matrix of the weights that its new elements give to the old ones."""
        (counts,), image = self.numbers(sizes), x.shape[2:]
        counts, scales = self.new_sizes(image, counts), self.shared_scales(image, counts)
        how = {key: getattr(self, key) for key in Weights.attributes if key != "scale"}
        axes = enumerate(zip(image, counts, scales, strict=True), 2)
        return [
            (axis, Weights.apply(size, count, scale=scale, **how))
            for axis, (size, count, scale) in axes
            if size != count or scale not in (None, 1)
        ]

    def shared_scales(self, image, sizes):
        """What each size of the image is multiplied by, or None where the new one holds as it is."""
        choose = POLICIES[self.keep_aspect_ratio_policy]
        if self.scales is not None or choose is None:
            return self.scales or (None,) * len(image)
        return (choose(new / size for new, size in zip(sizes, image, strict=True)),) * len(image)

    def new_sizes(self, image, sizes):
        """The sizes of the resized image, from its own and those that are asked for."""
        if self.scales is not None:
            return tuple(self.scaled(size, scale) for size, scale in zip(image, self.scales, strict=True))
        if POLICIES[self.keep_aspect_ratio_policy] is None:
            return tuple(sizes)
        scales = self.shared_scales(image, sizes)
        return tuple(math.floor(scale * size + 0.5) for size, scale in zip(image, scales, strict=True))

    def scaled(self, size, scale):
        """A size times its scale, rounded down."""
        if not isinstance(size, SymbolicSize):
            return math.floor(scale * size)
        numerator, divisor = float(scale).as_integer_ratio()
        if divisor > EXACT:
            why = f"cannot multiply the named size {size} by {scale}, since how that is rounded depends on the size"
            remedy = "Give sizes, or a scale that is a short binary fraction, such as 0.5 or 1.75."
            raise refused(self, why, self.operands[0], remedy=remedy, error=OperationError)
        return numerator * size // divisor

    def infer(self, x, sizes=None):
        image = image_of(self, x)
        self._check_attributes(image)
        if self.mode != "nearest" and x.dtype.kind != "f":
            raise not_floating(type(self), x)
        self._check_elements(image, self.sizes)
        return (*x.shape[:2], *self.new_sizes(image, self.sizes)), x.dtype

    def validate(self, x, sizes=None):
        (counts,) = self.numbers(sizes)
        self._check_elements(x.shape[2:], counts)

    def _check_elements(self, image, sizes):
        """Raise where the image, or the new one, has no element along an axis."""
        empty = any(isinstance(size, int) and size < 1 for size in image)
        new = sizes or image if empty else self.new_sizes(image, sizes)
        if empty or any(isinstance(size, int) and size < 1 for size in new):
            why = (
                f"cannot make an image of {show_shape(new)} of {described(self.operands[0])}: each of both must have an element"
            )
            raise refused(self, f"{why} at least", self.operands[0])

    def _check_attributes(self, image):
        rank = len(image)
        one_of(self, "mode", ("nearest", *KERNELS))
        one_of(self, "coordinate_transformation_mode", COORDINATES)
        one_of(self, "nearest_mode", ROUNDINGS)
        one_of(self, "keep_aspect_ratio_policy", POLICIES)
        if (self.sizes is None) == (self.scales is None):
            why = f"takes either sizes or scales, not sizes={self.sizes!r} and scales={self.scales!r}: give one of them"
            raise refused(self, why, error=OperationError)
        if self.scales is None:
            self.sizes = whole_numbers(self, "sizes", self.sizes, rank, 1, named=True)
            if self.keep_aspect_ratio_policy != "stretch" and not all(isinstance(size, int) for size in (*image, *self.sizes)):
                why = f"chooses one scale by keep_aspect_ratio_policy={self.keep_aspect_ratio_policy!r} from known sizes only"
                raise refused(self, why, self.operands[0], error=OperationError)
        elif not _positive(self.scales, rank):
            why = f"takes scales as {rank} numbers, each more than 0, not {self.scales!r}"
            raise refused(self, why, error=OperationError)


class Weights(WithoutDerivative):
    """The matrix, count × size, of the weights that the new elements along an axis give to its old ones, as `Resize` has them.

    >>> Weights.apply(2, 4, mode="linear")
    array([[1.  , 0.  ],
           [0.75, 0.25],
           [0.25, 0.75],
           [0.  , 1.  ]])
    """

    scale: float | None = None
    mode: str = "nearest"
    coordinate_transformation_mode: str = "half_pixel"
    nearest_mode: str = "round_prefer_floor"
    antialias: bool = False
    cubic_coeff_a: float = -0.75
    exclude_outside: bool = False
    selectors = ("size", "count")

    def forward(self, size, count, out=None):
        size, count = int(size), int(count)
        length = count if self.scale is None else self.scale * size
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

    def infer(self, size, count):
        return (count.known[0], size.known[0]), np.dtype(np.float64)


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
        if channels % b**2 != 0:
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
        if (height % b, width % b) != (0, 0):
            why = f"cannot split the image of {described(x)} into blocks of {b} × {b}: {b} must divide {height} and {width}"
            raise refused(self, why, x)
        return (rows, channels * b**2, height // b, width // b), x.dtype
