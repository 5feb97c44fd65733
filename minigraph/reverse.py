"""Reverse-mode differentiation: the idea that everything here follows from.

One traversal serves numbers and nodes. Given the values of a run it gives the gradients as arrays; given the nodes
themselves it composes the gradient as a graph, which can be drawn, run, and differentiated again.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minigraph.axes import Shape, show_shape
from minigraph.errors import DTypeError, GraphError, RuleError
from minigraph.node import Constant, Node, described, places

__all__ = ["gradient", "reverse_mode", "topological_order", "unbroadcast"]


def topological_order(outputs: Iterable[Node]) -> list[Node]:
    """Every node that the outputs depend on, operands before what uses them."""
    order: list[Node] = []
    seen: set[Node] = set()
    pending = [(output, False) for output in reversed(list(outputs))]
    while pending:
        node, operands_done = pending.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            pending.append((node, True))
            pending.extend((operand, False) for operand in reversed(node.operands))
    return order


def reverse_mode(order: Sequence[Node], value: Callable[[Node], Any], seed: Any) -> dict[Node, Any]:
    """Carry the derivative of the last node of a topological order back to every node that it depends on."""
    gradients = {order[-1]: seed}
    for node in reversed(order):
        if node not in gradients or not node.operands:
            continue  # it is a leaf, or is reached through labels or indices only
        shares = node.backward(gradients[node], value(node), *map(value, node.operands))
        for operand, share in zip(node.operands, as_shares(node, shares), strict=True):
            if share is None or isinstance(operand, Constant):
                continue
            share = unbroadcast(share, value(operand), node)
            gradients[operand] = gradients[operand] + share if operand in gradients else share
    return gradients


def as_shares(node: Node, shares: Any) -> tuple[Any, ...]:
    """What a backward rule returned, one share an operand; a rule of one operand may return its share alone."""
    each: tuple[Any, ...] = shares if isinstance(shares, tuple) else (shares,)
    if len(each) != len(node.operands):
        raise RuleError(
            f"{type(node).__name__}.backward gave {len(each)} gradients for {len(node.operands)} operands: "
            f"it must give one for each, None for one that takes none.{places(node)}"
        )
    return each


def unbroadcast(share: Any, operand: Any, node: Node) -> Any:
    """The share summed over the axes along which its operand was broadcast, so that it has the operand's shape."""
    found: Shape = getattr(share, "shape", ())
    if found == operand.shape:
        return share
    new = len(found) - len(operand.shape)
    if new > 0:
        share = share.sum(axis=tuple(range(new)))
    repeated = tuple(i for i, axis in enumerate(operand.shape) if axis == 1 and share.shape[i : i + 1] != (1,))
    if repeated and new >= 0:
        share = share.sum(axis=repeated, keepdims=True)
    if new < 0 or share.shape != operand.shape:
        raise RuleError(
            f"{type(node).__name__}.backward gave a gradient of shape {show_shape(found)} for an operand of shape "
            f"{show_shape(operand.shape)}: give it that shape, or one that broadcasting made of it.{places(node)}"
        )
    return share


def gradient(output: Node, wrt: Sequence[Node], seed: Node | None = None) -> list[Node]:
    """The derivative of `output` with respect to each node of `wrt`, as nodes.

    For an output that is not a scalar, `seed` holds the derivative of what follows it: the result is then the
    vector-Jacobian product. What the output does not depend on gets zeros.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> (slope,) = mg.gradient(x * x * x, [x])
    >>> (curvature,) = mg.gradient(slope, [x])
    >>> float(mg.Graph(curvature).forward(x=2.0)[curvature])
    12.0
    """
    for node in wrt:
        if node.dtype.kind != "f":
            raise DTypeError(f"{node} holds {node.dtype}: whole numbers take no derivative.{places(node)}")
    if seed is None:
        check_scalar(output)
        seed = Constant(np.ones((1,) * output.ndim), dtype=output.dtype)
    gradients = reverse_mode(topological_order([output]), lambda node: node, seed)
    return [gradients[node] if node in gradients else zeros_like(node) for node in wrt]


def zeros_like(node: Node) -> Any:
    """Zeros of the node's shape: its gradient where no path leads to it."""
    return np.broadcast_to(Constant(0, dtype=node.dtype), np.shape(node))


def check_scalar(output: Node) -> None:
    """Raise unless the output has one element, so that its derivative with respect to itself is 1."""
    if output.dtype.kind != "f":
        raise DTypeError(f"{output} holds {output.dtype}: there is no derivative of whole numbers.{places(output)}")
    if any(axis != 1 for axis in output.shape):
        raise GraphError(
            f"{described(output)} is not a scalar, so its gradient needs a seed of that shape: the derivative of what "
            f"follows with respect to it.{places(output)}\n  Give seed=…, or reduce the output first, as in output.sum()."
        )
