"""A graph drawn as a circuit, in the DOT language of Graphviz.

The data flows from left to right along one straight spine, and the gradient returns on the same wires: what a wire
carries forwards stands above it, what returns stands below.
"""

import math
import re
from collections import defaultdict
from os import PathLike

from minigraph.axes import show_shape
from minigraph.explain.legend import add_legend
from minigraph.explain.look import BLUE, FONT, GREY, RED, WIRE, Line, kind_of, look, node_label, plain, title_of, wire_label
from minigraph.explain.readout import Readout, Wire, read
from minigraph.explain.render import Circuit, render
from minigraph.explain.wires import GRADIENT, on_wire
from minigraph.graph import Graph
from minigraph.node import Constant, Input, Node
from minigraph.readings import local_derivative, names_of
from minigraph.run import Run

__all__ = ["draw", "draw_run", "keys_of"]

LAYOUT = {
    "rankdir": "LR", "bgcolor": "white", "pad": "0.15", "nodesep": "0.22", "ranksep": "0.28",
    "nslimit": "2", "pack": "18", "packmode": "array_tuc1", "fontname": FONT,
}  # fmt: skip
"""Left to right; what hangs together is laid out for itself, and the legend packed below. Placing stops after a while."""

RELATION = re.compile(r"\[[^\[\]]+ [=<>≤≥] [^\[\]]+\]")
"""One of Iverson's brackets: [a1 > 0]."""

LONGEST = 60
"""How many letters of a local derivative stand on a wire; its tooltip holds the rest."""


def draw(graph: Graph, file: str | PathLike[str] | None = None, *, derivatives: bool = False) -> Circuit:
    """The circuit, also written to `file` in the format of its suffix (svg, png, pdf or dot). A notebook shows it.

    With `derivatives`, each wire says what the gradient is multiplied by on its way back: the local derivative, read from
    the operation's own rule.

    >>> import minigraph as mg
    >>> graph = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a"))
    >>> "× (1 − a²)" in graph.draw(derivatives=True).source
    True
    """
    return _Drawing(graph, Readout(), derivatives).draw(file)


def draw_run(
    run: Run, file: str | PathLike[str] | None = None, *, output: Node | str | None = None, derivatives: bool = False
) -> Circuit:
    """The circuit with every value in blue and, below it in red, the gradient of an output: the first, unless given.

    Where a value is used more than once, each wire shows the share that returns on it, and the fork their sum. A first
    output that is no scalar has no gradient of its own, so the values are shown alone.
    """
    return _Drawing(run.graph, read(run, output), derivatives).draw(file)


class _Drawing:
    """One circuit in the making."""

    def __init__(self, graph: Graph, readout: Readout, derivatives: bool) -> None:
        self.graph, self.readout, self.derivatives = graph, readout, derivatives
        self.dot = Circuit("circuit", graph_attr=LAYOUT)
        self.keys = keys_of(graph)
        self.spine = _spine(graph)
        self.names = names_of(graph.nodes)
        self.wires: dict[Node, list[Wire]] = defaultdict(list)
        for node in graph.nodes:
            for i, operand in enumerate(node.operands):
                self.wires[operand].append((node, i))
        self.outputs: dict[Node, list[str]] = defaultdict(list)
        for i, node in enumerate(graph.outputs.values()):
            self.outputs[node].append(f"output-{i}")
        self.returning: dict[Wire, str] = {}
        self.arrivals: dict[Wire, str] = {}
        self.told: set[str] = set()

    def draw(self, file: str | PathLike[str] | None) -> Circuit:
        """The whole circuit, written to a file if one is given."""
        self.dot.attr("node", fontname=FONT, fontsize="12")
        self.dot.attr("edge", color=WIRE, arrowsize="0.7")
        if self.derivatives:
            self.returning = {(n, i): self._derivative(n, i) for n in self.graph.nodes for i in range(len(n.operands))}
        for node in self.graph.nodes:
            self._node(node)
        for i, (name, node) in enumerate(self.graph.outputs.items()):
            self._output(f"output-{i}", name, node)
        for node in self.graph.nodes:
            self._leave(node)
        self._raise_leaves()
        kinds = {kind_of(node) for node in self.graph.nodes} | {"output"}
        add_legend(self.dot, kinds, self._legend())
        if file is not None:
            render(self.dot, file)
        return self.dot

    def _derivative(self, node: Node, i: int) -> str:
        operand = node.operands[i]
        if isinstance(operand, Constant) or operand.dtype.kind != "f":
            return ""
        derivative = local_derivative(node, i, self.names)
        return on_wire(derivative) if derivative else ""

    def _node(self, node: Node) -> None:
        """The node itself; a leaf also holds what its wire would carry."""
        title, key = title_of(node), self.keys[node]
        lines = [(GREY, show_shape(node.shape)), *self._carried(node), *self._returned(node)]
        if node.operands or (isinstance(node, Constant) and not node.name and node.value.size == 1):
            lines = []  # a wire says it, or the title
        attributes = look(kind_of(node), title, len(lines), sign=len(title) == 1 and bool(node.operands))
        label = node_label(title, lines, bold=not node.operands)
        self.dot.node(key, label, id=key, group=self._group(node), tooltip=self._tooltip(node), **attributes)

    def _output(self, key: str, name: str, node: Node) -> None:
        also = f"{node.name}  " if node.name and node.name != name else ""
        alone = len(self.wires[node]) + len(self.outputs[node]) == 1 and node.operands
        lines = [(GREY, also + show_shape(node.shape))]
        lines += [*self._carried(node), *self._returned(node)] if alone else []
        attributes = look("output", name)
        tooltip = f"{_escaped(f'output {name}')}\\n{self._tooltip(node)}"
        self.dot.node(key, node_label(name, lines), id=key, group=self._group(node), tooltip=tooltip, **attributes)

    def _carried(self, node: Node) -> list[Line]:
        return [(BLUE, self.readout.values[node])] if node in self.readout.values else []

    def _returned(self, node: Node) -> list[Line]:
        """The gradient that returns to a node; where several wires bring it, the sum of what they bring."""
        bringing = sum(wire in self.readout.shares for wire in self.wires[node])
        if node in self.readout.gradients:
            return [(RED, self._sum(bringing) + self.readout.gradients[node])]
        bringing = sum(bool(self.returning.get(wire)) for wire in self.wires[node])
        return [(RED, f"sum of {bringing}")] if self._sum(bringing) and not self.readout.values else []

    def _sum(self, bringing: int) -> str:
        if bringing > 1:
            self.told.add("sum")
        return "sum " if bringing > 1 else ""

    def _leave(self, node: Node) -> None:
        """The wires that leave a node, with what they say, forked where the value is used more than once."""
        key, group = self.keys[node], self._group(node)
        wires, outputs = self.wires[node], self.outputs[node]
        forked = len(wires) + len(outputs) > 1
        summed = sum(wire in self.readout.shares for wire in wires) > 1
        if node.operands and (wires or forked):
            above = [(GREY, f"{node.name}  {show_shape(node.shape)}")] if node.name else []
            above, below = above + self._carried(node), self._returned(node)
            if not forked:
                below += self._local(wires[0])
            about = self._tooltip(node) if forked else self._tooltip(node, wires[0])
            key = self._through(key, f"{key}-wire", group, above, below, about, fork=forked)
        for wire in sorted(wires, key=lambda wire: self._group(wire[0]) == "spine"):
            share = [(RED, self.readout.shares[wire])] if summed and wire in self.readout.shares else []
            below = share + (self._local(wire) if forked or not node.operands else [])
            straight = self._group(wire[0]) if node in self.spine else group
            end = self.keys[wire[0]]
            name = f"{self.keys[node]}-{end}-{wire[1]}"
            through = self._through(key, name, straight, [], below, self._tooltip(node, wire))
            self._arrive(through, end, straight)
            self.arrivals[wire] = through.partition(":")[0]
        for output in outputs:
            self._arrive(key, output, group)

    def _arrive(self, start: str, end: str, group: str) -> None:
        self.dot.edge(start, end, id=f"{start.partition(':')[0]}-to-{end}", weight=self._weight(group))

    def _local(self, wire: Wire) -> list[Line]:
        text = self.returning.get(wire, "")
        return [(RED, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")] if text else []

    def _through(
        self, start: str, key: str, group: str, above: list[Line], below: list[Line], about: str, fork: bool = False
    ) -> str:
        """A piece of wire that begins at `start` and says something: where the wire goes on from."""
        if not above and not below and not fork:
            return start
        if above or below:
            label, shape = wire_label(above, below), {"shape": "none", "margin": "0", "width": "0", "height": "0"}
            head, tail = f"{key}:wire:w", f"{key}:wire:e"
        else:
            label, shape = "", {"shape": "point", "width": "0.06"}
            head = tail = key
        self.dot.node(key, label, id=key, group=group, tooltip=about, color=WIRE, **shape)
        self.dot.edge(start, head, id=f"to-{key}", arrowhead="none", weight=self._weight(group))
        return tail

    def _raise_leaves(self) -> None:
        """Let what enters the spine enter from above, by an unseen edge from it down to the spine.

        It is drawn beside the spine where it is first used: then nothing before that place depends on it.
        """
        for node in self.graph.nodes:
            along = next((i for i, operand in enumerate(node.operands) if operand in self.spine), None)
            if node not in self.spine or along is None:
                continue
            for i, operand in enumerate(node.operands):
                if not operand.operands and operand not in self.spine and self.wires[operand][0] == (node, i):
                    with self.dot.subgraph() as beside:
                        beside.attr(rank="same")
                        beside.edge(self.arrivals[node, i], self.arrivals[node, along], style="invis")

    def _weight(self, group: str) -> str:
        return "20" if group == "spine" else "2"

    def _group(self, node: Node) -> str:
        return "spine" if node in self.spine else self.keys[node]

    def _tooltip(self, node: Node, wire: Wire | None = None) -> str:
        """All about a node; on a wire also what happens to the gradient there."""
        about = [repr(node), f"made at {node.line}" if node.line else "", self.readout.details.get(node, "")]
        if wire and self.returning.get(wire):
            about.append(f"on its way back: {self.returning[wire]}")
        return _escaped("\n".join(filter(None, about)))

    def _legend(self) -> list[Line]:
        """What stands on the wires, as far as it stands on some."""
        texts = [*self.readout.values.values(), *self.readout.gradients.values(), *self.returning.values()]
        lines: list[Line] = []
        if self.readout.values:
            lines.append((BLUE, "blue, above a wire: the value"))
        if self.readout.gradients:
            lines.append((RED, f"red, below it: the gradient of {self.readout.of} with respect to that value"))
        elif self.readout.values:
            name, node = next(iter(self.graph.outputs.items()))
            lines.append((GREY, f"no gradients: {name} is {show_shape(node.shape)}, not one number"))
        if self.derivatives:
            lines.append((RED, "below a wire: what becomes of the gradient on its way back"))
        if "× 1" in self.returning.values():
            lines.append((RED, "× 1: the gradient passes unchanged"))
        if any(GRADIENT in text for text in self.returning.values()):
            lines.append((RED, f"{GRADIENT}: the gradient that returns"))
        relations = RELATION.findall(" ".join(self.returning.values()))
        if relations:
            among = "; k: the position along the axis, from 0" if any(" = k]" in relation for relation in relations) else ""
            lines.append((RED, f"[…]: 1 where that holds, else 0{among}"))
        if any("±" in text for text in texts):
            lines.append((GREY, "mean ± standard deviation, where there are many numbers"))
        if "sum" in self.told:
            lines.append((GREY, "sum: where a value is used more than once, the gradients add up"))
        return lines


def _escaped(text: str) -> str:
    """A tooltip as DOT writes it, where a backslash begins an escape."""
    return plain(text).replace("\\", "\\\\").replace("\n", "\\n")


def keys_of(graph: Graph) -> dict[Node, str]:
    """A name in DOT for each node, the same from one process to the next: its own, where that is plain, or its kind's.

    Wires, outputs and the legend have names with a hyphen, which these never have.
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


def _spine(graph: Graph) -> set[Node]:
    """The longest path from an input to the first output."""
    depth: dict[Node, float] = {}
    for node in graph.nodes:
        longest = max((depth[operand] for operand in node.operands), default=0.0 if isinstance(node, Input) else -math.inf)
        depth[node] = longest + 1
    node = next(iter(graph.outputs.values()))
    path = {node}
    while node.operands:
        node = max(node.operands, key=depth.__getitem__)
        path.add(node)
    return path
