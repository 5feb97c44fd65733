"""What everything of a circuit is called: the titles of nodes and blocks, the names in formulas, and the ids in DOT and in SVG.

The ids are the same from one process to the next.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Leaf, Node
from minigraph.explain.circuit.labels import short_name
from minigraph.explain.circuit.repeats import Path, Step
from minigraph.explain.circuit.style import Port, times, title_of
from minigraph.explain.circuit.view import Box, Item, View, Wire
from minigraph.explain.circuit.wiring import local_derivatives
from minigraph.readings.letters import distinct_name, in_letters
from minigraph.readings.names import Placed
from minigraph.readings.sameness import signature

__all__ = ["Naming", "node_ids"]


class Naming:
    """What the items of a view are called, and the local derivatives that are written with these names.

    Parameters
    ----------
    view
        What of a graph is shown.
    names
        The names in the graph's formulas, as `names_of` gives them.
    """

    def __init__(self, view: View, names: Mapping[Any, str]) -> None:
        self.view = view
        self.sums: set[Item] = {*view.folds.summed.values()}
        ports = [node for node in view.graph.nodes if isinstance(node, Port) and node.title.endswith("]")]
        self.names = dict(names) | {signature(node): Placed(node.title) for node in ports}
        self._within: dict[Path, dict[Any, str]] = {}
        self.cluster_ids = _cluster_ids(_paths(view))
        boxes: dict[Item, str] = {item: self.cluster_ids[item.path] for item in view.items if isinstance(item, Box)}
        self.ids = boxes | dict(node_ids(view.graph).items())

    @cached_property
    def local(self) -> dict[Wire, str]:
        """The local derivative on each wire."""
        return local_derivatives(self.view.operands, self.names_at)

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
            return self.block_title(item.path)
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
        return {path: self.block_title(path) for path in self.cluster_ids}

    def block_title(self, path: Path) -> str:
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
