"""Reverse-mode differentiation: the idea that everything here follows from.

One traversal serves numbers and nodes. Given the values of a run it gives the gradients as arrays; given the nodes
themselves it composes the gradient as a graph, which can be drawn, run, and differentiated again.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import DTypeError, GraphError, OperationError, ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.core.provenance import DERIVATIVES, PATH, calling_line, composed_at, derivative_order, typed, within
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import contributions

__all__ = ["Way", "check_scalar", "derivative_blocks", "differentiable", "gradient", "is_scalar", "on_the_way", "reverse_mode"]

Way = dict[Node, tuple[bool, tuple[bool, ...]]]
"""Nodes in topological order, each with whether its gradient is kept, and which of its operands are on the way, too."""


def reverse_mode(
    way: Way,
    value: Callable[[Node], Any],
    cotangent: Any,
    at: Callable[[Node], AbstractContextManager[Any]] = nullcontext,
) -> dict[Node, Any]:
    """Carry the derivative of the last node on a way back to all others on it.

    `value` gives what stands for a node, its array or itself; `cotangent` is the derivative of what follows the last one. What
    a node contributes is composed inside of `at(node)`. Gradients of half precision are carried and given in float32.
    """
    gradients = dict.fromkeys([*way][-1:], cotangent)
    for node in reversed(way):
        kept, needed = way[node]
        if node not in gradients or True not in needed:
            continue  # nothing follows, as for a leaf, or it is reached through labels or indices only
        with at(node):
            gradient = gradients[node] if kept else gradients.pop(node)
            found = contributions(node, gradient, value(node), list(map(value, node.operands)), needed)
            for operand, wanted, part in zip(node.operands, needed, found):  # noqa: B905 - asking for as many takes a while
                if wanted and part is not None:
                    gradients[operand] = gradients[operand] + part if operand in gradients else part
    return gradients


def on_the_way(order: Iterable[Node], sources: Container[Node] | None = None) -> Way:
    """The way of a derivative back through a topological order, to the sources, whose gradients are kept; else to all."""
    way: Way = {}
    alike: dict[Any, Any] = {}  # of a long chain all are, and take no memory
    for node in order:
        kept, needed = step = sources is None or node in sources, tuple([operand in way for operand in node.operands])
        if (kept or True in needed) and not isinstance(node, Constant):
            way[node] = alike.setdefault(step, step)
    return way


def gradient(output: NodeLike, wrt: Sequence[NodeLike], cotangent: Node | ArrayLike | None = None) -> list[Node]:
    """The derivative of `output` with respect to each node of `wrt`, as nodes.

    Parameters
    ----------
    output
        What is differentiated.
    wrt
        Nodes of floating-point numbers. What the output does not depend on gets zeros.
    cotangent
        The derivative of what follows the output, of its shape and type: the result is then the vector-Jacobian product. A
        scalar needs none.

    Returns
    -------
    A node for each of `wrt`, of its shape and type. All that is composed is in the block "gradient", or "second derivative".

    >>> import minigraph as mg
    >>> x = mg.Input("x", ())
    >>> (derivative,) = mg.gradient(x * x * x, [x])
    >>> (second,) = mg.gradient(derivative, [x])
    >>> float(mg.Graph(second).forward(x=2.0)[second])
    12.0
    """
    output, nodes = differentiable("gradient", output, wrt)
    order = topological_order([output])
    block, beside = derivative_blocks(order)
    with composed_at(calling_line()), within(PATH, (block,)):
        gradients = reverse_mode(on_the_way(order, {*nodes}), lambda node: node, _cotangent(output, cotangent), beside)
        for node in nodes:
            if node not in gradients:  # no path leads there
                gradients[node] = np.broadcast_to(Constant(0, dtype=node.dtype), np.shape(node))
        found = [gradients[node] if isinstance(gradients[node], Node) else Constant(gradients[node]) for node in nodes]
        return [each if each.dtype == node.dtype else each.astype(node.dtype) for each, node in zip(found, nodes, strict=True)]


def derivative_blocks(order: Sequence[Node]) -> tuple[str, Callable[[Node], AbstractContextManager[None]]]:
    """The block of a derivative of these nodes, and what composes inside of it, for each, in a block like the node's own."""
    block = DERIVATIVES[min(max(derivative_order(node.block) for node in order) + 1, len(DERIVATIVES) - 1)]
    return block, lambda node: within(PATH, (block, *node.block[derivative_order(node.block) > 0 :]))


def differentiable(function: str, output: Any, wrt: Any) -> tuple[Node, Sequence[Node]]:
    """What is differentiated, and with respect to which nodes, or an error that says why there is no such derivative."""
    if not isinstance(output, Node):
        raise OperationError(f"{function} takes the derivative of a node, not of {output!r}.")
    if not isinstance(wrt, list | tuple):
        remedy = f" and gives one back: (derivative,) = mg.gradient({output}, [{wrt}])" if function == "gradient" else ""
        raise OperationError(f"{function} takes a list of nodes{remedy or ', not ' + repr(wrt)}.")
    for node in wrt:
        if not isinstance(node, Node):
            raise OperationError(f"{function} is taken with respect to nodes, not {node!r}.")
        if isinstance(node, Constant):
            raise GraphError(f"{node} is a constant and takes no derivative.{places(node)}\n  Make it a Parameter or an Input.")
        if node.dtype.kind != "f":
            raise DTypeError(f"{node} holds {node.dtype}: whole numbers take no derivative.{places(node)}")
    return output, wrt


def _cotangent(output: Node, cotangent: Node | ArrayLike | None) -> Node:
    if cotangent is None:
        check_scalar(output)
        return Constant(np.ones((1,) * output.ndim), dtype=output.dtype)
    given = cotangent if isinstance(cotangent, Node) else Constant(cotangent, dtype=output.dtype)
    if given.shape != output.shape or given.dtype != output.dtype:
        raise ShapeError(f"The cotangent of {output} must be like it, {typed(output)}, not {typed(given)}.{places(output)}")
    return given


def is_scalar(output: Node) -> bool:
    """Whether an output is one real number, so that its derivative with respect to itself is 1."""
    return output.dtype.kind == "f" and all(axis == 1 for axis in output.shape)


def check_scalar(output: Node) -> None:
    """Raise unless the output is a scalar, which needs no cotangent."""
    if output.dtype.kind != "f":
        raise DTypeError(f"{output} holds {output.dtype}: there is no derivative of whole numbers.{places(output)}")
    if not is_scalar(output):
        why = f"{described(output)} is not a scalar, so its gradient needs a cotangent of that shape: the derivative of what"
        remedy = "Give cotangent=…, or reduce the output first, as in output.sum()."
        raise GraphError(f"{why} follows with respect to it.{places(output)}\n  {remedy}")
