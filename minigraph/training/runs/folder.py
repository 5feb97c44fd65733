"""A run's folder: with what settings it was trained, how it went, and the model as it is now."""

import json
import os
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import nearest
from minigraph.core.graph import Graph
from minigraph.interop.files import FileError, FormatError, read_bytes, write_whole
from minigraph.training.data.source import EXAMPLES
from minigraph.training.loop.callbacks import BEST
from minigraph.training.loop.targets import standardized_rows
from minigraph.training.runs.loading import is_file, load_model, parts

__all__ = ["CONFIG", "LOG", "PARAMETERS", "Settings", "is_run", "open_model", "read_log", "read_settings"]

CONFIG, LOG, PARAMETERS = "config.json", "log.jsonl", "model.safetensors"


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
    standardize: bool = False
    tensorboard: bool = False
    engine: str = "numpy"

    def write(self, folder: Path) -> None:
        """Write config.json."""
        known = {**asdict(self), "model": _moved(self.model, Path(), folder), "data": _moved(self.data, Path(), folder)}
        write_whole(folder / CONFIG, f"{json.dumps(known, indent=1, ensure_ascii=False)}\n".encode(), "The config")


def _moved(place: str, start: Path, end: Path) -> str:
    """A model or data, named as seen from `start`, named as seen from `end`."""
    if place in EXAMPLES or not (is_file(parts(place)[0]) or (start / place).exists()):
        return place
    return os.path.relpath(start / place, end)


def is_run(folder: Path) -> bool:
    """Whether the folder holds a run."""
    return (folder / CONFIG).is_file()


def read_settings(folder: Path) -> Settings:
    """The settings of the run in the folder."""
    if not is_run(folder):
        what = f"holds no {CONFIG}" if folder.is_dir() else "is no folder"
        beside = [str(other) for other in folder.parent.glob("*") if is_run(other)]
        raise FileError(
            f"{folder} {what}: give the folder of a training, that `minigraph train --out DIR` wrote."
            f"{nearest(str(folder), beside)}"
        )
    try:
        known = json.loads(read_bytes(folder / CONFIG, "settings"))
        given = [field.name for field in fields(Settings) if field.default is MISSING or field.name in known]
        settings = Settings(**{name: known[name] for name in given})
        moved = {"model": _moved(settings.model, folder, Path()), "data": _moved(settings.data, folder, Path())}
        return Settings(**{**asdict(settings), **moved})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(
            f"{folder / CONFIG} is not what a training writes ({type(error).__name__}: {error}). Train again into the folder."
        ) from None


def open_model(folder: Path, settings: Settings, parameters: Path | None = None) -> Graph:
    """The trained model: with the parameters asked for, else those at the end, or the best of a run that hasn't ended."""
    graph = load_model(settings.model, settings.seed)
    if settings.standardize:
        graph = standardized_rows(graph)
    files = [parameters] if parameters else [file for name in (PARAMETERS, BEST) if (file := folder / name).is_file()]
    if not files:
        raise FileError(f"{folder} holds no parameters yet: no epoch of its training is done.")
    graph.load(files[0])
    return graph


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The lines of the log, an epoch each; one that a kill has cut short is left out."""
    if not (folder / LOG).is_file():
        raise FileError(f"{folder} holds no {LOG}: give the folder of a training.")
    lines = [line for text in read_bytes(folder / LOG, "a log").splitlines() if (line := _line(text)) is not None]
    if not lines:
        raise FormatError(f"{folder / LOG} holds no epoch yet: there is nothing to show.")
    return lines


def _line(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    if not isinstance(line, dict):
        return None
    return {name: np.nan if figure is None else figure for name, figure in line.items()}
