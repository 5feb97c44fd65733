"""The way back as nodes: each gradient, what returns on each wire to a fork, and the updates of a training.

The page computes them as it computes any value.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.errors import UnreadableRuleError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Variable
from minigraph.core.node import Constant, Node
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import contributions
from minigraph.core.vjp import on_the_way, reverse_mode
from minigraph.explain.circuit.readout import Wire
from minigraph.explain.page.steps import Step
from minigraph.ops.modes import state_updates

__all__ = ["RATE", "Backward"]

RATE = "learning rate"
"""The input that the updates of gradient descent take beside those of the graph."""


class Backward:
    """The gradients of a run's output, and the updates, of which the page steps through those and trains with these.

    Attributes
    ----------
    gradients
        The gradient of each node that one returns to; none where a rule of several values cannot be read with nodes.
    contributions
        What returns on each wire to a node to which several lead.
    updates
        The new value of each variable that a step of training changes.
    rate
        The name of the input that is the learning rate, where the updates are those of gradient descent.
    """

    def __init__(self, graph: Graph, target: Node | None, steps: Sequence[Step], updates: Mapping[Variable, Node]) -> None:
        found = {} if target is None else _gradients(target)
        self.gradients: dict[Node, Node] = {node: each for node, each in found.items() if isinstance(each, Node)}
        counts = Counter(step.node for step in steps if step.wire)
        self.contributions: dict[Wire, Node] = {}
        for step in steps:
            if step.wire and counts[step.node] > 1 and step.wire[0] in found:
                node, i = step.wire
                self.contributions[node, i] = contributions(node, found[node], node, list(node.operands))[i]
        self.updates, self.rate = dict(updates), ""
        if not updates and target is not None:
            self._descend(graph, target)

    def _descend(self, graph: Graph, target: Node) -> None:
        """Updates of gradient descent on all rows: w − rate · gradient."""
        reached = [parameter for parameter in graph.parameters.values() if parameter in self.gradients]
        if not reached:
            return
        self.rate = RATE + "′" * (RATE in graph.names)
        rate = Input(self.rate, (), target.dtype)
        for parameter in reached:
            new = parameter - rate.astype(parameter.dtype) * self.gradients[parameter].astype(parameter.dtype)
            self.updates[parameter] = new
        self.updates |= state_updates(target)


def _gradients(target: Node) -> dict[Node, Any]:
    """The gradient of each node, as a node; of one of several values, an array of those of its parts."""
    cotangent = Constant(np.ones((1,) * target.ndim), dtype=target.dtype)
    try:
        return reverse_mode(on_the_way(topological_order([target])), lambda node: node, cotangent)
    except UnreadableRuleError:
        return {}
