"""Checks of what training is asked for, and how a message quotes what was given instead."""

import os
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from minigraph.core.errors import GraphError, InputError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy

__all__ = [
    "check_arrays",
    "check_fields",
    "check_figure",
    "check_graph",
    "check_number",
    "check_whole",
    "classification_losses",
    "row_classification_loss",
    "numbers",
    "quoted",
    "row_shape",
]


def quoted(value: Any) -> str:
    """How a message speaks of what was given instead: text as it is, nodes and classes by name, anything else by its kind."""
    if isinstance(value, str | int | float):
        return repr(value)
    if isinstance(value, Node):
        return f"the node {value}"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    kind = type(value).__name__
    return f"{'an' if kind == 'ndarray' or kind[0] in 'AEIOaeio' else 'a'} {kind}"


def check_graph(what: str, given: Any) -> None:
    """Raise unless a graph is given; `what` begins the error: "What is trained"."""
    if not isinstance(given, Graph):
        raise GraphError(f"{what} is a Graph, such as mg.Graph(loss=loss), not {quoted(given)}.")


def check_arrays(what: str, given: Any) -> None:
    """Raise unless arrays are given by name; `what` begins the error: "The training data"."""
    if not isinstance(given, Mapping):
        remedy = ""
        if isinstance(given, str | os.PathLike):
            remedy = "\n  mg.data.read(…) gives it of a file, a folder or an example."
        elif hasattr(type(given), "columns") or hasattr(type(given), "column_names"):
            lazy = hasattr(given, "collect")
            remedy = "\n  Its collect() gives its rows." if lazy else "\n  mg.data.read(frame) gives it of a table in memory."
        elif all(hasattr(type(given), name) for name in ("__getitem__", "__len__")) and not hasattr(given, "__array__"):
            remedy = (
                "" if isinstance(given, list | tuple) else "\n  A DataLoader gives batches of what has one row after the other."
            )
        elif isinstance(given, float):
            remedy = "\n  training, validation = mg.data.split(data, 0.2) takes a fraction of the rows for validation."
        raise InputError(
            f"{what} gives each input's array by its name, {{'x': …, 'y': …}}, and is not {quoted(given)}.{remedy}"
        )


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise unless `value`, the argument called `name`, is a whole number that is not below `least`."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise GraphError(f"{name} is a whole number, {least} or more, not {value!r}.")


def check_number(
    name: str, value: Any, *, least: float | None = None, above: float | None = None, below: float | None = None
) -> None:
    """Raise unless `value` is a finite number that is not below `least`, is larger than `above` and smaller than `below`."""
    number = isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(float(value))
    fits = number and (least is None or value >= least) and (above is None or value > above)
    if not fits or (below is not None and value >= below):
        bounds = [f"{least:g} or more" if least is not None else "", f"more than {above:g}" if above is not None else ""]
        bounds.append(f"less than {below:g}" if below is not None else "")
        raise GraphError(f"{name} is a number, {' and '.join(filter(None, bounds))}, not {value!r}.")


def check_fields(found: Any, kinds: Mapping[str, type]) -> None:
    """Raise a ValueError unless what was read is a mapping with exactly these fields, each of its kind, no number negative."""
    if not isinstance(found, dict) or found.keys() != kinds.keys():
        raise ValueError(f"its fields are not {', '.join(kinds)}")
    for name, kind in kinds.items():
        if type(found[name]) is not kind or (kind is int and found[name] < 0):
            raise ValueError(f"{name} is no {kind.__name__}")


def numbers(found: Any) -> np.ndarray[Any, Any]:
    """Numbers that were read, in lists within lists, as an array of float64, or a ValueError where they are none."""
    flat = [found]
    while any(isinstance(each, list) for each in flat):
        flat = [each for item in flat for each in (item if isinstance(item, list) else [item])]
    if any(type(each) not in (int, float) for each in flat):
        raise ValueError(f"{quoted(found)} is no number")
    try:
        return np.asarray(found, np.float64)
    except OverflowError:
        raise ValueError("a number is too large") from None


def row_shape(node: Node) -> tuple[int, ...] | None:
    """The shape of a row of an input, or None where it has no rows, or rows of no fixed shape."""
    sizes = tuple(size for size in node.shape[1:] if isinstance(size, int))
    return sizes if len(sizes) == node.ndim - 1 else None


def check_figure(name: str, known: Sequence[str], owner: str) -> None:
    """Raise unless the figure is one of those that a run measures; `owner` looks at it."""
    if name not in known:
        hint = " Give validation data." if name.startswith("validation ") and f"validation {known[0]}" not in known else ""
        raise UnknownNameError(f"{owner} looks at {name!r}, and a run measures {listing(known)}.{hint or nearest(name, known)}")


def classification_losses(nodes: Iterable[Node]) -> list[SoftmaxCrossEntropy]:
    """The losses among the nodes that compare scores with labels."""
    return [node for node in nodes if isinstance(node, SoftmaxCrossEntropy) and node.operands[1].dtype.kind in "iu"]


def row_classification_loss(nodes: Iterable[Node]) -> SoftmaxCrossEntropy | None:
    """The one loss among the nodes that compares scores with labels, where it does so row by row (N × classes); else None."""
    found = classification_losses(nodes)
    return found[0] if len(found) == 1 and found[0].operands[0].ndim == 2 and found[0].axis == 1 else None
