"""`minigraph train --sweep`: a training for each combination of values, and which has the smallest validation loss."""

import io
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

import minigraph as mg
from minigraph.cli.results import draw_run
from minigraph.cli.say import on_one_line, say, say_table
from minigraph.core.errors import listing
from minigraph.training.runs.building import Build
from minigraph.training.runs.folder import kept_line, read_log, read_settings

__all__ = ["run_sweep"]

SETTINGS: dict[str, type] = {
    "lr": float,
    "batch_size": int,
    "epochs": int,
    "optimizer": str,
    "schedule": str,
    "weight_decay": float,
    "clip_norm": float,
    "class_weights": str,
    "seed": int,
}
"""The options of a training that may be swept, beside the parameters of build()."""
MOST = 200
"""How many trainings a sweep has at most."""


def run_sweep(train: Callable[..., None], given: Mapping[str, Any]) -> None:
    """Train with each combination into a folder of its own, and say which has come to the smallest validation loss.

    `given` are the arguments of `train`. The values are checked before the first training. The validation set alone chooses; a
    training whose loss stops being finite comes last.
    """
    swept = _swept(given["sweep"], Build(given["model"]), given["pairs"] or ())
    combinations = [dict(zip(swept, values, strict=True)) for values in product(*swept.values())]
    if len(combinations) > MOST:
        raise mg.GraphError(f"--sweep asks for {len(combinations)} trainings, and {MOST} are the most: leave some values out.")
    found: list[tuple[float, int, dict[str, str], Path]] = []
    for number, values in enumerate(combinations, 1):
        name = " ".join(f"{key}={value}" for key, value in values.items())
        folder = given["out"] / name.replace(" ", "_").replace("/", "-")
        say(f"{number} of {len(combinations)}: {name}", stderr=True)
        try:
            with redirect_stdout(io.StringIO()):
                train(**{**given, "sweep": None, "pictures": False, "out": folder, **_arguments(values, given["pairs"] or ())})
        except mg.NonFiniteError as error:
            say(f"Note: {on_one_line(str(error).splitlines()[0])}", stderr=True)
            found.append((np.nan, 0, values, folder))
            continue
        kept = kept_line(folder, read_settings(folder), read_log(folder))
        found.append((kept["validation loss"], kept["epoch"], values, folder))
    found.sort(key=lambda each: (np.isnan(each[0]), each[0]))
    say_table(
        [
            (*values.values(), *((f"{loss:#.4g}", str(epoch)) if epoch else ("not finite", "–")), str(folder))
            for loss, epoch, values, folder in found
        ],
        (*swept, read_settings(found[0][3]).called("validation loss"), "epoch kept", "folder"),
    )
    if np.isnan(found[0][0]):
        raise mg.NonFiniteError(
            "No training of the sweep has a finite validation loss: lower the learning rates, or --standardize."
        )
    folder = found[0][3]
    if given["pictures"]:
        draw_run(folder)
    say(f"\nThe best by the validation set: {folder}. How good it is on rows that chose nothing:")
    say(f"minigraph evaluate {shlex.quote(str(folder))} --data FILE", whole=True)


def _arguments(values: Mapping[str, str], pairs: Sequence[str]) -> dict[str, Any]:
    """The arguments of a training for one combination."""
    options = {name: SETTINGS[name](value) for name, value in values.items() if name in SETTINGS}
    asked = [f"{name}={value.replace('+', ',')}" for name, value in values.items() if name not in SETTINGS]
    return {**options, "pairs": [*pairs, *asked]}


def _swept(asked: Sequence[str], build: Build, pairs: Sequence[str]) -> dict[str, list[str]]:
    """The values of each setting, as they are typed; what is none of the training's settings is a parameter of build()."""
    found: dict[str, list[str]] = {}
    for pair in " ".join(asked).split():
        name, sign, texts = pair.partition("=")
        name = name.replace("-", "_") if name.replace("-", "_") in SETTINGS else name
        values = [text for text in texts.split(",") if text]
        if not sign or not name or len(values) < 2 or name in found or len(set(values)) < len(values):
            raise mg.GraphError(f"--sweep {pair}: it is given as in --sweep lr=0.1,0.01, each name once, with several values.")
        if any(each.partition("=")[0].strip() == name for each in pairs):
            raise mg.GraphError(f"--sweep {pair}: {name} is set by --set too. Leave one out.")
        for value in values:
            _check(name, value, build)
        found[name] = values
    return found


def _check(name: str, value: str, build: Build) -> None:
    """Refuse a value that no training takes."""
    if name not in SETTINGS:
        try:
            build.read_value(name, value.replace("+", ","))
        except mg.UnknownNameError as error:
            raise mg.UnknownNameError(
                f"--sweep {name}: it is neither a setting, {listing(SETTINGS, 'nor')}, nor a parameter of build(). {error}"
            ) from None
        return
    try:
        SETTINGS[name](value)
    except ValueError:
        word = "a whole number" if SETTINGS[name] is int else "a number"
        raise mg.GraphError(f"--sweep {name}={value}: {name} is {word}.") from None
