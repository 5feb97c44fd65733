"""A view drawn as a circuit: what stands on it, and how much room each part is given, whatever it shows.

The room depends on the graph and the theme alone: so a graph's circuit, its derivatives and its runs have one layout.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.provenance import derivative_order
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.labels import folded_into, with_operands, written
from minigraph.explain.circuit.legend import Legend
from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.notes import has_strips, notes, readouts
from minigraph.explain.circuit.plot import Plot
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import placed_circuit
from minigraph.explain.circuit.repeats import Path, common
from minigraph.explain.circuit.rooms import CLOSE, SMALLER, Extent, Form, Rooms
from minigraph.explain.circuit.style import (
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
from minigraph.explain.circuit.texts import Texts
from minigraph.explain.circuit.theme import Box as Size
from minigraph.explain.circuit.theme import Spaces, Theme
from minigraph.explain.circuit.tooltips import block_lines, listed, tooltip
from minigraph.explain.circuit.view import Box, Item, Output, Wire, kind_of, spine_of
from minigraph.explain.circuit.wiring import may_return

__all__ = ["Drawing"]

FAR = 6
"""From how many operations after its first use on an input may be drawn again."""

MOST = 20
"""How many names a tooltip lists."""


class Drawing:
    """One circuit in the making.

    Parameters
    ----------
    naming
        What of a graph is shown, and what it is called.
    readout
        What is shown of a run, or an empty one.
    derivatives
        Whether the wires show local derivatives.
    path
        The nodes that stand out, or None where no path is asked for.
    theme, down
        The sizes of text; whether the circuit flows down, and not to the right.
    digits, form, spaces
        How many digits a number has, for which wires have room, how numbers stand there, and the distances between things.
    """

    def __init__(
        self, naming: Naming, readout: Readout, derivatives: bool, path: Collection[Node] | None, theme: Theme, down: bool,
        digits: int, form: Form = "wide", spaces: Spaces | None = None,
    ) -> None:  # fmt: skip
        self.naming, self.view, self.readout = naming, (view := naming.view), readout
        self.theme = theme = replace(theme, title=theme.small * SMALLER) if form in ("flat", *CLOSE) else theme
        self.path = None if path is None else {view.representative[node] for node in path}
        self.dot = placed_circuit("circuit", theme)
        self.clusters = Clusters(self.dot, naming)
        self.ids = naming.ids
        self.plot = Plot(self.dot, self.clusters, theme, down, path is not None, spaces := spaces or Spaces())
        self.hanging = spaces.hang
        self.rows = {item: derivative_order(cluster) for item, cluster in view.cluster.items()}
        self.several = any(self.rows.values())
        """Whether derivatives stand in frames of their own."""
        self.spine = spine_of(view)
        self.outputs: dict[Node, list[str]] = defaultdict(list)
        for output in view.outputs:
            if len(output.values) == 1:
                self.outputs[output.values[0]].append(output.id)
        self.rooms = Rooms(theme, digits, form, readout.images, view)
        self.texts = Texts(naming, readout, self.rooms, derivatives)
        self.entering: dict[Item, dict[Node, None]] = defaultdict(dict)
        """What each item takes."""

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

    @property
    def brief(self) -> bool:
        """Whether there is little room."""
        return self.rooms.brief

    @property
    def keeps(self) -> bool:
        """Whether there is a readout that stands below the circuit, with or without a legend."""
        return self.readout.images or has_strips(self.view)

    def legend(self, theme: Theme, extent: float, high: float, whole: bool) -> Legend:
        """What stands below the circuit: the legend, or else the readouts alone."""
        if not whole:
            return Legend(theme, (), readouts(self.view, self.readout), extent, high)
        hints, on = self.theme.name == "screen", self.path is not None
        lines = notes(self.view, self.readout, self.texts.derivatives, self.texts.noted, on, hints)
        return Legend(theme, self.view.kinds, lines, extent, high)

    def _item(self, item: Item, order: float) -> None:
        """A node, or a closed block with what is in it; a leaf also holds what its wire would carry."""
        title, lines, operands = self.naming.title(item), list[Line](), isinstance(item, Node) and item.operands
        extent, fixed = [0.0], None
        if isinstance(item, Box):
            lines += [(GREY, line) for line in block_lines(item.nodes)]
            warned = sum(map(self.readout.warns, item.nodes))
            if warned:
                self.texts.noted.add("!")
                lines.append((WARNING, f"! {warned} marked"))
            extent, fixed = [0.0, 0.0, self.theme.text("! 888 marked")], len(lines) - bool(warned)
        elif not operands and not in_title(item):
            shape = show_shape(item.shape)
            lines += self.rooms.joined([(GREY, shape), *self.texts.value(item)], self.texts.gradient(item), item)
            extent, fixed = self.rooms.box(shape, item, sum=len(self.texts.wires(item)) > 1), 0
        else:
            inlined = [(i, self._inlined(operand)) for i, operand in self.view.inlined.get(item, ())]
            title, lines = with_operands(item, title, inlined)
            extent, fixed = [0.0] * len(lines), len(lines)
            for wire, leaf in self.view.inside.get(item, ()):
                named = f"{self.naming.title(leaf)}  {show_shape(leaf.shape)}"
                above, below = [(KINDS[kind_of(leaf)]["color"], named), *self.texts.value(leaf)], self.texts.gradient(leaf)
                lines += self.rooms.joined(above, below + self.texts.local(wire), leaf, self.texts.known.get(wire, ""))
                extent = [*extent, *self.rooms.box(named, leaf, self.texts.known.get(wire, ""))]
        on = self._is_on(*(item.nodes if isinstance(item, Box) else [item]))
        sign = len(title) == 1 and bool(operands) and not lines
        style, box = boxed(
            self.theme,
            kind_of(item),
            title,
            lines,
            extent,
            sign=sign,
            bold=not operands,
            fixed=fixed,
            joined=self.rooms.flat and isinstance(item, Node),
        )
        about = filter(None, (tooltip(item, self.readout), escaped(folded_into(self.view.within.get(item, ())))))
        self._put(item, self.ids[item], order, style, box, "\\n".join(about), on)

    def _inlined(self, value: Node) -> str:
        """An operand that stands in the operation that takes it."""
        return written(value, self.naming.names) if value.operands else self.naming.title(value)

    def _output(self, output: Output, order: float) -> None:
        """An output, with what its wire would carry; several of a closed block list their names in the tooltip."""
        name, node = output.names[0], output.values[0]
        item, on = self.view.item[node], self._is_on(*output.values)
        about, spelled = escaped("\n".join(f"output {name}" for name in output.names[:MOST])), self.naming.spelled
        if len(output.values) > 1:
            title, lines = f"{len(output.names)} outputs", [(GREY, f"{spelled(name)} …")]
            style, box = boxed(self.theme, "output", title, lines)
            self._put(item, output.id, order, style, box, about, on)
            return
        given = self.view.graph.outputs[name]
        also = label_of(spelled(given.name)) if given.name and given.name != name else ""
        alone = len(self.texts.wires(node)) + len(self.outputs[node]) == 1 and node.operands
        shape = also + show_shape(given.shape)
        shows = alone or given is not self.texts.stem(node)
        values, gradients = (self.texts.value(given), self.texts.gradient(given)) if shows else ([], [])
        lines = self.rooms.joined([(GREY, shape), *values], gradients, given)
        more = [f"… {spelled(output.names[-1])}   {times(len(output.names))}"] if len(output.names) > 1 else []
        lines += [(GREY, line) for line in more]
        widths = [*self.rooms.box(shape, given), *map(self.theme.text, more)] if shows else [0.0]
        fixed = 0 if shows else len(lines)
        style, box = boxed(self.theme, "output", spelled(name), lines, widths, fixed=fixed, joined=self.rooms.flat)
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
            own = node.name or self.texts.called.name_of(node) or given or self.naming.title(self.view.item[node])
            title, lines = (f"{len(nodes)} values", []) if many else (own, [(GREY, show_shape(node.shape))])
            self.texts.noted.add("again")
            style, box = boxed(self.theme, "value", title, lines, [0.0], joined=self.rooms.flat)
            order, about = (
                self.plot.sheet.cells[self.ids[target]].order - 0.5,
                listed(nodes) if many else self.texts.tooltip(node),
            )
            style |= {"tooltip": about} | ({} if self._is_on(*nodes) else {"color": FAINT, "fontcolor": GREY})
            self.plot.box(id, self.view.cluster[target], order, False, box, style)
            if len(self.entering[target]) > 1 and self.hanging:
                self.plot.hang(id, self.ids[target])
        return id

    def _hang(self) -> None:
        """Let what one operation alone takes hang beside it, but for what it is given along the flow."""
        for value, wires in self.view.wires.items():
            for target, _ in wires:
                self.entering[target][value] = None
        for target, values in self.entering.items() if self.hanging else ():
            leaves = [value for value in values if self._may_hang(value, target)]
            if len(leaves) == len(values):
                along = [leaf for leaf in leaves if leaf in self.spine] or [leaf for leaf in leaves if isinstance(leaf, Input)]
                leaves.remove((along or leaves)[0])
            for leaf in leaves:
                self.plot.hang(self.ids[leaf], self.ids[target])

    def _may_hang(self, value: Node, target: Item) -> bool:
        """Whether a value is a leaf that is used once, in the same blocks."""
        once = len(self.texts.wires(value)) == 1 and not self.outputs[value]
        here = self.view.item[value] is value and self.view.cluster[value] == self.view.cluster[target]
        return isinstance(value, Leaf) and once and here and not (value in self.spine and target in self.spine)

    def _wires_from(self, node: Node) -> None:
        """The wires that leave a node, with their labels, forked where the value is used more than once."""
        source = self.view.item[node]
        texts, rooms = self.texts, self.rooms
        start, cluster, spine = self.ids[source], self.view.cluster[source], source in self.spine
        wires, outputs, stem, on = texts.wires(node), self.outputs[node], texts.stem(node), self._is_on(node)
        here = [wire for wire in wires if not self._is_far(node, wire)]
        forked = len(here) + len(outputs) > 1
        if (node.operands or source is not node) and (here or forked):
            described = texts.name_of(stem) or source is not node or self.view.is_moved(stem)
            named = texts.text(stem) if described else ""
            above = ([(GREY, named)] if named else []) + texts.value(stem)
            below = texts.gradient(stem) + ([] if forked or not here else texts.local(here[0]))
            extent = rooms.stem(named, stem, "" if forked or not here else texts.known.get(here[0], ""), len(wires) > 1)
            about = texts.tooltip(stem, None if forked or not here else here[0])
            start = self.plot.label(start, f"{self.ids[node]}-wire", cluster, spine, above, below, extent, about, on)
        for wire in wires:
            self._wire(node, wire, self._again([node], wire[0]) if self._is_far(node, wire) else start, stem, forked)
        for output in outputs:
            self.plot.arrive(start, output, on)

    def _wire(self, node: Node, wire: Wire, start: str, stem: Node, forked: bool) -> None:
        """A wire from where it leaves the stem of a node to its end, with its own label."""
        source, (target, i) = self.view.item[node], wire
        texts, rooms = self.texts, self.rooms
        carried = texts.carried(node, wire)
        returning = [other for other in texts.wires(node) if may_return(self.view.operands.get(other, ()))]
        summed = sum(bool(texts.contributions[other]) for other in texts.wires(node)) > 1
        below = rooms.written(RED, texts.contributions[wire]) if summed and texts.contributions[wire] else []
        above, named = list[Line](), ""
        if carried is not stem:
            named = texts.text(carried) if self.view.is_moved(carried) else ""
            above = ([(GREY, named)] if named else []) + texts.value(carried)
            below = below or texts.gradient(carried)
        own = forked or not node.operands or self._is_far(node, wire)
        end, cluster = self.ids[target], self.view.cluster[target]
        on = self._is_on(node) and self._is_on(*(user for user, _ in self.view.operands.get(wire, ())))
        known = texts.known.get(wire, "") if own else ""
        returns = len(returning) > 1 and wire in returning
        if carried is not stem or known or returns:
            below = below + (texts.local(wire) if own else [])
            extent = rooms.branch(
                named, carried if carried is not stem else None, carried if returns else None, known, len(texts.wires(node)) > 1
            )
            about, spine = texts.tooltip(carried, wire), source in self.spine and target in self.spine
            id = f"{self.ids[node]}-{end}-{i}"
            start = self.plot.label(start, id, cluster, spine, above, below, extent, about, on)
        self.plot.arrive(start, end, on)

    def _is_far(self, node: Node, wire: Wire) -> bool:
        """Whether a value stands again beside what takes it.

        It does so in another row of derivatives, and where there is little room, an input far from where it is first used.
        """
        source, (target, _) = self.view.item[node], wire
        if self.rows[source] != self.rows[target]:
            return True
        first = [self.depths[other] for other, _ in self.texts.wires(node)]
        return self.rooms.brief and source is node and isinstance(node, Input) and self.depths[target] - min(first) >= FAR

    @cached_property
    def depths(self) -> dict[Item, int]:
        """After how many others each item is computed."""
        found: dict[Item, int] = dict.fromkeys(self.view.items, 0)
        for node, wires in self.view.wires.items():
            for target, _ in wires:
                found[target] = max(found[target], found[self.view.item[node]] + 1)
        return found

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

    def _is_on(self, *nodes: Node) -> bool:
        """Whether one of the nodes is on the path that is asked for; all are where none is."""
        return self.path is None or not self.path.isdisjoint(nodes)
