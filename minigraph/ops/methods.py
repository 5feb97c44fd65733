"""An array's methods on a node: each composes what NumPy's function of that name does, or says what to do instead."""

import operator
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import DTypeLike

from minigraph.core.errors import OperationError, UnknownAttributeError
from minigraph.core.node import Node, Operand, described, places
from minigraph.core.numpy_protocol import NumPyProtocol, compose
from minigraph.core.shapes import Shape
from minigraph.core.values import as_dtype
from minigraph.ops.equivalents import hint

if TYPE_CHECKING:
    from minigraph.compiler.program import compile as _compile
    from minigraph.core.run import forward as _forward
    from minigraph.explain.check import check_gradients as _check_gradients
    from minigraph.explain.circuit.circuit import draw as _draw
    from minigraph.explain.circuit.circuit import draw_run as _draw_run
    from minigraph.explain.circuit.network import draw_network as _draw_network
    from minigraph.explain.derivation import derive_graph as _derive
    from minigraph.explain.lint.lint import lint as _lint
    from minigraph.explain.page import explain_graph as _explain
    from minigraph.explain.page import explain_run as _explain_run
    from minigraph.interop.onnx.export.model import to_onnx as _to_onnx
    from minigraph.interop.weights import load as _load
    from minigraph.interop.weights import save as _save
    from minigraph.ops.copies import astype as _astype
    from minigraph.ops.copies import records as _records
    from minigraph.ops.copies import restore as _restore

    class GraphMethods:
        """What a graph does by functions of packages above the core; minigraph/__init__.py gives it those."""

        forward, compile, check_gradients = _forward, _compile, _check_gradients
        draw, draw_network, derive, lint, explain = _draw, _draw_network, _derive, _lint, _explain
        save, load, to_onnx, astype, __getstate__, __setstate__ = _save, _load, _to_onnx, _astype, _records, _restore

    class RunMethods:
        """Those of a run."""

        draw = _draw_run
        explain = _explain_run


__all__ = ["ArrayMethods"]

TRACED: ContextVar[str] = ContextVar("TRACED", default="")
"""The name of the function that is called with nodes in the place of its arguments, while it is."""
STACK = "\n  To compose an array of nodes, use np.stack([…]); np.r_[…] and np.c_[…] are np.concatenate and np.column_stack."


class ArrayMethods:
    """The methods, and the operators as a type checker sees them. Nodes get them below; to a checker it is a base of theirs."""

    shape: Shape

    if TYPE_CHECKING:  # NumPy's mixin has more: `//` and `&`, say, compose nothing

        def _unary(self) -> Node: ...
        def _binary(self, other: Operand, /) -> Node: ...

        __neg__ = __pos__ = __abs__ = _unary
        __add__ = __sub__ = __mul__ = __truediv__ = __mod__ = __pow__ = __matmul__ = _binary
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rmod__ = __rpow__ = __rmatmul__ = _binary
        __lt__ = __le__ = __gt__ = __ge__ = _binary

    else:  # a node is never written into: `z += b` gives the name z to a new node
        __iadd__ = NDArrayOperatorsMixin.__add__
        __isub__ = NDArrayOperatorsMixin.__sub__
        __imul__ = NDArrayOperatorsMixin.__mul__
        __itruediv__ = NDArrayOperatorsMixin.__truediv__
        __ipow__ = NDArrayOperatorsMixin.__pow__
        __imatmul__ = NDArrayOperatorsMixin.__matmul__

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return len(self.shape)

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

    def prod(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """The product over an axis, over several, or over all."""
        return compose(np.prod, self, axis=axis, keepdims=keepdims)

    def std(self, axis: int | tuple[int, ...] | None = None, ddof: float = 0, keepdims: bool = False) -> Node:
        """The standard deviation over an axis, over several, or over all."""
        return compose(np.std, self, axis=axis, ddof=ddof, keepdims=keepdims)

    def var(self, axis: int | tuple[int, ...] | None = None, ddof: float = 0, keepdims: bool = False) -> Node:
        """The variance over an axis, over several, or over all."""
        return compose(np.var, self, axis=axis, ddof=ddof, keepdims=keepdims)

    def all(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """Whether every element holds, or is not 0."""
        return compose(np.all, self, axis=axis, keepdims=keepdims)

    def any(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Node:
        """Whether any element holds, or is not 0."""
        return compose(np.any, self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Node:
        """The place of the largest element along an axis, or of all."""
        return compose(np.argmax, self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Node:
        """The place of the smallest element along an axis, or of all."""
        return compose(np.argmin, self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Node:
        """The sums up to each place along an axis, or of all elements in a row."""
        return compose(np.cumsum, self, axis=axis)

    def cumprod(self, axis: int | None = None) -> Node:
        """The products up to each place along an axis, or of all elements in a row."""
        return compose(np.cumprod, self, axis=axis)

    def clip(self, min: Operand | None = None, max: Operand | None = None) -> Node:
        """The value kept within bounds."""
        return compose(np.clip, self, min=min, max=max)

    def dot(self, b: Operand) -> Node:
        """The product with another, as np.dot has it."""
        return compose(np.dot, self, b)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
        """The elements on a diagonal."""
        return compose(np.diagonal, self, offset=offset, axis1=axis1, axis2=axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
        """The sum of the elements on a diagonal."""
        return compose(np.trace, self, offset=offset, axis1=axis1, axis2=axis2)

    def copy(self) -> Node:
        """The value itself, as a node of its own."""
        return compose(np.copy, self)

    def squeeze(self, axis: int | tuple[int, ...] | None = None) -> Node:
        """The value without the axes of size 1, or without those named."""
        return compose(np.squeeze, self, axis=axis)

    def __len__(self) -> int:
        """How many parts there are along the first axis, if its size is a number."""
        first = self.shape[0] if self.shape else None
        if not isinstance(first, int):
            why = "is a scalar" if first is None else f"has a first axis whose size, {first}, only a run knows"
            remedy = (
                ""
                if first is None
                else "\n  np.shape(x)[0] is its size as a node; x.sum(axis=0), and x[i] of an i that is known, compose."
            )
            raise OperationError(f"{described(self)} {why}: it has no len(), and no loop goes over it.{places(self)}{remedy}")
        return first

    def __iter__(self) -> Iterator[Node]:
        return (compose(operator.getitem, self, i) for i in range(len(self)))

    def __round__(self, ndigits: int = 0) -> Node:
        return compose(np.round, self, ndigits)

    def __floor__(self) -> Node:
        return compose(np.floor, self)

    def __ceil__(self) -> Node:
        return compose(np.ceil, self)

    # What an array can do and a node cannot: each says what to do instead.

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NoReturn:
        self._has_no_value(STACK)

    def _has_no_value(self, remedy: str = "") -> NoReturn:
        if TRACED.get():
            how = "compute with operators and NumPy's functions, such as np.exp and not math.exp"
            raise OperationError(f"{self} is a node and has no value while {TRACED.get()} is traced: {how}.{remedy}")
        raise OperationError(
            f"{self} is a node and has no value until the graph runs: use run = graph.forward(…), then run[node].{remedy}"
        )

    def __format__(self, how: str) -> str:
        return self._has_no_value() if how else str(self)

    def __bool__(self) -> bool:
        when = f"while {TRACED.get()} is traced" if TRACED.get() else "until the graph runs"
        raise OperationError(
            f"{self} is a node and is neither true nor false {when}. "
            "To choose between values use np.where(condition, a, b); to ask whether there is a node, `is not None`."
        )

    if not TYPE_CHECKING:  # a type checker refuses these of itself

        def __float__(self):  # NumPy asks for it where a node is assigned into an array
            self._has_no_value(STACK)

        def __index__(self):  # of a size that is known while composing: range(x.size)
            known = self.known if self.ndim == 0 else None
            return known[0] if known is not None and isinstance(known[0], int) else self._has_no_value()

        __int__ = __index__

        def __setitem__(self, index, value):
            raise OperationError(
                f"{self} is a node and cannot be written into: compose a new one, as np.where(condition, a, b) does; "
                "the numbers of a variable are its .value."
            )

        def __getattr__(self, name):
            # with an underscore it is Python or NumPy that asks what the object can do
            remedy = "" if name.startswith("_") else _remedy(name)
            raise UnknownAttributeError(f"{type(self).__name__} has no attribute {name!r}.{remedy}")


@cache
def _remedy(name: str) -> str:
    """What to write for an attribute that no node has. Of an attribute that only some have, programs ask for each node."""
    return hint(f"x.{name}", [own for own in (*dir(NumPyProtocol), "shape", "dtype") if not own.startswith("_")])


def _one_or_all(given: tuple[Any, ...]) -> Any:
    """NumPy's methods take axes both ways: `reshape(2, 3)` and `reshape((2, 3))`."""
    return given[0] if len(given) == 1 else given


for name, member in vars(ArrayMethods).items():
    if callable(member) or isinstance(member, property):
        setattr(NumPyProtocol, name, member)
