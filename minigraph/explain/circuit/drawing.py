"""A view drawn as a circuit, in the DOT language of Graphviz."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from math import inf

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import derivative_order
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.clusters import Clusters, common, keys_of
from minigraph.explain.circuit.legend import about_block, about_node, add_legend, block_lines, notes
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import (
    BLUE,
    FAINT,
    FONT,
    GREY,
    IMAGE,
    MARK,
    RED,
    WIRE,
    Line,
    escaped,
    flush,
    kind_of,
    look,
    node_label,
    times,
    title_of,
)
from minigraph.explain.circuit.view import Box, Item, Output, View, Wire
from minigraph.explain.circuit.wiring import Wiring, on_wire
from minigraph.readings import local_derivative, names_of

__all__ = ["LAYOUT", "Drawing"]

LAYOUT = {
    "rankdir": "LR", "bgcolor": "white", "pad": "0.15", "nodesep": "0.22", "ranksep": "0.28",
    "nslimit": "2", "pack": "18", "packmode": "array_tuc1", "fontname": FONT,
}  # fmt: skip
"""Left to right; what hangs together is laid out for itself, and the legend packed below. Placing stops after a while."""

MOST = 20
"""How many names a tooltip lists."""

LONGEST = 60
"""How many letters of a local derivative stand on a wire; its tooltip holds the rest."""


class Drawing:
    """One circuit in the making."""

    def __init__(self, view: View, readout: Readout, derivatives: bool, on: Collection[Node] | None = None) -> None:
        self.view, self.readout, self.derivatives = view, readout, derivatives
        self.on = None if on is None else {view.twin[node] for node in on}
        graph = view.graph
        self.dot = Circuit("circuit", graph_attr=LAYOUT)
        self.blocks = Clusters(self.dot, view)
        self.keys: dict[Item, str] = {item: self.blocks.keys[item.path] for item in view.items if isinstance(item, Box)}
        self.keys |= dict(keys_of(graph).items())
        self.rows = {item: derivative_order(around) for item, around in view.around.items()}
        self.spine = _spine(view)
        self.names = names_of(graph.nodes)
        self.outputs: dict[Node, list[str]] = defaultdict(list)
        for output in view.outputs:
            if len(output.values) == 1:
                self.outputs[output.values[0]].append(output.key)
        rows = {self.keys[item]: row for item, row in self.rows.items()}
        rows |= {output.key: self.rows[view.item[output.values[0]]] for output in view.outputs}
        inner = [self.keys[item] for item, around in view.around.items() if len(around) > 1]
        self.wiring = Wiring(self.dot, self.blocks, rows, inner, on is not None)
        self.returning: dict[Wire, str] = {}
        self.arrivals: dict[Wire, tuple[str, Path]] = {}
        self.told: set[str] = set()

    def draw(self) -> Circuit:
        """The whole circuit."""
        self.dot.attr("node", fontname=FONT, fontsize="12")
        self.dot.attr("edge", color=WIRE, arrowsize="0.7")
        if self.derivatives:
            self.returning = {
                (n, i): self._derivative(n, i) for n in self.view.items if isinstance(n, Node) for i in range(len(n.operands))
            }
        for item in self.view.items:
            if isinstance(item, Box):
                self._box(item)
            else:
                self._node(item)
        for output in self.view.outputs:
            self._output(output)
        for node in self.view.item:
            self._leave(node)
        for (source, target), values in self.view.bundles.items():
            path = common(self.view.around[source], self.view.around[target])
            self._bundle(self.keys[source], self.keys[target], path, values)
        for output in self.view.outputs:
            if len(output.values) > 1:
                source = self.view.item[output.values[0]]
                self._bundle(self.keys[source], output.key, self.view.around[source][:1], output.values)
        self._raise_leaves()
        if self.wiring.last:
            self.dot.graph_attr |= {"rankdir": "RL"}
            self.blocks.mirror()
        self.blocks.nest()
        kinds = {"block" if isinstance(item, Box) else kind_of(item) for item in self.view.items} | {"output"}
        lines = notes(self.view, self.readout, self.returning, self.told, self.on is not None)
        if any(self.rows.values()):
            lines = self._in_rows(lines)
        add_legend(self.dot, kinds, lines)
        return self.dot

    def _in_rows(self, lines: list[Line]) -> list[Line]:
        """Lay derivatives out in rows, where all ranks are one another's, with the lines of the legend below the picture.

        Parts cannot be packed then, and long lines among the ranks would tear them apart.
        """
        for attribute in ("pack", "packmode"):
            del self.dot.graph_attr[attribute]
        self.dot.graph_attr |= {"newrank": "true"}
        if lines:
            self.dot.attr("graph", label=flush(lines), labelloc="b", labeljust="l")
        return []

    def _derivative(self, node: Node, i: int) -> str:
        operand = node.operands[i]
        if isinstance(operand, Constant) or operand.dtype.kind != "f":
            return ""
        derivative = local_derivative(node, i, self.names)
        return on_wire(derivative) if derivative else ""

    def _node(self, node: Node) -> None:
        """The node itself; a leaf also holds what its wire would carry."""
        title, key = title_of(node, self.names), self.keys[node]
        lines = [(GREY, show_shape(node.shape)), *self._carried(node), *self._returned(node)]
        if node.operands or (isinstance(node, Constant) and not node.name and node.value.size == 1):
            lines = []  # a wire says it, or the title
        attributes = look(kind_of(node), title, lines, sign=len(title) == 1 and bool(node.operands))
        label = node_label(title, lines, bold=not node.operands)
        self._put(node, key, label, self._tooltip(node), attributes, self._is_on(node))

    def _box(self, box: Box) -> None:
        """A closed block, with what is in it."""
        lines: list[Line] = [(GREY, line) for line in block_lines(box.nodes)]
        marked = sum(bool(self.readout.marks.get(node) or self.readout.gradient_marks.get(node)) for node in box.nodes)
        if marked:
            self.told.add("!")
            lines.append((MARK, f"! {marked} marked inside"))
        title = self.blocks.called(box.path)
        about = about_block(box.path, box.nodes)
        label = node_label(title, lines)
        on = any(map(self._is_on, box.nodes))
        self._put(box, self.keys[box], label, about, look("block", title, lines), on)

    def _output(self, output: Output) -> None:
        """An output, with what its wire would carry; several of a closed block tell their names in the tooltip."""
        name, node = output.names[0], output.values[0]
        item, on = self.view.item[node], any(map(self._is_on, output.values))
        about = escaped("\n".join(f"output {name}" for name in output.names[:MOST]))
        if len(output.values) > 1:
            label = node_label(f"{len(output.names)} outputs", [(GREY, f"{name} …")])
            self._put(item, output.key, label, about, look("output", name), on)
            return
        given = self.view.graph.outputs[name]
        also = f"{given.name}  " if given.name and given.name != name else ""
        alone = len(self._wires(node)) + len(self.outputs[node]) == 1 and node.operands
        lines = [(GREY, also + show_shape(given.shape))]
        lines += [*self._carried(given), *self._returned(given)] if alone or given is not self._stem(node) else []
        if len(output.names) > 1:
            lines.append((GREY, f"… {output.names[-1]}   {times(len(output.names))}"))
        self._put(item, output.key, node_label(name, lines), f"{about}\\n{self._tooltip(given)}", look("output", name), on)

    def _put(self, item: Item, key: str, label: str, tooltip: str, attributes: dict[str, str], on: bool) -> None:
        """Something with an outline, in the blocks that are around the item."""
        path = self.view.around[item]
        if key.startswith("output-"):
            path = path[: any(self.rows.values())]
        faint = {} if on else {"fillcolor": "white", "color": FAINT, "fontcolor": GREY}
        self.blocks.within(path).node(key, label, id=key, group=self._group(item), tooltip=tooltip, **(attributes | faint))

    def _carried(self, node: Node) -> list[Line]:
        """The value that leaves a node, with what may be wrong with it."""
        if node not in self.readout.values:
            return []
        told, marks = (BLUE, self.readout.values[node]), self._marked(self.readout.marks, node)
        return [*self._pictured(self.readout.images, node), told, *marks]

    def _stem(self, node: Node) -> Node:
        """What the wires that leave a node carry; of equal parts that are shown once, what the last hands on, if all do."""
        carried = [self.view.carried.get((node, wire), node) for wire in self._wires(node)]
        carried += [self.view.graph.outputs[o.names[0]] for o in self.view.outputs if o.values == (node,)]
        return carried[0] if len(set(carried)) == 1 else node

    def _returned(self, node: Node) -> list[Line]:
        """The gradient that returns to a node; where several wires bring it, the sum of what they bring."""
        twin = self.view.twin[node]
        wires = [wire for wire in self._wires(twin) if self.view.carried.get((twin, wire), twin) is node]
        bringing = sum(bool(self._share(wire)) for wire in wires)
        if node in self.readout.gradients:
            told = (RED, self._sum(bringing) + self.readout.gradients[node])
            marks = self._marked(self.readout.gradient_marks, node)
            return [told, *marks, *self._pictured(self.readout.gradient_images, node)]
        bringing = sum(bool(self.returning.get(wire)) for wire in wires)
        return [(RED, f"sum of {bringing}")] if self._sum(bringing) and not self.readout.values else []

    def _marked(self, marks: Mapping[Node, list[str]], node: Node) -> list[Line]:
        found = marks.get(node, [])
        self.told |= {"!"} if found else set()
        return [(MARK, f"! {mark}") for mark in found]

    def _pictured(self, images: Mapping[Node, str], node: Node) -> list[Line]:
        return [(IMAGE, images[node])] if images.get(node) else []

    def _share(self, wire: Wire) -> str:
        return self.readout.share(self.view.within.get(wire, ()))

    def _sum(self, bringing: int) -> str:
        if bringing > 1:
            self.told.add("sum")
        return "sum " if bringing > 1 else ""

    def _leave(self, node: Node) -> None:
        """The wires that leave a node, with what they say, forked where the value is used more than once."""
        source = self.view.item[node]
        key, group, path = self.keys[source], self._group(source), self.view.around[source]
        wires, outputs, stem = self._wires(node), self.outputs[node], self._stem(node)
        if isinstance(node, Input) and source is node:
            key += ":e"  # its tip: Graphviz draws its shape smaller than it takes it to be, and wires would begin beside it
        forked = len(wires) + len(outputs) > 1
        summed = sum(bool(self._share(wire)) for wire in wires) > 1
        if (node.operands or source is not node) and (wires or forked):
            above = [(GREY, f"{stem.name}  {show_shape(stem.shape)}")] if stem.name else []
            if source is not node and not stem.name:
                above = [(GREY, show_shape(stem.shape))]
            above, below = above + self._carried(stem), self._returned(stem)
            if not forked:
                below += self._local(wires[0])
            about = self._tooltip(stem) if forked else self._tooltip(stem, wires[0])
            place = (path, self.rows[source])
            name, on = f"{self.keys[node]}-wire", self._is_on(node)
            key = self.wiring.through(key, name, group, place, above, below, about, on, fork=forked)
        if any(self.rows[user] != self.rows[source] for user, _ in wires) and (":" in key or isinstance(node, Input)):
            # Graphviz draws wires to other rows well from a point: from a port they may lose their arrow, from an arrow's side
            # they begin beside it.
            place = (path, self.rows[source])
            fork = f"{self.keys[node]}-fork"
            key = self.wiring.through(key, fork, group, place, [], [], self._tooltip(node), self._is_on(node), fork=True)
        for wire in sorted(wires, key=lambda wire: self._group(wire[0]).startswith("spine")):
            share = [(RED, self._share(wire))] if summed and self._share(wire) else []
            carried = self.view.carried.get((node, wire), node)
            above = self._carried(carried) if carried is not stem else []
            share = self._returned(carried) if carried is not stem and not share else share
            below = share + (self._local(wire) if forked or not node.operands else [])
            straight = self._group(wire[0]) if source in self.spine else group
            end = self.keys[wire[0]]
            name = f"{self.keys[node]}-{end}-{wire[1]}"
            shared = common(path, self.view.around[wire[0]])
            on = self._leads_on(node, wire)
            place = (shared, self.rows[source])
            through = self.wiring.through(key, name, straight, place, above, below, self._tooltip(carried, wire), on)
            self.wiring.arrive(through, end, straight, on)
            self.arrivals[wire] = (through.partition(":")[0], shared if through != key else path)
        for output in outputs:
            self.wiring.arrive(key, output, group, self._is_on(node))

    def _bundle(self, start: str, end: str, path: Path, values: Sequence[Node]) -> None:
        """Many values that go from one item to another."""
        about = escaped("\n".join([*map(str, values[:MOST]), *(["…"] if len(values) > MOST else [])]))
        told = [(GREY, f"{len(values)} values")]
        place, on = (path, self.wiring.rows[start]), any(map(self._is_on, values))
        through = self.wiring.through(start, f"{start}-{end}-wires", end, place, told, [], about, on)
        self.wiring.arrive(through, end, end, on)

    def _local(self, wire: Wire) -> list[Line]:
        text = self.returning.get(wire, "")
        return [(RED, text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")] if text else []

    def _raise_leaves(self) -> None:
        """Let what enters the spine enter from above, by an unseen edge from it down to the spine.

        It is drawn beside the spine where it is first used: then nothing before that place depends on it. Beside the rows of
        derivatives Graphviz 2.43 fails on such edges.
        """
        if any(self.rows.values()):
            return
        for node in self.view.items:
            if not isinstance(node, Node) or not (node in self.spine or self.view.around[node]):
                continue
            sources = [self.view.twin[operand] for operand in node.operands]
            along = next((i for i, source in enumerate(sources) if self.view.item[source] in self.spine), None)
            for i, source in enumerate(sources):
                first = not source.operands and source not in self.spine and self._wires(source)[:1]
                if first and first[0][0] is node and first[0][1] == i:
                    self._raise_leaf(node, i, along)

    def _raise_leaf(self, node: Node, i: int, along: int | None) -> None:
        """Place a leaf beside the piece of wire that enters along the spine, or in a block beside the node that it enters.

        A piece of its own wire that says something must lie before that node. Inside of a block Graphviz keeps the order of an
        unseen edge the other way round.
        """
        above, path = self.arrivals[node, i]
        below, other = self.arrivals.get((node, along), ("", ())) if along is not None else ("", ())
        if not below or path != other:
            if above != self.keys[self.view.twin[node.operands[i]]]:
                return
            below, other = self.keys[node], self.view.around[node]
        if path == other:
            with self.blocks.within(path).subgraph() as same:
                same.attr(rank="same")
                same.edge(*((below, above) if path else (above, below)), style="invis")

    def _group(self, item: Item) -> str:
        return self.spine.get(item) or self.keys[item]

    def _wires(self, node: Node) -> list[Wire]:
        return self.view.wires.get(node, [])

    def _is_on(self, node: Node) -> bool:
        return self.on is None or node in self.on

    def _leads_on(self, node: Node, wire: Wire) -> bool:
        """Whether a wire lies on the path that is asked for."""
        return self._is_on(node) and any(self._is_on(user) for user, _ in self.view.within.get(wire, ()))

    def _tooltip(self, node: Node, wire: Wire | None = None) -> str:
        """All about a node; on a wire also what happens to the gradient there."""
        back = f"on its way back: {self.returning[wire]}" if wire and self.returning.get(wire) else ""
        return about_node(node, self.readout.details.get(node, ""), back)


def _spine(view: View) -> dict[Item, str]:
    """What lies on the longest path from an input to the first output, and to the first of each row of derivatives."""
    depth: dict[Node, float] = {}
    orders = {node: derivative_order(node.block) for node in view.graph.nodes}
    for node in view.graph.nodes:
        before = [operand for operand in node.operands if orders[operand] == orders[node]]
        least = 0.0 if isinstance(node, Input) or orders[node] else -inf
        depth[node] = 1 + max((depth[operand] for operand in before), default=least)
    spine: dict[Item, str] = {}
    for output in view.graph.outputs.values():
        name = f"spine{orders[output] or ''}"
        if name in spine.values():
            continue
        ahead: list[Node] = [output]
        while ahead:
            node = max(ahead, key=depth.__getitem__)
            spine.setdefault(view.item[view.twin[node]], name)
            ahead = [operand for operand in node.operands if orders[operand] == orders[output]]
    return spine
