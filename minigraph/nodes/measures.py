"""Reductions that are more than one: norms, products, logarithms of sums, the variance."""

import numpy as np

from minigraph.errors import OperationError
from minigraph.nodes.along import OfSome
from minigraph.nodes.reduction import ReduceMax, ReduceMean, ReduceSum, _Reduction

__all__ = [
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceSumSquare",
    "ReduceVariance",
]


class _Measure(_Reduction):
    """A reduction written with others; it is of floating-point numbers."""

    floating = True

    def summed(self, x):
        """The sum over the same axes, kept as this reduction keeps them."""
        return ReduceSum.apply(x, axes=self.axes, keepdims=self.keepdims)


class ReduceL1(_Measure):
    """The sum of the absolute values, Σ |x|, over `axes`.

    >>> ReduceL1.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[7.]])
    """

    def forward(self, x, out=None):
        return self.summed(np.abs(x))

    def backward(self, gradient, y, x):
        return self.restore(gradient) * np.sign(x)


class ReduceL2(_Measure):
    """The Euclidean length, √Σ x², over `axes`. Its slope at 0 is taken to be 0, as PyTorch has it.

    >>> ReduceL2.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[5.]])
    """

    def forward(self, x, out=None):
        return np.sqrt(self.summed(x * x))

    def backward(self, gradient, y, x):
        length = self.restore(y)
        return self.restore(gradient) * x / np.where(np.equal(length, 0), 1, length)


class ReduceSumSquare(_Measure):
    """The sum of the squares, Σ x², over `axes`.

    >>> ReduceSumSquare.apply(np.array([[3.0, -4.0]]), axes=1)
    array([[25.]])
    """

    def forward(self, x, out=None):
        return self.summed(x * x)

    def backward(self, gradient, y, x):
        return self.restore(gradient) * 2 * x


class ReduceLogSum(_Measure):
    """The logarithm of the sum, ln Σ x, over `axes`.

    >>> ReduceLogSum.apply(np.array([[0.25, 0.75]]), axes=1)
    array([[0.]])
    """

    def forward(self, x, out=None):
        return np.log(self.summed(x))

    def backward(self, gradient, y, x):
        return self.restore(gradient / self.summed(x)) * np.ones_like(x)


class ReduceLogSumExp(OfSome, _Measure):
    """The logarithm of the sum of the exponentials, ln Σ eˣ, over `axes`.

    The largest element is taken off first, so that no power overflows.

    >>> ReduceLogSumExp.apply(np.array([[1000.0, 1000.0]]), axes=1).round(3)
    array([[1000.693]])
    """

    def forward(self, x, out=None):
        largest = ReduceMax.apply(x, axes=self.axes, keepdims=True)
        total = np.log(ReduceSum.apply(np.exp(x - largest), axes=self.axes, keepdims=True)) + largest
        return total if self.keepdims else ReduceSum.apply(total, axes=self.axes, keepdims=False)

    def backward(self, gradient, y, x):
        return self.restore(gradient) * np.exp(x - self.restore(y))


class ReduceVariance(_Measure, numpy=np.var):
    """The variance, the mean of (x − mean)², over `axes`; the sum is divided by n − `ddof`. It is NumPy's; ONNX has none.

    >>> import minigraph as mg
    >>> ReduceVariance.apply(np.array([1.0, 3.0]))
    array([1.])
    >>> np.var(mg.Input("x", ("N", 5)), axis=0)
    ReduceVariance (5, float32)
    """

    ddof: float = 0

    def forward(self, x, out=None):
        centred = x - ReduceMean.apply(x, axes=self.axes, keepdims=True)
        total = self.summed(centred * centred)
        return total / self.count(x, total)

    def backward(self, gradient, y, x):
        centred = x - ReduceMean.apply(x, axes=self.axes, keepdims=True)
        return self.restore(gradient / self.count(x, gradient)) * 2 * centred

    def count(self, x, reduced):
        """What a sum of squares is divided by; less a fraction it is a number of the element type, one for each sum."""
        number = np.size(x, axis=self.axes)
        return number - self.ddof if isinstance(self.ddof, int) else number * np.ones_like(reduced) - float(self.ddof)

    def infer(self, x):
        ddof = self.ddof
        if not isinstance(ddof, int | float | np.number) or not np.isfinite(ddof):
            raise OperationError(f"ReduceVariance takes ddof as a number, not {ddof!r}.")
        self.ddof = int(ddof) if ddof == int(ddof) else float(ddof)
        return super().infer(x)

    @classmethod
    def from_numpy(cls, a, axis=None, ddof=0, keepdims=False):
        return cls(a, axes=axis, ddof=ddof, keepdims=keepdims)
