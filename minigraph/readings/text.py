"""Mathematics on one line of text."""

from minigraph.readings.expression import Expression, Style, is_negative
from minigraph.readings.letters import format_name

__all__ = ["RAISED", "Text"]

RAISED = ("sin", "cos", "tan", "sinh", "cosh", "tanh")
"""The functions whose power is written at their name: tanh²(x)."""


class Text(Style):
    """Mathematics in letters that a terminal has.

    >>> x = Expression("name", word="x")
    >>> Text().write(Expression("product", (Expression("plus", (x, x)), Expression("transpose", (x,)))))
    '(x + x) ⊙ xᵀ'
    """

    def name(self, e: Expression) -> str:
        return format_name(e.word)

    def number(self, e: Expression) -> str:
        return e.word.replace("-", "−", 1) if is_negative(e) else e.word

    def literal(self, e: Expression) -> str:
        return e.word

    size = literal

    def gradient(self, e: Expression) -> str:
        word = format_name(e.word)
        return f"δ{word}" if word.isidentifier() else f"δ({word})"

    def partial(self, e: Expression, of: str, by: str) -> str:
        above, below = (word if word.isidentifier() else f"({word})" for word in (of, by))
        return f"∂{above}/∂{below}"

    def plus(self, e: Expression, a: str, b: str) -> str:
        return f"{a} + {b}"

    def minus(self, e: Expression, a: str, b: str) -> str:
        return f"{a} − {b}"

    def product(self, e: Expression, a: str, b: str) -> str:
        return f"{a} ⊙ {b}"

    def scaled(self, e: Expression, a: str, b: str) -> str:
        return f"{a} · {b}"

    matmul = scaled

    def quotient(self, e: Expression, a: str, b: str) -> str:
        return f"{a} / {b}"

    def relation(self, e: Expression, a: str, b: str) -> str:
        return f"{a} {e.word} {b}"

    def negative(self, e: Expression, a: str) -> str:
        return f"−{a}"

    def power(self, e: Expression, base: str, exponent: str) -> str:
        raised = {"2": "²", "3": "³"}.get(exponent, f"^{exponent}")
        name = e.parts[0].word
        if e.parts[0].form == "call" and name in RAISED and len(raised) == 1:
            return f"{name}{raised}{base.removeprefix(name)}"
        return base + raised

    def transpose(self, e: Expression, a: str) -> str:
        return f"{a}ᵀ"

    def total(self, e: Expression, a: str) -> str:
        return f"Σ {e.word} {a}" if e.word else f"Σ {a}"

    def absolute(self, e: Expression, a: str) -> str:
        return f"|{a}|"

    def root(self, e: Expression, a: str) -> str:
        return f"√({a})"

    def item(self, e: Expression, a: str, *index: str) -> str:
        return f"{a}[{e.word or e.over + ', '.join(index)}]"

    def call(self, e: Expression, *operands: str) -> str:
        return f"{e.word}{e.over and f' {e.over} '}({', '.join((*operands, *e.settings))})"

    def ones(self, e: Expression) -> str:
        return f"ones({e.word})"

    def reshape(self, e: Expression, a: str) -> str:
        return f"reshape({a}, ({e.word}))"

    def choice(self, e: Expression, *operands: str) -> str:
        return f"where({', '.join(operands)})"

    def sequence(self, e: Expression, *items: str) -> str:
        return f"({', '.join(items)}{',' * (len(items) == 1)})"

    def brackets(self, written: str) -> str:
        return f"({written})"

    def iverson(self, written: str) -> str:
        return f"[{written}]"
