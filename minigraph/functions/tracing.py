"""Tracing: a function of NumPy arrays called with nodes in their place composes the graph of what it computes."""

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.provenance import PATH, within
from minigraph.core.sizes import SymbolicSize
from minigraph.core.values import FLOATING
from minigraph.ops.methods import TRACED
from minigraph.ops.trees import labelled_leaves, leaves

__all__ = ["checked", "name_of", "parameter_names", "trace", "traced"]


def trace(function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Graph:
    """The graph of a function of NumPy arrays: to draw, to derive, to compile.

    Parameters
    ----------
    function
        It is called once, and what it does with nodes is composed. It may loop, call other functions, and branch on anything
        but a node's value.
    *arguments, **named
        What it is called with. A shape, that is a tuple of sizes and names of axes such as `("N", 2)`, becomes an input of that
        shape, float32, with the name of the parameter; in a list or dict of shapes each does, as `params.W`. All else (arrays,
        numbers, texts, and nodes, such as an input of another type) is passed on as it is.

    Returns
    -------
    A graph with what the function gives as its output, under the function's own name; each part of a tuple or a list under
    that name and its place, and of a dict under its key. A node that a variable of the function holds is called by it, and
    what other functions of its package compose is a block.

    Raises
    ------
    OperationError
        Where the function asks for the value of a node, which has none until the graph runs, or gives anything but nodes.

    >>> import numpy as np
    >>> def loss(x, W):
    ...     a = np.tanh(x @ W)
    ...     return (a * a).mean()
    >>> graph = trace(loss, x=("N", 2), W=np.ones((2, 3)))
    >>> graph
    Graph (4 operations, 0 parameter elements): x (N × 2) → loss (scalar)
    >>> graph["a"]
    Tanh 'a' (N × 3, float32)
    """
    checked("trace", function)
    names = parameter_names(function)
    given = [_with_inputs(each, names[i] if i < len(names) else f"x{i}") for i, each in enumerate(arguments)]
    options = {name: _with_inputs(each, name) for name, each in named.items()}
    name = name_of(function, "output")
    with _watched(function) as variables:
        result = traced(function, given, options)
    parts = result if isinstance(result, dict) else {name: result}
    outputs = dict(each for key, part in parts.items() for each in labelled_leaves(part, str(key)))
    for label, leaf in outputs.items() or [(name, result)]:
        if not isinstance(leaf, Node):
            gives = f"{label} is {leaf!r}" if outputs else f"{name} gives {result!r}"
            raise OperationError(f"A graph has nodes as its outputs, but {gives}, which depends on no input.")
    return Graph(outputs, names=variables)


def _with_inputs(given: Any, name: str) -> Any:
    """What is given, with an input in the place of each shape."""
    if isinstance(given, tuple) and all(isinstance(axis, int | str | SymbolicSize) for axis in given):
        return Input(name, given)
    if isinstance(given, dict):
        return {key: _with_inputs(each, f"{name}.{key}") for key, each in given.items()}
    if isinstance(given, tuple | list):
        parts = [_with_inputs(each, f"{name}.{i}") for i, each in enumerate(given)]
        return parts if isinstance(given, list) else type(given)(*parts) if hasattr(given, "_fields") else tuple(parts)
    return given


@contextmanager
def _watched(function: Callable[..., Any]) -> Iterator[dict[str, Any]]:
    """The variables that a function has when it returns; while it is called, others of its package are blocks."""
    own = inspect.unwrap(function)
    code, package = getattr(own, "__code__", None), _package(own.__module__)
    variables: dict[str, Any] = {}
    paths: list[tuple[str, ...]] = []
    calls: Counter[tuple[str, ...]] = Counter()

    def watch(frame: Any, event: str, _: Any) -> None:
        if frame.f_code is code:
            if event == "return":
                variables.update(frame.f_locals)
        elif event == "call":
            paths.append(PATH.get())
            name = frame.f_code.co_name
            module = _package(frame.f_globals.get("__name__"))
            if name.isidentifier() and not name.startswith("__") and module == package != OWN:
                path = (*paths[-1], name)
                calls[path] += 1
                PATH.set((*paths[-1], f"{name}{calls[path]}") if calls[path] > 1 else path)
        elif event == "return" and paths:
            PATH.set(paths.pop())

    before, path_before = sys.getprofile(), PATH.get()
    sys.setprofile(watch)
    try:
        yield variables
    finally:
        sys.setprofile(before)
        PATH.set(path_before)  # the last call that was seen is this function's own, which goes on


OWN = "minigraph"


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]


def traced(function: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """What a function gives for nodes, whose floating-point type its own numbers have."""
    nodes = [leaf for leaf in leaves([*arguments, *named.values()]) if isinstance(leaf, Node)]
    types = {node.dtype for node in nodes if node.dtype.kind == "f"}
    floating = np.result_type(*types) if types else FLOATING.get()
    try:
        with within(TRACED, name_of(function, "the function")), within(FLOATING, floating):
            return function(*arguments, **named)
    except ValueError as error:  # NumPy's, of a node that is assigned into an array; what the node said is its cause
        if isinstance(error.__cause__, OperationError):
            raise error.__cause__.with_traceback(error.__traceback__) from None
        raise


def checked(transformation: str, function: Any) -> None:
    """Raise unless it is a function."""
    if isinstance(function, Node):
        instead = f"mg.gradient({function}, […])" if transformation != "trace" else f"mg.Graph({function})"
        raise OperationError(f"mg.{transformation} takes a function, and {function} is a node: {instead} takes it.")
    if not callable(function):
        raise OperationError(f"mg.{transformation} takes a function, not {function!r}.")


def name_of(function: Callable[..., Any], nameless: str) -> str:
    """What a function is called, or a lambda."""
    name = getattr(function, "__name__", type(function).__name__)
    return name if name.isidentifier() else nameless


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that a function takes by their places, as far as it says."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a function that is not written in Python need not say
        return []
    return [each.name for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
