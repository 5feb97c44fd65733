"""The open blocks of a circuit, drawn as Graphviz's clusters, one within the other; and what everything is called in DOT.

The names in DOT are the ids in SVG too, the same from one process to the next.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import graphviz

from minigraph.core.graph import Graph
from minigraph.core.node import Leaf, Node
from minigraph.explain.circuit.labels import short_name
from minigraph.explain.circuit.repeats import Path, Step
from minigraph.explain.circuit.style import FAINT, GREY, Port, escaped, node_label, times, title_of
from minigraph.explain.circuit.view import Box, Item, View
from minigraph.readings import names_of
from minigraph.readings.letters import distinct_name, in_letters
from minigraph.readings.names import Placed
from minigraph.readings.sameness import signature

__all__ = ["Clusters", "node_ids"]


class Clusters:
    """A subgraph of the drawing for each open block, composed when something is put into it; ids and titles of all items."""

    def __init__(self, dot: graphviz.Digraph, view: View) -> None:
        self.view = view
        self.sums: set[Item] = {*view.folds.summed.values()}
        ports = [node for node in view.graph.nodes if isinstance(node, Port) and node.title.endswith("]")]
        self.names = names_of(view.graph) | {signature(node): Placed(node.title) for node in ports}
        self._within: dict[Path, dict[Any, str]] = {}
        self.cluster_ids = _cluster_ids(_paths(view))
        boxes: dict[Item, str] = {item: self.cluster_ids[item.path] for item in view.items if isinstance(item, Box)}
        self.ids = boxes | dict(node_ids(view.graph).items())
        self.subgraphs: dict[Path, graphviz.Digraph] = {(): dot}

    def within(self, path: Path) -> graphviz.Digraph:
        """The subgraph for the innermost block of a path; for an empty one the whole drawing."""
        for level in range(1, len(path) + 1):
            if path[:level] not in self.subgraphs:
                self.subgraphs[path[:level]] = self._subgraph(path[:level])
        return self.subgraphs[path]

    def names_at(self, item: Item) -> Mapping[Any, str]:
        """The names in formulas beside an item: those that its frames show short are short, unless another has that name."""
        path = self.view.cluster[item]
        if path not in self._within:
            leaves = [node for node in self.view.item if isinstance(node, Leaf) and node.name]
            frames = {node: self.view.cluster[self.view.item[node]] for node in leaves}
            short = {node: short_name(str(node.name), path) for node in leaves if frames[node] == path[: len(frames[node])]}
            others = {*self.names.values(), *(node.name for node in self.view.graph.nodes if node.name)}
            taken = Counter([*short.values(), *others])
            self._within[path] = self.names | {node: name for node, name in short.items() if taken[name] == 1}
        return self._within[path]

    def title(self, item: Item) -> str:
        """What an item is called on the circuit."""
        if item in self.sums:
            return "Σ"
        if isinstance(item, Box):
            return self._block_title(item.path)
        last = self.view.last.get(item)
        title = title_of(item, self.names)
        if title == item.name:
            title = short_name(title, self.view.cluster.get(self.view.item.get(item, item), ()))
            title = self.spelled(title)
        return f"{title} … {last}" if last else title

    def spelled(self, name: str) -> str:
        """A name in the letters that it spells out."""
        return in_letters(distinct_name(name, self.names.values()))

    def titles(self) -> dict[Path, str]:
        """The title of each block that is shown open."""
        return {path: self._block_title(path) for path in self.cluster_ids}

    def nest(self) -> None:
        """Put each subgraph into the one around it, from the innermost: the drawing is then whole."""
        for path in sorted(self.subgraphs, key=len, reverse=True):
            if path:
                self.subgraphs[path[:-1]].subgraph(self.subgraphs[path])

    def _subgraph(self, path: Path) -> graphviz.Digraph:
        attributes = {
            "id": self.cluster_ids[path], "label": node_label(self._block_title(path), []), "labeljust": "l",
            "tooltip": escaped(f"block {'.'.join(path)}"), "style": "rounded,filled", "color": FAINT, "fontcolor": GREY,
            "fontsize": "11", "margin": "10", "fillcolor": "#f7f8fa" if len(path) % 2 else "#eef1f5",
        }  # fmt: skip
        return graphviz.Digraph(f"cluster_{self.cluster_ids[path]}", graph_attr=attributes)

    def _block_title(self, path: Path) -> str:
        """The name of a block; of several equal ones the first's and the last's, and how many there are."""
        count, last = self.view.times.get(path, (1, path[-1]))
        if count == 1:
            return path[-1]
        return times(count) if isinstance(last, Step) else f"{path[-1]} … {last}   {times(count)}"


def _paths(view: View) -> list[Path]:
    """Every block that is shown, open or closed."""
    paths = [item.path if isinstance(item, Box) else cluster for item, cluster in view.cluster.items()]
    return list(dict.fromkeys(path[: level + 1] for path in paths for level in range(len(path))))


def node_ids(graph: Graph) -> dict[Node, str]:
    """A name in DOT for each node: its own, where that is plain, or its kind's.

    Wires, outputs, blocks and the legend have names with a hyphen, which these never have.
    """
    ids: dict[Node, str] = {}
    taken = {node.name for node in graph.nodes if node.name and re.fullmatch(r"[A-Za-z]\w*", node.name, re.ASCII)}
    numbers: dict[str, int] = defaultdict(int)
    for node in graph.nodes:
        id = node.name if node.name in taken else ""
        while not id or (id in taken and node.name != id):
            kind = re.sub(r"\W", "", type(node).__name__, flags=re.ASCII) or "Node"
            numbers[kind] += 1
            id = f"{kind}{numbers[kind]}"
        ids[node] = id
    return ids


def _cluster_ids(paths: Iterable[Path]) -> dict[Path, str]:
    """A name in DOT for each block: its path, as far as that is plain, with a number where two would have the same."""
    ids: dict[Path, str] = {}
    taken: dict[str, int] = defaultdict(int)
    for path in paths:
        id = "block-" + ".".join(re.sub(r"\W", "_", name, flags=re.ASCII) for name in path)
        taken[id] += 1
        ids[path] = id if taken[id] == 1 else f"{id}-{taken[id]}"
    return ids
