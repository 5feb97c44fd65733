"""Nodes: operations composed into a graph, and the constants among their operands.

An operation is a subclass of `Node` with two local rules in plain NumPy, `forward` and `backward`. Calling the class
composes a node. Its shape and element type are inferred there and then, so that a mistake is met on the line that made it.
"""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce, wraps
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.core.errors import DTypeError, MinigraphError, OperationError, RuleError, ShapeError, listing, nearest
from minigraph.core.numpy_protocol import COMPOSED_BY, NumPyProtocol, calling, of_floats_alone
from minigraph.core.provenance import PATH, calling_line, described, failed_rule, named, places
from minigraph.core.shapes import Shape, broadcast, show_shape, sized, with_named_axes
from minigraph.core.sizes import Axis, SymbolicSize
from minigraph.core.values import ARRAYS, FLOATING, DType, as_array, as_dtype, numeric, weak_type, widened

__all__ = ["Constant", "Leaf", "Node", "NodeLike", "Operand", "Sizes", "described", "not_floating", "places"]


def _rule_only(backward: Callable[..., Any]) -> Callable[..., Any]:
    """A backward rule, which says what to write where it is called as other frameworks call it: `loss.backward()`."""

    @wraps(backward)
    def rule(self: Any, *given: Any, **options: Any) -> Any:
        if given or options:
            return backward(self, *given, **options)
        why = f"{self}.backward is the operation's own rule. A run gives gradients: run = graph.forward(…), then run.backward("
        raise OperationError(f"{why}{repr(self.name) * bool(self.name)}); mg.gradient({self}, […]) gives them as nodes.")

    return rule


class Node(NumPyProtocol):
    """One operation, or leaf, of a graph.

    A subclass is an operation. Its `forward(self, *operands, out=None)` gives the value. Its
    `backward(self, gradient, y, *operands)` is the vector-Jacobian product (VJP): from the gradient of some scalar with respect
    to the value `y`, the cotangent, the gradient contribution to each operand, before broadcasting is undone, or None for an
    operand that takes none; one that is dear may be a function without arguments, called where it is needed. Attributes are
    annotated in the class body.

    Parameters
    ----------
    *operands
        Nodes, or numbers, which become constants. Floating-point types are never mixed.
    name
        What it is called in pictures and messages, and its key in a run.
    **attributes
        The attributes, by keyword; those without a default must be given.

    The class line may say two things more. `ufunc=np.tanh` is the short form of a `forward` that calls this one function, whose
    operands are x, or a and b. `numpy=np.tanh` makes NumPy's function compose the operation when it is called on a node.

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
    validates: ClassVar[bool] = False
    operand_names: ClassVar[tuple[str, ...]] = ()
    arity: ClassVar[tuple[int, float]] = (0, 0)
    """The least and the most operands; `math.inf` when any number will do."""
    selectors: ClassVar[tuple[str, ...]] = ()
    """The operands that choose rather than compute (labels, indices, conditions, shapes); they keep their own type."""
    floating: ClassVar[bool] = False
    """Whether the operands that compute must be floating-point numbers; a ufunc that has no other loops says so itself."""
    takes_out: ClassVar[bool] = False
    """Whether a `forward` that is more than one call of NumPy's writes into the array `out` that it may be given."""
    neutral: ClassVar[int | None] = None
    """The number that stands in formulas for a value that only keeps others from overflowing."""
    trusted: ClassVar[bool] = True
    """Whether its rules are minigraph's own, which never write into what they are given."""
    ufunc: ClassVar[Callable[..., Any] | None] = None
    """The ufunc that `forward` calls, where the class line names it."""
    moves_elements: ClassVar[bool] = False
    """Whether the value's elements are those of the first operand, in other places or of another type: none is computed."""
    keeps_order: ClassVar[bool] = False
    """Whether it moves elements and leaves them in their order, row by row: of the same shape and type it changes nothing."""

    operands: tuple["Node", ...]
    shape: Shape
    dtype: DType
    name: str | None
    line: str
    block: tuple[str, ...] = ()
    """The names of the blocks that it was composed in, the outermost first."""

    def __init_subclass__(cls, ufunc: np.ufunc | None = None, numpy: Callable[..., Any] | str | None = None) -> None:
        declared = {key: getattr(cls, key, ...) for key in inspect.get_annotations(cls) if key not in _NOT_ATTRIBUTES}
        owned = [key for key in vars(cls) if hasattr(NumPyProtocol, key) and not key.startswith("_")]
        for key in [key for key in declared if hasattr(Node, key)] + owned:
            raise OperationError(f"{cls.__name__} has an attribute {key!r}, which would hide node.{key}: rename it.")
        if "__slots__" in vars(cls):
            raise OperationError(f"{cls.__name__} has __slots__: leave them out, what a node holds is read from its __dict__.")
        cls.attributes = reduce(lambda all, base: {**all, **getattr(base, "attributes", {})}, cls.__mro__[:0:-1], {}) | declared
        cls.required = frozenset(key for key, default in cls.attributes.items() if default is ...)
        cls.trusted = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
        cls.validates = cls.validate is not Node.validate
        cls.moves_elements |= cls.keeps_order
        if "backward" in vars(cls):
            cls.backward = _rule_only(cls.backward)  # type: ignore[method-assign]
        if ufunc is not None:
            cls.ufunc, cls.forward = ufunc, calling(ufunc, cls.__name__)  # type: ignore[method-assign]
            cls.floating = vars(cls).get("floating", cls.floating or of_floats_alone(ufunc))
        if "forward" in vars(cls):
            cls.operand_names, cls.arity = _operands_of(cls.forward)
        if numpy is not None:
            COMPOSED_BY[numpy] = cls.from_numpy

    def __init__(self, *operands: "Operand", name: str | None = None, **attributes: Any) -> None:
        self._set_attributes(attributes)
        if name is not None:
            named(type(self).__name__, name)
        self.name, self.line, self.block = name, calling_line(), PATH.get()
        self.operands = self._as_operands(operands)
        try:
            shape, dtype = self.infer(*self.operands)
            self.shape = tuple(shape) if self.trusted else with_named_axes(shape, type(self).__name__)
            self.dtype = np.dtype(dtype)
        except MinigraphError:
            raise
        except Exception as error:
            given = listing(map(described, self.operands)) + "".join(f", {k}={getattr(self, k)!r}" for k in self.attributes)
            rule = failed_rule(self, "infer", error)
            raise OperationError(f"{rule} failed on {given}: {error}{places(*self.operands)}") from error
        if self.selectors and all(isinstance(each, Constant) for i, each in enumerate(self.operands) if self._selects(i)):
            self.validate(*(each.value if isinstance(each, Constant) else each for each in self.operands))

    # These three take what a subclass says that they take, which typing spells `*operands, **options` of Any.

    def forward(self, *operands: Any, **options: Any) -> Any:
        """The value, from the values of the operands; an array given as `out` is where a primitive writes it."""
        raise RuleError(f"{type(self).__name__} has no rule for its value: define forward(self, x, …, out=None).")

    @_rule_only
    def backward(self, *gradient_y_and_operands: Any, **options: Any) -> Any:
        """The gradient for each operand, from the gradient for the value, the value `y`, and the operands' values."""
        raise RuleError(f"{type(self).__name__} has no rule for its gradient: define backward(self, gradient, y, x, …).")

    def infer(self, *operands: Any, **options: Any) -> tuple[Shape, DType]:
        """The shape and element type of the value: unless overridden, those of the operands broadcast together."""
        return self.broadcast(*operands), self._computing(operands)[0].dtype

    def validate(self, *operands: Any) -> None:
        """Raise an InputError where a selector's value (a label, an index) is not one that the operation can take.

        It is given the values in a run and, where every selector is a constant, once while composing, when the other operands
        are nodes: it looks at their shapes alone.
        """

    @classmethod
    def from_numpy(cls, *operands: Any, **attributes: Any) -> "Node":
        """Compose from the arguments of the NumPy function that the class stands for."""
        return cls(*operands, **attributes)

    @classmethod
    def apply(cls, *operands: Any, **attributes: Any) -> Any:
        """The operation inside another's rule: on numbers it gives numbers, on nodes a node."""
        for operand in operands:
            if isinstance(operand, Node | SymbolicSize):
                return cls(*operands, **attributes)
        rule = cls.__new__(cls)
        if attributes or cls.required:
            rule._set_attributes(attributes)
        for operand in operands:  # of half precision it is in float32, rounded once, unless it converts them itself
            if isinstance(operand, ARRAYS) and operand.dtype.char == "e" and "to" not in cls.attributes:
                value = rule.forward(*map(widened, operands))
                return value.astype(np.float16) if value.dtype == np.float32 else value
        return rule.forward(*operands)

    @property
    def known(self) -> tuple[Axis, ...] | None:
        """The sizes that the value consists of, as far as they are known before a run, or None if it is no size."""
        node: Node = self
        while node.keeps_order and node.dtype == np.int64:
            node = node.operands[0]
        found = None if node is self else node.known
        return found if found is not None and self.shape in ((), (len(found),)) else None

    def broadcast(self, *operands: "Node") -> Shape:
        """The shape of the operands broadcast together, or a ShapeError that names them."""
        shape: Shape = ()
        for operand in operands:
            joined = broadcast(shape, operand.shape)
            if joined is None:
                why = f"cannot broadcast {listing(map(described, operands))} together: counted from the last, two axes"
                raise ShapeError(f"{type(self).__name__} {why} must be equal or one of them 1.{places(*operands)}")
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
        kind = type(self).__name__
        for key, value in given.items():
            if key not in self.attributes:
                takes = f"it has {listing(self.attributes)}" if self.attributes else "it has none"
                raise OperationError(f"{kind} has no attribute {key!r}; {takes}.{nearest(key, self.attributes)}")
            setattr(self, key, value)
        if self.required and not self.required <= given.keys():
            missing = min(self.required - given.keys())
            raise OperationError(f"{kind} needs its attribute {missing!r}: {kind}(…, {missing}=…).")

    def _selects(self, i: int) -> bool:
        return self.operand_names[min(i, len(self.operand_names) - 1)] in self.selectors

    def _computing(self, operands: Sequence[Any]) -> Sequence[Any]:
        return [each for i, each in enumerate(operands) if not self._selects(i)] if self.selectors else operands

    def _as_operands(self, given: tuple[Any, ...]) -> tuple["Node", ...]:
        least, most = self.arity
        if not self.operand_names:
            Node.forward(self)  # which says that there is no rule
        if not least <= len(given) <= most:
            counts = f"{least}" if least == most else f"{least} to {most}" if most < math.inf else f"at least {least}"
            takes = f"{counts} operand{'s' * (counts != '1')} ({', '.join(self.operand_names)})"
            raise OperationError(f"{type(self).__name__} takes {takes}, not {len(given)}.")
        dtype = self._common_dtype(self._computing(given))
        return tuple([self._as_operand(each, dtype, bool(self.selectors) and self._selects(i)) for i, each in enumerate(given)])

    def _common_dtype(self, values: Sequence[Any]) -> DType:
        """Floating point wins over integers, of any width; two floating types are never mixed silently."""
        kind, nodes = type(self).__name__, [value for value in values if isinstance(value, Node)]
        floats = {node.dtype for node in nodes if node.dtype.kind == "f"}
        if len(floats) == 1:
            return floats.pop()
        if floats:
            found = listing(f"{node} is {node.dtype}" for node in nodes)
            raise DTypeError(f"{kind} cannot mix floating types: {found}.{places(*nodes)}\n  Convert one with .astype(…).")
        types = [value.dtype if isinstance(value, Node) else weak_type(value, kind) for value in values]
        common = np.result_type(*types) if types else FLOATING.get()
        if self.floating and nodes and common.kind != "f":
            raise not_floating(type(self), nodes[0])
        return FLOATING.get() if self.floating or common.kind == "f" else common

    def _as_operand(self, value: Any, dtype: DType, selects: bool) -> "Node":
        """A selector keeps its own type, unless it is an array of floating-point numbers beside such nodes."""
        value = Sizes(value) if isinstance(value, SymbolicSize) else value
        if not isinstance(value, Node):
            array = numeric(value, type(self).__name__)
            return Constant(array, dtype=None if selects and not array.dtype.kind == dtype.kind == "f" else dtype)
        return value if selects or value.dtype is dtype or value.dtype == dtype else value.astype(dtype)


_NOT_ATTRIBUTES = frozenset(inspect.get_annotations(Node))
NodeLike: TypeAlias = Node | np.ndarray[Any, Any] | np.generic
"""A node, which NumPy's types call an array after a call of NumPy's."""
Operand: TypeAlias = Node | ArrayLike | Axis | Sequence[Axis | str | Node]
"""A node, or numbers, which become a constant."""


def not_floating(kind: type[Node], node: Node) -> DTypeError:
    """Whole numbers where the operation takes floating-point numbers."""
    found = f"but {node} is {node.dtype}.{places(node)}"
    return DTypeError(f"{kind.__name__} takes floating-point numbers, {found}\n  Convert it with .astype(np.{FLOATING.get()}).")


class Leaf(Node):
    """A node without operands."""

    def __init__(self, name: str | None, shape: Shape, dtype: DType) -> None:
        self.name, self.line, self.block, self.operands = name, calling_line(), PATH.get(), ()
        self.shape, self.dtype = shape, dtype


class Constant(Leaf):
    """A value that never changes: `Constant(np.eye(3))`. Numbers and arrays composed with nodes become constants.

    Parameters
    ----------
    value
        Numbers, rounded to the element type. What was `given` is stored too, for `graph.astype(np.float64)`.
    name
        Its name, if it has one.
    dtype
        Its element type: float32 for floating-point numbers (where a function is traced, that of its arguments), or its own.
    """

    def __init__(self, value: ArrayLike, name: str | None = None, dtype: DTypeLike | None = None) -> None:
        owner = "Constant" if name is None else named("Constant", name)
        array = numeric(value, owner)
        default = FLOATING.get() if array.dtype.kind == "f" else array.dtype
        self.value = np.array(as_array(array, default if dtype is None else as_dtype(dtype, owner), owner))
        self.given = self.value if self.value.dtype == array.dtype else np.array(array)
        self.value.flags.writeable = self.given.flags.writeable = False
        super().__init__(name, self.value.shape, self.value.dtype)

    def __str__(self) -> str:
        return self.name or (f"{self.value.item():g}" if self.value.size == 1 else super().__str__())

    @property
    def known(self) -> tuple[Axis, ...] | None:
        """The constant's own integers, when it can be a shape."""
        return tuple(map(int, self.value.flat)) if self.dtype.kind == "i" and self.ndim < 2 else None


class Sizes(Leaf):
    """Whole numbers that follow from named axes alone, such as a shape; a run has them from the axes of its inputs."""

    def __init__(self, sizes: Axis | tuple[Axis, ...]) -> None:
        super().__init__(None, (len(sizes),) if isinstance(sizes, tuple) else (), np.dtype(np.int64))
        self.sizes = sizes if isinstance(sizes, tuple) else (sizes,)

    known = property(lambda self: self.sizes)

    def counted(self, axes: Mapping[str, int]) -> Any:
        """The numbers, for these sizes of the named axes."""
        return np.array(sized(self.sizes, axes), self.dtype).reshape(self.shape)


def _operands_of(forward: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[int, float]]:
    given = list(inspect.signature(forward).parameters.values())[1:]
    operands = [each for each in given if each.kind <= each.VAR_POSITIONAL and each.name != "out"]
    several = any(each.kind is each.VAR_POSITIONAL for each in operands)
    least = sum(each.default is each.empty for each in operands) - several
    return tuple(each.name for each in operands), (max(least, 1), math.inf) if several else (least, len(operands))
