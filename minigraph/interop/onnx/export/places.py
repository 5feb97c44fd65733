"""Elements put in their places, as nodes that ONNX has: what is scattered, and the windows of images."""

from typing import Any

import numpy as np

from minigraph.core.node import Constant, Sizes
from minigraph.ops import OPERATIONS
from minigraph.ops.sizes import Range
from minigraph.ops.windows import window_of

__all__ = ["col2im", "counts", "im2col", "scatter_add", "scatter_nd", "scatter_slice"]


def scatter_add(node: Any, updates: Any, indices: Any, shape: Any) -> Any:
    """ScatterND with the axis in front, where it does not lie there."""
    axis, rank, scatter = node.axis, node.ndim, OPERATIONS["ScatterND"]
    places = np.expand_dims(indices, -1)
    front = [axis, *(i for i in range(rank) if i != axis)]
    if axis:
        count = indices.ndim
        order = [*range(axis, axis + count), *(i for i in range(updates.ndim) if not axis <= i < axis + count)]
        updates = np.transpose(updates, order)
    zero = Constant(0, dtype=node.dtype)
    zeros = OPERATIONS["Expand"](zero, Sizes(tuple(node.shape[i] for i in front)))
    found = scatter(zeros, places, updates, reduction="add")
    return np.transpose(found, [front.index(i) for i in range(rank)]) if axis else found


def scatter_slice(node: Any, updates: Any, shape: Any, sizes: Any = None) -> Any:
    """One axis after the other: padded where the slice has no gaps and its bounds are known, else added at its places."""
    found = updates
    for axis, start, end, step in zip(node.axes, node.starts, node.ends, node.steps, strict=True):
        size = node.shape[axis]
        behind = size - start - found.shape[axis] if isinstance(start, int) and start >= 0 else None
        if step == 1 and isinstance(behind, int):
            found = np.pad(found, [(start, behind) if i == axis else (0, 0) for i in range(found.ndim)])
        else:
            places = OPERATIONS["Slice"](Range(0, size), starts=(start,), ends=(end,), axes=(0,), steps=(step,))
            whole = (*found.shape[:axis], size, *found.shape[axis + 1 :])
            found = OPERATIONS["ScatterAdd"](found, places, Sizes(whole), axis=axis)
    return found


def scatter_nd(node: Any, data: Any, indices: Any, updates: Any) -> Any:
    """Paired axes are indexed by their own places."""
    if not node.batch_dims:
        return None
    batch, rank = indices.shape[: node.batch_dims], indices.ndim
    own: list[Any] = [np.reshape(Range(0, n), [-1 if j == i else 1 for j in range(rank)]) for i, n in enumerate(batch)]
    whole = [OPERATIONS["Expand"](each, Sizes((*indices.shape[:-1], 1))) for each in own]
    return OPERATIONS["ScatterND"](
        data, np.concatenate([*whole, indices.astype(np.int64)], axis=-1), updates, reduction=node.reduction
    )


def _windows(window: Any, image: Any) -> list[Any]:
    """For each axis the places in the padded image of each element of each window, K × L."""
    places = []
    for kernel, count, stride, gap in zip(
        window.kernel_shape, window.places(image), window.strides, window.dilations, strict=True
    ):
        places.append(np.add(np.arange(kernel)[:, None] * gap, Range(0, count) * stride))
    return places


def im2col(node: Any, x: Any) -> Any:
    """The elements of each window taken along one axis after the other."""
    window, image = window_of(node, x.shape[2:], node.kernel_shape), x.shape[2:]
    rank = len(image)
    found = np.pad(x, [(0, 0), (0, 0), *window.margins(image)], constant_values=node.fill)
    for i, places in reversed(list(enumerate(_windows(window, image)))):
        found = np.take(found, places, axis=2 + i)
    found = np.transpose(found, [0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 3 + 2 * rank, 2)])
    return np.reshape(found, node.shape)


def col2im(node: Any, x: Any, sizes: Any = None) -> Any:
    """The elements of each window added at their places, along one axis after the other."""
    image, rank = node.image_shape, len(node.image_shape)
    window = window_of(node, image, node.block_shape)
    plain = node.auto_pad == "NOTSET" and not node.ceil_mode and set(window.dilations) == {1}
    if plain and node.dtype == np.float32:  # of others runtimes have no Col2Im, or a wrong one
        return None
    found: Any = np.reshape(x, (*node.shape[:2], *window.kernel_shape, *window.places(image)))
    found = np.transpose(found, [0, 1, *(axis for i in range(rank) for axis in (2 + i, 2 + rank + i))])
    margins = window.margins(image)
    for i, places in enumerate(_windows(window, image)):
        padded = margins[i][0] + image[i] + margins[i][1]
        shape = (*found.shape[: 2 + i], padded, *found.shape[4 + i :])
        found = OPERATIONS["ScatterAdd"](found, places, Sizes(shape), axis=2 + i)
    return found[
        (slice(None), slice(None), *(slice(before, before + size) for (before, _), size in zip(margins, image, strict=True)))
    ]


def counts(node: Any, shape: Any) -> Any:
    """How many elements of each window lie in the image, or in it and its own padding: the product of those of each axis."""
    image = tuple(shape.known)
    window = window_of(node, image, node.kernel_shape)
    own, all_margins = window._replace(ceil_mode=False).margins(image), window.margins(image)
    found: Any = Constant(1, dtype=node.dtype)
    for i, places in enumerate(_windows(window, image)):
        at = places - all_margins[i][0]
        before, after = own[i] if node.count_include_pad else (0, 0)
        inside = np.logical_and(np.greater_equal(at, -before), np.less(at, image[i] + after))
        found = np.expand_dims(found, -1) * np.sum(inside.astype(node.dtype), axis=0)
    return found
