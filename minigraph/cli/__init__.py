"""The command line: train a model, see what has come of it, look at its circuit and check its rules.

Wrong use is reported in one line on the standard error, with exit code 2; what goes wrong in a model's own file is
reported with that file and its line. What is said goes through rich, which wraps it to the terminal and writes no control
codes into a pipe.
"""

import io
import re
import shlex
import sys
from collections.abc import Sequence
from importlib import import_module
from shutil import get_terminal_size
from signal import SIGTERM
from typing import Annotated, Any

import typer

import minigraph as mg
from minigraph.cli.options import SETTINGS, Commands, Later
from minigraph.cli.say import INTERRUPTED, on_one_line, say

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "train": (
        "minigraph.cli.training",
        "Train a model; write its pictures and parameters.",
        (
            "models/two_layer.py --epochs 500 --out out/short",
            "models/two_layer.py --data flowers.csv --set hidden=50",
            "models/two_layer.py --optimizer adam --resume",
        ),
    ),
    "new": (
        "minigraph.cli.new",
        "Write a model file to start from.",
        ("mymodel.py", "prices.py --task regression"),
    ),
    "evaluate": (
        "minigraph.cli.results",
        "Say how good a model is on rows.",
        ("out/two_layer", "out/two_layer --data more.csv", "models/two_layer.py --data moons"),
    ),
    "predict": (
        "minigraph.cli.results",
        "Predict the class, or the values, of rows.",
        ("out/two_layer new.csv -o predicted.csv",),
    ),
    "plot": (
        "minigraph.cli.results",
        "Draw a training, also one that is under way.",
        ("out/two_layer", "out/two_layer --parameters out/two_layer/best.safetensors"),
    ),
    "compare": ("minigraph.cli.results", "Set trainings side by side.", ("out/two_layer out/short",)),
    "draw": (
        "minigraph.cli.pictures",
        "Draw the circuit of a model.",
        ("models/two_layer.py --derivatives --format png",),
    ),
    "check": (
        "minigraph.cli.pictures",
        "Check every gradient rule by finite differences, and lint the graph.",
        ("models/two_layer.py", "models/two_layer.py --data flowers.csv"),
    ),
    "explain": (
        "minigraph.cli.pictures",
        "Step through backpropagation, on a page or as text, or derive one gradient.",
        (
            "models/two_layer.py",
            "models/two_layer.py --text --rows 5",
            "models/two_layer.py --derive W1 --out W1.html",
            "out/two_layer",
            "models/two_layer.py --parameters out/two_layer/model.safetensors",
        ),
    ),
    "export": (
        "minigraph.cli.export",
        "Write a model as ONNX, which other runtimes run.",
        ("out/two_layer model.onnx", "models/two_layer.py model.onnx --output probabilities"),
    ),
}
"""The commands in the order of the help: the module of each, imported when it is used, its first sentence, and examples."""
TAKE_ROWS = (["train"], ["evaluate"], ["check"], ["explain"])
"""The commands that take rows by an option, where predict takes them by an argument."""
TAKE_NO_CHOICE = (["evaluate"], ["check"], ["explain"])
"""The commands that take a table, and no choice of its columns."""
TAKES_NAMES = re.compile(r"--(label|drop|features|categories|numbers|dates|sample-weight|data|validation|out)|-o")
"""The options whose values may have spaces."""
CHOICE = re.compile(r"--(label|drop|features|categories|numbers|dates|missing)\b")
WHERE_COLUMNS_ARE_CHOSEN = "\n  Columns are chosen by minigraph train: give the folder that it writes, rather than the model."


app = typer.Typer(
    name="minigraph",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


@app.callback(
    invoke_without_command=True,
    epilog="""minigraph train models/two_layer.py
minigraph draw models/two_layer.py --derivatives
minigraph train --help""",
)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Compose a computational graph, see its gradient, train it."""
    if version:
        say(f"minigraph {import_module('importlib.metadata').version('minigraph')}")
    elif context.invoked_subcommand is None:
        say(context.get_help())


group: Any = typer.main.get_command(app)
for name, (module, summary, uses) in COMMANDS.items():
    group.add_command(Later(name, module, summary, "\n".join(f"minigraph {name} {use}" for use in uses)))


def _remedy(message: str, given: Sequence[str]) -> str:
    """What helps against wrong use, to stand behind the message that says what is wrong."""
    extra = re.search(r"unexpected extra arguments?(?:\(s\))? \((.*)\)", message)
    if extra and given[:1] == ["train"] and "=" in extra[1]:
        option = "--sweep" if "--sweep" in given else "--set"
        return f". Each is given with an option of its own: {' '.join(f'{option} {pair}' for pair in extra[1].split())}"
    if extra and (typed := _unquoted(extra[1], given)):
        return f". A name with spaces stands in quotes: {typed}"
    if extra and given[:1] in TAKE_ROWS:
        return ". Rows are given with --data"
    if "No such option: --data" in message and given[:1] == ["predict"]:
        return ". The rows follow the folder: minigraph predict DIR FILE"
    unknown = re.fullmatch(r"No such option: --([\w-]+)\.?", message)
    if unknown and given[:1] == ["train"]:
        return f". What build() takes is set by --set {unknown[1].replace('-', '_')}=VALUE"
    number = re.search(r"unable to parse string as (a|an integer)", message)
    comma = next((text for text in given if re.fullmatch(r"(--[\w-]+=)?-?\d*,\d+", text)), "")
    if number and comma:
        return f". Its decimal sign is a point: {comma.replace(',', '.')}"
    if message.startswith("Missing argument 'MODEL'"):
        return " To write a model to start from: minigraph new mymodel.py"
    if message.startswith("Missing argument 'FILE'") and given[:1] == ["export"]:
        return f" It is what to write: {shlex.join(['minigraph', *given, 'model.onnx'])}"
    return ""


def _unquoted(extra: str, given: Sequence[str]) -> str:
    """The option whose value the extra arguments go on, in quotes; nothing where they belong to none.

    Where no rows are given, an argument by itself may be they.
    """
    words = extra.split()
    separate = [part for each in given for part in (each.split("=", 1) if TAKES_NAMES.match(each) else [each])]
    for start, option in enumerate(separate):
        end = start + 2 + len(words)
        if TAKES_NAMES.fullmatch(option) and separate[start + 2 : end] == words and (words[1:] or "--data" in separate):
            return shlex.join([option, " ".join(separate[start + 1 : end])])
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, and give its exit code: 1 for a wrong gradient rule, 2 for wrong use, 130 and 143 for signals."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a stream that isn't Unicode has no ŷ
    more: list[str] = []
    given = sys.argv[1:] if arguments is None else arguments
    try:
        width = min(get_terminal_size().columns, 80)
        code = int(group.main(arguments, prog_name="minigraph", terminal_width=width, standalone_mode=False) or 0)
        if code in (INTERRUPTED, 128 + SIGTERM):
            say("Stopped.", stderr=True)
        return code
    except typer.TyperException as error:
        message = error.format_message()
        message += _remedy(message, given)
    except (Exception, SystemExit) as error:
        line = import_module("minigraph.training.runs.loading").line_in_model(error)
        if not line and not isinstance(error, mg.MinigraphError):
            raise
        reason = error.msg if isinstance(error, SyntaxError) else error
        message = f"{line}: {type(error).__name__}: {reason}" if line else str(error)
        if isinstance(error, mg.DataError):
            message += WHERE_COLUMNS_ARE_CHOSEN * (given[:1] in TAKE_NO_CHOICE and CHOICE.search(message) is not None)
            message, *more = message.split("\n  ")  # what is refused, column by column, and what to type
    say(f"Error: {on_one_line(message)}", stderr=True)
    for line in map(on_one_line, more):
        say(f"  {line}", stderr=True, whole=line.startswith(("--", "minigraph ")))
    return 2
