"""Two graphs in one picture: what was added, removed and changed between them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from os import PathLike

from minigraph.core.errors import GraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.differences import ADDED, ALIKE, CHANGED, REMOVED, Differences, status_of
from minigraph.explain.circuit.legend import Legend
from minigraph.explain.circuit.look import Look
from minigraph.explain.circuit.matching import Matching, match
from minigraph.explain.circuit.naming import Naming
from minigraph.explain.circuit.plot import Plot
from minigraph.explain.circuit.render import Circuit, finished, placed_circuit
from minigraph.explain.circuit.repeats import common
from minigraph.explain.circuit.rooms import Extent
from minigraph.explain.circuit.style import BLUE, FAINT, GREY, RED, STRONG, Line, boxed, escaped, shortened
from minigraph.explain.circuit.theme import Spaces, Theme
from minigraph.explain.circuit.tooltips import block_lines, tooltip_of_node
from minigraph.explain.circuit.view import Box, Item, View, kind_of, spine_of
from minigraph.readings import names_of

__all__ = ["compare"]

STYLES = {
    ADDED: {"color": BLUE, "penwidth": "3"},
    REMOVED: {"color": RED, "fontcolor": RED, "style": "dashed", "penwidth": "1.6"},
    CHANGED: {"penwidth": "3"},
    ALIKE: {"color": FAINT, "fontcolor": GREY, "fillcolor": "white"},
}
"""How each differs in style from a node of its kind: by its line as well as its colour."""

COLOURS = {ADDED: BLUE, REMOVED: RED, CHANGED: GREY, ALIKE: GREY}
"""The colour of what is written at each."""

WIRES = {ADDED: {"color": BLUE} | STRONG, REMOVED: {"color": RED, "style": "dashed"}, ALIKE: {}}
"""The style of wires."""

MOST, NEAR = 60, (2, 1, 0)
"""How many boxes are all shown; where there are more, how many wires away from a difference they may be."""

LONGEST = 40
"""How many letters of a change stand in a box; its tooltip holds the rest."""


def compare(
    first: Graph,
    second: Graph,
    file: str | PathLike[str] | None = None,
    *,
    theme: str = "screen",
    width: float | None = None,
    direction: str = "right",
    legend: bool = True,
    title: str | None = None,
    scale: float | None = None,
) -> Circuit:
    """Draw what differs between two graphs in one picture.

    Nodes are partners by their names, and where they have none by what they are computed from or lead to. What is only in the
    second is added, what is only in the first removed; partners show what changed. What is alike is pale. A block that was
    added or removed as a whole is one box, and so is one that is alike as a whole.

    Parameters
    ----------
    first, second : Graph
        The graphs, as the earlier and the later.
    file : str or path, optional
        Where the picture is also written, in the format of its suffix: svg, png, pdf or dot.
    theme, width, direction, legend, title, scale
        As `graph.draw` takes them.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where one of the two is no graph, or another option is not what it can be.
    FormatError
        Where the suffix of the file is none of these.

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
    look = Look.of(theme, width, direction, legend, title, 3, scale)
    dot = look.fitted(_sketches(first, second, match(first, second)))
    return finished(dot, f"{first!r} compared with {second!r}", file)


def _sketches(first: Graph, second: Graph, found: Matching) -> Iterator[Callable[[Theme, bool], "_Sketch"]]:
    """The picture with all that is not too much, and ever less: what is near to a difference, and blocks closed."""
    for closed in (False, True):
        differences = Differences(first, second, found, closed)
        for distance in (None, *NEAR):
            near = differences.near(distance)
            if len(near) <= MOST or (closed and distance == NEAR[-1]):
                yield partial(_Sketch, differences, near)


class _Sketch:
    """The picture in the making: of the differences what is near to one."""

    brief = keeps = False

    def __init__(self, those: Differences, near: dict[Item, None], theme: Theme, down: bool) -> None:
        self.those, self.near, self.theme = those, near, theme
        cluster = {
            item: item.path[:-1] if isinstance(item, Box) else () if isinstance(item, Input) else item.block for item in near
        }
        self.view = View(those.second, {node: node for node in those.nodes}, those.item, cluster)
        self.naming = Naming(self.view, names_of(those.second))
        self.dot = placed_circuit("comparison", theme)
        self.plot = Plot(self.dot, Clusters(self.dot, self.naming), theme, down, False, Spaces())
        self.ids = {item: f"n{i}" for i, item in enumerate(those.items)}
        self.spine = spine_of(self.view)

    def compose(self) -> None:
        """Everything, before it has its places."""
        for i, item in enumerate(self.near):
            self._item(item, float(i))
        outputs = self._outputs()
        self._hang({node for node, _ in outputs.values()})
        for node in self.those.nodes:
            if self.those.item[node] in self.near:
                self._wires(node, [id for id, (given, _) in outputs.items() if given is node])

    def legend(self, theme: Theme, extent: float, high: float, whole: bool) -> Legend:
        """What stands below."""
        kinds = {"output", *map(kind_of, self.near)}
        return Legend(theme, kinds, self.those.notes(len(self.those.items) - len(self.near)), extent, high)

    def _item(self, item: Item, order: float) -> None:
        """A node, with what changed in it, or a block with what it holds."""
        status = self.those.status(item)
        lines: list[Line] = [(COLOURS[status], status)] if status in (ADDED, REMOVED) else []
        if isinstance(item, Box):
            lines += [(GREY, line) for line in block_lines(item.nodes)]
            counts = Counter(self.those.known[node] for node in item.nodes)
            words = {ADDED: "added", REMOVED: "removed", CHANGED: "changed"}
            lines += [
                (COLOURS[each], f"{counts[each]} {word}") for each, word in words.items() if status == CHANGED and counts[each]
            ]
            about = escaped(f"block {'.'.join(item.path)}\n{status}")
        else:
            found = self.those.changed.get(item, [])
            own = [text for text in found if not item.operands or " → " not in text or ":" in text]
            lines += [(GREY, shortened(text, LONGEST)) for text in own]
            reshaped = self._reshaped(item)
            lines += [] if item.operands or reshaped else [(GREY, show_shape(item.shape))]
            about = tooltip_of_node(item, status, *map(escaped, found))
        title, sign = self.naming.title(item), isinstance(item, Node) and bool(item.operands) and not lines
        leaf = isinstance(item, Leaf)
        style, box = boxed(self.theme, kind_of(item), title, lines, sign=sign and len(title) == 1, bold=leaf)
        path = self.view.cluster[item]
        self.plot.box(self.ids[item], path, order, item in self.spine, box, style | STYLES[status] | {"tooltip": about})

    def _reshaped(self, node: Node) -> str:
        """The shape of a node in the first graph → in the second, if these differ."""
        before = self.those.found.first.get(node)
        return "" if before is None or before.shape == node.shape else f"{show_shape(before.shape)} → {show_shape(node.shape)}"

    def _outputs(self) -> dict[str, tuple[Node, str]]:
        """The outputs of both, each with its node and what became of it."""
        first, second, found = self.those.first.outputs, self.those.second.outputs, dict[str, tuple[Node, str]]()
        for i, name in enumerate({**first, **second}):
            node = self.those.shown((first | second)[name])
            if self.those.item[node] in self.near:
                status = status_of(name in first, name in second)
                lines = [(COLOURS[status], status)] if status else []
                style, box = boxed(self.theme, "output", self.naming.spelled(name), lines)
                style |= STYLES[status] | {"tooltip": escaped(f"output {name}")}
                spine = name in second and node in (*second.values(),)[:1]
                self.plot.box(f"output-{i}", (), float(len(self.those.items) + i), spine, box, style)
                found[f"output-{i}"] = node, status
        return found

    def _hang(self, outputs: set[Node]) -> None:
        """Let what one thing alone takes hang beside it, but for what it is given along the flow."""
        entering: dict[Item, list[Node]] = defaultdict(list)
        for node, wires in self.those.wires.items():
            for target in wires:
                entering[target].append(node)
        for target, values in entering.items():
            leaves = [each for each in values if isinstance(each, Leaf) and len(self.those.wires[each]) == 1]
            leaves = [
                each for each in leaves if each not in outputs and self.view.cluster.get(each) == self.view.cluster.get(target)
            ]
            if len(leaves) == len(values) and leaves:
                leaves.remove(next((each for each in leaves if isinstance(each, Input)), leaves[0]))
            for leaf in leaves:
                if leaf in self.near and target in self.near:
                    self.plot.hang(self.ids[leaf], self.ids[target])

    def _wires(self, node: Node, outputs: list[str]) -> None:
        """The wires from where a value is computed to where it goes, with its name and its shape."""
        item, status = self.those.item[node], self.those.known[node]
        wires = {target: each for target, each in self.those.wires[node].items() if target in self.near}
        start, spine, path = self.ids[item], item in self.spine, self.view.cluster[item]
        reshaped = self._reshaped(node)
        if node.operands and (wires or outputs) and (node.name or reshaped):
            shape = reshaped or show_shape(node.shape)
            text = f"{self.naming.spelled(node.name)}  {shape}" if node.name else shape
            extent = Extent(self.theme.text(text), 1, 0)
            about = tooltip_of_node(node, status)
            ends = {self.view.cluster[target] for target in wires} or {()}
            within = common(path, *ends) if len(ends) == 1 else path
            start = self.plot.label(
                start,
                f"{start}-{self.those.nodes.index(node)}-wire",
                within,
                spine,
                [(COLOURS[status], text)],
                [],
                extent,
                about,
                True,
            )
            self.plot.wires[f"to-{start}"] |= (
                WIRES[status if {*wires.values()} <= {status} else ALIKE] if status in WIRES else {}
            )
        for target, each in wires.items():
            self.plot.arrive(start, self.ids[target], True)
            self.plot.wires[f"{start}-to-{self.ids[target]}"] |= WIRES[each]
        for id in outputs:
            self.plot.arrive(start, id, True)
