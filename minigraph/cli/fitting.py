"""A model built to fit its data: the rows are read for the kinds of its inputs, and build() is handed their sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minigraph as mg
from minigraph.cli.columns import read_columns_of, rows_of
from minigraph.cli.rows import divided, tell_columns
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.source import read_of_any_size, shaped
from minigraph.training.data.tabular import Tabular
from minigraph.training.data.transformer import Choices
from minigraph.training.runs.building import NOTHING, Build, sizes_of

__all__ = ["FittedModel", "check_nothing_set", "fit_model", "model_as_set"]

FREE = {"x": {"features", "shape"}, "y": {"outputs"}}
"""The parameters of build() with which the rows of an input may have another size than by its defaults."""


@dataclass(frozen=True)
class FittedModel:
    """A graph and its rows; `table` is that of a table with a header."""

    graph: mg.Graph
    rows: Dataset
    validation: Dataset
    sizes: Mapping[str, Any]
    table: Tabular | None = None

    def head(self, count: int) -> dict[str, Any]:
        """The first rows of those for training."""
        return {name: array[:count] for name, array in self.rows.items()}


def fit_model(
    model: str,
    data: str,
    seed: int = 0,
    asked: Mapping[str, Any] = NOTHING,
    choices: Mapping[str, Any] = NOTHING,
    validation: str = "",
    images: Mapping[str, Any] = NOTHING,
) -> FittedModel:
    """Build a model for the rows of a source, with what is asked for and what the source gives.

    The rows for validation are a fraction of them, or another source; unless given, the source's own or a quarter.
    `images` are the size and the mode that are asked for of images, as `read` takes them.
    """
    build = Build(model)
    graph = build.before_data(seed, asked)
    table = None if images else read_columns_of(data, graph, Choices(**choices), seed, validation)
    if table is None:
        free = [name for name, of in FREE.items() if of & build.parameters.keys()]
        rows = read_of_any_size(data, graph, free, seed, **images)
        sizes = sizes_of(rows, graph, rows.validation)
        graph = build({**sizes, "seed": seed}, asked)
        rows = shaped(rows, data, graph)
        tell_columns(data, rows, [] if "x" in graph.inputs else rows.features)
        return FittedModel(graph, *divided(rows, graph, seed, validation, sizes.get("shape")), sizes)
    sizes = sizes_of(table.training, graph, table.validation)
    graph = build({**sizes, "seed": seed}, asked)
    return FittedModel(graph, *rows_of(table, graph), sizes, table)


def model_as_set(model: str, pairs: Sequence[str] | None = None, seed: int = 0) -> mg.Graph:
    """A model without its data: by its defaults, but for what is set in NAME=VALUE."""
    build = Build(model)
    return build({"seed": seed}, build.read(pairs or ()))


def check_nothing_set(folder: Path, pairs: Sequence[str] | None) -> None:
    """Raise where the model of a training's folder is to be built otherwise than it was."""
    if pairs:
        raise mg.GraphError(f"--set {pairs[0]}: {folder} holds a model as it was trained, of which nothing can be set.")
