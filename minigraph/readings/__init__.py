"""A rule read as text: as a line of NumPy, and as mathematics.

A rule is plain NumPy, so it can be called on an operand that is only written; no operation has a second rule for it.
"""

from minigraph.readings import calls as calls  # it fills WRITERS, in formula.py
from minigraph.readings.expression import Expression, evaluate, symbols
from minigraph.readings.formula import Formula
from minigraph.readings.invented import names_of, short_names
from minigraph.readings.mathematics import (
    Placeholder,
    definition,
    expand,
    expression_of,
    formula,
    local_derivative,
    placeholder_for,
)
from minigraph.readings.names import free_name, is_array, size_among
from minigraph.readings.source import Source, array_text, line_of, literal, size_text, type_name

__all__ = [
    "Expression",
    "Formula",
    "Placeholder",
    "Source",
    "array_text",
    "definition",
    "evaluate",
    "expand",
    "expression_of",
    "formula",
    "free_name",
    "placeholder_for",
    "is_array",
    "line_of",
    "literal",
    "local_derivative",
    "names_of",
    "short_names",
    "size_among",
    "size_text",
    "symbols",
    "type_name",
]
