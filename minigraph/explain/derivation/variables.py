"""What values are called in the lines of NumPy of a derivation."""

import keyword
import re
import unicodedata
from collections.abc import Hashable, Iterable
from itertools import chain, count
from typing import Any

import numpy as np

from minigraph.core.node import Constant
from minigraph.core.shapes import show_shape

__all__ = ["Variables"]

RESERVED = ("np", "mg", "cotangent", "inf", "nan", "dtype")
"""What a line may mean by a name beside the derivation's own."""

LONGEST = 40
"""How many letters of a name a variable has."""


class Variables:
    """One variable of Python's for each value, whatever that is called.

    >>> variables = Variables(["W", "encoder.W", "encoder W", "lambda"])
    >>> [variables.value(name) for name in ("W", "encoder.W", "encoder W", "lambda")], variables.gradient("W")
    (['W', 'encoder_W', 'encoder_W_2', 'lambda_2'], 'dW')
    >>> variables.remarks
    ["# lambda_2 stands for 'lambda'", "# encoder_W_2 stands for 'encoder W'"]
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.constants: dict[str, np.ndarray[Any, Any]] = {}
        """The constants that no line makes, by the variable that stands for each."""
        self._used = set(RESERVED)
        self._called: dict[Hashable, str] = {}
        for name in sorted(names):
            if name.isidentifier():
                self.value(name)

    @property
    def remarks(self) -> list[str]:
        """A comment for each variable that has another name than what it stands for, and for each constant."""
        other = [
            (variable, f"stands for {key[1]!r}") for key, variable in self._called.items()
            if isinstance(key, tuple) and key[0] == "value" and variable != key[1].replace(".", "_")
        ]  # fmt: skip
        large = [
            (variable, f"is a constant, {show_shape(array.shape)}, {array.dtype}: constants[{variable!r}] of the derivation")
            for variable, array in self.constants.items()
        ]
        return [f"# {variable} {words}" for variable, words in other + large]

    def value(self, name: str) -> str:
        """The variable of a named value: encoder_W for encoder.W."""
        return self._variable(("value", name), name)

    def gradient(self, name: str) -> str:
        """The variable of the gradient with respect to a value: dW1 for W1, or d_W1 where something else is called dW1."""
        return self._variable(("gradient", name), f"d{name}", f"d_{name}")

    def constant(self, node: Constant) -> str:
        """The variable of a constant that is too large to be written out."""
        variable = self._called[node] if node in self._called else self.free("c")
        self._called[node] = variable
        self.constants[variable] = node.value
        return variable

    def free(self, letter: str) -> str:
        """The first of t1, t2, … that nothing is called."""
        name = next(name for i in count(1) if (name := f"{letter}{i}") not in self._used)
        self._used.add(name)
        return name

    def _variable(self, key: Hashable, *wanted: str) -> str:
        if key not in self._called:
            tidy = [_tidied(each) for each in wanted]
            names = chain(tidy, (f"{tidy[0]}_{i}" for i in count(2)))
            self._called[key] = next(name for name in names if name not in self._used and not keyword.iskeyword(name))
            self._used.add(self._called[key])
        return self._called[key]


def _tidied(name: str) -> str:
    """A name as Python reads it, with an underscore for what it does not take; what is long is cut."""
    tidy = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", name))[:LONGEST]
    return tidy if tidy.isidentifier() else f"_{tidy}"
