"""The driver of the rewriting passes: one walk that puts other nodes in the place of those for which a rule has a better form.

A rule takes a node and gives the node to put in its place, or None where it has none; it is a function with a name, and says
in its docstring what it does. A pass is a list of rules.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minigraph.core.node import Node
from minigraph.core.provenance import LINE, composed_at
from minigraph.ops.copies import rebuilt

__all__ = ["Rule", "outline", "rewritten"]

Rule = Callable[[Any], Node | None]


def rewritten(outputs: Iterable[Node], *rules: Rule, as_given: bool = False, before: Sequence[Rule] = ()) -> dict[Node, Node]:
    """For every node that the outputs depend on, the node that takes its place.

    A node is asked about once its operands are rewritten, until no rule fires for what has taken its place; what a rule
    composes is rewritten too. With `as_given`, a node is asked about as it stands in the graph, before its operands are
    rewritten: so a rule may know the nodes that it is asked about, such as how many others read one. The rules of `before` are
    asked so in any case: they see an operand that another rule is about to expand.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> y = -(-(-mg.Tanh(x)))
    >>> outline(rewritten([y], lambda node: mg.Sin(*node.operands) if type(node) is mg.Tanh else None)[y])
    'Neg(Neg(Neg(Sin(x))))'
    """
    done: dict[Node, Node] = {}
    instead: dict[Node, Node] = {}
    pending, early = list(outputs), rules if as_given else before
    with composed_at(""):
        while pending:
            node = pending[-1]
            if node in done:
                pending.pop()
                continue
            new = instead.get(node)
            if new is None and early:
                new = _first(early, node)
            if new is None:
                waiting = [operand for operand in node.operands if operand not in done]
                if waiting:
                    pending += waiting
                    continue
                new = rebuilt(node, [done[operand] for operand in node.operands])
                if as_given:
                    done[new] = new
                elif new is node:
                    new = _first(rules, node)
            if new is None or new in done:
                done[node] = node if new is None else done[new]
            else:
                instead[node] = new
                pending.append(new)
    return done


def _first(rules: Iterable[Rule], node: Node) -> Node | None:
    """What the first rule that fires puts in the place of a node, composed at the node's line."""
    LINE.set(node.line)
    for rule in rules:
        new = rule(node)
        if new is not None:
            return new
    return None


def outline(node: Node) -> str:
    """The operations that a small graph is made of, for the examples of the rules.

    >>> import minigraph as mg
    >>> outline(mg.Tanh(mg.Input("x", ("N", 2)) * 3))
    'Tanh(Mul(x, 3))'
    """
    return f"{type(node).__name__}({', '.join(map(outline, node.operands))})" if node.operands else str(node)
