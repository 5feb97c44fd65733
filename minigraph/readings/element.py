"""A rule read as C: what one element of its value is, of the elements of its operands at the same place.

What NumPy's functions are in C stands here, once each. An element has the type that NumPy computes in, so
float32 stays float32 and whole numbers are divided as NumPy divides them. What is not here stays a line of NumPy.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.readings.operand import Operand

__all__ = ["TYPES", "Element", "element_of", "number"]

TYPES = {
    "bool": "uint8_t",
    "float32": "float",
    "float64": "double",
    **{f"{kind}{bits}": f"{kind}{bits}_t" for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
}
"""The element types that C has, by NumPy's name. Half precision is not among them: programs compute it in float32 anyway."""

BOOLEANS: dict[Any, str] = {np.add: "{0} | {1}", np.multiply: "{0} & {1}", np.maximum: "{0} | {1}", np.minimum: "{0} & {1}"}
"""What is another sign between booleans."""
WHOLE: dict[Any, str] = {
    np.absolute: "{0} < 0 ? -{0} : {0}",
    np.maximum: "{0} > {1} ? {0} : {1}",
    np.minimum: "{0} < {1} ? {0} : {1}",
    np.sign: "({0} > 0) - ({0} < 0)",
    **dict.fromkeys((np.floor, np.ceil, np.trunc, np.rint), "{0}"),
}
"""What is written otherwise of whole numbers than of others."""
ANY: dict[Any, str] = {
    np.add: "{0} + {1}",
    np.subtract: "{0} - {1}",
    np.multiply: "{0} * {1}",
    np.negative: "-{0}",
    np.positive: "{0}",
    np.square: "{0} * {0}",
    np.equal: "{0} == {1}",
    np.not_equal: "{0} != {1}",
    np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",
    np.greater: "{0} > {1}",
    np.greater_equal: "{0} >= {1}",
    np.logical_and: "({0} != 0) & ({1} != 0)",
    np.logical_or: "({0} != 0) | ({1} != 0)",
    np.logical_xor: "({0} != 0) ^ ({1} != 0)",
    np.logical_not: "{0} == 0",
}
"""What is written alike of all types."""
FLOATING: dict[Any, str] = {
    np.divide: "{0} / {1}",
    np.reciprocal: "1 / {0}",
    np.absolute: "fabs{f}({0})",
    np.sqrt: "sqrt{f}({0})",
    np.floor: "floor{f}({0})",
    np.ceil: "ceil{f}({0})",
    np.trunc: "trunc{f}({0})",
    np.rint: "rint{f}({0})",
    # what is not a number goes on, as it does in NumPy
    np.maximum: "{0} > {1} || {0} != {0} ? {0} : {1}",
    np.minimum: "{0} < {1} || {0} != {0} ? {0} : {1}",
    np.sign: "{0} > 0 ? 1 : {0} < 0 ? -1 : {0} == 0 ? 0 : {0}",
    np.isnan: "{0} != {0}",
    np.isinf: "fabs{f}({0}) == INFINITY",
    np.isfinite: "fabs{f}({0}) < INFINITY",
}
SINGLE: dict[Any, str] = {np.exp: "exponential({0})", np.tanh: "hyperbolic_tangent({0})"}
"""What is in functions.h, for single precision: the compiler makes these the same as one call for many elements."""
LIBRARY: dict[Any, str] = {np.exp: "exp{f}({0})", np.tanh: "tanh{f}({0})", np.log: "log{f}({0})"}
"""C's own functions take one element at a time, many times as long as NumPy: they are for a number of each row."""


class Element(Operand):
    """An element of a value, as C writes it.

    >>> from minigraph.ops import OPERATIONS
    >>> OPERATIONS["Sqrt"].apply(Element("x", np.float32)).text
    'sqrtf(x)'
    """

    def __init__(self, text: str, dtype: Any, slow: bool = False) -> None:
        self.text, self.dtype = text, np.dtype(dtype)
        self.slow = slow
        """Whether it takes a function of C's library."""

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> "Element":
        """The element that a call of one of NumPy's functions gives."""
        if options.keys() - {"out"}:
            raise TypeError(f"{function} takes more than its operands here.")
        if function is np.where:
            condition, *others = operands
            dtype = np.result_type(*(each.dtype if isinstance(each, Element) else each for each in others))
            a, b = (_of_type(each, dtype) for each in others)
            return Element(f"{condition.astype(np.bool_).text} ? {a} : {b}", dtype)
        if function is np.clip:
            x, low, high = operands
            return Element(
                "{0} < {1} ? {1} : {0} > {2} ? {2} : {0}".format(x.text, *(number(each, x.dtype) for each in (low, high))),
                x.dtype,
            )
        if function is np.copy:
            return Element(operands[0].text, operands[0].dtype)
        return _call(function, operands)

    def astype(self, dtype: Any) -> "Element":
        """The element as another type, where C converts as NumPy does: a fraction to a whole number it does not."""
        new = np.dtype(dtype)
        if new == self.dtype:
            return self
        if self.dtype.kind == "f" and new.kind not in "fb":
            raise TypeError(f"{self.dtype} becomes {new}: C does not say what of numbers that are too large.")
        return Element(f"{self.text} != 0" if new.kind == "b" else f"({TYPES[new.name]})({self.text})", new)


def _call(function: Any, operands: Sequence[Any]) -> Element:
    if not isinstance(function, np.ufunc) or function.nout != 1:
        raise TypeError(f"{function} is no function of elements.")
    given = [
        each.dtype if isinstance(each, Element) else type(each) if type(each) in (int, float) else np.asarray(each).dtype
        for each in operands
    ]
    *taken, dtype = function.resolve_dtypes((*given, None))
    kind, single = taken[0].kind, taken[0] == np.float32
    if len({*taken}) > 1 or kind not in "fbiu" or any(each.name not in TYPES for each in (*taken, dtype)):
        raise TypeError(f"{function} of {given} is computed in {taken}.")
    form = None
    if kind == "b":
        form = BOOLEANS.get(function)
    elif kind in "iu":
        form = WHOLE.get(function)
    if form is None:
        form = (FLOATING.get(function) or (single and SINGLE.get(function)) if kind == "f" else None) or ANY.get(function)
    slow = form is None and kind == "f" and function in LIBRARY
    form = LIBRARY[function] if slow else form
    if not form:
        raise TypeError(f"{function} of {taken[0]} is not written in C.")
    texts = [_of_type(each, wanted) for each, wanted in zip(operands, taken, strict=True)]
    return Element(form.format(*texts, f="f" if single else ""), dtype, slow)


def _of_type(operand: Any, dtype: np.dtype[Any]) -> str:
    """An operand where C reads an element of this type."""
    if not isinstance(operand, Element):
        return number(operand, dtype)
    return operand.text if operand.dtype == dtype else f"({operand.astype(dtype).text})"


def number(value: Any, dtype: np.dtype[Any]) -> str:
    """A number as C writes it, with every bit.

    >>> number(0.1, np.dtype(np.float32)), number(-np.inf, np.dtype(np.float64)), number(True, np.dtype(bool))
    ('0x1.99999a0000000p-4f', '(-INFINITY)', '1')
    """
    given = np.asarray(value).astype(dtype)
    if dtype.kind != "f":
        whole = int(given)
        if whole == -(2**63):
            return "INT64_MIN"
        text = f"{whole}{ {'int64': 'LL', 'uint64': 'ULL'}.get(dtype.name, '') }"
    else:
        fraction = float(given)
        text = fraction.hex() + ("f" if dtype == np.float32 else "")
        if not math.isfinite(fraction):
            text = "NAN" if math.isnan(fraction) else "INFINITY" if fraction > 0 else "-INFINITY"
    return f"({text})" if text.startswith("-") else text


def element_of(node: Node, operands: Sequence[Element]) -> Element | None:
    """An element of a node's value, of its own type, or None where its rule is not one that C has.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> element_of(mg.Max(x, 0), [Element("a", np.float32), Element("0", np.float32)]).text
    'a > 0 || a != a ? a : 0'
    """
    try:
        found = node.forward(*operands)
        return found.astype(node.dtype) if isinstance(found, Element) and node.dtype.name in TYPES else None
    except Exception:  # whatever a rule cannot do with an element, it is not written in C
        return None
