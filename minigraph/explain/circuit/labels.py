"""What the wires of a circuit say of the values on them."""

from collections.abc import Mapping
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.explain.circuit.style import label_of
from minigraph.readings import definition
from minigraph.readings.sameness import signature

__all__ = ["Called"]

LONGEST = 16
"""Up to how many letters a value that has a short name is also written out on its wire: q = 1 + exp(−s)."""


class Called:
    """The names of a graph's values as wires show them, to stand before a shape."""

    def __init__(self, graph: Graph, names: Mapping[Any, str]) -> None:
        self._names, self._outputs = names, {*graph.outputs.values()}

    def __call__(self, node: Node) -> str:
        """A value's name; of a short name also what it stands for, where that is short."""
        if node.name:
            return label_of(node.name)
        name, written = self._short(node)
        if not name:
            return ""
        return label_of(f"{name} = {written}" if len(written) <= LONGEST and "…" not in written else name)

    def about(self, node: Node) -> str:
        """What a short name stands for, to stand in a tooltip."""
        name, written = self._short(node)
        return f"{name} stands for {written}" if name else ""

    def _short(self, node: Node) -> tuple[str, str]:
        """The short name of a value that has one, and its mathematics."""
        has_own = node.name or node in self._outputs or not node.operands
        name = "" if has_own else self._names.get(signature(node), "")
        return name, definition(node, self._names).replace("⊙", "×") if name else ""
