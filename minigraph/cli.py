"""The command line: `minigraph train`, `minigraph draw`, `minigraph check` and `minigraph explain`.

Wrong use is told in one line on the standard error, with exit code 2; what goes wrong in a model's own file is told with
that file and its line. What is said goes through rich, which wraps it to the terminal and writes no control codes into a
pipe.
"""

import importlib.metadata
import io
import sys
import tempfile
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

import minigraph as mg
from minigraph.errors import nearest
from minigraph.explain.render import FORMATS
from minigraph.explain.terminal import steps_table
from minigraph.extras import optional
from minigraph.loading import line_in_model, load_model, model_name
from minigraph.training.data import Dataset, moons, read_csv, split
from minigraph.training.history import History
from minigraph.training.plots import plot_boundary
from minigraph.training.progress import shown

__all__ = ["app", "main"]

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C has stopped."""
FEW = 5
"""How many rows the rules are checked on."""
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A Python file with a function build() that gives a Graph, or a dotted name: package.module, or "
        "package.module:function for another function than build.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Where chance starts; build() is given it, if it takes one.")]

app = typer.Typer(
    name="minigraph", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    invoke_without_command=True,
    epilog="\b\nExamples:\n  minigraph train models/two_layer.py\n  minigraph draw models/two_layer.py --derivatives\n"
    "  minigraph train --help",
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


@app.command(
    epilog="\b\nExamples:\n  minigraph train models/two_layer.py --epochs 500 --out out/short\n"
    "  minigraph train models/two_layer.py --data flowers.csv --batch-size 32",
)
def train(
    model: Model,
    data: Annotated[
        str,
        typer.Option(
            metavar="moons|FILE.csv",
            help="Two half moons, or a CSV file: its last column is the label, for the input y, the others are for x.",
        ),
    ] = "moons",
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="How many times every row is learned from.")] = 4000,
    lr: Annotated[float, typer.Option(metavar="X", help="The learning rate of gradient descent.")] = 0.1,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many rows make a step.  [default: all of them]")
    ] = None,
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go.  [default: out/NAME-OF-THE-MODEL]")] = None,
) -> None:
    """Train a model; write its pictures and parameters.

    Gradient descent makes the loss smaller, and the accuracy is also taken on rows held out: a second draw of the moons,
    or a quarter of the file. The folder gets circuit, derivatives and run (.svg and .png), loss.png, boundary.png
    where rows are points in the plane, and model.safetensors.
    """
    graph, optimizer = load_model(model, seed), mg.SGD(lr)
    rows, held_out = load_rows(data, seed)
    folder = ready(out or Path("out", model_name(model)))
    history = mg.train(
        graph, rows, optimizer=optimizer, epochs=epochs, batch_size=batch_size, validation=held_out, seed=seed
    )
    say("\n".join(shown(name, figures[-1]) for name, figures in history.items()))
    written = write_results(graph, history, rows, folder)
    say(f"\nWritten to {folder}:")
    say_table(written)


@app.command(epilog="\b\nExample:\n  minigraph draw models/two_layer.py --derivatives --format png")
def draw(
    model: Model,
    derivatives: Annotated[bool, typer.Option("--derivatives", help="Write the local derivative on every wire.")] = False,
    format: Annotated[
        str | None, typer.Option(metavar="|".join(FORMATS), help="The format.  [default: the suffix of FILE, or svg]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write.  [default: out/NAME-OF-THE-MODEL/circuit.svg]")
    ] = None,
) -> None:
    """Draw the circuit of a model.

    The wires show names and shapes, or the local derivatives.
    """
    graph = load_model(model)
    format = format and format.lower()
    file = out or Path("out", model_name(model), "derivatives" if derivatives else "circuit")
    if file.is_dir():
        raise mg.FileError(f"--out {file} is a folder: give the file to write.")
    if not file.suffix:
        file = file.with_name(f"{file.name}.{format or 'svg'}")
    if format and file.suffix.lower() != f".{format}":
        raise mg.FormatError(f"--out {file} and --format {format} ask for two formats: leave --format out.")
    graph.draw(file, derivatives=derivatives)
    say(f"Written to {file}")


@app.command(
    epilog="\b\nExamples:\n  minigraph check models/two_layer.py\n  minigraph check models/two_layer.py --data flowers.csv"
)
def check(
    model: Model,
    data: Annotated[
        str | None, typer.Option(metavar="moons|FILE.csv", help="Where the rows come from.  [default: drawn by chance]")
    ] = None,
    seed: Seed = 0,
) -> None:
    """Check every gradient rule by finite differences.

    The rows are drawn by chance, unless a file gives them. The exit code is 1 when a rule is wrong.
    """
    graph = load_model(model, seed)
    rows = {name: array[:FEW] for name, array in load_rows(data, seed)[0].items()} if data else random_rows(graph, seed)
    try:
        report = mg.check_gradients(graph, **rows)
    except mg.NonFiniteError as error:
        hint = "" if data else "\n  The rows were drawn from a standard normal distribution: give some that fit with --data."
        raise mg.NonFiniteError(f"{error}{hint}") from error
    say_table(
        [("ok" if rule.ok else "WRONG", str(rule.node), f"for {rule.operand}", f"{rule.error:.0e}") for rule in report],
        ("", "rule", "", "error"),
    )
    wrong = [rule for rule in report if not rule.ok]
    for rule in wrong:
        say(
            f"\n{rule.node}, made at {rule.node.line}: for {rule.operand} its backward gives {rule.backward:.6g}, finite "
            f"differences {rule.difference:.6g}{f', at {list(rule.worst)}' if rule.worst else ''}."
        )
    say(f"\n{'Every rule is right' if report.ok else f'Wrong: {len(wrong)} of {len(report.rows)} derivatives'}.")
    if not report.ok:
        raise typer.Exit(1)


@app.command(
    epilog="\b\nExamples:\n  minigraph explain models/two_layer.py\n  minigraph explain models/two_layer.py --text --rows 5\n"
    "  minigraph explain models/two_layer.py --parameters out/two_layer/model.safetensors",
)
def explain(
    model: Model,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page to write.  [default: out/NAME-OF-THE-MODEL/explain.html]")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the steps as a table instead of writing a page.")] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="moons|FILE.csv",
            help="Where the rows come from.  [default: moons for inputs x of two features and y of labels, else chance]",
        ),
    ] = None,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="On how many rows the model runs.")] = 20,
    parameters: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A safetensors file with the model's parameters. Give it again for each moment of a training, in order: a "
            "slider on the page goes through them.",
        ),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Step through backpropagation, on a page or as text.

    The page is one file for any browser, and needs no network: each step forward and back on the circuit, with its numbers, its
    rule and a quiz.
    """
    if text and out:
        raise mg.FileError(f"--text prints the steps and --out {out} writes a page: leave one out.")
    graph = load_model(model, seed)
    moments = {}
    for file in parameters or []:
        graph.load(file)
        moments[str(file)] = {name: variable.value for name, variable in graph.variables.items()}
    run = graph.forward(**explained_rows(graph, data, seed, rows))
    if text:
        console = Console(highlight=False)
        console.print(steps_table(run, width=console.width))
        return
    file = out or Path("out", model_name(model), "explain.html")
    run.explain(file, snapshots=dict(list(moments.items())[:-1]), title=f"{model_name(model)}: backpropagation, step by step")
    say(f"Written to {file}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, and give its exit code: 1 for a wrong gradient rule, 2 for wrong use, 130 for Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a stream that isn't Unicode has no ŷ
    try:
        width = min(get_terminal_size().columns, 80)
        code = int(app(arguments, prog_name="minigraph", terminal_width=width, standalone_mode=False) or 0)
        if code == INTERRUPTED:
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


def on_one_line(text: str) -> str:
    """The text without line breaks, and without what would steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def load_rows(data: str, seed: int) -> tuple[Dataset, Dataset]:
    """The rows to learn from and those held out: of the moons a second draw, of a file a quarter."""
    if data == "moons":
        return moons(seed=seed), moons(seed=seed + 1)
    if not Path(data).exists():
        known = ["moons", *map(str, Path().glob("*.csv"))]
        raise mg.FileError(f"--data {data} is neither moons nor a file.{nearest(data, known)}")
    return split(read_csv(data), seed=seed)


def explained_rows(graph: mg.Graph, data: str | None, seed: int, count: int) -> dict[str, Any]:
    """Rows from where they are asked for; else of the moons, for a model that they fit, or drawn by chance."""
    shapes = {name: (len(node.shape), node.shape[1:]) for name, node in graph.inputs.items()}
    source = data or ("moons" if shapes == {"x": (2, (2,)), "y": (1, ())} else None)
    if source is None:
        return random_rows(graph, seed, count)
    try:
        return {name: array[:count] for name, array in load_rows(source, seed)[0].items()}
    except mg.MissingPackageError:
        if data:
            raise
        return random_rows(graph, seed, count)


def random_rows(graph: mg.Graph, seed: int, count: int = FEW) -> dict[str, Any]:
    """A few rows for each input: standard normal numbers, and 0 or 1 for whole ones, which any label or index may be."""
    rng = np.random.default_rng(seed)
    shapes = {name: [axis if isinstance(axis, int) else count for axis in node.shape] for name, node in graph.inputs.items()}
    return {
        name: rng.standard_normal(shape) if graph.inputs[name].dtype.kind == "f" else rng.integers(0, 2, shape)
        for name, shape in shapes.items()
    }


def ready(folder: Path) -> Path:
    """The folder, made where it is missing. Whether results can be written there is known before the training, not after."""
    optional("matplotlib", "matplotlib", "train")
    optional("safetensors", "safetensors", "train")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise mg.FileError(f"{folder} cannot hold the results: {error.strerror}. Choose another with --out.") from None
    return folder


def write_results(graph: mg.Graph, history: History, rows: Dataset, folder: Path) -> list[tuple[str, ...]]:
    """Write what a training leaves; each file with what it shows."""
    graph.save(folder / "model.safetensors")
    run = graph.forward(**rows)
    for suffix in ("svg", "png"):
        graph.draw(folder / f"circuit.{suffix}")
        graph.draw(folder / f"derivatives.{suffix}", derivatives=True)
        run.draw(folder / f"run.{suffix}")
    history.plot(folder / "loss.png")
    written: list[tuple[str, ...]] = [
        ("circuit.svg, .png", "the circuit, with its shapes"),
        ("derivatives.svg, .png", "the local derivative on every wire"),
        ("run.svg, .png", "the values and gradients after training"),
        ("loss.png", "the loss and the accuracy, epoch by epoch"),
        ("model.safetensors", "the parameters"),
    ]
    try:
        plot_boundary(graph, rows, folder / "boundary.png")
    except mg.GraphError:
        return written  # it does not put points of the plane into classes
    return [*written, ("boundary.png", "where the classes part")]


def say(text: str, stderr: bool = False) -> None:
    """Print text; only a terminal wraps it."""
    console = Console(stderr=stderr, highlight=False)
    console.print(text, markup=False, soft_wrap=not console.is_terminal)


def say_table(rows: list[tuple[str, ...]], header: tuple[str, ...] = ()) -> None:
    """Print rows in columns; a narrow terminal wraps within them."""
    table = Table(box=None, show_header=bool(header), pad_edge=False, padding=(0, 2, 0, 0))
    for title in header or [""] * len(rows[0]):
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)
