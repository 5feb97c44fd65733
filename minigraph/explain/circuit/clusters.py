"""The open blocks of a circuit, drawn as Graphviz's clusters, one within the other."""

import graphviz

from minigraph.explain.circuit.keys import block_keys
from minigraph.explain.circuit.look import FAINT, GREY, escaped, node_label, times
from minigraph.explain.circuit.repeats import Path, Step
from minigraph.explain.circuit.view import Box, View

__all__ = ["Clusters", "common"]


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
