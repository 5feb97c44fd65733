"""What a training makes smaller, and by which parameters: one loss, or several with an optimizer each."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from minigraph.core.errors import GraphError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Parameter, Variable
from minigraph.core.node import Node
from minigraph.ops.modes import state_updates
from minigraph.training.checks import quoted
from minigraph.training.metrics.totals import loss_of

__all__ = ["Parameters", "SupportsMinimize", "losses_of", "objectives"]

Parameters = Iterable[Parameter | str]
"""Parameters of a graph, or their names."""


class SupportsMinimize(Protocol):
    """An optimizer: it gives the new value of each variable that makes a loss smaller, as nodes."""

    def minimize(self, loss: Node) -> dict[Variable, Node]:
        """The variables that a step changes, each with the node for its new value."""


def objectives(
    graph: Graph,
    optimizer: SupportsMinimize | Mapping[str, SupportsMinimize],
    parameters: Parameters | Mapping[str, Parameters] | None = None,
) -> dict[Variable, Node]:
    """The updates of a step: those of one optimizer for the loss, or of each for its own output of the graph, all at once.

    Parameters
    ----------
    graph : Graph
        The graph; its parameters are found by their names.
    optimizer : Optimizer, or mapping of str to Optimizer
        One, or one for each loss by the name of the output.
    parameters : list, or mapping of str to list, optional
        The parameters that change; with several losses, those of each. Unless given, all that the loss depends on.

    Raises
    ------
    GraphError, UnknownNameError
        For an output or a parameter that there is not, and where two losses would change the same parameter.

    Examples
    --------
    >>> import minigraph as mg
    >>> w, v = mg.Parameter("w", 1.0), mg.Parameter("v", 1.0)
    >>> graph = mg.Graph(up=(w * v - 2) ** 2, down=(w * v) ** 2)
    >>> updates = objectives(graph, {"up": mg.SGD(0.1), "down": mg.SGD(0.1)}, {"up": [w], "down": ["v"]})
    >>> [str(variable) for variable in updates]
    ['w', 'v']
    """
    if not isinstance(optimizer, Mapping):
        if isinstance(parameters, Mapping):
            raise GraphError("parameters is a list where there is one optimizer; a mapping is for several losses.")
        return _minimized(graph, loss_of(graph), optimizer, parameters)
    if parameters is not None and not isinstance(parameters, Mapping):
        raise GraphError("With several losses, parameters gives those of each by its name: {'loss': [W1, b1], …}.")
    chosen: Mapping[str, Any] = parameters or {}
    for name in chosen:
        if name not in optimizer:
            raise UnknownNameError(f"parameters names {name!r}, and the optimizers are for {listing(optimizer)}.")
    found: dict[Variable, Node] = {}
    owners: dict[Variable, str] = {}
    losses = losses_of(graph, optimizer)
    state = state_updates(*losses.values())
    shared: dict[Variable, Node] = {}
    for name, loss in losses.items():
        for variable, new in _minimized(graph, loss, optimizer[name], chosen.get(name)).items():
            if variable in owners and variable not in state:
                raise GraphError(
                    f"{variable} would be changed for {owners[variable]} and for {name}: say which parameters each changes, "
                    f"parameters={{{owners[variable]!r}: […], {name!r}: […]}}."
                )
            if variable in owners:  # state that several losses move on: as all of them together do
                shared[variable] = state[variable]
            found[variable], owners[variable] = new, name
    return {**found, **shared}


def losses_of(graph: Graph, optimizers: Mapping[str, SupportsMinimize]) -> dict[str, Node]:
    """The outputs that have an optimizer."""
    if not optimizers:
        raise GraphError("No loss has an optimizer: give one for each, {'loss': mg.Adam(0.001)}.")
    for name in optimizers:
        if name not in graph.outputs:
            raise UnknownNameError(
                f"There is an optimizer for {name!r}, which is none of the outputs {listing(graph.outputs)}."
                f"{nearest(str(name), graph.outputs)}"
            )
    return {name: graph.outputs[name] for name in optimizers}


def _minimized(graph: Graph, loss: Node, optimizer: Any, parameters: Parameters | None) -> dict[Variable, Node]:
    if isinstance(optimizer, type) or not hasattr(optimizer, "minimize"):
        raise GraphError(f"optimizer is one with its learning rate, such as mg.Adam(0.001), not {quoted(optimizer)}.")
    if parameters is None:
        found: dict[Variable, Node] = optimizer.minimize(loss)
        return found
    if isinstance(parameters, str | Node) or not isinstance(parameters, Iterable):
        raise GraphError(f"parameters is a list of parameters or of their names, not {quoted(parameters)}.")
    updates: dict[Variable, Node] = optimizer.minimize(loss, [_parameter(graph, each) for each in parameters])
    return updates


def _parameter(graph: Graph, given: Any) -> Any:
    """A parameter of the graph; a message of its own where what is given is none."""
    if isinstance(given, str):
        if given not in graph.parameters:
            known = graph.parameters
            raise UnknownNameError(f"{given!r} is none of the parameters {listing(known)}.{nearest(given, known)}")
        return graph.parameters[given]
    if not isinstance(given, Variable):
        raise GraphError(f"parameters is a list of parameters or of their names, not {quoted(given)}.")
    return given
