"""What source text and formulas share: NumPy hands each call on a written operand to it, and it writes the call down."""

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["ATOM", "POWER", "PRODUCT", "RELATION", "SIGN", "SUM", "Written", "part_of"]

RELATION, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)
"""How tightly an expression binds; a looser one inside a tighter one takes parentheses."""


class Written(NDArrayOperatorsMixin):
    """An expression written down: its text, how tightly it binds, and the shape and type of its value."""

    infix: ClassVar[dict[Callable[..., Any], tuple[str, int]]] = {}

    def __init__(self, text: str, binds: int = ATOM, shape: Any = (), dtype: Any = None) -> None:
        self.text, self.binds, self.shape, self.dtype = text, binds, shape, dtype

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return len(self.shape)

    def within(self, binds: int) -> str:
        """The text, in parentheses where it binds less tightly than `binds`."""
        return self.text if self.binds >= binds else f"({self.text})"

    def __bool__(self) -> NoReturn:
        raise TypeError("What is only written is neither true nor false.")

    __iter__ = None  # Python would else ask for one element after the other, without end

    def __getitem__(self, index: Any) -> Any:
        """A part of the value, as a slice gives it."""
        parts = [part_of(part) for part in (index if isinstance(index, tuple) else (index,))]
        return type(self)(f"{self.within(ATOM)}[{', '.join(parts) or '()'}]")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        return self.write(ufunc, operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: dict[str, Any]) -> Any:
        return self.write(function, operands, {k: v for k, v in options.items() if k != "out" or v is not None})

    def write(self, function: Any, operands: Any, options: dict[str, Any]) -> Any:
        """The expression for a call of a NumPy function."""
        written = [self.of(operand) for operand in operands]
        if function in self.infix and not options:
            sign, binds = self.infix[function]
            return type(self)(f"{written[0].within(binds)} {sign} {written[1].within(binds + 1)}", binds)
        return self.call(function, written, options)

    def of(self, value: Any) -> "Written":
        """Any argument as an expression."""
        return value if isinstance(value, Written) else type(self)(self.literal(value))

    def literal(self, value: Any) -> str:
        """A number or an attribute, written."""
        return repr(value)

    def call(self, function: Any, operands: list["Written"], options: dict[str, Any]) -> "Written":
        """A call that has no sign of its own."""
        raise NotImplementedError


def part_of(part: Any) -> str:
    """`1:-1`, as a slice is written between brackets."""
    if not isinstance(part, slice):
        return "..." if part is Ellipsis else repr(part)
    start, stop, step = ("" if bound is None else str(bound) for bound in (part.start, part.stop, part.step))
    return f"{start}:{stop}{f':{step}' if step not in ('', '1') else ''}"
