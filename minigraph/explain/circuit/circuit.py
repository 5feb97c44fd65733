"""A graph drawn as a circuit.

The data flows along one straight spine, row by row, and the gradient returns on the same wires: what a wire carries forwards
stands above it, what returns stands below.
"""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from typing import Any

from minigraph.core.errors import GraphError, MissingPackageError
from minigraph.core.graph import Graph
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import places
from minigraph.core.run import Run
from minigraph.explain.circuit.large import plain_picture
from minigraph.explain.circuit.look import Look
from minigraph.explain.circuit.loops import Unfolded
from minigraph.explain.circuit.overview import overviews
from minigraph.explain.circuit.readout import Readout, read
from minigraph.explain.circuit.render import Circuit, finished
from minigraph.explain.circuit.view import LIMIT, Depth, View

__all__ = ["draw", "draw_run", "nodes_between", "run_shown_in_notebook", "shown_in_notebook"]

Ends = tuple[NodeLike | str, NodeLike | str]
"""The two ends of a path, as nodes or by name."""


def draw(
    graph: Graph,
    file: str | PathLike[str] | None = None,
    *,
    derivatives: bool = False,
    depth: Depth = "fit",
    path: Ends | None = None,
    theme: str = "screen",
    width: float | None = None,
    direction: str = "right",
    legend: bool = True,
    title: str | None = None,
    digits: int = 3,
    scale: float | None = None,
) -> Circuit:
    """Draw the graph as a circuit. A notebook shows it.

    The circuit, its derivatives and the circuits of its runs have one layout: everything stands in the same place.

    Parameters
    ----------
    graph : Graph
        The graph to draw.
    file : str or path, optional
        Where the picture is also written, in the format of its suffix: svg, png, pdf or dot.
    derivatives : bool, default False
        Whether each wire says what the gradient is multiplied by on its way back: the local derivative, read from the
        operation's own rule.
    depth : int, "fit" or None, default "fit"
        How many levels of blocks are opened. With 0 each outermost block is one box, and of equal ones in a row one is shown.
        "fit" opens what can be read on a page, and writes what is too long for a row in lines, small and plain; None shows
        every node.
    path : pair of Node or str, optional
        Two ends, such as `(W1, loss)`: what lies on the way from one to the other stands out.
    theme : "screen", "slide" or "print", default "screen"
        Where it is shown: on a page 880 pixels wide, on a slide, or in the column of an article. On a slide it is at most
        960 points wide and 540 high, and no type is smaller than 10 points; more than a slide holds is closed to blocks.
    width : float, optional
        How many points wide the place is where it is shown: 660 are 880 pixels. What is longer goes on in another row.
    direction : "right" or "down", default "right"
        Where the data flows to.
    legend : bool, default True
        Whether the legend stands below.
    title : str, optional
        What stands above.
    digits : int, default 3
        How many digits the numbers of a run have.
    scale : float, optional
        How many pixels a PNG has for each point: 2, unless given, and 4 for print.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where `depth` is no number of levels, no path leads from the one end to the other, or another option is not what it can
        be.
    FormatError
        Where the suffix of the file is none of these.

    Examples
    --------
    >>> import minigraph as mg
    >>> graph = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a"))
    >>> "× (1 − a²)" in graph.draw(derivatives=True).source
    True
    """
    look = Look.of(theme, width, direction, legend, title, digits, scale)
    opened = Unfolded(graph)
    return drawn(opened.view, Readout(), derivatives, opened.ends(path), file, depth, look)


def draw_run(
    run: Run,
    file: str | PathLike[str] | None = None,
    *,
    output: NodeLike | str | None = None,
    derivatives: bool = False,
    depth: Depth = "fit",
    path: Ends | None = None,
    images: bool = False,
    theme: str = "screen",
    width: float | None = None,
    direction: str = "right",
    legend: bool = True,
    title: str | None = None,
    digits: int = 3,
    scale: float | None = None,
) -> Circuit:
    """Draw the circuit of a run, with every value in blue and, below it in red, the gradient of an output.

    Where a value is used more than once, each wire shows the contribution that returns on it, and the fork their sum. What may
    be wrong is marked by "!": saturated or dead units, gradients that vanish or explode.

    Parameters
    ----------
    run : Run
        The run to draw.
    file, derivatives, depth, path, theme, width, direction, legend, title, digits, scale
        As `graph.draw` takes them.
    output : Node or str, optional
        The output whose gradient is shown: the first, unless given. A first output that is no scalar has no gradient of its
        own, so the values are shown alone.
    images : bool, default False
        Whether matrices are shown as tiny heat-maps too.

    Returns
    -------
    Circuit
        The picture, as text in `source`.

    Raises
    ------
    GraphError
        Where the output that is given is no scalar, and what `graph.draw` raises.

    Examples
    --------
    >>> import minigraph as mg
    >>> run = mg.Graph(y=mg.Tanh(mg.Input("x", ()), name="a")).forward(x=0.5)
    >>> "red, below it: the gradient of y with respect to that value" in run.draw().source
    True
    """
    look = Look.of(theme, width, direction, legend, title, digits, scale)
    opened, readout = Unfolded(run.graph), read(run, output, images, digits)
    return drawn(opened.view, opened.readout(readout), derivatives, opened.ends(path), file, depth, look)


def shown_in_notebook(graph: Graph, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
    """What a notebook shows for a graph: its circuit, and in text what the graph is.

    Where there is no renderer it is the text alone.

    >>> import minigraph as mg
    >>> graph = mg.Graph(y=mg.Tanh(mg.Input("x", ())))
    >>> sorted(graph._repr_mimebundle_()), graph._repr_mimebundle_()["text/plain"]
    (['image/svg+xml', 'text/plain'], 'Graph (1 operations, 0 parameter elements): x (scalar) → y (scalar)')
    """
    return _shown(draw(graph), graph)


def run_shown_in_notebook(run: Run, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
    """What a notebook shows for a run: its circuit with all values and gradients, and in text what the run is."""
    return _shown(draw_run(run), run)


def _shown(circuit: Circuit, of: Graph | Run) -> dict[str, str]:
    try:
        return {**circuit._repr_mimebundle_(), "text/plain": repr(of)}
    except MissingPackageError:
        return {"text/plain": repr(of)}


def drawn(
    view_at: Callable[[Depth], View],
    readout: Readout,
    derivatives: bool,
    path: Ends | None = None,
    file: str | PathLike[str] | None = None,
    depth: Depth = "fit",
    look: Look | None = None,
) -> Circuit:
    """The circuit of the views of a graph: of that depth, or the deepest that the place holds where it is shown.

    Of more operations and closed blocks than can be laid out it is a plain picture.
    """
    view, look = view_at(depth), look or Look()
    nodes = None if path is None else nodes_between(view.graph, path)
    if depth == "fit" and look.theme.height is not None:
        circuit = look.circuit(deeper_first(view_at, view), readout, derivatives, nodes)
    elif view.size > LIMIT:
        circuit = plain_picture(view, readout, nodes)
    else:
        circuit = look.circuit([view], readout, derivatives, nodes)
    return finished(circuit, repr(view.graph), file)


def deeper_first(view_at: Callable[[Depth], View], first: View) -> Iterator[View]:
    """The views of a graph for a slide: what can be read on a page, blocks closed level by level, and then overviews."""
    levels = max((len(path) for path in first.cluster.values()), default=0)
    yield from (view for view in (first, *map(view_at, range(levels - 1, -1, -1))) if view.size <= LIMIT)
    yield from overviews(first.graph)


def nodes_between(graph: Graph, ends: Sequence[NodeLike | str]) -> set[Node]:
    """Every node on a path from the first of the two ends to the second, with both.

    >>> import minigraph as mg
    >>> x, W, b = mg.Input("x", ()), mg.Parameter("W", 2.0), mg.Parameter("b", 1.0)
    >>> graph = mg.Graph(loss=mg.Tanh(x * W + b))
    >>> sorted(type(node).__name__ for node in nodes_between(graph, ("W", "loss")))
    ['Add', 'Mul', 'Parameter', 'Tanh']
    """
    if isinstance(ends, str) or not isinstance(ends, Sequence) or len(ends) != 2:
        raise GraphError(f"A path is given by its two ends, path=(W, loss), not {ends!r}.")
    start, end = map(graph.node, ends)
    reached = _reached(graph, start)
    if end not in reached:
        turned = f" One leads from {end} to {start}." if start in _reached(graph, end) else ""
        raise GraphError(f"No path leads from {start} to {end}.{turned}{places(start, end)}")
    leading = {end}
    for node in reversed(graph.nodes):
        if node in leading:
            leading.update(node.operands)
    return reached & leading


def _reached(graph: Graph, start: Node) -> set[Node]:
    """A node, and all that is computed from it."""
    reached = {start}
    for node in graph.nodes:
        if not reached.isdisjoint(node.operands):
            reached.add(node)
    return reached
