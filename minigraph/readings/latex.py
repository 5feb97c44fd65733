"""Mathematics as LaTeX with the symbols of amsmath, which MathJax and KaTeX read too."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import ClassVar

from minigraph.readings.expression import Expression
from minigraph.readings.letters import ACCENTS, Letters, format_name, letters
from minigraph.readings.text import RAISED
from minigraph.readings.typeset import Typeset

__all__ = ["LaTeX", "latex_text", "latex_words"]

ESCAPED = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\sim ",
    "^": r"\wedge ",
    "×": r"\times ",
    "→": r"\to ",
    "□": r"\square ",
    "·": r"\cdot ",
    "−": "-",
    "…": r"\ldots ",
    "∂": r"\partial ",
    "²": "{}^{2}",
    "³": "{}^{3}",
    "ᵀ": r"{}^{\mathsf{T}}",
    "′": r"\prime ",
    "∞": r"\infty ",
    "<": "<",
    ">": ">",
    "|": r"\vert ",
}
"""Letters that are more than letters, as math mode has them: in the text of LaTeX some are others, and MathJax knows few."""

PLAIN = r"""[A-Za-z0-9 .,;:!?()\[\]/=+*'"`@-]"""
"""A letter that text holds as it is."""

PIECE = re.compile(rf"([^\W\d_][{''.join(ACCENTS)}])|((?:{PLAIN}(?![{''.join(ACCENTS)}]))+)|(.)")

RELATIONS = {"≠": r"\neq", "≥": r"\geq", "≤": r"\leq"}
OWN = ("arccos", "arcsin", "arctan", "cos", "cosh", "det", "exp", "ln", "max", "min", "sin", "sinh", "tan", "tanh")
"""The functions that LaTeX has a sign for."""


def latex_text(words: str) -> str:
    """Words in a text of LaTeX, whatever letters they hold: symbols stand in math mode between dollar signs.

    >>> latex_text("x_1 → γ")
    'x$\\\\_$1 $\\\\to $ $\\\\gamma $'
    """
    return "".join(written if is_text else f"${written}$" for is_text, written in _pieces(words))


def latex_words(words: str) -> str:
    """Words in math mode: letters and signs inside of `\\text`, and every symbol outside of it.

    >>> latex_words("N × 2")
    '\\\\text{N }\\\\times \\\\text{ 2}'
    """
    found = [(is_text, "".join(each for _, each in group)) for is_text, group in groupby(_pieces(words), key=itemgetter(0))]
    return "".join(rf"\text{{{written}}}" if is_text else written for is_text, written in found)


def _pieces(words: str) -> Iterator[tuple[bool, str]]:
    """The words in pieces, each with whether it is text; a letter that not every LaTeX has is written by its number."""
    normal = unicodedata.normalize("NFD", words)
    for accented, plain, letter in PIECE.findall("".join(each if each.isprintable() else " " for each in normal)):
        symbol = ESCAPED.get(letter) or _symbol(accented or letter)
        yield not symbol, plain or symbol or "".join(f"U+{ord(each):04X}" for each in accented or letter)


def _symbol(letter: str) -> str:
    """A letter of mathematics: γ, Δ, or one with an accent, ŷ; nothing for any other one."""
    found = letters(letter)
    known = letter and not letter.isascii() and not found.is_word and (found.stem.isascii() or found.stem in GREEK)
    return _letters(found) if known else ""


class LaTeX(Typeset):
    """Mathematics for LaTeX's math mode.

    >>> W1, x = Expression("name", word="W1"), Expression("name", word="x")
    >>> LaTeX().write(Expression("matmul", (Expression("transpose", (x,)), W1)))
    'x^{\\\\mathsf{T}}\\\\, W_{1}'
    """

    between: ClassVar = {
        "logical_and": r"\land",
        "logical_or": r"\lor",
        "logical_xor": r"\oplus",
        "remainder": r"\;\mathrm{mod}\;",
    }
    around: ClassVar = {"floor": (r"\lfloor", r"\rfloor"), "ceil": (r"\lceil", r"\rceil")}

    def name(self, e: Expression) -> str:
        return _letters(letters(format_name(e.word)))

    def number(self, e: Expression) -> str:
        return _number(e.word)

    def size(self, e: Expression) -> str:
        return r"\, ".join(map(_number_or_name, e.word.split("·")))

    def literal(self, e: Expression) -> str:
        return latex_words(e.word)

    def gradient(self, e: Expression) -> str:
        return rf"\delta_{{{_letters(letters(format_name(e.word)))}}}"

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
        named = right.form in ("name", "gradient", "power", "transpose")
        return rf"{a}\, {b}" if named and left.form == "number" else rf"{a} \cdot {b}"

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
        return rf"\sum_{{{latex_words(e.word)}}} {a}" if e.word else rf"\sum {a}"

    def absolute(self, e: Expression, a: str) -> str:
        return rf"\left| {a} \right|"

    def root(self, e: Expression, a: str) -> str:
        return rf"\sqrt{{{a}}}"

    def item(self, e: Expression, a: str, *index: str) -> str:
        place = latex_words(e.word) if e.word else latex_words(e.over) + ", ".join(index)
        return rf"{a}\left[ {place} \right]"

    def ones(self, e: Expression) -> str:
        return rf"\mathbf{{1}}_{{{self._shape(e.word)}}}"

    def reshape(self, e: Expression, a: str) -> str:
        return rf"\mathrm{{reshape}}\left( {a}, {self._shape(e.word)} \right)"

    def _shape(self, sizes: str) -> str:
        return r" \times ".join(self.size(Expression("size", word=size)) for size in sizes.split(", "))

    def choice(self, e: Expression, condition: str, a: str, b: str) -> str:
        return rf"\begin{{cases}} {a} & \text{{if }} {condition} \\ {b} & \text{{else}} \end{{cases}}"

    def sequence(self, e: Expression, *items: str) -> str:
        return self.brackets(", ".join(items) + "," * (len(items) == 1))

    def joined(self, a: str, sign: str, b: str) -> str:
        return f"{a} {sign} {b}"

    def enclosed(self, written: str, before: str, after: str) -> str:
        return rf"\left{before} {written} \right{after}"

    def inverse(self, written: str) -> str:
        return f"{_raisable(written)}^{{-1}}"

    def opposite(self, written: str) -> str:
        return rf"\lnot {written}"

    def applied(self, word: str, over: str, operands: Sequence[str]) -> str:
        plain = word.isascii() and word.isalnum()
        name = rf"\{word}" if word in OWN else rf"\mathrm{{{word}}}" if plain else latex_words(word)
        return name + (over and rf"_{{{latex_words(over)}}}") + self.brackets(", ".join(operands))

    def brackets(self, written: str) -> str:
        return self.enclosed(written, "(", ")")

    def iverson(self, written: str) -> str:
        return self.enclosed(written, "[", "]")


def _raisable(written: str) -> str:
    """What can take an exponent: one that carries one already goes into braces of its own."""
    return f"{{{written}}}" if "^" in written else written


def _number(word: str) -> str:
    if word.lstrip("-") in ("∞", "nan"):
        return word.replace("∞", r"\infty ").replace("nan", r"\mathrm{NaN}")
    if not word[-1:].isdigit():
        return rf"\mathrm{{{word}}}"
    digits, _, power = word.partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits


def _number_or_name(word: str) -> str:
    """A size: a number, a name, or what is left of one, (N−1)."""
    if word.isdecimal():
        return word
    name, less, taken = word.strip("()").partition("−")
    return rf"\left( {_letters(letters(name))} - {taken} \right)" if less else _letters(letters(name))


def _letters(name: Letters) -> str:
    if name.is_word or not ((name.stem.isascii() and name.stem.isalpha()) or name.stem in GREEK):
        plain = name.stem.isascii() and name.stem.isalpha()
        return rf"\mathrm{{{name.stem}}}" if plain else latex_words(name.stem)
    stem = GREEK.get(name.stem, name.stem)
    accented = rf"\{name.accent}{{{stem}}}" if name.accent else stem
    plain = name.below.isascii() and name.below.isalnum()
    below = name.below if plain and (len(name.below) == 1 or name.below.isdigit()) else latex_words(name.below)
    below = rf"\mathrm{{{name.below}}}" if plain and below != name.below else below
    return f"{accented}_{{{below}}}" if name.below else accented


def _greek() -> dict[str, str]:
    """`\\alpha ` for α, and `\\Delta ` for Δ: a letter that looks like a Latin one is written as that."""
    found = {}
    for letter in "αβγδεζηθικλμνξοπρςστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ":
        *_, word = unicodedata.name(letter).replace("LAMDA", "LAMBDA").replace("FINAL SIGMA", "VARSIGMA").lower().split()
        looks = LATIN.get(letter)
        found[letter] = looks or rf"\{word if letter.islower() else word.capitalize()} "
    return found


LATIN = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
GREEK = _greek()
