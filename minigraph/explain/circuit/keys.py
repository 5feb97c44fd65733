"""Names in DOT, and ids in SVG, the same from one process to the next."""

import re
from collections import defaultdict
from collections.abc import Iterable

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.explain.circuit.repeats import Path

__all__ = ["block_keys", "keys_of"]


def keys_of(graph: Graph) -> dict[Node, str]:
    """A name in DOT for each node: its own, where that is plain, or its kind's.

    Wires, outputs, blocks and the legend have names with a hyphen, which these never have.
    """
    keys: dict[Node, str] = {}
    taken = {node.name for node in graph.nodes if node.name and re.fullmatch(r"[A-Za-z]\w*", node.name, re.ASCII)}
    numbers: dict[str, int] = defaultdict(int)
    for node in graph.nodes:
        key = node.name if node.name in taken else ""
        while not key or (key in taken and node.name != key):
            kind = re.sub(r"\W", "", type(node).__name__, flags=re.ASCII) or "Node"
            numbers[kind] += 1
            key = f"{kind}{numbers[kind]}"
        keys[node] = key
    return keys


def block_keys(paths: Iterable[Path]) -> dict[Path, str]:
    """A name in DOT for each block: its path, as far as that is plain, with a number where two would have the same."""
    keys: dict[Path, str] = {}
    taken: dict[str, int] = defaultdict(int)
    for path in paths:
        key = "block-" + ".".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in path)
        taken[key] += 1
        keys[path] = key if taken[key] == 1 else f"{key}-{taken[key]}"
    return keys
