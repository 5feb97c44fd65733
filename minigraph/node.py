"""Nodes: operations composed into a graph, and the leaves they start from.

An operation is a subclass of `Node` with two local rules in plain NumPy, `forward` and `backward`. Calling the class
composes a node. Its shape and element type are inferred there and then, so that a mistake is met on the line that made it.
"""

import inspect
import math
import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.axes import Axis, Shape, as_shape, broadcast, show_shape
from minigraph.errors import DTypeError, OperationError, ShapeError, listing, nearest
from minigraph.spelling import COMPOSED_BY, Spelling

__all__ = ["Constant", "Input", "Node", "Parameter", "Variable", "as_array", "places"]

DType = np.dtype[Any]


class Node(Spelling):
    """One operation, or leaf, of a graph.

    A subclass is an operation. Its `forward(self, *operands, out=None)` gives the value. Its
    `backward(self, gradient, y, *operands)` is the vector-Jacobian product: from the gradient of some scalar with respect to
    the value `y`, the gradient with respect to each operand, before broadcasting is undone, or None for an operand that
    takes none. Attributes are annotated in the class body and given by keyword.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> class Scale(mg.Node):
    ...     factor: float = 2.0
    ...
    ...     def forward(self, x, out=None):
    ...         return np.multiply(x, self.factor, out=out)
    ...
    ...     def backward(self, gradient, y, x):
    ...         return gradient * self.factor
    >>> Scale(mg.Input("x", ("N", 2)), factor=3.0)
    Scale (N × 2, float32)
    """

    attributes: ClassVar[dict[str, Any]] = {}
    """The name of every attribute with its default; `...` for one that has none and must be given."""
    required: ClassVar[frozenset[str]] = frozenset()
    operand_names: ClassVar[tuple[str, ...]] = ()
    arity: ClassVar[tuple[int, float]] = (0, 0)
    """The least and the most operands; `math.inf` when any number will do."""
    selectors: ClassVar[tuple[str, ...]] = ()
    """The operands that choose rather than compute (labels, indices, conditions, shapes); they keep their own type."""
    floating: ClassVar[bool] = False
    """Whether the operands that compute must be floating-point numbers."""

    operands: tuple["Node", ...]
    shape: Shape
    dtype: DType
    name: str | None
    line: str

    def __init_subclass__(cls, numpy: Callable[..., Any] | None = None) -> None:
        declared = {key: getattr(cls, key, ...) for key in inspect.get_annotations(cls) if key not in _NOT_ATTRIBUTES}
        cls.attributes = cls.attributes | declared
        cls.required = frozenset(key for key, default in cls.attributes.items() if default is ...)
        if "forward" in vars(cls):
            cls.operand_names, cls.arity = _operands_of(cls.forward)
        if numpy is not None:
            COMPOSED_BY[numpy] = cls.from_numpy

    def __init__(self, *operands: Any, name: str | None = None, **attributes: Any) -> None:
        self._set_attributes(attributes)
        self.name, self.line = name, calling_line()
        self.operands = self._as_operands(operands)
        self.shape, self.dtype = self.infer(*self.operands)

    # These three take what a subclass says that they take: `*operands, **options` of Any is how typing spells that.

    def forward(self, *operands: Any, **options: Any) -> Any:
        """The value, from the values of the operands; an array given as `out` is where a primitive writes it."""
        raise OperationError(f"{type(self).__name__} has no rule for its value: define forward(self, x, …, out=None).")

    def backward(self, *gradient_y_and_operands: Any, **options: Any) -> Any:
        """The gradient for each operand, from the gradient for the value, the value `y`, and the operands' values."""
        raise OperationError(
            f"{type(self).__name__} has no rule for its gradient: define backward(self, gradient, y, x, …)."
        )

    def infer(self, *operands: Any, **options: Any) -> tuple[Shape, DType]:
        """The shape and element type of the value: unless overridden, those of the operands broadcast together."""
        typed = [operand.dtype for i, operand in enumerate(operands) if not self._selects(i)]
        return self.broadcast(*operands), np.result_type(*typed)

    def validate(self, *operands: Any) -> None:
        """Raise an InputError where a selector's value (a label, an index) is not one that the operation can take."""

    @classmethod
    def from_numpy(cls, *operands: Any, **attributes: Any) -> "Node":
        """Compose from the arguments of the NumPy function that the class stands for."""
        return cls(*operands, **attributes)

    @classmethod
    def apply(cls, *operands: Any, **attributes: Any) -> Any:
        """The operation inside another's rule: on numbers it gives numbers, on nodes a node."""
        for operand in operands:
            if isinstance(operand, Node):
                return cls(*operands, **attributes)
        rule = cls.__new__(cls)
        rule._set_attributes(attributes)
        return rule.forward(*operands)

    @property
    def known(self) -> tuple[Axis, ...] | None:
        """The sizes that the value consists of, as far as they are known before a run, or None if it is no size."""
        return None

    def broadcast(self, *operands: "Node") -> Shape:
        """The shape of the operands broadcast together, or a ShapeError that names them."""
        shape: Shape = ()
        for operand in operands:
            joined = broadcast(shape, operand.shape)
            if joined is None:
                raise ShapeError(
                    f"{type(self).__name__} cannot broadcast {listing(map(described, operands))} together: counted from "
                    f"the last, two axes must be equal or one of them 1.{places(*operands)}"
                )
            shape = joined
        return shape

    def __str__(self) -> str:
        return self.name or f"{type(self).__name__} ({show_shape(self.shape)})"

    def __repr__(self) -> str:
        name = f" {self.name!r}" if self.name else ""
        return f"{type(self).__name__}{name} ({show_shape(self.shape)}, {self.dtype})"

    def __reduce__(self) -> Any:
        raise OperationError(f"{self} belongs to a graph: copy or pickle the Graph that holds it.")

    def _set_attributes(self, given: dict[str, Any]) -> None:
        if not self.required <= given.keys() <= self.attributes.keys():
            self._refuse(given)
        vars(self).update(given)

    def _refuse(self, given: dict[str, Any]) -> NoReturn:
        kind = type(self).__name__
        for key in given.keys() - self.attributes.keys():
            takes = f"it has {listing(self.attributes)}" if self.attributes else "it has none"
            raise OperationError(f"{kind} has no attribute {key!r}; {takes}.{nearest(key, self.attributes)}")
        missing = min(self.required - given.keys())
        raise OperationError(f"{kind} needs its attribute {missing!r}: {kind}(…, {missing}=…).")

    def _selects(self, i: int) -> bool:
        return self.operand_names[min(i, len(self.operand_names) - 1)] in self.selectors

    def _as_operands(self, given: tuple[Any, ...]) -> tuple["Node", ...]:
        least, most = self.arity
        if not least <= len(given) <= most:
            counts = f"{least}" if least == most else f"{least} to {most}" if most < math.inf else f"at least {least}"
            raise OperationError(
                f"{type(self).__name__} takes {counts} operand{'s' * (counts != '1')} ({', '.join(self.operand_names)}), "
                f"but was given {len(given)}."
            )
        dtype = self._common_dtype([value for i, value in enumerate(given) if not self._selects(i)])
        return tuple(self._as_operand(value, None if self._selects(i) else dtype) for i, value in enumerate(given))

    def _common_dtype(self, values: list[Any]) -> DType:
        """Floating point wins over integers, of any width; two floating types are never mixed silently."""
        nodes = [value for value in values if isinstance(value, Node)]
        floats = {node.dtype for node in nodes if node.dtype.kind == "f"}
        kind = type(self).__name__
        if len(floats) > 1:
            found = listing(f"{node} is {node.dtype}" for node in nodes)
            raise DTypeError(
                f"{kind} cannot mix floating types: {found}.{places(*nodes)}\n  Convert one with .astype(…)."
            )
        if floats:
            return floats.pop()
        raw = [value if isinstance(value, Node) else _numeric(value, f"an operand of {kind}") for value in values]
        if any(value.dtype.kind == "f" for value in raw):
            return np.dtype(np.float32)
        if self.floating and nodes:
            raise DTypeError(
                f"{kind} takes floating-point numbers, but {nodes[0]} is {nodes[0].dtype}.{places(nodes[0])}"
                "\n  Convert it with .astype(np.float32)."
            )
        return np.result_type(*(value.dtype for value in raw)) if raw else np.dtype(np.float32)

    def _as_operand(self, value: Any, dtype: DType | None) -> "Node":
        if not isinstance(value, Node):
            return Constant(value, dtype=dtype)
        return value if dtype is None or value.dtype == dtype else value.astype(dtype)


_NOT_ATTRIBUTES = frozenset(inspect.get_annotations(Node))


class Leaf(Node):
    """A node without operands."""

    def __init__(self, name: str | None, shape: Shape, dtype: DTypeLike) -> None:
        if not (isinstance(name, str) and name) and not (name is None and isinstance(self, Constant)):
            raise OperationError(f"The name of {type(self).__name__} must be a non-empty string, not {name!r}.")
        self.name, self.line, self.operands = name, calling_line(), ()
        self.shape, self.dtype = shape, np.dtype(dtype)


class Input(Leaf):
    """A value that each run is given: `Input("x", ("N", 2))`.

    Parameters: `shape`, each axis a size or the name of one that is known only when the graph runs; `dtype`, the element
    type, to which what a run is given is converted.

    >>> Input("x", ("N", 2))
    Input 'x' (N × 2, float32)
    """

    def __init__(self, name: str, shape: Axis | tuple[Axis, ...], dtype: DTypeLike = np.float32) -> None:
        super().__init__(name, as_shape(shape, f"Input {name!r}"), dtype)


class Variable(Leaf):
    """State that outlives a run: `Variable("steps", 0, dtype=np.int64)`. Its array is `variable.value`.

    >>> running_mean = Variable("running_mean", np.zeros(3))
    >>> running_mean.value
    array([0., 0., 0.], dtype=float32)
    """

    def __init__(self, name: str, value: ArrayLike, dtype: DTypeLike = np.float32) -> None:
        array = np.array(as_array(value, np.dtype(dtype), f"{type(self).__name__} {name!r}"))
        super().__init__(name, array.shape, dtype)
        self._value = array

    @property
    def value(self) -> np.ndarray[Any, Any]:
        """The array that it holds now. Set it to an array of the same shape."""
        return self._value

    @value.setter
    def value(self, value: ArrayLike) -> None:
        array = as_array(value, self.dtype, f"{type(self).__name__} {self.name!r}")
        if array.shape != self.shape:
            raise ShapeError(
                f"{self.name} is {show_shape(self.shape)} and cannot be set to an array of "
                f"{show_shape(array.shape)}.{places(self)}"
            )
        self._value = array


class Parameter(Variable):
    """A variable that training changes: `Parameter("W1", rng.normal(0, 1, (2, 500)))`."""


class Constant(Leaf):
    """A value that never changes: `Constant(np.eye(3))`. Numbers and arrays composed with nodes become constants."""

    def __init__(self, value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> None:
        array = _numeric(value, f"Constant {name!r}" if name else "a constant")
        default = np.dtype(np.float32) if array.dtype.kind == "f" else array.dtype
        array = as_array(array, np.dtype(dtype) if dtype is not None else default, f"Constant {name or ''}")
        super().__init__(name, array.shape, array.dtype)
        self.value = array

    def __str__(self) -> str:
        return self.name or (f"{self.value.item():g}" if self.value.size == 1 else super().__str__())

    @property
    def known(self) -> tuple[Axis, ...] | None:
        """The constant's own integers, when it can be a shape."""
        return tuple(map(int, self.value.flat)) if self.dtype.kind == "i" and self.ndim < 2 else None


def as_array(value: ArrayLike, dtype: DType, owner: str) -> np.ndarray[Any, Any]:
    """The value as an array of `dtype`, or an error that says why `owner` cannot have it."""
    array = _numeric(value, owner)
    if array.dtype == dtype:
        return array
    with np.errstate(all="ignore"):
        converted = array.astype(dtype)
        if dtype.kind in "iub" and not np.array_equal(converted, array):
            raise DTypeError(f"{owner} holds {dtype} and cannot take {array.dtype} values that are not whole numbers.")
    return converted


def _numeric(value: Any, owner: str) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ShapeError(f"{owner} was given a value that is not one array of numbers: {error}.") from None
    if array.dtype.kind not in "fiub":
        raise DTypeError(
            f"{owner} was given {'text' if array.dtype.kind in 'US' else array.dtype.name} ({array.dtype}), not real numbers."
        )
    return array


def described(node: Node) -> str:
    """`x (N × 3)`: how a message speaks of a node."""
    return f"{node.name} ({show_shape(node.shape)})" if node.name else str(node)


def places(*nodes: Node) -> str:
    """A line that says where each node was made, to end a message with."""
    made = dict.fromkeys((str(node), node.line) for node in nodes if node.line)
    first, *rest = made or [("", "")]
    return f"\n  {first[0]} was made at {first[1]}{''.join(f', {name} at {line}' for name, line in rest)}." if made else ""


def calling_line() -> str:
    """`model.py:12`, the nearest line that is not minigraph's own or NumPy's."""
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").partition(".")[0] in ("minigraph", "numpy"):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def _operands_of(forward: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[int, float]]:
    kinds = inspect.Parameter
    parameters = [p for p in list(inspect.signature(forward).parameters.values())[1:] if p.name != "out"]
    positional = [p for p in parameters if p.kind is kinds.POSITIONAL_OR_KEYWORD]
    least = sum(p.default is kinds.empty for p in positional)
    if any(p.kind is kinds.VAR_POSITIONAL for p in parameters):
        return tuple(p.name for p in parameters), (max(least, 1), math.inf)
    return tuple(p.name for p in positional), (least, len(positional))
