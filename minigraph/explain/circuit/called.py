"""The short names of values that nobody named, as the wires of a circuit show them."""

from collections.abc import Collection, Mapping
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.explain.circuit.style import Port
from minigraph.readings import definition
from minigraph.readings.sameness import signature

__all__ = ["Called"]

LONGEST = 16
"""Up to how many letters a value that has a short name is also written out on its wire: q = 1 + e⁻ˢ."""


class Called:
    """The short names of a graph's values, and what they stand for."""

    def __init__(self, graph: Graph, names: Mapping[Any, str]) -> None:
        self._names, self._outputs = names, {*graph.outputs.values()}

    def name_of(self, node: Node) -> str:
        """The short name of a value, or nothing: of what has a name of its own, too."""
        has_own = node.name or node in self._outputs or not node.operands or isinstance(node, Port)
        return "" if has_own else self._names.get(signature(node), "")

    def on_wire(self, node: Node) -> tuple[str, str, Collection[str]]:
        """The short name of a value, what it stands for where that is short enough to be said on a wire, and all names."""
        written = self._mathematics(node)
        return self.name_of(node), written if len(written) <= LONGEST and "…" not in written else "", self._names.values()

    def about(self, node: Node) -> str:
        """What a short name stands for, to be said in a tooltip."""
        written = self._mathematics(node)
        return f"{self.name_of(node)} stands for {written}" if written else ""

    def _mathematics(self, node: Node) -> str:
        return definition(node, self._names) if self.name_of(node) else ""
