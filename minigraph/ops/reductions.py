"""Reductions over axes. As in ONNX a reduced axis is kept, with size 1, unless `keepdims=False`."""

import numpy as np

from minigraph.core.node import Node
from minigraph.ops.along import AlongAxis, OfSome
from minigraph.ops.shape import axes_of

__all__ = ["ArgMax", "ArgMin", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"]


class _Reduction(Node):
    """What reductions share: `axes` (one, several, or None for all) and `keepdims`."""

    axes: tuple[int, ...] | int | None = None
    keepdims: bool = True

    @property
    def along(self):
        """The axes that it runs along."""
        return self.axes

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
    """The sum over `axes`; of none it is 0. Whole numbers and booleans add up to NumPy's widest whole numbers.

    >>> ReduceSum.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1)
    array([[3.],
           [7.]])
    """

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims, out=out)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient), np.shape(x))

    def infer(self, x):
        return super().infer(x)[0], np.sum(np.empty(0, x.dtype)).dtype


class ReduceMean(_Reduction, numpy=np.mean):
    """The mean over `axes`; of none it is not a number, and its gradient is empty.

    >>> ReduceMean.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=0, keepdims=False)
    array([2., 3.])
    """

    floating = True

    def forward(self, x, out=None):
        return np.sum(x, axis=self.axes, keepdims=self.keepdims) / np.size(x, axis=self.axes)

    def backward(self, gradient, y, x):
        return np.broadcast_to(self.restore(gradient / np.size(x, axis=self.axes)), np.shape(x))


class _Extremal(OfSome, _Reduction):
    """What ReduceMax and ReduceMin share: elements that tie share the gradient evenly, as PyTorch's amax and amin do.

    Of none there is no extreme: an axis of size 0 is refused.
    """

    def backward(self, gradient, y, x):
        wins = np.equal(x, self.restore(y)).astype(gradient.dtype)
        return wins * (self.restore(gradient) / np.sum(wins, axis=self.axes, keepdims=True))


class ReduceMax(_Extremal, numpy=np.max):
    """The largest element over `axes`; where several tie they share the gradient evenly.

    >>> ReduceMax.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1, keepdims=False)
    array([2., 4.])
    """

    def forward(self, x, out=None):
        return np.max(x, axis=self.axes, keepdims=self.keepdims, out=out)


class ReduceMin(_Extremal, numpy=np.min):
    """The smallest element over `axes`; where several tie they share the gradient evenly.

    >>> ReduceMin.apply(np.array([[1.0, 2.0], [3.0, 4.0]]), axes=1, keepdims=False)
    array([1., 3.])
    """

    def forward(self, x, out=None):
        return np.min(x, axis=self.axes, keepdims=self.keepdims, out=out)


class _Place(OfSome, AlongAxis):
    """What ArgMax and ArgMin share. They take no derivative."""

    axis: int = 0
    keepdims: bool = True
    select_last_index: bool = False

    def backward(self, gradient, y, x):
        return None

    def infer(self, x):
        shape, _ = super().infer(x)
        return shape[: self.axis] + (1,) * self.keepdims + shape[self.axis + 1 :], np.dtype(np.int64)

    def place(self, find, x, out):
        """Where `find` finds the extreme: the first place, or with `select_last_index` the last."""
        if not self.select_last_index:
            return find(x, axis=self.axis, keepdims=self.keepdims, out=out)
        return x.shape[self.axis] - 1 - find(np.flip(x, self.axis), axis=self.axis, keepdims=self.keepdims)

    @classmethod
    def from_numpy(cls, a, axis=None, keepdims=False):
        if axis is not None:
            return cls(a, axis=axis, keepdims=keepdims)
        place = cls(a.reshape(-1), axis=0, keepdims=False)
        return place.reshape((1,) * a.ndim) if keepdims else place


class ArgMax(_Place, numpy=np.argmax):
    """The place of the largest element along `axis`, the first one where several tie. It takes no derivative.

    >>> import minigraph as mg
    >>> scores = mg.Input("scores", ("N", 10))
    >>> np.argmax(scores, axis=1)
    ArgMax (N, int64)
    >>> mg.ArgMax(scores, axis=1)
    ArgMax (N × 1, int64)
    """

    def forward(self, x, out=None):
        return self.place(np.argmax, x, out)


class ArgMin(_Place, numpy=np.argmin):
    """The place of the smallest element along `axis`, the first one where several tie. It takes no derivative.

    >>> ArgMin.apply(np.array([[3.0, 1.0], [2.0, 5.0]]), axis=1, keepdims=False)
    array([1, 0])
    """

    def forward(self, x, out=None):
        return self.place(np.argmin, x, out)
