"""`minigraph draw`, `minigraph check` and `minigraph explain`: a model looked at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import minigraph as mg
from minigraph.cli.columns import tell_label
from minigraph.cli.fitting import check_nothing_set, fit_model, model_as_set
from minigraph.cli.options import SOURCES, Seed, SetOption
from minigraph.cli.rows import explained_rows, load_rows, random_rows, rows_to_evaluate
from minigraph.cli.say import say, say_table
from minigraph.explain.circuit.render import FORMATS
from minigraph.explain.circuit.theme import THEMES
from minigraph.explain.circuit.view import Depth
from minigraph.explain.page.terminal import steps_table
from minigraph.training.runs.building import Build
from minigraph.training.runs.folder import is_run, moments, read_settings, with_parameters
from minigraph.training.runs.loading import model_name
from minigraph.training.runs.trained import TrainedModel
from minigraph.training.runs.trained import open as open_run

__all__ = ["check", "draw", "explain"]

FEW = 5
"""How many rows the rules are checked on."""
ModelOrRun = Annotated[
    str,
    typer.Argument(
        metavar="MODEL|DIR",
        help="A Python file with a function build() that gives a Graph, or a dotted name: package.module, or "
        "package.module:function for another function than build; or the folder of a training.",
    ),
]


def draw(
    model: ModelOrRun,
    pairs: SetOption = None,
    derivatives: Annotated[bool, typer.Option("--derivatives", help="Write the local derivative on every wire.")] = False,
    depth: Annotated[
        str | None,
        typer.Option(
            metavar="N|all",
            help="How many levels of blocks are opened; all shows every node.  [default: as many as a page can hold]",
        ),
    ] = None,
    path: Annotated[
        tuple[str, str] | None, typer.Option(metavar="FROM TO", help="Two nodes: how the one reaches the other stands out.")
    ] = None,
    theme: Annotated[str, typer.Option(metavar="|".join(THEMES), help="Where it is shown.")] = "screen",
    width: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="How wide the place is where it is shown.  [default: that of the theme]"),
    ] = None,
    direction: Annotated[str, typer.Option(metavar="right|down", help="Where the data flows to.")] = "right",
    legend: Annotated[bool, typer.Option("--legend/--no-legend", help="Whether a legend stands below.")] = True,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What stands above.  [default: nothing]")] = None,
    digits: Annotated[int, typer.Option(metavar="N", help="For how many digits of a number its wires have room.")] = 3,
    scale: Annotated[
        float | None, typer.Option(metavar="N", help="How many pixels a PNG has for each point.  [default: 2, for print 4]")
    ] = None,
    format: Annotated[
        str | None, typer.Option(metavar="|".join(FORMATS), help="The format.  [default: the suffix of FILE, or svg]")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The file to write.  [default: out/NAME-OF-THE-MODEL-circuit.svg, or circuit.svg in the training's folder]",
        ),
    ] = None,
) -> None:
    """Draw the circuit of a model.

    The wires show names and shapes, or the local derivatives. Of equal blocks in a row one is shown.
    """
    trained = _trained(model, pairs)
    graph = trained.graph if trained else model_as_set(model, pairs)
    format = format and format.lower()
    file = out or _place(model, "derivatives" if derivatives else "circuit")
    if file.is_dir():
        raise mg.FileError(f"--out {file} is a folder: give the file to write.")
    if not file.suffix:
        file = file.with_name(f"{file.name}.{format or 'svg'}")
    if format and file.suffix.lower() != f".{format}":
        raise mg.FormatError(f"--out {file} and --format {format} ask for two formats: leave --format out.")
    look: dict[str, Any] = {"theme": theme, "width": width, "direction": direction, "legend": legend, "title": title}
    look |= {"digits": digits, "scale": scale}
    graph.draw(file, derivatives=derivatives, depth=_depth(depth), path=path, **look)
    say(f"Written to {file}")


def _place(model: str, name: str) -> Path:
    """Where a picture goes unless it is said: into a training's folder; of a model beside those, which hold their own."""
    return Path(model, name) if is_run(Path(model)) else Path("out", f"{model_name(model)}-{name}")


def _trained(model: str, pairs: Sequence[str] | None) -> TrainedModel | None:
    """The model of a training's folder, where it is one, of which nothing can be set."""
    if not is_run(Path(model)):
        return None
    check_nothing_set(Path(model), pairs)
    return open_run(model)


def _trained_rows(trained: TrainedModel, data: str | None, count: int) -> dict[str, Any]:
    """Rows of a source as the training knew its columns, unless one is given the training's own, for the model's inputs."""
    graph, settings = trained.graph, trained.settings
    rows = rows_to_evaluate(data, graph, trained) if data else load_rows(settings.data, graph, settings.seed, trained)[0]
    return {name: rows[name][:count] for name in graph.inputs}


def _depth(given: str | None) -> Depth:
    """The depth that --depth asks for."""
    if given is None or given == "all":
        return "fit" if given is None else None
    if not given.isdecimal():
        raise mg.GraphError(f"--depth is a number of levels from 0, or all, not {given!r}.")
    return int(given)


def check(
    model: ModelOrRun,
    pairs: SetOption = None,
    data: Annotated[
        str | None,
        typer.Option(metavar=SOURCES, help="Where the rows come from.  [default: the training's, or drawn at random]"),
    ] = None,
    seed: Seed = 0,
) -> None:
    """Check every gradient rule by finite differences, and lint the graph.

    The rows are drawn at random, unless a file or a training gives them. What is likely to be a mistake although it runs is
    reported with its remedy. The exit code is 1 when a rule is wrong.
    """
    trained = _trained(model, pairs)
    if trained:
        graph, rows = trained.graph, _trained_rows(trained, data, FEW)
    elif data:
        fitted = fit_model(model, data, seed, Build(model).read(pairs or ()))
        tell_label(data, fitted.table)
        graph, rows = fitted.graph, fitted.head(FEW)
    else:
        graph = model_as_set(model, pairs, seed)
        rows = random_rows(graph, seed, FEW)
    try:
        report = mg.check_gradients(graph, **rows)
    except mg.NonFiniteError as error:
        hint = (
            ""
            if data or trained
            else "\n  The rows were drawn from a standard normal distribution: give some that fit with --data."
        )
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
    for finding in graph.lint():
        say(f"\n{finding}")
    say(f"\n{'Every rule is right' if report.ok else f'Wrong: {len(wrong)} of {len(report.rows)} derivatives'}.")
    if not report.ok:
        raise typer.Exit(1)


def explain(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|DIR",
            help="A Python file with a function build() that gives a Graph, or a dotted name; or the folder of a training: a "
            "slider on the page goes from its start by the epochs 1, 2, 4, 8, … to its end.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The page to write.  [default: out/NAME-OF-THE-MODEL-explain.html, or explain.html in the training's folder]",
        ),
    ] = None,
    pairs: SetOption = None,
    text: Annotated[bool, typer.Option("--text", help="Print the steps as a table instead of writing a page.")] = False,
    derive: Annotated[
        str | None,
        typer.Option(
            metavar="NODE",
            help="Derive the gradient for this parameter or value instead, with numbers: printed, or written with --out to a "
            ".html, .md, .tex or .txt file.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar=SOURCES,
            help="Where the rows come from.  [default: the training's, or moons for inputs x of two features and y of labels, "
            "or random rows]",
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
    """Step through backpropagation, on a page or as text, or derive one gradient.

    The page is one file for any browser, and needs no network: each step forward and back on the circuit, with its numbers, its
    rule and a quiz.
    """
    if text and out:
        raise mg.FileError(f"--text prints the steps and --out {out} writes a page: leave one out.")
    if text and derive:
        raise mg.FileError(f"--text prints the steps and --derive {derive} a derivation: leave one out.")
    folder, stored, trained = Path(model), dict[str, Any](), None
    given = None
    if is_run(folder):
        check_nothing_set(folder, pairs)
        settings = read_settings(folder)
        graph, stored = moments(folder, settings)
        trained, name = TrainedModel(folder, graph, settings), folder.resolve().name
    else:
        given = fit_model(model, data, seed, Build(model).read(pairs or ())) if data else None
        graph, name = given.graph if given else model_as_set(model, pairs, seed), model_name(model)
        if data and given:
            tell_label(data, given.table)
    stored = {} if parameters else stored
    for file in parameters or []:
        graph = with_parameters(graph, file)
        stored[str(file)] = {name: variable.value for name, variable in graph.variables.items()}
    if trained:
        inputs = _trained_rows(trained, data, rows)
    else:
        inputs = given.head(rows) if given else explained_rows(graph, data, seed, rows)
    if derive:
        derivation = graph.derive(derive, **inputs)
        say(f"Written to {derivation.save(out)}" if out else derivation.text)
        return
    run = graph.forward(**inputs)
    if text:
        console = Console(highlight=False)
        console.print(steps_table(run, width=console.width))
        return
    file = out or _place(model, "explain.html")
    run.explain(file, snapshots=dict(list(stored.items())[:-1]), title=f"{name}: backpropagation, step by step")
    say(f"Written to {file}")
