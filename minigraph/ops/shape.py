"""Operations that change the shape or the order of the axes and leave the elements as they are, and shapes as values."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Constant, Node, Operand, Sizes, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY, composes
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.sizes import SymbolicSize, terms_of
from minigraph.core.values import ARRAYS
from minigraph.ops.checks import WithoutDerivative, axes_of, refused

__all__ = ["Expand", "Flatten", "Reshape", "Shape", "Size", "Squeeze", "Transpose", "Unsqueeze"]


class Sized(Node):
    """The base of Reshape, Expand and ScatterSlice: a shape operand, which may be a tuple of sizes and axis names."""

    selectors = ("shape",)

    def __init__(
        self, x: "Operand", shape: "Operand | Sequence[Operand]", *, name: str | None = None, **attributes: Any
    ) -> None:
        for size in shape if isinstance(shape, tuple | list) else (shape,):
            if not isinstance(size, int | np.integer | np.ndarray | str | SymbolicSize | Node):
                raise refused(self, f"takes sizes that are whole numbers or the names of axes, not {size!r}")
        super().__init__(x, as_sizes(x, self.complete(x, shape)), name=name, **attributes)

    def complete(self, x, shape):
        """The shape with what follows from x filled in."""
        return shape


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
        given = [x.shape[_place(x, size)] if isinstance(size, str) else size for size in given]
        if -1 not in given:
            return tuple(given)
        rest = _quotient(prod(x.shape), prod(size for size in given if size != -1))
        known = isinstance(rest, int) or rest in x.shape
        return tuple(rest if size == -1 and known else size for size in given)

    def infer(self, x, shape):
        sizes, total = known_sizes(self, shape), prod(x.shape)
        if sizes.count(-1) == 1:
            rest = _quotient(total, prod(size for size in sizes if size != -1))
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


COMPOSED_BY[np.matrix_transpose] = Transpose.of_matrices


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


def as_sizes(x, shape):
    """The shape as a value: a node stays, and in a tuple each name is taken from the axis of `x` that has it."""
    if isinstance(shape, Node):
        return shape
    sizes = list(shape) if isinstance(shape, tuple | list) else [shape]
    if isinstance(x, Node):
        sizes = [x.shape[_place(x, size)] if isinstance(size, str) else size for size in sizes]
    if any(isinstance(size, Node) for size in sizes):
        return np.stack(sizes)
    return Sizes(tuple(sizes)) if any(isinstance(size, SymbolicSize) for size in sizes) else np.array(sizes, dtype=np.int64)


def _place(x, axis):
    """Where the axis of this name, or size, is."""
    if axis not in x.shape:
        raise ShapeError(f"{described(x)} has no axis named {str(axis)!r}.{places(x)}")
    return x.shape.index(axis)


@lru_cache(maxsize=4096)
def _quotient(total, part):
    """The size that times `part` is `total`, or None where there is none: an exact division of polynomials.

    It is no floor division, which is not defined where `part` is 0: there `total` is 0 too, and any size would do.
    """
    quotient, (factors, number) = 0, _leading(part)
    while total != 0:
        more, n = _leading(total)
        left = Counter(more) - Counter(factors)
        if number == 0 or n % number or left.total() != len(more) - len(factors):
            return None
        term = n // number * prod(SymbolicSize({(factor,): 1}) for factor in left.elements())
        quotient, total = quotient + term, total - part * term
    return quotient if number else None


def _leading(size):
    """The product of the most factors, the first by their texts, and its coefficient: an order that multiplication keeps."""
    return min(terms_of(size).items(), key=lambda term: (-len(term[0]), [str(factor) for factor in term[0]]))


def known_sizes(node, shape):
    """The sizes that a shape operand holds, or a ShapeError where they are not known before a run."""
    if shape.known is None or shape.ndim > 1:
        raise refused(node, f"takes a shape that is known before a run, not {described(shape)}", shape)
    return shape.known


@composes(np.ravel)
def ravel(a):
    """The elements in one row."""
    return Reshape(a, -1)


@composes(np.swapaxes)
def swapaxes(a, axis1, axis2):
    """The value with two of its axes exchanged."""
    order, (first, second) = [*range(a.ndim)], axes_of(a, axis1) + axes_of(a, axis2)
    order[first], order[second] = second, first
    return np.transpose(a, order)


@composes(np.moveaxis)
def moveaxis(a, source, destination):
    """The value with some of its axes moved to other places; the rest keep their order."""
    sources, targets = axes_of(a, source), axes_of(a, destination)
    if len(sources) != len(targets):
        raise OperationError(f"np.moveaxis takes a destination for each source, not {source!r} and {destination!r}.")
    order = [axis for axis in range(a.ndim) if axis not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return np.transpose(a, order)


@composes(np.full_like)
def full_like(a, fill_value, dtype=None):
    """Values of one number, of another's shape and element type."""
    return Expand(Constant(fill_value, dtype=a.dtype if dtype is None else dtype), Shape(a))


composes(np.zeros_like)(lambda a, dtype=None: full_like(a, 0, dtype))
composes(np.ones_like)(lambda a, dtype=None: full_like(a, 1, dtype))
