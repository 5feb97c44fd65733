"""Operations that change the shape or the order of the axes and leave the elements as they are, and shapes as values."""

from math import prod
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.values import ARRAYS
from minigraph.ops.checks import WithoutDerivative, axes_of, refused
from minigraph.ops.sizes import Sized, axis_named, known_sizes, quotient

__all__ = ["Expand", "Flatten", "Reshape", "Shape", "Size", "Squeeze", "Transpose", "Unsqueeze"]


class Reshape(Sized, numpy=np.reshape):
    """The same elements, row by row, in another shape. One axis may be -1 and follows from the others.

    A 0 is an axis of no elements, as in NumPy and in ONNX with `allowzero`.

    >>> import minigraph as mg
    >>> mg.Input("images", ("N", 28, 28)).reshape("N", -1)
    Reshape (N × 784, float32)
    """

    keeps_order = True

    def forward(self, x, shape, out=None):
        return np.reshape(x, shape)

    def backward(self, gradient, y, x, shape):
        return np.reshape(gradient, np.shape(x)), None

    def complete(self, x, shape):
        """The shape with -1 replaced by what it stands for, which an array of no elements would not show."""
        given = shape if isinstance(shape, tuple | list) else (shape,)
        if not isinstance(x, Node) or any(isinstance(size, Node) for size in given):
            return shape
        given = [axis_named(x, size) if isinstance(size, str) else size for size in given]
        if given.count(-1) != 1:
            return tuple(given)
        rest = quotient(prod(x.shape), prod(size for size in given if size != -1))
        return tuple(rest if size == -1 and rest is not None else size for size in given)

    def infer(self, x, shape):
        sizes, total = known_sizes(self, shape), prod(x.shape)
        if sizes.count(-1) == 1:
            rest = quotient(total, prod(size for size in sizes if size != -1))
            sizes = tuple(rest if size == -1 and rest is not None else size for size in sizes)
        if sizes.count(-1) > 1:
            raise refused(self, f"takes one -1, an axis that follows from the others, not {show_shape(sizes)}", x)
        if -1 in sizes or prod(sizes) != total:
            raise refused(self, f"cannot lay out the {total} elements of {described(x)} as {show_shape(sizes)}", x)
        return sizes, x.dtype


class _InOrder(Node):
    """The same elements in the same order, in another shape."""

    keeps_order = True

    def backward(self, gradient, y, x):
        return np.reshape(gradient, np.shape(x))


class Flatten(_InOrder):
    """The value as a matrix: the axes before `axis` become its rows, the others its columns.

    >>> import minigraph as mg
    >>> mg.Flatten(mg.Input("images", ("N", 3, 28, 28)))
    Flatten (N × 2352, float32)
    """

    axis: int = 1

    def forward(self, x, out=None):
        axes = tuple(range(x.ndim))
        return np.reshape(x, (Size.apply(x, axes=axes[: self.axis]), Size.apply(x, axes=axes[self.axis :])))

    def infer(self, x):
        if not isinstance(self.axis, int | np.integer) or not -x.ndim <= self.axis <= x.ndim:
            raise refused(self, f"cannot divide the {x.ndim} axes of {described(x)} at axis {self.axis!r}", x)
        return (prod(x.shape[: self.axis]), prod(x.shape[self.axis :])), x.dtype


class Expand(Sized, numpy=np.broadcast_to):
    """The value repeated along axes of size 1, or new ones in front, to fill `shape`, as `np.broadcast_to` does.

    The shape may name an axis of x, or be another value's: `mg.Expand(b, mg.Shape(z))`.

    >>> import minigraph as mg
    >>> mg.Expand(mg.Input("x", ("N", 1)), ("N", 3))
    Expand (N × 3, float32)
    """

    keeps_order = True

    def forward(self, x, shape, out=None):
        return np.broadcast_to(x, shape)

    def backward(self, gradient, y, x, shape):
        return gradient, None

    def infer(self, x, shape):
        sizes = known_sizes(self, shape)
        if broadcast(x.shape, sizes) != sizes:
            raise refused(self, f"cannot repeat {described(x)} to fill {show_shape(sizes)}", x)
        return sizes, x.dtype


class Squeeze(_InOrder, numpy=np.squeeze):
    """The value without the given axes, each of size 1, or without every axis that is known to be of size 1.

    >>> import minigraph as mg
    >>> mg.Squeeze(mg.Input("x", ("N", 1, 3)))
    Squeeze (N × 3, float32)
    """

    axes: tuple[int, ...] | None = None

    def forward(self, x, out=None):
        return np.squeeze(x, axis=self.axes)

    def infer(self, x):
        ones = tuple(i for i, axis in enumerate(x.shape) if axis == 1)
        self.axes = ones if self.axes is None else axes_of(x, self.axes)
        if set(self.axes) - set(ones):
            raise refused(self, f"can only drop axes of size 1, not {self.axes} of {described(x)}", x)
        return tuple(axis for i, axis in enumerate(x.shape) if i not in self.axes), x.dtype

    @classmethod
    def from_numpy(cls, a, axis=None):
        return cls(a, axes=axis)


class Unsqueeze(_InOrder, numpy=np.expand_dims):
    """The value with new axes of size 1, at the places `axes` of the result.

    >>> import minigraph as mg
    >>> mg.Unsqueeze(mg.Input("x", ("N", 3)), axes=(0, -1))
    Unsqueeze (1 × N × 3 × 1, float32)
    """

    axes: tuple[int, ...] | int

    def forward(self, x, out=None):
        return np.expand_dims(x, self.axes)

    def infer(self, x):
        new = self.axes if isinstance(self.axes, tuple | list) else (self.axes,)
        self.axes = axes_of(x, new, rank=x.ndim + len(new))
        old = iter(x.shape)
        return tuple(1 if i in self.axes else next(old) for i in range(x.ndim + len(new))), x.dtype

    @classmethod
    def from_numpy(cls, a, axis):
        return cls(a, axes=axis)


class Transpose(Node, numpy=np.transpose):
    """The axes in the order `perm`, or reversed when it is not given.

    >>> import minigraph as mg
    >>> mg.Transpose(mg.Input("images", ("N", 28, 28, 3)), perm=(0, 3, 1, 2))
    Transpose (N × 3 × 28 × 28, float32)
    """

    perm: tuple[int, ...] | None = None
    moves_elements = True

    def forward(self, x, out=None):
        return np.transpose(x, self.perm)

    def backward(self, gradient, y, x):
        return np.transpose(gradient, None if self.perm is None else tuple(map(int, np.argsort(self.perm))))

    def infer(self, x):
        reverse = tuple(reversed(range(x.ndim)))
        order = reverse if self.perm is None else tuple(self.perm)
        axes = tuple(axis % x.ndim if -x.ndim <= axis < x.ndim else axis for axis in order)
        if set(axes) != set(reverse) or len(axes) != x.ndim:
            why = f"cannot order the {x.ndim} axes of {described(x)} by perm={order}"
            raise refused(self, f"{why}: each of 0 to {x.ndim - 1} must stand there once", x)
        self.perm = None if axes == reverse else axes
        return tuple(x.shape[axis] for axis in axes), x.dtype

    @classmethod
    def from_numpy(cls, a, axes=None):
        return cls(a, perm=axes)

    @classmethod
    def of_matrices(cls, x: Node) -> Any:
        """The last two axes exchanged: `x.mT`, `np.matrix_transpose(x)`."""
        if x.ndim < 2:
            raise OperationError(f"{described(x)} has no two axes to exchange: .mT takes a matrix or a stack of them.")
        return cls(x, perm=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


composes(np.ndim)(lambda a: a.ndim)
composes(np.matrix_transpose)(Transpose.of_matrices)


class Shape(WithoutDerivative, numpy=np.shape):
    """The sizes of the axes from `start` to `end`, the last one excluded, as whole numbers.

    >>> Shape.apply(np.zeros((2, 3)))
    (2, 3)
    >>> Shape.apply(np.zeros((2, 3)), start=-1)
    (3,)
    """

    start: int = 0
    end: int | None = None

    def forward(self, x, out=None):
        sizes = np.shape(x)
        return sizes if (self.start, self.end) == (0, None) else sizes[self.start : self.end]

    def infer(self, x):
        return (len(x.shape[self.start : self.end]),), np.dtype(np.int64)

    @property
    def known(self):
        return self.operands[0].shape[self.start : self.end]


class Size(WithoutDerivative, numpy=np.size):
    """The number of elements along the given axes, or in all.

    >>> Size.apply(np.zeros((2, 3)), axes=1)
    3
    """

    axes: tuple[int, ...] | None = None

    def forward(self, x, out=None):
        if isinstance(x, ARRAYS):  # of several axes NumPy takes the size from its version 2.4 on
            return prod(x.shape[axis] for axis in axes_of(x, self.axes))
        return np.size(x, axis=self.axes[0] if self.axes and len(self.axes) == 1 else self.axes)

    def infer(self, x):
        axes = axes_of(x, self.axes)
        self.axes = None if len(axes) == x.ndim != 1 else axes
        return (), np.dtype(np.int64)

    @property
    def known(self):
        shape = self.operands[0].shape
        return (prod(shape if self.axes is None else [shape[axis] for axis in self.axes]),)

    @classmethod
    def from_numpy(cls, a, axis=None):
        return cls(a, axes=axis)
