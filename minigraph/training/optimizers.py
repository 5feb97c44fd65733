"""Optimizers: an update is itself a graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from minigraph.errors import GraphError
from minigraph.node import Node, Parameter, Variable
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
        if not 0 < self.learning_rate < float("inf"):
            raise GraphError(f"The learning rate must be a positive number, not {self.learning_rate!r}.")

    def minimize(self, loss: Node, parameters: Sequence[Parameter] | None = None) -> dict[Variable, Node]:
        """The new value of each parameter (all that the loss depends on, unless named), as nodes."""
        found = [node for node in topological_order([loss]) if isinstance(node, Parameter)]
        chosen = found if parameters is None else list(parameters)
        if not chosen:
            raise GraphError(f"{loss} depends on no parameter, so there is nothing to minimize it by.")
        slopes = gradient(loss, chosen)
        return {p: p - self.learning_rate * slope for p, slope in zip(chosen, slopes, strict=True)}
