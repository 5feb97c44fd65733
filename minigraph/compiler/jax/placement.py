"""Where variables are: their numbers lie on a device between the steps that change them, and are brought back when read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minigraph.compiler.beside import Block
from minigraph.compiler.jax.library import library
from minigraph.core.leaves import Variable

__all__ = ["NewValues", "bring_back", "put_back", "taken"]


@dataclass
class Placed:
    """An array on a device, and the variable's own array that it has the numbers of, or newer ones than."""

    array: Any
    own: np.ndarray[Any, Any]


PLACED: WeakKeyDictionary[Variable, Placed] = WeakKeyDictionary()
"""What lies on a device, for all programs that JAX compiled."""


class NewValues(Block):
    """The new values of a step, on a device, before the variables take them."""

    def __init__(self, new: Sequence[Any], finite: bool) -> None:
        self._new, self._finite = new, finite

    @property
    def arrays(self) -> list[np.ndarray[Any, Any]]:  # type: ignore[override]
        """The new value of each variable."""
        return [np.array(each) for each in self._new]

    def is_finite(self) -> bool:
        """Whether all floating-point numbers are finite, as the step itself found."""
        return self._finite


def taken(variables: Iterable[Variable], place: Callable[[Variable, Any], Any]) -> list[Any]:
    """The newest numbers of each variable, on a device: `place` puts an array of NumPy's or of JAX's where they belong."""
    found = []
    for variable in variables:
        placed = PLACED.get(variable)
        if placed is None or placed.own is not variable._array:  # it was set since, or another program has written into it
            own = variable._array
            placed = PLACED[variable] = Placed(library().numpy.array(own), own)
        placed.array = place(variable, placed.array)
        found.append(placed.array)
    return found


def put_back(variables: Sequence[Variable], arrays: Iterable[Any]) -> None:
    """The variables' new numbers, on a device: whoever reads one has them brought back."""
    for variable, array in zip(variables, arrays, strict=True):
        PLACED[variable].array = array
        variable._lock.away[variable] = bring_back


def bring_back(variable: Variable) -> None:
    """Give a variable its numbers from the device, unless it was set since."""
    placed = PLACED.get(variable)
    if placed is not None and placed.own is variable._array:
        variable._array = placed.own = np.array(placed.array, order="C")
