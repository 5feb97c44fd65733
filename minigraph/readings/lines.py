"""A rule read as NumPy that a person writes: calls whose shapes are known, so that what only arranges axes is left out.

`line_calls.py` says how each of NumPy's functions is called most shortly, and `line_text.py` writes lines down.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.shapes import Shape, broadcast
from minigraph.readings.operand import Operand
from minigraph.readings.precedence import ATOM, SIGN
from minigraph.readings.sameness import frozen
from minigraph.readings.source import literal, type_name
from minigraph.readings.trial import shape_of

__all__ = [
    "CALLS",
    "SIZES",
    "VIEW",
    "Line",
    "call",
    "elementwise",
    "is_number",
    "line",
    "number",
    "one",
    "plain",
    "rule_call",
    "sizes",
]

VIEW = "view"
"""The same elements with other axes of one element: for each axis the one of the operand that it is, or None for a new one."""


CALLS: dict[Any, Callable[..., Any]] = {}
"""What writes a call of each function, or gives None where it is written by its name; `line_calls.py` fills it."""


SIGNS = (np.add, np.subtract, np.multiply, np.divide, np.matmul, np.power, np.negative)

COMPARISONS = (np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal)

ARITHMETIC = (np.add, np.subtract, np.multiply, np.divide, np.matmul, np.where, np.maximum, np.minimum)
"""What takes truths and whole numbers among fractions as they are."""


class Line(Operand):
    """A call of one of NumPy's functions on lines, or a leaf with its text; equal calls are one object."""

    def __init__(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any], shape: Any, kind: str) -> None:
        self.function, self.operands, self.options = function, operands, options
        self.shape: Any = shape
        self.kind = kind
        self.text, self.binds = "", ATOM
        self.by_name = False
        """Whether it is written as a call, whatever shorter way there is."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        if self.shape is None:
            raise TypeError("Nobody knows.")
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type, as far as lines tell types apart."""
        return np.dtype({"f": np.float64, "b": np.bool_}.get(self.kind, np.int64))

    @property
    def below(self) -> list["Line"]:
        """The lines among the operands."""
        return _lines_in(self.operands)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("It has no elements.")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if method == "outer" and ufunc is np.multiply and not options:
            return call(np.outer, operands, {})
        if method != "__call__":
            raise TypeError(f"{method} of {ufunc} is not written.")
        return self.read(ufunc, operands, options)

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Line":
        """The line for a call of one of NumPy's functions."""
        unsaid = {key for key, value in options.items() if key == "out" or (value is None and key != "axis") or value is False}
        given = {key: value for key, value in options.items() if key not in unsaid}
        return call(function, tuple(map(_given, operands)), given)

    def __getitem__(self, index: Any) -> Any:
        axes = self._viewed(index if isinstance(index, tuple) else (index,))
        if axes is not None:
            return call(VIEW, (self,), {"axes": axes})
        return call(operator.getitem, (self,), {"index": index})

    def _viewed(self, index: tuple[Any, ...]) -> tuple[int | None, ...] | None:
        """The axes that are left where the index only puts in and leaves out axes of one element, or None."""
        if Ellipsis in index and self.shape is not None:
            i = index.index(Ellipsis)
            others = sum(part is not None for part in index) - 1
            index = (*index[:i], *(slice(None),) * (self.ndim - others), *index[i + 1 :])
        axes: list[int | None] = []
        rest = iter(range(0 if self.shape is None else self.ndim))
        for part in index:
            axis = None if part is None else next(rest, None)
            whole = part is None or (isinstance(part, slice) and part == slice(None))
            if not whole and not (axis is not None and type(part) is int and part in (0, -1) and self.shape[axis] == 1):
                return None
            if whole:
                axes.append(axis)
        return None if self.shape is None else (*axes, *rest)

    def astype(self, dtype: Any) -> "Line":
        """The same as another type."""
        kind = np.dtype(dtype).kind
        if kind == self.kind or (kind in "iu" and self.kind in "iu"):
            return self
        return one(Line(np.astype, (self,), {"dtype": np.dtype(dtype)}, self.shape, kind))

    def reshape(self, *shape: Any, **_: Any) -> "Line":
        """The same elements in another shape."""
        return call(np.reshape, (self, shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape), {})

    @property
    def T(self) -> Any:
        """The transpose."""
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        """The transpose of each matrix."""
        return np.transpose(self, (*range(self.ndim - 2), self.ndim - 1, self.ndim - 2))


KNOWN: WeakValueDictionary[Any, Line] = WeakValueDictionary()
"""The calls that there are, so that equal ones are one object."""


def one(new: Line) -> Line:
    parts = _identity(new.operands)
    key = (new.function, parts, frozen(new.options), frozen(new.shape), new.text, new.kind)
    return KNOWN.setdefault(key, new)


def line(text: str, shape: Any = None, kind: str = "f", binds: int = ATOM) -> Line:
    """A leaf: a variable, or what is written out."""
    leaf = Line(None, (), {}, shape, kind)
    leaf.text, leaf.binds = text, binds
    return one(leaf)


SIZES = "sizes"
"""A size that follows from those of the inputs, or a shape."""


def sizes(known: Any) -> Line:
    """A size, or a tuple of sizes."""
    shape = (len(known),) if isinstance(known, tuple) else ()
    return one(Line(SIZES, (), {"sizes": known}, shape, "i" if shape else "f"))


def number(value: Any) -> Line:
    """Anything as a line: a number, an array that is written out, or what is one already."""
    if isinstance(value, Line):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{value!r} is no number.")
    text = array_text(array) if array.ndim else literal(value)
    return line(text, array.shape, array.dtype.kind, SIGN if array.ndim == 0 and array < 0 else ATOM)


def array_text(array: np.ndarray[Any, Any]) -> str:
    """How a person writes an array out: what NumPy has a word for by that, and no type that follows."""
    kind = type_name(array.dtype)
    if array.size > 1 and (array == array.flat[0]).all():
        return f"np.full({array.shape}, {literal(array.flat[0].item())}, {kind})"
    if array.size > 1 and array.dtype == np.int64 and np.array_equal(array, np.arange(array.size)):
        return f"np.arange({array.size})"
    if array.ndim == 2 and array.size > 1:
        rows, columns = array.shape
        below = int(array[0].astype(bool).sum()) - 1
        if np.array_equal(array, np.tri(rows, columns, below, dtype=array.dtype)):
            return f"np.tri({rows}, {columns}, {below}, {kind})"
    usual = array.dtype in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_)) and array.size
    return literal(array).removesuffix(f", {kind})") + ")" if usual else literal(array)


def _identity(operand: Any) -> Any:
    return tuple(map(_identity, operand)) if isinstance(operand, tuple) else id(operand)


def _given(operand: Any) -> Any:
    if isinstance(operand, tuple | list) and any(isinstance(each, Line) for each in operand):
        return tuple(map(number, operand))
    if isinstance(operand, tuple | list):
        return tuple(map(_given, operand))
    if isinstance(operand, np.ndarray | np.generic):
        return number(operand)
    return operand


def is_number(x: Any, value: float | None = None) -> bool:
    """Whether it is one number, or this one."""
    plain = isinstance(x, Line) and x.function is None and x.shape == () and x.text[-1:].isdigit() and not x.text[0].isalpha()
    return plain and (value is None or float(x.text) == value)


def call(function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> Line:
    """A call, in the shortest way in which it is written."""
    special = CALLS.get(function)
    found: Line | None = special(*operands, **options) if special else None
    if found is not None:
        return found
    if isinstance(function, np.ufunc) and function.signature is None and function.nout == 1 and not options:
        return elementwise(function, [number(each) for each in operands])
    if function is np.where and not options:
        return elementwise(function, [number(each) for each in operands])
    return _other(function, operands, options)


def elementwise(function: Any, operands: list[Line]) -> Line:
    shapes = [each.shape for each in operands]
    shape: Any = ()
    for each in shapes:
        shape = None if shape is None or each is None else broadcast(shape, each)
    if None in shapes or shape is None:
        return _other(function, tuple(operands), {})
    operands = plain(function, operands)
    views = [each for each in operands if each.function is VIEW]
    axes = {each.options["axes"] for each in views}
    bases = {each.operands[0].shape for each in views}
    if len(axes) == len(bases) == 1 and all(each in views or is_number(each) for each in operands):
        inner = elementwise(function, [each.operands[0] if each in views else each for each in operands])
        return call(VIEW, (inner,), {"axes": axes.pop()})
    for i, each in enumerate(operands):
        for shorter in _shorter(each):
            others = [*operands[:i], shorter, *operands[i + 1 :]]
            if _broadcast(others) == shape:
                operands = others
                break
    return one(Line(function, tuple(operands), {}, shape, _kind_of(function, operands)))


def plain(function: Any, operands: list[Line]) -> list[Line]:
    """The operands, truths and whole numbers among fractions as they are; where there are none, as fractions."""
    if function not in ARITHMETIC:
        return operands
    first = 1 if function is np.where else 0
    values = operands[first:]
    bare = [each.operands[0] if each.function is np.astype and each.operands[0].kind in "bi" else each for each in values]
    some = any(each.kind == "f" and other.kind == "f" for each, other in zip(values, bare, strict=True))
    values = bare if some else values
    if function in (np.add, np.subtract, np.matmul) and all(each.kind == "b" for each in values):  # NumPy takes it for logic
        values = [values[0].astype(np.float64), *values[1:]]
    return [*operands[:first], *values]


def _broadcast(operands: Sequence[Line]) -> Shape | None:
    shape: Shape | None = ()
    for each in operands:
        shape = None if shape is None else broadcast(shape, each.shape)
    return shape


def _shorter(x: Line) -> list[Line]:
    """What broadcasting may make the same of: a value before it was repeated, or was given axes in front."""
    found = []
    if x.function is np.broadcast_to:
        found = [*_shorter(x.operands[0]), x.operands[0]]
    if x.function is VIEW and x.options["axes"][:1] == (None,) and None not in _stripped(x.options["axes"]):
        found = [call(VIEW, (x.operands[0],), {"axes": _stripped(x.options["axes"])})]
    return found


def _stripped(axes: tuple[Any, ...]) -> tuple[Any, ...]:
    first = next((i for i, axis in enumerate(axes) if axis is not None), len(axes))
    return axes[first:]


def _kind_of(function: Any, operands: Sequence[Line]) -> str:
    kinds = {each.kind for each in (operands[1:] if function is np.where else operands)}
    if function.__name__.startswith(("logical", "is")) or function in COMPARISONS:
        return "b"
    if "f" in kinds or function is np.divide or kinds - {*"ibu"}:
        return "f"
    return "b" if kinds == {"b"} else "i"


def _other(function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> Line:
    """A call by its name; what shape it gives is found out by calling it, where that takes no time."""
    if function is not operator.getitem and not _is_numpy(function):
        raise TypeError(f"{function} is no function of NumPy's.")
    found = Line(function, operands, options, *shape_of(function, operands, options, _lines_in(operands)))
    found.by_name = function not in SIGNS and function is not operator.getitem
    return one(found)


def _is_numpy(function: Any) -> bool:
    found: Any = np
    for part in numpy_name(function).split(".")[1:]:
        found = getattr(found, part, None)
    return found is function


def _lines_in(operand: Any) -> list[Line]:
    if isinstance(operand, tuple):
        return [each for part in operand for each in _lines_in(part)]
    return [operand] if isinstance(operand, Line) else []


def rule_call(text: str, operands: Sequence[Line], options: dict[str, Any]) -> Line:
    """A call of an operation's own rule, `mg.Conv.apply(x, W, pads=(1, 1, 1, 1))`."""
    return one(Line(text, tuple(operands), options, None, "f"))
