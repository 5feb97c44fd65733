"""What the boxes and wires of a circuit say: values, gradients, local derivatives and names, in lines and in tooltips."""

from collections import defaultdict

from minigraph.core.node import Node
from minigraph.explain.circuit.called import Called
from minigraph.explain.circuit.labels import carried_text
from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.readout import Readout, Shown
from minigraph.explain.circuit.rooms import Rooms
from minigraph.explain.circuit.style import BLUE, RED, WARNING, Line
from minigraph.explain.circuit.tooltips import tooltip_of_node
from minigraph.explain.circuit.view import Wire

__all__ = ["Texts"]


class Texts:
    """What is said of the values of a view.

    Parameters
    ----------
    naming
        What of a graph is shown, and what it is called.
    readout
        What is shown of a run, or an empty one.
    rooms
        The room for numbers.
    derivatives
        Whether the wires show local derivatives.
    """

    def __init__(self, naming: Naming, readout: Readout, rooms: Rooms, derivatives: bool) -> None:
        self.view, self.readout, self.rooms = naming.view, readout, rooms
        contributions = {wire: readout.contribution(operands) for wire, operands in naming.view.operands.items()}
        self.contributions: dict[Wire, str] = defaultdict(str, contributions)
        self.known = naming.local
        self.derivatives = self.known if derivatives else {}
        self.shown = self.derivatives if not (rooms.brief and readout.gradients) else {}
        """The local derivatives, for which there is room, those that are told, and those of them that stand on wires."""
        self.called = Called(naming.view.graph, naming.names)
        self.noted: set[str] = set()
        """The signs that the legend explains."""

    def wires(self, node: Node) -> list[Wire]:
        """The wires that leave a node."""
        return self.view.wires.get(node, [])

    def stem(self, node: Node) -> Node:
        """What the wires that leave a node carry; of equal parts that are shown once, what the last hands on, if all do."""
        if not node.operands:
            return node
        carried = [self.carried(node, wire) for wire in self.wires(node)]
        carried += [self.view.graph.outputs[o.names[0]] for o in self.view.outputs if o.values == (node,)]
        return carried[0] if len(set(carried)) == 1 else node

    def carried(self, node: Node, wire: Wire) -> Node:
        """What a wire carries that leaves a node: its value, or what the last of equal parts hands on."""
        return self.view.handed_on.get((node, wire), node)

    def root(self, value: Node) -> Node:
        """What a wire begins with that carries a value."""
        while self.view.is_moved(value):
            value = value.operands[0]
        return value

    def name_of(self, value: Node) -> str:
        """The name that a value has, or else the short one of what its wire begins with; none where it has neither."""
        return value.name or self.called.name_of(self.root(value))

    def text(self, value: Node) -> str:
        """What a wire says that it carries."""
        root = self.root(value)
        path = self.view.cluster[self.view.item[self.view.origin(value)]]
        return carried_text(value, root, path, *self.called.on_wire(root), brief=self.rooms.brief)

    def value(self, node: Node) -> list[Line]:
        """The value that leaves a node, with what may be wrong with it."""
        shown = self.readout.values.get(node)
        return [*shown.image, *self.rooms.written(BLUE, shown.text), *self._warning(shown)] if shown else []

    def _warning(self, shown: Shown) -> list[Line]:
        self.noted |= {"!"} if shown.warning else set()
        return self.rooms.written(WARNING, f"! {shown.warning}") if shown.warning else []

    def gradient(self, node: Node) -> list[Line]:
        """The gradient that returns to a node; where several wires bring it, the sum of what they bring."""
        first = self.view.origin(node)
        carried = [(wire, self.carried(first, wire)) for wire in self.wires(first)]
        wires = [wire for wire, value in carried if value is node or self.root(value) is node]
        if node not in self.readout.gradients:
            count = 0 if self.readout.values else sum(bool(self.derivatives.get(wire)) for wire in wires)
            return [(RED, f"{self._sum(count)}of {count}")] if count > 1 else []
        shown, count = self.readout.gradients[node], sum(bool(self.contributions[wire]) for wire in wires)
        return [*self.rooms.written(RED, self._sum(count) + shown.text), *self._warning(shown), *shown.image]

    def _sum(self, count: int) -> str:
        """The word before a gradient to which several wires contribute."""
        self.noted |= {"sum"} if count > 1 else set()
        return "sum " if count > 1 else ""

    def local(self, wire: Wire) -> list[Line]:
        """What the gradient is multiplied by on its way back over a wire."""
        return [(RED, line) for line in self.rooms.local(self.shown.get(wire, ""))]

    def tooltip(self, node: Node, wire: Wire | None = None) -> str:
        """All about a node; on a wire also what happens to the gradient there."""
        local = self.derivatives.get(wire, "") if wire else ""
        details, back = self.readout.details.get(node, ""), f"on its way back: {local}" if local else ""
        return tooltip_of_node(node, self.called.about(self.root(node)), details, back)
