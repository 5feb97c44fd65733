"""What the values of a formula are called: one name for each value, one value for each name."""

import re
from collections.abc import Callable, Collection, Container, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, TypeGuard

import numpy as np

from minigraph.core.node import Constant, Node
from minigraph.core.shapes import names_of as axes_of
from minigraph.readings.expression import Expression
from minigraph.readings.formula import FEW, Unreadable
from minigraph.readings.layout import format_axes
from minigraph.readings.letters import Raisable, distinct_name, format_array, format_number
from minigraph.readings.sameness import computed, frozen, operation, signature

__all__ = [
    "ByName",
    "Known",
    "Placed",
    "free_name",
    "is_array",
    "is_reciprocal",
    "named",
    "numbered",
    "numbered_among",
    "numbered_together",
    "over_of",
    "settings_of",
    "size_among",
    "word",
]

Known = Callable[[Node], Expression | None]
"""What gives the leaf by which a node is written, or None for one that is to be written out."""


def free_name(node: Node, taken: Container[str]) -> str:
    """What an array that nobody named is called: k where it counts from 0, else the first of c1, c2, … that is free."""
    return "k" if _counts(node) and "k" not in taken else numbered("c", taken)


def numbered(letter: str, taken: Container[str]) -> str:
    """The first of c1, c2, … that is free."""
    return next(name for i in count(1) if (name := f"{letter}{i}") not in taken)


def is_array(node: Node) -> TypeGuard[Constant]:
    """Whether a node is a constant that nobody named and that is no single number."""
    return isinstance(node, Constant) and not node.name and node.value.size != 1


def is_reciprocal(node: Node) -> bool:
    """Whether it is a number by a value, whose derivative is written without it: −1 / q²."""
    return type(node).__name__ == "Div" and isinstance(node.operands[0], Constant) and node.operands[0].value.size == 1


MOST = 8
"""How many values one formula defines beside itself."""


NUMBERED: ContextVar[dict[Any, str]] = ContextVar("NUMBERED")
"""The names u1, u2, … of formulas that are read together, by what each computes."""


@contextmanager
def numbered_together() -> Iterator[None]:
    """The formulas that are read within have one u1 and one u2 among them: of what one defines, no other has the name."""
    token = NUMBERED.set({})
    try:
        yield
    finally:
        NUMBERED.reset(token)


def numbered_among(letter: str, what: Any, taken: Collection[str]) -> str:
    """The name of what is computed in the formulas that are read together, or else the first of u1, u2, … that none has."""
    together = NUMBERED.get({})
    return together.setdefault(what, numbered(letter, {*taken, *together.values()}))


class Placed(str):
    """The name of a value at one place of a sequence: h[t−1]."""

    __slots__ = ()


class ByName:
    """What writes the nodes of one formula by their names; arrays without one in `names` are numbered as they come.

    With `alone`, nothing else says what such an array holds: it is written out, if it is small.
    """

    def __init__(self, names: Mapping[Any, str], nodes: Iterable[Node], alone: bool = False) -> None:
        self._names, self._alone = dict(names), alone
        self._taken = {*names.values(), *_names_near(nodes := list(nodes))}
        self._beside = self._taken | {axis for node in nodes for each in (node, *node.operands) for axis in axes_of(each.shape)}
        """The names that may stand in the formula, sizes among them."""
        self.auxiliary: dict[Any, tuple[Expression, Node]] = {}
        """What was given a name here instead of being written out, by what it computes."""

    def __call__(self, node: Node) -> Expression | None:
        name: str | None = self._names.get(node, node.name) or size_among(node, self._taken)
        if not name and is_array(node):
            if operation(node) not in self._names:
                if self._alone:
                    return _elements(node)
                self._names[operation(node)] = name = free_name(node, self._taken)
                self._taken.add(name)
            name = self._names[operation(node)]
        elif not name and node.operands:
            name = self._names.get(signature(node))
        if isinstance(name, Placed):
            stem, _, place = name[:-1].partition("[")
            return Expression("item", (Expression("name", word=stem, meaning=node),), place)
        return named(node, name, self._beside) if name else None

    def shortened(self, node: Node) -> Expression:
        """A node that is not written out where it stands: u1, u2, …, which are to be defined; what is beyond those, …"""
        key = self._computed(node)
        if key not in self.auxiliary and len(self.auxiliary) < MOST:
            name = numbered_among("u", key, self._taken)
            self._taken.add(name)
            self.auxiliary[key] = named(node, name, self._beside), node
        found = self.auxiliary.get(key)
        return Expression("name", word="…", meaning=node) if found is None else found[0]

    def _computed(self, node: Node) -> Hashable:
        """What a node computes; where formulas are read together, of what has names, as each rule composes the rest anew."""
        if NUMBERED.get(None) is None:
            return signature(node)
        return computed(node, self._called)

    def _called(self, node: Node) -> str | None:
        """The name of a value that is computed; a leaf, which may stand for any gradient, is itself alone."""
        return self._names.get(node, node.name) or self._names.get(signature(node)) if node.operands else None


def _elements(array: Constant) -> Expression:
    """A small array as its elements."""
    if array.value.size > FEW:
        raise Unreadable
    return Expression("literal", word=format_array(array.value), meaning=array)


def named(node: Node, name: str, beside: Collection[str]) -> Expression:
    """The leaf by which a value is written: its name, told apart from those that stand beside it, a value called e too."""
    word = distinct_name(name, beside)
    return Expression("name", word=Raisable(word) if word is name and "e" not in beside else word, meaning=node)


def size_among(node: Node, taken: Container[str]) -> str:
    """What the size of a named axis is called where a value has that name: "size of N"; else nothing."""
    size = node.known[0] if node.known is not None and len(node.known) == 1 else None
    return f"size of {size}" if size is not None and any(axis in taken for axis in axes_of((size,))) else ""


def _names_near(nodes: Iterable[Node], depth: int = 8) -> set[str]:
    """The names of the nodes that a formula of some nodes may hold."""
    found: set[str] = set()
    for _ in range(depth):
        found |= {str(node.name) for node in nodes if node.name}
        nodes = dict.fromkeys(operand for node in nodes for operand in node.operands)
    return found


def _counts(node: Node) -> bool:
    """Whether a constant is 0, 1, 2, …: a comparison with it is one of the k-th element, [y = k]."""
    if not isinstance(node, Constant) or node.dtype.kind not in "iu":
        return False
    return np.array_equal(node.value.reshape(-1), np.arange(node.value.size))


def word(node: Node) -> str:
    """What an operation without a sign is called in a formula: softmax, log_softmax; what NumPy has is called by its word.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> [word(each) for each in (mg.ReduceLogSum(x), mg.RMSNormalization(x, x[0]), mg.CumSum(x), mg.PRelu(x, x))]
    ['log_sum', 'rms_normalization', 'cumsum', 'prelu']
    """
    name = type(node).__name__.removeprefix("Reduce")
    return name.lower() if hasattr(np, name.lower()) else SEVERAL.sub("_", name).lower()


SEVERAL = re.compile("(?<=[a-z])(?=[A-Z][a-z]|ND$)|(?<=[A-Z]{2})(?=[A-Z][a-z])")
"""Where a new word begins in the name of an operation."""

UNNAMED = ("depth",)
"""The attributes that stand without their names: one_hot(y, 10)."""


ONNX = {"strides": 1, "dilations": 1, "pads": 0}
"""What ONNX takes along each axis where an attribute is not given."""


def over_of(node: Node) -> str:
    """The axes that an operation goes over, unless those are all, or the last one, which it takes of itself: softmax(z).

    The flags that are set stand there too: cumsum columns, reverse (x).
    """
    flags = [key for key in _flags(node) if getattr(node, key) is True]
    return ", ".join(filter(None, (_axes(node), *flags)))


def settings_of(node: Node) -> tuple[str, ...]:
    """The attributes that are not what they are by default and that nothing else shows, as they are written.

    >>> import minigraph as mg
    >>> x = mg.Input("x", (2, 3))
    >>> settings_of(mg.LeakyRelu(x, alpha=0.2)), settings_of(mg.LeakyRelu(x)), settings_of(mg.LayerNormalization(x, x, axis=0))
    (('alpha=0.2',), (), ('axis=0',))
    """
    unwritten = {*_flags(node), "keepdims", "to"}  # a type is no mathematics; what cuts numbers off is another operation
    if _axes(node) or _over_all(node) or _counts_alike(node):
        unwritten |= {"axis", "axes"}
    if node.operand_names[-1:] == ("sizes",) and len(node.operands) == len(node.operand_names):  # they stand among the operands
        unwritten |= {*getattr(node, "counted", ())}
    given = {key: getattr(node, key) for key in node.attributes if key not in unwritten}
    return tuple(
        f"{'' if key in UNNAMED else f'{key}='}{format_number(value) if isinstance(value, float) else value}"
        for key, value in given.items()
        if value is not None and not _is(value, ONNX.get(key) if node.attributes[key] is None else node.attributes[key])
    )


def _flags(node: Node) -> list[str]:
    """The attributes that say whether something is done."""
    return [key for key, default in node.attributes.items() if default is False]


def _axes(node: Node) -> str:
    """The axes that an operation goes over, in words."""
    along = getattr(node, "along", ())
    usual = not node.operands or along == () or (node.attributes.get("axis") == -1 and along == (node.operands[0].ndim - 1,))
    return "" if usual else format_axes(node.operands[0].ndim, along)


def _over_all(node: Node) -> bool:
    """Whether saying no axes says which: all of them, which are one, or are all by default."""
    if not node.operands or len(getattr(node, "along", ())) != node.operands[0].ndim:
        return False
    return node.operands[0].ndim == 1 or node.attributes.get("axes", ...) is None


def _counts_alike(node: Node) -> bool:
    """Whether the axis is the one by default, counted from the other end."""
    axis, default = getattr(node, "axis", None), node.attributes.get("axis")
    if default == -1 and node.operands and node.ndim == node.operands[0].ndim + 1:  # a new axis, behind the others
        return bool(axis == node.ndim - 1)
    if default is None and hasattr(node, "usual_axis"):
        default = node.usual_axis(node.operands[0])
    if not isinstance(axis, int) or not isinstance(default, int):
        return False
    return all((axis - default) % ndim == 0 for ndim in (node.ndim, *(each.ndim for each in node.operands[:1])) if ndim)


def _is(value: Any, default: Any) -> bool:
    """Whether an attribute is what it is by default, for each of several axes too."""
    if isinstance(value, tuple | list) and not isinstance(default, tuple | list):
        return len(value) > 0 and all(_is(each, default) for each in value)
    return frozen(value) == frozen(default)
