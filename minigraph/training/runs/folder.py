"""A run's folder: with what settings it was trained, how it went, and the model as it is now."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import GraphError, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.interop.files import FileError, FormatError, read_bytes, write_whole
from minigraph.interop.safetensors import read_tensors
from minigraph.training.data.examples import EXAMPLES
from minigraph.training.data.transformer import ColumnTransformer
from minigraph.training.loop.callbacks import BEST, MILESTONES, milestones
from minigraph.training.loop.checkpoint import FILE, read
from minigraph.training.loop.history import best_epoch
from minigraph.training.loop.targets import standardized_rows
from minigraph.training.runs.building import load_model
from minigraph.training.runs.loading import is_file, parts

__all__ = [
    "COLUMNS",
    "CONFIG",
    "LOG",
    "PARAMETERS",
    "SCORES",
    "Settings",
    "is_run",
    "kept_epoch",
    "kept_line",
    "moments",
    "open_model",
    "read_columns",
    "read_log",
    "read_scores",
    "read_settings",
    "runs_in",
    "fraction_of",
    "with_parameters",
    "write_scores",
]

CONFIG, COLUMNS, LOG, PARAMETERS = "config.json", "columns.json", "log.jsonl", "model.safetensors"
SCORES = "scores.json"


@dataclass(frozen=True)
class Settings:
    """What a training was asked to do, and the names of its classes and columns, where they are known.

    A model or data given as a file is written as a path from the run's folder, so that it is found from any other.
    """

    model: str
    data: str
    epochs: int
    optimizer: str
    lr: float
    batch_size: int | None
    seed: int
    classes: list[str]
    features: list[str]
    label: str = ""
    standardize: bool | None = None
    """Whether x and values to predict are standardised; None before it is known whether they are a table."""
    tensorboard: bool = False
    engine: str = "numpy"
    validation: str = ""
    """The fraction of the rows for validation, or where its rows come from."""
    early_stopping: int | None = None
    schedule: str = ""
    scheduled: int = 0
    """Over how many epochs the learning rate follows its schedule."""
    weight_decay: float = 0.0
    clip_norm: float | None = None
    class_weights: str = ""
    image_size: str = ""
    """The side of images, or their height and width with an x between."""
    image_mode: str = ""
    table: dict[str, Any] = field(default_factory=dict)
    """What was asked for of a table's columns."""
    sizes: dict[str, Any] = field(default_factory=dict)
    """What the data has given build() to know."""
    arguments: dict[str, Any] = field(default_factory=dict)
    """What was set of the parameters of build()."""

    def called(self, name: str) -> str:
        """What a figure of the log is called beside those of the model itself, in which every row counts alike.

        >>> settings = Settings("m.py", "moons", 1, "sgd", 0.1, None, 0, [], [], class_weights="balanced")
        >>> settings.called("validation loss"), settings.called("validation accuracy")
        ('validation weighted loss', 'validation accuracy')
        """
        weighs = self.class_weights or "sample_weight" in self.table
        return f"{name.removesuffix('loss')}weighted loss" if weighs and name in ("loss", "validation loss") else name

    def write(self, folder: Path) -> None:
        """Write config.json."""
        moved = {name: _moved(getattr(self, name), Path(), folder) for name in PLACES}
        known = {**asdict(self), **moved}
        write_whole(folder / CONFIG, f"{json.dumps(known, indent=1, ensure_ascii=False)}\n".encode(), "The config")


PLACES = ("model", "data", "validation")
"""The settings that may be files."""


def fraction_of(validation: str) -> float | None:
    """The fraction of the rows that are for validation, None for a place; a GraphError for a number that is no fraction.

    >>> fraction_of("0.2"), fraction_of("20%"), fraction_of("later.csv"), fraction_of("")
    (0.2, 0.2, None, None)
    """
    try:
        fraction = float(validation.removesuffix("%")) / (100 if validation.endswith("%") else 1)
    except ValueError:
        return None
    if not 0 < fraction < 1:
        raise GraphError(f"--validation {validation}: a fraction of the rows lies between 0 and 1, such as 0.2.")
    return fraction


def _moved(place: str, start: Path, end: Path) -> str:
    """A model or data, named as seen from `start`, named as seen from `end`."""
    if not place or place in EXAMPLES or not (is_file(parts(place)[0]) or (start / place).exists()):
        return place
    return os.path.relpath(start / place, end)


def is_run(folder: Path) -> bool:
    """Whether the folder holds a run."""
    return (folder / CONFIG).is_file()


def runs_in(folder: Path) -> list[Path]:
    """The runs in the folders of a folder, as a sweep writes them, in the order of their names."""
    return sorted(other for other in folder.glob("*") if is_run(other))


def read_settings(folder: Path) -> Settings:
    """The settings of the run in the folder."""
    if not is_run(folder):
        what = f"holds no {CONFIG}" if folder.is_dir() else "is no folder"
        if within := runs_in(folder):
            raise FileError(f"{folder} holds no training itself, but the folders of some: give one{_best_of(within)}.")
        beside = list(map(str, runs_in(folder.parent)))
        raise FileError(
            f"{folder} {what}: give the folder of a training, that `minigraph train --out DIR` wrote."
            f"{nearest(str(folder), beside)}"
        )
    try:
        known = json.loads(read_bytes(folder / CONFIG, "settings"))
        must = [each.name for each in fields(Settings) if each.default is each.default_factory is MISSING]
        given = [*must, *(each.name for each in fields(Settings) if each.name in known and each.name not in must)]
        settings = Settings(**{name: known[name] for name in given})
        lists = {name: _with_tuples(getattr(settings, name)) for name in ("sizes", "arguments")}
        moved = {name: _moved(getattr(settings, name), folder, Path()) for name in PLACES}
        return Settings(**{**asdict(settings), **moved, **lists})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{folder / CONFIG} is not what a training writes ({type(error).__name__}: {error}). Train again into the folder."
        ) from None


def _best_of(folders: Sequence[Path]) -> str:
    """Which of the folders has the smallest validation loss; nothing where they are not alike in what they were asked.

    Losses of different data, labels or weights of classes are not to be compared.
    """
    if len(folders) == 1:
        return f", such as {folders[0]}"
    try:
        asked = {folder: read_settings(folder) for folder in folders}
        losses = {folder: kept_line(folder, asked[folder], read_log(folder))["validation loss"] for folder in folders}
    except (GraphError, FileError, FormatError, KeyError):
        return ""
    found = [folder for folder in sorted(folders) if np.isfinite(losses[folder])]
    if len(set(map(_rows_and_loss, asked.values()))) > 1 or not found:
        return ""
    best = min(found, key=losses.__getitem__)
    return f", such as {best}, which has the smallest {asked[best].called('validation loss')}, {losses[best]:#.4g}"


def _rows_and_loss(settings: Settings) -> str:
    """What two trainings have alike if their losses are to be compared."""
    return str(
        [
            getattr(settings, name)
            for name in ("model", "data", "validation", "label", "standardize", "class_weights", "table", "seed")
        ]
    )


def _with_tuples(known: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON has as lists, as the tuples that it was."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}


def rebuilt_model(settings: Settings) -> Graph:
    """The model as it was built for its training, before any parameters are read."""
    graph = load_model(settings.model, settings.seed, settings.sizes, settings.arguments)
    return standardized_rows(graph) if settings.standardize else graph


def open_model(folder: Path, settings: Settings, parameters: Path | None = None) -> Graph:
    """The trained model: with the parameters asked for, else those at the end, or the best of a run that hasn't ended."""
    graph = rebuilt_model(settings)
    files = [parameters] if parameters else [file for name in (PARAMETERS, BEST) if (file := folder / name).is_file()]
    if not files:
        raise FileError(f"{folder} holds no parameters yet: no epoch of its training is done.")
    graph.load(files[0])
    return graph


def with_parameters(graph: Graph, file: Path) -> Graph:
    """A model with the parameters of a file; where a training has written it that standardised x, the model does so too."""
    if file.suffix == ".safetensors" and "x.mean" in read_tensors(file)[0] and "x.mean" not in graph.variables:
        graph = standardized_rows(graph)
    graph.load(file)
    return graph


def read_columns(folder: Path) -> ColumnTransformer | None:
    """What was learned of the columns of a table; None where the rows were none."""
    return ColumnTransformer.load(folder / COLUMNS) if (folder / COLUMNS).is_file() else None


def moments(folder: Path, settings: Settings) -> tuple[Graph, dict[str, dict[str, Any]]]:
    """The run's model with the parameters at its last moment, and those at each moment of the training that the folder holds.

    The moments are the start, the milestones, the best epoch, the last checkpoint and the end, by their epochs; of two after
    one another that are alike in every number the earlier is left out.
    """
    graph = rebuilt_model(settings)
    found = {"the start": _copies(graph.parameters)}
    for _, label, file in sorted(_stored(folder, settings), key=lambda each: each[0]):
        stored = folder / file
        graph.load(_parameters_of(stored, graph) if file == FILE else stored)
        found[label] = _copies(graph.variables)
    if len(found) == 1:
        raise FileError(f"{folder} holds no parameters yet: no epoch of its training is done.")
    labels = list(found)
    alike = [one for one, after in pairwise(labels) if _alike(found[one], found[after])]
    return graph, {label: arrays for label, arrays in found.items() if label not in alike}


def _parameters_of(checkpoint: Path, graph: Graph) -> dict[str, Any]:
    """The values of a graph's variables in a checkpoint, which holds the optimizer's too."""
    stored, _ = read(checkpoint)
    return {name: each.array for name, each in stored.items() if name in graph.variables}


def _stored(folder: Path, settings: Settings) -> Iterator[tuple[int, str, str]]:
    """The files of parameters in a run's folder: when they were written, and what they are; of one epoch the last counts."""
    log = read_log(folder)
    for epoch, file in milestones(folder):
        yield epoch, f"epoch {epoch}", f"{MILESTONES}/{file.name}"
    if (folder / BEST).is_file():
        epoch = best_epoch([line.get("validation loss", np.nan) for line in log])
        yield epoch, f"best (epoch {epoch})", BEST
    if (folder / FILE).is_file():
        epoch = read(folder / FILE)[1]["epoch"]
        yield epoch, f"checkpoint (epoch {epoch})", FILE
    if (folder / PARAMETERS).is_file():
        kept, last = kept_line(folder, settings, log)["epoch"], log[-1]["epoch"]
        yield last, f"the end (epoch {last})" if kept == last else f"kept at the end (epoch {kept})", PARAMETERS


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name], equal_nan=True) for name in one)


def _copies(variables: Mapping[str, Variable]) -> dict[str, Any]:
    return {name: np.array(variable.value) for name, variable in variables.items()}


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of the log, an epoch each; one that a kill has cut short is left out."""
    if not (folder / LOG).is_file():
        raise FileError(f"{folder} holds no {LOG}: give the folder of a training.")
    lines = [line for text in read_bytes(folder / LOG, "a log").splitlines() if (line := _line(text)) is not None]
    if not lines:
        raise FormatError(f"{folder / LOG} holds no epoch yet: there is nothing to show.")
    return lines


def write_scores(folder: Path, scores: Mapping[str, Any]) -> None:
    """Write those of the figures that are numbers; JSON has none that is not finite."""
    numbers = {name: float(figure) for name, figure in scores.items() if np.ndim(figure) == 0}
    known = {name: figure if np.isfinite(figure) else None for name, figure in numbers.items()}
    write_whole(folder / SCORES, f"{json.dumps(known, ensure_ascii=False)}\n".encode(), "The figures")


def read_scores(folder: Path) -> dict[str, float]:
    """The figures of the trained model over all validation rows at once; none where the training has not ended."""
    lines = read_bytes(folder / SCORES, "figures").splitlines() if (folder / SCORES).is_file() else []
    return next((found for line in lines if (found := _line(line)) is not None), {})


def kept_epoch(settings: Settings, losses: Sequence[float], ended: bool = True) -> int:
    """The epoch whose parameters a training keeps: with early stopping, or until it has ended, the best, else the last."""
    return best_epoch(losses) if settings.early_stopping or not ended else len(losses)


def kept_line(folder: Path, settings: Settings, log: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The line of the log with the figures of the parameters that a folder keeps, which `mg.open` takes."""
    losses = [line.get("validation loss", np.nan) for line in log]
    return log[kept_epoch(settings, losses, (folder / PARAMETERS).is_file()) - 1]


def _line(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict):
        return None
    return {name: np.nan if figure is None else figure for name, figure in line.items()}
