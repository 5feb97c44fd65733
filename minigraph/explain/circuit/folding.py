"""What of a graph is not drawn for itself, decided from what its operations say of themselves.

What follows from constants and sizes alone stands in the operation that takes it. A value that only holds another's elements,
in other places or another shape, is a wire of that value, which says so. A chain of additions is one sum.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, Sizes
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import Port, label_of
from minigraph.ops.arithmetic import Add
from minigraph.ops.multi_output import MultiOutput, Part

__all__ = ["Folds", "folds_of"]

CHAIN = 3
"""From how many additions on a chain of them is one sum."""


@dataclass(frozen=True)
class Folds:
    """What is not drawn for itself; of a graph of which every node is drawn, nothing."""

    fixed: Collection[Node] = frozenset()
    """What follows from constants and sizes alone."""
    moved: Mapping[Node, Node] = field(default_factory=dict)
    """What only moves elements, with the operand whose elements these are."""
    summed: Mapping[Node, Node] = field(default_factory=dict)
    """Sums that only another sum takes, with the last sum of their chain."""

    def __contains__(self, node: Node) -> bool:
        return node in self.fixed or node in self.moved or node in self.summed

    def among(self, nodes: Collection[Node]) -> "Folds":
        """The same of these nodes alone."""
        moved, summed = ({node: each[node] for node in nodes if node in each} for each in (self.moved, self.summed))
        return Folds({node for node in nodes if node in self.fixed}, moved, summed)


def folds_of(graph: Graph, paths: Mapping[Node, Path], kept: Collection[Node]) -> Folds:
    """What is folded of a graph, whose nodes are in blocks of these paths; what is kept, or has a name, is drawn.

    A sum is folded only into one of its shape, so that the gradient that returns to the last one is its own.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> graph = mg.Graph(y=np.tanh(x.T * 2))
    >>> folds = folds_of(graph, dict.fromkeys(graph.nodes, ()), set(graph.outputs.values()))
    >>> list(folds.fixed), folds.moved
    ([Constant (scalar, float32)], {Transpose (2 × N, float32): Input 'x' (N × 2, float32)})
    """
    fixed: set[Node] = set()
    moved: dict[Node, Node] = {}
    for node in graph.nodes:
        if node in kept or isinstance(node, Port | Part | MultiOutput):
            continue
        if label_of(node.name) and not node.moves_elements:
            continue
        if isinstance(node, Constant | Sizes) or (
            node.operands and (node.known is not None or fixed.issuperset(node.operands))
        ):
            fixed.add(node)
        elif node.moves_elements and node.operands[0] not in fixed and fixed.issuperset(node.operands[1:]):
            moved[node] = node.operands[0]
    return Folds(fixed, moved, _sums(graph, paths, kept))


def _sums(graph: Graph, paths: Mapping[Node, Path], kept: Collection[Node]) -> dict[Node, Node]:
    """The sums that belong to a later one."""
    uses = Counter(operand for node in graph.nodes for operand in node.operands)
    following: dict[Node, Node] = {}
    for node in graph.nodes:
        for part in node.operands if isinstance(node, Add) else ():
            alone = isinstance(part, Add) and uses[part] == 1 and part not in kept and not label_of(part.name)
            if alone and part.shape == node.shape and paths[part] == paths[node]:
                following[part] = node
    chains: dict[Node, list[Node]] = defaultdict(list)
    last: dict[Node, Node] = {}
    for node in reversed(graph.nodes):
        if node in following:
            last[node] = last.get(following[node], following[node])
            chains[last[node]].append(node)
    return {node: end for end, nodes in chains.items() if len(nodes) + 1 >= CHAIN for node in nodes}
