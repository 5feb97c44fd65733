"""Primitives: the nodes that are one call of NumPy, and what is known of these calls."""

import operator
from collections.abc import Sequence

import numpy as np

from minigraph.core.node import Node
from minigraph.readings import Source, line_of

__all__ = ["INTO", "REDUCTIONS", "RESHAPED", "VIEWS", "elementwise", "read"]

RESHAPED = {np.expand_dims, np.squeeze, np.reshape}
VIEWS = {np.transpose, np.broadcast_to, operator.getitem, *RESHAPED}
REDUCTIONS = {np.sum, np.max, np.min, np.prod, np.argmax, np.argmin}
INTO = {np.where, np.astype, np.copy}
"""The functions that take no `out`, and whose result a program nevertheless writes into an array."""


def read(node: Node, operands: Sequence[str] = (), out: str | None = "out") -> Source | None:
    """The one call of NumPy that a primitive is, on operands so written, or None for a rule that is more than a call."""
    texts = operands or ["x"] * len(node.operands)
    given = [Source(text, dtype=operand.dtype) for text, operand in zip(texts, node.operands, strict=True)]
    written = line_of(node, given, out=Source(out) if out else None)
    return written if written is not None and written.function else None


def elementwise(call: Source | None) -> bool:
    """Whether a call computes each element from the elements at the same place."""
    return call is not None and call.takes_out and isinstance(call.function, np.ufunc) and call.function.signature is None
