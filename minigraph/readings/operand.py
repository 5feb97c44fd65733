"""What a rule can be given in the place of an array: NumPy hands each call on it to the reading that it belongs to."""

from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["Operand"]


class Operand(NDArrayOperatorsMixin):
    """A value of which a reading knows something else than its elements: its text, its formula, its bounds."""

    __iter__ = None  # Python would else ask for one element after the other, without end

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is neither true nor false.")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__":
            raise TypeError(f"np.{ufunc.__name__}.{method} is not read.")
        return self.read(ufunc, operands, options)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: dict[str, Any]) -> Any:
        return self.read(function, operands, {key: each for key, each in options.items() if key != "out" or each is not None})

    def read(self, function: Any, operands: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What the reading gives for a call of one of NumPy's functions."""
        raise NotImplementedError
