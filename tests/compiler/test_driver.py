"""The driver of the rewriting passes, and what comes of rules that work on what other rules composed."""

import numpy as np

import minigraph as mg
from minigraph.compiler.driver import outline, rewritten


def without_sin(node):
    return node.operands[0] if type(node) is mg.Sin else None


def sin_for_tanh(node):
    return mg.Sin(*node.operands) if type(node) is mg.Tanh else None


def test_rules_are_tried_until_none_fires():
    x = mg.Input("x", ())
    y = mg.Exp(mg.Tanh(mg.Sin(x)))
    assert outline(rewritten([y], without_sin, sin_for_tanh)[y]) == "Exp(x)"


def test_what_no_rule_changes_stays_the_same_node():
    x = mg.Input("x", ())
    y = mg.Exp(x) + 1
    new = rewritten([y], without_sin)
    assert all(new[node] is node for node in (x, y, *y.operands))


def test_a_rule_can_know_the_nodes_as_they_are_given():
    x = mg.Input("x", ())
    inner = mg.Sin(x)
    y = mg.Tanh(inner) * mg.Sin(inner)
    assert outline(rewritten([y], {inner: x, y: mg.Exp(inner)}.get, as_given=True)[y]) == "Exp(x)"


def test_what_a_rule_composes_was_made_where_the_node_was():
    y = mg.Tanh(mg.Input("x", ()))
    assert rewritten([y], sin_for_tanh)[y].line == y.line != ""


def test_a_chain_of_any_length_is_rewritten_without_recursion():
    x = y = mg.Input("x", ())
    for _ in range(20_000):
        y = mg.Sin(y)
    assert rewritten([y], without_sin)[y] is x


def test_a_factor_of_ones_is_left_out_also_where_it_was_repeated_first():
    x = mg.Input("x", ("N", 3))
    ones = mg.Expand(mg.Constant(np.ones((1, 1))), mg.Shape(x))
    step = mg.compile(mg.Graph(y=np.tanh(x * ones)))
    step(x=np.ones((2, 3)))
    assert "np.multiply" not in step.source
