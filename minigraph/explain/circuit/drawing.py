"""A view drawn as a circuit: what stands on it, and how much room each part is given, whatever it shows.

The room depends on the graph and the theme alone: so a graph's circuit, its derivatives and its runs have one layout.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.provenance import derivative_order
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.called import Called
from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.labels import carried_text, folded_into, with_operands, written
from minigraph.explain.circuit.layout import Layout
from minigraph.explain.circuit.legend import Legend, block_lines, legend_within, listed, notes, tooltip, tooltip_of_node
from minigraph.explain.circuit.plot import Plot
from minigraph.explain.circuit.readout import Readout, Shown
from minigraph.explain.circuit.render import placed_circuit
from minigraph.explain.circuit.repeats import Path, common
from minigraph.explain.circuit.rooms import SMALLER, Extent, Form, Rooms
from minigraph.explain.circuit.routing import TIGHT, Spaces
from minigraph.explain.circuit.style import (
    BLUE,
    FAINT,
    GREY,
    KINDS,
    RED,
    WARNING,
    Line,
    boxed,
    escaped,
    in_title,
    label_of,
    times,
)
from minigraph.explain.circuit.theme import Box as Size
from minigraph.explain.circuit.theme import Theme
from minigraph.explain.circuit.view import Box, Item, Output, View, Wire, kind_of, spine_of
from minigraph.explain.circuit.wiring import local_derivatives, may_return

__all__ = ["Drawing"]

MOST = 20
"""How many names a tooltip lists."""


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
    theme, down
        The sizes of text; whether the circuit flows down, and not to the right.
    digits, form
        How many digits a number has, for which wires have room, and how numbers stand there.
    """

    def __init__(
        self, view: View, readout: Readout, derivatives: bool, path: Collection[Node] | None, theme: Theme, down: bool,
        digits: int, form: Form = "wide",
    ) -> None:  # fmt: skip
        self.view, self.readout = view, readout
        self.theme = theme = replace(theme, title=theme.small * SMALLER) if form == "flat" else theme
        self.path = None if path is None else {view.representative[node] for node in path}
        self.dot = placed_circuit("circuit", theme)
        self.clusters = Clusters(self.dot, view)
        self.ids = self.clusters.ids
        self.plot = Plot(self.dot, self.clusters, theme, down, path is not None, TIGHT if form == "flat" else Spaces())
        self.rows = {item: derivative_order(cluster) for item, cluster in view.cluster.items()}
        self.several = any(self.rows.values())
        """Whether derivatives stand in frames of their own."""
        self.spine = spine_of(view)
        self.outputs: dict[Node, list[str]] = defaultdict(list)
        for output in view.outputs:
            if len(output.values) == 1:
                self.outputs[output.values[0]].append(output.id)
        contributions = {wire: readout.contribution(operands) for wire, operands in view.operands.items()}
        self.contributions: dict[Wire, str] = defaultdict(str, contributions)
        self.known = local_derivatives(view.operands, self.clusters.names_at)
        """The local derivatives, for which there is room, and those that are shown."""
        self.local = self.known if derivatives else {}
        self.called = Called(view.graph, self.clusters.names)
        self.rooms = Rooms(theme, digits, form, readout.images)
        self.entering: dict[Item, dict[Node, None]] = defaultdict(dict)
        """What each item takes."""
        self.noted: set[str] = set()
        """The signs that the legend explains."""

    def compose(self) -> None:
        """Everything, before it has its places."""
        for i, item in enumerate(self.view.items):
            self._item(item, float(i))
        for i, output in enumerate(self.view.outputs):
            self._output(output, float(len(self.view.items) + i))
        self._hang()
        for node in self.view.item:
            self._wires_from(node)
        for (source, target), values in self.view.bundles.items():
            cluster = common(self.view.cluster[source], self.view.cluster[target])
            if self.rows[source] == self.rows[target]:
                self._bundle(self.ids[source], self.ids[target], cluster, values)
            else:
                self.plot.arrive(self._again(values, target), self.ids[target], self._is_on(*values))
        for output in self.view.outputs:
            if len(output.values) > 1:
                source = self.view.item[output.values[0]]
                self._bundle(self.ids[source], output.id, self.view.cluster[source][:1], output.values)
        for source, target in self.view.returning:
            self._returning(source, target)

    def place(self, extent: float) -> Layout:
        """The layout in rows of that length."""
        return self.plot.place(extent)

    def legend(self, extent: float, high: float) -> Legend:
        """What stands below the circuit: of its lines so many as there is room for."""
        hints, on = self.theme.name == "screen", self.path is not None
        lines = notes(self.view, self.readout, self.local, self.noted, on, hints)
        return legend_within(self.theme, self.view.kinds, lines, extent, high)

    def _item(self, item: Item, order: float) -> None:
        """A node, or a closed block with what is in it; a leaf also holds what its wire would carry."""
        title, lines, operands = self.clusters.title(item), list[Line](), isinstance(item, Node) and item.operands
        extent, fixed = [0.0], None
        if isinstance(item, Box):
            lines += [(GREY, line) for line in block_lines(item.nodes)]
            warned = sum(map(self.readout.warns, item.nodes))
            if warned:
                self.noted.add("!")
                lines.append((WARNING, f"! {warned} marked inside"))
            extent, fixed = [0.0] * 3, len(lines) - bool(warned)
        elif not operands and not in_title(item):
            shape = show_shape(item.shape)
            lines += self.rooms.joined([(GREY, shape), *self._value(item)], self._gradient(item), item)
            extent, fixed = self.rooms.box(shape, item, sum=len(self._wires(item)) > 1), 0
        else:
            inlined = [(i, self._inlined(operand)) for i, operand in self.view.inlined.get(item, ())]
            title, lines = with_operands(item, title, inlined)
            extent, fixed = [0.0] * len(lines), len(lines)
            for wire, leaf in self.view.inside.get(item, ()):
                named = f"{self.clusters.title(leaf)}  {show_shape(leaf.shape)}"
                above, below = [(KINDS[kind_of(leaf)]["color"], named), *self._value(leaf)], self._gradient(leaf)
                lines += self.rooms.joined(above, below + self._local(wire), leaf, self.known.get(wire, ""))
                extent = [*extent, *self.rooms.box(named, leaf, self.known.get(wire, ""))]
        on = self._is_on(*(item.nodes if isinstance(item, Box) else [item]))
        sign = len(title) == 1 and bool(operands) and not lines
        style, box = boxed(self.theme, kind_of(item), title, lines, extent, sign=sign, bold=not operands, fixed=fixed)
        about = filter(None, (tooltip(item, self.readout), escaped(folded_into(self.view.within.get(item, ())))))
        self._put(item, self.ids[item], order, style, box, "\\n".join(about), on)

    def _inlined(self, value: Node) -> str:
        """An operand that stands in the operation that takes it."""
        return written(value, self.clusters.names) if value.operands else self.clusters.title(value)

    def _output(self, output: Output, order: float) -> None:
        """An output, with what its wire would carry; several of a closed block list their names in the tooltip."""
        name, node = output.names[0], output.values[0]
        item, on = self.view.item[node], self._is_on(*output.values)
        about, spelled = escaped("\n".join(f"output {name}" for name in output.names[:MOST])), self.clusters.spelled
        if len(output.values) > 1:
            title, lines = f"{len(output.names)} outputs", [(GREY, f"{spelled(name)} …")]
            style, box = boxed(self.theme, "output", title, lines)
            self._put(item, output.id, order, style, box, about, on)
            return
        given = self.view.graph.outputs[name]
        also = label_of(spelled(given.name)) if given.name and given.name != name else ""
        alone = len(self._wires(node)) + len(self.outputs[node]) == 1 and node.operands
        shape = also + show_shape(given.shape)
        shows = alone or given is not self._stem(node)
        values, gradients = (self._value(given), self._gradient(given)) if shows else ([], [])
        lines = self.rooms.joined([(GREY, shape), *values], gradients, given)
        if len(output.names) > 1:
            lines.append((GREY, f"… {spelled(output.names[-1])}   {times(len(output.names))}"))
        widths = self.rooms.box(shape, given) if shows else [0.0]
        style, box = boxed(self.theme, "output", spelled(name), lines, widths, fixed=0)
        self._put(item, output.id, order, style, box, f"{about}\\n{tooltip(given, self.readout)}", on)

    def _put(self, item: Item, id: str, order: float, style: dict[str, str], box: Size, tooltip: str, on: bool) -> None:
        """A box with an outline, in the blocks that are around the item."""
        cluster = self.view.cluster[item]
        if id.startswith("output-"):
            cluster = cluster[: self.several]
        faint = {} if on else {"fillcolor": "white", "color": FAINT, "fontcolor": GREY}
        spine = item in self.spine and (not id.startswith("output-") or self.view.outputs[0].id == id or self.several)
        self.plot.box(id, cluster, order, spine, box, style | {"tooltip": tooltip} | faint)

    def _again(self, nodes: Sequence[Node], target: Item) -> str:
        """What is taken from another row of derivatives, a value or many, as a box of its own beside what takes it."""
        node, many = nodes[0], len(nodes) > 1
        id = f"{self.ids[node]}-for-{self.ids[target]}"
        if id not in self.plot.boxes:
            given = next((name for name, value in self.view.graph.outputs.items() if value is node), "")
            own = node.name or self.called.name_of(node) or given or self.clusters.title(self.view.item[node])
            title, lines = (f"{len(nodes)} values", []) if many else (own, [(GREY, show_shape(node.shape))])
            self.noted.add("again")
            style, box = boxed(self.theme, "value", title, lines)
            order, about = (
                self.plot.sheet.cells[self.ids[target]].order - 0.5,
                listed(nodes) if many else self._tooltip(node),
            )
            style |= {"tooltip": about} | ({} if self._is_on(*nodes) else {"color": FAINT, "fontcolor": GREY})
            self.plot.box(id, self.view.cluster[target], order, False, box, style)
            if len(self.entering[target]) > 1:
                self.plot.hang(id, self.ids[target])
        return id

    def _hang(self) -> None:
        """Let what one operation alone takes hang beside it, but for what it is given along the flow."""
        for value, wires in self.view.wires.items():
            for target, _ in wires:
                self.entering[target][value] = None
        for target, values in self.entering.items():
            leaves = [value for value in values if self._may_hang(value, target)]
            if len(leaves) == len(values):
                along = [leaf for leaf in leaves if leaf in self.spine] or [leaf for leaf in leaves if isinstance(leaf, Input)]
                leaves.remove((along or leaves)[0])
            for leaf in leaves:
                self.plot.hang(self.ids[leaf], self.ids[target])

    def _may_hang(self, value: Node, target: Item) -> bool:
        """Whether a value is a leaf that is used once, in the same blocks."""
        once = len(self._wires(value)) == 1 and not self.outputs[value]
        here = self.view.item[value] is value and self.view.cluster[value] == self.view.cluster[target]
        return isinstance(value, Leaf) and once and here and not (value in self.spine and target in self.spine)

    def _value(self, node: Node) -> list[Line]:
        """The value that leaves a node, with what may be wrong with it."""
        shown = self.readout.values.get(node)
        return [*shown.image, *self.rooms.written(BLUE, shown.text), *self._warning(shown)] if shown else []

    def _warning(self, shown: Shown) -> list[Line]:
        self.noted |= {"!"} if shown.warning else set()
        return self.rooms.written(WARNING, f"! {shown.warning}") if shown.warning else []

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

    def _text(self, value: Node) -> str:
        """What a wire says that it carries."""
        root = self._root(value)
        path = self.view.cluster[self.view.item[self.view.origin(value)]]
        return carried_text(value, root, path, *self.called.on_wire(root))

    def _gradient(self, node: Node) -> list[Line]:
        """The gradient that returns to a node; where several wires bring it, the sum of what they bring."""
        first = self.view.origin(node)
        carried = [(wire, self._carried(first, wire)) for wire in self._wires(first)]
        wires = [wire for wire, value in carried if value is node or self._root(value) is node]
        if node not in self.readout.gradients:
            count = 0 if self.readout.values else sum(bool(self.local.get(wire)) for wire in wires)
            return [(RED, f"{self._sum(count)}of {count}")] if count > 1 else []
        shown, count = self.readout.gradients[node], sum(bool(self.contributions[wire]) for wire in wires)
        return [*self.rooms.written(RED, self._sum(count) + shown.text), *self._warning(shown), *shown.image]

    def _sum(self, count: int) -> str:
        """The word before a gradient to which several wires contribute."""
        self.noted |= {"sum"} if count > 1 else set()
        return "sum " if count > 1 else ""

    def _wires_from(self, node: Node) -> None:
        """The wires that leave a node, with their labels, forked where the value is used more than once."""
        source = self.view.item[node]
        start, cluster, spine = self.ids[source], self.view.cluster[source], source in self.spine
        wires, outputs, stem, on = self._wires(node), self.outputs[node], self._stem(node), self._is_on(node)
        here = [wire for wire in wires if self.rows[wire[0]] == self.rows[source]]
        forked = len(here) + len(outputs) > 1
        if (node.operands or source is not node) and (here or forked):
            described = stem.name or self.called.name_of(self._root(stem)) or source is not node or self.view.is_moved(stem)
            named = self._text(stem) if described else ""
            above = ([(GREY, named)] if named else []) + self._value(stem)
            below = self._gradient(stem) + ([] if forked or not here else self._local(here[0]))
            extent = self.rooms.stem(named, stem, "" if forked or not here else self.known.get(here[0], ""), forked)
            about = self._tooltip(stem, None if forked or not here else here[0])
            start = self.plot.label(start, f"{self.ids[node]}-wire", cluster, spine, above, below, extent, about, on)
        for wire in wires:
            far = self.rows[wire[0]] != self.rows[source]
            self._wire(node, wire, self._again([node], wire[0]) if far else start, stem, forked)
        for output in outputs:
            self.plot.arrive(start, output, on)

    def _wire(self, node: Node, wire: Wire, start: str, stem: Node, forked: bool) -> None:
        """A wire from where it leaves the stem of a node to its end, with its own label."""
        source, (target, i) = self.view.item[node], wire
        carried = self._carried(node, wire)
        returning = [other for other in self._wires(node) if may_return(self.view.operands.get(other, ()))]
        summed = sum(bool(self.contributions[other]) for other in self._wires(node)) > 1
        below = self.rooms.written(RED, self.contributions[wire]) if summed and self.contributions[wire] else []
        above, named = list[Line](), ""
        if carried is not stem:
            named = self._text(carried) if self.view.is_moved(carried) else ""
            above = ([(GREY, named)] if named else []) + self._value(carried)
            below = below or self._gradient(carried)
        own = forked or not node.operands or self.rows[source] != self.rows[target]
        end, cluster = self.ids[target], self.view.cluster[target]
        on = self._is_on(node) and self._is_on(*(user for user, _ in self.view.operands.get(wire, ())))
        known = self.known.get(wire, "") if own else ""
        returns = len(returning) > 1 and wire in returning
        if carried is not stem or known or returns:
            below = below + (self._local(wire) if own else [])
            extent = self.rooms.branch(named, carried if carried is not stem else None, carried if returns else None, known)
            about, spine = self._tooltip(carried, wire), source in self.spine and target in self.spine
            id = f"{self.ids[node]}-{end}-{i}"
            start = self.plot.label(start, id, cluster, spine, above, below, extent, about, on)
        self.plot.arrive(start, end, on)

    def _bundle(self, start: str, end: str, cluster: Path, values: Sequence[Node]) -> None:
        """Many values that go from one item to another."""
        about = listed(values)
        text, on = f"{len(values)} values", self._is_on(*values)
        extent = Extent(self.theme.text(text), 1, 0)
        last = self.plot.label(start, f"{start}-{end}-wires", cluster, False, [(GREY, text)], [], extent, about, on)
        self.plot.arrive(last, end, on)

    def _returning(self, source: Node, target: Node) -> None:
        """The wire from what a step of a loop carries over to what the next one is given; none within a closed block."""
        items = [self.view.item[self.view.representative[node]] for node in (source, target)]
        if items[0] is not items[1]:
            self.plot.back(*(self.ids[item] for item in items))

    def _local(self, wire: Wire) -> list[Line]:
        return [(RED, line) for line in self.rooms.local(self.local.get(wire, ""))]

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
