"""NumPy's language, spoken by nodes: operators and functions compose.

NumPy hands every call on a foreign operand to that operand's protocols (NEP 13 and NEP 18), so `z + 1` and `np.tanh(z)` arrive
here, and an operation says in its class line which function it stands for: `class Tanh(Node, numpy=np.tanh)`. Methods, such as
`z.sum(axis=0)`, compose by the same table; see ops/methods.py.
"""

import operator
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from minigraph.core.errors import MinigraphError, OperationError

if TYPE_CHECKING:
    from minigraph.core.node import Node
    from minigraph.ops.methods import ArrayMethods as NDArrayOperatorsMixin  # it declares those of the operators that compose
else:
    from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["COMPOSED_BY", "HINTS", "NumPyProtocol", "calling", "composes", "numpy_name", "of_floats_alone"]

COMPOSED_BY: dict[Callable[..., Any] | str, Callable[..., "Node"]] = {}
"""What composes a node when a NumPy function is called on one: `np.tanh` → `Tanh.from_numpy`; SciPy's go by name."""
HINTS: list[Callable[[str, Collection[str]], str]] = []
"""What says, as a sentence, what to write for a name that is no operation, such as `np.log2`; see ops/equivalents.py."""


def compose(function: Callable[..., Any], *operands: Any, **options: Any) -> "Node":
    """The node that `function` stands for, with the options that are not left at None; an axis of None may say "all"."""
    known = function if function in COMPOSED_BY else getattr(function, "__name__", "")  # of a ufunc of SciPy's all there is
    if known not in COMPOSED_BY:
        hints = "".join(hint(numpy_name(function), ()) for hint in HINTS)
        remedy = f".{hints}" if hints else "; minigraph.ops.OPERATIONS lists those there are."
        raise OperationError(f"{numpy_name(function)} is not an operation of minigraph{remedy}")
    try:
        return COMPOSED_BY[known](*operands, **{k: v for k, v in options.items() if v is not None or k == "axis"})
    except TypeError as error:
        if isinstance(error, MinigraphError) or "argument" not in str(error):
            raise
        raise OperationError(f"{numpy_name(function)} of a node {str(error).partition('() ')[2]}.") from None


def numpy_name(function: Callable[..., Any] | str) -> str:
    """`np.tanh`: a function of NumPy's as one writes it, or one of SciPy's."""
    own, name = getattr(function, "__self__", None), getattr(function, "__name__", str(function))
    of = f"numpy.{own.__name__}" if own else "numpy" if hasattr(np, name) else "scipy.special"
    return f"{(getattr(function, '__module__', None) or of).replace('numpy', 'np', 1)}.{name}"


class _Unary:
    def forward(self: Any, x: Any, out: Any = None) -> Any:
        return self.ufunc(x, out=out)


class _Binary:
    def forward(self: Any, a: Any, b: Any, out: Any = None) -> Any:
        return self.ufunc(a, b, out=out)


def calling(ufunc: Any, kind: str) -> Callable[..., Any]:
    """The rule `forward` of an operation of this name that calls a ufunc: of x, or of a and b."""
    if not isinstance(ufunc, np.ufunc) or ufunc.nin > 2 or ufunc.nout != 1:
        raise OperationError(f"{kind} takes as its ufunc a ufunc of one or two operands and one value, not {ufunc!r}.")
    return (_Unary if ufunc.nin == 1 else _Binary).forward


def of_floats_alone(ufunc: Any) -> bool:
    """Whether a ufunc computes with floating-point numbers alone, as np.exp does, and np.add does not."""
    return not any(set("?bBhHiIlLqQ") & set(loop.partition("->")[0]) for loop in ufunc.types)


def composes(function: Callable[..., Any] | None) -> Callable[[Any], Any]:
    """Register what composes nodes in the place of a function of NumPy's, or of None: one that an older NumPy does not have."""

    def register(compose: Any) -> Any:
        if function is not None:
            COMPOSED_BY[function] = compose
        return compose

    return register


class NumPyProtocol(NDArrayOperatorsMixin):
    """What a node and an array have in common for the one who writes an expression."""

    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if "out" in options:
            raise OperationError(f"np.{ufunc.__name__} cannot write a node into out=: a node has no memory of its own.")
        if options and method == "__call__":
            raise OperationError(f"np.{ufunc.__name__} of a node takes its operands alone, not {next(iter(options))}=….")
        return compose(ufunc if method == "__call__" else getattr(ufunc, method), *operands, **options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: dict[str, Any]) -> Any:
        return compose(function, *operands, **options)

    def __getitem__(self, index: Any) -> "Node":
        return compose(operator.getitem, self, index)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int | float | list | tuple | np.ndarray | np.generic):
            raise OperationError("== asks whether two nodes are the same one; to compare values use np.equal(a, b).")
        return self is other

    def __ne__(self, other: object) -> bool:
        return not self == other
