"""An expression as a tree, and what all ways to write it share: which parts take brackets."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.readings.sameness import frozen, operation
from minigraph.readings.written import ATOM, POWER, PRODUCT, RELATION, SIGN, SUM

__all__ = ["Expression", "Style", "evaluate", "is_negative", "number_of", "same", "symbols"]

BINDS = {
    "relation": RELATION,
    "plus": SUM,
    "minus": SUM,
    "product": PRODUCT,
    "scaled": PRODUCT,
    "matmul": PRODUCT,
    "quotient": PRODUCT,
    "total": PRODUCT,
    "size": PRODUCT,
    "negative": SIGN,
    "power": POWER,
}
"""How tightly each form binds; every other one stands for itself."""

NEEDS = {
    "relation": (SUM, SUM),
    "plus": (SUM, PRODUCT),
    "minus": (SUM, PRODUCT),
    "product": (PRODUCT, PRODUCT),
    "scaled": (PRODUCT, PRODUCT),
    "matmul": (PRODUCT, SIGN),
    "quotient": (PRODUCT, SIGN),
    "total": (POWER,),
    "negative": (PRODUCT,),
    "power": (ATOM, ATOM),
    "transpose": (ATOM,),
    "item": (ATOM, RELATION),
}
"""How tightly each part of a form must bind to stand there without brackets."""

KINDS_OF_PRODUCT = {"matmul": "product", "product": "matmul"}
"""Products of two kinds, side by side, take brackets: (a ⊙ b) · c is not a ⊙ (b · c)."""


@dataclass(frozen=True, eq=False)
class Expression:
    """A call of a function on expressions, or a leaf; its `form` is how it is written.

    >>> x = Expression("name", word="x", meaning="x")
    >>> square = Expression("power", (x, Expression("number", word="2", meaning=2)), function=pow)
    >>> evaluate(square, {"x": 3}.__getitem__)
    9
    """

    form: str
    parts: tuple["Expression", ...] = ()
    word: str = ""
    """The name of a leaf or of a function, the sign of a relation, or the axes of a sum."""
    function: Callable[..., Any] | None = None
    """What computes it from its parts; a leaf has none."""
    options: Mapping[str, Any] = field(default_factory=dict)
    meaning: Any = None
    """Of a leaf: the node that it stands for, or its own value."""
    over: str = ""
    """The axes that a function runs over, unless those are all."""
    settings: tuple[str, ...] = ()
    """What else a call is given, behind its operands: `strides=(2, 2)`."""
    reading: Callable[..., Any] | None = None
    """What the written form means, where that lays the same elements out otherwise than `function` does."""

    @property
    def ends_open(self) -> bool:
        """Whether it ends in a sum, which would take in what is written behind it."""
        return self.form == "total" or (self.form in ("negative", "product", "scaled", "matmul") and self.parts[-1].ends_open)


def evaluate(expression: Expression, value_of: Callable[[Any], Any]) -> Any:
    """The value of what is written, from those of the nodes that its names stand for.

    It is the displayed form that counts: what is not written is not computed, operands broadcast as NumPy's do, and a sum or
    another reduction over some of the axes keeps them, as axes of size 1. What holds is 1, and what does not is 0. `value_of`
    also gives the ones of a shape.
    """
    if expression.form == "same":
        return evaluate(expression.parts[0], value_of)
    if expression.form == "reshape":
        return np.reshape(evaluate(expression.parts[0], value_of), np.shape(value_of(expression.meaning)))
    if expression.function is None or expression.form == "ones":
        known = expression.form in ("number", "literal") and not isinstance(expression.meaning, Node)
        return expression.meaning if known else value_of(expression.meaning)
    parts = [evaluate(part, value_of) for part in expression.parts]
    rule, options = expression.reading or expression.function, {} if expression.reading else expression.options
    value = rule(*parts, **options)
    return np.asarray(value, np.float64) if getattr(value, "dtype", None) == np.bool_ else value


def same(a: Expression, b: Expression) -> bool:
    """Whether two expressions are known to be one: the same functions of the same parts, down to the same leaves.

    Leaves are the same if they stand for one node or for one value, however they are written.

    >>> x, other = (Expression("name", word="x", meaning=object()) for _ in "ab")
    >>> same(x, x), same(x, other)
    (True, False)
    """
    if a is b:
        return True
    alike = (a.form, a.word, a.over, a.settings) == (b.form, b.word, b.over, b.settings) and len(a.parts) == len(b.parts)
    if not alike or _rule(a) != _rule(b) or frozen(dict(a.options)) != frozen(dict(b.options)):
        return False
    return all(map(same, a.parts, b.parts)) and (bool(a.parts) or _same_meaning(a.meaning, b.meaning))


def _same_meaning(one: Any, other: Any) -> bool:
    if isinstance(one, Node) or isinstance(other, Node):
        constants = isinstance(one, Constant) and isinstance(other, Constant)
        return one is other or (constants and operation(one) == operation(other))
    return one is other or frozen(one) == frozen(other)


def _rule(expression: Expression) -> Hashable:
    """What an expression does to its parts: a function, or an operation whose rule it is, with all of its state."""
    node = getattr(expression.function, "__self__", None)
    return operation(node) if isinstance(node, Node) else expression.function


def symbols(expression: Expression) -> list[Expression]:
    """The names and sizes in it, from left to right, each as often as it occurs."""
    if not expression.parts:
        return [expression] if expression.form in ("name", "size", "gradient") else []
    return [symbol for part in shown(expression) for symbol in symbols(part)]


def number_of(tree: Expression) -> Any:
    """The one number that an expression is, whatever shape that was repeated to, or None."""
    while tree.form == "same":
        tree = tree.parts[0]
    if tree.form == "negative":
        number = number_of(tree.parts[0])
        return None if number is None else -number
    value = tree.meaning if tree.form == "number" else None
    if isinstance(value, Node):
        value = value.value if isinstance(value, Constant) else value.known
    return None if value is None or np.size(value) != 1 else np.asarray(value).item()


def is_negative(leaf: Expression) -> bool:
    """Whether a leaf is a number below 0."""
    return leaf.form == "number" and leaf.word[:1] == "-"


def shown(expression: Expression) -> tuple[Expression, ...]:
    """The parts that are written: of what arranges elements, the first alone; of ones, none."""
    return expression.parts[: {"same": 1, "reshape": 1, "ones": 0}.get(expression.form)]


def _holds(part: Expression, kind: str | None) -> bool:
    """Whether a product of that kind stands in it outside of all brackets, above the line of a quotient too."""
    while part.form in ("same", "negative", "quotient"):
        part = part.parts[0]
    return part.form == kind or (part.form == "scaled" and any(_holds(each, kind) for each in part.parts))


def _begins_scaled(part: Expression) -> bool:
    """Whether a product by a single number stands first in it, which a ⊙ before it would tear apart."""
    while part.form in ("same", "product", "quotient", "negative"):
        part = part.parts[0]
    return part.form == "scaled"


class Style:
    """A way to write expressions: a method for each form, given the expression and its parts as they are written."""

    groups: ClassVar[frozenset[str]] = frozenset()
    """The forms that tell their parts apart by where they stand, and need no brackets for it."""
    loose: ClassVar[frozenset[str]] = frozenset()
    """Forms without an end of their own, which take brackets wherever anything stands beside them."""

    def write(self, expression: Expression) -> str:
        """The expression, written."""
        parts = shown(expression)
        if expression.form == "same":
            return self.write(parts[0])
        needs = NEEDS.get(expression.form, (RELATION,))
        written = [self._part(expression, i, part, needs[min(i, len(needs) - 1)]) for i, part in enumerate(parts)]
        return str(getattr(self, expression.form)(expression, *written))

    def side(self, expression: Expression) -> str:
        """The expression as a side of an equation: y = [labels = k]."""
        seen = expression
        while seen.form == "same":
            seen = seen.parts[0]
        return self.iverson(self.write(seen)) if seen.form == "relation" else self.write(seen)

    def _part(self, whole: Expression, i: int, part: Expression, needed: int) -> str:
        while part.form == "same":
            part = part.parts[0]
        if whole.form in self.groups and (whole.form == "quotient" or i > 0):
            return self.write(part)
        if part.form == "relation" and needed > RELATION:
            return self.iverson(self.write(part))
        binds = self._binds(part)
        mixed = _holds(part, KINDS_OF_PRODUCT.get(whole.form))
        mixed = mixed or (whole.form == "product" and i == 1 and _begins_scaled(part))
        mixed = mixed or (whole.form == "scaled" and i == 1 and whole.parts[0].form != "number" and _holds(part, "matmul"))
        open_before = i == 0 and part.ends_open and whole.form in ("product", "scaled", "matmul")
        return self.brackets(self.write(part)) if binds < needed or mixed or open_before else self.write(part)

    def _binds(self, part: Expression) -> int:
        if part.form == "quotient" and "quotient" in self.groups:
            return POWER
        return SUM if part.form in self.loose else SIGN if is_negative(part) else BINDS.get(part.form, ATOM)

    def brackets(self, written: str) -> str:
        """What is written, as one thing."""
        raise NotImplementedError

    def iverson(self, written: str) -> str:
        """Iverson's brackets around a relation: 1 where it holds, else 0."""
        raise NotImplementedError
