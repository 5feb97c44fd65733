"""LaTeX that KaTeX in strict mode, MathJax and pdflatex all take, whatever names a model has: held without a typesetter."""

import re

import numpy as np
import pytest

import minigraph as mg
from minigraph.explain.derivation.derivation import document
from minigraph.readings.typesetting import latex_text, latex_words

NAMES = (
    "γ", "θ_1", "Δ", "x̂", "ŷ", "ȳ_2", "running_mean", "my weights", "<b>", "a|b", "50%", "é", "naïve_2", "中文", "x·y",
    "W.0", "a'b", "\\input{x}", "$", "#1", "&", "~", "^", "α_β", "b_ünit", "x²", "𝟙", "_", "__a", "d{e}f", '"q"',
    "`t`", "[0]", "σ̂²", "2nd", "Ω", "ο",
)  # fmt: skip

KNOWN = {
    "begin", "end", "left", "right", "frac", "partial", "delta", "square", "mapsto", "tag", "quad", "text", "mathrm",
    "mathsf", "mathbf", "sum", "sqrt", "odot", "cdot", "times", "to", "exp", "tanh", "gamma", "theta", "Delta",
    "Omega", "alpha", "beta", "sigma", "hat", "bar", "dot", "ddot", "acute", "grave", "tilde", "check", "mathring",
    "backslash", "sim", "wedge", "vert", "prime", "ldots", "infty", "leq", "geq", "neq", "land", "lor", "lnot",
    "oplus", "lfloor", "rfloor", "lceil", "rceil", "max", "min", "ln", "sin", "cos", "tan", "qquad", "aligned",
}  # fmt: skip
"""The commands that all three have, none of them a macro that MathJax or KaTeX expands."""


def derivation_of(name):
    x, w = mg.Input("x̄", ("N", 2)), mg.Parameter(name, [1.0, 2.0])
    a = mg.Tanh(x * w, name=f"{name}_a")
    return mg.derive((np.exp(a) ** 2 / (1 + np.exp(a)) + w).sum(), w, x̄=np.ones((1, 2)))


def assert_safe(latex):
    """Only what every typesetter takes: ASCII, known commands, braces in pairs, and no symbol in a text."""
    assert latex.isascii(), latex
    assert set(re.findall(r"\\([A-Za-z]+)", latex)) <= KNOWN, set(re.findall(r"\\([A-Za-z]+)", latex)) - KNOWN
    bare = re.sub(r"\\[{}]", "", latex)
    assert bare.count("{") == bare.count("}")
    for text in re.findall(r"\\text\{([^{}]*)\}", bare):
        assert not set(text) & set("\\$&#_%^~<>|"), text
    assert not re.search(r"(?<!\\)[$#%~]", latex), latex
    outside = re.sub(r"\\text\{[^{}]*\}|\\[&_]|\\\\|^&|&&? ?(?==|\\mapsto|\\q?quad|\\text)|^.*cases.*$", "", latex, flags=re.M)
    assert not re.search(r"(?<!\\)&(?! )", outside), outside


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_safe_in_a_derivation(name):
    derivation = derivation_of(name)
    assert derivation.ok
    assert_safe(derivation.latex)
    for part in derivation.markdown.split("$$")[1::2]:
        assert_safe(part)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_safe_in_a_title(name):
    head = document("", f"The gradient of ŷ with respect to {name}").split("\\section*")[1].partition("\n")[0]
    assert head.isascii()
    text = re.sub(r"\$[^$]*\$", "", head.replace("\\$", ""))
    assert not set(text) & set("\\$&#_%^~<>|")


@pytest.mark.parametrize(
    ("words", "latex"),
    [
        ("N × 2", r"\text{N }\times \text{ 2}"),
        ("running_mean", r"\text{running}\_\text{mean}"),
        ("γ", r"\gamma "),
        ("x̂y", r"\hat{x}\text{y}"),
        ("中", r"\text{U+4E2D}"),
    ],
)
def test_symbols_stand_outside_of_text(words, latex):
    assert latex_words(words) == latex


def test_a_title_holds_symbols_in_math_mode():
    assert latex_text("The gradient for γ_1") == r"The gradient for $\gamma $$\_$1"


@pytest.mark.parametrize(("name", "latex"), [("γ", r"\gamma "), ("Δ", r"\Delta "), ("x̂", r"\hat{x}"), ("θ_1", r"\theta _{1}")])
def test_greek_and_hatted_names_are_letters(name, latex):
    assert rf"\partial {latex}" in derivation_of(name).latex
