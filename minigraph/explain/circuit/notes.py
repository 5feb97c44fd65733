"""What a circuit says in words: what stands on the wires, what is marked, and what is not shown."""

import re
from collections.abc import Collection, Mapping

from minigraph.core.node import Node
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import range_of, scale_bar, strip
from minigraph.explain.circuit.readout import Readout
from minigraph.explain.circuit.repeats import Step, Stretch
from minigraph.explain.circuit.style import BLUE, GREY, IMAGE, KINDS, RED, WARNING, Line, Port, title_of
from minigraph.explain.circuit.view import Box, View, Wire
from minigraph.explain.circuit.wiring import GRADIENT

__all__ = ["has_strips", "notes", "omitted", "readouts"]

RELATION = re.compile(r"\[[^\[\]]+ [=<>≤≥] [^\[\]]+\]")
"""One of Iverson's brackets: [a1 > 0]."""

MARKS = 3
"""How many marks the legend says in words."""


def notes(
    view: View, readout: Readout, local: Mapping[Wire, str], noted: Collection[str], path: bool, hints: bool = True
) -> list[Line]:
    """What stands on the wires, as far as it stands on some, and what is not shown.

    Parameters
    ----------
    view, readout
        What the picture shows of a graph, and of a run.
    local
        The local derivatives on the wires, where they are shown.
    noted
        What stands somewhere in the picture: "!", "sum", and values that stand "again" in another frame.
    path
        Whether a path stands out.
    hints
        Whether it is said how to see what is not shown: to who draws, not to who is shown the picture.
    """
    first, output = next(iter(view.graph.outputs.items()))
    texts = [*local.values()]
    numbers = [shown.text for shown in (*readout.values.values(), *readout.gradients.values())]
    relations = RELATION.findall(" ".join(texts))
    among = "; k: the position along the axis, from 0" if any(" = k]" in relation for relation in relations) else ""
    known: list[tuple[object, str, str]] = [
        (view.inside, KINDS["parameter"]["color"], "in an operation: its parameters"),
        (readout.values, BLUE, "blue, above a wire: the value"),
        (readout.gradients, RED, f"red, below it: the gradient of {readout.of} with respect to that value"),
        (readout.values and not readout.gradients, GREY,
         f"no gradients: {first} is {show_shape(output.shape)}, not one number"),
        (local, RED, "below a wire: what becomes of the gradient on its way back"),
        ("× 1" in texts, RED, "× 1: the gradient passes unchanged"),
        (any(GRADIENT in text for text in texts), RED, f"{GRADIENT}: the gradient that returns"),
        (relations, RED, f"[…]: 1 where that holds, else 0{among}"),
        (any("±" in text for text in (*numbers, *texts)), GREY, "mean ± standard deviation, where there are many numbers"),
        ("!" in noted, WARNING,
         "!: what may be wrong, as saturated or dead units and gradients that are 0, vanish or explode"),
        ("!" in noted, WARNING, f"here {marked(view, readout)}"),
        ("again" in noted, GREY, "dashed box: a value that comes from elsewhere"),
        ("sum" in noted, GREY, "sum: where a value is used more than once, the gradients add up"),
    ]  # fmt: skip
    lines = [(colour, text) for shown, colour, text in known if shown] + readouts(view, readout) + omitted(view, hints)
    return lines + [(GREY, "strong lines: the paths that were asked for; all else is pale")] * path


def marked(view: View, readout: Readout) -> str:
    """What is marked, in words: there may be room for a sign alone where it is.

    Named by a value's name, or by the operation that gives it.
    """
    found = {
        f"{node.name or title_of(node)}: {shown[node].warning}": None
        for shown in (readout.values, readout.gradients)
        for node in shown
        if shown[node].warning and view.representative.get(node) is node
    }
    return "; ".join(list(found)[:MARKS]).replace("\n", " ") + f" and {len(found) - MARKS} more" * (len(found) > MARKS)


def readouts(view: View, readout: Readout) -> list[Line]:
    """What a picture cannot be without that has colours for numbers: the key to its images, and the strips of its chains."""
    key = "images: means of parts; blue is minus the largest of an image, white 0, orange plus the largest"
    return [(GREY, key), (IMAGE, scale_bar())] * readout.images + strips(view, readout)


def has_strips(view: View) -> bool:
    """Whether there are chains of which a run shows strips."""
    return bool(view.carried) or any(isinstance(node, Port) for node in view.graph.nodes)


def strips(view: View, readout: Readout) -> list[Line]:
    """How large values and gradients are along chains of equal parts, and in the steps of scans: a strip of cells each."""
    chains: dict[str, list[Node]] = {}
    for path, nodes in view.carried.items():
        unnamed = isinstance(path[-1], Step)
        chains[f"the {len(nodes)} equal parts" if unnamed else f"{path[-1]} to {view.times[path][1]}"] = nodes
    chains |= {title_of(node): [node] for node in view.graph.nodes if isinstance(node, Port)}
    lines: list[Line] = []
    for title, nodes in chains.items():
        for what, shown, colour in (("values", readout.values, BLUE), ("gradients", readout.gradients, RED)):
            large = [size for node in nodes if node in shown for size in shown[node].sizes]
            if len(large) > 2:
                lines.append((colour, f"how large the {what} of {title} are: {range_of(large)}"))
                lines.append((IMAGE, strip(large, gradients=colour == RED)))
    return lines


def omitted(view: View, hints: bool = True) -> list[Line]:
    """What is not shown, and how to see it if hints are wanted."""
    lines: list[Line] = []
    if view.aside:
        lines.append((GREY, "× with a number: so many equal parts; the first is shown"))
    if view.times.keys() - view.aside:
        lines.append((GREY, "× with a number: equal parts, each of which takes what the one before gives; the first is shown,"))
        lines.append((GREY, "and what leaves it is what leaves the last"))
    closed = [item.path for item in view.items if isinstance(item, Box)]
    levels = max(map(len, closed), default=0)
    if any(isinstance(path[-1], Stretch) for path in closed):
        lines.append((GREY, "a box with a value's name: the operations that lead to it alone"))
    elif levels and hints:
        lines.append((GREY, f"closed blocks: draw(depth={levels}) opens them"))
    if lines and hints and view.size < len(view.graph.operations):
        lines.append((GREY, f"draw(depth=None) shows all {len(view.graph.operations)} operations"))
    return lines
