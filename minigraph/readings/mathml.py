"""Mathematics as MathML, which browsers draw without a script."""

from collections.abc import Sequence
from html import escape
from typing import ClassVar

from minigraph.readings.expression import Expression
from minigraph.readings.letters import Letters, format_name, letters
from minigraph.readings.text import RAISED
from minigraph.readings.typeset import Typeset

__all__ = ["MathML"]

MARKS = {
    "grave": "`", "acute": "´", "hat": "^", "tilde": "~", "bar": "¯", "dot": "˙", "ddot": "¨", "mathring": "˚", "check": "ˇ",
}  # fmt: skip
TALL = ("mfrac", "mtable", "munder")
"""What is higher than a line."""
TIMES = "<mo>&#x2062;</mo>"
"""A product of matrices has no sign: the operator is there for those who hear it."""


class MathML(Typeset):
    """Mathematics as the inside of a `<math>` element.

    >>> MathML().write(Expression("transpose", (Expression("name", word="x"),)))
    '<msup><mi>x</mi><mi mathvariant="normal">T</mi></msup>'
    """

    between: ClassVar = {"logical_and": "∧", "logical_or": "∨", "logical_xor": "⊕", "remainder": "mod"}
    around: ClassVar = {"floor": ("⌊", "⌋"), "ceil": ("⌈", "⌉")}

    def name(self, e: Expression) -> str:
        return _letters(letters(format_name(e.word)))

    def number(self, e: Expression) -> str:
        return _number(e.word)

    def size(self, e: Expression) -> str:
        each = (_size(word) for word in e.word.split("·"))
        return _row(TIMES.join(each))

    def literal(self, e: Expression) -> str:
        return f"<mtext>{_safe(e.word)}</mtext>"

    def gradient(self, e: Expression) -> str:
        return f"<msub><mi>δ</mi>{_letters(letters(format_name(e.word)))}</msub>"

    def partial(self, e: Expression, of: str, by: str) -> str:
        return f"<mfrac><mrow><mo>∂</mo>{of}</mrow><mrow><mo>∂</mo>{by}</mrow></mfrac>"

    def plus(self, e: Expression, a: str, b: str) -> str:
        return _row(f"{a}<mo>+</mo>{b}")

    def minus(self, e: Expression, a: str, b: str) -> str:
        return _row(f"{a}<mo>−</mo>{b}")

    def product(self, e: Expression, a: str, b: str) -> str:
        return _row(f"{a}<mo>⊙</mo>{b}")

    def scaled(self, e: Expression, a: str, b: str) -> str:
        return _row(f"{a}<mo>·</mo>{b}")

    def matmul(self, e: Expression, a: str, b: str) -> str:
        return _row(f'{a}{TIMES}<mspace width="0.2em"/>{b}')

    def quotient(self, e: Expression, a: str, b: str) -> str:
        return f"<mfrac>{_row(a)}{_row(b)}</mfrac>"

    def relation(self, e: Expression, a: str, b: str) -> str:
        return _row(f"{a}<mo>{escape(e.word)}</mo>{b}")

    def negative(self, e: Expression, a: str) -> str:
        return _row(f'<mo form="prefix">−</mo>{a}')

    def power(self, e: Expression, base: str, exponent: str) -> str:
        first = e.parts[0]
        if first.form == "call" and first.word in RAISED:
            name = _word(first.word)
            return _row(f"<msup>{name}{exponent}</msup>{base.removeprefix(f'<mrow>{name}').removesuffix('</mrow>')}")
        return f"<msup>{base}{exponent}</msup>"

    def transpose(self, e: Expression, a: str) -> str:
        return f'<msup>{a}<mi mathvariant="normal">T</mi></msup>'

    def total(self, e: Expression, a: str) -> str:
        sign = '<mo movablelimits="false">∑</mo>'
        return _row(f"{f'<munder>{sign}<mtext>{e.word}</mtext></munder>' if e.word else sign}{a}")

    def absolute(self, e: Expression, a: str) -> str:
        return _fenced("|", a, "|")

    def root(self, e: Expression, a: str) -> str:
        return f"<msqrt>{a}</msqrt>"

    def item(self, e: Expression, a: str, *index: str) -> str:
        before = f"<mtext>{_safe(e.over)}</mtext>" if e.over else ""
        place = f"<mtext>{_safe(e.word)}</mtext>" if e.word else before + "<mo>,</mo>".join(index)
        return _row(a + _fenced("[", place, "]"))

    def ones(self, e: Expression) -> str:
        return f'<msub><mn mathvariant="bold">1</mn>{self._shape(e.word)}</msub>'

    def reshape(self, e: Expression, a: str) -> str:
        return _row(f"{_word('reshape')}<mo>&#x2061;</mo>{self.brackets(f'{a}<mo>,</mo>{self._shape(e.word)}')}")

    def _shape(self, sizes: str) -> str:
        return _row("<mo>×</mo>".join(self.size(Expression("size", word=size)) for size in sizes.split(", ")))

    def choice(self, e: Expression, condition: str, a: str, b: str) -> str:
        told = ((a, f"<mtext>if&#xA0;</mtext>{condition}"), (b, "<mtext>else</mtext>"))
        rows = "".join(
            f'<mtr><mtd style="text-align:left">{value}</mtd><mtd style="text-align:left">{_row(when)}</mtd></mtr>'
            for value, when in told
        )
        return _row(f'<mo form="prefix" stretchy="true">{{</mo><mtable>{rows}</mtable>')

    def sequence(self, e: Expression, *items: str) -> str:
        return self.brackets("<mo>,</mo>".join(items) + "<mo>,</mo>" * (len(items) == 1))

    def joined(self, a: str, sign: str, b: str) -> str:
        return _row(f"{a}<mo>{sign}</mo>{b}")

    def enclosed(self, written: str, before: str, after: str) -> str:
        return _fenced(before, written, after)

    def inverse(self, written: str) -> str:
        return f"<msup>{written}{_row('<mo>−</mo><mn>1</mn>')}</msup>"

    def opposite(self, written: str) -> str:
        return _row(f"<mo>¬</mo>{written}")

    def applied(self, word: str, over: str, operands: Sequence[str]) -> str:
        name = f"<msub>{_word(word)}<mtext>{over}</mtext></msub>" if over else _word(word)
        return _row(f"{name}<mo>&#x2061;</mo>{self.brackets('<mo>,</mo>'.join(operands))}")

    def brackets(self, written: str) -> str:
        return _fenced("(", written, ")")

    def iverson(self, written: str) -> str:
        return _fenced("[", written, "]")


def _row(inner: str) -> str:
    return f"<mrow>{inner}</mrow>"


def _fenced(before: str, inner: str, after: str) -> str:
    """Something between signs, which are as high as it is where it is high."""
    grows = "" if any(f"<{tag}" in inner for tag in TALL) else ' stretchy="false"'
    return f'<mrow><mo form="prefix"{grows}>{before}</mo>{inner}<mo form="postfix"{grows}>{after}</mo></mrow>'


def _word(word: str) -> str:
    return f'<mi mathvariant="normal">{_safe(word)}</mi>'


def _number(word: str) -> str:
    digits, _, power = word.replace("-", "−").partition("e")
    if not power:
        return f"<mn>{digits}</mn>"
    return _row(f"<mn>{digits}</mn><mo>·</mo><msup><mn>10</mn><mn>{power.replace('+', '')}</mn></msup>")


def _size(word: str) -> str:
    """A size: a number, a name, or what is left of one, (N−1)."""
    if word.isdigit():
        return _number(word)
    name, less, taken = word.strip("()").partition("−")
    return _fenced("(", f"{_letters(letters(name))}<mo>−</mo><mn>{taken}</mn>", ")") if less else _letters(letters(name))


def _letters(name: Letters) -> str:
    if name.is_word:
        return _word(name.stem)
    stem = f"<mi>{_safe(name.stem)}</mi>"
    accented = f'<mover accent="true">{stem}<mo>{MARKS[name.accent]}</mo></mover>' if name.accent else stem
    tag = "mn" if name.below.isdigit() else "mi"
    return f"<msub>{accented}<{tag}>{_safe(name.below)}</{tag}></msub>" if name.below else accented


def _safe(words: str) -> str:
    """Text for an element, without the letters that XML does not take."""
    return escape("".join(letter if letter >= " " else " " for letter in words))
