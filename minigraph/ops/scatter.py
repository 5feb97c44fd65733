"""Elements taken by an index of their own each, and their transposes, elements put or added there."""

import math

import numpy as np

from minigraph.core.errors import ShapeError
from minigraph.core.node import Node, described
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import axes_of, check_along_axis, check_index_type, one_of, refused
from minigraph.ops.gather import add_to_rows, check_updates

__all__ = ["GatherElements", "GatherND", "ScatterElements", "ScatterND"]

COMBINED = {"mul": np.multiply, "max": np.maximum, "min": np.minimum}
"""What an update and the element at its place become; "none" and "add" have quicker ways."""


class _ByElement(Node):
    """The base of GatherElements and ScatterElements: an index for each element, along `axis`."""

    axis: int = 0
    selectors = ("indices",)

    def check(self, x, indices):
        """Count the axis from the front, and raise where the indices do not fit the value."""
        check_index_type(self, indices)
        (self.axis,) = axes_of(x, self.axis)
        pairs = enumerate(zip(x.shape, indices.shape, strict=False))
        fits = all(i == self.axis or a == b or (isinstance(a, int) and isinstance(b, int) and b <= a) for i, (a, b) in pairs)
        if x.ndim != indices.ndim or not fits:
            takes = f"along axis {self.axis} takes indices of the shape of {described(x)}, but for that axis, or smaller"
            raise refused(self, f"{takes}, not {described(indices)}", x, indices)

    def validate(self, x, indices, *updates):
        check_along_axis(self, x, indices, self.axis, self.operands[1])


class GatherElements(_ByElement, numpy=np.take_along_axis):
    """Along `axis` the element of x at each of the indices, along the other axes that at the index's own place.

    It is `np.take_along_axis`, with indices of x's shape but for `axis`, or smaller. Negative ones count from the end.

    >>> GatherElements.apply(np.array([[1, 2], [3, 4]]), np.array([[0, 0], [1, 0]]), axis=1)
    array([[1, 1],
           [4, 3]])
    """

    moves_elements = True

    def forward(self, x, indices, out=None):
        axis = self.axis % len(x.shape)
        sizes = (*indices.shape[:axis], x.shape[axis], *indices.shape[axis + 1 :])
        part = tuple(slice(None) if size == whole else slice(size) for size, whole in zip(sizes, x.shape, strict=True))
        return np.take_along_axis(x if sizes == x.shape else x[part], indices, axis=axis)

    def backward(self, gradient, y, x, indices):
        return ScatterElements.apply(np.zeros_like(x), indices, gradient, axis=self.axis, reduction="add"), None

    def infer(self, x, indices):
        self.check(x, indices)
        return indices.shape, x.dtype

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
    """The base of ScatterElements and ScatterND: how an update and the element at its place are combined, and the gradients.

    A subclass defines `index`, `put` (updates in their places) and `taken` (what is there).
    """

    reduction: str = "none"

    def forward(self, data, indices, updates, out=None):
        index, result = self.index(indices), np.array(data, order="C")
        if self.reduction == "add":
            first, rest = data.shape[: len(index)], data.shape[len(index) :]
            strides = (math.prod(first[i + 1 :]) for i in range(len(first)))
            rows = sum(np.mod(each, n) * stride for each, n, stride in zip(index, first, strides, strict=True))
            return add_to_rows(result, rows, math.prod(rest), updates)
        if self.reduction == "none":
            result[index] = updates
        else:
            COMBINED[self.reduction].at(result, index, updates)
        return result

    def backward(self, gradient, y, data, indices, updates):
        if self.reduction == "none":
            return self.put(gradient, indices, np.zeros_like(updates), "none"), None, self.taken(gradient, indices)
        if self.reduction == "add":
            return gradient, None, self.taken(gradient, indices)
        if self.reduction == "mul":
            rest = self.put(np.ones_like(data), indices, updates, "mul")
            return gradient * rest, None, self.taken(gradient * y, indices) / updates
        remains = np.equal(data, y).astype(gradient.dtype)
        wins = np.equal(updates, self.taken(y, indices)).astype(gradient.dtype)
        even = gradient / self.put(remains, indices, wins, "add")
        return even * remains, None, self.taken(even, indices) * wins


class ScatterElements(_ByElement, _Scatter):
    """The data, in which the updates take the place of the elements at the indices: the inverse of GatherElements.

    With `reduction` they are added to what is there ("add"), multiply it ("mul"), or stay where they are larger ("max") or
    smaller ("min"); among those that tie the gradient is split evenly. Without, an index that stands twice leaves it open which
    update is there in the end, as in ONNX; each such update is given the whole gradient, as PyTorch does. An update of 0 that
    multiplies has no gradient that is a number.

    >>> data, indices = np.zeros((2, 3)), np.array([[0, 2], [1, 1]])
    >>> ScatterElements.apply(data, indices, np.array([[1.0, 2.0], [3.0, 4.0]]), axis=1, reduction="add")
    array([[1., 0., 2.],
           [0., 7., 0.]])
    """

    def index(self, indices):
        grid = list(np.indices(indices.shape, sparse=True))
        grid[self.axis] = indices
        return tuple(grid)

    def put(self, data, indices, updates, reduction):
        return ScatterElements.apply(data, indices, updates, axis=self.axis, reduction=reduction)

    def taken(self, x, indices):
        return GatherElements.apply(x, indices, axis=self.axis)

    def infer(self, data, indices, updates):
        one_of(self, "reduction", ("none", "add", *COMBINED))
        self.check(data, indices)
        check_updates(self, updates, indices, indices.shape)
        return data.shape, data.dtype


class _ByPlace(Node):
    """The base of GatherND and ScatterND: places given by the last axis of the indices, behind `batch_dims` paired axes."""

    batch_dims: int = 0
    selectors = ("indices",)

    def index(self, indices):
        """The indices as NumPy's index, paired with the first axes of what is indexed."""
        rank = indices.ndim - 1
        batch = [np.arange(n).reshape(-1, *(1,) * (rank - 1 - i)) for i, n in enumerate(indices.shape[: self.batch_dims])]
        return *batch, *np.moveaxis(indices, -1, 0)

    def parts(self, x, indices):
        """The shape of the parts of x at the indices, or an error where they do not fit it."""
        check_index_type(self, indices)
        batch, axes = self.batch_dims, indices.shape[-1] if indices.ndim else 0
        paired = 0 <= batch < max(indices.ndim, 1) and indices.shape[:batch] == x.shape[:batch]
        if isinstance(axes, SymbolicSize) or axes == 0 or batch + axes > x.ndim or not paired:
            takes = (
                f"with batch_dims={batch} takes indices whose last axis indexes up to {x.ndim - batch} axes of {described(x)}"
            )
            raise refused(self, f"{takes}, not {described(indices)}", x, indices)
        return (*indices.shape[:-1], *x.shape[batch + axes :])

    def validate(self, x, indices, *updates):
        for i in range(indices.shape[-1]):
            axis = self.batch_dims + i
            check_along_axis(self, x, indices[..., i], axis, self.operands[1], f"indices of axis {axis}")


class GatherND(_ByPlace):
    """The parts of x at the places in the last axis of the indices: `x[i, j]` for each pair (i, j) of N × 2 indices.

    The first `batch_dims` axes of x and of the indices are paired, place by place. Negative indices count from the end.

    >>> GatherND.apply(np.array([[1, 2], [3, 4]]), np.array([[0, 0], [1, -1]]))
    array([1, 4])
    >>> GatherND.apply(np.array([[1, 2], [3, 4]]), np.array([[0], [1]]), batch_dims=1)
    array([1, 4])
    """

    moves_elements = True

    def forward(self, x, indices, out=None):
        return x[self.index(indices)]

    def backward(self, gradient, y, x, indices):
        return ScatterND.apply(np.zeros_like(x), indices, gradient, reduction="add", batch_dims=self.batch_dims), None

    def infer(self, x, indices):
        return self.parts(x, indices), x.dtype


class ScatterND(_ByPlace, _Scatter):
    """The data, in which the updates take the place of the parts at the indices: the inverse of GatherND.

    With `reduction` they are added to what is there, multiply it, or stay where they are larger or smaller, as in
    ScatterElements. ONNX has no `batch_dims`, which are those of GatherND.

    >>> ScatterND.apply(np.zeros(4), np.array([[1], [1], [3]]), np.array([1.0, 2.0, 3.0]), reduction="add")
    array([0., 3., 0., 3.])
    """

    def put(self, data, indices, updates, reduction):
        return ScatterND.apply(data, indices, updates, reduction=reduction, batch_dims=self.batch_dims)

    def taken(self, x, indices):
        return GatherND.apply(x, indices, batch_dims=self.batch_dims)

    def infer(self, data, indices, updates):
        one_of(self, "reduction", ("none", "add", *COMBINED))
        check_updates(self, updates, indices, self.parts(data, indices))
        return data.shape, data.dtype
