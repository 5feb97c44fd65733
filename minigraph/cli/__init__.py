"""The command line: train a model, see what has come of it, look at its circuit and check its rules.

Wrong use is told in one line on the standard error, with exit code 2; what goes wrong in a model's own file is told with
that file and its line. What is said goes through rich, which wraps it to the terminal and writes no control codes into a
pipe.
"""

import importlib.metadata
import io
import sys
from collections.abc import Callable
from shutil import get_terminal_size
from typing import Annotated

import typer

import minigraph as mg
from minigraph.cli.help import Command, Commands
from minigraph.cli.loading import line_in_model
from minigraph.cli.pictures import check, draw, explain
from minigraph.cli.results import compare, evaluate, plot, predict
from minigraph.cli.say import INTERRUPTED, on_one_line, say
from minigraph.cli.training import train
from minigraph.training.loop.step import TERMINATED

__all__ = ["app", "main"]

COMMANDS: dict[Callable[..., None], tuple[str, ...]] = {
    train: (
        "models/two_layer.py --epochs 500 --out out/short",
        "models/two_layer.py --data flowers.csv --batch-size 32",
        "models/two_layer.py --optimizer adam --resume",
    ),
    evaluate: ("out/two_layer", "out/two_layer --data more.csv", "models/two_layer.py --data moons"),
    predict: ("out/two_layer new.csv -o predicted.csv",),
    plot: ("out/two_layer", "out/two_layer --parameters out/two_layer/best.safetensors"),
    compare: ("out/two_layer out/short",),
    draw: ("models/two_layer.py --derivatives --format png",),
    check: ("models/two_layer.py", "models/two_layer.py --data flowers.csv"),
    explain: (
        "models/two_layer.py",
        "models/two_layer.py --text --rows 5",
        "models/two_layer.py --derive W1 --out W1.html",
        "models/two_layer.py --parameters out/two_layer/model.safetensors",
    ),
}
"""The commands, in the order in which the help tells them, each with examples."""


app = typer.Typer(
    name="minigraph",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command, uses in COMMANDS.items():
    app.command(cls=Command, epilog="\n".join(f"minigraph {command.__name__} {use}" for use in uses))(command)


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
        say(f"minigraph {importlib.metadata.version('minigraph')}")
    elif context.invoked_subcommand is None:
        say(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, and give its exit code: 1 for a wrong gradient rule, 2 for wrong use, 130 and 143 for signals."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a stream that isn't Unicode has no ŷ
    try:
        width = min(get_terminal_size().columns, 80)
        code = int(app(arguments, prog_name="minigraph", terminal_width=width, standalone_mode=False) or 0)
        if code in (INTERRUPTED, TERMINATED):
            say("Stopped.", stderr=True)
        return code
    except typer.TyperException as error:
        message = error.format_message()
    except (Exception, SystemExit) as error:
        line = line_in_model(error)
        if not line and not isinstance(error, mg.MinigraphError):
            raise
        reason = error.msg if isinstance(error, SyntaxError) else error
        message = f"{line}: {type(error).__name__}: {reason}" if line else str(error)
    say(f"Error: {on_one_line(message)}", stderr=True)
    return 2
