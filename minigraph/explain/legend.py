"""The legend of a circuit: which shape is which kind, and what stands on the wires."""

from collections.abc import Collection
from itertools import pairwise

from minigraph.explain.look import CDS, INK, KINDS, Line, look, node_label
from minigraph.explain.render import Circuit

__all__ = ["add_legend"]

SMALL = {"fontsize": "9", "width": "0.5", "margin": "0.1,0.03", "penwidth": "1"}
"""What the nodes of the legend have unlike those of the circuit."""


def add_legend(dot: Circuit, kinds: Collection[str], lines: list[Line]) -> None:
    """Add a row with one small node of each kind that the circuit has, and then the lines."""
    with dot.subgraph(name="cluster_legend") as legend:
        legend.attr(penwidth="0", label="", tooltip="legend")
        keys = []
        for kind in (kind for kind in KINDS if kind in kinds):
            keys.append(f"legend-{kind}")
            height = f"{0.28 * CDS if kind == 'input' else 0.26:.2f}"
            small = look(kind, "") | SMALL | {"height": height}
            legend.node(keys[-1], kind, id=keys[-1], tooltip=f"the shape of every {kind}", fontcolor=INK, **small)
        if lines:
            keys.append("legend-lines")
            label = node_label("", lines).replace("<br/>", '<br align="left"/>')[:-1] + '<br align="left"/>>'
            legend.node(keys[-1], label, id=keys[-1], tooltip="what stands on the wires", shape="plaintext", margin="0.05,0")
        for first, second in pairwise(keys):
            legend.edge(first, second, style="invis")
