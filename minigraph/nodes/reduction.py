"""Reductions over axes. As in ONNX a reduced axis is kept, with size 1, unless `keepdims=False`."""

import numpy as np

from minigraph.node import Node
from minigraph.nodes.shape import axes_of

__all__ = ["ReduceMax", "ReduceMean", "ReduceSum"]


class _Reduction(Node):
    """What reductions share: `axes` (one, several, or None for all) and `keepdims`."""

    axes: tuple[int, ...] | int | None = None
    keepdims: bool = True

    def infer(self, x):
        self.axes = axes_of(x, self.axes)
        kept = [1 if i in self.axes else axis for i, axis in enumerate(x.shape)]
        return tuple(axis for i, axis in enumerate(kept) if self.keepdims or i not in self.axes), x.dtype

    def restore(self, reduced):
        """The reduced value with its reduced axes back, of size 1."""
        return reduced if self.keepdims or self.axes is None else np.expand_dims(reduced, self.axes)

    @classmethod
    def from_numpy(cls, a, axis=None, keepdims=False):
        return cls(a, axes=axis, keepdims=keepdims)


class ReduceSum(_Reduction, numpy=np.sum):
    """The sum over `axes`."""

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient), np.shape(x))


class ReduceMean(_Reduction, numpy=np.mean):
    """The mean over `axes`."""

    floating = True

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims) / np.size(x, axis=self.axes)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient / np.size(x, axis=self.axes)), np.shape(x))


class ReduceMax(_Reduction, numpy=np.max):
    """The largest element over `axes`; where several tie they share the gradient evenly, as PyTorch's amax does."""

    def forward(self, x, out=None):
        return np.max(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        wins = np.equal(x, self.restore(y)).astype(gradient.dtype)
        return wins * (self.restore(gradient) / np.sum(wins, axis=self.axes, keepdims=True))
