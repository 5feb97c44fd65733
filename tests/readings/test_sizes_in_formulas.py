"""Sizes of named axes in formulas: as they are computed, with brackets where they are products."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.core.sizes import named_axis
from minigraph.readings import Expression, expression_of, formula
from minigraph.readings.notation import TEXT
from minigraph.readings.typesetting import LATEX, MATHML

ROWS = mg.Input("x", ("N", 2))


@pytest.mark.parametrize(
    ("size", "text", "latex"),
    [
        (np.size(ROWS), "s / (2·N)", r"\frac{s}{2\, N}"),
        (np.size(mg.Input("x", ("N", "N"))), "s / (N·N)", r"\frac{s}{N\, N}"),
        (np.size(mg.Input("x", ("N", "M"))), "s / (M·N)", r"\frac{s}{M\, N}"),
        (np.size(ROWS[1:], axis=0), "s / max(N−1,0)", r"\frac{s}{\max\left( N - 1, 0 \right)}"),
        (np.size(ROWS[1:]), "s / (2·max(N−1,0))", r"\frac{s}{2\, \max\left( N - 1, 0 \right)}"),
    ],
    ids=str,
)
def test_a_size_of_named_axes_is_written_as_it_is_computed(size, text, latex):
    tree = expression_of(
        mg.Input("s", ()) / size, lambda node: Expression("name", word=node.name, meaning=node) if node.name else None
    )
    assert formula(mg.Input("s", ()) / size) == text == TEXT.write(tree)
    assert LATEX.write(tree) == latex
    assert re.sub("<[^>]*>", "", MATHML.write(tree)).replace("&#x2062;", "·") == f"s{size.known[0]}"


def test_the_signs_of_a_size_are_typeset():
    size = Expression("size", word=str(2 * (named_axis("H") // 2)))
    assert LATEX.write(size) == r"2\, \left\lfloor H / 2 \right\rfloor "
    assert re.sub("<[^>]*>", "", MATHML.write(size)) == "2&#x2062;⌊H/2⌋"


def test_the_signs_of_a_size_are_typeset_within_words():
    T = ROWS.shape[0]
    assert LATEX.words(str(T // 2 + 1)) == r"\text{(}\lfloor \text{N/2}\rfloor \text{+1)}"


def test_the_bounds_of_a_slice_are_drawn_as_numbers_and_no_shape():
    sizes = mg.Graph(ROWS[: ROWS.shape[0] // 2 + 1]).draw().source
    assert "label=<slice (0, (floor(N/2)+1))>" in sizes  # in letters that every renderer has
