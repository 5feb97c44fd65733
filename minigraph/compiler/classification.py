"""What the primitives of a program are: static, a view of another's memory, or an operation of a step."""

import operator
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.compiler.primitives import VIEWS, call_of
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.rewriting import topological_order
from minigraph.ops.scan import Scan
from minigraph.readings import Source

__all__ = ["Classified"]


class Classified:
    """Outputs and new values of variables, all given as primitives, and what each primitive is."""

    def __init__(self, outputs: Sequence[Node], updates: Mapping[Any, Node], stored: Collection[Node]) -> None:
        self.outputs, self.updates = outputs, updates
        self.moving = {*updates.values(), *stored}
        """What may lie somewhere else in each step: in a variable, or in memory that is given for it."""
        self.static: dict[Node, None] = {}
        """What is computed once for given sizes, in order."""
        self.calls: dict[Node, Source | None] = {}
        """The call of NumPy that each operation, or view, is."""
        self.bases: dict[Node, Node] = {}
        """For a view, the value that it shows."""
        self.operations = self._classified()
        """The operations of a step, operands first."""

    def function(self, node: Node) -> Any:
        """The NumPy function that the call of an operation, or view, is of, or None where its rule is called as it is."""
        call = self.calls.get(node)
        return None if call is None else call.function

    def root(self, node: Node) -> Node:
        """The value whose memory a view shows."""
        while node in self.bases:
            node = self.bases[node]
        return node

    def _classified(self) -> list[Node]:
        """The operations; what is static and what is a view is noted."""
        operations = []
        for node in topological_order([*self.outputs, *self.updates.values()]):
            if isinstance(node, Constant) or node.known is not None:
                self.static[node] = None
            elif not isinstance(node, Leaf):
                self.calls[node] = call = call_of(node)
                if all(operand in self.static for operand in node.operands):
                    self.static[node] = None
                elif call is not None and call.function in VIEWS and not call.nested and self._is_view(node):
                    self.bases[node] = node.operands[0]
                else:
                    operations.append(node)
        return operations

    def _is_view(self, node: Node) -> bool:
        """Reshape copies what does not lie in memory in order; everything else that only looks differently is a view."""
        base = node.operands[0]
        if base in self.static:
            return False
        while self.function(node) is np.reshape and base in self.bases:
            if isinstance(base.operands[0], Scan):
                return True  # a part of a loop's array lies in order
            if self.function(base) in (np.transpose, np.broadcast_to, operator.getitem):
                return False
            base = self.bases[base]
        return True
