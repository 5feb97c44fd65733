"""Numbers of what is explained: the value of a node from those of others, and finite differences."""

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import compute

__all__ = ["Differences", "finite_differences", "newly_computed", "sizes_in", "value_of"]


def value_of(target: Node, *given: dict[Node, Any]) -> Any:
    """The value of a node that is computed from those whose values are given.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> float(value_of(x * x + 1, {x: np.float32(3)}))
    10.0
    """
    values = ChainMap[Node, Any]({}, *given)
    for node in topological_order([target], values):
        values[node] = newly_computed(node, values)
    return values[target]


def newly_computed(node: Node, values: Mapping[Node, Any]) -> Any:
    """The value of a node that is not among the values, from those of its operands; a size follows from the inputs'."""
    if isinstance(node, Sizes):
        return node.counted(sizes_in(values))
    return node.value if isinstance(node, Constant) else compute(node, [values[each] for each in node.operands])


def sizes_in(values: Mapping[Node, Any]) -> dict[str, int]:
    """The sizes of the named axes that the inputs among some values have."""
    inputs = [(node, values[node]) for node in values if isinstance(node, Input)]
    axes = [pair for node, array in inputs for pair in zip(node.shape, array.shape, strict=True)]
    return {str(axis): size for axis, size in axes if not isinstance(axis, int)}


@dataclass(frozen=True)
class Differences:
    """Difference quotients of Σ cotangent · value, from the values ahead, here and behind, each a step from the next."""

    values: tuple[Any, Any, Any]
    cotangent: Any
    step: float

    @property
    def ahead(self) -> float:
        """The quotient between here and ahead."""
        return self._quotient(0, 1)

    @property
    def behind(self) -> float:
        """The quotient between behind and here."""
        return self._quotient(1, 2)

    @property
    def central(self) -> float:
        """The quotient between behind and ahead, whose error is smallest."""
        return self._quotient(0, 2)

    def _quotient(self, i: int, j: int) -> float:
        """What is the same infinity at both ends does not change."""
        after, before = self.values[i], self.values[j]
        changes = self.cotangent * (after - before)
        total = changes.sum()
        if not np.isfinite(total):
            total = np.where(after == before, 0, changes).sum()
        return float(total / ((j - i) * self.step))


def finite_differences(
    function: Callable[[Any], Any], x: Any, direction: Any, step: float, cotangent: Any, here: Any
) -> Differences:
    """The derivative of Σ cotangent · function(x) as x moves along a direction, by finite differences.

    Parameters
    ----------
    function
        What gives an array from an array like `x`.
    x, direction
        Where the derivative is taken, and along what, an array of the same shape.
    step
        By how many times the direction `x` is moved ahead and behind.
    cotangent
        The weight of each element of what the function gives.
    here
        The function's value at `x`.

    >>> found = finite_differences(np.square, np.array([3.0]), np.ones(1), 0.5, np.ones(1), np.array([9.0]))
    >>> found.ahead, found.behind, found.central
    (6.5, 5.5, 6.0)
    """
    return Differences((function(x + step * direction), here, function(x - step * direction)), cotangent, step)
