"""The open blocks of a circuit, drawn as Graphviz's clusters, one within the other."""

import graphviz

from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import FAINT, GREY, escaped, node_label

__all__ = ["Clusters"]


class Clusters:
    """A subgraph of the drawing for each open block, composed when something is put into it."""

    def __init__(self, dot: graphviz.Digraph, naming: Naming) -> None:
        self.naming = naming
        self.subgraphs: dict[Path, graphviz.Digraph] = {(): dot}

    def within(self, path: Path) -> graphviz.Digraph:
        """The subgraph for the innermost block of a path; for an empty one the whole drawing."""
        for level in range(1, len(path) + 1):
            if path[:level] not in self.subgraphs:
                self.subgraphs[path[:level]] = self._subgraph(path[:level])
        return self.subgraphs[path]

    def nest(self) -> None:
        """Put each subgraph into the one around it, from the innermost: the drawing is then whole."""
        for path in sorted(self.subgraphs, key=len, reverse=True):
            if path:
                self.subgraphs[path[:-1]].subgraph(self.subgraphs[path])

    def _subgraph(self, path: Path) -> graphviz.Digraph:
        attributes = {
            "id": self.naming.cluster_ids[path], "label": node_label(self.naming.block_title(path), []), "labeljust": "l",
            "tooltip": escaped(f"block {'.'.join(path)}"), "style": "rounded,filled", "color": FAINT, "fontcolor": GREY,
            "fontsize": "11", "margin": "10", "fillcolor": "#f7f8fa" if len(path) % 2 else "#eef1f5",
        }  # fmt: skip
        return graphviz.Digraph(f"cluster_{self.naming.cluster_ids[path]}", graph_attr=attributes)
