"""Two graphs in one picture: which node of one is which of the other, and what was added, removed and changed."""

from collections import defaultdict
from dataclasses import dataclass
from os import PathLike

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.legend import add_legend, block_lines, tooltip_of_node
from minigraph.explain.circuit.render import Circuit, empty_circuit, finished
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import BLUE, FAINT, GREY, RED, Line, escaped, node_style, title_of
from minigraph.explain.circuit.view import kind_of
from minigraph.readings.sameness import OF_NO_EFFECT, frozen

__all__ = ["changes", "compare", "match"]

ADDED, REMOVED, CHANGED, ALIKE = "+ added", "− removed", "changed", ""
STYLES = {
    ADDED: {"color": BLUE, "penwidth": "3"},
    REMOVED: {"color": RED, "fontcolor": RED, "style": "dashed", "penwidth": "1.6"},
    CHANGED: {"penwidth": "3"},
    ALIKE: {"color": FAINT, "fontcolor": GREY, "fillcolor": "white"},
}
"""How each differs in style from a node of its kind: by its line as well as its colour."""

WIRES = {ADDED: {"color": BLUE, "penwidth": "2.4"}, REMOVED: {"color": RED, "style": "dashed"}, ALIKE: {}}
"""The style of wires."""

MOST, NEAR = 60, 2
"""How many nodes are all shown; where there are more, how many wires away from a difference they may be."""


NO_STATE = OF_NO_EFFECT | {"shape", "dtype", "_known"}
"""What nodes hold that is no state of their operation."""


@dataclass
class Matching:
    """The nodes of the second graph with their partners in the first, and the other way round."""

    first: dict[Node, Node]
    second: dict[Node, Node]

    within: bool = True
    """Whether partners must be in blocks of the same names."""

    def pair(self, one: Node, other: Node) -> bool:
        """Make the two partners, unless they are of different kinds or one of them has a partner already."""
        if type(one) is not type(other) or one in self.second or other in self.first:
            return False
        if self.within and one.block != other.block:
            return False
        self.first[other], self.second[one] = one, other
        return True


def match(first: Graph, second: Graph) -> Matching:
    """Partners by name, then by what they are computed from or lead to, until nothing more is found.

    First those in blocks of the same names become partners, and then, of what is left, others too.
    """
    found = Matching({}, {})
    for found.within in (True, False):
        for name, node in second.names.items():
            if name in first.names:
                found.pair(first.names[name], node)
        while _forwards(first, second, found) + _backwards(second, found):
            pass
    return found


def compare(first: Graph, second: Graph, file: str | PathLike[str] | None = None) -> Circuit:
    """Draw what differs between two graphs in one picture.

    Nodes are partners by their names, and where they have none by what they are computed from or lead to. What is only in the
    second is added, what is only in the first removed; partners show what changed. What is alike is pale.

    Parameters
    ----------
    first, second : Graph
        The graphs, as the earlier and the later.
    file : str or path, optional
        Where the picture is also written, in the format of its suffix: svg, png, pdf or dot.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where one of the two is no graph.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> "+ added" in compare(mg.Graph(y=mg.Tanh(x)), mg.Graph(y=mg.Relu(x))).source
    True
    """
    for graph in (first, second):
        if not isinstance(graph, Graph):
            raise GraphError(f"compare takes two graphs, not {graph!r}.")
    dot = _Comparison(first, second, match(first, second)).draw()
    return finished(dot, f"{first!r} compared with {second!r}", file)


def _status(before: bool, after: bool) -> str:
    """What became of something by whether it is in the first graph and in the second."""
    return ALIKE if before and after else ADDED if after else REMOVED


class _Comparison:
    """The picture in the making: the nodes of the second graph, and those of the first that have no partner."""

    def __init__(self, first: Graph, second: Graph, found: Matching) -> None:
        self.first, self.second, self.found = first, second, found
        removed = [node for node in first.nodes if node not in found.second]
        self.nodes = [*second.nodes, *removed]
        self.changed = {node: changes(before, node) for node, before in found.first.items()}
        known = {node: CHANGED if self.changed.get(node) else _status(node in found.first, True) for node in second.nodes}
        self.status = known | dict.fromkeys(removed, REMOVED)
        self.blocks = self._whole_blocks()
        """The nodes that one box stands for, the first of them before all: a block that was added or removed as a whole."""
        ids = {node: f"n{i}" for i, node in enumerate(self.nodes)}
        self.ids = ids | {node: ids[nodes[0]] for nodes in self.blocks.values() for node in nodes}
        before = dict.fromkeys((self._shown(operand), self._shown(node)) for node in first.nodes for operand in node.operands)
        after = dict.fromkeys((operand, node) for node in second.nodes for operand in node.operands)
        self.wires = {wire: _status(wire in before, wire in after) for wire in after | before}

    def _whole_blocks(self) -> dict[Path, list[Node]]:
        """The outermost blocks of which all was added, or all removed, with their nodes; one operation is no block."""
        members: dict[Path, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for level in range(0 if isinstance(node, Input) else len(node.block)):
                members[node.block[: level + 1]].append(node)
        whole: dict[Path, list[Node]] = {}
        for path, nodes in sorted(members.items(), key=lambda each: len(each[0])):
            status = {self.status[node] for node in nodes}
            several = sum(bool(node.operands) for node in nodes) > 1
            if status in ({ADDED}, {REMOVED}) and several and not any(path[:level] in whole for level in range(len(path))):
                whole[path] = nodes
        return whole

    def _shown(self, node: Node) -> Node:
        """What shows a node of the first graph: its partner, if it has one."""
        return self.found.second.get(node, node)

    def draw(self) -> Circuit:
        """The whole picture."""
        dot = empty_circuit("comparison")
        near = self._near()
        boxed = {node: path for path, nodes in self.blocks.items() for node in nodes}
        for node in near:
            if node not in boxed:
                self._node(dot, node)
        for path in dict.fromkeys(boxed[node] for node in near if node in boxed):
            self._block(dot, path)
        shown = {ends: status for ends, status in self.wires.items() if near.keys() >= {*ends}}
        wires = {(self.ids[start], self.ids[end]): status for (start, end), status in shown.items()}
        for (start_id, end_id), status in wires.items():
            if start_id != end_id:
                dot.edge(start_id, end_id, id=f"{start_id}-to-{end_id}", **WIRES[status])
        self._outputs(dot, near)
        kinds = {"block" if node in boxed else kind_of(node) for node in near}
        add_legend(dot, kinds | {"output"}, self._notes(len(self.nodes) - len(near)))
        return dot

    def _node(self, dot: Circuit, node: Node) -> None:
        status, title = self.status[node], title_of(node)
        lines: list[Line] = [(RED if status == REMOVED else BLUE, status)] if status in (ADDED, REMOVED) else []
        lines += [(GREY, text) for text in self.changed.get(node, ())]
        named = [(GREY, f"{node.name}  {show_shape(node.shape)}")] if node.operands and node.name else []
        shape = [] if any(" → " in text for _, text in lines) else [(GREY, show_shape(node.shape))]
        lines = named + lines if node.operands else lines + shape
        sign = len(title) == 1 and bool(node.operands) and not lines
        style = node_style(kind_of(node), title, lines, sign=sign, bold=not node.operands) | STYLES[status]
        dot.node(self.ids[node], id=self.ids[node], tooltip=tooltip_of_node(node, status), **style)

    def _block(self, dot: Circuit, path: Path) -> None:
        """A block that was added or removed as a whole, with what it holds."""
        nodes = self.blocks[path]
        status = self.status[nodes[0]]
        lines = [(RED if status == REMOVED else BLUE, status), *((GREY, line) for line in block_lines(nodes))]
        style = node_style("block", path[-1], lines) | STYLES[status]
        id = self.ids[nodes[0]]
        dot.node(id, id=id, tooltip=escaped(f"block {'.'.join(path)}\n{status}"), **style)

    def _outputs(self, dot: Circuit, near: dict[Node, None]) -> None:
        both = {**self.first.outputs, **self.second.outputs}
        for i, name in enumerate(both):
            node = self._shown(both[name])
            if node not in near:
                continue
            status = _status(name in self.first.outputs, name in self.second.outputs)
            lines = [(GREY, status)] if status else []
            style = node_style("output", name, lines) | STYLES[status]
            dot.node(f"output-{i}", id=f"output-{i}", tooltip=f"output {i}", **style)
            dot.edge(self.ids[node], f"output-{i}", id=f"{self.ids[node]}-to-output-{i}")

    def _near(self) -> dict[Node, None]:
        """The nodes that are shown, in their order: all, or those that are near to a difference."""
        if len(self.nodes) <= MOST:
            return dict.fromkeys(self.nodes)
        neighbours: dict[Node, set[Node]] = defaultdict(set)
        near = {node for node, status in self.status.items() if status}
        for (start, end), status in self.wires.items():
            neighbours[start].add(end)
            neighbours[end].add(start)
            near |= {start, end} if status else set()
        for _ in range(NEAR):
            near |= {other for node in near for other in neighbours[node]}
        return {node: None for node in self.nodes if node in near}

    def _notes(self, left_out: int) -> list[Line]:
        counts = {status: list(self.status.values()).count(status) for status in (ADDED, REMOVED, CHANGED)}
        rewired = sum(bool(status) for status in self.wires.values())
        if not any(counts.values()) and not rewired:
            return [(GREY, "the two graphs are alike, but for the numbers that their variables hold")]
        lines = [
            (BLUE, f"{counts[ADDED]} added: only in the second graph, with a strong line"),
            (RED, f"{counts[REMOVED]} removed: only in the first graph, with a dashed line"),
            (GREY, f"{counts[CHANGED]} changed, from the first graph → to the second"),
        ]
        omitted = [(GREY, f"{left_out} alike and more than {NEAR} wires from a difference are left out")] if left_out else []
        return lines + omitted


def _forwards(first: Graph, second: Graph, found: Matching) -> int:
    """Pair operations of one kind whose operands are partners or constants, and of several those with the fewest changes."""
    known: dict[tuple[object, ...], list[Node]] = defaultdict(list)
    for node in first.operations:
        if node not in found.second:
            known[(type(node), *(None if _unnamed(operand) else operand for operand in node.operands))].append(node)
    count = 0
    for node in second.operations:
        operands = [None if _unnamed(operand) else found.first.get(operand, node) for operand in node.operands]
        if node not in found.first:
            rivals = [(len(changes(each, node)), i, each) for i, each in enumerate(known.get((type(node), *operands), []))]
            count += any(found.pair(each, node) for _, _, each in sorted(rivals))
    return count


def _unnamed(node: Node) -> bool:
    return isinstance(node, Constant | Sizes) and not node.name


def _backwards(second: Graph, found: Matching) -> int:
    """Pair the operands, place by place, of operations that are partners and have as many of them."""
    count = 0
    for node in reversed(second.operations):
        partner = found.first.get(node)
        if partner is not None and len(partner.operands) == len(node.operands):
            count += sum(found.pair(one, other) for one, other in zip(partner.operands, node.operands, strict=True))
    return count


def changes(one: Node, other: Node) -> list[str]:
    """What differs between two partners: shape, element type, attributes and other state, the numbers of a constant.

    >>> import minigraph as mg
    >>> changes(mg.Input("x", ("N", 2)), mg.Input("x", ("N", 3)))
    ['N × 2 → N × 3']
    """
    found = []
    if one.shape != other.shape:
        found.append(f"{show_shape(one.shape)} → {show_shape(other.shape)}")
    if one.dtype != other.dtype:
        found.append(f"{one.dtype} → {other.dtype}")
    for key in sorted(vars(one).keys() - NO_STATE) if one.operands else ():
        before, after = vars(one)[key], vars(other).get(key)
        if repr(before) != repr(after):
            found.append(f"{key}: {before!r} → {after!r}")
        elif isinstance(before, np.ndarray | list | tuple) and frozen(before) != frozen(after):
            found.append(f"{key}: other numbers")
    if isinstance(one, Constant) and isinstance(other, Constant) and not np.array_equal(one.value, other.value):
        found.append(f"{one} → {other}" if one.value.size == other.value.size == 1 else "other numbers")
    return found
