"""A view drawn as a circuit, in the DOT language of Graphviz."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.provenance import derivative_order
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.called import Called
from minigraph.explain.circuit.clusters import Clusters, common
from minigraph.explain.circuit.labels import carried_text, folded_into, with_operands, written
from minigraph.explain.circuit.legend import add_legend, block_lines, notes, tooltip, tooltip_of_node
from minigraph.explain.circuit.readout import Readout, Shown
from minigraph.explain.circuit.render import Circuit, empty_circuit
from minigraph.explain.circuit.repeats import Path
from minigraph.explain.circuit.style import (
    BLUE,
    FAINT,
    GREY,
    RED,
    WARNING,
    Line,
    escaped,
    flush,
    label_of,
    node_label,
    node_style,
    shortened,
    times,
)
from minigraph.explain.circuit.view import Box, Item, Output, View, Wire, kind_of, spine_of
from minigraph.explain.circuit.wiring import Wiring, local_derivatives

__all__ = ["Drawing"]

MOST = 20
"""How many names a tooltip lists."""

LONGEST = 60
"""How many letters of a local derivative stand on a wire; its tooltip holds the rest."""


class Drawing:
    """One circuit in the making.

    Parameters
    ----------
    view
        What of a graph is shown.
    readout
        What is shown of a run, or an empty one.
    derivatives
        Whether the wires show local derivatives.
    path
        The nodes that stand out, or None where no path is asked for.
    """

    def __init__(self, view: View, readout: Readout, derivatives: bool, path: Collection[Node] | None = None) -> None:
        self.view, self.readout = view, readout
        self.path = None if path is None else {view.representative[node] for node in path}
        self.dot = empty_circuit("circuit")
        self.clusters = Clusters(self.dot, view)
        self.ids = self.clusters.ids
        self.rows = {item: derivative_order(cluster) for item, cluster in view.cluster.items()}
        self.several = any(self.rows.values())
        """Whether derivatives stand in rows of their own."""
        self.spine = spine_of(view)
        self.outputs: dict[Node, list[str]] = defaultdict(list)
        for output in view.outputs:
            if len(output.values) == 1:
                self.outputs[output.values[0]].append(output.id)
        rows = {self.ids[item]: row for item, row in self.rows.items()}
        rows |= {output.id: self.rows[view.item[output.values[0]]] for output in view.outputs}
        inner = [self.ids[item] for item, cluster in view.cluster.items() if len(cluster) > 1]
        self.wiring = Wiring(self.dot, self.clusters, rows, inner, path is not None)
        contributions = {wire: readout.contribution(operands) for wire, operands in view.operands.items()}
        self.contributions: dict[Wire, str] = defaultdict(str, contributions)
        self.local = local_derivatives(view.operands, self.clusters.names_at) if derivatives else {}
        self.called = Called(view.graph, self.clusters.names)
        self.ends: dict[Wire, tuple[str, Path]] = {}
        """The last node on each wire, and the blocks around it."""
        self.noted: set[str] = set()
        """The signs that the legend explains."""

    def draw(self) -> Circuit:
        """The whole circuit."""
        for item in self.view.items:
            self._item(item)
        for output in self.view.outputs:
            self._output(output)
        for node in self.view.item:
            self._wires_from(node)
        for (source, target), values in self.view.bundles.items():
            cluster = common(self.view.cluster[source], self.view.cluster[target])
            self._bundle(self.ids[source], self.ids[target], cluster, values)
        for output in self.view.outputs:
            if len(output.values) > 1:
                source = self.view.item[output.values[0]]
                self._bundle(self.ids[source], output.id, self.view.cluster[source][:1], output.values)
        for source, target in self.view.returning:
            self._returning(source, target)
        if not self.several:
            self._raise_leaves()
        if self.wiring.last:
            self.dot.graph_attr |= {"rankdir": "RL"}
            self.clusters.mirror()
        self.clusters.nest()
        lines = notes(self.view, self.readout, self.local, self.noted, self.path is not None)
        if self.several:
            self._in_rows(lines)
        add_legend(self.dot, self.view.kinds, [] if self.several else lines)
        return self.dot

    def _in_rows(self, lines: list[Line]) -> None:
        """Lay derivatives out in rows, where all ranks are one another's, with the lines of the legend below the picture.

        Parts cannot be packed then, and long lines among the ranks would tear them apart.
        """
        for attribute in ("pack", "packmode"):
            del self.dot.graph_attr[attribute]
        self.dot.graph_attr |= {"newrank": "true"}
        if lines:
            self.dot.attr("graph", label=flush(lines), labelloc="b", labeljust="l")

    @staticmethod
    def _in_title(leaf: Node) -> bool:
        """Whether the title is the value itself."""
        return isinstance(leaf, Sizes) or (isinstance(leaf, Constant) and not leaf.name and leaf.value.size == 1)

    def _item(self, item: Item) -> None:
        """A node, or a closed block with what is in it; a leaf also holds what its wire would carry."""
        title, lines, operands = self.clusters.title(item), list[Line](), isinstance(item, Node) and item.operands
        if isinstance(item, Box):
            lines += [(GREY, line) for line in block_lines(item.nodes)]
            warned = sum(map(self.readout.warns, item.nodes))
            if warned:
                self.noted.add("!")
                lines.append((WARNING, f"! {warned} marked inside"))
        elif not operands and not self._in_title(item):
            lines += [(GREY, show_shape(item.shape)), *self._value(item), *self._gradient(item)]
        else:
            inlined = [(i, self._inlined(operand)) for i, operand in self.view.inlined.get(item, ())]
            title, lines = with_operands(item, title, inlined)
        style = node_style(kind_of(item), title, lines, sign=len(title) == 1 and bool(operands), bold=not operands)
        on = self._is_on(*(item.nodes if isinstance(item, Box) else [item]))
        about = filter(None, (tooltip(item, self.readout), escaped(folded_into(self.view.within.get(item, ())))))
        self._put(item, self.ids[item], style, "\\n".join(about), on)

    def _inlined(self, value: Node) -> str:
        """An operand that stands in the operation that takes it."""
        return written(value, self.clusters.names) if value.operands else self.clusters.title(value)

    def _output(self, output: Output) -> None:
        """An output, with what its wire would carry; several of a closed block list their names in the tooltip."""
        name, node = output.names[0], output.values[0]
        item, on = self.view.item[node], self._is_on(*output.values)
        about = escaped("\n".join(f"output {name}" for name in output.names[:MOST]))
        if len(output.values) > 1:
            label = node_label(f"{len(output.names)} outputs", [(GREY, f"{name} …")])
            self._put(item, output.id, node_style("output", name) | {"label": label}, about, on)
            return
        given = self.view.graph.outputs[name]
        also = label_of(given.name) if given.name != name else ""
        alone = len(self._wires(node)) + len(self.outputs[node]) == 1 and node.operands
        lines = [(GREY, also + show_shape(given.shape))]
        lines += [*self._value(given), *self._gradient(given)] if alone or given is not self._stem(node) else []
        if len(output.names) > 1:
            lines.append((GREY, f"… {output.names[-1]}   {times(len(output.names))}"))
        self._put(item, output.id, node_style("output", name, lines), f"{about}\\n{tooltip(given, self.readout)}", on)

    def _put(self, item: Item, id: str, style: dict[str, str], tooltip: str, on: bool) -> None:
        """A node of DOT with an outline, in the blocks that are around the item."""
        cluster = self.view.cluster[item]
        if id.startswith("output-"):
            cluster = cluster[: self.several]
        faint = {} if on else {"fillcolor": "white", "color": FAINT, "fontcolor": GREY}
        self.clusters.within(cluster).node(id, id=id, group=self._group(item), tooltip=tooltip, **(style | faint))

    def _value(self, node: Node) -> list[Line]:
        """The value that leaves a node, with what may be wrong with it."""
        shown = self.readout.values.get(node)
        return [*shown.image, (BLUE, shown.text), *self._warning(shown)] if shown else []

    def _warning(self, shown: Shown) -> list[Line]:
        self.noted |= {"!"} if shown.warning else set()
        return [(WARNING, f"! {shown.warning}")] if shown.warning else []

    def _stem(self, node: Node) -> Node:
        """What the wires that leave a node carry; of equal parts that are shown once, what the last hands on, if all do."""
        if not node.operands:
            return node
        carried = [self._carried(node, wire) for wire in self._wires(node)]
        carried += [self.view.graph.outputs[o.names[0]] for o in self.view.outputs if o.values == (node,)]
        return carried[0] if len(set(carried)) == 1 else node

    def _carried(self, node: Node, wire: Wire) -> Node:
        """What a wire carries that leaves a node: its value, or what the last of equal parts hands on."""
        return self.view.handed_on.get((node, wire), node)

    def _root(self, value: Node) -> Node:
        """What a wire begins with that carries a value."""
        while self.view.is_moved(value):
            value = value.operands[0]
        return value

    def _text(self, value: Node) -> list[Line]:
        """What a wire says that it carries."""
        root = self._root(value)
        path = self.view.cluster[self.view.item[self.view.origin(value)]]
        return [(GREY, carried_text(value, root, path, self.called.name_of(root), self.called.definition_of(root)))]

    def _gradient(self, node: Node) -> list[Line]:
        """The gradient that returns to a node; where several wires bring it, the sum of what they bring."""
        first = self.view.origin(node)
        carried = [(wire, self._carried(first, wire)) for wire in self._wires(first)]
        wires = [wire for wire, value in carried if value is node or self._root(value) is node]
        if node not in self.readout.gradients:
            count = 0 if self.readout.values else sum(bool(self.local.get(wire)) for wire in wires)
            return [(RED, f"{self._sum(count)}of {count}")] if count > 1 else []
        shown, count = self.readout.gradients[node], sum(bool(self.contributions[wire]) for wire in wires)
        return [(RED, self._sum(count) + shown.text), *self._warning(shown), *shown.image]

    def _sum(self, count: int) -> str:
        """The word before a gradient to which several wires contribute."""
        self.noted |= {"sum"} if count > 1 else set()
        return "sum " if count > 1 else ""

    def _wires_from(self, node: Node) -> None:
        """The wires that leave a node, with their labels, forked where the value is used more than once."""
        source = self.view.item[node]
        start, group, cluster = self.ids[source], self._group(source), self.view.cluster[source]
        wires, outputs, stem, on = self._wires(node), self.outputs[node], self._stem(node), self._is_on(node)
        if isinstance(node, Input) and source is node:
            start += ":e"  # its tip: Graphviz draws its shape smaller than it takes it to be, and wires would begin beside it
        forked = len(wires) + len(outputs) > 1
        if (node.operands or source is not node) and (wires or forked):
            inner = self.several and len(cluster) > 1  # beside rows Graphviz fails on wires in blocks that say more
            said = not inner and self.called.name_of(self._root(stem))
            above = self._text(stem) if stem.name or said or source is not node or self.view.is_moved(stem) else []
            above, below = above + self._value(stem), self._gradient(stem)
            if not forked:
                below += self._local(wires[0])
            about = self._tooltip(stem, None if forked else wires[0])
            start = self.wiring.through(start, f"{self.ids[node]}-wire", group, cluster, above, below, about, on, fork=forked)
        if any(self.rows[user] != self.rows[source] for user, _ in wires) and (":" in start or isinstance(node, Input)):
            # Graphviz draws wires to other rows well from a point: from a port they may lose their arrow, from an arrow's side
            # they begin beside it.
            about = self._tooltip(node)
            start = self.wiring.through(start, f"{self.ids[node]}-fork", group, cluster, [], [], about, on, fork=True)
        for wire in sorted(wires, key=lambda wire: self._group(wire[0]).startswith("spine")):
            self._wire(node, wire, start, stem, forked)
        for output in outputs:
            self.wiring.arrive(start, output, group, on)

    def _wire(self, node: Node, wire: Wire, start: str, stem: Node, forked: bool) -> None:
        """A wire from where it leaves the stem of a node to its end, with its own label."""
        source, (target, i) = self.view.item[node], wire
        carried = self._carried(node, wire)
        summed = sum(bool(self.contributions[other]) for other in self._wires(node)) > 1
        below = [(RED, self.contributions[wire])] if summed and self.contributions[wire] else []
        above = []
        if carried is not stem:
            above = (self._text(carried) if self.view.is_moved(carried) else []) + self._value(carried)
            below = below or self._gradient(carried)
        if forked or not node.operands:
            below = below + self._local(wire)
        group = self._group(target if source in self.spine else source)
        end, cluster = self.ids[target], common(self.view.cluster[source], self.view.cluster[target])
        on = self._is_on(node) and self._is_on(*(user for user, _ in self.view.operands.get(wire, ())))
        about = self._tooltip(carried, wire)
        last = self.wiring.through(start, f"{self.ids[node]}-{end}-{i}", group, cluster, above, below, about, on)
        self.wiring.arrive(last, end, group, on)
        self.ends[wire] = (last.partition(":")[0], cluster if last != start else self.view.cluster[source])

    def _bundle(self, start: str, end: str, cluster: Path, values: Sequence[Node]) -> None:
        """Many values that go from one item to another."""
        about = escaped("\n".join([*map(str, values[:MOST]), *(["…"] if len(values) > MOST else [])]))
        label, on = [(GREY, f"{len(values)} values")], self._is_on(*values)
        last = self.wiring.through(start, f"{start}-{end}-wires", end, cluster, label, [], about, on)
        self.wiring.arrive(last, end, end, on)

    def _returning(self, source: Node, target: Node) -> None:
        """The wire from what a step of a loop carries over to what the next one is given; none within a closed block."""
        items = [self.view.item[self.view.representative[node]] for node in (source, target)]
        if items[0] is not items[1]:
            ends = [self.ids[item] for item in items]
            self.dot.edge(*ends, id=f"{ends[0]}-back-to-{ends[1]}", constraint="false", style="dashed")

    def _local(self, wire: Wire) -> list[Line]:
        text = self.local.get(wire, "")
        return [(RED, shortened(text, LONGEST))] if text else []

    def _raise_leaves(self) -> None:
        """Let what enters the spine enter from above, by an unseen edge from it down to the spine.

        It is drawn beside the spine where it is first used: then nothing before that place depends on it. Beside the rows of
        derivatives Graphviz 2.43 fails on such edges.
        """
        for node in self.view.items:
            if not isinstance(node, Node) or not (node in self.spine or self.view.cluster[node]):
                continue
            sources = [self.view.representative[operand] for operand in node.operands]
            along = next((i for i, source in enumerate(sources) if self.view.item[source] in self.spine), None)
            for i, source in enumerate(sources):
                first = not source.operands and source not in self.spine and self._wires(source)[:1]
                if first and first[0][0] is node and first[0][1] == i:
                    self._raise_leaf(node, i, along)

    def _raise_leaf(self, node: Node, i: int, along: int | None) -> None:
        """Place a leaf beside the piece of wire that enters along the spine, or in a block beside the node that it enters.

        A piece of its own wire that says something must lie before that node. Inside of a block Graphviz holds the order of an
        unseen edge the other way round.
        """
        above, path = self.ends[node, i]
        below, other = self.ends.get((node, along), ("", ())) if along is not None else ("", ())
        if not below or path != other:
            if above != self.ids[self.view.representative[node.operands[i]]]:
                return
            below, other = self.ids[node], self.view.cluster[node]
        if path == other:
            with self.clusters.within(path).subgraph() as same:
                same.attr(rank="same")
                same.edge(*((below, above) if path else (above, below)), style="invis")

    def _group(self, item: Item) -> str:
        return self.spine.get(item) or self.ids[item]

    def _wires(self, node: Node) -> list[Wire]:
        return self.view.wires.get(node, [])

    def _is_on(self, *nodes: Node) -> bool:
        """Whether one of the nodes is on the path that is asked for; all are where none is."""
        return self.path is None or not self.path.isdisjoint(nodes)

    def _tooltip(self, node: Node, wire: Wire | None = None) -> str:
        """All about a node; on a wire also what happens to the gradient there."""
        local = self.local.get(wire, "") if wire else ""
        details, back = self.readout.details.get(node, ""), f"on its way back: {local}" if local else ""
        return tooltip_of_node(node, self.called.about(self._root(node)), details, back)
