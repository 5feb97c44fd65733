"""LaTeX is broken at the tree's operators and commas, reads as the line that it was, and fits a page."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings import expression_of
from minigraph.readings.expression import Expression
from minigraph.readings.line_breaks import extent, filled, pieces
from minigraph.readings.typesetting import LATEX
from tests.displayed import latex

a, b, c = (mg.Input(f"{letter}_{'long' * 3}", (4, 4)) for letter in "abc")
images, W = mg.Input("images_of_a_long_name", ("N", 1, 8, 8)), mg.Input("W_of_a_long_name", (2, 1, 3, 3))
LONG = {
    "a sum": a + b - c + a * b,
    "a product of sums": (a + b + c) * (a - b - c),
    "a product of matrices": a @ b @ (c + a) @ b.T,
    "a quotient": (a + b + c + a @ b) / (c + 1),
    "a negative": -(a + b + c),
    "a function": np.tanh(a + b + c @ a) * 2,
    "a call of several": mg.MaxPool(np.tanh(images + images * 2), kernel_shape=(2, 2), strides=(2, 2)),
    "a choice": np.where(a > b, a + b + c, a - b),
    "a correlation": mg.Conv(images + images * 2, W, pads=(1, 1, 1, 1)),
    "a sum over axes": (a + b + c + a @ b).sum(axis=0),
    "a reshape": (a + b + c).reshape(2, 8),
}


def tree_of(node):
    return expression_of(node, lambda each: Expression("name", word=each.name, meaning=each) if each.name else None)


@pytest.mark.parametrize("limit", [20, 40, 80])
@pytest.mark.parametrize("name", LONG)
def test_a_formula_on_several_lines_reads_as_on_one(name, limit):
    tree = tree_of(LONG[name])
    lines = filled(pieces(tree, limit), limit)
    assert (len(pieces(tree, limit)) == 1) >= (extent(tree) <= limit)
    in_lines, in_one = (latex.as_text(each) for each in (" ".join(written for written, _ in lines), LATEX.write(tree)))
    assert re.sub(r"\s", "", in_lines) == re.sub(r"\s", "", in_one)


@pytest.mark.parametrize("name", ["a sum", "a product of sums", "a product of matrices", "a negative", "a call of several"])
def test_what_can_be_broken_fits(name):
    assert all(width <= 44 for _, width in filled(pieces(tree_of(LONG[name]), 40), 40))


def test_a_derivation_breaks_its_lines():
    x, t = mg.Input("x", ("N", 4)), mg.Input("t", ("N", 4))
    hidden = np.tanh(x @ a + x @ b)
    derivation = mg.derive(((hidden @ c - t) ** 2 * np.exp(hidden) + np.sin(hidden @ b) * hidden).sum(), a)
    assert r" \\ &\quad " in derivation.latex and r"\begin{aligned}" in derivation.markdown
    assert all(line.count("&") <= 1 for line in re.split(r" \\\\ ?\n?", derivation.latex) if "&&" not in line)
