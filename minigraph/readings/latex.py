"""Mathematics as LaTeX with the symbols of amsmath, which MathJax and KaTeX read too."""

import unicodedata
from collections.abc import Sequence
from typing import ClassVar

from minigraph.readings.expression import Expression
from minigraph.readings.letters import Letters, letters
from minigraph.readings.text import RAISED
from minigraph.readings.typeset import Typeset, is_number

__all__ = ["LaTeX", "latex_text"]

ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "→": r"$\to$",
    "□": r"$\square$",
}
RELATIONS = {"≠": r"\neq", "≥": r"\geq", "≤": r"\leq"}
OWN = ("arccos", "arcsin", "arctan", "cos", "cosh", "det", "exp", "ln", "max", "min", "sin", "sinh", "tan", "tanh")
"""The functions that LaTeX has a sign for."""


def latex_text(words: str) -> str:
    """Words inside LaTeX, whatever letters they hold.

    >>> latex_text("50% of $x_1$")
    '50\\\\% of \\\\$x\\\\_1\\\\$'
    """
    return "".join(ESCAPED.get(letter, letter) for letter in words).replace("\n", " ")


class LaTeX(Typeset):
    """Mathematics for LaTeX's math mode.

    >>> W1, x = Expression("name", word="W1"), Expression("name", word="x")
    >>> LaTeX().write(Expression("matmul", (Expression("transpose", (x,)), W1)))
    'x^{\\\\mathsf{T}}\\\\, W_{1}'
    """

    between: ClassVar = {
        "logical_and": r"\land", "logical_or": r"\lor", "logical_xor": r"\oplus", "remainder": r"\;\mathrm{mod}\;",
    }
    around: ClassVar = {"floor": (r"\lfloor", r"\rfloor"), "ceil": (r"\lceil", r"\rceil")}

    def name(self, e: Expression) -> str:
        return _letters(letters(e.word)) if not is_number(e.word) else _number(e.word)

    def number(self, e: Expression) -> str:
        return _number(e.word)

    def size(self, e: Expression) -> str:
        return r"\, ".join(map(_number_or_name, e.word.split("·")))

    def literal(self, e: Expression) -> str:
        return rf"\text{{{latex_text(e.word)}}}"

    def gradient(self, e: Expression) -> str:
        return rf"\delta_{{{_letters(letters(e.word))}}}"

    def partial(self, e: Expression, of: str, by: str) -> str:
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def plus(self, e: Expression, a: str, b: str) -> str:
        return f"{a} + {b}"

    def minus(self, e: Expression, a: str, b: str) -> str:
        return f"{a} - {b}"

    def product(self, e: Expression, a: str, b: str) -> str:
        return rf"{a} \odot {b}"

    def scaled(self, e: Expression, a: str, b: str) -> str:
        left, right = e.parts
        named = right.form in ("name", "gradient", "power", "transpose") and not is_number(right.word)
        return rf"{a}\, {b}" if named and is_number(left.word) else rf"{a} \cdot {b}"

    def matmul(self, e: Expression, a: str, b: str) -> str:
        return rf"{a}\, {b}"

    def quotient(self, e: Expression, a: str, b: str) -> str:
        return rf"\frac{{{a}}}{{{b}}}"

    def relation(self, e: Expression, a: str, b: str) -> str:
        return f"{a} {RELATIONS.get(e.word, e.word)} {b}"

    def negative(self, e: Expression, a: str) -> str:
        return f"-{a}"

    def power(self, e: Expression, base: str, exponent: str) -> str:
        first = e.parts[0]
        if first.form == "call" and first.word in RAISED:
            name = rf"\{first.word}"
            return f"{name}^{{{exponent}}}{base.removeprefix(name)}"
        return f"{{{base}}}^{{{exponent}}}"

    def transpose(self, e: Expression, a: str) -> str:
        return rf"{_raisable(a)}^{{\mathsf{{T}}}}"

    def total(self, e: Expression, a: str) -> str:
        return rf"\sum_{{\text{{{e.word}}}}} {a}" if e.word else rf"\sum {a}"

    def absolute(self, e: Expression, a: str) -> str:
        return rf"\left| {a} \right|"

    def root(self, e: Expression, a: str) -> str:
        return rf"\sqrt{{{a}}}"

    def item(self, e: Expression, a: str, *index: str) -> str:
        place = rf"\text{{{latex_text(e.word)}}}" if e.word else ", ".join(index)
        return rf"{a}\left[ {place} \right]"

    def choice(self, e: Expression, condition: str, a: str, b: str) -> str:
        return rf"\begin{{cases}} {a} & \text{{if }} {condition} \\ {b} & \text{{else}} \end{{cases}}"

    def sequence(self, e: Expression, *items: str) -> str:
        return self.brackets(", ".join(items))

    def joined(self, a: str, sign: str, b: str) -> str:
        return f"{a} {sign} {b}"

    def enclosed(self, written: str, before: str, after: str) -> str:
        return rf"\left{before} {written} \right{after}"

    def inverse(self, written: str) -> str:
        return f"{_raisable(written)}^{{-1}}"

    def opposite(self, written: str) -> str:
        return rf"\lnot {written}"

    def applied(self, word: str, over: str, operands: Sequence[str]) -> str:
        name = rf"\{word}" if word in OWN else rf"\operatorname{{{latex_text(word)}}}"
        return name + (over and rf"_{{\text{{{over}}}}}") + self.brackets(", ".join(operands))

    def brackets(self, written: str) -> str:
        return self.enclosed(written, "(", ")")

    def iverson(self, written: str) -> str:
        return self.enclosed(written, "[", "]")


def _raisable(written: str) -> str:
    """What can take an exponent: one that carries one already goes into braces of its own."""
    return f"{{{written}}}" if "^" in written else written


def _number(word: str) -> str:
    digits, _, power = word.partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits


def _number_or_name(word: str) -> str:
    return word if is_number(word) else _letters(letters(word))


def _letters(name: Letters) -> str:
    if name.is_word:
        plain = name.stem.isascii() and name.stem.isalpha()
        return rf"\mathrm{{{name.stem}}}" if plain else rf"\text{{{latex_text(name.stem)}}}"
    stem = _greek(name.stem)
    accented = rf"\{name.accent}{{{stem}}}" if name.accent else stem
    below = name.below if len(name.below) == 1 or name.below.isdigit() else rf"\mathrm{{{name.below}}}"
    return f"{accented}_{{{below}}}" if name.below else accented


def _greek(letter: str) -> str:
    """`\\alpha` for α; other letters as they are."""
    if not "α" <= letter <= "ω" or letter == "ο":
        return {"□": r"\square "}.get(letter, letter)
    word = unicodedata.name(letter).split()[-1].lower()
    return rf"\{ {'lamda': 'lambda'}.get(word, word) } "
