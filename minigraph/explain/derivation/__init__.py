"""The derivation of a gradient, written as a person writes it, and all of it read from the rules that run."""

from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import numpy as np

from minigraph.core.errors import DTypeError, GraphError, OperationError, listing
from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node, NodeLike
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.core.run import forward
from minigraph.explain.derivation.derivation import Derivation
from minigraph.explain.derivation.measure import Measured, measure
from minigraph.explain.derivation.program import program_of
from minigraph.explain.derivation.repeats import once
from minigraph.explain.derivation.shortening import always, certainly, holding
from minigraph.explain.derivation.steps import DerivationStep, steps_of
from minigraph.explain.derivation.trace import trace
from minigraph.explain.derivation.traced import Traced
from minigraph.ops.copies import rebuilt
from minigraph.readings import short_names
from minigraph.readings.algebra import Condition
from minigraph.readings.sameness import signature
from minigraph.readings.typesetting import MATHML

__all__ = ["Derivation", "DerivationStep", "derive", "derive_graph", "gradients_written"]

MOST = 12
"""Up to how many names a message lists."""

FEW = 40
"""Up to how many operations a graph's gradients are each written out."""


def derive(output: NodeLike, wrt: NodeLike, /, **inputs: Any) -> Derivation:
    """The derivation of the gradient of `output` with respect to `wrt`, step by step, all of it read from the rules.

    It shows what is computed, the local derivative of each operation, how the chain rule puts those together, and the gradient
    of each named value in turn; then the whole in one, where that can be read, and as lines of NumPy. A value without a name is
    written out, or called u1, u2, … where that would be long: `Graph(…, names=locals())` names them.

    Parameters
    ----------
    output
        What is derived, a node of floating-point numbers. Where it is no scalar, the gradient is that of Σ □ ⊙ output for a
        cotangent □ of its shape.
    wrt
        The node with respect to which it is derived, on which the output depends.
    **inputs
        The values of the inputs, as a run takes them. With them each step also holds its numbers, in double precision: the
        value of the very expression that is displayed, compared with reverse mode, and the derivative along a random
        direction, compared with finite differences.

    Returns
    -------
    Derivation
        Its `.ok` says whether all agree; it is None without inputs.

    Raises
    ------
    OperationError
        Where an argument is no node.
    GraphError
        Where `output` does not depend on `wrt`, is `wrt`, or no derivative leads back to it.
    DTypeError
        Where one of the two holds whole numbers.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N", 2)), mg.Parameter("w", [[3.0], [4.0]])
    >>> a = mg.Tanh(x @ w, name="a")
    >>> print(derive(a.sum(), w, x=[[0.1, 0.0]]).text)  # doctest: +ELLIPSIS
    The gradient of output with respect to w
    What is computed
      1. a = tanh(x · w)
           N × 1: 0.291
    ...
    """
    if not isinstance(output, Node):
        raise OperationError(f"derive takes the gradient of a node, as in mg.derive(loss, W1), not of {output!r}.")
    return derive_graph(Graph(output), wrt, **inputs)


def derive_graph(graph: Graph, wrt: NodeLike | str, /, **inputs: Any) -> Derivation:
    """The derivation of the gradient of a graph's first output with respect to a node, as `derive` gives it.

    `wrt` is the node or its name. Whatever has a name in the graph is written by it, other outputs too: ŷ rather than
    softmax(z2).
    """
    output = next(iter(graph.outputs.values()))
    node = _checked(graph, output, graph[wrt] if isinstance(wrt, str) else wrt)
    double, copies = _in_double(graph, node)
    measuring = bool(inputs) or not double.inputs
    run = cache(lambda: forward(double, **inputs))  # what has no derivation is told before what the inputs lack
    traced = _traced(graph, double, copies, output, node, holding(run) if measuring else always)
    if not _leads_back(traced):
        raise GraphError(
            f"No derivative leads from {described(output)} back to {described(node)}: what lies between is a choice, an order "
            f"or a rounding, or stops gradients.{places(output, node)}"
        )
    measured = measure(run(), traced) if measuring else Measured()
    return Derivation(_title(traced), once(steps_of(traced, measured)), *program_of(traced))


def gradients_written(graph: Graph, output: Node) -> dict[Node, str]:
    """The gradient with respect to each named node, as MathML of an equation, where it is short enough to be written out.

    A graph of many operations has none: there each gradient is one of those before it.
    """
    if len(graph.operations) > FEW or output.dtype.kind != "f":
        return {}
    written = {}
    for node in topological_order([output]):
        if node.name and node.dtype.kind == "f" and node is not output and not isinstance(node, Constant):
            traced = _traced(graph, *_in_double(graph, node), output, node, certainly)
            steps = steps_of(traced, Measured()) if _leads_back(traced) else []
            if steps and steps[-1].kind in ("gradient", "whole"):
                name, *_, expression = map(MATHML.write, steps[-1].sides)
                beside = [(MATHML.write(each), MATHML.side(what)) for each, what in steps[-1].beside]
                lines = [(name, expression), *beside]
                both = [f'<math displaystyle="true">{a}<mo form="infix">=</mo>{b}</math>' for a, b in lines]
                written[node] = " with ".join([both[0], ", ".join(both[1:])] if beside else both)
    return written


def _traced(
    graph: Graph, double: Graph, copies: dict[Node, Node], output: Node, wrt: Node, assumed: Callable[[Condition], bool]
) -> Traced:
    """The derivation of the gradient, from the graph's copy in double precision."""
    short = {copies[node]: name for node, name in short_names(graph).items()}
    taken = {node.name for node in graph.nodes if node.name}
    return trace(double, copies[output], copies[wrt], taken, short, assumed)


def _leads_back(traced: Traced) -> bool:
    """Whether a derivative leads from the output back to the node."""
    return bool(traced.gradients) and traced.gradients[-1].node is traced.wrt


def _in_double(graph: Graph, wrt: Node) -> tuple[Graph, dict[Node, Node]]:
    """The graph in double precision, after common-subexpression elimination, which spares the node that is asked for.

    So each value has one name, and its gradient is the sum over all ways that lead back to it.
    """
    double = graph.astype(np.float64)
    first: dict[Hashable, Node] = {}
    merged: dict[Node, Node] = {}
    separate = double.nodes[graph.nodes.index(wrt)]
    for node in double.nodes:
        own = rebuilt(node, [merged[operand] for operand in node.operands])
        alone = node is separate or (isinstance(node, Constant) and node.name)
        merged[node] = one = own if alone else first.setdefault(signature(own), own)
        one.name = one.name or node.name
    outputs = {name: merged[node] for name, node in double.outputs.items()}
    return Graph(outputs), {node: merged[copy] for node, copy in zip(graph.nodes, double.nodes, strict=True)}


def _title(traced: Traced) -> str:
    return f"The gradient of {traced.called(traced.output).word} with respect to {traced.called(traced.wrt).word}"


def _checked(graph: Graph, output: Node, wrt: NodeLike) -> Node:
    """The node `wrt`; raises unless the output depends on `wrt`, and both hold numbers that have a derivative."""
    if not isinstance(wrt, Node):
        raise OperationError(f"derive takes the gradient with respect to a node, as in mg.derive(loss, W1), not to {wrt!r}.")
    if output.dtype.kind != "f":
        raise DTypeError(f"{output} holds {output.dtype}: there is no derivative of whole numbers.{places(output)}")
    if isinstance(wrt, Constant):
        raise GraphError(f"{wrt} is a constant and takes no derivative.{places(wrt)}\n  Make it a Parameter or an Input.")
    if wrt.dtype.kind != "f":
        raise DTypeError(f"{wrt} holds {wrt.dtype}: whole numbers take no derivative.{places(wrt)}")
    on_the_way = topological_order([output])
    if wrt is output:
        raise GraphError(f"The derivative of {described(output)} with respect to itself is 1: there is nothing to derive.")
    if wrt not in on_the_way:
        named = [str(each.name) for each in on_the_way if each.name and each.dtype.kind == "f" and each is not output]
        more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
        way = f"{', '.join(named[:MOST])}{more}" if more else listing(named)
        raise GraphError(f"{described(output)} does not depend on {described(wrt)}; it does on {way}.{places(output, wrt)}")
    return wrt
