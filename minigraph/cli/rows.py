"""The rows that commands work on: read, split, or drawn by chance."""

from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.errors import listing, nearest
from minigraph.training.data import Dataset, moons, read_csv, split

__all__ = ["explained_rows", "load_rows", "random_rows", "rows_to_judge"]

MOONS = "moons"


def load_rows(data: str, seed: int) -> tuple[Dataset, Dataset]:
    """The rows to learn from and those held out: of the moons a second draw, of a file a quarter."""
    if data == MOONS:
        return moons(seed=seed), moons(seed=seed + 1)
    return split(_read(data), seed=seed)


def rows_to_judge(data: str, seed: int, classes: list[str]) -> Dataset:
    """All rows of a file, or the moons that are held out; their labels numbered as the `classes` of a training were."""
    if data == MOONS:
        return moons(seed=seed + 1)
    rows = _read(data)
    if not classes or list(rows.classes) == classes:
        return rows
    for name in rows.classes:
        if name not in classes:
            raise mg.DataError(
                f"{data}: the label {name!r} is none that the model was trained on: it knows {listing(classes)}."
                f"{nearest(name, classes)}"
            )
    number = np.array([classes.index(name) for name in rows.classes])
    return Dataset({**rows, "y": number[rows["y"]]}, classes, rows.features)


def _read(data: str) -> Dataset:
    if not Path(data).exists():
        known = [MOONS, *map(str, Path().glob("*.csv"))]
        raise mg.FileError(f"--data {data} is neither moons nor a file.{nearest(data, known)}")
    return read_csv(data)


def explained_rows(graph: mg.Graph, data: str | None, seed: int, count: int) -> dict[str, Any]:
    """Rows from where they are asked for; else of the moons, for a model that they fit, or drawn by chance."""
    shapes = {name: (len(node.shape), node.shape[1:]) for name, node in graph.inputs.items()}
    source = data or (MOONS if shapes == {"x": (2, (2,)), "y": (1, ())} else None)
    if source is None:
        return random_rows(graph, seed, count)
    try:
        return {name: array[:count] for name, array in load_rows(source, seed)[0].items()}
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
