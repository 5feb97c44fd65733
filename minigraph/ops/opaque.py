"""The gradient of an operation whose `backward` runs on numbers alone: one node that calls the rule as it is.

A rule in any plain NumPy (assignment, `if` on a value, another library's functions) trains, though it cannot be read with
nodes. Only what would have to look into it cannot be had: a second derivative, a formula.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minigraph.core.errors import UnreadableRuleError
from minigraph.core.node import Constant, Node
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.provenance import PATH
from minigraph.core.rewriting import altered
from minigraph.core.rules import node_vjp
from minigraph.core.shapes import Shape
from minigraph.core.values import ARRAYS, DType
from minigraph.ops.multi_output import MultiOutput, Part

__all__ = ["OpaqueGradient", "unaliased"]


class OpaqueGradient(MultiOutput):
    """The gradient for every operand of an operation, computed by its `backward` on numbers.

    It has all attributes of the operation, its class, and why the rule cannot be read. A part is the gradient for one operand.
    """

    _kind: type[Node]
    _reason: str

    def forward(self, gradient: Any, y: Any, *operands: Any, out: Any = None) -> Any:
        given = (gradient, y, *operands)
        if not all(isinstance(each, ARRAYS) for each in given):
            raise UnreadableRuleError(self._reason)
        parts = zip(node_vjp(self.operation, gradient, y, operands), operands, strict=True)
        return tuple(np.zeros_like(operand) if part is None else unaliased(part, given) for part, operand in parts)

    def backward(self, gradient: Any, *given: Any) -> Any:
        raise UnreadableRuleError(f"{self._kind.__name__} has no second derivative.\n  {self._reason}")

    def parts(self, gradient: Any, y: Any, *operands: Any) -> Sequence[tuple[Shape, DType]]:
        return [(operand.shape, operand.dtype) for operand in operands]

    @classmethod
    def contributions(cls, node: Node, gradient: Any, error: Exception) -> Any:
        """The contributions of a node whose rule cannot be read with nodes, as the error says: the parts of one such node."""
        if isinstance(node, MultiOutput):
            raise error
        operands = (gradient, node, *node.operands)
        shape, dtype = (len(node.operands),), np.dtype(object)
        whole = altered(node, cls, operands=operands, shape=shape, dtype=dtype, name=None, block=PATH.get())
        whole._kind, whole._reason = type(node), str(error)
        wanted = [operand.dtype.kind == "f" and not isinstance(operand, Constant) for operand in node.operands]
        return [Part(whole, i=i) if wants else None for i, wants in enumerate(wanted)]

    @property
    def operation(self) -> Node:
        """The operation whose rule is called, as it was composed."""
        _, y, *operands = self.operands
        node: Node = altered(self, self._kind, operands=tuple(operands), shape=y.shape, dtype=y.dtype)
        return node

    def __str__(self) -> str:
        return self.name or f"{self._kind.__name__}.backward"


def unaliased(value: Any, given: Iterable[Any]) -> Any:
    """A value that a rule gave, or a copy of it where it may lie in the memory of what the rule was given."""
    arrays = [each for each in given if isinstance(each, np.ndarray)]
    if value.dtype == object:
        for i, part in enumerate(value):
            value[i] = unaliased(part, given)
        return value
    return np.array(value) if any(np.may_share_memory(value, array) for array in arrays) else value


COMPOSED_BY[node_vjp] = OpaqueGradient.contributions
