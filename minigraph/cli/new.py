"""`minigraph new`: a commented model file to start from."""

from importlib.resources import files
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

import minigraph as mg
from minigraph.cli.say import say
from minigraph.core.errors import listing
from minigraph.interop.files import write_whole
from minigraph.training.runs.loading import NOT_A_MODEL

__all__ = ["new"]

TASKS = ("classification", "regression")
"""What a model to start from learns: the names of the files in starts/."""


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE.py", help="The file to write.")],
    task: Annotated[
        str,
        typer.Option(metavar="|".join(TASKS), help="What it learns: which class a row is of, or a value of it."),
    ] = TASKS[0],
) -> None:
    """Write a model file to start from.

    It says with comments what each line does, trains on any table as it stands, and is yours to change. A file that is there is
    not written over.
    """
    if task not in TASKS:
        raise mg.UnknownNameError(f"--task is {listing(TASKS, 'or')}, not {task!r}.")
    if file.suffix != ".py":
        raise mg.FileError(f"A model is a Python file: give a name that ends in .py, such as {file.with_suffix('.py')}.")
    if file.stem in NOT_A_MODEL:
        raise mg.FileError(f"{file} would hide the package {file.stem} from the models beside it: give another name.")
    if file.exists() or file.is_symlink():
        raise mg.FileError(f"{file} is there already, and is not written over: give another name.")
    text = files("minigraph.cli.starts").joinpath(f"{task}.py").read_text(encoding="utf-8")
    write_whole(file, text.replace("{file}", quote(str(file))).encode(), "The model")
    say(f"Written to {file}. To train it:")
    say(f"minigraph train {quote(str(file))} --data YOUR.csv --label NAME", whole=True)
