"""A rule read on JAX's arrays: NumPy hands each call on one to it, and jax.numpy's function of the same name is called.

JAX calls a step once, with arrays that have a shape and a type and no numbers, and compiles what was called on them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from importlib import import_module
from typing import Any

import numpy as np

from minigraph.core.numpy_protocol import numpy_name
from minigraph.readings.operand import Operand

__all__ = ["Traced", "bare", "refusing", "traced"]

REDUCED: dict[Any, str] = {
    np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min", np.logical_and: "all", np.logical_or: "any",
}  # fmt: skip
"""What `reduce` of a function of two is called."""
UNSAID = ("out", "casting", "order", "copy", "subok")
"""What a call may say of memory, which JAX's arrays have none of."""
FACTORED = ("cholesky", "eigh", "inv", "pinv", "qr", "solve", "svd")
"""The functions that NumPy refuses a matrix in, where JAX gives what is not finite."""
WRITES = "it writes into an array, and JAX's cannot be written into"
PATHS = 64
"""Through how many branches a check of values is followed at most."""


class Traced(Operand):
    """A value of a step that JAX traces."""

    decisions: ContextVar["_Path | None"] = ContextVar("decisions", default=None)
    """Which way a check of values is followed."""
    refusals: ContextVar[list[Any] | None] = ContextVar("refusals", default=None)
    """Where truths are collected of which each, in a run, says that a matrix has no factors."""

    def __init__(self, array: Any) -> None:
        self.array = array

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: np.dtype(self.array.dtype))
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    T = property(lambda self: Traced(self.array.T))
    mT = property(lambda self: Traced(self.array.mT))

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator["Traced"]:  # type: ignore[override]
        return (Traced(self.array[i]) for i in range(len(self)))

    def __getitem__(self, index: Any) -> "Traced":
        return Traced(self.array[bare(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(WRITES)

    def __bool__(self) -> bool:  # type: ignore[override]
        path = self.decisions.get()
        if path is None:
            raise TypeError("it decides by a value, which there is none of before a run")
        return path.decide(self.array)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("it takes the numbers of an array, which there are none of before a run")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A method of arrays, such as `sum`."""
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self.array, name)
        return lambda *operands, **options: traced(method(*bare(operands), **_options(options)))

    def item(self) -> "Traced":
        """The one element, as a value without axes."""
        return Traced(self.array.reshape(()))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if any(each is not None for each in options.get("out", ())):
            raise TypeError(WRITES)
        if method == "reduce":
            return self.read(getattr(np, REDUCED[ufunc]), operands, {"axis": 0, **options})
        if method != "__call__":
            return traced(getattr(_own(ufunc), method)(*bare(operands), **_options(options)))
        types = tuple(_type(each) for each in operands)
        found = ufunc.resolve_dtypes((*types, *[None] * ufunc.nout))  # JAX's own rules for types are others
        given = [_array(each, dtype) for each, dtype in zip(bare(operands), found, strict=False)]
        value = traced(_own(ufunc)(*given, **_options(options)))
        return value if ufunc.nout > 1 or value.dtype == found[-1] else value.astype(found[-1])

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """The value of one of NumPy's functions."""
        if function is np.copyto or options.get("out") is not None:
            raise TypeError(WRITES)
        given = bare(operands)
        value = _own(function)(*given, **_options(options))
        refusals = self.refusals.get()
        if refusals is not None and function.__module__ == "numpy.linalg" and function.__name__ in FACTORED:
            refusals.append(~_finite(value) & _finite(given))
        return traced(value)


def traced(value: Any) -> Any:
    """JAX's array, or a tuple or list of some, as a rule is given it."""
    if isinstance(value, tuple | list) and value and not isinstance(value[0], int | np.integer):
        return type(value)(*map(traced, value)) if hasattr(value, "_fields") else type(value)(map(traced, value))
    return Traced(value) if hasattr(value, "aval") else value


def bare(value: Any) -> Any:
    """What a rule gives, or calls a function on, with JAX's own arrays in it."""
    if isinstance(value, Traced):
        return value.array
    if isinstance(value, tuple | list):
        return type(value)(*map(bare, value)) if hasattr(value, "_fields") else type(value)(map(bare, value))
    if isinstance(value, slice):
        return value
    return value


def refusing(check: Callable[[], object]) -> Any:
    """The truth, as JAX's array, of whether a check that raises for some values raises; None where it never does.

    A check decides by values in Python. So each way through it is gone, and it raises where the conditions hold of a way on
    which it does. What it raises is left to a run on the same numbers.
    """
    jnp = import_module("jax.numpy")
    found: Any = None
    ends: list[Exception | None] = []
    pending: list[tuple[bool, ...]] = [()]
    while pending:
        path = _Path(pending.pop())
        token = Traced.decisions.set(path)
        try:
            check()
            ends.append(None)
        except Exception as error:
            ends.append(error)
        finally:
            Traced.decisions.reset(token)
        pending += path.others
        if len(ends) > PATHS:
            raise TypeError("its check of values decides too often")
        if ends[-1] is not None:
            here = jnp.asarray(True)
            for condition, taken in zip(path.conditions, path.taken, strict=True):
                here &= condition if taken else ~condition
            found = here if found is None else found | here
    if None not in ends:
        raise ends[0] or TypeError("its check refuses every value")
    return found


class _Path:
    """A way through a check: what is decided first, and what else could be decided after that."""

    def __init__(self, first: tuple[bool, ...]) -> None:
        self.first, self.conditions = first, list[Any]()
        self.taken, self.others = list[bool](), list[tuple[bool, ...]]()

    def decide(self, condition: Any) -> bool:
        """The next decision, by this condition."""
        number = len(self.taken)
        if number >= len(self.first):
            self.others.append((*self.taken, True))
        self.conditions.append(condition.astype(bool).reshape(()))
        self.taken.append(self.first[number] if number < len(self.first) else False)
        return self.taken[-1]


def _own(function: Any) -> Any:
    """JAX's function for one of NumPy's."""
    name = numpy_name(function).removeprefix("np.")
    found: Any = import_module("jax.numpy")
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise TypeError(f"JAX has no {numpy_name(function)}")
    return found


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: bare(value) for key, value in options.items() if key not in UNSAID}


def _type(operand: Any) -> Any:
    if hasattr(operand, "dtype"):
        return operand.dtype
    return type(operand) if type(operand) in (int, float) else np.dtype(type(operand))


def _array(operand: Any, dtype: Any) -> Any:
    return import_module("jax.numpy").asarray(operand, dtype)


def _finite(values: Any) -> Any:
    """Whether all elements of some arrays are finite."""
    jnp = import_module("jax.numpy")
    arrays = [each for each in (values if isinstance(values, tuple | list) else [values]) if getattr(each, "size", 0)]
    found = jnp.asarray(True)
    for each in arrays:
        found &= jnp.isfinite(each).all() if hasattr(each, "dtype") and each.dtype.kind == "f" else True
    return found
