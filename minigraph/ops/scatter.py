"""Elements taken by an index of their own each, and their transposes, elements put or added there."""

import math

import numpy as np

from minigraph.core.errors import OperationError, ShapeError, listing
from minigraph.core.node import Node, described, places
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.shapes import broadcast, show_shape
from minigraph.ops.checks import axes_of, whole_numbers, within
from minigraph.ops.gather import add_to_rows

__all__ = ["GatherElements", "GatherND", "ScatterElements", "ScatterND"]


class GatherElements(Node):
    """Along `axis` the element of x at each of the indices, along the other axes that at the index's own place.

    It is `np.take_along_axis`, with indices of x's shape but for `axis`, or smaller. Negative ones count from the end.

    >>> GatherElements.apply(np.array([[1, 2], [3, 4]]), np.array([[0, 0], [1, 0]]), axis=1)
    array([[1, 1],
           [4, 3]])
    """

    axis: int = 0
    selectors = ("indices",)
    moves_elements = True

    def forward(self, x, indices, out=None):
        axis = self.axis % len(x.shape)
        sizes = (*indices.shape[:axis], x.shape[axis], *indices.shape[axis + 1 :])
        part = tuple(slice(None) if size == whole else slice(size) for size, whole in zip(sizes, x.shape, strict=True))
        return np.take_along_axis(x if sizes == x.shape else x[part], indices, axis=axis)

    def backward(self, gradient, y, x, indices):
        return ScatterElements.apply(np.zeros_like(x), indices, gradient, axis=self.axis, reduction="add"), None

    def infer(self, x, indices):
        self.axis = axis_of_elements(self, x, indices)
        return indices.shape, x.dtype

    def validate(self, x, indices):
        within_axis(self, x, indices, self.operands[1])

    @classmethod
    def from_numpy(cls, arr, indices, axis=-1):
        """As NumPy does, the axes other than `axis` broadcast together."""
        if axis is None:
            return cls(arr.reshape(-1), indices, axis=0)
        (axis,) = axes_of(arr, axis)
        shapes = [(*each.shape[:axis], 1, *each.shape[axis + 1 :]) for each in (arr, indices)]
        joined = broadcast(*shapes)
        if joined is None or len(shapes[0]) != len(shapes[1]):
            raise ShapeError(
                f"np.take_along_axis cannot pair {show_shape(arr.shape)} with indices of {show_shape(indices.shape)} along the "
                f"axes other than {axis}."
            )
        arr, indices = (
            each if shape == joined else np.broadcast_to(each, (*joined[:axis], each.shape[axis], *joined[axis + 1 :]))
            for each, shape in zip((arr, indices), shapes, strict=True)
        )
        return cls(arr, indices, axis=axis)


class _Scatter(Node):
    """What ScatterElements and ScatterND share: how an update and what is at its place become one, and the gradients of that.

    A subclass says how it puts updates in their places, and how it takes what is there.
    """

    reduction: str = "none"
    selectors = ("indices",)

    def forward(self, data, indices, updates, out=None):
        return scattered(data, self.index(indices), updates, self.reduction)

    def backward(self, gradient, y, data, indices, updates):
        if self.reduction == "none":
            return self.put(gradient, indices, np.zeros_like(updates), "none"), None, self.taken(gradient, indices)
        if self.reduction == "add":
            return gradient, None, self.taken(gradient, indices)
        if self.reduction == "mul":
            rest = self.put(np.ones_like(data), indices, updates, "mul")
            return gradient * rest, None, self.taken(gradient * y, indices) / updates
        kept = np.equal(data, y).astype(gradient.dtype)
        won = np.equal(updates, self.taken(y, indices)).astype(gradient.dtype)
        share = gradient / self.put(kept, indices, won, "add")
        return share * kept, None, self.taken(share, indices) * won


class ScatterElements(_Scatter):
    """The data, in which the updates take the place of the elements at the indices: GatherElements turned round.

    With `reduction` they are added to what is there ("add"), multiply it ("mul"), or stay where they are larger ("max") or
    smaller ("min"); those that tie share the gradient evenly. Without, an index that stands twice leaves it open which update
    is there in the end, as in ONNX; each such update is given the whole gradient, as PyTorch does. An update of 0 that
    multiplies has no gradient that is a number.

    >>> data, indices = np.zeros((2, 3)), np.array([[0, 2], [1, 1]])
    >>> ScatterElements.apply(data, indices, np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1, reduction="add")
    array([[1., 0., 2.],
           [0., 7., 0.]])
    """

    axis: int = 0

    def index(self, indices):
        grid = list(np.indices(indices.shape, sparse=True))
        grid[self.axis] = indices
        return tuple(grid)

    def put(self, data, indices, updates, reduction):
        return ScatterElements.apply(data, indices, updates, axis=self.axis, reduction=reduction)

    def taken(self, x, indices):
        return GatherElements.apply(x, indices, axis=self.axis)

    def infer(self, data, indices, updates):
        known_reduction(self)
        self.axis = axis_of_elements(self, data, indices)
        updates_of(self, updates, indices, indices.shape)
        return data.shape, data.dtype

    def validate(self, data, indices, updates):
        within_axis(self, data, indices, self.operands[1])


class GatherND(Node):
    """The parts of x at the places that the last axis of the indices tells: `x[i, j]` for each pair (i, j) of N × 2 indices.

    The first `batch_dims` axes of x and of the indices are paired, place by place. Negative indices count from the end.

    >>> GatherND.apply(np.array([[1, 2], [3, 4]]), np.array([[0, 0], [1, -1]]))
    array([1, 4])
    >>> GatherND.apply(np.array([[1, 2], [3, 4]]), np.array([[0], [1]]), batch_dims=1)
    array([1, 4])
    """

    batch_dims: int = 0
    selectors = ("indices",)
    moves_elements = True

    def forward(self, x, indices, out=None):
        return x[places_of(indices, self.batch_dims)]

    def backward(self, gradient, y, x, indices):
        return ScatterND.apply(np.zeros_like(x), indices, gradient, reduction="add", batch_dims=self.batch_dims), None

    def infer(self, x, indices):
        return parts_of(self, x, indices), x.dtype

    def validate(self, x, indices):
        within_axes(self, x, indices, self.operands[1])


class ScatterND(_Scatter):
    """The data, in which the updates take the place of the parts at the indices: GatherND turned round.

    With `reduction` they are added to what is there, multiply it, or stay where they are larger or smaller, as in
    ScatterElements. ONNX has no `batch_dims`, which are those of GatherND.

    >>> ScatterND.apply(np.zeros(4), np.array([[1], [1], [3]]), np.array([1.0, 2.0, 3.0]), reduction="add")
    array([0., 3., 0., 3.])
    """

    batch_dims: int = 0

    def index(self, indices):
        return places_of(indices, self.batch_dims)

    def put(self, data, indices, updates, reduction):
        return ScatterND.apply(data, indices, updates, reduction=reduction, batch_dims=self.batch_dims)

    def taken(self, x, indices):
        return GatherND.apply(x, indices, batch_dims=self.batch_dims)

    def infer(self, data, indices, updates):
        known_reduction(self)
        updates_of(self, updates, indices, parts_of(self, data, indices))
        return data.shape, data.dtype

    def validate(self, data, indices, updates):
        within_axes(self, data, indices, self.operands[1])


def places_of(indices, batch_dims):
    """NumPy's index for indices whose last axis tells a place, paired with the first axes of what is indexed."""
    rank = indices.ndim - 1
    batch = [np.arange(n).reshape(-1, *(1,) * (rank - 1 - i)) for i, n in enumerate(indices.shape[:batch_dims])]
    return *batch, *np.moveaxis(indices, -1, 0)


REDUCTIONS = {"mul": np.multiply, "max": np.maximum, "min": np.minimum}
"""What an update and the element at its place become; "none" and "add" have quicker ways."""


def scattered(data, index, updates, reduction):
    """The data with the updates in the places that NumPy's index of its first axes says."""
    result = np.array(data, order="C")
    if reduction == "add":
        first, rest = data.shape[: len(index)], data.shape[len(index) :]
        rows = sum(np.mod(each, n) * math.prod(first[i + 1 :]) for i, (each, n) in enumerate(zip(index, first, strict=True)))
        return add_to_rows(result, rows, math.prod(rest), updates)
    if reduction == "none":
        result[index] = updates
    else:
        REDUCTIONS[reduction].at(result, index, updates)
    return result


def known_reduction(node):
    known = ("none", "add", *REDUCTIONS)
    if node.reduction not in known:
        raise OperationError(f"{type(node).__name__} takes a reduction of {listing(known, 'or')}, not {node.reduction!r}.")


def axis_of_elements(node, x, indices):
    """The axis, counted from the front, or an error where the indices do not fit the value."""
    whole_numbers(node, indices)
    (axis,) = axes_of(x, node.axis)
    pairs = enumerate(zip(x.shape, indices.shape, strict=False))
    fits = all(i == axis or a == b or (isinstance(a, int) and isinstance(b, int) and b <= a) for i, (a, b) in pairs)
    if x.ndim != indices.ndim or not fits:
        raise ShapeError(
            f"{type(node).__name__} along axis {axis} takes indices of the shape of {described(x)}, but for that axis, or "
            f"smaller, not {described(indices)}.{places(x, indices)}"
        )
    return axis


def within_axis(node, x, indices, operand):
    size = x.shape[node.axis]
    if isinstance(size, int):  # not a named axis, while composing
        within(node, operand, indices, -size, size, "indices")


def parts_of(node, x, indices):
    """The shape of the parts that the indices tell of x, or an error where they do not fit it."""
    whole_numbers(node, indices)
    batch, told = node.batch_dims, indices.shape[-1] if indices.ndim else 0
    paired = 0 <= batch < max(indices.ndim, 1) and indices.shape[:batch] == x.shape[:batch]
    if isinstance(told, str) or told == 0 or batch + told > x.ndim or not paired:
        raise ShapeError(
            f"{type(node).__name__} with batch_dims={batch} takes indices whose last axis tells up to {x.ndim - batch} axes of "
            f"{described(x)}, not {described(indices)}.{places(x, indices)}"
        )
    return (*indices.shape[:-1], *x.shape[batch + told :])


def within_axes(node, x, indices, operand):
    for i, size in enumerate(x.shape[node.batch_dims : node.batch_dims + indices.shape[-1]]):
        if isinstance(size, int):
            within(node, operand, indices[..., i], -size, size, f"indices of axis {node.batch_dims + i}")


def updates_of(node, updates, indices, expected):
    if updates.shape != expected:
        raise ShapeError(
            f"{type(node).__name__} needs updates of {show_shape(expected)} for these indices, but {described(updates)} is not "
            f"of that shape.{places(updates, indices)}"
        )


COMPOSED_BY[np.take_along_axis] = GatherElements.from_numpy
