"""Mathematics written down: the writer that reads the table of forms, and its notation as text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from minigraph.core.node import Node
from minigraph.readings.expression import Expression, shown
from minigraph.readings.forms import FORMS, PRINTED, RAISED, SUPERSCRIPTS, Row
from minigraph.readings.letters import format_name, may_be_raised
from minigraph.readings.precedence import PRODUCT, RELATION, SIGN

__all__ = ["TEXT", "Notation"]

NAMED = ("name", "gradient", "power", "transpose")
"""What a number stands before without a sign in print: 2 a."""


@dataclass(eq=False)
class Notation:
    """A way to write expressions: a column of the table, and how names, numbers and words stand in it.

    >>> x = Expression("name", word="x")
    >>> product = Expression("product", (Expression("plus", (x, x)), Expression("transpose", (x,))))
    >>> TEXT.write(product)
    '(x + x) ⊙ xᵀ'
    """

    column: str
    name: Callable[[str], str]
    number: Callable[[str], str]
    size: Callable[[str], str]
    shape: Callable[[str], str]
    words: Callable[[str], str]
    """Words, as they are."""
    function: Callable[[str], str]
    sign: Callable[[str], str]
    """The sign of a relation."""
    fence: Callable[[str, str, str], str]
    """What is written, between two signs: the sign before it, itself, and the sign behind it."""
    comma: str = ", "

    def write(self, expression: Expression) -> str:
        """The expression, written."""
        frames = [self._begun(expression)]  # not by recursion: a sum of 1000 terms is as deep
        while True:
            row, e, parts, written = frames[-1]
            if len(written) < len(parts):
                frames.append(self._begun(parts[len(written)]))
                continue
            text = self.composed(row, e, [self.around(row, e, i, each) for i, each in enumerate(written)])
            frames.pop()
            if not frames:
                return text
            frames[-1][-1].append(text)

    def _begun(self, expression: Expression) -> tuple[Row, Expression, list[Expression], list[str]]:
        """An expression with its parts, of which none is written."""
        row, e = self.row(expression)
        return row, e, [_seen(part) for part in shown(e)], []

    def composed(self, row: Row, e: Expression, parts: Sequence[str]) -> str:
        """The expression of which the parts have been written."""
        column = getattr(row, self.column)
        return column(self, e, *parts) if callable(column) else _format_of(column).format_map(Fields(self, e, parts))

    def part(self, row: Row, whole: Expression, i: int, write: Callable[[Expression], str]) -> str:
        """One part of an expression, written by a function, in brackets where it needs them."""
        return self.around(row, whole, i, write(_seen(shown(whole)[i])))

    def around(self, row: Row, whole: Expression, i: int, written: str) -> str:
        """One part of an expression that is written, in brackets where it needs them."""
        part, (_, needs) = _seen(shown(whole)[i]), self._precedence(row)
        needed = needs[min(i, len(needs) - 1)]
        if part.form == "relation" and needed > RELATION:
            return self.iverson(written)
        binds = SIGN if _is_negative(part) else PRODUCT if _is_product(part) else self._precedence(self.row(part)[0])[0]
        meet = _ends_in_sign(whole, i) and self._begins_with_sign(part)
        return self.brackets(written) if binds < needed or meet or _misread(whole, i, part) else written

    def _begins_with_sign(self, e: Expression) -> bool:
        """Whether an expression is written with a minus in front, its own or that of its first part."""
        e = self.row(e)[1]
        if e.form == "quotient" and self.column != "text":
            return False  # it begins above a line
        return _is_negative(e) or e.form == "negative" or (e.form in INFIX and self._begins_with_sign(e.parts[0]))

    def side(self, expression: Expression) -> str:
        """The expression as a side of an equation: y = [labels = k]."""
        written = self.write(expression)
        return self.iverson(written) if _seen(expression).form == "relation" else written

    def brackets(self, written: str) -> str:
        """What is written, as one thing."""
        return self.fence("(", written, ")")

    def iverson(self, written: str) -> str:
        """Iverson's brackets around a relation: 1 where it holds, else 0."""
        return self.fence("[", written, "]")

    def row(self, e: Expression) -> tuple[Row, Expression]:
        """The row by which an expression is written, and the expression with the parts that the row asks for."""
        e = _seen(e)
        own = isinstance(rule := getattr(e.function, "__self__", None), Node) and not rule.trusted
        if e.form == "call" and e.word == "exp" and not own and _stands_above(e.parts):
            return FORMS["exponential"], Expression("exponential", e.parts)
        row = PRINTED.get(e.word) if e.form == "call" and not e.over and not e.settings and not own else None
        if row is not None and len(row.needs) == len(e.parts):
            return row, e
        if e.form == "power" and e.parts[0].form == "call" and e.parts[0].word in RAISED:
            base, exponent = e.parts[0], _seen(e.parts[1])
            if self.column != "text" or (exponent.form == "number" and exponent.word in SUPERSCRIPTS):
                return FORMS["raised"], Expression("raised", (base.parts[0], exponent), base.word)
        if e.form == "transpose" and (inner := _seen(e.parts[0])).form == "call" and self.row(inner)[0] is PRINTED["inv"]:
            return FORMS["inverse transpose"], Expression("inverse transpose", inner.parts)
        if e.form == "scaled" and e.parts[0].form == "number" and e.parts[1].form in NAMED:
            return FORMS["multiple"], e
        if e.form == "total" and e.word == "axis 0":
            return FORMS["total over images"], e
        over = (e.form == "total" and e.word) or (e.form == "call" and e.over)
        return FORMS[f"{e.form} over" if over else e.form], e

    def _precedence(self, row: Row) -> tuple[int, tuple[int, ...]]:
        """How tightly a form binds, and how tightly its parts must."""
        return (row.binds, row.needs) if self.column == "text" or row.printed is None else row.printed


class Fields(dict[str, str]):
    """What a template can name: the parts of an expression, its word in the notation's ways, and the methods here."""

    def __init__(self, notation: Notation, e: Expression, parts: Sequence[str]) -> None:
        super().__init__(zip("abc", parts, strict=False))
        self.notation, self.e, self.parts = notation, e, parts

    def __missing__(self, key: str) -> str:
        if key in ("name", "number", "words", "size", "shape", "function", "sign"):
            written: str = getattr(self.notation, key)(self.e.word)
            return written
        return str(getattr(self, key)())

    def over(self) -> str:
        """The axes that a function goes over."""
        return self.notation.words(self.e.over)

    def argument(self) -> str:
        """The first part, in brackets."""
        return self.notation.brackets(self.parts[0])

    def arguments(self) -> str:
        """All parts, and what else a call is given, in brackets."""
        return self.notation.brackets(self.notation.comma.join([*self.parts, *map(self.notation.words, self.e.settings)]))

    def sequence(self) -> str:
        """The parts as a tuple."""
        comma = self.notation.comma
        return self.notation.brackets(comma.join(self.parts) + comma.rstrip() * (len(self.parts) == 1))

    def resized(self) -> str:
        """The first part and a shape, in brackets."""
        return self.notation.brackets(self.parts[0] + self.notation.comma + self.notation.shape(self.e.word))

    def place(self) -> str:
        """The place at which a recurrence is read."""
        return self.e.word

    def index(self) -> str:
        """The index of an item, in its brackets."""
        before = self.e.word or self.e.over
        words = self.notation.words(before) if before else ""
        return self.notation.fence("[", words + self.notation.comma.join(self.parts[1:]), "]")


@cache
def _format_of(template: str) -> str:
    """A template as `str.format` reads it, which is faster than `string.Template`: {a} for $a or ${a}, and {{ for {."""

    def formatted(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return f"{{{name}}}" if name else 2 * found[0]

    return re.sub(r"\$\{([a-z]+)\}|\$([a-z]+)|[{}]", formatted, template)


def _seen(e: Expression) -> Expression:
    """The expression that is written: the first part, of what only arranges elements."""
    while e.form == "same":
        e = e.parts[0]
    return e


def _stands_above(parts: Sequence[Expression]) -> bool:
    """Whether what an exponential function is of is so short that it is written above an e: a name, or − and a name."""
    exponent = _seen(parts[0])
    exponent = _seen(exponent.parts[0]) if exponent.form == "negative" else exponent
    return len(parts) == 1 and exponent.form == "name" and may_be_raised(exponent.word)


def _is_negative(leaf: Expression) -> bool:
    return leaf.form == "number" and leaf.word[:1] == "-"


def _is_product(leaf: Expression) -> bool:
    """Whether it is a number that is written as a product or a quotient: 2/√π."""
    return leaf.form == "number" and not leaf.word.startswith("√") and any(sign in leaf.word for sign in "·/")


INFIX = ("plus", "minus", "product", "scaled", "matmul", "quotient")
"""The forms that begin as their first part does."""


def _ends_in_sign(whole: Expression, i: int) -> bool:
    """Whether a plus or a minus stands before a part."""
    return whole.form == "negative" or (whole.form in ("plus", "minus") and i > 0)


OTHER_PRODUCT = {"matmul": "product", "product": "matmul"}


def _misread(whole: Expression, i: int, part: Expression) -> bool:
    """Whether a factor that binds tightly enough would still be read as something else: (a ⊙ b) · c is not a ⊙ (b · c)."""
    if whole.form not in ("product", "scaled", "matmul"):
        return False
    if i == 0 and _ends_open(part):
        return True
    if whole.form == "scaled":
        return i == 1 and whole.parts[0].form != "number" and _holds(part, "matmul")
    return _holds(part, OTHER_PRODUCT[whole.form]) or (whole.form == "product" and i == 1 and _begins_scaled(part))


def _ends_open(e: Expression) -> bool:
    """Whether it ends in a sum, which would take in what is written behind it."""
    return e.form == "total" or (e.form in ("negative", "product", "scaled", "matmul") and _ends_open(e.parts[-1]))


def _holds(part: Expression, form: str) -> bool:
    """Whether a product of that form stands in it outside of all brackets, above the line of a quotient too."""
    while part.form in ("same", "negative", "quotient"):
        part = part.parts[0]
    return part.form == form or (part.form == "scaled" and any(_holds(each, form) for each in part.parts))


def _begins_scaled(part: Expression) -> bool:
    """Whether a product by a single number stands first in it, which a ⊙ before it would tear in two."""
    while part.form in ("same", "product", "quotient", "negative"):
        part = part.parts[0]
    return part.form == "scaled"


TEXT = Notation(
    "text",
    name=format_name,
    number=lambda word: word.replace("-", "−", 1) if word.startswith("-") else word,
    size=str,
    shape=str,
    words=str,
    function=str,
    sign=str,
    fence=lambda before, written, after: f"{before}{written}{after}",
)
"""Mathematics on one line, in letters that a terminal has."""
