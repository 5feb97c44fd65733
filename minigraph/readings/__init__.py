"""A rule read as text: as a line of NumPy, and as mathematics.

A rule is plain NumPy, so it can be called on an operand that is only written; no operation has a second rule for it.
"""

from minigraph.readings.expression import Expression, evaluate, symbols
from minigraph.readings.formula import Formula
from minigraph.readings.notation import Hole, expand, expression_of, formula, hole_for, local_derivative, names_of, symbol
from minigraph.readings.source import Source, array_text, type_name

__all__ = [
    "Expression",
    "Formula",
    "Hole",
    "Source",
    "array_text",
    "evaluate",
    "expand",
    "expression_of",
    "formula",
    "hole_for",
    "local_derivative",
    "names_of",
    "symbol",
    "symbols",
    "type_name",
]
