"""Formulas: brackets where precedence asks for them, in each notation, and none where it does not."""

import random
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import minigraph as mg
from minigraph.readings import Expression, Formula, definition, evaluate, formula, local_derivative
from minigraph.readings.forms import FORMS, PRINTED
from minigraph.readings.notation import TEXT
from minigraph.readings.typesetting import LATEX, MATHML
from tests.displayed.text import parsed
from tests.displayed.tree import value_of

M = mg.Input("M", (3, 4))
VALUES = {name: np.random.default_rng(ord(name)).uniform(0.5, 2, (2, 2)) for name in "abc"} | {"s": np.array(1.5)}
UNARY = (np.negative, np.transpose, np.tanh, np.exp, np.sqrt, lambda x: x * x, None)
"""The last stands for a sum over rows."""
CHOICES = (lambda x, y: np.where(x > y, x, 0), lambda x, y: 2 * x - y)
BINARY = (np.add, np.subtract, np.multiply, np.divide, np.matmul, np.maximum, *CHOICES)


def leaf(name):
    return Formula(Expression("name", word=name, meaning=name), VALUES[name].shape)


a, b, c, s = map(leaf, "abcs")
AND, OR = np.logical_and, np.logical_or


def leaf_of(number):
    return a.of(number)


def composed(rng, depth):
    """A random formula, with its value."""
    if depth == 0 or rng.random() < 0.15:
        name = rng.choice("abcs")
        return leaf(name), VALUES[name]
    if rng.random() < 0.35:
        function = rng.choice(UNARY)
        operands = [composed(rng, depth - 1)]
    else:
        function = rng.choice(BINARY)
        operands = [composed(rng, depth - 1), composed(rng, depth - 1)]
    formulas, values = zip(*operands, strict=True)
    value = np.asarray(applied(function, values), np.float64)
    written = applied(function, formulas)
    written.shape = value.shape
    return written, value


def applied(function, operands):
    first = operands[0]
    if function is None:
        return np.sum(first, axis=0, keepdims=True) if first.ndim else first
    if function is np.matmul and not all(operand.ndim == 2 for operand in operands):
        return operands[0] * operands[1]
    return function(*operands)


@pytest.mark.parametrize("seed", range(300))
def test_a_formula_reads_back_as_what_it_was_written_from(seed):
    rng = random.Random(seed)
    with np.errstate(all="ignore"):
        try:
            written, value = composed(rng, 4)
        except ValueError:  # the shapes of a sum over rows do not fit a product of matrices
            return
        if np.isfinite(value).all():
            np.testing.assert_allclose(np.broadcast_to(evaluate(written.tree, VALUES.__getitem__), value.shape), value)
            read = np.asarray(value_of(parsed(written.text), VALUES), np.float64)
            np.testing.assert_allclose(np.broadcast_to(read, value.shape), value, err_msg=written.text)
    ElementTree.fromstring(MATHML.write(written.tree))


@pytest.mark.parametrize(
    ("written", "text", "latex"),
    [
        (a - (b - c), "a − (b − c)", r"a - \left( b - c \right)"),
        (a - b - c, "a − b − c", r"a - b - c"),
        ((a + b) / c, "(a + b) / c", r"\frac{a + b}{c}"),
        (a / (b * c), "a / (b ⊙ c)", r"\frac{a}{b \odot c}"),
        ((a / b) * c, "a ⊙ c / b", r"\frac{a \odot c}{b}"),
        ((a * b) @ c, "(a ⊙ b) · c", r"\left( a \odot b \right)\, c"),
        (a * (b @ c), "a ⊙ (b · c)", r"a \odot \left( b\, c \right)"),
        ((s * a) @ b, "s · a · b", r"s \cdot a\, b"),
        (a * a, "a²", r"{a}^{2}"),
        ((a + b) * (a + b), "(a + b)²", r"{\left( a + b \right)}^{2}"),
        (np.tanh(a) * np.tanh(a), "tanh²(a)", r"\tanh^{2}\left( a \right)"),
        (a + a, "2 · a", r"2\, a"),
        (np.transpose(a @ b), "(a · b)ᵀ", r"\left( a\, b \right)^{\mathsf{T}}"),
        (np.sum(a * b, axis=0) * c, "(Σ rows (a ⊙ b)) ⊙ c", None),
        (np.where(a > b, a, 0), "where(a > b, a, 0)", r"\begin{cases} a & \text{if } a > b \\ 0 & \text{else} \end{cases}"),
        (c * np.greater(a, b), "c ⊙ [a > b]", r"c \odot \left[ a > b \right]"),
        (np.reciprocal(a), "1 / a", r"\frac{1}{a}"),
        (a / 1, "a", "a"),
        (AND(a, OR(b, c)), "logical_and(a, logical_or(b, c))", r"a \land \left( b \lor c \right)"),
        (OR(AND(a, b), c), "logical_or(logical_and(a, b), c)", r"\left( a \land b \right) \lor c"),
        (np.logical_not(AND(a, b)), "logical_not(logical_and(a, b))", r"\lnot \left( a \land b \right)"),
        (AND(np.logical_not(a), b), "logical_and(logical_not(a), b)", r"\left( \lnot a \right) \land b"),
        (AND(a > b, c), "logical_and(a > b, c)", r"\left[ a > b \right] \land c"),
        (c * AND(a, b), "c ⊙ logical_and(a, b)", r"c \odot \left( a \land b \right)"),
        (np.tanh(AND(a, b)), "tanh(logical_and(a, b))", r"\tanh\left( a \land b \right)"),
        (c - np.remainder(a, b), "c − remainder(a, b)", r"c - \left( a \;\mathrm{mod}\; b \right)"),
        (a - np.max(a, axis=1, keepdims=True), "a − max columns (a)", r"a - \max_{\text{columns}}\left( a \right)"),
        (np.max(a, axis=(0, 1)), "max(a)", r"\max\left( a \right)"),
        (np.cumsum(a, axis=0), "cumsum rows (a)", r"\mathrm{cumsum}_{\text{rows}}\left( a \right)"),
        (a * -1, "−a", "-a"),
        (np.maximum(a, -0.5), "max(a, −0.5)", r"\max\left( a, -0.5 \right)"),
        (np.power(leaf_of(-2), a), "(−2)^a", r"{\left( -2 \right)}^{a}"),
    ],
)
def test_brackets_stand_where_precedence_asks_for_them(written, text, latex):
    assert written.text == text
    assert latex is None or LATEX.write(written.tree) == latex


LEAVES = (
    "name",
    "number",
    "literal",
    "size",
    "product of sizes",
    "product of sizes",
    "product of sizes",
    "gradient",
    "ones",
    "zeros",
)
UNARY_FORMS = (
    "negative", "transpose", "total", "total over", "total over images",
    "absolute", "root", "reshape", "slice", "logical_not", "floor",
    "ceil", "inv", "inverse transpose", "l1", "l2", "at", "exponential", "placed",
)  # fmt: skip
PARTS = {"choice": 3, "raised": 2} | dict.fromkeys(LEAVES, 0) | dict.fromkeys(UNARY_FORMS, 1)


@pytest.mark.parametrize("form", [*FORMS, *PRINTED])
def test_each_row_of_the_table_writes_all_parts_in_every_notation(form):
    names = "q" if form == "exponential" else "uvw"[: PARTS.get(form, 2)]  # a u has a letter that stands above
    parts = tuple(Expression("name", word=name) for name in names)
    kind, over = form.removesuffix(" over") if form in FORMS else "call", "rows" if form == "call over" else ""
    kind = "total" if form == "total over images" else kind
    word = {"total over": "rows", "total over images": "axis 0"}.get(form, "2" if form in LEAVES else form)
    e = Expression(kind, parts, word, over=over)
    if form == "raised":
        e = Expression("power", (Expression("call", parts[:1], "tanh"), Expression("number", word="2", meaning=2)))
        names = "u"
    if form == "recurrence":
        e, names = Expression("recurrence", parts[:1], meaning=(parts[0], (Expression("relation", parts, "="),), None)), "uv"
    for notation in (TEXT, LATEX, MATHML):
        written = notation.write(e)
        assert "$" not in written and all(name in written for name in names), written
    ElementTree.fromstring(written)


def test_mathml_has_the_brackets_of_latex_and_the_axes_below():
    written = MATHML.write(AND(a, OR(b, c)).tree)
    assert re.sub("<[^>]*>", "", written) == "a∧(b∨c)"
    assert '<msub><mi mathvariant="normal">max</mi><mtext>columns</mtext></msub>' in MATHML.write(np.max(a, axis=1).tree)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (mg.ReduceMean(M, axes=1), "mean columns (M)"),
        (mg.ReduceMean(M), "mean(M)"),
        (mg.ArgMax(M, axis=0), "argmax rows (M)"),
        (mg.LogSoftmax(M), "log_softmax(M)"),
        (mg.Softmax(M, axis=0), "softmax rows (M)"),
        (mg.ReduceMean(mg.Input("I", (1, 2, 4, 4)), axes=(2, 3)), "mean axes 2, 3 (I)"),
        (mg.CumSum(M, axis=1, exclusive=True, reverse=True), "cumsum columns, exclusive, reverse (M)"),
        (mg.ReduceMax(mg.Input("v", ("N",)), axes=0), "max(v)"),
    ],
)
def test_an_operation_says_over_which_axes_it_goes_unless_over_all(operation, text):
    assert formula(mg.Identity(operation)) == text


@pytest.mark.parametrize(
    ("name", "latex", "mathml"),
    [
        ("W1", "W_{1}", "<msub><mi>W</mi><mn>1</mn></msub>"),
        ("ŷ", r"\hat{y}", '<mover accent="true"><mi>y</mi><mo>^</mo></mover>'),
        ("λ", r"\lambda ", "<mi>λ</mi>"),
        ("loss", r"\mathrm{loss}", '<mi mathvariant="normal">loss</mi>'),
        ("b_out", r"b_{\mathrm{out}}", "<msub><mi>b</mi><mi>out</mi></msub>"),
        ("running_mean", r"\text{running}\_\text{mean}", '<mi mathvariant="normal">running_mean</mi>'),
        ("<b>", r'\text{"}<\text{b}>\text{"}', '<mi mathvariant="normal">&quot;&lt;b&gt;&quot;</mi>'),
        ("2", r'\text{"2"}', '<mi mathvariant="normal">&quot;2&quot;</mi>'),
    ],
)
def test_a_name_is_taken_apart_as_mathematics_writes_it(name, latex, mathml):
    tree = Expression("name", word=name)
    assert LATEX.write(tree) == latex
    assert MATHML.write(tree) == mathml


def test_convolutions_are_written_as_in_a_textbook():
    x, W, b = mg.Input("x", ("N", 2, 7, 7)), mg.Parameter("W", np.ones((3, 2, 3, 3))), mg.Parameter("b", np.ones(3))
    padded = mg.Conv(x, W, b, pads=(1, 1, 1, 1), strides=(2, 2))
    assert formula(padded) == "W ⋆[pads=1, strides=2] x + b[:, None, None]"
    assert local_derivative(padded, 0) == "W ⋆ᵀ[pads=1, strides=2] □"
    assert local_derivative(padded, 1) == "□ ⋆ₙ[pads=1, dilations=2] x"
    uneven = mg.Conv(x, W, strides=(3, 3))  # the last row and column of the image reach no window
    assert local_derivative(uneven, 0) == "W ⋆ᵀ[strides=3, image_shape=7] □"
    assert local_derivative(uneven, 1) == "□ ⋆ₙ[dilations=3, kernel_shape=3] x"
    assert local_derivative(mg.ConvTranspose(x, mg.Parameter("V", np.ones((2, 3, 3, 3)))), 0) == "V ⋆ □"


def test_the_sum_of_a_matrix_with_a_diagonal_is_no_trace():
    v, square = mg.Input("v", ("N",)), mg.Input("M", ("N", "N"))
    assert "tr" not in definition(np.diag(v).sum())
    assert definition(np.diag(square).sum()) == "tr(M)"


def test_a_sum_of_a_thousand_terms_is_written():
    x, names = Expression("name", word="x"), 1000
    total = x
    for _ in range(names - 1):
        total = Expression("plus", (total, x))
    assert TEXT.write(total) == " + ".join(["x"] * names)


def test_two_signs_never_meet():
    x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    signs = {
        "−(−x)": np.negative(-x),
        "−(−2 · x)": -(-2.0 * x),
        "−(−x ⊙ y)": -(-x * y),
        "y − (−x)": y - (-x),
        "y − (−x ⊙ y)": y - (-x * y),
        "−(−x / y)": -(-x / y),
    }
    assert [formula(node) for node in signs.values()] == list(signs)
    fraction = Expression("quotient", (Expression("negative", (Expression("name", word="x"),)), Expression("name", word="y")))
    assert LATEX.write(Expression("negative", (fraction,))) == r"-\frac{-x}{y}"  # it begins above its line
