"""A rule read as mathematics. How NumPy's functions are written is said here, once each, for all operations."""

from typing import Any, ClassVar

import numpy as np

from minigraph.readings.written import ATOM, POWER, PRODUCT, RELATION, SIGN, SUM, Written

__all__ = ["Formula"]


class Formula(Written):
    """Mathematics, on one line of text.

    >>> a1 = Formula("a1")
    >>> (Formula("□") * (1 - a1 * a1)).text
    '□ ⊙ (1 − a1²)'

    A factor of 1 is not written.

    >>> (1 * a1).text
    'a1'
    """

    infix: ClassVar = {
        np.add: ("+", SUM),
        np.subtract: ("−", SUM),
        np.multiply: ("⊙", PRODUCT),
        np.matmul: ("·", PRODUCT),
        np.equal: ("=", RELATION),
        np.greater: (">", RELATION),
        np.greater_equal: ("≥", RELATION),
        np.less: ("<", RELATION),
        np.less_equal: ("≤", RELATION),
    }
    names: ClassVar = {np.log: "ln", np.maximum: "max", np.minimum: "min", np.sqrt: "√", np.sum: "Σ ", np.where: "where"}
    unseen: ClassVar = (np.expand_dims, np.squeeze, np.reshape, np.broadcast_to)
    """What arranges elements without changing them is not written."""

    transposed: Written | None = None
    """What it is the transpose of: the transpose of that is itself again."""

    quotient: tuple[Written, Written] | None = None
    """What stands above and below the line, where it is a quotient: what multiplies it later goes above."""

    def within(self, binds: int) -> str:
        """Iverson's brackets around a relation: [a > 0] is 1 where it holds, else 0."""
        return f"[{self.text}]" if self.binds == RELATION < binds else super().within(binds)

    def literal(self, value: Any) -> str:
        if isinstance(value, tuple | list):
            return f"({', '.join(self.of(item).text for item in value)})"
        return f"{value:g}" if isinstance(value, int | float) else str(value)

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        if function is np.multiply:
            return self._product(*map(self.of, operands))
        if function is np.divide:
            return self._quotient(*map(self.of, operands))
        return super().write(function, operands, options)

    def _product(self, a: Written, b: Written) -> Written:
        if isinstance(a, Formula) and a.quotient:
            return self._quotient(self._product(a.quotient[0], b), a.quotient[1])
        for one, other in ((a, b), (b, a)):
            if one.text == "1" and len(other.shape) >= len(one.shape):
                return other
        if a.text == b.text:
            return Formula(f"{a.within(ATOM)}²", POWER)
        scalar = {a.shape, b.shape} & {()} and a.text != "□"
        text = f"{a.within(PRODUCT)} {'·' if scalar else '⊙'} {b.within(PRODUCT)}"
        return Formula(text, PRODUCT, a.shape if len(a.shape) >= len(b.shape) else b.shape)

    def _transpose(self, a: Written) -> Written:
        if isinstance(a, Formula) and a.transposed:
            return a.transposed
        written = Formula(f"{a.within(ATOM)}ᵀ")
        written.transposed = a
        return written

    def _quotient(self, a: Written, b: Written) -> Written:
        if a.text.startswith("−") and a.binds == SIGN:
            return self.call(np.negative, [self._quotient(Formula(a.text[1:], PRODUCT, a.shape), b)], {})
        written = Formula(f"{a.within(PRODUCT)} / {b.within(PRODUCT + 1)}", PRODUCT, a.shape)
        written.quotient = (a, b)
        return written

    def call(self, function: Any, operands: list[Written], options: dict[str, Any]) -> Written:
        first = operands[0]
        if function in self.unseen:
            return first
        if function is np.negative:
            return Formula(f"−{first.within(PRODUCT)}", SIGN, first.shape)
        if function is np.transpose:
            return self._transpose(first)
        if function is np.power:
            exponent = operands[1].text
            raised = {"1": "", "2": "²", "3": "³"}.get(exponent, f"^{operands[1].within(ATOM)}")
            return Formula(f"{first.within(ATOM)}{raised}", POWER)
        if function is np.sum:
            return Formula(f"{_sum_over(first.ndim, options.get('axis'))} {first.within(POWER)}", PRODUCT)
        if function is np.abs:
            return Formula(f"|{first.text}|")
        if function is np.take:
            return Formula(f"{first.within(ATOM)}[{operands[1].text}]")
        name = self.names.get(function, function.__name__)
        return Formula(f"{name}({', '.join(operand.text for operand in operands)})")

    def astype(self, dtype: Any) -> Written:
        """Another element type is the same mathematics."""
        return self


def _sum_over(ndim: int, axis: int | tuple[int, ...] | None) -> str:
    """How the sign of a sum says over which axes: all of them need no word, those of a matrix have names."""
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else axis
    over = sorted({int(i) % ndim for i in axes}) if ndim else []
    if len(over) == ndim:
        return "Σ"
    if ndim == 2:
        return "Σ rows" if over == [0] else "Σ columns"
    return f"Σ {'axis' if len(over) == 1 else 'axes'} {', '.join(map(str, over))}"
