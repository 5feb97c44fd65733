"""Operations that change the shape and keep the elements, and shapes as values."""

import numpy as np

from minigraph.core.errors import ShapeError
from minigraph.core.node import Node, described, places
from minigraph.core.shapes import broadcast, divide, normal_axis, product, show_shape

__all__ = ["Expand", "Reshape", "Shape", "Size", "Squeeze", "Stack", "Unsqueeze"]


def axes_of(node, axes, rank=None):
    """The axes as a tuple counted from the front (all of them for None), or a ShapeError for one that is not there."""
    rank = node.ndim if rank is None else rank
    given = range(rank) if axes is None else axes if isinstance(axes, tuple | list) else (axes,)
    counted = tuple(normal_axis(axis, rank) for axis in given)
    if None in counted or len(set(counted)) < len(counted):
        counted_as = f"its axes are 0 to {rank - 1} (or {-rank} to -1), each named once" if rank else "it has none"
        named = f"axis {given[0]!r}" if len(given) == 1 else f"axes {tuple(given)}"
        raise ShapeError(f"{described(node)} has no {named}: {counted_as}.{places(node)}")
    return counted


class Sized(Node):
    """What Reshape, Expand and their like share: a shape operand, which may be written as a tuple of sizes and axis names."""

    selectors = ("shape",)

    def __init__(self, x, shape, name=None, **attributes):
        for size in shape if isinstance(shape, tuple | list) else (shape,):
            if not isinstance(size, int | np.integer | np.ndarray | str | Node):
                kind = type(self).__name__
                raise ShapeError(f"{kind} takes sizes that are whole numbers or the names of axes, not {size!r}.")
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

    moves_elements = True
    keeps_order = True

    def forward(self, x, shape, out=None):
        return np.reshape(x, shape)

    def backward(self, gradient, y, x, shape):
        return np.reshape(gradient, np.shape(x)), None

    def complete(self, x, shape):
        """The shape with -1 replaced by what it stands for, which an array of no elements would not tell."""
        given = shape if isinstance(shape, tuple | list) else (shape,)
        if not isinstance(x, Node) or any(isinstance(size, Node) for size in given):
            return shape
        rest = divide(product(x.shape), product([size for size in given if size != -1]))
        known = isinstance(rest, int) or rest in x.shape
        return tuple(rest if size == -1 and known else size for size in given)

    def infer(self, x, shape):
        sizes, total = known_sizes(self, shape), product(x.shape)
        if sizes.count(-1) == 1:
            rest = divide(total, product([size for size in sizes if size != -1]))
            sizes = tuple(rest if size == -1 and rest is not None else size for size in sizes)
        if sizes.count(-1) > 1:
            raise ShapeError(f"Reshape takes one -1, an axis that follows from the others, not {show_shape(sizes)}.{places(x)}")
        if -1 in sizes or product(sizes) != total:
            raise ShapeError(
                f"Reshape cannot lay out the {total} elements of {described(x)} as {show_shape(sizes)}.{places(x)}"
            )
        return sizes, x.dtype

    @property
    def known(self):
        return self.operands[0].known if self.dtype == np.int64 and self.ndim < 2 else None


class Expand(Sized, numpy=np.broadcast_to):
    """The value repeated along axes of size 1, or new ones in front, to fill `shape`, as `np.broadcast_to` does.

    The shape may name an axis of x, or be another value's: `mg.Expand(b, mg.Shape(z))`.

    >>> import minigraph as mg
    >>> mg.Expand(mg.Input("x", ("N", 1)), ("N", 3))
    Expand (N × 3, float32)
    """

    moves_elements = True
    keeps_order = True

    def forward(self, x, shape, out=None):
        return np.broadcast_to(x, shape)

    def backward(self, gradient, y, x, shape):
        return gradient, None

    def infer(self, x, shape):
        sizes = known_sizes(self, shape)
        if broadcast(x.shape, sizes) != sizes:
            raise ShapeError(f"Expand cannot repeat {described(x)} to fill {show_shape(sizes)}.{places(x)}")
        return sizes, x.dtype


class Squeeze(Node, numpy=np.squeeze):
    """The value without the given axes, each of size 1, or without every axis that is known to be of size 1.

    >>> import minigraph as mg
    >>> mg.Squeeze(mg.Input("x", ("N", 1, 3)))
    Squeeze (N × 3, float32)
    """

    axes: tuple[int, ...] | None = None
    moves_elements = True
    keeps_order = True

    def forward(self, x, out=None):
        return np.squeeze(x, axis=self.axes)

    def backward(self, gradient, y, x):
        return np.reshape(gradient, np.shape(x))

    def infer(self, x):
        ones = tuple(i for i, axis in enumerate(x.shape) if axis == 1)
        self.axes = ones if self.axes is None else axes_of(x, self.axes)
        if set(self.axes) - set(ones):
            raise ShapeError(f"Squeeze can only drop axes of size 1, not {self.axes} of {described(x)}.{places(x)}")
        return tuple(axis for i, axis in enumerate(x.shape) if i not in self.axes), x.dtype

    @property
    def known(self):
        return self.operands[0].known

    @classmethod
    def from_numpy(cls, a, axis=None):
        return cls(a, axes=axis)


class Unsqueeze(Node, numpy=np.expand_dims):
    """The value with new axes of size 1, at the places `axes` of the result.

    >>> import minigraph as mg
    >>> mg.Unsqueeze(mg.Input("x", ("N", 3)), axes=(0, -1))
    Unsqueeze (1 × N × 3 × 1, float32)
    """

    axes: tuple[int, ...] | int
    moves_elements = True
    keeps_order = True

    def forward(self, x, out=None):
        return np.expand_dims(x, self.axes)

    def backward(self, gradient, y, x):
        return np.reshape(gradient, np.shape(x))

    def infer(self, x):
        new = self.axes if isinstance(self.axes, tuple | list) else (self.axes,)
        self.axes = axes_of(x, new, rank=x.ndim + len(new))
        old = iter(x.shape)
        return tuple(1 if i in self.axes else next(old) for i in range(x.ndim + len(new))), x.dtype

    @property
    def known(self):
        return self.operands[0].known if self.ndim == 1 else None

    @classmethod
    def from_numpy(cls, a, axis):
        return cls(a, axes=axis)


class Shape(Node, numpy=np.shape):
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

    def backward(self, gradient, y, x):
        return None

    def infer(self, x):
        return (len(x.shape[self.start : self.end]),), np.dtype(np.int64)

    @property
    def known(self):
        return self.operands[0].shape[self.start : self.end]


class Size(Node, numpy=np.size):
    """The number of elements along the given axes, or in all.

    >>> Size.apply(np.zeros((2, 3)), axes=1)
    3
    """

    axes: tuple[int, ...] | None = None

    def forward(self, x, out=None):
        return np.size(x, axis=self.axes)

    def backward(self, gradient, y, x):
        return None

    def infer(self, x):
        self.axes = axes_of(x, self.axes)
        return (), np.dtype(np.int64)

    @property
    def known(self):
        return (product([self.operands[0].shape[axis] for axis in self.axes]),)

    @classmethod
    def from_numpy(cls, a, axis=None):
        return cls(a, axes=axis)


class Stack(Node, numpy=np.stack):
    """Values of one shape laid side by side along a new axis.

    >>> Stack.apply(np.array([1, 2]), np.array([3, 4]), axis=1)
    array([[1, 3],
           [2, 4]])
    """

    axis: int = 0

    def forward(self, *operands, out=None):
        return np.stack(operands, axis=self.axis, out=out)

    def backward(self, gradient, y, *operands):
        return tuple(np.take(gradient, i, axis=self.axis) for i in range(len(operands)))

    def infer(self, *operands):
        first = operands[0]
        for operand in operands:
            if operand.shape != first.shape:
                raise ShapeError(
                    f"Stack takes values of one shape, not {described(first)} and {described(operand)}.{places(first, operand)}"
                )
        (self.axis,) = axes_of(first, self.axis, rank=first.ndim + 1)
        return (*first.shape[: self.axis], len(operands), *first.shape[self.axis :]), first.dtype

    @property
    def known(self):
        return known_together(self)

    @classmethod
    def from_numpy(cls, arrays, axis=0):
        return cls(*arrays, axis=axis)


def known_together(node):
    """The sizes that a node puts one after the other, or None where they are not known before a run."""
    parts = [operand.known for operand in node.operands]
    return None if None in parts or node.ndim != 1 else tuple(size for part in parts for size in part)


def as_sizes(x, shape):
    """The shape as a value: a node stays, and in a tuple each name is taken from the axis of `x` that has it."""
    if isinstance(shape, Node):
        return shape
    sizes = list(shape) if isinstance(shape, tuple | list) else [shape]
    if isinstance(x, Node) and any(isinstance(size, str | Node) for size in sizes):
        return Stack(*(_size_of(x, size) if isinstance(size, str) else size for size in sizes))
    return np.array(sizes, dtype=np.int64)


def _size_of(x, name):
    if name not in x.shape:
        raise ShapeError(f"{described(x)} has no axis named {name!r}.{places(x)}")
    return Size(x, axes=x.shape.index(name))


def known_sizes(node, shape):
    """The sizes that a shape operand holds, or a ShapeError where they are not known before a run."""
    if shape.known is None or shape.ndim > 1:
        kind = type(node).__name__
        raise ShapeError(f"{kind} takes a shape that is known before a run, not {described(shape)}.{places(shape)}")
    return shape.known
