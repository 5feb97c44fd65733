"""What stands in a node and on a wire of a circuit beside names and numbers: the operands and moves that are folded into it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minigraph.core.node import Node
from minigraph.core.rewriting import altered
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.repeats import Path, Step
from minigraph.explain.circuit.style import GREY, Line, Port, label_of, shortened
from minigraph.readings import formula
from minigraph.readings.letters import distinct_name, in_letters
from minigraph.readings.mathematics import placeholder_for

__all__ = ["blocks_of", "carried_text", "folded_into", "short_name", "with_operands", "written"]

FRAME = "× "
"""How the frame of a scan begins, which is no block of the user's."""

SHORT = 18
"""Up to how many letters a formula stands in a node or before a shape."""

MOST = 12
"""How many of the nodes that are folded into one its tooltip lists."""


def blocks_of(path: Path) -> Path:
    """The blocks of a path that composed names have, without the frames of scans and the steps that nobody named."""
    return tuple(name for name in path if not isinstance(name, Step) and not name.startswith(FRAME))


def short_name(name: str, path: Path) -> str:
    """A name as it is shown within blocks: without theirs before it.

    >>> short_name("encoder.query.W", ("encoder", "query")), short_name("encoder.mask", ("encoder", "query"))
    ('W', 'mask')
    """
    blocks = blocks_of(path)
    for first in range(min(2, len(blocks))):  # the first may be the row of a derivative
        for end in range(len(blocks), first, -1):
            before = ".".join(blocks[first:end]) + "."
            if name.startswith(before) and name != before:
                return name[len(before) :]
    return name


def written(value: Node, names: Mapping[Any, str]) -> str:
    """What follows from constants alone, as an operation says it: by its formula, where that is short, or else its shape.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> written(np.broadcast_to(mg.Constant(0.0), (3, 4)), {}), written(np.exp(mg.Constant([2.0, 3.0])), {})
    ('0', 'e^c1')
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


def carried_text(
    value: Node, root: Node, path: Path = (), called: str = "", definition: str = "", others: Iterable[str] = (),
    brief: bool = False,
) -> str:  # fmt: skip
    """What a wire says that it carries: a value's name and shape; and where that only moves elements of another, how.

    Parameters
    ----------
    value
        What the wire carries.
    root
        What the wire begins with: the value, or that whose elements it moves.
    path
        The blocks around what the wire begins with.
    called, definition
        The short name of what it begins with, and what that stands for, where it is to be said.
    others
        The names that others have.
    brief
        Whether the name alone is said, without the shape and what it stands for.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 4))
    >>> carried_text(x, x), carried_text(x[:, :2], x), carried_text(x.T, x), carried_text(x.reshape(-1), x)
    ('x  N × 4', 'x[:, 0:2]  N × 2', 'xᵀ  4 × N', 'x as 4·N')
    >>> z = x * x
    >>> carried_text(z[:, 1], z), carried_text(z.reshape(-1), z)
    ('[:, 1]  N', '4·N')
    >>> carried_text(mg.Transpose(x, name="y"), x), carried_text(mg.Transpose(z, name="y"), z)
    ('y = xᵀ  4 × N', 'y  4 × N')
    >>> carried_text(x.T, x, brief=True), carried_text(z, z, called="s", definition="x²", brief=True)
    ('xᵀ', 's')
    """
    shape, name, own = show_shape(value.shape), called or _called(root, path, others), _called(value, path, others)
    ending = "" if brief else f"  {shape}"
    if value is root and called:
        return f"{called} = {definition}{ending}" if definition and not brief else f"{called}{ending}"
    if value is root or (not name and own):
        return f"{own}{ending}".strip()
    text = formula(_moved(value, root, name or "□"))
    if len(text) <= SHORT and "(" not in text and (text != (name or "□") or value.shape == root.shape):
        return f"{own} = {text}{ending}" if own else f"{text.replace('□', '')}{ending}".strip()
    return f"{name} as {own}  {shape}" if own else f"{name} as {shape}" if name else shape


def _moved(value: Node, root: Node, name: str) -> Node:
    """The value, as it is made of a leaf of that name in the place of the root."""
    moves: list[Node] = []
    while value is not root:
        moves.append(value)
        value = value.operands[0]
    moved: Node = placeholder_for(root, name)
    for move in reversed(moves):
        moved = altered(move, operands=(moved, *move.operands[1:]), name=None)
    return moved


def _called(value: Node, path: Path, others: Iterable[str] = ()) -> str:
    """The name of a value, as far as it stands on a wire."""
    return in_letters(distinct_name(short_name(str(value.name), path), others)) if label_of(value.name) else ""


def folded_into(nodes: Iterable[Node]) -> str:
    """The lines of a tooltip for what else an item shows."""
    lines = [shortened(f"with {node!r}", 80) for node in nodes]
    return "\n".join([*lines[:MOST], *(["…"] if len(lines) > MOST else [])])
