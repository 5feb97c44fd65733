"""What a training is asked to do: its options, those of the run that is resumed, or what is usual."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import minigraph as mg
from minigraph.cli.columns import typed_choices
from minigraph.cli.options import images_as_asked
from minigraph.cli.rows import MOONS
from minigraph.compiler.engine import ENGINES
from minigraph.core.errors import listing, nearest
from minigraph.training.loop.checkpoint import FILE
from minigraph.training.loop.class_weights import BALANCED
from minigraph.training.optim import optimizers
from minigraph.training.optim.schedules import SCHEDULES
from minigraph.training.runs.building import Build
from minigraph.training.runs.folder import Settings, fraction_of, is_run, read_settings

__all__ = [
    "OF_MOONS",
    "OF_ROWS",
    "OPTIMIZERS",
    "PATIENCE",
    "RATES",
    "asked_settings",
    "optimizer_of",
    "shown_argument",
    "weights_of",
]

OPTIMIZERS: dict[str, Any] = {name.lower(): getattr(optimizers, name) for name in optimizers.__all__}
RATES = {"sgd": 0.1, "adagrad": 0.01, "lion": 0.0001, "muon": 0.02}
"""The learning rates of optimizers whose usual one isn't 0.001."""
DEFAULTS = {"data": MOONS, "seed": 0}
OF_MOONS = {"epochs": 4000, "optimizer": "sgd", "batch_size": None}
"""How the moons are learned, which come with the network of the README: by gradient descent, as a textbook has it."""
OF_ROWS = {"epochs": 1000, "optimizer": "adam", "batch_size": 32}
"""How all other rows are. Unless --epochs says for how long, it is until the validation loss gets no better."""
PATIENCE = 20
OF_DATA = ("table", "image_size", "image_mode")
"""The settings that are about the rows that are given."""
KEPT = {
    "data": "data",
    "table": "",
    "arguments": "set",
    "optimizer": "optimizer",
    "batch_size": "batch-size",
    "seed": "seed",
    "standardize": "standardize",
    "validation": "validation",
    "early_stopping": "early-stopping",
    "schedule": "schedule",
    "class_weights": "class-weights",
    "image_size": "image-size",
    "image_mode": "image-mode",
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
        if before and name in asked and not _same(name, asked[name], before[name]):
            now, was = _typed(option, asked[name]), _typed(option, before[name])
            none = before[name] is None or before[name] in ({}, "")
            raise mg.GraphError(
                f"{folder} was trained {'without' if none else 'with'} {was or now}: leave {now} out to resume it, or choose "
                "another folder with --out."
            )
    about = {name: KEPT[name] for name in OF_DATA if name in asked and "data" not in asked and not before}
    if about:
        typed = " ".join(_typed(option, asked[name]) for name, option in about.items())
        raise mg.GraphError(f"{typed}: there is no --data. Say where the rows are that it is about, --data FILE.")
    usual = OF_MOONS if {**DEFAULTS, **before, **asked}["data"] == MOONS else OF_ROWS
    if usual is OF_ROWS and "epochs" not in asked:
        usual = {**usual, "early_stopping": PATIENCE}
    known = {**DEFAULTS, **usual, "classes": [], "features": [], **before, **asked, "model": model}
    if known["optimizer"] not in OPTIMIZERS:
        name = known["optimizer"]
        raise mg.UnknownNameError(f"--optimizer {name} is none of {listing(OPTIMIZERS)}.{nearest(name, OPTIMIZERS)}")
    schedule = known.get("schedule", "")
    if schedule and schedule not in SCHEDULES:
        raise mg.UnknownNameError(f"--schedule {schedule} is none of {listing(SCHEDULES)}.{nearest(schedule, SCHEDULES)}")
    if not before.get("scheduled"):
        known["scheduled"] = known["epochs"] if schedule else 0
    if (engine := known.get("engine", "numpy")) not in ENGINES:
        raise mg.UnknownNameError(f"--engine {engine} is none of {listing(ENGINES)}.{nearest(engine, ENGINES)}")
    return Settings(**{"lr": RATES.get(known["optimizer"], 0.001), **known})


def optimizer_of(settings: Settings, rows: int) -> Any:
    """The optimizer of a training on so many rows, with its learning rate or its schedule."""
    rate: Any = settings.lr
    if settings.schedule:
        steps = settings.scheduled * -(-rows // (settings.batch_size or rows))
        rate = SCHEDULES[settings.schedule](settings.lr, steps)
    return OPTIMIZERS[settings.optimizer](rate, weight_decay=settings.weight_decay, clip_norm=settings.clip_norm)


def weights_of(classes: str) -> str | list[float] | None:
    """What --class-weights asks for: balanced, or a number for each class."""
    if classes in ("", BALANCED):
        return classes or None
    try:
        return [float(cell) for cell in classes.split(",")]
    except ValueError:
        raise mg.GraphError(
            f"--class-weights is {BALANCED}, or a number for each class with commas between, not {classes!r}."
        ) from None


def _typed(option: str, value: Any) -> str:
    """An option as it is typed: a switch takes no value."""
    if isinstance(value, dict):
        return typed_arguments(value) if option == "set" else typed_choices(value)
    if isinstance(value, bool):
        return f"--{option}" if value else f"--no-{option}"
    return f"--{option}" if value is None or value == "" else f"--{option} {value}"


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


def _same(name: str, asked: Any, before: Any) -> bool:
    """Whether two settings are the same, however a file or a number is written.

    >>> _same("data", "a/../rows.csv", "rows.csv"), _same("class_weights", "1,2", "1.0,2"), _same("validation", "0.20", "0.2")
    (True, True, True)
    >>> _same("schedule", "./cosine", "cosine"), _same("validation", ".", "")
    (False, False)
    """
    if asked == before or not asked or not before or name not in READ:
        return bool(asked == before)
    return bool(READ[name](asked) == READ[name](before))


def _part_or_file(validation: str) -> Any:
    part = fraction_of(validation)
    return Path(validation).resolve() if part is None else part


READ: dict[str, Callable[[str], Any]] = {
    "data": lambda source: Path(source).resolve(),
    "validation": _part_or_file,
    "class_weights": weights_of,
    "image_size": lambda size: images_as_asked(size, ""),
}
"""What a setting stands for that can be written in several ways."""
