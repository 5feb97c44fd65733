"""What a node or a block tells when a pointer rests on it."""

from collections.abc import Sequence

from minigraph.explain.look import escaped
from minigraph.explain.repeats import Path
from minigraph.node import Node, Parameter

__all__ = ["about_block", "about_node", "block_lines"]


def about_node(node: Node, *more: str) -> str:
    """The kind, name, shape and type of a node, the line that made it, and what else is known of it, as DOT writes it."""
    return escaped("\n".join(filter(None, (repr(node), f"made at {node.line}" if node.line else "", *more))))


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
