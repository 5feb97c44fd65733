"""What a program computes, in primitives: a graph and its updates, expanded and rewritten to take less time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.axes import names_of
from minigraph.graph import Graph
from minigraph.node import Leaf, Node, Variable
from minigraph.nodes.arithmetic import Mul
from minigraph.program.lower import lowered
from minigraph.program.products import eased
from minigraph.program.scalings import folded
from minigraph.program.single import narrowed

__all__ = ["Task", "task_of"]


@dataclass(frozen=True)
class Task:
    """What is to be computed: primitives for the outputs and for the new values, from leaves, which have names."""

    outputs: Sequence[Node]
    updates: Mapping[Variable, Node]
    arguments: Sequence[Node]
    names: Mapping[Node, str]

    def axes(self) -> list[str]:
        """The named axes of the arguments."""
        return sorted({name for node in self.arguments for name in names_of(node.shape)})


def task_of(
    whole: Graph, graph: Graph, updates: Mapping[Variable, Node], single: Mapping[str, int] | None = None
) -> Task:
    """The task of a graph and its updates, both of which the `whole` graph holds; of a `single` row where sizes are given."""
    primitive = lowered(whole.outputs.values())
    scaled = folded([primitive[node] for node in whole.outputs.values()])
    wanted = [scaled[primitive[node]] for node in whole.outputs.values()]
    new = narrowed(wanted, single) if single else eased(wanted)
    final = {node: new[scaled[first]] for node, first in primitive.items() if scaled.get(first) in new}
    inputs = sorted(whole.inputs.values(), key=lambda node: not names_of(node.shape))
    read = [variable for variable in whole.variables.values() if variable not in updates]
    return Task(
        [final[node] for node in graph.outputs.values()],
        {variable: _computed(final[node]) for variable, node in updates.items()},
        [final.get(leaf, leaf) for leaf in (*inputs, *updates, *read)],
        {final[node]: node.name for node in whole.nodes if node.name and node in final},
    )


def _computed(node: Node) -> Node:
    """A new value that is another leaf's, as something to compute: it is read before that leaf changes."""
    return Mul(node, 1) if isinstance(node, Leaf) else node
