"""The local derivative as a wire shows it: what becomes of the gradient on its way back."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from minigraph.core.node import Constant, Node
from minigraph.explain.circuit.view import Item, Wire
from minigraph.readings import local_derivative

__all__ = ["GRADIENT", "local_derivatives", "may_return", "on_wire"]

GRADIENT = "δ"
"""The letter for the gradient that returns, where it stands in the middle of a formula."""


def local_derivatives(
    operands: Mapping[Wire, Sequence[tuple[Node, int]]], names_at: Callable[[Item], Mapping[Any, str]]
) -> dict[Wire, str]:
    """The local derivative on each wire to a node, by the operands that the wires stand for; nothing where there is none."""
    found: dict[Wire, str] = {}
    for wire, ((node, i), *_) in operands.items():
        operand = node.operands[i]
        if isinstance(wire[0], Node):
            differentiable = operand.dtype.kind == "f" and not isinstance(operand, Constant)
            found[wire] = on_wire(local_derivative(node, i, names_at(wire[0])) or "") if differentiable else ""
    return found


def may_return(operands: Iterable[tuple[Node, int]]) -> bool:
    """Whether a gradient may return on a wire that stands for these operands."""
    return any(user.operands[i].dtype.kind == "f" and user.dtype.kind == "f" for user, i in operands)


def on_wire(derivative: str) -> str:
    """A local derivative with □ for the gradient, written as what is done to that gradient.

    A factor stands alone. ⊙ and □ are missing from the fonts of some renderers, so products are written × and a gradient
    that cannot be left out is written δ.

    >>> on_wire("□ ⊙ (1 − a1²)"), on_wire("□ · W2ᵀ"), on_wire("a1ᵀ · □"), on_wire("Σ rows □")
    ('× (1 − a1²)', '· W2ᵀ', 'a1ᵀ ·', 'Σ rows')
    >>> on_wire("□"), on_wire("−□"), on_wire("□ / x"), on_wire("□ ⊙ (p − y) / N"), on_wire("0")
    ('× 1', '× (−1)', '÷ x', '× (p − y) / N', '× 0')
    >>> on_wire("□ ⊙ e^(−u1) with u1 = x ⊙ W")
    '× e^(−u1) with u1 = x × W'
    >>> on_wire("ŷ ⊙ (□ − Σ columns (□ ⊙ ŷ))")
    'ŷ × (δ − Σ columns (δ × ŷ))'
    """
    derivative, *definitions = derivative.split(" with ")
    if derivative.count("□") == 1 and not _has_sum(derivative):
        derivative = _factor(derivative)
    if derivative == "0":
        return "× 0"
    return " with ".join([derivative, *definitions]).replace("⊙", "×").replace("□", GRADIENT)


def _factor(text: str) -> str:
    """The text without its □, where that is one factor of a product, or all that a sum takes."""
    if text in ("□", "−□"):
        return "× 1" if text == "□" else "× (−1)"
    before, after = text.split("□")
    if before == "" and after.startswith(" / "):
        return f"÷ {after[3:]}"
    if before == "" and after.startswith((" ⊙ ", " · ")):
        return after.strip()
    if before == "−" and after.startswith((" ⊙ ", " / ")):
        return f"× (−{after[3:]})" if after.startswith(" ⊙ ") else f"× (−1{after})"
    if (after == "" and before.endswith((" ⊙ ", " · "))) or re.fullmatch(r"Σ( \w+)*(, \d+)* ", before):
        return f"× {before[:-3]}" if before.endswith(" ⊙ ") else before.strip()
    return text


def _has_sum(text: str) -> bool:
    """Whether terms are added outside of all parentheses, so that no factor stands for the whole."""
    depth = 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[i : i + 3] in (" + ", " − ", " = ", " > ", " < "):
            return True
    return False
