"""Mathematics typeset: LaTeX and MathML, with names, numbers and words of whatever letters.

>>> from minigraph.readings.expression import Expression
>>> square = Expression("power", (Expression("name", word="W1"), Expression("number", word="2")))
>>> print(LATEX.write(square), MATHML.write(square))
{W_{1}}^{2} <msup><msub><mi>W</mi><mn>1</mn></msub><mn>2</mn></msup>
"""

import re
import unicodedata
from collections.abc import Iterator
from html import escape
from itertools import groupby
from operator import itemgetter

from minigraph.readings.letters import ACCENTS, Letters, format_name, letters
from minigraph.readings.notation import Notation

__all__ = ["LATEX", "MATHML", "latex_text", "latex_words"]

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
    "⊙": r"\odot ",
    "−": "-",
    "…": r"\ldots ",
    "∂": r"\partial ",
    "²": "{}^{2}",
    "³": "{}^{3}",
    "ᵀ": r"{}^{\mathsf{T}}",
    "′": r"\prime ",
    "∞": r"\infty ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "√": r"\surd ",
    "<": "<",
    ">": ">",
    "|": r"\vert ",
}
"""Letters that are more than letters, as math mode has them: in the text of LaTeX some are others, and MathJax knows few."""

PLAIN = r"""[A-Za-z0-9 .,;:!?()\[\]/=+*'"`@-]"""
"""A letter that text holds as it is."""

PIECE = re.compile(rf"([^\W\d_][{''.join(ACCENTS)}])|((?:{PLAIN}(?![{''.join(ACCENTS)}]))+)|(.)")

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
    return _latex_letters(found) if known else ""


def _latex_name(word: str) -> str:
    """A name in math mode: ŷ is a y with a hat, W1 a W with a 1 below."""
    return _latex_letters(letters(format_name(word)))


def _latex_function(word: str) -> str:
    """The name of a function: upright, and LaTeX's own where it has one."""
    plain = word.isascii() and word.isalnum()
    return rf"\{word}" if word in OWN else rf"\mathrm{{{word}}}" if plain else latex_words(word)


def _latex_number(word: str) -> str:
    """A number in math mode: 1e-05 is 1 · 10⁻⁵."""
    if word.lstrip("-") in ("∞", "nan"):
        return word.replace("∞", r"\infty ").replace("nan", r"\mathrm{NaN}")
    sign, size = ("-", word[1:]) if word.startswith("-") else ("", word)
    if size.startswith("√"):
        return rf"{sign}\sqrt{{{_latex_number(size[1:].strip('()'))}}}"
    if "/" in size:
        above, _, below = size.partition("/")
        return rf"{sign}\frac{{{_latex_number(above)}}}{{{_latex_number(below)}}}"
    if "π" in size:
        return sign + size.replace("·", r" \, ").replace("π", r"\pi ")
    if not word[-1:].isdigit():
        return rf"\mathrm{{{word}}}"
    digits, _, power = word.partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if power else digits


def _latex_size(word: str) -> str:
    """The size of an axis, from its text: 2·⌊N/2⌋."""
    return "".join(map(_latex_piece, _pieces_of_size(word)))


def _latex_piece(piece: str) -> str:
    return LATEX_SIGNS.get(piece) or (piece if piece.isdecimal() else _latex_letters(letters(piece)))


def _pieces_of_size(size: str) -> list[str]:
    """The numbers, names and signs in the text of a size: 2, ·, ⌊, N, /, 2 and ⌋ in 2·⌊N/2⌋."""
    return re.findall(r"[·−+/,()⌊⌋]|[^·−+/,()⌊⌋]+", size)


LATEX_SIGNS = {
    "·": r"\, ", "+": " + ", "−": " - ", "/": " / ", ",": ", ", "(": r"\left( ", ")": r" \right)",
    "⌊": r"\left\lfloor ", "⌋": r" \right\rfloor ", "max": r"\max", "min": r"\min",
}  # fmt: skip
"""The signs and functions in the text of a size."""


def _latex_letters(name: Letters) -> str:
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
    """`\\alpha ` for α, and `\\Delta ` for Δ: a letter that has the shape of a Latin one is written as that."""
    found = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
    for letter in "αβγδεζηθικλμνξπρςστυφχψωΓΔΘΛΞΠΣΥΦΨΩ":
        *_, word = unicodedata.name(letter).replace("LAMDA", "LAMBDA").replace("FINAL SIGMA", "VARSIGMA").lower().split()
        found[letter] = rf"\{word if letter.islower() else word.capitalize()} "
    return found


GREEK = _greek()

MARKS = {
    "grave": "`", "acute": "´", "hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "ddot": "¨", "mathring": "˚", "check": "ˇ",
}  # fmt: skip
TALL = ("mfrac", "mtable", "munder")
"""What is higher than a line."""


def _mathml_name(word: str) -> str:
    """A name as MathML: ŷ is a y with a hat, W1 a W with a 1 below."""
    return _mathml_letters(letters(format_name(word)))


def _mathml_function(word: str) -> str:
    """The name of a function, upright."""
    return f'<mi mathvariant="normal">{_safe(word)}</mi>'


def _mathml_words(words: str) -> str:
    """Words that are no mathematics."""
    return f"<mtext>{_safe(words)}</mtext>"


def _mathml_number(word: str) -> str:
    """A number as MathML: 1e-05 is 1 · 10⁻⁵."""
    sign, size = ("<mo>−</mo>", word[1:]) if word.startswith("-") else ("", word)
    if size.startswith("√"):
        return f"<mrow>{sign}<msqrt>{_mathml_number(size[1:].strip('()'))}</msqrt></mrow>"
    if "/" in size:
        above, _, below = size.partition("/")
        return f"<mrow>{sign}<mfrac>{_mathml_number(above)}{_mathml_number(below)}</mfrac></mrow>"
    if "π" in size:
        return f"<mrow>{sign}{size.replace('2·', '<mn>2</mn><mo>&#x2062;</mo>').replace('π', '<mi>π</mi>')}</mrow>"
    digits, _, power = word.replace("-", "−").partition("e")
    if not power:
        return f"<mn>{digits}</mn>"
    return f"<mrow><mn>{digits}</mn><mo>·</mo><msup><mn>10</mn><mn>{power.replace('+', '')}</mn></msup></mrow>"


def _mathml_size(word: str) -> str:
    """The size of an axis, from its text: 2·⌊N/2⌋."""
    return f"<mrow>{''.join(map(_mathml_piece, _pieces_of_size(word)))}</mrow>"


def _mathml_piece(piece: str) -> str:
    if piece.isdecimal() or piece in ("max", "min"):
        return _mathml_number(piece) if piece.isdecimal() else _mathml_function(piece)
    if piece not in LATEX_SIGNS:
        return _mathml_letters(letters(piece))
    form = "prefix" if piece in "(⌊" else "postfix" if piece in ")⌋" else "infix"
    return "<mo>&#x2062;</mo>" if piece == "·" else f'<mo form="{form}" stretchy="false">{piece}</mo>'


def _mathml_letters(name: Letters) -> str:
    if name.is_word:
        return _mathml_function(name.stem)
    stem = f"<mi>{_safe(name.stem)}</mi>"
    accented = f'<mover accent="true">{stem}<mo>{MARKS[name.accent]}</mo></mover>' if name.accent else stem
    tag = "mn" if name.below.isdigit() else "mi"
    return f"<msub>{accented}<{tag}>{_safe(name.below)}</{tag}></msub>" if name.below else accented


def _fenced(before: str, inner: str, after: str) -> str:
    """Something between two signs of MathML, which grow with it where it is higher than a line."""
    grows = "" if any(f"<{tag}" in inner for tag in TALL) else ' stretchy="false"'
    return f'<mrow><mo form="prefix"{grows}>{before}</mo>{inner}<mo form="postfix"{grows}>{after}</mo></mrow>'


def _safe(words: str) -> str:
    """Text for an element, without the letters that XML does not take."""
    return escape("".join(letter if letter >= " " else " " for letter in words))


LATEX = Notation(
    "latex",
    name=_latex_name,
    number=_latex_number,
    size=_latex_size,
    shape=lambda sizes: r" \times ".join(map(_latex_size, sizes.split(", "))),
    words=latex_words,
    function=_latex_function,
    sign=lambda sign: {"≠": r"\neq", "≥": r"\geq", "≤": r"\leq"}.get(sign, sign),
    fence=lambda before, written, after: rf"\left{before} {written} \right{after}",
)
"""Mathematics for LaTeX's math mode with the symbols of amsmath, which MathJax and KaTeX read too."""

MATHML = Notation(
    "mathml",
    name=_mathml_name,
    number=_mathml_number,
    size=_mathml_size,
    shape=lambda sizes: f"<mrow>{'<mo>×</mo>'.join(map(_mathml_size, sizes.split(', ')))}</mrow>",
    words=_mathml_words,
    function=_mathml_function,
    sign=escape,
    fence=_fenced,
    comma="<mo>,</mo>",
)
"""Mathematics as the inside of a `<math>` element, which browsers draw without a script."""
