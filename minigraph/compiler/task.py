"""What a program computes, in primitives: a graph and its updates, expanded and rewritten to take less time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from minigraph.compiler.checkpointing import recomputed
from minigraph.compiler.lowering import lowered
from minigraph.compiler.products import eased
from minigraph.compiler.scalings import folded
from minigraph.compiler.single import narrowed
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import names_of
from minigraph.ops.arithmetic import Mul

__all__ = ["Task", "task_of"]


@dataclass(frozen=True)
class Task:
    """What is to be computed: primitives for the outputs and for the new values, from leaves, which have names."""

    outputs: Sequence[Node]
    updates: Mapping[Variable, Node]
    arguments: Sequence[Node]
    names: Mapping[Node, str]

    def rewritten(self, new: Mapping[Node, Node]) -> "Task":
        """The same task with other nodes, those that `new` has, for its own."""
        return Task(
            [new[node] for node in self.outputs],
            {variable: new[node] for variable, node in self.updates.items()},
            [new.get(leaf, leaf) for leaf in self.arguments],
            {new[node]: name for node, name in self.names.items() if node in new},
        )

    def many(self) -> "Task":
        """The task for many rows."""
        return self.rewritten(eased(self.wanted))

    def single(self) -> "Task":
        """The task for one row, along each of the named axes."""
        return self.rewritten(narrowed([*self.wanted, *self.arguments], dict.fromkeys(self.axes(), 1)))

    @property
    def wanted(self) -> list[Node]:
        """What is to be computed, in one list."""
        return [*self.outputs, *self.updates.values()]

    def axes(self) -> list[str]:
        """The named axes of the arguments."""
        return sorted({name for node in self.arguments for name in names_of(node.shape)})


def task_of(whole: Graph, graph: Graph, updates: Mapping[Variable, Node], again: Sequence[tuple[str, ...]] = ()) -> Task:
    """The task of a graph and its updates, both of which the `whole` graph holds, with some blocks computed `again`."""
    given = recomputed(list(whole.outputs.values()), again) if again else {node: node for node in whole.nodes}
    primitive = lowered([given[node] for node in whole.outputs.values()])
    new = folded([primitive[given[node]] for node in whole.outputs.values()])
    found = {node: new.get(primitive[given[node]]) for node in whole.nodes if given.get(node) in primitive}
    final = {node: simple for node, simple in found.items() if simple is not None}
    inputs = sorted(whole.inputs.values(), key=lambda node: not names_of(node.shape))
    read = [variable for variable in whole.variables.values() if variable not in updates]
    return Task(
        [final[node] for node in graph.outputs.values()],
        {variable: _computed(final[node]) for variable, node in updates.items()},
        [*inputs, *updates, *read],
        {simple: node.name for node, simple in final.items() if node.name},
    )


def _computed(node: Node) -> Node:
    """A new value that is another leaf's, as something to compute: it is read before that leaf changes."""
    return Mul(node, 1) if isinstance(node, Leaf) else node
