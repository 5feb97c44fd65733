"""An expression tree: what it computes, when two are the same, and which names it holds. `notation.py` writes it down."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.readings.sameness import frozen, operation

__all__ = ["Expression", "evaluate", "number_of", "same", "shown", "symbols"]


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
        value = expression.meaning if known else value_of(expression.meaning)
    else:
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
    """The names and sizes in it, from left to right, each as often as it occurs; of a recurrence those of its equations.

    What only its equations name stands for no value of its own.
    """
    if expression.form == "recurrence" and expression.meaning[1]:
        return [symbol for each in expression.meaning[1] for symbol in symbols(each) if symbol.meaning is not None]
    if not expression.parts:
        return [expression] if expression.form in ("name", "size", "product of sizes", "gradient") else []
    return [symbol for part in shown(expression) for symbol in symbols(part)]


def number_of(tree: Expression) -> Any:
    """The one number that an expression is, whatever shape that was repeated to, or None."""
    while tree.form == "same":
        tree = tree.parts[0]
    if tree.form == "negative":
        number = number_of(tree.parts[0])
        return None if number is None else -number
    value: Any = tree.meaning if tree.form == "number" else None
    if isinstance(value, Node):
        value = value.value if isinstance(value, Constant) else value.known
    return None if value is None or np.size(value) != 1 else np.asarray(value).item()


def shown(expression: Expression) -> tuple[Expression, ...]:
    """The parts that are written: of what arranges elements, the first alone; of ones, none; no sizes that follow."""
    return expression.parts[: SHOWN.get(expression.form)]


SHOWN = {
    "same": 1, "reshape": 1, "slice": 1, "ones": 0, "zeros": 0, "transposed correlation": 2, "added rows": 2, "placed": 1,
    "placed at": 2,
}  # fmt: skip
