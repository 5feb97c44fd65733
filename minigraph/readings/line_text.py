"""The text of the lines of NumPy that a person writes.

>>> from minigraph.readings.lines import line
>>> A, r = line("A", ("N", 3)), line("r", ("N",))
>>> [text_of(each) for each in (np.squeeze(A.T @ np.expand_dims(r, 1), axis=1), np.sum(r * A.T, axis=1), np.multiply(r, r))]
['A.T @ r', '(r * A.T).sum(1)', 'r**2']
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.sizes import SymbolicSize
from minigraph.readings.line_calls import REDUCTIONS
from minigraph.readings.lines import SIZES, VIEW, Line, is_number
from minigraph.readings.precedence import ATOM, POWER, PRODUCT, RELATION, SIGN, SUM
from minigraph.readings.source import index_text, literal, size_text, type_name

__all__ = ["compose", "text_of"]

INFIX = {
    np.add: ("+", SUM), np.subtract: ("-", SUM), np.multiply: ("*", PRODUCT), np.divide: ("/", PRODUCT),
    np.matmul: ("@", PRODUCT), np.power: ("**", POWER), np.greater: (">", RELATION), np.greater_equal: (">=", RELATION),
    np.less: ("<", RELATION), np.less_equal: ("<=", RELATION), np.equal: ("==", RELATION), np.not_equal: ("!=", RELATION),
    np.floor_divide: ("//", PRODUCT), np.remainder: ("%", PRODUCT),
}  # fmt: skip
"""The functions that Python has a sign for."""


def text_of(x: Line) -> str:
    """A line whole."""
    return compose(x, lambda each: (text_of(each), _binds(each)), lambda size: size)[0]


def _binds(x: Line) -> int:
    return INFIX[x.function][1] if x.function in INFIX else SIGN if x.function is np.negative else x.binds


def compose(x: Line, below: Callable[[Line], tuple[str, int]], size: Callable[[Any], Any]) -> tuple[str, int]:
    """The text of a line from those of the lines in it, and how tightly it binds."""
    if x.function is None:
        return x.text, x.binds

    if x.function == SIZES:
        known = _sized(x.options["sizes"], size)
        return known, ATOM if x.shape or known.isalnum() else PRODUCT

    def within(each: Line, needed: int) -> str:
        text, tightly = below(each)
        return text if tightly >= needed else f"({text})"

    def any_text(each: Any) -> str:
        if isinstance(each, tuple):
            return f"({', '.join(map(any_text, each))}{',' * (len(each) == 1)})"
        return below(each)[0] if isinstance(each, Line) else _sized(each, size)

    first = x.operands[0] if x.operands else None
    if x.function in INFIX:
        sign, tightly = INFIX[x.function]
        a, b = x.operands
        left = ATOM if x.function is np.power else tightly + (tightly == RELATION)
        right = POWER + 1 if x.function is np.power else tightly + 1
        space = "" if x.function is np.power else " "
        return f"{within(a, left)}{space}{sign}{space}{within(b, right)}", tightly
    if x.function is np.negative:
        return f"-{within(x.operands[0], SIGN)}", SIGN
    given = [f"{key}={_sized(value, size)}" for key, value in x.options.items()]
    if x.by_name:
        return f"{numpy_name(x.function)}({', '.join([*map(any_text, x.operands), *given])})", ATOM
    if x.function in REDUCTIONS:
        axis = [] if "axis" not in x.options or x.options["axis"] is None else [literal(x.options["axis"])]
        kept = ["keepdims=True"] if x.options.get("keepdims") else []
        return f"{_atom(first, within)}.{REDUCTIONS[x.function]}({', '.join(axis + kept)})", ATOM
    if x.function is VIEW:
        return _view_text(x, _atom(first, within)), ATOM
    if x.function is np.transpose:
        return _transpose_text(x, _atom(first, within)), ATOM
    if x.function is np.reshape:
        sizes = ", ".join(_sized(each, size) for each in x.options["shape"])
        return f"{_atom(first, within)}.reshape({sizes or '()'})", ATOM
    if x.function is np.broadcast_to:
        shape = _sized(x.options["shape"], size)
        if first is not None and is_number(first):
            one = {"1": "np.ones", "0": "np.zeros"}.get(first.text)
            return (f"{one}({shape})" if one else f"np.full({shape}, {first.text})"), ATOM
        return f"np.broadcast_to({any_text(first)}, {shape})", ATOM
    if x.function is np.astype:
        name = type_name(x.options["dtype"])
        return f"{_atom(first, within)}.astype({ {'np.float64': 'float', 'np.bool_': 'bool'}.get(name, name) })", ATOM
    if x.function is np.take:
        return f"{_atom(first, within)}[{':, ' * x.options['axis']}{any_text(x.operands[1])}]", ATOM
    if x.function is operator.getitem:
        return f"{_atom(first, within)}[{index_text(x.options['index'], lambda each: size_text(size(each)))}]", ATOM
    name = x.function if isinstance(x.function, str) else numpy_name(x.function)
    return f"{name}({', '.join([*map(any_text, x.operands), *given])})", ATOM


def _atom(x: Any, within: Callable[[Line, int], str]) -> str:
    return within(x, ATOM) if x.function is not None or x.text[:1].isalpha() or x.text[:1] == "_" else f"np.asarray({x.text})"


def _sized(value: Any, size: Callable[[Any], Any]) -> str:
    """An argument as Python writes it, with its sizes by the names that they have."""
    if isinstance(value, tuple):
        return f"({', '.join(_sized(each, size) for each in value)}{',' * (len(value) == 1)})"
    return size_text(size(value)) if isinstance(value, SymbolicSize) else literal(value)


def _view_text(x: Line, base: str) -> str:
    axes, ndim = x.options["axes"], x.operands[0].ndim
    index, axis = [], 0
    for each in axes:
        while each is not None and axis < each:
            index.append("0")
            axis += 1
        index.append("None" if each is None else ":")
        axis += each is not None
    index += ["0"] * (ndim - axis)
    while len(index) > 1 and index[-1] == ":" and index[-2] != "None":
        index.pop()
    return f"{base}[{', '.join(index)}]"


def _transpose_text(x: Line, base: str) -> str:
    order, ndim = x.options["axes"], x.ndim
    if order == tuple(range(ndim))[::-1]:
        return f"{base}.T"
    if order == (*range(ndim - 2), ndim - 1, ndim - 2):
        return f"{base}.mT"
    return f"{base}.transpose({', '.join(map(str, order))})"
