"""Ordered vectors: between which of their elements numbers lie, how many, and what a line through samples gives there."""

import operator

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import WithoutDerivative, as_nodes, known_size, refused
from minigraph.ops.gather import ScatterAdd

__all__ = ["SearchSorted"]


class SearchSorted(WithoutDerivative, numpy=np.searchsorted):
    """The place in the increasing vector `a` at which each of `v` would be put in: before its equals, or behind with `right`.

    It takes no derivative. It is NumPy's; ONNX has none.

    >>> SearchSorted.apply(np.array([1.0, 2.0, 3.0]), np.array([0.5, 2.0])), SearchSorted.apply(np.arange(3), 1, right=True)
    (array([0, 1]), np.int64(2))
    """

    right: bool = False

    def forward(self, a, v, out=None):
        return np.searchsorted(a, v, side="right" if self.right else "left")

    def infer(self, a, v):
        if a.ndim != 1:
            raise refused(self, f"searches a vector, not {described(a)}", a)
        return v.shape, np.dtype(np.int64)

    @classmethod
    def from_numpy(cls, a, v, side="left", sorter=None):
        if side not in ("left", "right"):
            raise OperationError(f"np.searchsorted takes a side of 'left' or 'right', not {side!r}.")
        return cls(a if sorter is None else np.take(a, sorter), v, right=side == "right")


@composes(np.digitize)
def digitize(x, bins, right=False):
    """Between which bounds each number lies; bounds that decrease are known before a run."""
    if isinstance(bins, Node) or np.all(np.diff(bins) >= 0):
        return SearchSorted(bins, x, right=not right)
    return len(bins) - SearchSorted(np.flip(bins), x, right=right)


@composes(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The bounds between which np.histogram counts: so many bins from the smallest to the largest element, or those given."""
    if np.ndim(bins):
        return bins
    low, high = (np.min(a), np.max(a)) if range is None else range
    return np.linspace(low, high, operator.index(bins) + 1)


@composes(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """How many elements lie between each two bounds, or the sum of their weights, and the bounds, the last included."""
    a, edges = as_nodes(np.ravel(a), histogram_bin_edges(a, bins, range))
    count = known_size(edges, 0) - 1
    place = np.where(np.equal(a, edges[-1]), count - 1, SearchSorted(edges, a, right=True) - 1)
    inside = np.logical_and(np.greater_equal(place, 0), np.less(place, count))
    summands = np.where(inside, 1 if weights is None else np.ravel(weights), 0)
    total = ScatterAdd(summands, np.clip(place, 0, count - 1), (count,))
    if density:
        total = total.astype(edges.dtype) / np.diff(edges) / np.sum(total).astype(edges.dtype)
    return total, edges


@composes(np.interp)
def interpolated(x, xp, fp, left=None, right=None, period=None):
    """The line through the samples `fp` at the places `xp`, which increase; beyond them the first and last, or others."""
    x, xp, fp = as_nodes(x, xp, fp)
    if xp.ndim != 1 or fp.ndim != 1 or xp.shape != fp.shape:
        raise OperationError(f"np.interp takes a vector of places and one of as many samples, not {xp} and {fp}.")
    size = known_size(xp, 0)
    if period is not None:
        x, xp = np.mod(x, period), np.mod(xp, period)
        order = np.argsort(xp)
        xp, fp = np.take(xp, order), np.take(fp, order)
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp, size = np.concatenate([fp[-1:], fp, fp[:1]]), size + 2
    if size > 1:
        below = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, size - 2)
        inside = np.take(fp, below) + (x - np.take(xp, below)) * np.take(np.diff(fp) / np.diff(xp), below)
    else:
        inside = np.broadcast_to(fp[0], np.shape(x))
    if period is not None:
        return inside
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    return np.where(np.less(x, xp[0]), low, np.where(np.greater(x, xp[-1]), high, inside))
