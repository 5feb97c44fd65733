"""Rows that are looked up, columns in blocks, and stacks of matrices, in the words and signs of textbooks."""

import re

import numpy as np
import pytest

import minigraph as mg
from docs.typeset import derivations
from minigraph.explain.derivation.naming import Names
from minigraph.readings import definition, evaluate, expression_of, local_derivative, placeholder_for
from minigraph.readings.names import named
from minigraph.readings.typesetting import LATEX, MATHML
from tests.displayed import text
from tests.displayed.findings import shaped
from tests.displayed.tree import value_of

RNG = np.random.default_rng(0)
i, j = mg.Input("i", ("N",), dtype=np.int64), mg.Input("j", ("N", 3), dtype=np.int64)
E, b = mg.Parameter("E", RNG.normal(size=(7, 4))), mg.Parameter("b", RNG.normal(size=7))
x, s = mg.Input("x", ("N", 3, 8)), mg.Input("s", ("N", 2, 3, 4))

LOOKED_UP = {
    "rows of a table": (mg.Gather(E, i), "one_hot(i, 7)ᵀ · □"),
    "numbers of a table": (mg.Gather(b, i), "one_hot(i, 7)ᵀ · □"),
    "rows, in a stack": (mg.Gather(E, j), "Σₙ (one_hot(j, 7)ᵀ · □)"),
    "columns": (mg.Gather(E, i, axis=1), "scatter_add(□, i, shape(E), axis=1)"),
}


@pytest.mark.parametrize(("node", "written"), LOOKED_UP.values(), ids=LOOKED_UP)
def test_the_gradient_of_what_is_looked_up_is_a_product_with_one_hot_rows(node, written):
    assert local_derivative(node, 0) == written
    places = RNG.integers(-4, 4, [5, *node.operands[1].shape[1:]])  # also from the end
    gradient = RNG.normal(size=[5 if size == "N" else size for size in node.shape])
    (right, _) = type(node).backward(node, gradient, None, node.operands[0].value, places)
    names = {"□": gradient, "E": E.value, "i": places, "j": places}
    np.testing.assert_allclose(shaped(value_of(text.parsed(written), names), right.shape), right, atol=1e-12)


def test_one_hot_rows_are_printed_as_a_transposed_matrix():
    node = mg.Gather(E, j)
    gradient, _ = node.backward(placeholder_for(node, "δ"), node, *node.operands)
    tree = expression_of(gradient, lambda each: named(each, each.name, ()) if each.name else None)
    assert LATEX.write(tree).startswith(r"\sum_{n} \left( \text{one}\_\text{hot}\left( j, 7 \right)^{\mathsf{T}}\,")
    assert MATHML.write(tree).startswith("<mrow><munder>")


HEADS = x.reshape(-1, 3, 2, 4).transpose(0, 2, 1, 3)
TOGETHER = s.transpose(0, 2, 1, 3).reshape(-1, 3, 8)


def test_heads_are_split_and_put_side_by_side():
    assert definition(HEADS) == "split(x, 2)"
    assert definition(TOGETHER) == "concat(s)"
    assert definition(HEADS.transpose(0, 1, 3, 2)) == "split(x, 2)ᵀ"
    value = RNG.normal(size=(5, 3, 8))
    for node, leaf, given in ((HEADS, x, value), (TOGETHER, s, RNG.normal(size=(5, 2, 3, 4)))):
        names = Names([leaf], {}, leaf)
        tree = expression_of(node, names.written)
        right = mg.Graph(y=node).astype(np.float64).forward(**{leaf.name: given})["y"]
        read = value_of(text.parsed(definition(node)), {leaf.name: given})
        np.testing.assert_array_equal(evaluate(tree, lambda each, given=given: given), right)
        np.testing.assert_array_equal(read, right)


def test_no_other_order_is_taken_for_blocks():
    assert definition(x.reshape(-1, 3, 2, 4).transpose(0, 1, 3, 2)).startswith("reshape(x")
    assert definition(x.reshape(-1, 6, 4).transpose(1, 0, 2)).startswith("transpose(reshape(x")
    assert definition(s.transpose(0, 3, 2, 1).reshape(-1, 4, 6)).startswith("reshape(transpose(s")


def test_the_last_two_axes_of_a_stack_are_its_rows_and_columns():
    assert definition(s.sum(axis=3)) == "Σ columns s"
    assert definition(s.mean(axis=2)) == "mean rows (s)"
    assert definition(s.sum(axis=0)) == "Σₙ s"
    assert definition(s.sum(axis=(0, 1))) == "Σ axes 0, 1 s"


def test_no_derivation_of_the_gallery_has_the_name_of_a_class():
    for name, derivation in derivations():
        formulas = derivation.text.partition("\nIn NumPy")[0]
        assert not re.search(r"\b[A-Z]\w*[a-z]\w*\(", formulas), name
