"""Every letter and sign that a circuit's labels are written in has a shape in the font that graphviz-pure brings."""

import ast
import io
from pathlib import Path

import pytest
from matplotlib.image import imread

from minigraph.explain.circuit import arrays
from minigraph.explain.circuit.render import _pure, _run
from minigraph.explain.circuit.theme import as_drawn

ROOMS = ("minigraph/readings", "minigraph/explain/circuit")
NOWHERE, BLANK = "\ue000", "\N{NO-BREAK SPACE}\N{ZERO WIDTH SPACE}"
IN_TOOLTIPS, REPLACED = {*arrays.BARS}, "□"
"""What only a browser writes, and the place of the gradient, for which its letter stands."""

SIDE = 48
"""How many pixels a cell has on each side, of which four are three points."""


def texts(file):
    """The texts in a program that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in told]


def letters():
    """The letters in the texts of what writes formulas, names, sizes and labels."""
    files = [Path("minigraph/core/sizes.py"), *(file for room in ROOMS for file in sorted(Path(room).rglob("*.py")))]
    written = {letter for file in files for text in texts(file) if isinstance(text, str) for letter in text}
    return sorted(letter for letter in written - IN_TOOLTIPS - {*BLANK, REPLACED} if letter.isprintable() and letter > "~")


def cells(signs):
    """A picture of each sign."""
    place = 'n{0} [label=<{1}>, pos="{2},0"]'
    nodes = ";".join(place.format(i, f"&#{ord(sign)};", i * SIDE * 3 // 4) for i, sign in enumerate(signs))
    given = "digraph { layout=nop2; node [shape=none, fixedsize=true, width=0.4, height=0.4, fontname=Arial, fontsize=18];"
    picture = imread(io.BytesIO(_run(Path(_pure()), f"{given} {nodes} }}", "png")))[..., :3].mean(axis=2)
    return [picture[:, SIDE * i : SIDE * (i + 1)] for i in range(len(signs))]


def without_shape(signs):
    """Those of the signs that are drawn as one that no font has."""
    missing, *drawn = cells([NOWHERE, *signs])
    return [sign for sign, cell in zip(signs, drawn, strict=True) if cell.shape == missing.shape and (cell == missing).all()]


def test_every_letter_of_a_label_has_a_shape():
    assert len(signs := sorted({*as_drawn("".join(letters()))})) > 100
    assert without_shape(signs) == []


@pytest.mark.parametrize("sign", "⋆⌊∧")
def test_what_has_no_shape_is_found(sign):
    assert sign in letters() and without_shape(["x", sign]) == [sign]
