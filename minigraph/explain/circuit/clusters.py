"""The open blocks of a circuit, drawn as Graphviz's clusters, one within the other; and names in DOT.

The names are the ids in SVG too, the same from one process to the next.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

import graphviz

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.explain.circuit.repeats import Path, Step
from minigraph.explain.circuit.style import FAINT, GREY, escaped, node_label, times
from minigraph.explain.circuit.view import Box, View

__all__ = ["Clusters", "block_keys", "common", "keys_of"]


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


class Clusters:
    """A part of the drawing for each open block, made when something is put into it."""

    def __init__(self, dot: graphviz.Digraph, view: View) -> None:
        self.view = view
        self.keys = block_keys(_paths(view))
        self.made: dict[Path, graphviz.Digraph] = {(): dot}

    def within(self, path: Path) -> graphviz.Digraph:
        """The part for the innermost block of a path; for an empty one the whole drawing."""
        for level in range(1, len(path) + 1):
            if path[:level] not in self.made:
                self.made[path[:level]] = self._cluster(path[:level])
        return self.made[path]

    def called(self, path: Path) -> str:
        """The name of a block; of several equal ones the first's and the last's, and how many there are."""
        count, last = self.view.times.get(path, (1, path[-1]))
        if count == 1:
            return path[-1]
        return times(count) if isinstance(last, Step) else f"{path[-1]} … {last}   {times(count)}"

    def mirror(self) -> None:
        """Name the blocks at the right: where Graphviz lays out from right to left, that is the left."""
        for path, part in self.made.items():
            if path:
                part.graph_attr["labeljust"] = "r"

    def nest(self) -> None:
        """Put each part into the one around it, from the innermost: the drawing is then whole."""
        for path in sorted(self.made, key=len, reverse=True):
            if path:
                self.made[path[:-1]].subgraph(self.made[path])

    def _cluster(self, path: Path) -> graphviz.Digraph:
        attributes = {
            "id": self.keys[path], "label": node_label(self.called(path), []), "tooltip": escaped(f"block {'.'.join(path)}"),
            "labeljust": "l", "style": "rounded,filled", "color": FAINT, "fontcolor": GREY, "fontsize": "11", "margin": "10",
            "fillcolor": "#f7f8fa" if len(path) % 2 else "#eef1f5",
        }  # fmt: skip
        return graphviz.Digraph(f"cluster_{self.keys[path]}", graph_attr=attributes)


def common(one: Path, other: Path) -> Path:
    """The blocks that are around both."""
    return next((one[:i] for i in range(min(len(one), len(other)), 0, -1) if one[:i] == other[:i]), ())


def _paths(view: View) -> list[Path]:
    """Every block that is shown, open or closed."""
    found: dict[Path, None] = {}
    for item, around in view.around.items():
        path = item.path if isinstance(item, Box) else around
        found.update(dict.fromkeys(path[: level + 1] for level in range(len(path))))
    return list(found)
