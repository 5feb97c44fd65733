"""The graphs that people draw, each composed, run and drawn once for all tests."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from unittest import mock

import minigraph as mg
from docs.graphs import GRAPHS, run_of
from minigraph.explain.circuit.render import Circuit
from minigraph.readings import local_derivative, names_of

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
    return three(graph_of(name), ran(name), theme=theme)


def three(graph: mg.Graph, run: mg.Run | None, **options: object) -> dict[str, Circuit]:
    """The circuit of a graph, its derivatives and its run, if there is one, by name; what all three read is derived once."""
    named = mock.patch("minigraph.explain.circuit.look.names_of", cache(names_of))
    with named, mock.patch("minigraph.explain.circuit.wiring.local_derivative", derived_once()):
        drawn = {"circuit": graph.draw(**options), "derivatives": graph.draw(derivatives=True, **options)}
        return drawn if run is None else drawn | {"run": run.draw(**options)}


def derived_once() -> Callable[[mg.Node, int, Mapping[Any, str]], str | None]:
    """How local derivatives are derived: once for the same names, in however many pictures they stand."""
    frozen = dict[int, tuple[Mapping[Any, str], frozenset[Any]]]()
    known = dict[tuple[mg.Node, int, frozenset[Any]], str | None]()

    def derived(node: mg.Node, i: int, names: Mapping[Any, str]) -> str | None:
        _, found = frozen.get(id(names)) or frozen.setdefault(id(names), (names, frozenset(names.items())))
        if (node, i, found) not in known:
            known[node, i, found] = local_derivative(node, i, names)
        return known[node, i, found]

    return derived
