"""Forward mode: the derivative along a direction, from the same rules as reverse mode.

A node's `backward` is linear in the gradient that it is given, which it multiplies by the transposed Jacobian. Reverse mode
through what the rule composes for a placeholder transposes it back, node by node.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from minigraph.compiler.lowering import lowered
from minigraph.core.errors import OperationError, RuleError, ShapeError
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.provenance import PATH, calling_line, composed_at, places, typed, within
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import contributions
from minigraph.core.values import wide, widened
from minigraph.core.vjp import derivative_blocks, differentiable, on_the_way, reverse_mode
from minigraph.ops.copies import substituted
from minigraph.readings import placeholder_for

__all__ = ["jvp"]


def jvp(output: NodeLike, wrt: Sequence[NodeLike], tangents: Sequence[NodeLike | ArrayLike]) -> Node:
    """The derivative of `output` along a direction, the Jacobian-vector product, by forward-mode differentiation.

    Parameters
    ----------
    output
        What is differentiated: any node of floating-point numbers, no scalar need be.
    wrt
        The nodes that move.
    tangents
        How fast each of them moves: a node, or numbers, of its shape and type.

    Returns
    -------
    A node of the output's shape and type: Σ ∂output/∂wrt · tangent. It is composed of the operations' own rules; with what
    `mg.gradient` gives as the output it is a Hessian-vector product.

    Raises
    ------
    ShapeError, OperationError
        Where a tangent is not like its node, or there are not as many.
    UnreadableRuleError
        Where a rule on the way runs on numbers alone.

    Source: J. Townsend, "A new trick for calculating Jacobian vector products", 2017, which transposes reverse mode.

    >>> import minigraph as mg
    >>> x, v = mg.Input("x", (2,)), mg.Input("v", (2,))
    >>> (derivative,) = mg.gradient((x * x * x).sum(), [x])
    >>> mg.Graph(hv=mg.jvp(derivative, [x], [v])).forward(x=[1, 2], v=[1, 0])["hv"]
    array([6., 0.], dtype=float32)
    """
    output, nodes = differentiable("jvp", output, wrt)
    if not isinstance(tangents, list | tuple) or len(tangents) != len(nodes):
        raise OperationError(f"jvp takes a list with a tangent for each of the {len(nodes)} nodes of wrt.")
    order = topological_order([output])
    block, beside = derivative_blocks(order)
    with composed_at(calling_line()), within(PATH, (block,)):
        moving: dict[Node, Any] = {}
        for node, tangent in zip(nodes, tangents, strict=True):
            moving[node] = _sum(moving.get(node), widened(_tangent(node, tangent)))
        for node in on_the_way(order, nodes):
            with beside(node):
                follows = _moved(node, moving) if node.operands and node.dtype.kind == "f" else None
                if follows is not None:
                    moving[node] = _sum(moving.get(node), follows)
        found: Any = moving.get(output)
        if found is None:
            found = np.broadcast_to(Constant(0, dtype=output.dtype), np.shape(output))
        moved: Node = found if found.dtype == output.dtype else found.astype(output.dtype)
        return moved


def _tangent(node: Node, given: Any) -> Node:
    tangent = given if isinstance(given, Node) else Constant(given, dtype=node.dtype)
    if tangent.shape != node.shape or tangent.dtype != node.dtype:
        raise ShapeError(f"The tangent of {node} must be like it, {typed(node)}, not {typed(tangent)}.{places(node)}")
    return tangent


def _sum(one: Any, other: Any) -> Any:
    return other if one is None else one + other


def _moved(node: Node, moving: dict[Node, Any]) -> Any:
    """How fast a node's value moves with its operands, by its rule transposed; in half precision it is float32."""
    hole = placeholder_for(node, "tangent")
    hole.dtype = wide(node.dtype)
    source, gradient = node, cast(Any, hole)
    while source.operands[0].dtype.kind == "O":  # it is a part of what has several values
        (gradient,) = contributions(source, gradient, source, source.operands)
        source = source.operands[0]
    total = None
    for operand, part in zip(source.operands, contributions(source, gradient, source, source.operands), strict=True):
        if operand in moving and part is not None:
            order = on_the_way(topological_order([part], known={node, source, *source.operands}), [hole])
            found = reverse_mode(order, lambda each: each, moving[operand]).get(hole)
            if found is not None:
                total = _sum(total, found)
    around = [node, source, *source.operands, *(moving[each] for each in source.operands if each in moving)]
    kept: dict[Node, Node] = {each: each for each in around}
    if total is None or hole not in topological_order([total], kept):
        return total
    if not source.trusted:
        _check_linear(source, total, hole, kept)
    zeros: Any = np.broadcast_to(Constant(0, dtype=hole.dtype), np.shape(node))  # what is linear has one derivative everywhere
    return substituted([total], kept | {hole: zeros})[total]


def _check_linear(node: Node, moved: Node, hole: Node, known: Iterable[Node]) -> None:
    """Raise where the derivative of a rule depends on the gradient that it is given, and not on its shape alone."""
    near = substituted([moved], {each: placeholder_for(each, "known") for each in known})[moved]
    if hole in topological_order([lowered([near])[near]]):  # what is lowered asks nobody for a shape
        rule = f"{type(node).__name__}.backward"
        raise RuleError(f"{rule} is not linear in its gradient, so that no derivative follows from it.{places(node)}")
