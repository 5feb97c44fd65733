"""Scans in a circuit: the body is drawn once, in a frame that tells the number of steps, with a wire back for each carry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import derivative_order
from minigraph.core.rewriting import altered
from minigraph.explain.circuit.labels import blocks_of
from minigraph.explain.circuit.opening import view_of
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.style import Port
from minigraph.explain.circuit.view import Depth, View
from minigraph.ops.body import BodyInput
from minigraph.ops.copies import rebuilt
from minigraph.ops.multi_output import Part
from minigraph.ops.scan import Scan

__all__ = ["Unfolded"]


class Unfolded:
    """A graph as it is drawn, with the bodies of its scans in the place of these."""

    def __init__(self, graph: Graph) -> None:
        self.new: dict[Node, Node] = {}
        """What is drawn for each node of the graph."""
        self.returning: list[tuple[Node, Node]] = []
        """The wires that go back: from the new carry to what stands for it."""
        self._taken = set(graph.names)
        self._ports: dict[tuple[Node, int], Node] = {}
        if not any(isinstance(node, Scan) for node in graph.nodes):
            self.graph = graph
            return
        for node in graph.nodes:
            self._add(node, self.new)
        outputs = {name: self.new[node] for name, node in graph.outputs.items()}
        carried = {f"carry {i}": node for i, (node, _) in enumerate(self.returning)}
        self.graph = Graph(outputs | carried)  # what is carried over belongs to the picture, whoever reads it
        self.graph.outputs = outputs

    def _add(self, node: Node, new: dict[Node, Node], block: tuple[str, ...] | None = None) -> None:
        if isinstance(node, Scan):
            self._open(node, new, block)
        elif isinstance(node, Part) and isinstance(node.operands[0], Scan):
            new[node] = self._read(node, new, block)
        elif node not in new:
            new[node] = rebuilt(node, [new[operand] for operand in node.operands])
            if block is not None:
                new[node] = altered(new[node], block=block, name=self._free(node.name, block))

    def _free(self, name: str | None, block: tuple[str, ...]) -> str | None:
        """The name, with the blocks around it where another node has it; frames show it short again."""
        if name is None:
            return None
        for free in (name, ".".join((*blocks_of(block), name))):
            if free not in self._taken:
                self._taken.add(free)
                return free
        return None

    def _open(self, scan: Scan, new: dict[Node, Node], block: tuple[str, ...] | None) -> None:
        """Put in what a step computes, in its frame."""
        body, outer = scan.body, scan.block if block is None else block
        first, sequences, captured = body.split(scan.operands)
        steps = sequences[0].shape[0]
        frame = (*outer, f"× {steps}{' backwards' * scan.reverse}")
        inside: dict[Node, Node] = {leaf: new[operand] for leaf, operand in zip(body.captured, captured, strict=True)}
        before = "t+1" if scan.reverse else "t−1"
        for leaf, operand in zip(body.carry, first, strict=True):
            inside[leaf] = _port(leaf, new[operand], f"{leaf.name}[{before}]", frame, scan.line)
        for leaf, operand in zip(body.slices, sequences, strict=True):
            inside[leaf] = _port(leaf, new[operand], f"{leaf.name}[t]", frame, scan.line)
        for node in body.nodes:
            if not isinstance(node, BodyInput):
                within = node.block[derivative_order(node.block) > 0 :]
                around = scan.block[derivative_order(scan.block) > 0 :]
                own = within[len(around) :] if within[: len(around)] == around else within
                self._add(node, inside, (*frame, *own) if not isinstance(node, Constant) or node.name else frame)
        self._ports |= {(scan, i): inside[node] for i, node in enumerate(body.new)}
        self._ports |= {(scan, body.place[node]): inside[node] for node in body.stacked}
        pairs = [(inside[node], inside[leaf]) for leaf, node in zip(body.carry, body.new, strict=True)]
        self.returning += [(node, leaf) for node, leaf in pairs if node is not leaf]

    def _read(self, part: Part, new: dict[Node, Node], block: tuple[str, ...] | None) -> Node:
        """Where a part leaves the frame: once, whoever reads it."""
        scan: Any = part.operands[0]
        key = (scan, -1 - part.i)
        if key not in self._ports or part.name:
            inside = self._ports[scan, part.i]
            title = _title(scan, part.i)
            outer = scan.block if block is None else block
            self._ports[key] = altered(part, Port, operands=(inside,), title=title, block=outer)
        return self._ports[key]

    def view(self, depth: Depth) -> View:
        """What of it is drawn, with its blocks opened so deep."""
        view = view_of(self.graph, depth, self.returning)
        return replace(view, unseen={*self.graph.nodes} - {*self.new.values()} if self.new else frozenset())

    def ends(self, path: Any) -> Any:
        """The two ends of a path, by what is drawn."""
        if not self.new or not isinstance(path, tuple | list):
            return path
        return [self.new.get(end, end) if isinstance(end, Node) else end for end in path]

    def readout(self, readout: Readout) -> Readout:
        """What is shown of a run of the graph, by what is drawn."""
        if not self.new:
            return readout
        new = {node: each for node, each in self.new.items() if not isinstance(node, Scan)}

        def renamed(shown: Mapping[Node, Any]) -> dict[Node, Any]:
            return {new[node]: each for node, each in shown.items() if node in new}

        wires = {(new[node], i): each for (node, i), each in readout.contributions.items() if node in new}
        return replace(
            readout,
            values=renamed(readout.values),
            gradients=renamed(readout.gradients),
            details=renamed(readout.details),
            contributions=wires,
        )


def _title(scan: Scan, i: int) -> str:
    """What a part of a scan is called: a carry after the last step, or a value of every step."""
    body = scan.body
    steps = body.split(scan.operands)[1][0].shape[0]
    value = body.new[i] if i < len(body.carry) else next(node for node, place in body.place.items() if place == i)
    name = body.carry[body.new.index(value)].name if value in body.new else value.name
    if i < len(body.carry):
        return f"{name}[{1 if scan.reverse else steps}]"
    return f"{name}[1…{steps}]" if name else "all t"


def _port(leaf: Node, operand: Node, title: str, frame: tuple[str, ...], line: str) -> Node:
    port = Port(operand, title=title)
    port.shape, port.dtype, port.block, port.line = leaf.shape, leaf.dtype, frame, line
    return port
