"""Where variables are: their numbers lie on a device between the steps that change them, and are brought back when read."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from minigraph.compiler.beside import Block
from minigraph.compiler.jax.library import library, own_settings
from minigraph.core.leaves import Variable

__all__ = ["NewValues", "bring_back", "on_host", "put_back", "taken"]


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
        return [on_host(each) for each in self._new]

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
        variable._array = placed.own = on_host(placed.array)


def on_host(array: Any) -> np.ndarray[Any, Any]:
    """The numbers of one of JAX's arrays; of one that lies on several hosts, all of which ask for it, gathered first."""
    if not (array.is_fully_addressable or array.is_fully_replicated):
        sharding = library().sharding
        whole = sharding.NamedSharding(array.sharding.mesh, sharding.PartitionSpec())
        with own_settings():
            array = library().jit(lambda x: x, out_shardings=whole)(array)
    return np.array(array, order="C")
