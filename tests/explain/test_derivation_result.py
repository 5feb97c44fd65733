"""The result of a derivation names nothing that only a step defines, unless that stands beside it."""

import pytest

import minigraph as mg
from docs.gallery import examples
from docs.typeset import graphs_in
from minigraph.core.node import Node
from minigraph.explain.derivation.steps import DerivationStep
from minigraph.readings import Expression, symbols
from models import autoencoder, character_lstm, gpt, lenet, matrix_factorization, two_layer
from tests.displayed.graphs import composed


def unexplained(step, outputs):
    """What the result, or what stands beside it, names although nobody gave it that name and nothing beside says what it is."""
    beside = {(name.form, name.word) for name, _ in step.beside}
    found = [symbol for tree in (step.sides[-1], *(what for _, what in step.beside)) for symbol in symbols(tree)]
    steps_only = [each for each in found if each.form == "gradient" or (each.form == "name" and not given(each, outputs))]
    return [each.word for each in steps_only if (each.form, each.word) not in beside]


def given(name, outputs):
    """Whether a name is the graph's own: of a node, an output, a leaf or a size."""
    node = name.meaning
    return not isinstance(node, Node) or not node.operands or node.known is not None or node.name or name.word in outputs


def derived(graph, names):
    for name in names:
        try:
            yield graph.derive(name)
        except mg.GraphError:  # no derivative leads there
            continue


def check(graph, names):
    found = [*derived(graph, names)]
    for derivation in found:
        assert not unexplained(derivation.steps[-1], graph.outputs), derivation.text
    return len(found)


@pytest.mark.parametrize("example", [*examples()], ids=lambda example: example.name)
def test_of_the_gallery(example):
    for graph in graphs_in(example.run()[1]):
        check(graph, graph.parameters or graph.inputs)


@pytest.mark.parametrize("model", [autoencoder, character_lstm, gpt, lenet, matrix_factorization, two_layer])
def test_of_models(model):
    graph = model.build()
    assert check(graph, [*graph.parameters][:1]) == 1


def test_of_random_graphs():
    drawn = [composed(seed)[0] for seed in range(12)]
    assert sum(check(each.graph, [leaf.name for leaf in each.leaves[:1]]) for each in drawn) > 6


def test_what_is_left_out_beside_it_is_found():
    name = Expression("gradient", word="z1")
    assert unexplained(DerivationStep("gradient", (name,)), ()) == ["z1"]
    assert not unexplained(DerivationStep("gradient", (name,), beside=((name, Expression("number", word="1")),)), ())
