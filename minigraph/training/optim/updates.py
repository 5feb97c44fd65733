"""Updates: the state of an optimizer, and what is done to gradients before its rule and to values after it.

Each is a function on nodes, so that an update is a graph like any other: drawn, compiled and stored as one.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, GraphError, ShapeError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Node
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import show_shape
from minigraph.core.values import wide, widened
from minigraph.ops.cross_entropy import OverClasses
from minigraph.ops.norms import Largest
from minigraph.training.checks import quoted

__all__ = [
    "Average",
    "GradientNodes",
    "Updates",
    "accumulated",
    "as_type_of",
    "checked_gradients",
    "clipped_by_norm",
    "clipped_by_value",
    "merged_updates",
    "new_values",
    "unchanged_where_empty",
    "variables_of",
    "has_weight",
]

GradientNodes = dict[Variable, Any]
"""The gradient of the loss with respect to each variable, a node."""


class Average(Variable):
    """The exponential moving average of a parameter, `parameter`."""

    def __init__(self, name: str, parameter: Variable) -> None:
        super().__init__(name, parameter.value, wide(parameter.dtype))
        self.parameter = parameter


class Updates(dict[Variable, Any]):
    """The new value of each variable, a node. State of a parameter is named after it: `W1.momentum`.

    State of all parameters together, such as the count of its steps, is named after the first of them: so two
    optimizers of different parameters fit into one program.
    """

    def __init__(self, first: Variable) -> None:
        super().__init__()
        self._first = first
        self._counts: dict[str, Variable] = {}

    def like(self, parameter: Variable, what: str) -> Variable:
        """A variable of zeros, like the parameter; for one of half precision it holds float32, in which the rule computes."""
        return Variable(f"{parameter.name}.{what}", np.zeros(parameter.value.shape), wide(parameter.dtype))

    def count(self, what: str) -> Variable:
        """A count that starts at 0 and grows by 1 in each step."""
        if what not in self._counts:
            count = self._counts[what] = Variable(f"{self._first.name}.{what}", 0, np.int64)
            self[count] = count + 1
        return self._counts[what]

    @property
    def steps(self) -> Any:
        """How many steps were taken before this one, in float64."""
        return self.count("steps").astype(np.float64)

    def average(self, parameter: Variable, decay: float) -> None:
        """Update the parameter's exponential moving average: `decay` of its old value, the rest of the new parameter's."""
        variable = Average(f"{parameter.name}.average", parameter)
        self[variable] = decay * variable + (1 - decay) * widened(self[parameter])

    def only_when(self, condition: Any) -> None:
        """Let the variables take their new values only in the steps in which the condition holds."""
        for variable, new in self.items():
            self[variable] = np.where(condition, new, variable)


def checked_gradients(gradients: Any) -> GradientNodes:
    """Gradients that an optimizer may step by: at least one, each a node of its variable's shape and precision.

    One of another shape would broadcast, and the step be another in silence.
    """
    if not isinstance(gradients, Mapping) or not gradients:
        found = quoted(gradients) if gradients else "none at all"
        raise GraphError(f"An optimizer's updates take the gradient of each variable, {{W: node, …}}, not {found}.")
    for variable, gradient in gradients.items():
        if not isinstance(variable, Variable):
            raise GraphError(f"An optimizer changes variables, such as a Parameter, and {quoted(variable)} is none.")
        if not isinstance(gradient, Node):
            raise GraphError(f"The gradient of {variable} is a node, as mg.gradient gives it, not {quoted(gradient)}.")
        if gradient.shape != variable.shape:
            raise ShapeError(
                f"The gradient of {described(variable)} must have its shape, not {show_shape(gradient.shape)}."
                f"{places(variable, gradient)}"
            )
        if wide(gradient.dtype) != wide(variable.dtype):
            raise DTypeError(
                f"The gradient of {variable} must be {variable.dtype}, not {gradient.dtype}.{places(variable, gradient)}"
            )
    return dict(gradients)


def as_type_of(parameter: Variable, scalar: Any) -> Any:
    """A number, or a node of a scalar in the precision that the parameter's rule computes in: neither widens the others."""
    return scalar.astype(wide(parameter.dtype)) if isinstance(scalar, Node) else scalar


def clipped_by_norm(gradients: GradientNodes, limit: float) -> GradientNodes:
    """The gradients scaled down together, so that the norm of all of them as one vector is at most `limit`.

    g · limit / max(‖g‖, limit): Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.
    The squares are those of g over its largest element, so that none overflows.

    >>> import minigraph as mg
    >>> w, b = mg.Parameter("w", [3.0, 0.0]), mg.Parameter("b", 4.0)
    >>> clipped = clipped_by_norm({w: w * 1, b: b * 1}, 2.5)
    >>> run = mg.Graph(*clipped.values()).forward()
    >>> [run[node].tolist() for node in clipped.values()]
    [[1.5, 0.0], 2.0]
    """
    largest: list[Any] = [Largest(np.abs(gradient), keepdims=False).astype(np.float64) for gradient in gradients.values()]
    scale: Any = reduce(np.maximum, largest, limit)
    parts = [gradient / scale.astype(gradient.dtype) for gradient in gradients.values()]
    norm = np.sqrt(sum((part * part).sum().astype(np.float64) for part in parts))
    factor = limit / scale / np.maximum(norm, limit / scale)
    return {variable: as_type_of(variable, factor) * gradient for variable, gradient in gradients.items()}


def clipped_by_value(gradients: GradientNodes, limit: float) -> GradientNodes:
    """The gradients with each element between −limit and limit.

    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [3.0, -0.5])
    >>> clipped = clipped_by_value({w: w * 1}, 1.0)[w]
    >>> mg.Graph(clipped).forward()[clipped].tolist()
    [1.0, -0.5]
    """
    return {variable: np.minimum(np.maximum(gradient, -limit), limit) for variable, gradient in gradients.items()}


def accumulated(gradients: GradientNodes, batches: int, updates: Updates) -> tuple[GradientNodes, Any]:
    """The mean of the gradients of `batches` steps, and whether this step is the last of them; `updates` stores their sum."""
    position = updates.count("batches")
    last = np.equal(position, batches - 1)
    updates[position] = np.where(last, 0, position + 1)
    means: GradientNodes = {}
    for variable, gradient in gradients.items():
        total = updates.like(variable, "accumulated")
        means[variable] = (total + gradient) / batches
        updates[total] = np.where(last, 0.0, total + gradient)
    return means, last


def has_weight(loss: Node) -> Any:
    """Whether the rows of every mean in the loss weigh something, as a node; None where that cannot be otherwise."""
    weights = [node.weight for node in topological_order([loss]) if isinstance(node, OverClasses)]
    counted = [np.not_equal(weight, 0) for weight in weights if weight is not None]
    return reduce(np.logical_and, counted) if counted else None


def unchanged_where_empty(loss: Node, updates: Mapping[Variable, Node]) -> Mapping[Variable, Node]:
    """The updates, but that a step changes nothing whose loss holds a mean over rows that weigh nothing.

    Such a loss is not finite. Momentum, weight decay, statistics and the count of the steps stay as they are too.

    >>> import minigraph as mg
    >>> z, y, w = mg.Input("z", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64), mg.Parameter("w", 1.0)
    >>> loss = mg.SoftmaxCrossEntropy(z * w, y, ignore_index=-1)
    >>> unchanged_where_empty(loss, {w: w * 0.5})[w]
    Where (scalar, float32)
    """
    condition = has_weight(loss)
    if condition is None:
        return updates
    chosen: dict[Variable, Any] = {variable: np.where(condition, new, variable) for variable, new in updates.items()}
    return chosen


def merged_updates(loss: Node, first: Mapping[Variable, Node], second: Mapping[Variable, Any]) -> dict[Variable, Node]:
    """An optimizer's updates for the loss, and more updates; a variable has one new value."""
    if not isinstance(second, Mapping):
        raise GraphError(f"updates gives variables their new values, {{variable: node}}, and is not {quoted(second)}.")
    for variable in second:
        if variable in first:
            moved = ": minimize moves on the state that the loss depends on, random states and running statistics"
            state = "" if isinstance(variable, Parameter) else moved
            raise GraphError(
                f"{variable} is changed by the optimizer, and updates gives it another new value{state}.{places(variable)}"
                f"\n  Leave {variable} out of updates."
            )
    return {**first, **unchanged_where_empty(loss, second)}


def new_values(updates: Mapping[Variable, Node]) -> dict[str, Node]:
    """The new values by names that say whose they are."""
    return {f"the new value of {variable.name}": node for variable, node in updates.items()}


def variables_of(graph: Graph, whole: Graph, updates: Mapping[Variable, Node]) -> dict[str, Variable]:
    """Every variable of a training by its name, which no other may have."""
    changed = Graph(whole.outputs, new_values(updates))
    variables = {str(variable.name): variable for variable in updates}
    for name, variable in [*graph.variables.items(), *changed.variables.items()]:
        if variables.setdefault(name, variable) is not variable:
            raise GraphError(f"Two variables of the training are named {name!r}.{places(variable, variables[name])}")
    return variables
