"""What a training is asked to do: its options, those of the run that is resumed, or what is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import minigraph as mg
from minigraph.cli.columns import typed_choices
from minigraph.compiler.engine import ENGINES
from minigraph.core.errors import listing, nearest
from minigraph.training.loop.checkpoint import FILE
from minigraph.training.optim import optimizers
from minigraph.training.runs.building import Build
from minigraph.training.runs.folder import Settings, is_run, read_settings

__all__ = ["OPTIMIZERS", "RATES", "asked_settings", "shown_argument"]

OPTIMIZERS: dict[str, Any] = {name.lower(): getattr(optimizers, name) for name in optimizers.__all__}
RATES = {"sgd": 0.1, "adagrad": 0.01, "lion": 0.0001, "muon": 0.02}
"""The learning rates of optimizers whose usual one isn't 0.001."""
DEFAULTS = {"data": "moons", "epochs": 4000, "optimizer": "sgd", "batch_size": None, "seed": 0}
KEPT = {
    "data": "data",
    "table": "",
    "arguments": "set",
    "optimizer": "optimizer",
    "batch_size": "batch-size",
    "seed": "seed",
    "standardize": "standardize",
}
"""The settings that a run keeps when it is resumed, and their options."""


def asked_settings(
    model: str, folder: Path, asked: dict[str, Any], resume: bool, pairs: Sequence[str] | None = None
) -> Settings:
    """What was asked for, of build() in pairs; of the rest, what a run that is resumed was asked for, or what is usual."""
    if pairs:
        asked = {**asked, "arguments": Build(model).read(pairs)}
    before: dict[str, Any] = {}
    if resume and is_run(folder) and (folder / FILE).exists():
        before = asdict(read_settings(folder))
    for name, option in KEPT.items():
        if before and name in asked and not _same(asked[name], before[name]):
            now, was = _typed(option, asked[name]), _typed(option, before[name])
            none = before[name] is None or before[name] is False or before[name] == {}
            raise mg.GraphError(
                f"{folder} was trained {'without' if none else 'with'} {was or now}: leave {now} out to resume it, or choose "
                "another folder with --out."
            )
    known = {**DEFAULTS, "classes": [], "features": [], **before, **asked, "model": model}
    if known["optimizer"] not in OPTIMIZERS:
        name = known["optimizer"]
        raise mg.UnknownNameError(f"--optimizer {name} is none of {listing(OPTIMIZERS)}.{nearest(name, OPTIMIZERS)}")
    if (engine := known.get("engine", "numpy")) not in ENGINES:
        raise mg.UnknownNameError(f"--engine {engine} is none of {listing(ENGINES)}.{nearest(engine, ENGINES)}")
    return Settings(**{"lr": RATES.get(known["optimizer"], 0.001), **known})


def _typed(option: str, value: Any) -> str:
    """An option as it is typed: a switch takes no value."""
    if isinstance(value, dict):
        return typed_arguments(value) if option == "set" else typed_choices(value)
    return f"--{option}" if isinstance(value, bool | None) else f"--{option} {value}"


def typed_arguments(asked: Mapping[str, Any]) -> str:
    """What is set of build(), as it is typed."""
    return " ".join(f"--set {name}={shown_argument(value)}" for name, value in asked.items())


def shown_argument(value: Any) -> str:
    """A value that is set, as it is typed.

    >>> shown_argument((8, 16)), shown_argument(True), shown_argument(0.1)
    ('8,16', 'true', '0.1')
    """
    if isinstance(value, tuple | list):
        return ",".join(map(shown_argument, value))
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _same(asked: Any, before: Any) -> bool:
    """Whether two settings are the same, however a file is written."""
    return asked == before or (isinstance(before, str) and Path(asked).resolve() == Path(before).resolve())
