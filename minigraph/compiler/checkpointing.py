"""Gradient checkpointing (rematerialisation): a block's values are computed again for its gradient, rather than stored.

It takes less memory and more time. The gradient's rules read a copy of the block, which waits until the cotangent comes back to
it; until then only what enters and leaves the block is stored (A. Griewank and A. Walther, Algorithm 799: Revolve, 2000;
T. Chen and others, Training Deep Nets with Sublinear Memory Cost, 2016).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.compiler.driver import rewritten
from minigraph.core.errors import GraphError, listing
from minigraph.core.node import Leaf, Node
from minigraph.core.provenance import composed_at, derivative_order
from minigraph.core.rewriting import topological_order
from minigraph.core.shapes import Shape
from minigraph.core.values import DType
from minigraph.ops.copies import rebuilt

__all__ = ["Later", "paths_of", "recomputed"]

Path = tuple[str, ...]


class Later(Node):
    """x, but not before another value is computed. It is no composite: lowering leaves it, so that the program waits."""

    selectors = ("after",)

    def forward(self, x: Any, after: Any, out: Any = None) -> Any:
        return np.copy(x)

    def infer(self, x: Node, after: Node) -> tuple[Shape, DType]:
        return x.shape, x.dtype


def paths_of(nodes: Iterable[Node], blocks: Iterable[str] | str | bool) -> list[Path]:
    """The paths of the blocks of these names, such as "encoder.attention" for an inner one; of all outermost ones for True."""
    forward = {node.block for node in nodes if node.block and not derivative_order(node.block)}
    if blocks is True:
        return sorted({path[:1] for path in forward})
    names = [blocks] if isinstance(blocks, str) else blocks or ()
    paths = [tuple(name.split(".")) for name in names]
    every = sorted({".".join(path[:end]) for path in forward for end in range(1, len(path) + 1)})
    for path in paths:
        if ".".join(path) not in every:
            has = f"it has {listing(every)}" if every else "it has none: compose them within mg.blocks.block(name)"
            raise GraphError(f"recompute names the blocks of the graph, not {'.'.join(path)!r}: {has}.")
    return [path for path in paths if not any(path[:end] in paths for end in range(len(path)))]


def recomputed(outputs: Sequence[Node], paths: Sequence[Path]) -> dict[Node, Node]:
    """For the outputs, and all that they depend on, nodes of the same values, for which these blocks are computed twice."""
    order = topological_order(outputs)
    instead: dict[Node, Node] = {}
    for path in paths:
        instead.update(_reading_copies(order, set(outputs), path))
    return rewritten(outputs, instead.get, as_given=True)


def _reading_copies(order: Sequence[Node], outputs: set[Node], path: Path) -> dict[Node, Node]:
    """For the nodes of a block's gradient that read its values, the same on copies of these."""
    inner = {node for node in order if node.operands and _within(node, path, 0)}
    gradient = [node for node in order if _within(node, path, 1)]
    stored = inner & outputs
    for node in order:
        if node not in inner and not derivative_order(node.block):
            stored |= inner.intersection(node.operands)
    readers = [node for node in gradient if not (inner - stored).isdisjoint(node.operands)]
    cotangent = _first_cotangent(order, inner, gradient)
    if cotangent is None or not set(topological_order([cotangent])).isdisjoint(readers):
        return {}
    again: dict[Node, Node] = {}
    for node in order:
        if node in inner and node not in stored:
            with composed_at(node.line):
                again[node] = _again(node, again, cotangent)
    return {node: rebuilt(node, [again.get(operand, operand) for operand in node.operands]) for node in readers}


def _within(node: Node, path: Path, order: int) -> bool:
    """Whether a node is part of a block, or, at order 1 or more, of its derivative."""
    differentiated = derivative_order(node.block)
    return (differentiated > 0) == (order > 0) and node.block[order:][: len(path)] == path


def _first_cotangent(order: Sequence[Node], inner: set[Node], gradient: Sequence[Node]) -> Node | None:
    """The cotangent that reaches a block first."""
    outside = {operand for node in gradient for operand in node.operands}.difference(inner, gradient)
    return next((node for node in order if node in outside and node.operands and derivative_order(node.block)), None)


def _again(node: Node, again: Mapping[Node, Node], cotangent: Node) -> Node:
    """A copy of a node that is not computed before the cotangent."""
    operands = [again.get(operand, operand) for operand in node.operands]
    entering = [i for i, operand in enumerate(operands) if operand is node.operands[i] and not isinstance(operand, Leaf)]
    late = any(operand is not node.operands[i] for i, operand in enumerate(operands))
    for i in entering or ([] if late else [0]):
        operands[i] = Later(operands[i], cotangent)
    return rebuilt(node, operands)
