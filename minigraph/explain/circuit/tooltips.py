"""What a node or a block tells when a pointer rests on it."""

from collections.abc import Sequence
from typing import Any

from minigraph.core.leaves import Parameter
from minigraph.core.node import Node
from minigraph.explain.circuit.look import escaped
from minigraph.explain.circuit.repeats import Path

__all__ = ["about_block", "about_node", "block_lines"]

LONGEST = 60
"""How many letters of an attribute are told."""


def about_node(node: Node, *more: str) -> str:
    """The kind, name, shape, type and attributes of a node, the line that made it, and what else is known, as DOT writes it."""
    attributes = ((key, getattr(node, key)) for key in node.attributes)
    told = ", ".join(f"{key} = {_shortly(value)}" for key, value in attributes if value is not None)
    return escaped("\n".join(filter(None, (repr(node), told, f"made at {node.line}" if node.line else "", *more))))


def _shortly(value: Any) -> str:
    written = repr(value).replace("\n", " ")
    return written if len(written) <= LONGEST else f"{written[: LONGEST - 1]}…"


def about_block(path: Path, nodes: Sequence[Node]) -> str:
    """The path of a block, what it holds, and the lines that made it, as DOT writes it."""
    lines = [f"made at {line}" for line in dict.fromkeys(node.line for node in nodes) if line]
    return escaped("\n".join([f"block {'.'.join(path)}", *block_lines(nodes), *lines]))


def block_lines(nodes: Sequence[Node]) -> list[str]:
    """How many operations and elements of parameters a block holds."""
    operations = sum(bool(node.operands) for node in nodes)
    elements = sum(node.value.size for node in nodes if isinstance(node, Parameter))
    lines = [f"{operations} operation{'s' * (operations != 1)}"]
    return lines + ([f"{elements} parameter element{'s' * (elements != 1)}"] if elements else [])
