"""Triangles and diagonals of matrices, and of stacks of them."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, described
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import WithoutDerivative, refused

__all__ = ["Diag", "EyeLike", "Trilu"]


class Trilu(Node):
    """A matrix, or a stack, with zeros below its k-th diagonal, or above it with `upper=False`; the others stay.

    Diagonal 0 is the main one, those above it are counted up. ONNX's operand k is an attribute.

    >>> Trilu.apply(np.ones((2, 3)), k=1)
    array([[0., 1., 1.],
           [0., 0., 1.]])
    """

    k: int = 0
    upper: bool = True

    def forward(self, x, out=None):
        return np.triu(x, self.k) if self.upper else np.tril(x, self.k)

    def backward(self, gradient, y, x):
        return Trilu.apply(gradient, k=self.k, upper=self.upper)

    def infer(self, x):
        check_k(self)
        check_matrices(self, x)
        return x.shape, x.dtype


class EyeLike(WithoutDerivative):
    """The identity matrix of the shape and type of x, or with k its k-th diagonal, which is above the main one where k > 0.

    >>> EyeLike.apply(np.full((2, 3), 7.0), k=1)
    array([[0., 1., 0.],
           [0., 0., 1.]])
    """

    k: int = 0

    def forward(self, x, out=None):
        return np.triu(np.tril(np.ones_like(x), self.k), self.k)

    def infer(self, x):
        check_k(self)
        check_matrices(self, x)
        return x.shape, x.dtype


class Diag(Node, numpy=np.diag):
    """The square matrix that has the vector x on its k-th diagonal, and zeros elsewhere.

    >>> Diag.apply(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """

    k: int = 0

    def forward(self, x, out=None):
        return np.diag(x, self.k) if self.k else np.diag(x)

    def backward(self, gradient, y, x):
        return np.diagonal(gradient, self.k)

    def infer(self, x):
        check_k(self)
        if x.ndim != 1:
            raise refused(self, f"takes a vector, not {described(x)}", x)
        return (x.shape[0] + abs(self.k),) * 2, x.dtype

    @classmethod
    def from_numpy(cls, v, k=0):
        return np.diagonal(v, k) if v.ndim == 2 else cls(v, k=k)


def check_k(node):
    """Raise unless the number of a diagonal is a whole one."""
    if not isinstance(node.k, int | np.integer):
        raise refused(node, f"takes k as a whole number, not {node.k!r}", error=OperationError)


def check_matrices(node, x):
    """Raise unless the operand is a matrix or a stack of them."""
    if x.ndim < 2:
        raise refused(node, f"takes a matrix or a stack of them, not {described(x)}", x)


composes(np.triu)(lambda m, k=0: Trilu(m, k=k))
composes(np.tril)(lambda m, k=0: Trilu(m, k=k, upper=False))
composes(np.diagflat)(lambda v, k=0: Diag(np.ravel(v), k=k))
composes(np.trace)(lambda a, offset=0, axis1=0, axis2=1: np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1))
composes(np.linalg.trace)(lambda x, offset=0: np.trace(x, offset, -2, -1))
composes(np.linalg.diagonal)(lambda x, offset=0: np.diagonal(x, offset, -2, -1))
