"""How each form of an expression is written: one table, a row for each form.

A row holds the form's operator precedence and how it is written as text, in LaTeX and in MathML. To add a form, add a row.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minigraph.readings.expression import Expression
from minigraph.readings.letters import RAISED as LETTERS_ABOVE
from minigraph.readings.precedence import ATOM, INVERSE, POWER, PRODUCT, RELATION, SIGN, SUM

__all__ = ["FORMS", "PRINTED", "RAISED", "SUPERSCRIPTS", "Row"]

Column = str | Callable[..., str]
"""How a form is written: a template, or a function of the notation, the expression and its written parts.

In a template $a, $b and $c are the parts, and `Fields`, in `notation.py`, is what else it can name.
"""


@dataclass(frozen=True)
class Row:
    """How one form is written."""

    text: Column
    latex: Column
    mathml: Column
    binds: int = ATOM
    """How tightly the form binds."""
    needs: tuple[int, ...] = (RELATION,)
    """How tightly each part must bind to stand without brackets; the last holds for all that follow."""
    printed: tuple[int, tuple[int, ...]] | None = None
    """The same two in LaTeX and MathML, where they differ: a fraction and an exponent need no brackets there."""


def _infix(sign: str) -> str:
    return f"<mrow>$a<mo>{sign}</mo>$b</mrow>"


def _fence(before: str, after: str) -> Column:
    return lambda notation, e, a: notation.fence(before, a, after)


def _latex_superscript(superscript: str) -> Column:
    """What carries a superscript already goes into braces of its own."""
    return lambda notation, e, a: (f"{{{a}}}" if "^" in a else a) + superscript


def _text_gradient(notation: Any, e: Any) -> str:
    return f"δ{_one_word(notation.name(e.word))}"


def _text_partial(notation: Any, e: Any, a: str, b: str) -> str:
    return f"∂{_one_word(a)}/∂{_one_word(b)}"


def _text_power(notation: Any, e: Any, a: str, b: str) -> str:
    return a + SUPERSCRIPTS.get(b, f"^{b}")


def _text_exponential(notation: Any, e: Any, a: str) -> str:
    above = [LETTERS_ABOVE.get(letter, "") for letter in a]
    return f"e{''.join(above)}" if all(above) else f"e^{a}" if a.isidentifier() else f"e^({a})"


def _text_root(notation: Any, e: Any, a: str) -> str:
    return f"√{a}" if a.isidentifier() or a.isdecimal() else f"√({a})"


def _text_raised(notation: Any, e: Any, a: str, b: str) -> str:
    return f"{e.word}{SUPERSCRIPTS[b]}({a})"


def _correlation(above: str = "", below: str = "", turned: bool = True) -> tuple[Column, Column, Column]:
    """Filters ⋆ an image, text, LaTeX and MathML: with what stands above and below the star, and how the filters slide.

    The image is the first part, unless that is `turned` off.
    """

    def sides(a: str, b: str) -> tuple[str, str]:
        return (b, a) if turned else (a, b)

    def text(notation: Any, e: Any, a: str, b: str) -> str:
        filters, image = sides(a, b)
        slide = f"[{', '.join(e.settings)}]" if e.settings else ""
        return f"{filters} ⋆{'ᵀ' * bool(above)}{'ₙ' * bool(below)}{slide} {image}"

    def latex(notation: Any, e: Any, a: str, b: str) -> str:
        filters, image = sides(a, b)
        words = r",\, ".join([below] * bool(below) + [rf"\mathrm{{{word}}}={value}" for word, value in _pairs(e.settings)])
        star = r"\star" + r"^{\mathsf{T}}" * bool(above) + f"_{{{words}}}" * bool(words)
        return f"{filters} {star} {image}"

    def mathml(notation: Any, e: Any, a: str, b: str) -> str:
        filters, image = sides(a, b)
        words = ", ".join([below] * bool(below) + [f"{word} = {value}" for word, value in _pairs(e.settings)])
        star, words, raised = "<mo>⋆</mo>", f"<mtext>{words}</mtext>", f'<mi mathvariant="normal">{above}</mi>'
        if above or words != "<mtext></mtext>":
            star = f"<msubsup>{star}{words}{raised}</msubsup>"
        return f"<mrow>{filters}{star}{image}</mrow>"

    return text, latex, mathml


def _added_rows(notation: Any, e: Any, *_: str) -> str:
    """Rows that are added up by their indices: a product with one-hot rows, one_hot(i, 10)ᵀ · δ."""
    rows, indices = e.parts[:2]
    hot = Expression("call", (indices, Expression("size", word=e.word)), "one_hot")
    product = Expression("matmul", (Expression("transpose", (hot,)), rows))
    return str(notation.write(Expression("total", (product,), e.over) if e.over else product))


def _placed(zeros: str, into: str, around: str = "{}") -> Column:
    """Zeros of a shape with something in the places of an index, in the notation of arrays that are updated: a[i ← x]."""

    def written(notation: Any, e: Any, a: str, *index: str) -> str:
        places = notation.words(e.word) + "".join(index)
        shape = zeros.replace("$shape", notation.shape(e.over))
        return around.format(shape + str(notation.fence("[", places + into + a, "]")))

    return written


def _recurrence(where: str, comma: str, end: str = "", around: str = "{}") -> Column:
    """What is read of a recurrence, and its equations, in print one below the other."""

    def written(notation: Any, e: Any, a: str) -> str:
        which, equations, _ = e.meaning
        shown = comma.join(map(notation.write, equations))
        return around.format(notation.write(which) + (where + shown + end if shown else ""))

    return written


def _latex_place(notation: Any, e: Any, a: str) -> str:
    place = e.word.replace("−", "-").replace("…", r"\ldots ")
    below = re.fullmatch(r"(.+?)_\{([^{}]*)\}", a)  # what has something below already
    return rf"{below[1]}_{{{below[2]},\,{place}}}" if below else rf"{{{a}}}_{{{',' * ('_' in a)}{place}}}"


def _pairs(settings: Any) -> list[list[str]]:
    return [setting.split("=", 1) for setting in settings]


def _one_word(name: str) -> str:
    return name if name.isidentifier() else f"({name})"


SUPERSCRIPTS = {"2": "²", "3": "³"}
RAISED = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
"""The functions whose power is written at their name: tanh²(x)."""
TIMES = '<mo>&#x2062;</mo><mspace width="0.2em"/>'
"""A product of matrices has no sign: the operator is there for those who hear it."""
SIGMA = '<mo movablelimits="false">∑</mo>'
CELL = '<mtd style="text-align:left">'
CASES = (
    '<mrow><mo form="prefix" stretchy="true">{</mo><mtable>'
    f"<mtr>{CELL}$b</mtd>{CELL}<mrow><mtext>if&#xA0;</mtext>$a</mrow></mtd></mtr>"
    f"<mtr>{CELL}$c</mtd>{CELL}<mrow><mtext>else</mtext></mrow></mtd></mtr></mtable></mrow>"
)
CALL = "$function$arguments"
NORM = "<mrow><mo>‖</mo>$a<mo>‖</mo></mrow>"
TWO = (RELATION, RELATION)
PLACED = Row(
    _placed("zeros($shape)", " ← "),
    _placed(r"\mathbf{0}_{$shape}", r" \leftarrow "),
    _placed('<msub><mn mathvariant="bold">0</mn>$shape</msub>', "<mo>←</mo>", "<mrow>{}</mrow>"),
)

# fmt: off
FORMS = {
    # each form: its text, LaTeX and MathML; how tightly it binds and its parts must, and the same in print where that differs
    "name": Row("$name", "$name", "$name"),
    "number": Row("$number", "$number", "$number"),
    "literal": Row("$words", "$words", "$words"),
    "size": Row("$size", "$size", "$size"),
    "product of sizes": Row("$size", "$size", "$size", PRODUCT),
    "gradient": Row(_text_gradient, r"\delta_{$name}", "<msub><mi>δ</mi>$name</msub>"),
    "partial": Row(_text_partial, r"\frac{\partial $a}{\partial $b}",
                   "<mfrac><mrow><mo>∂</mo>$a</mrow><mrow><mo>∂</mo>$b</mrow></mfrac>"),
    "relation": Row("$a $sign $b", "$a $sign $b", "<mrow>$a<mo>$sign</mo>$b</mrow>", RELATION, (SUM, SUM)),
    "plus": Row("$a + $b", "$a + $b", _infix("+"), SUM, (SUM, PRODUCT)),
    "minus": Row("$a − $b", "$a - $b", _infix("−"), SUM, (SUM, PRODUCT)),
    "product": Row("$a ⊙ $b", r"$a \odot $b", _infix("⊙"), PRODUCT, (PRODUCT, PRODUCT)),
    "scaled": Row("$a · $b", r"$a \cdot $b", _infix("·"), PRODUCT, (PRODUCT, PRODUCT)),
    "multiple": Row("$a · $b", r"$a\, $b", _infix("·"), PRODUCT, (PRODUCT, PRODUCT)),
    "matmul": Row("$a · $b", r"$a\, $b", f"<mrow>$a{TIMES}$b</mrow>", PRODUCT, (PRODUCT, SIGN)),
    "correlation": Row(*_correlation(), SUM, (POWER, POWER)),
    "transposed correlation": Row(*_correlation(above="T"), SUM, (POWER, POWER)),
    "correlation of images": Row(*_correlation(below="n", turned=False), SUM, (POWER, POWER)),
    "added rows": Row(_added_rows, _added_rows, _added_rows, SUM),
    "quotient": Row("$a / $b", r"\frac{$a}{$b}", "<mfrac><mrow>$a</mrow><mrow>$b</mrow></mfrac>",
                    PRODUCT, (PRODUCT, SIGN), printed=(POWER, (RELATION, RELATION))),
    "negative": Row("−$a", "-$a", '<mrow><mo form="prefix">−</mo>$a</mrow>', SIGN, (PRODUCT,)),
    "power": Row(_text_power, "{$a}^{$b}", "<msup>$a$b</msup>", POWER, (ATOM, ATOM), printed=(POWER, (ATOM, RELATION))),
    "exponential": Row(_text_exponential, "e^{$a}", "<msup><mi>e</mi>$a</msup>", POWER),
    "raised": Row(_text_raised, "$function^{$b}$argument",
                  "<mrow><msup>$function$b</msup><mo>&#x2061;</mo>$argument</mrow>", POWER),
    "transpose": Row("$aᵀ", _latex_superscript(r"^{\mathsf{T}}"), '<msup>$a<mi mathvariant="normal">T</mi></msup>',
                     needs=(INVERSE,)),
    "inverse transpose": Row("$a⁻ᵀ", _latex_superscript(r"^{-\mathsf{T}}"),
                             '<msup>$a<mrow><mo>−</mo><mi mathvariant="normal">T</mi></mrow></msup>', INVERSE, (ATOM,)),
    "total": Row("Σ $a", r"\sum $a", f"<mrow>{SIGMA}$a</mrow>", PRODUCT, (POWER,)),
    "total over": Row("Σ $words $a", r"\sum_{$words} $a", f"<mrow><munder>{SIGMA}$words</munder>$a</mrow>", PRODUCT, (POWER,)),
    "total over images": Row("Σₙ $a", r"\sum_{n} $a", f"<mrow><munder>{SIGMA}<mi>n</mi></munder>$a</mrow>", PRODUCT, (POWER,)),
    "absolute": Row(_fence("|", "|"), _fence("|", "|"), _fence("|", "|")),
    "root": Row(_text_root, r"\sqrt{$a}", "<msqrt>$a</msqrt>", POWER, printed=(ATOM, (RELATION,))),
    "item": Row("$a$index", "$a$index", "<mrow>$a$index</mrow>", needs=(INVERSE, RELATION)),
    "at": Row("$a$index", _latex_place, "<msub>$a<mtext>$place</mtext></msub>", needs=(INVERSE,)),
    "recurrence": Row(_recurrence(" where ", ", "),
                      _recurrence(r"\text{ where }\begin{array}{l}", r" \\ ", r"\end{array}"),
                      _recurrence(f"<mtext>&#xA0;where&#xA0;</mtext><mtable><mtr>{CELL}", f"</mtd></mtr><mtr>{CELL}",
                                  "</mtd></mtr></mtable>", "<mrow>{}</mrow>"), RELATION),
    "slice": Row("$a$index", "$a$index", "<mrow>$a$index</mrow>", needs=(INVERSE,)),
    "zeros": Row("zeros($shape)", r"\mathbf{0}_{$shape}", '<msub><mn mathvariant="bold">0</mn>$shape</msub>'),
    "ones": Row("ones($shape)", r"\mathbf{1}_{$shape}", '<msub><mn mathvariant="bold">1</mn>$shape</msub>'),
    "placed": PLACED,
    "placed at": PLACED,
    "reshape": Row("reshape($a, ($shape))", r"\mathrm{reshape}\left( $a, $shape \right)",
                   '<mrow><mi mathvariant="normal">reshape</mi><mo>&#x2061;</mo>$resized</mrow>'),
    "choice": Row("where$arguments", r"\begin{cases} $b & \text{if } $a \\ $c & \text{else} \end{cases}", CASES,
                  printed=(SUM, (RELATION,))),
    "sequence": Row("$sequence", "$sequence", "$sequence"),
    "call": Row(CALL, CALL, "<mrow>$function<mo>&#x2061;</mo>$arguments</mrow>"),
    "call over": Row("$function $over $arguments", "${function}_{$over}$arguments",
                     "<mrow><msub>$function$over</msub><mo>&#x2061;</mo>$arguments</mrow>"),
}
"""How each form of an expression is written."""

PRINTED = {
    "logical_and": Row(CALL, r"$a \land $b", _infix("∧"), needs=TWO, printed=(RELATION, (INVERSE, INVERSE))),
    "logical_or": Row(CALL, r"$a \lor $b", _infix("∨"), needs=TWO, printed=(RELATION, (INVERSE, INVERSE))),
    "logical_xor": Row(CALL, r"$a \oplus $b", _infix("⊕"), needs=TWO, printed=(RELATION, (INVERSE, INVERSE))),
    "remainder": Row(CALL, r"$a \;\mathrm{mod}\; $b", _infix("mod"), needs=TWO, printed=(RELATION, (INVERSE, INVERSE))),
    "logical_not": Row(CALL, r"\lnot $a", "<mrow><mo>¬</mo>$a</mrow>", printed=(SIGN, (INVERSE,))),
    "floor": Row(CALL, _fence(r"\lfloor", r"\rfloor"), _fence("⌊", "⌋"), printed=(ATOM, (RELATION,))),
    "ceil": Row(CALL, _fence(r"\lceil", r"\rceil"), _fence("⌈", "⌉"), printed=(ATOM, (RELATION,))),
    "inv": Row("$a⁻¹", _latex_superscript("^{-1}"), "<msup>$a<mrow><mo>−</mo><mn>1</mn></mrow></msup>", INVERSE, (ATOM,)),
    "l1": Row("‖$a‖₁", r"\left\| $a \right\|_{1}", f'<msub>{NORM}<mn>1</mn></msub>'),
    "l2": Row("‖$a‖", r"\left\| $a \right\|", NORM),
}
# fmt: on
"""How calls of the functions are written that have a sign of their own; of some in print alone."""
