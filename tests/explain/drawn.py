"""The graphs that people draw, each composed, run and drawn once for all tests."""

from collections.abc import Iterator
from functools import cache

import minigraph as mg
from docs.graphs import GRAPHS, run_of
from minigraph.explain.circuit.render import Circuit

__all__ = ["circuits_of", "graph_of", "ran", "three"]


@cache
def graph_of(name: str) -> mg.Graph:
    """One of the graphs."""
    return GRAPHS[name]()


@cache
def ran(name: str) -> mg.Run:
    """A run of it."""
    return run_of(graph_of(name))


@cache
def circuits_of(name: str, theme: str) -> dict[str, Circuit]:
    """Its circuit, its derivatives and its run."""
    return dict(three(graph_of(name), ran(name), theme=theme))


def three(graph: mg.Graph, run: mg.Run | None, **options: object) -> Iterator[tuple[str, Circuit]]:
    """The circuit of a graph, its derivatives and its run, if there is one, by name."""
    yield "circuit", graph.draw(**options)
    yield "derivatives", graph.draw(derivatives=True, **options)
    if run is not None:
        yield "run", run.draw(**options)
