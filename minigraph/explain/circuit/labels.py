"""What stands in a node and on a wire of a circuit beside names and numbers: the operands and moves that are folded into it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.style import GREY, Line, Port, label_of, shortened
from minigraph.ops.copies import substituted
from minigraph.readings import formula
from minigraph.readings.mathematics import placeholder_for

__all__ = ["carried_text", "folded_into", "with_operands", "written"]

SHORT = 18
"""Up to how many letters a formula stands in a node or before a shape."""

MOST = 12
"""How many of the nodes that are folded into one its tooltip lists."""


def written(value: Node, names: Mapping[Any, str]) -> str:
    """What follows from constants alone, as an operation says it: by its formula, where that is short, or else its shape.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> written(np.broadcast_to(mg.Constant(0.0), (3, 4)), {}), written(np.exp(mg.Constant([2.0, 3.0])), {})
    ('0', 'exp(c1)')
    """
    text = formula(value, names=names)
    return text if len(text) <= SHORT and "…" not in text else f"({show_shape(value.shape)})"


def with_operands(node: Node, title: str, operands: Sequence[tuple[int, str]]) -> tuple[str, list[Line]]:
    """The title of an operation, with the operands that stand in it, and lines for these where there are several others.

    >>> import minigraph as mg
    >>> x = mg.Input("x", (2,))
    >>> with_operands(x * 0.5, "×", [(1, "0.5")]), with_operands(1 - x, "−", [(0, "1")])
    (('× 0.5', []), ('1 −', []))
    >>> with_operands(mg.Where(x > 0, x, 0), "where", [(2, "0")])
    ('where', [('#5b6470', 'b: 0')])
    """
    if not operands:
        return title, []
    if isinstance(node, Port):
        return title, [(GREY, f"first {text}") for _, text in operands]
    if len(node.operands) == 2:
        texts = dict(operands)
        return " ".join(filter(None, (texts.get(0), title.replace("\n", " "), texts.get(1)))), []
    called = node.operand_names
    return title, [(GREY, f"{called[min(i, len(called) - 1)]}: {text}") for i, text in operands]


def carried_text(value: Node, root: Node, called: str = "", definition: str = "") -> str:
    """What a wire says that it carries: a value's name and shape; and where that only moves elements of another, how.

    Parameters
    ----------
    value
        What the wire carries.
    root
        What the wire begins with: the value, or that whose elements it moves.
    called, definition
        The short name of what it begins with, and what that stands for, where it is to be said.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 4))
    >>> carried_text(x, x), carried_text(x[:, :2], x), carried_text(x.T, x), carried_text(x.reshape(-1), x)
    ('x  N × 4', 'x[:, 0:2]  N × 2', 'xᵀ  4 × N', 'x as 4·N')
    >>> z = x * x
    >>> carried_text(z[:, 1], z), carried_text(z.reshape(-1), z)
    ('[:, 1]  N', '4·N')
    """
    shape, name = show_shape(value.shape), called or label_of(root.name).strip()
    if value is root or label_of(value.name):
        return label_of(value.name or (definition and f"{called} = {definition}") or called) + shape
    text = formula(substituted([value], {root: placeholder_for(root, name or "□")})[value])
    if len(text) <= SHORT and "(" not in text and (text != (name or "□") or value.shape == root.shape):
        return f"{text.replace('□', '')}  {shape}".strip()
    return f"{name} as {shape}" if name else shape


def folded_into(nodes: Iterable[Node]) -> str:
    """The lines of a tooltip for what else an item shows."""
    lines = [shortened(f"with {node!r}", 80) for node in nodes]
    return "\n".join([*lines[:MOST], *(["…"] if len(lines) > MOST else [])])
