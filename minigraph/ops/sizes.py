"""Sizes as operands: shapes, and attributes that may be in the sizes of named axes; and values that follow from sizes alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, ClassVar

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Node, Operand, Sizes, described, places
from minigraph.core.numpy_protocol import composes
from minigraph.core.rewriting import altered
from minigraph.core.sizes import EXACT, Axis, SymbolicSize, non_negative, substitute, terms_of
from minigraph.ops.checks import WithoutDerivative, refused

__all__: list[str] = []


class Sized(Node):
    """The base of Reshape, Expand and ScatterSlice: a shape operand, which may be a tuple of sizes and axis names."""

    selectors: ClassVar[tuple[str, ...]] = ("shape",)

    def __init__(
        self, x: "Operand", shape: "Operand | Sequence[Operand]", *, name: str | None = None, **attributes: Any
    ) -> None:
        for size in shape if isinstance(shape, tuple | list) else (shape,):
            if not isinstance(size, int | np.integer | np.ndarray | str | SymbolicSize | Node):
                raise refused(self, f"takes sizes that are whole numbers or the names of axes, not {size!r}")
        super().__init__(x, as_sizes(x, self.complete(x, shape)), name=name, **attributes)

    def complete(self, x, shape):
        """The shape with what follows from x filled in."""
        return shape


class InSizes(Node):
    """The base of operations with attributes, `counted`, that may be in named sizes: then an operand `sizes` holds them too.

    It is the last operand, and comes by itself. A rule asks `numbers` for these attributes: numbers where it is read with
    arrays, and else the sizes themselves.
    """

    counted = tuple[str, ...]()
    selectors: ClassVar[tuple[str, ...]] = ("sizes",)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.operand_names[-1:] == ("sizes",):
            cls.arity = (cls.arity[0], len(cls.operand_names) - 1)

    def _as_operands(self, given: tuple[Any, ...]) -> tuple[Node, ...]:
        sizes = tuple(size for key in self.counted for size in _flat(getattr(self, key)))
        named = any(isinstance(size, SymbolicSize) for size in sizes)
        return (*super()._as_operands(given), *([Sizes(sizes)] if named else []))

    def numbers(self, sizes):
        """The values of these attributes, in numbers where the operand that holds them is."""
        given = [getattr(self, key) for key in self.counted]
        if not isinstance(sizes, np.ndarray | tuple):
            return given
        numbers = iter(map(int, sizes))
        return [tuple(next(numbers) for _ in each) if isinstance(each, tuple | list) else next(numbers) for each in given]


def in_axes(node: Any, axes: Mapping[str, Axis]) -> Any:
    """The node with other sizes, or numbers, for the named axes in its attributes."""
    changes: dict[str, Any] = {}
    for key in node.counted if isinstance(node, InSizes) else ():
        value = getattr(node, key)
        if any(isinstance(size, SymbolicSize) for size in _flat(value)):
            found = tuple(substitute(size, axes) for size in _flat(value))
            changes[key] = found if isinstance(value, tuple | list) else found[0]
    return altered(node, **changes) if changes else node


def _flat(value):
    """The sizes that an attribute holds: those of a tuple, or itself."""
    return value if isinstance(value, tuple | list) else (value,)


class Range(WithoutDerivative):
    """The whole numbers from `start` to `limit`, which is excluded, by steps of `delta`; each may be a size.

    >>> Range.apply(5, 0, -2)
    array([5, 3, 1])
    """

    selectors = ("start", "limit", "delta")

    def forward(self, start, limit, delta=1, out=None):
        return np.arange(int(start), int(limit), int(delta))

    def infer(self, start, limit, delta=None):
        given = [each for each in (start, limit, delta) if each is not None]
        if any(each.ndim or each.known is None for each in given):
            raise refused(self, f"takes numbers that are known before a run, not {', '.join(map(described, given))}", *given)
        (first, last, step) = [each.known[0] for each in given] + [1] * (delta is None)
        if isinstance(step, SymbolicSize) or step == 0:
            raise refused(self, f"takes steps of a number other than 0, not {step}", error=OperationError)
        return (non_negative(-((first - last) // step)),), np.dtype(np.int64)


@composes(np.arange)
def arange(start, stop=None, step=1, dtype=None):
    """`np.arange(…, like=x)`: the numbers as a node, for which a bound may be the size of a named axis.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", "T", 2))
    >>> places = np.arange(x.shape[1], like=x)
    >>> places, np.expand_dims(places, 1) >= places
    (Range (T, int64), GreaterOrEqual (T × T, bool))
    """
    found = Range(0, start, step) if stop is None else Range(start, stop, step)
    return found if dtype is None else found.astype(dtype)


def as_sizes(x, shape):
    """The shape as a value: a node stays, and in a tuple each name is taken from the axis of `x` that has it."""
    if isinstance(shape, Node):
        return shape
    sizes = list(shape) if isinstance(shape, tuple | list) else [shape]
    if isinstance(x, Node):
        sizes = [axis_named(x, size) if isinstance(size, str) else size for size in sizes]
    if any(isinstance(size, Node) for size in sizes):
        return np.stack(sizes)
    return Sizes(tuple(sizes)) if any(isinstance(size, SymbolicSize) for size in sizes) else np.array(sizes, dtype=np.int64)


def axis_named(x, name):
    """The size of the axis of this name."""
    if name not in x.shape:
        raise ShapeError(f"{described(x)} has no axis named {name!r}.{places(x)}")
    return x.shape[x.shape.index(name)]


def known_sizes(node, shape):
    """The sizes that a shape operand holds, or a ShapeError where they are not known before a run."""
    if shape.known is None or shape.ndim > 1:
        raise refused(node, f"takes a shape that is known before a run, not {described(shape)}", shape)
    return shape.known


def smaller(one: Axis, other: Axis) -> Axis:
    """min(one, other), in one form whichever comes first.

    >>> from minigraph.core.sizes import named_axis
    >>> N = named_axis("N")
    >>> smaller(N, N + 2), smaller(5, N), smaller(N, 5), smaller(5, 3)
    ('N', '(N−max(N−5,0))', '(N−max(N−5,0))', 3)
    """
    difference = one - other
    return (
        one - non_negative(difference) if difference == 0 or _leading(difference)[1] > 0 else other - non_negative(-difference)
    )


EXACT[np.minimum] = smaller
EXACT[np.maximum] = lambda one, other: one + other - smaller(one, other)


@lru_cache(maxsize=4096)
def quotient(total, part):
    """The size that times `part` is `total`, or None where there is none: an exact division of polynomials.

    It is no floor division, which is not defined where `part` is 0: there `total` is 0 too, and any size would do.
    """
    found, (factors, number) = 0, _leading(part)
    while total != 0:
        more, n = _leading(total)
        left = Counter(more) - Counter(factors)
        if number == 0 or n % number or left.total() != len(more) - len(factors):
            return None
        term = n // number * prod(SymbolicSize({(factor,): 1}) for factor in left.elements())
        found, total = found + term, total - part * term
    return found if number else None


def _leading(size):
    """The product of the most factors, the first by their texts, and its coefficient: an order that multiplication keeps."""
    return min(terms_of(size).items(), key=lambda term: (-len(term[0]), [str(factor) for factor in term[0]]))
