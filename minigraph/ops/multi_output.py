"""Operations of several values: a factorisation, a scan, an opaque gradient. No user meets one, only its parts."""

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from minigraph.core.errors import RuleError
from minigraph.core.node import Node
from minigraph.core.shapes import Shape
from minigraph.core.values import ARRAYS, DType, widened

__all__ = ["MultiOutput", "Part", "packed", "parts_of"]


class _Zero:
    """The gradient of a part that nothing depends on, until it is added to another: x + 0 is x, for arrays and nodes alike."""

    __array_ufunc__ = None  # so that NumPy leaves the addition to this class

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__


ZERO = _Zero()


class MultiOutput(Node):
    """An operation of several values, its parts: computed once, and read by a `Part` each.

    A subclass has three rules. `forward(self, *operands)` gives a tuple of the values. `backward(self, gradient, y, *operands)`
    is the vector-Jacobian product: `gradient` is a tuple of the gradients of the parts, None where nothing depends on one,
    `y[i]` is part i, and what it gives is what any rule gives. `parts(self, *operands)` gives the shape and type of each part.

    To the core the value is an array of objects, so that `y[i]` reads a part of arrays, nodes and lines of NumPy alike, and
    gradients of different parts add up part by part.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "forward" in vars(cls):
            cls.forward = _packing(cls.forward)  # type: ignore[method-assign]
        if "backward" in vars(cls):
            cls.backward = _unpacking(cls.backward)  # type: ignore[method-assign]

    def parts(self, *operands: Any) -> Sequence[tuple[Shape, DType]]:
        """The shape and element type of each part."""
        raise RuleError(f"{type(self).__name__} has no rule for its parts: define parts(self, x, …).")

    def infer(self, *operands: Any) -> tuple[Shape, DType]:
        """An array of as many objects as there are parts."""
        return (len(self.parts(*operands)),), np.dtype(object)

    def __getitem__(self, index: Any) -> Node:
        return Part(self, i=index)

    def __str__(self) -> str:
        return self.name or repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__} ({self.shape[0]} values)"


class Part(Node):
    """One of the values of an operation that has several: that of number `i`."""

    i: int = ...  # type: ignore[assignment]

    def forward(self, values: Any, out: Any = None) -> Any:
        return values[self.i]

    def backward(self, gradient: Any, y: Any, values: Any) -> Any:
        whole = np.full(values.shape, ZERO, object)
        whole[self.i] = gradient
        return whole

    def infer(self, values: Node) -> tuple[Shape, DType]:
        assert isinstance(values, MultiOutput)
        return values.parts(*values.operands)[self.i]


def parts_of(values: MultiOutput) -> tuple[Node, ...]:
    """A node for each part of an operation's value."""
    return tuple(Part(values, i=i) for i in range(int(values.shape[0])))


def packed(values: Iterable[Any]) -> Any:
    """Values, arrays or nodes, as an array of objects: what an operation of several values gives, and takes as its gradient."""
    given = tuple(values)
    array = np.empty(len(given), object)
    for i, value in enumerate(given):
        array[i] = value
    return array


def _packing(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule `forward` whose tuple of arrays is one array of objects; in half precision it computes in float32."""

    @wraps(rule)
    def forward(self: Node, *operands: Any, **options: Any) -> Any:
        values = rule(self, *map(widened, operands), **options)
        if not isinstance(values, tuple) or not all(isinstance(each, ARRAYS) for each in values):
            return values  # as the rule is read: with text, or with nodes
        return packed(values)

    return forward


def _unpacking(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A rule `backward` that takes the gradients of the parts as a tuple."""

    @wraps(rule)
    def backward(self: Node, *given: Any, **options: Any) -> Any:
        if given:
            given = (tuple(None if each is ZERO else each for each in given[0]), *given[1:])
        return rule(self, *given, **options)

    return backward
