"""The leaves that a run is given or reads: inputs, variables, and parameters, which training changes."""

from collections.abc import Collection
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from minigraph.core.errors import DTypeError, OperationError, ShapeError
from minigraph.core.node import Leaf
from minigraph.core.provenance import named, places
from minigraph.core.shapes import ShapeLike, as_shape, show_shape
from minigraph.core.values import as_array, as_dtype

__all__ = ["Input", "Parameter", "Variable", "current_arrays"]


class Input(Leaf):
    """A value that each run is given: `Input("x", ("N", 2))`.

    Parameters
    ----------
    name
        What a run is given it by: `graph.forward(x=…)`.
    shape
        Its axes, each a size, or the name of one that is known only when the graph runs.
    dtype
        Its element type, to which what a run is given is converted.

    >>> Input("x", ("N", 2))
    Input 'x' (N × 2, float32)
    """

    of_a_step = False
    """Whether it stands for a value of one step of a scan, which there is in the scan's body alone."""

    def __init__(self, name: str, shape: ShapeLike, dtype: DTypeLike = np.float32) -> None:
        owner = named("Input", name)
        super().__init__(name, as_shape(shape, owner), as_dtype(dtype, owner))


class Variable(Leaf):
    """State that outlives a run: `Variable("steps", 0, dtype=np.int64)`. Its numbers are `variable.value`.

    Parameters
    ----------
    name
        Its name in a graph, and in a checkpoint.
    value
        Its first numbers, which are copied; they give it its shape.
    dtype
        Its element type.

    >>> running_mean = Variable("running_mean", np.zeros(3))
    >>> running_mean.value
    array([0., 0., 0.], dtype=float32)
    """

    _lock: Any = None
    """The lock of the program whose steps write into its array, if there is one; see compiler/locks.py."""

    def __init__(self, name: str, value: ArrayLike, dtype: DTypeLike = np.float32) -> None:
        owner = named(type(self).__name__, name)
        element = as_dtype(dtype, owner)
        self._array = np.array(as_array(value, element, owner), order="C")
        super().__init__(name, self._array.shape, element)

    @property
    def value(self) -> np.ndarray[Any, Any]:
        """The numbers that it holds now, as an array of the caller's own. Set it to an array of the same shape.

        `W.value -= 1` sets it; `W.value[0] = 1` changes the caller's array alone.
        """
        return self.current_array.copy()

    @value.setter
    def value(self, value: ArrayLike) -> None:
        array = as_array(value, self.dtype, f"{type(self).__name__} {self.name!r}")
        if array.shape != self.shape:
            why = f"{self.name} is {show_shape(self.shape)} and cannot be set to an array of {show_shape(array.shape)}."
            raise ShapeError(f"{why}{places(self)}")
        self._array = np.array(array, order="C")

    def _has_no_value(self, remedy: str = "") -> NoReturn:
        raise OperationError(f"{self} is a node, and its gradient would be lost: the numbers alone are its .value.{remedy}")

    @property
    def current_array(self) -> np.ndarray[Any, Any]:
        """The array that it holds now, to be read: it stays as it is for as long as anyone has it."""
        return current_arrays([self])[0]


class Parameter(Variable):
    """A variable that training changes: `Parameter("W1", rng.normal(0, 1, (2, 500)))`.

    It takes what a Variable takes, of floating-point numbers, and is a DTypeError of any other.
    """

    def __init__(self, name: str, value: ArrayLike, dtype: DTypeLike = np.float32) -> None:
        super().__init__(name, value, dtype)
        if self.dtype.kind != "f":
            why = f"Parameter {name!r} cannot hold {self.dtype}: training changes floating-point numbers only."
            raise DTypeError(f"{why}\n  State of another type is a Variable.")


def current_arrays(variables: Collection[Variable]) -> list[np.ndarray[Any, Any]]:
    """The array that each variable holds, to be read: all from between the same two steps of the programs that change them."""
    locks = {variable._lock for variable in variables}
    locks.discard(None)
    if not locks:
        return [variable._array for variable in variables]
    with next(iter(locks)).between_steps(locks):
        return [variable._array for variable in variables]
