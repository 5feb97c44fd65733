"""The rows that commands work on, read, split, or drawn at random."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.cli.say import on_one_line, say
from minigraph.core.errors import listing
from minigraph.training.data import Dataset, read, split
from minigraph.training.data.source import as_images
from minigraph.training.runs.folder import fraction_of
from minigraph.training.runs.trained import TrainedModel

__all__ = ["MOONS", "divided", "explained_rows", "load_rows", "random_rows", "rows_to_evaluate", "tell_columns"]

MOONS = "moons"


def load_rows(
    data: str, graph: mg.Graph, seed: int, model: TrainedModel | None = None, validation: str = ""
) -> tuple[Dataset, Dataset]:
    """The training set and the validation set: what is asked for, the one of the source, or a quarter of its rows.

    Those of a trained model that knows the columns of its table are read as it knows them.
    """
    if model is not None and model.columns is not None:
        return model.rows()
    if model is not None:
        validation = model.settings.validation
    shape = model.settings.sizes.get("shape") if model is not None else None
    rows = read(data, graph, seed=seed, **as_images(data, shape))
    tell_columns(data, rows, [] if "x" in graph.inputs else rows.features)
    return divided(rows, graph, seed, validation, shape)


def divided(
    rows: Dataset, graph: mg.Graph, seed: int, validation: str, shape: Sequence[int] | None = None
) -> tuple[Dataset, Dataset]:
    """Rows for training and validation: a fraction of them, or those of another source, numbered and ordered alike.

    Images of the other source make rows of the shape, where one is given.
    """
    fraction = fraction_of(validation)
    if not validation or fraction is not None:
        return split(rows, fraction, seed=seed)
    known: dict[str, Any] = {"classes": rows.classes, "features": rows.features, "label": rows.label}
    other = read(validation, graph, seed=seed, **known, **as_images(validation, shape))
    tell_columns(validation, other, rows.features)
    return rows.with_validation(None), other.with_validation(None)


def rows_to_evaluate(data: str, graph: mg.Graph, model: TrainedModel | None = None) -> Dataset:
    """The validation set of a source, or all its rows, numbered and ordered as the training of a model knew them."""
    rows = model.read(data, labelled=True) if model else read(data, graph)
    known = model.settings.features if model else ()
    tell_columns(data, rows, known if "x" in graph.inputs else rows.features)
    return rows.validation or rows


def tell_columns(source: str | Path, data: Dataset, known: Sequence[str]) -> None:
    """Say what is to be known of the rows of a table, and which columns were left out, if any were.

    Unless the names of the features are `known`, those left out are the columns that number the rows.
    """
    for note in data.notes:
        say(on_one_line(f"Note: {source}: {note}."), stderr=True)
    if data.left_out:
        names, many = listing(map(repr, data.left_out)), len(data.left_out) > 1
        if known:
            why = "are no features of the model" if many else "is no feature of the model"
        else:
            why = f"number{'' if many else 's'} the rows (called otherwise, it is a feature)"
        label = f" The label is {data.label!r}." if data.label else ""
        note = f"Note: {source}: the column{'s' * many} {names} {why} and {'were' if many else 'was'} left out.{label}"
        say(on_one_line(note), stderr=True)


def explained_rows(graph: mg.Graph, data: str | None, seed: int, count: int) -> dict[str, Any]:
    """Rows from where they are asked for; else of the moons, for a model that they fit, or drawn at random."""
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
