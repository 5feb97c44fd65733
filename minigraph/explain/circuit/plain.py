"""A graph of many operations as a plain picture: every node a small sign, its name, shape and numbers in its tooltip.

Graphviz's layout takes minutes for what it draws in a second once the places are known.
"""

from collections.abc import Collection

from minigraph.core.node import Node
from minigraph.explain.circuit.clusters import Clusters
from minigraph.explain.circuit.columns import GAP, WIDE, Place, in_columns
from minigraph.explain.circuit.keys import keys_of
from minigraph.explain.circuit.legend import SMALL, omitted
from minigraph.explain.circuit.look import FONT, GREY, KINDS, PALE, WIRE, Line, kind_of, node_label, title_of
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.render import Circuit
from minigraph.explain.circuit.routes import HALF, near, position, ways
from minigraph.explain.circuit.tooltips import about_block, about_node
from minigraph.explain.circuit.view import Box, Item, View
from minigraph.readings import names_of

__all__ = ["plain_picture"]

LETTERS = 11
"""How many letters a node has room for."""

LONG = {"color": PALE, "arrowhead": "none"}
"""How wires are drawn that lead far away, or on to another line: they need no arrow, as all lead to what is read later."""

PALE_NODE = {"color": PALE, "fillcolor": "white", "fontcolor": GREY}
"""How a node is drawn that is not on the path that is asked for."""

PAD = f"{18.5 / 72:.4f}"
"""The margin, in inches: with it, wires along whole points fall on one row of pixels, sharp and soon written."""

SIZE = {"fontsize": "8", "fixedsize": "true", "height": "0.22", "margin": "0", "penwidth": "0.8"}
"""What every node has unlike those of other circuits."""


def plain_picture(view: View, readout: Readout, on: Collection[Node] | None = None) -> Circuit:
    """The plain picture of a view; where a path is asked for, all that is not on it is pale."""
    dot = Circuit("circuit", graph_attr={"layout": "nop2", "bgcolor": "white", "pad": PAD})
    dot.attr("graph", outputorder="edgesfirst", dpi="72")
    dot.attr("node", fontname=FONT)
    dot.attr("edge", color=WIRE, arrowsize="0.35", penwidth="0.6")
    blocks = Clusters(dot, view)
    keys: dict[Item, str] = {item: blocks.keys[item.path] for item in view.items if isinstance(item, Box)}
    keys |= dict(keys_of(view.graph).items())
    wires = [(keys[view.item[value]], keys[target]) for value, wires in view.wires.items() for target, _ in wires]
    wires += [(keys[source], keys[target]) for source, target in view.bundles]
    wires = list(dict.fromkeys([*wires, *((keys[view.item[output.values[0]]], output.key) for output in view.outputs)]))
    places = in_columns([keys[item] for item in view.items] + [output.key for output in view.outputs], wires)
    strong = _strong(view, keys, on)
    names = names_of(view.graph.nodes)
    for item in view.items:
        if isinstance(item, Box):
            _put(dot, keys[item], "block", blocks.called(item.path), about_block(item.path, item.nodes), places, strong)
        else:
            about = about_node(item, readout.details.get(item, ""))
            _put(dot, keys[item], kind_of(item), title_of(item, names).replace("\n", " "), about, places, strong)
    for output in view.outputs:
        about = about_node(output.values[0], *(f"output {name}" for name in output.names[:20]))
        _put(dot, output.key, "output", output.names[0], about, places, strong)
    for (start, end), way in ways(wires, places).items():
        here = near(places[start], places[end]) if on is None else start in strong and end in strong
        dot.edge(start, end, pos=position(way, arrow=here), **({} if here else LONG))
    _legend(dot, view, max(place.top for place in places.values()) + GAP)
    return dot


def _strong(view: View, keys: dict[Item, str], on: Collection[Node] | None) -> set[str]:
    """What is not pale: all, or what lies on the path that is asked for."""
    strong = {keys[view.item[view.twin[node]]] for node in view.graph.nodes if on is None or node in on}
    return strong | {output.key for output in view.outputs if keys[view.item[output.values[0]]] in strong}


def _put(dot: Circuit, key: str, kind: str, title: str, about: str, places: dict[str, Place], strong: Collection[str]) -> None:
    x, y, _ = places[key]
    shown = title if len(title) <= LETTERS else f"{title[: LETTERS - 1]}…"
    look = _look(kind) | ({} if key in strong else PALE_NODE)
    dot.node(key, node_label(shown, [], bold=kind != "operation"), id=key, pos=f"{x:g},{y:g}", tooltip=about, **look)


def _look(kind: str) -> dict[str, str]:
    """What a node of that kind looks like; Graphviz draws the ring of an output 4 points outside of its size."""
    ring = 8 if kind == "output" else 0
    return {"style": "filled"} | KINDS[kind] | SIZE | {"width": f"{(2 * HALF - ring) / 72:.3f}"}


def _legend(dot: Circuit, view: View, top: float) -> None:
    """A row with one node of each kind above the picture, and lines that say what is left out above it."""
    kinds = {"block" if isinstance(item, Box) else kind_of(item) for item in view.items} | {"output"}
    for i, kind in enumerate(kind for kind in KINDS if kind in kinds):
        look = _look(kind) | {"fontsize": SMALL["fontsize"]}
        dot.node(f"legend-{kind}", kind, id=f"legend-{kind}", pos=f"{i * WIDE:g},{top + 16:g}", **look)
    for i, (colour, line) in enumerate(reversed([(GREY, _told(view)), *omitted(view)])):
        _write(dot, f"legend-line-{i}", (colour, line), top + 38 + 12 * i)


def _write(dot: Circuit, key: str, line: Line, y: float) -> None:
    """A line of text that begins at the left edge of the picture."""
    cell = f'<td width="600" height="12" fixedsize="true" align="left">{node_label("", [line])[1:-1]}</td>'
    label = f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{cell}</tr></table>>'
    size = {"fixedsize": "true", "width": f"{600 / 72:.2f}", "height": "0.17", "margin": "0"}
    dot.node(key, label, id=key, pos=f"{300 - WIDE / 2:g},{y:g}", shape="plaintext", **size)


def _told(view: View) -> str:
    """That the picture is a plain one, and why."""
    return f"a plain picture, as {view.size} operations are many: names, shapes and numbers are in the tooltips"
