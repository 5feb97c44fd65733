"""The methods of an array that a node has: each composes what NumPy's function of that name does."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from minigraph.core.node import Node
from minigraph.core.numpy_protocol import NumPyProtocol, compose
from minigraph.core.values import as_dtype

__all__ = ["ArrayMethods"]


class ArrayMethods:
    """The methods and attributes. Nodes get them below; to a type checker the class is a base of theirs."""

    @property
    def size(self) -> Node:
        """How many elements the value has, as a node: a named axis has its size only in a run."""
        return compose(np.size, self)

    @property
    def T(self) -> Node:
        """The value with its axes in reverse order."""
        return compose(np.transpose, self)

    @property
    def mT(self) -> Node:
        """The value with its last two axes exchanged."""
        return compose(np.matrix_transpose, self)

    def transpose(self, *axes: Any) -> Node:
        """The value with its axes in another order, reversed when none is given."""
        return compose(np.transpose, self, axes=_one_or_all(axes) if axes else None)

    def reshape(self, *shape: Any) -> Node:
        """The same elements in another shape; one axis may be -1 and follows from the others."""
        return compose(np.reshape, self, _one_or_all(shape))

    def ravel(self) -> Node:
        """The elements in one row."""
        return compose(np.ravel, self)

    flatten = ravel

    def swapaxes(self, axis1: int, axis2: int) -> Node:
        """The value with two of its axes exchanged."""
        return compose(np.swapaxes, self, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Node:
        """Each element, or part along an axis, several times in a row."""
        return compose(np.repeat, self, repeats, axis=axis)

    def astype(self, dtype: DTypeLike) -> Node:
        """The value with elements of another type."""
        return compose(np.astype, self, as_dtype(dtype, str(self)))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """The sum over an axis, over several, or over all."""
        return compose(np.sum, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """The mean over an axis, over several, or over all."""
        return compose(np.mean, self, axis=axis, keepdims=keepdims)

    def min(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """The smallest element over an axis, over several, or over all."""
        return compose(np.min, self, axis=axis, keepdims=keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """The largest element over an axis, over several, or over all."""
        return compose(np.max, self, axis=axis, keepdims=keepdims)

    def squeeze(self, axis: int | tuple[int, ...] | None = None) -> Node:
        """The value without the axes of size 1, or without those named."""
        return compose(np.squeeze, self, axis=axis)

    def __round__(self, ndigits: int = 0) -> Node:
        return compose(np.round, self, ndigits)

    def __floor__(self) -> Node:
        return compose(np.floor, self)

    def __ceil__(self) -> Node:
        return compose(np.ceil, self)


def _one_or_all(given: tuple[Any, ...]) -> Any:
    """NumPy's methods take axes both ways: `reshape(2, 3)` and `reshape((2, 3))`."""
    return given[0] if len(given) == 1 else given


for name, member in vars(ArrayMethods).items():
    if callable(member) or isinstance(member, property):
        setattr(NumPyProtocol, name, member)
