"""The tooltips of a circuit: all about a node, a closed block, or the values of one wire."""

from collections.abc import Sequence

from minigraph.core.leaves import Parameter
from minigraph.core.node import Node
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.style import escaped, shortened
from minigraph.explain.circuit.view import Item

__all__ = ["block_lines", "listed", "tooltip", "tooltip_of_node"]

MOST = 20
"""How many values a tooltip lists."""

LONGEST = 60
"""How many letters of an attribute a tooltip shows."""


def tooltip(item: Item, readout: Readout) -> str:
    """All about a node, or the path of a closed block, what it holds, and the lines that composed it, as DOT writes it."""
    if isinstance(item, Node):
        return tooltip_of_node(item, readout.details.get(item, ""))
    lines = [f"made at {line}" for line in dict.fromkeys(node.line for node in item.nodes) if line]
    return escaped("\n".join([f"block {'.'.join(item.path)}", *block_lines(item.nodes), *lines]))


def tooltip_of_node(node: Node, *more: str) -> str:
    """The kind, name, shape, type and attributes of a node, the line that composed it, and what else is known."""
    attributes = [(key, getattr(node, key)) for key in node.attributes]
    written = [(key, repr(each).replace("\n", " ")) for key, each in attributes if each is not None]
    listed = ", ".join(f"{key} = {shortened(text, LONGEST)}" for key, text in written)
    lines = [repr(node), listed, f"made at {node.line}" if node.line else "", *more]
    return escaped("\n".join(filter(None, lines)))


def listed(values: Sequence[Node]) -> str:
    """A tooltip that lists values."""
    return escaped("\n".join([*map(str, values[:MOST]), *(["…"] if len(values) > MOST else [])]))


def block_lines(nodes: Sequence[Node]) -> list[str]:
    """How many operations and elements of parameters a block holds."""
    operations = sum(bool(node.operands) for node in nodes)
    elements = sum(node.value.size for node in nodes if isinstance(node, Parameter))
    lines = [f"{operations} operation{'s' * (operations != 1)}"]
    return lines + ([f"{elements} parameter element{'s' * (elements != 1)}"] if elements else [])
