"""Numbers of what is explained: the value of a node from those of others, and finite differences."""

from collections import ChainMap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import compute

__all__ = ["Differences", "finite_differences", "value_of"]


def value_of(target: Node, *given: dict[Node, Any]) -> Any:
    """The value of a node that is computed from those whose values are given.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> float(value_of(x * x + 1, {x: np.float32(3)}))
    10.0
    """
    values = ChainMap[Node, Any]({}, *given)
    for node in topological_order([target], values):
        values[node] = node.value if isinstance(node, Constant) else compute(node, [values[each] for each in node.operands])
    return values[target]


class Differences(NamedTuple):
    """Difference quotients: between here and ahead, between behind and here, and the central one between the two."""

    ahead: float
    behind: float
    central: float


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
        The function's value at `x`. An element that is the same infinity at both ends does not change.

    >>> finite_differences(np.square, np.array([3.0]), np.ones(1), 0.5, np.ones(1), np.array([9.0]))
    Differences(ahead=6.5, behind=5.5, central=6.0)
    """
    ahead, behind = function(x + step * direction), function(x - step * direction)
    with np.errstate(all="ignore"):
        return Differences(
            *(
                float(np.where(after == before, 0, cotangent * (after - before)).sum() / length)
                for after, before, length in ((ahead, here, step), (here, behind, step), (ahead, behind, 2 * step))
            )
        )
