"""Optimizers: an update is itself a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

from minigraph.errors import GraphError
from minigraph.node import Node, Parameter, Variable, places
from minigraph.reverse import gradient, topological_order

__all__ = ["SGD"]


@dataclass(frozen=True)
class SGD:
    """Gradient descent: each parameter loses `learning_rate` times its gradient.

    >>> import minigraph as mg
    >>> w = mg.Parameter("w", 3.0)
    >>> loss = w * w
    >>> step = mg.compile(mg.Graph(loss=loss), updates=SGD(0.25).minimize(loss))
    >>> float(step()["loss"]), float(w.value)
    (9.0, 1.5)
    """

    learning_rate: float

    def __post_init__(self) -> None:
        if not isinstance(self.learning_rate, Real) or not 0 < self.learning_rate < float("inf"):
            raise GraphError(f"The learning rate must be a positive number, not {self.learning_rate!r}.")

    def minimize(self, loss: Node, parameters: Sequence[Variable] | None = None) -> dict[Variable, Node]:
        """The new value of each parameter (all that the loss depends on, unless named), as nodes."""
        chosen = _parameters_of(loss) if parameters is None else list(parameters)
        for variable in chosen:
            if not isinstance(variable, Variable):
                raise GraphError(f"An optimizer changes variables, and {variable} is none.{places(variable)}")
        slopes = gradient(loss, chosen)
        return {p: p - self.learning_rate * slope for p, slope in zip(chosen, slopes, strict=True)}


def _parameters_of(loss: Node) -> list[Variable]:
    """The parameters that the loss depends on, at least one."""
    found: list[Variable] = [node for node in topological_order([loss]) if isinstance(node, Parameter)]
    if not found:
        raise GraphError(f"{loss} depends on no parameter, so there is nothing to minimize it by.")
    return found
