"""The mathematics of a gradient, traced from the rules: what is defined, each local derivative, each gradient on the way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minigraph.core.errors import RuleError
from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node
from minigraph.core.opaque import Part
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import topological_order
from minigraph.core.rules import node_vjp
from minigraph.core.shapes import show_shape
from minigraph.explain.derivation.naming import LONGEST, Names
from minigraph.readings import Expression, Placeholder, expand, expression_of, is_array, placeholder_for, symbols
from minigraph.readings.formula import FEW
from minigraph.readings.letters import format_array

__all__ = ["Arrival", "Definition", "Passage", "Traced", "trace"]

HOLE = Expression("name", word="□")
"""The gradient that arrives, in a local derivative."""

LONG = 4
"""Up to how many operations a gradient is passed on as it is, without a name."""

WHOLE = 16
"""Up to how many operations the whole gradient is written out."""


@dataclass(frozen=True)
class Definition:
    """A named value, with one or two ways to write it."""

    node: Node
    name: Expression
    sides: tuple[Expression, ...]


@dataclass(frozen=True)
class Passage:
    """What the gradient of one named value becomes on its way to another: the local derivative, with □ for the gradient."""

    start: Node
    end: Node
    local: Expression


@dataclass(frozen=True)
class Arrival:
    """The gradient for a named value, from the gradients of those that it acts on."""

    node: Node
    graph: Node
    """The gradient as a node."""
    expression: Expression
    auxiliary: tuple[Definition, ...]
    """What the expression calls by a name made up for it."""
    hole: Placeholder
    """The leaf that stands for it in the gradients that follow."""


@dataclass
class Traced:
    """All that a derivation tells, in order."""

    names: Names
    output: Node
    wrt: Node
    cotangent: Placeholder | None
    """The gradient that arrives at an output that is no scalar."""
    definitions: list[Definition] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    whole: Expression | None = None
    """The gradient without names for the gradients on its way, where that is short enough to be read."""

    def called(self, node: Node) -> Expression:
        """The name of a value that has one."""
        name = self.names.known(node)
        assert name is not None
        return name


def trace(graph: Graph, output: Node, wrt: Node) -> Traced:
    """Trace the derivation of the gradient of `output` with respect to `wrt`; both are the graph's.

    Where no derivative leads from one to the other, there are no arrivals. What turns out to need a name on the way back is
    named in a second go, so that the names follow the order of the graph.
    """
    traced, late = _traced(graph, output, wrt, frozenset())
    return _traced(graph, output, wrt, late)[0] if late else traced


def _traced(graph: Graph, output: Node, wrt: Node, chosen: frozenset[Node]) -> tuple[Traced, frozenset[Node]]:
    """The derivation with names for the chosen nodes, and whatever more was named on the way back."""
    order = graph.order(output)
    scalar = all(axis == 1 for axis in output.shape)
    cotangent = None if scalar else placeholder_for(output, "□")
    traced = Traced(Names(graph.nodes, graph.outputs, wrt), output, wrt, cotangent)
    if cotangent is not None:
        traced.names.stand_for(cotangent, Expression("name", word="□", meaning=cotangent))
    way = _way(order, wrt)
    with composed_at(""):
        stops = _stops(traced, order, way, chosen)
        late = _walk(traced, order, way, stops)
        if late and not chosen:
            return traced, late
        if len(stops) <= LONGEST:
            _write_whole(traced, order, way)
        _define(traced, graph, stops)
    return traced, late


def _way(order: Sequence[Node], wrt: Node) -> set[Node]:
    """Whatever depends on `wrt`, itself among them."""
    way = {wrt}
    for node in order:
        if any(operand in way for operand in node.operands):
            way.add(node)
    return way


def _stops(traced: Traced, order: Sequence[Node], way: set[Node], chosen: frozenset[Node]) -> set[Node]:
    """The values on the way with a name, or that get one: the chosen, what acts in several ways, what is long to write."""
    names = traced.names
    users = Counter(operand for node in order if node in way for operand in node.operands)
    stops = {traced.output, traced.wrt}
    length: dict[Node, int] = {}
    for node in order:
        length[node] = 0 if not node.operands else 1 + sum(length[operand] for operand in node.operands)
        several = node in way and users[node] > 1 and node.operands and expression_of(node, names.written, True).form != "name"
        if node not in stops and names.known(node) is None and (several or length[node] > LONGEST or node in chosen):
            names.invent(node)
        if node in stops or names.known(node) is not None:
            length[node] = 0
            stops |= {node} & way
    for node in (traced.output, traced.wrt):
        if names.known(node) is None:
            names.invent(node)
    return stops


def _walk(traced: Traced, order: Sequence[Node], way: set[Node], stops: set[Node]) -> frozenset[Node]:
    """Go back as reverse mode does, and begin a new name at each stop; the stops that were made on the way are returned."""
    names, late = traced.names, set()
    arriving: dict[Node, list[tuple[Node, Node]]] = {traced.output: [(traced.output, _start(traced))]}
    for node in reversed(order):
        if node not in arriving:
            continue
        by_start = {
            start: _added(share for each, share in arriving[node] if each is start)
            for start in dict.fromkeys(start for start, _ in arriving[node])
        }
        if node not in stops and max(map(names.length, by_start.values())) > LONG:
            names.invent(node)
            late.add(node)
        if (node in stops or node in late) and node is not traced.output:
            by_start = {node: _arrive(traced, node, by_start, _added(share for _, share in arriving[node]))}
        if node is not traced.wrt:
            for start, gradient in by_start.items():
                for operand, share in _shares(names, node, gradient, node):
                    if operand in way:
                        arriving.setdefault(operand, []).append((start, share))
    return frozenset(late)


def _arrive(traced: Traced, node: Node, by_start: dict[Node, Node], total: Node) -> Placeholder:
    """Write down the gradient for a stop, and give the leaf that stands for it from there on."""
    names = traced.names
    auxiliary = tuple(_definition(names, each) for each in names.shorten(total))
    holes = {arrival.node: arrival.hole for arrival in traced.arrivals}
    for start, share in by_start.items():
        local = _with_hole(expression_of(share, names.written), holes.get(start))
        traced.passages.append(Passage(start, node, local))
    hole = placeholder_for(node, "δ")
    traced.arrivals.append(Arrival(node, total, expression_of(total, names.written), auxiliary, hole))
    names.stand_for(hole, Expression("gradient", word=traced.called(node).word, meaning=hole))
    return hole


def _with_hole(expression: Expression, hole: Placeholder | None) -> Expression:
    """The expression with □ in the place of the gradient that a leaf stands for."""
    if hole is not None and expression.meaning is hole:
        return HOLE
    return replace(expression, parts=tuple(_with_hole(part, hole) for part in expression.parts))


def _shares(names: Names, node: Node, gradient: Node, y: Node) -> list[tuple[Node, Node]]:
    """What a node's rule gives each of its operands, as nodes; a rule that runs on numbers only is written as a call."""
    try:
        shares = list(node_vjp(node, gradient, y, node.operands))
    except RuleError:
        if isinstance(node, Part):  # the way leads through a rule of which there is no derivative
            raise
        shares = [_call(names, node, gradient, i) if each.dtype.kind == "f" else None for i, each in enumerate(node.operands)]
    return [
        (operand, share if isinstance(share, Node) else Constant(share))
        for operand, share in zip(node.operands, shares, strict=True)
        if share is not None and not isinstance(operand, Constant)
    ]


def _call(names: Names, node: Node, gradient: Node, i: int) -> Node:
    """A leaf that is written as the call of the node's `backward`."""

    def backward(gradient: Any, y: Any, *operands: Any) -> Any:
        return node_vjp(node, gradient, y, operands)[i]

    leaf = placeholder_for(node.operands[i], "backward")
    parts = tuple(expression_of(each, names.written, exact=True) for each in (gradient, node, *node.operands))
    names.stand_for(leaf, Expression("call", parts, f"{type(node).__name__}.backward", backward))
    return leaf


def _write_whole(traced: Traced, order: Sequence[Node], way: set[Node]) -> None:
    """The gradient in one expression, as a person writes it out."""
    names = traced.names
    gradients: dict[Node, Node] = {traced.output: _start(traced)}
    for node in reversed(order):
        if node in gradients and node is not traced.wrt:
            for operand, share in _shares(names, node, gradients[node], _spelled(names, node)):
                if operand in way:
                    gradients[operand] = gradients[operand] + share if operand in gradients else share
    if traced.wrt in gradients and names.length(gradients[traced.wrt]) <= WHOLE:
        traced.whole = expression_of(gradients[traced.wrt], names.written)


def _spelled(names: Names, node: Node) -> Node:
    """The node, or, where its rule reads its value only once, a twin that is written by its definition: 1 − tanh²(z1)."""
    if len(node.operands) != 1 or expand(node) is not node or not node.name:
        return node
    shares = _shares(names, node, placeholder_for(node, "□"), node)
    reads = [each for _, share in shares for each in symbols(expression_of(share, names.written)) if each.meaning is node]
    if len(reads) != 1:
        return node
    twin = placeholder_for(node, str(node.name))
    names.stand_for(twin, expression_of(node, names.written, defined=True, exact=True))
    return twin


def _define(traced: Traced, graph: Graph, stops: set[Node]) -> None:
    """Define the stops, and whatever else the derivation speaks of, each behind what it is defined by."""
    names = traced.names
    told = [passage.local for passage in traced.passages] + [arrival.expression for arrival in traced.arrivals]
    told += [side for arrival in traced.arrivals for each in arrival.auxiliary for side in each.sides]
    forward = {each.node: each for arrival in traced.arrivals for each in arrival.auxiliary if not _reads_gradient(each.node)}
    held = {names.canonical(node): node for node in [*forward, *reversed(graph.nodes)]}
    pending = [*stops, *_named_in(told, held, names)]
    found: dict[Node, Definition] = {}
    while pending:
        node = pending.pop()
        if node not in found and (node.operands or is_array(node)):
            found[node] = forward.get(node) or _definition(names, node)
            pending += _named_in(found[node].sides, held, names)
    traced.definitions = _sorted(found, [node for node in graph.nodes if node is not traced.output], held, names)
    for i, arrival in enumerate(traced.arrivals):
        own = tuple(each for each in arrival.auxiliary if each.node not in forward)
        traced.arrivals[i] = replace(arrival, auxiliary=own)


def _sorted(found: dict[Node, Definition], nodes: list[Node], held: dict[Node, Node], names: Names) -> list[Definition]:
    """The definitions, as far as they can in the order of the graph."""
    order: dict[Node, Definition] = {}
    pending = [node for node in reversed([*nodes, *found]) if node in found]
    while pending:
        node = pending[-1]
        waiting = [each for each in _named_in(found[node].sides, held, names) if each in found and each not in order]
        waiting = [each for each in waiting if each is not node]
        if waiting and node not in order:
            pending += reversed(waiting)
        else:
            order.setdefault(pending.pop(), found[node])
    return list(order.values())


def _reads_gradient(node: Node) -> bool:
    """Whether it is composed of a gradient that arrives."""
    return any(isinstance(each, Placeholder) for each in topological_order([node]))


def _named_in(expressions: Sequence[Expression], held: dict[Node, Node], names: Names) -> list[Node]:
    meant = [symbol.meaning for expression in expressions for symbol in symbols(expression)]
    named = [names.canonical(node) for node in meant if isinstance(node, Node) and names.known(node)]
    return [held.get(node, node) for node in named if node in held or is_array(node)]


def _definition(names: Names, node: Node) -> Definition:
    """A value's name, its operation, and what that is composed of where it is short."""
    name = names.known(node)
    assert name is not None
    if is_array(node):
        return Definition(node, name, (_numbers(node),))
    sides = [expression_of(node, names.written, defined=True)]
    parts = expand(node)
    if parts is not node and names.known(parts) is None and names.length(parts) <= LONGEST:
        sides.append(expression_of(parts, names.written))
    return Definition(node, name, tuple(sides))


def _numbers(constant: Any) -> Expression:
    """The elements of an array, where they are few."""
    few = 0 < constant.value.size <= FEW
    said = format_array(constant.value) if few else f"an array of {show_shape(constant.shape)} that the graph holds"
    return Expression("literal", word=said, meaning=constant.value)


def _start(traced: Traced) -> Node:
    """The gradient that the output has: 1, or what arrives at one that is no scalar."""
    if traced.cotangent is not None:
        return traced.cotangent
    one = placeholder_for(traced.output, "1")
    traced.names.stand_for(one, Expression("number", word="1", meaning=np.ones((1,) * one.ndim)))
    return one


def _added(shares: Any) -> Node:
    total, *others = shares
    for share in others:
        total = total + share
    return total  # type: ignore[no-any-return]
