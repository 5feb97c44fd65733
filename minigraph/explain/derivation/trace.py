"""Reverse mode traced as mathematics: what is defined, each local derivative, each gradient on the way back."""

import operator
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.errors import RuleError
from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import composed_at
from minigraph.core.rewriting import altered, topological_order
from minigraph.core.rules import node_vjp
from minigraph.core.shapes import show_shape
from minigraph.explain.derivation.naming import LONGEST, Names, is_read_of_scan
from minigraph.explain.derivation.shortening import Shortening, always
from minigraph.explain.derivation.traced import INCOMING, Definition, LocalDerivative, NamedGradient, Traced
from minigraph.ops.arithmetic import StopGradient
from minigraph.ops.checks import WithoutDerivative
from minigraph.ops.multi_output import MultiOutput, Part
from minigraph.ops.windows import Sliding
from minigraph.readings import Expression, Placeholder, expand, expression_of, is_array, placeholder_for, symbols
from minigraph.readings.algebra import Condition
from minigraph.readings.formula import FEW, Formula
from minigraph.readings.letters import format_array
from minigraph.readings.names import is_reciprocal

__all__ = ["trace"]

LONG = 4
"""Up to how many operations a gradient is passed on as it is, without a name."""

WHOLE = 16
"""Up to how many operations the whole gradient is written out."""


def trace(
    graph: Graph,
    output: Node,
    wrt: Node,
    taken: Collection[str] = (),
    short: Mapping[Node, str] | None = None,
    assumed: Callable[[Condition], bool] = always,
) -> Traced:
    """Trace the derivation of the gradient of `output` with respect to `wrt`; both are the graph's.

    No name that is `taken`, such as that of a node which was merged with another, is given to a value. What nobody named has
    its `short` name, where it has one. `assumed` says which conditions gradients may be simplified under.

    Where no derivative leads from one to the other, there are no gradients. What turns out to need a name on the way back is
    named in a second pass, so that the names follow the order of the graph.
    """
    with composed_at(""):
        shorten = Shortening(graph.nodes, output, assumed)
        late = Tracer(graph, output, wrt, shorten, taken, short).walk_back(only_naming=True)
        tracer = Tracer(graph, output, wrt, shorten, taken, short, late)
        tracer.walk_back()
        if len(tracer.stops) <= LONGEST:
            tracer.write_whole()
        tracer.define()
    return tracer.traced


class Tracer:
    """It walks back from the output as reverse mode does, and begins a new name at each of the `stops`."""

    def __init__(
        self,
        graph: Graph,
        output: Node,
        wrt: Node,
        shorten: Shortening,
        taken: Collection[str],
        short: Mapping[Node, str] | None,
        chosen: frozenset[Node] = frozenset(),
    ) -> None:
        self.shorten = shorten
        cotangent = None if all(axis == 1 for axis in output.shape) else placeholder_for(output, "□")
        self.names = Names(graph.nodes, graph.outputs, wrt, taken, short)
        self.traced = Traced(self.names, output, wrt, cotangent)
        if cotangent is not None:
            self.names.stand_for(cotangent, Expression("name", word="□", meaning=cotangent))
        self.graph, self.order = graph, topological_order([output])
        for node in self.order:
            self.names.written(node)  # so that arrays without a name are numbered in the order of computing
        self.dependents = {wrt}
        """Whatever passes a gradient on towards `wrt`, itself among them: not its size, nor what is chosen or counted by it."""
        for node in self.order:
            passes = node.dtype.kind in "fO" and not isinstance(node, WithoutDerivative | StopGradient)
            if passes and not self.dependents.isdisjoint(node.operands):
                self.dependents.add(node)
        self.stops = self._stops(chosen)

    def _stops(self, chosen: frozenset[Node]) -> dict[Node, None]:
        """The dependents with a name, or that get one: the chosen, what acts in several ways, what is long to write."""
        names, ends = self.names, (self.traced.output, self.traced.wrt)
        users = Counter(operand for node in self.order if node in self.dependents for operand in node.operands)
        stops: dict[Node, None] = {}
        length: dict[Node, int] = {}
        for node in self.order:
            length[node] = 0 if not node.operands else 1 + sum(length[operand] for operand in node.operands)
            if node not in ends and names.known(node) is None and not isinstance(node, MultiOutput):
                several = node in self.dependents and users[node] > 1 and bool(node.operands)
                several = several and expression_of(node, names.written, True).form != "name"
                if several or length[node] > LONGEST or node in chosen or is_read_of_scan(node):
                    names.invent(node)
            if node in ends or names.known(node) is not None:
                length[node] = 0
                if node in self.dependents:
                    stops[node] = None
        for node in ends:
            if names.known(node) is None:
                names.invent(node)
        return stops

    def walk_back(self, only_naming: bool = False) -> frozenset[Node]:
        """Write down the gradient at each stop, unless `only_naming`; what else proved to need a name is returned."""
        traced, late = self.traced, set()
        contributions: dict[Node, list[tuple[Node, Node]]] = {traced.output: [(traced.output, self._first_gradient())]}
        for node in reversed(self.order):
            if node not in contributions:
                continue
            by_start = {
                start: _added(each for other, each in contributions[node] if other is start)
                for start in dict.fromkeys(start for start, _ in contributions[node])
            }
            passed = isinstance(node, MultiOutput)  # the gradients of its parts have names, where they need any
            if not passed and node not in self.stops and self._longest(by_start.values()) > LONG:
                self.names.invent(node)
                late.add(node)
            if (node in self.stops or node in late) and node is not traced.output:
                if not only_naming:
                    self._write_gradient(node, by_start, _added(each for _, each in contributions[node]))
                by_start = {node: self._leaf(node)}
            if node is not traced.wrt:
                for start, gradient in by_start.items():
                    for operand, contribution in self._vjp(node, gradient, node):
                        contributions.setdefault(operand, []).append((start, contribution))
        return frozenset(late)

    def _longest(self, gradients: Iterable[Node]) -> int:
        """How many operations the longest of some gradients is written with."""
        lengths = (self.names.length(each) for each in gradients)
        if all(length <= LONG for length in lengths):
            return 0
        return max(self.names.length(self.shorten(each, self.names.known).node) for each in gradients)

    def _leaf(self, node: Node) -> Placeholder:
        """What stands for the gradient for a stop from there on."""
        written = self.traced.gradients[-1:]
        leaf = written[0].leaf if written and written[0].node is node else placeholder_for(node, "δ")
        self.names.stand_for(leaf, Expression("gradient", word=self.traced.called(node).word, meaning=leaf))
        return leaf

    def _write_gradient(self, node: Node, by_start: dict[Node, Node], total: Node) -> None:
        """Write down the gradient for a stop."""
        traced, names = self.traced, self.names
        simple = self.shorten(total, names.known)
        auxiliary = tuple(map(self._definition, names.shorten(simple.node)))
        local_names = names.but(names.written, (each.node for each in auxiliary if _reads_gradient(each.node)))
        leaves = {gradient.node: gradient.leaf for gradient in traced.gradients}
        form = Formula.aligned if len(by_start) > 1 else Formula.up_to_shape  # of several, the chain rule writes the sum
        for start, contribution in by_start.items():
            found = simple if contribution is total else self.shorten(contribution, names.known)
            local, long = (
                _with_incoming(expression_of(each, local_names, written_as=form), leaves.get(start))
                for each in (found.node, contribution)
            )
            conditions = self.shorten.relations(found, names.written)
            traced.local_derivatives.append(LocalDerivative(start, node, local, conditions, long))
        leaf = placeholder_for(node, "δ")
        conditions = self.shorten.relations(simple, names.written)
        expression = expression_of(simple.node, names.written)
        long = expression if simple.node is total else expression_of(total, names.written)
        traced.gradients.append(NamedGradient(node, expression, auxiliary, leaf, conditions, long))

    def _vjp(self, node: Node, gradient: Node, y: Node) -> list[tuple[Node, Node]]:
        """What a node's rule gives the operands that depend on `wrt`, as nodes; a rule that runs on numbers only, as a call.

        The gradient of 1 / q is written in q, as −1 / q².
        """
        reciprocal = y is node and is_reciprocal(node)
        try:
            y = altered(node, name=None) if reciprocal else y
            found = list(node_vjp(node, gradient, y, node.operands))
        except RuleError:
            if isinstance(node, MultiOutput):  # the way leads through a rule of which there is no derivative
                raise
            found = [self._call(node, gradient, i) if each.dtype.kind == "f" else None for i, each in enumerate(node.operands)]
        if reciprocal:
            known = self.names.but(self.names.known, [node])
            found = [self.shorten.in_powers(each, known) if isinstance(each, Node) else each for each in found]
        return [
            (operand, each if isinstance(each, Node) or isinstance(operand, MultiOutput) else Constant(each))
            for operand, each in zip(node.operands, found, strict=True)
            if each is not None and operand in self.dependents
        ]

    def _call(self, node: Node, gradient: Node, i: int) -> Node:
        """A leaf that is written as the call of the node's `backward`."""

        def backward(gradient: Any, y: Any, *operands: Any) -> Any:
            return node_vjp(node, gradient, y, operands)[i]

        leaf = placeholder_for(node.operands[i], "backward")
        parts = tuple(
            expression_of(each, self.names.written, written_as=Formula.exact) for each in (gradient, node, *node.operands)
        )
        self.names.stand_for(leaf, Expression("call", parts, f"{type(node).__name__}.backward", backward))
        return leaf

    def write_whole(self) -> None:
        """Write the gradient in one expression, as a person writes it out, where that is short."""
        traced = self.traced
        gradients: dict[Node, Node] = {traced.output: self._first_gradient()}
        for node in reversed(self.order):
            if node in gradients and node is not traced.wrt:
                for operand, each in self._vjp(node, gradients[node], self._written_out(node)):
                    gradients[operand] = gradients[operand] + each if operand in gradients else each
        if traced.wrt not in gradients:
            return
        for known, written in ((self.names.known_given, self.names.written_given), (self.names.known, self.names.written)):
            found = self.shorten(gradients[traced.wrt], known)
            length = self.names.length(found.node, known)
            if length <= WHOLE and (known == self.names.known or length <= LONGEST):
                if known == self.names.known and not _reads_gradient(found.node):
                    traced.repeated = tuple(map(self._definition, self.names.repeated(found.node)))
                whole = expression_of(found.node, written)
                if _holds(whole, "recurrence"):  # whose equations stand better alone
                    return
                traced.whole = whole
                traced.long = expression_of(gradients[traced.wrt], self.names.written)
                traced.conditions = self.shorten.relations(found, written)
                return

    def _written_out(self, node: Node) -> Node:
        """The node, or, where its rule reads its value only once, a leaf written by its definition: 1 − tanh²(z1)."""
        if len(node.operands) != 1 or expand(node) is not node or not node.name or isinstance(node, Part):
            return node
        contributions = self._vjp(node, placeholder_for(node, "□"), node)
        written = [expression_of(each, self.names.written) for _, each in contributions]
        if sum(symbol.meaning is node for each in written for symbol in symbols(each)) != 1:
            return node
        leaf = placeholder_for(node, str(node.name))
        self.names.stand_for(leaf, expression_of(node, self.names.written, defined=True, written_as=Formula.exact))
        return leaf

    def _first_gradient(self) -> Node:
        """The gradient that the output has: 1, or what comes in at one that is no scalar."""
        if self.traced.cotangent is not None:
            return self.traced.cotangent
        one = placeholder_for(self.traced.output, "1")
        self.names.stand_for(one, Expression("number", word="1", meaning=np.ones((1,) * one.ndim)))
        return one

    def define(self) -> None:
        """Define the stops, and whatever else the derivation names, each behind what it is defined by."""
        traced, names = self.traced, self.names
        auxiliary = [*traced.repeated, *(each for gradient in traced.gradients for each in gradient.auxiliary)]
        forward = {each.node: each for each in auxiliary if not _reads_gradient(each.node)}
        known = {names.canonical(node): node for node in [*forward, *reversed(self.graph.nodes)]}

        def named_in(expressions: Iterable[Expression]) -> list[Node]:
            meant = [symbol.meaning for expression in expressions for symbol in symbols(expression)]
            named = [names.canonical(node) for node in meant if isinstance(node, Node) and names.known(node)]
            return [known.get(node, node) for node in named if node in known or is_array(node)]

        shown = [each.expression for each in traced.local_derivatives] + [each.expression for each in traced.gradients]
        shown += [*filter(None, [traced.whole]), *(side for each in auxiliary for side in each.sides)]
        pending = [*reversed(self.stops), *named_in(shown)]
        found: dict[Node, Definition] = {}
        while pending:
            node = pending.pop()
            if node not in found and (node.operands or is_array(node)):
                found[node] = forward.get(node) or self._definition(node)
                pending += named_in(found[node].sides)
        in_graph = [node for node in self.graph.nodes if node is not traced.output]
        order = topological_order(
            [node for node in (*in_graph, *found) if node in found],
            operands=lambda node: [each for each in named_in(found[node].sides) if each in found and each is not node],
        )
        traced.definitions = _in_one_recurrence([found[node] for node in order])
        traced.gradients = [
            replace(gradient, auxiliary=tuple(each for each in gradient.auxiliary if each.node not in forward))
            for gradient in traced.gradients
        ]

    def _definition(self, node: Node) -> Definition:
        """A value's name, its operation, and what that is composed of where it is short."""
        name = self.traced.called(node)
        if is_array(node):
            return Definition(node, name, (_elements(node),))
        sides = [expression_of(node, self.names.written, defined=True)]
        parts = node if isinstance(node, StopGradient) else expand(node)  # its value is its operand's, its gradient is not
        named = parts is node or self.names.known(parts) is not None or _in_windows(parts, node.operands)
        if not named and self.names.length(parts) <= LONGEST:
            sides.append(expression_of(parts, self.names.written))
        return Definition(node, name, tuple(sides))


def _with_incoming(expression: Expression, leaf: Placeholder | None) -> Expression:
    """The expression with □ in the place of the gradient that a leaf stands for."""
    if leaf is not None and expression.meaning is leaf:
        return INCOMING
    parts = tuple(_with_incoming(part, leaf) for part in expression.parts)
    if expression.form == "recurrence":
        which, equations, read = expression.meaning
        return replace(expression, parts=parts, meaning=(which, tuple(_with_incoming(each, leaf) for each in equations), read))
    return replace(expression, parts=parts)


def _holds(tree: Expression, form: str) -> bool:
    return tree.form == form or any(_holds(part, form) for part in tree.parts)


def _in_one_recurrence(definitions: list[Definition]) -> list[Definition]:
    """The definitions, of those that read one scan the first alone with its equations, for all of them."""
    read: dict[Node, list[int]] = {}
    for each in definitions:
        if each.sides[0].form == "recurrence":
            read.setdefault(each.node.operands[0], []).append(int(each.sides[0].word))
    written: set[Node] = set()
    found = []
    for each in definitions:
        if each.sides[0].form == "recurrence":
            scan = each.node.operands[0]
            side = each.sides[0].meaning[2](read[scan], scan not in written)
            written.add(scan)
            each = replace(each, sides=(side,))
        found.append(each)
    return found


def _in_windows(parts: Node, operands: Sequence[Node]) -> bool:
    """Whether what is composed of some operands lays out windows as columns, which says less than the operation's name."""
    inner = topological_order([parts], operands=lambda each: () if each in operands else each.operands)
    return any(isinstance(each, Sliding) and each not in operands for each in inner)


def _reads_gradient(node: Node) -> bool:
    return any(isinstance(each, Placeholder) for each in topological_order([node]))


def _elements(constant: Constant) -> Expression:
    """The elements of an array, where they are few."""
    few = 0 < constant.value.size <= FEW
    word = format_array(constant.value) if few else f"an array of {show_shape(constant.shape)} that the graph holds"
    return Expression("literal", word=word, meaning=constant.value)


def _added(gradients: Iterable[Node]) -> Node:
    return reduce(operator.add, gradients)
