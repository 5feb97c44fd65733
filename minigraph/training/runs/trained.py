"""`mg.open`: the folder of a training in Python again, to predict with it and to measure it."""

import os
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import InputError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.interop.files import FormatError
from minigraph.training.checks import quoted, row_shape
from minigraph.training.data.columns import NUMBERING
from minigraph.training.data.dataset import Dataset, split
from minigraph.training.data.frames import NamedColumns, is_frame
from minigraph.training.data.loader import Data, is_loader
from minigraph.training.data.raw import read_raw
from minigraph.training.data.source import as_images, read, takes_columns
from minigraph.training.data.table import NO_LABELS
from minigraph.training.data.tabular import encoded, kind_for
from minigraph.training.loop.evaluation import Predictor
from minigraph.training.loop.scoring import scores
from minigraph.training.metrics.scores import remarks
from minigraph.training.runs.folder import COLUMNS, Settings, fraction_of, open_model, read_columns, read_settings
from minigraph.training.runs.predictions import Predictions

__all__ = ["TrainedModel", "open"]


class TrainedModel:
    """A model as a training left it in its folder, with what it knows of its rows: `mg.open` gives it.

    Attributes
    ----------
    folder : Path
        The folder.
    graph : Graph
        The graph with its trained parameters, to draw, to derive, to train further.
    settings : Settings
        What the training was asked for.
    columns : ColumnTransformer or None
        What was learned of the columns of a table; rows are given as that table has them.
    """

    def __init__(self, folder: Path, graph: Graph, settings: Settings) -> None:
        self.folder, self.graph, self.settings = folder, graph, settings
        self.columns = read_columns(folder)

    @cached_property
    def predictor(self) -> Predictor:
        """The part of the graph that needs no labels, compiled."""
        return Predictor(self.graph)

    @property
    def classes(self) -> Sequence[str]:
        """The names of the classes in the order of the probabilities; none where the model gives values."""
        if not self.predictor.classifies:
            return ()
        (probabilities,) = self.predictor.graph.outputs.values()
        names = self.settings.classes
        return (*names, *map(str, range(len(names), int(probabilities.shape[1]))))

    def read(self, source: Any, labelled: bool = False) -> Dataset:
        """The rows of a file, a folder or a frame for the model's inputs, its columns and classes as the training knew them.

        Images, in a folder, a list or a file by itself, are resized to the size and turned to the mode of the training's.
        Rows to predict have no labels, those to measure the model on are `labelled`.
        """
        graph, known = (self.graph, self.settings.classes) if labelled else (self.predictor.graph, ())
        if self.columns is not None:
            kind = kind_for(self.graph) if labelled else NO_LABELS
            return encoded(read_raw(source), self.columns, kind, self.settings.classes)
        if self.settings.label and takes_columns(self.graph.inputs) and isinstance(source, str | os.PathLike):
            problem = f"{self.folder} holds no {COLUMNS}, which says how the table that it was trained on writes its numbers"
            raise FormatError(f"{problem}. Train again.")
        asked: dict[str, Any] = {"features": self.settings.features, "label": self.settings.label, "labelled": labelled}
        data = read(source, graph, classes=known, seed=self.settings.seed, **asked, **self._images(source))
        if is_frame(source) and not labelled:  # of a file they are known since it was read
            ids = {name: source[name] for name in data.left_out if name.lower() in NUMBERING}
            named = read_raw(ids) if ids else None
            data.ids = {name: tuple(cells) for name, cells in named.cells.items()} if named else {}
        return data

    def validation(self) -> Dataset:
        """The training's own validation set, read again from where its rows came from."""
        return self.rows()[1]

    def rows(self) -> tuple[Dataset, Dataset]:
        """The training's own rows, for training and for validation, read again from where they came from."""
        source, validation, seed = self.settings.data, self.settings.validation, self.settings.seed
        data = self.read(source, labelled=True) if self.columns is not None else self._read_own(source)
        fraction = fraction_of(validation)
        if validation and fraction is None:
            return data.with_validation(None), self.read(validation, labelled=True)
        return split(data, fraction, seed=seed)

    def _read_own(self, source: str) -> Dataset:
        return read(source, self.graph, seed=self.settings.seed, **self._images(source))

    def _images(self, source: Any) -> dict[str, Any]:
        """How images are read: with the size and the mode that made the rows which build() was handed."""
        return as_images(source, self.settings.sizes.get("shape"))

    def predict(self, rows: Any) -> Predictions:
        """What the model predicts for rows: their classes with all probabilities, or their values.

        Parameters
        ----------
        rows : path, frame, mapping, list of mappings or array_like
            A file or a folder, as `minigraph predict` takes it; a list of the files of images; a frame; one row, or lists of
            values, by the names of the columns: {"length": 5.1, "width": 3.5}; a list of such rows, as JSON has them; an array,
            N × features; or the array of each input by its name, which a model of several inputs takes.

        Returns
        -------
        Predictions
            In the order of the rows; of no rows, none.

        Raises
        ------
        MinigraphError
            For rows that the model does not take, with the column, and in a file the line.
        """
        data = self._rows(rows)
        ids, notes = (data.ids, data.notes) if isinstance(data, Dataset) else ({}, ())
        return Predictions(self.predictor(data), self.classes, ids, self.settings.label, notes)

    def evaluate(self, rows: Any = None) -> dict[str, Any]:
        """The figures over labelled rows, all at once: those of the training's validation set unless rows are given.

        Parameters
        ----------
        rows : path, frame or mapping, optional
            A file, a folder or a frame with its labels, or the array of each input by its name.

        Returns
        -------
        dict
            Each figure by name: the loss; of a classifier accuracy, largest class, balanced accuracy, F1, AUC, log loss,
            calibration error and confusion, a matrix; of values RMSE, MAE and R².

        Warns
        -----
        UserWarning
            Where the model answers the same class for every row.
        """
        if rows is None:
            data: Any = self.validation()
        else:
            data = self.read(rows, labelled=True) if isinstance(rows, str | os.PathLike) or is_frame(rows) else rows
        figures = scores(self.graph, data)
        for remark in remarks(figures, self.classes):
            warnings.warn(remark, stacklevel=2)
        return figures

    def _rows(self, rows: Any) -> ArrayLike | Data:
        """The rows as the predictor takes them."""
        if isinstance(rows, Dataset):
            return rows
        if _are_none(rows):
            return {
                name: np.empty((0, *(row_shape(node) or ())), node.dtype) for name, node in self.predictor.graph.inputs.items()
            }
        listed = isinstance(rows, list | tuple)
        if isinstance(rows, str | os.PathLike) or is_frame(rows) or (listed and isinstance(rows[0], str | os.PathLike)):
            return self.read(rows)
        if listed and all(isinstance(row, Mapping) for row in rows):
            rows = _transposed(rows)
        if not isinstance(rows, Mapping):
            return rows if is_loader(rows) or len(self.predictor.graph.inputs) > 1 else np.asarray(rows)
        inputs = self.predictor.graph.inputs
        features = self.settings.features if self.columns is None else list(self.columns.kinds)
        if not features or (rows.keys() >= inputs.keys() and not rows.keys() >= set(features)):
            return {name: rows[name] if np.ndim(rows[name]) else [rows[name]] for name in rows}
        missing = [name for name in features if name not in rows]
        if missing:
            raise InputError(
                f"The rows give no {listing(map(repr, missing), 'or')}, which the model was trained on; they give "
                f"{listing(map(repr, rows))}.{nearest(missing[0], list(map(str, rows)))}"
            )
        return self.read(NamedColumns({str(name): _column(str(name), cells) for name, cells in rows.items()}))

    def __repr__(self) -> str:
        return f"TrainedModel in {self.folder}: {self.graph!r}"


def _are_none(rows: Any) -> bool:
    """Whether it is a list or a frame of no rows, or columns without any."""
    if isinstance(rows, Mapping):
        return bool(rows) and all(np.shape(column)[:1] == (0,) for column in rows.values())
    return len(rows) == 0 if isinstance(rows, list | tuple) or is_frame(rows) else False


def _column(name: str, cells: Any) -> list[Any]:
    """A column as a list; of a single row its only cell."""
    if isinstance(cells, str) or np.ndim(cells) == 0:
        return [cells.item() if isinstance(cells, np.ndarray) else cells]
    if np.ndim(cells) != 1:
        raise InputError(f"The rows give {name!r} as {quoted(cells)} of {np.ndim(cells)} axes, and a column has one.")
    return list(cells)


def _transposed(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The columns of rows that are mappings, all of the same names."""
    for number, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            odd = sorted(map(str, row.keys() ^ rows[0].keys()))
            raise InputError(f"Row {number} has other names than row 0: {listing(map(repr, odd))} is in one of them alone.")
    return {name: [row[name] for row in rows] for name in rows[0]}


def open(folder: str | os.PathLike[str], parameters: str | os.PathLike[str] | None = None) -> TrainedModel:
    """The model that a training left in a folder, as `minigraph train --out FOLDER` does.

    The model's own file is run to build the graph, as any import is: open only what you would run.

    Parameters
    ----------
    folder : str or path
        The folder. While its training goes on, the parameters are those with the smallest validation loss so far.
    parameters : str or path, optional
        Another safetensors file with parameters, such as FOLDER/best.safetensors.

    Returns
    -------
    TrainedModel
        It predicts, measures and holds the graph.

    Raises
    ------
    FileError, FormatError
        Where the folder holds no training, or no parameters yet.

    Examples
    --------
    >>> import tempfile
    >>> from models import logistic_regression
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     settings = Settings("models.logistic_regression", "moons", 1, "sgd", 0.1, None, 0, ["no", "yes"], ["u", "v"])
    ...     settings.write(Path(folder))
    ...     _ = logistic_regression.build().save(Path(folder, "model.safetensors"))
    ...     model = open(folder)
    >>> model.predict([{"u": 0.0, "v": 1.0}, {"u": 1.0, "v": -0.5}]).values.shape
    (2,)
    """
    settings = read_settings(Path(folder))
    graph = open_model(Path(folder), settings, Path(parameters) if parameters is not None else None)
    return TrainedModel(Path(folder), graph, settings)
