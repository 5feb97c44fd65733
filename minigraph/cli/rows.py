"""The rows that commands work on: read, split, or drawn by chance."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.cli.say import on_one_line, say
from minigraph.errors import listing
from minigraph.training.data import Dataset, read, split

__all__ = ["explained_rows", "load_rows", "random_rows", "rows_to_judge", "tell_left_out"]

MOONS = "moons"


def load_rows(data: str, graph: mg.Graph, seed: int) -> tuple[Dataset, Dataset]:
    """The rows to learn from and those held out: what the source keeps for that, or a quarter of it."""
    rows = read(data, graph, seed=seed)
    tell_left_out(data, rows)
    return split(rows, seed=seed)


def rows_to_judge(
    data: str, graph: mg.Graph, seed: int, classes: Sequence[str] = (), features: Sequence[str] = (), label: str = ""
) -> Dataset:
    """All rows of a source, or those that it keeps to judge by, numbered and ordered as a training knew them."""
    rows = read(data, graph, classes=classes, features=features, label=label, seed=seed)
    tell_left_out(data, rows)
    return rows.held_out or rows


def tell_left_out(source: str | Path, data: Dataset) -> None:
    """Say which columns of a table were left out, if any were: none of them should be missed."""
    if data.left_out:
        names = listing(map(repr, data.left_out))
        those = f"columns {names} are no features of the model and were" if len(data.left_out) > 1 else (
            f"column {names} is no feature of the model and was"
        )
        label = f" The label is {data.label!r}." if data.label else ""
        say(on_one_line(f"Note: {source}: the {those} left out.{label}"), stderr=True)


def explained_rows(graph: mg.Graph, data: str | None, seed: int, count: int) -> dict[str, Any]:
    """Rows from where they are asked for; else of the moons, for a model that they fit, or drawn by chance."""
    shapes = {name: (len(node.shape), node.shape[1:]) for name, node in graph.inputs.items()}
    source = data or (MOONS if shapes == {"x": (2, (2,)), "y": (1, ())} else None)
    if source is None:
        return random_rows(graph, seed, count)
    try:
        return {name: array[:count] for name, array in load_rows(source, graph, seed)[0].items()}
    except mg.MissingPackageError:
        if data:
            raise
        return random_rows(graph, seed, count)


def random_rows(graph: mg.Graph, seed: int, count: int) -> dict[str, Any]:
    """A few rows for each input: standard normal numbers, and 0 or 1 for whole ones, which any label or index may be."""
    rng = np.random.default_rng(seed)
    shapes = {name: [axis if isinstance(axis, int) else count for axis in node.shape] for name, node in graph.inputs.items()}
    return {
        name: rng.standard_normal(shape) if graph.inputs[name].dtype.kind == "f" else rng.integers(0, 2, shape)
        for name, shape in shapes.items()
    }
