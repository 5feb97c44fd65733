"""`minigraph evaluate`, `predict`, `plot` and `compare`: what a training has come to."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

import minigraph as mg
from minigraph.cli.columns import TABLES, tell_label, typed_choices
from minigraph.cli.fitting import check_nothing_set, fit_model
from minigraph.cli.options import SOURCES, Parameters, Run, SetOption
from minigraph.cli.rows import load_rows, rows_to_evaluate, tell_columns
from minigraph.cli.say import fits, hand_over, on_one_line, say, say_table
from minigraph.cli.settings import shown_argument
from minigraph.interop.extras import optional
from minigraph.interop.files import write_whole
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.images import is_image
from minigraph.training.loop.evaluation import confusions
from minigraph.training.loop.history import best_epoch
from minigraph.training.loop.progress import shown
from minigraph.training.loop.scoring import scores, targets_and_predictions
from minigraph.training.metrics.plots import plot_boundary, plot_confusions, plot_history, plot_values, plot_weights
from minigraph.training.metrics.scores import remarks
from minigraph.training.runs.building import Build
from minigraph.training.runs.folder import (
    Settings,
    fraction_of,
    is_run,
    kept_line,
    read_log,
    read_scores,
    read_settings,
    runs_in,
    with_parameters,
)
from minigraph.training.runs.trained import open as open_run

__all__ = ["compare", "draw_run", "evaluate", "plot", "predict", "say_scores", "write_circuits", "write_plots"]

NOT_COMPARED = ("classes", "features", "label", "sizes", "arguments")
"""The settings that follow from others, or are compared one by one."""
OFF = ("class_weights", "clip_norm", "early_stopping", "schedule")
"""The settings that ask for nothing unless they are given."""
JUDGED = ("loss", "AUC", "RMSE", "R²")
"""The figures of a trained model that are compared beside those of the log."""
IN_THE_UNIT = ("RMSE", "MAE")
"""The figures that are in the unit of the values that are predicted."""
DRAWN = 1000
"""At most how many rows the picture of a run takes."""
CLASSES_SHOWN = 12
"""Up to how many classes the confusions are printed."""


def evaluate(
    run: Annotated[str, typer.Argument(metavar="DIR|MODEL", help="The folder of a training, or a model.")],
    data: Annotated[
        str | None, typer.Option(metavar=SOURCES, help="The rows.  [default: the training's validation set]")
    ] = None,
    parameters: Parameters = None,
    pairs: SetOption = None,
) -> None:
    """Say how good a model is on rows.

    Of all rows at once: its loss; of classes the accuracy, the part of the rows that the largest class is, balanced accuracy,
    F1, AUC, log loss and calibration error, and a table of how many rows of each label, down, were taken for each class,
    across; of values RMSE, MAE and R², in their own unit. The figures are defined as scikit-learn's metrics.
    """
    graph, rows, which = _evaluated(run, data, parameters, pairs)
    figures = scores(graph, rows)
    say(f"{which[:1].upper()}{which[1:]}:")
    say_scores(figures, rows.classes, rows.label)
    counts = figures.get("confusion")
    if counts is not None and len(counts) <= CLASSES_SHOWN:
        _say_confusions(_names(rows.classes, len(counts)), counts)


def _names(classes: Sequence[str], count: int) -> list[str]:
    """The names of so many classes, numbers where they have none."""
    return [*classes[:count], *map(str, range(len(classes), count))]


def say_scores(figures: Mapping[str, Any], classes: Sequence[str], label: str = "") -> None:
    """Say each figure that is a number, a line each; what F1, the errors and the largest class are of; what to mind."""
    counts = next((figure for name, figure in figures.items() if name.endswith("confusion")), np.zeros((0, 0)))
    names = _names(classes, len(counts))
    of = {name: f" of {label}" for name in IN_THE_UNIT if label}
    if names:
        of |= {"largest class": f", {names[int(counts.sum(axis=1).argmax())]}", "F1": f" of {names[-1]}"}
    notes = {name: of.get(name.removeprefix("validation "), "") for name in figures}
    lines = [f"{shown(name, figure)}{notes[name]}" for name, figure in figures.items() if np.ndim(figure) == 0]
    if lines:
        say("\n".join(lines))
    for remark in remarks({"confusion": counts}, names):
        say(f"Note: {on_one_line(remark)}", stderr=True)


def _say_confusions(names: list[str], counts: NDArray[np.float64]) -> None:
    """The table of all counts, or where a terminal is too narrow for it, the mistakes that are most frequent."""
    table = [(name, *(f"{count:.0f}" for count in line)) for name, line in zip(names, counts, strict=False)]
    header = ("", *names)
    if fits([header, *table]):
        say("\nlabels down, taken for across")
        say_table(table, header, numbers=True)
        return
    wrong = counts * (1 - np.eye(len(counts)))
    places = [divmod(int(place), len(counts)) for place in np.argsort(-wrong, axis=None, kind="stable")[:CLASSES_SHOWN]]
    worst = [(names[label], names[other], f"{wrong[label, other]:.0f}") for label, other in places if wrong[label, other]]
    if worst:
        say("")
        say_table(worst, ("label", "taken for", "rows"))


def predict(
    run: Run,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT…",
            help="The rows, without labels: a table (.csv, .tsv), its columns named or ordered as in training; or arrays, IDX "
            "images, the files of images, or a folder of them.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT.csv", help="The file to write.  [default: print them]")
    ] = None,
    parameters: Parameters = None,
) -> None:
    """Predict the class, or the values, of rows.

    A line a row: its cells of the columns that the training left out, such as an id, or the file of an image; the class and the
    probability of each, or the values of the outputs that need no label. The file is written whole or not at all.
    """
    first, *others = inputs
    if is_run(first) and not is_run(run):
        raise mg.FileError(f"The folder of the training comes first: minigraph predict {first} {run}.")
    no_image = next((file for file in inputs if not is_image(file)), None)
    if others and no_image:
        each = shlex.join(["minigraph", "predict", str(run), str(no_image), "-o", f"{no_image.stem}_predicted.csv"])
        raise mg.DataError(
            f"{len(inputs)} files are given, and several are taken of images alone. Predict each by itself:\n  {each}"
        )
    model = open_run(run, parameters)
    data = model.read(inputs if others else first)
    text = model.predict(data).csv()
    tell_columns(first, data, model.settings.features)
    if out is None:
        hand_over(text)
        return
    write_whole(out, text.encode(errors="surrogateescape"), "The predictions")
    say(f"Written to {out}: {_count(data)}")


def plot(run: Run, parameters: Parameters = None) -> None:
    """Draw a training, also one that is under way.

    The curves of the loss and the metrics (loss.png), where classes part in the plane (boundary.png), which rows are taken for
    which class (confusion.png), predicted values against true ones (predicted.png), and the weights as images (weights.png),
    into its folder.
    """
    files = draw_run(run, parameters, circuits=False)
    say(f"Written to {run}:")
    say_table(files)


def draw_run(run: Path, parameters: Path | None = None, circuits: bool = True) -> list[tuple[str, ...]]:
    """Draw the circuits of a training and its plots; each file with what it shows."""
    optional("matplotlib", "matplotlib", "train")
    settings, log = read_settings(run), read_log(run)
    curves = {name: [line[name] for line in log] for name in log[0] if name not in ("epoch", "seconds")}
    model = open_run(run, parameters)
    rows, validation = load_rows(settings.data, model.graph, settings.seed, model)
    written = write_circuits(model.graph, rows, run) if circuits else []
    kept = log.index(kept_line(run, settings, log)) + 1
    return written + write_plots(model.graph, curves, validation, rows, run, kept)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="DIR", help="The folders of trainings, or of a sweep.")],
) -> None:
    """Set trainings side by side.

    The settings in which they differ, the figures of the epochs whose parameters they have kept, which `minigraph evaluate` and
    `predict` take, their smallest validation losses, and the time.
    """
    runs = [each for run in runs for each in ([] if is_run(run) else runs_in(run)) or [run]]
    asked, logs = [read_settings(run) for run in runs], [read_log(run) for run in runs]
    settings = [asdict(each) for each in asked]
    kept = [kept_line(*each) for each in zip(runs, asked, logs, strict=True)]
    table = [
        (name.replace("_", " "), *(_setting(name, each[name]) for each in settings))
        for name in settings[0]
        if name not in NOT_COMPARED and any(each[name] != settings[0][name] for each in settings)
    ]
    set_anywhere = dict.fromkeys(name for each in settings for name in each["arguments"])
    for name in set_anywhere:
        values = [_argument(each, name) for each in asked]
        table += [(name, *values)] * (len({*values}) > 1)
    table.append(("epochs done", *(str(log[-1]["epoch"]) for log in logs)))
    table.append(("epoch kept", *(str(line["epoch"]) for line in kept)))
    kept = [_with_scores(*each) for each in zip(runs, asked, kept, strict=True)]
    names = dict.fromkeys(name for line in kept for name, figure in line.items() if np.ndim(figure) == 0)
    table += [(name, *(_figure(line, name) for line in kept)) for name in names if name not in ("epoch", "seconds")]
    table.append(("smallest validation loss", *(_smallest(*each) for each in zip(asked, logs, strict=True))))
    table.append(("seconds", *(f"{sum(line['seconds'] for line in log):.1f}" for log in logs)))
    say_table(table, ("", *map(str, runs)))


def _evaluated(
    run: str, data: str | None, parameters: Path | None, pairs: Sequence[str] | None
) -> tuple[mg.Graph, Dataset, str]:
    """The model of a run or of a file, the rows to evaluate it on, and which they are."""
    folder = Path(run)
    if not (is_run(folder) or folder.is_dir()):
        asked = Build(run).read(pairs or ())
        if data is None:
            raise mg.GraphError("A model alone has no data: give its rows with --data.")
        fitted = fit_model(run, data, asked=asked)
        tell_label(data, fitted.table)
        graph = fitted.graph
        if parameters:
            graph = with_parameters(graph, parameters)
        rows = rows_to_evaluate(data, graph)
        return graph, rows, f"{_count(rows)} of {data}"
    check_nothing_set(folder, pairs)
    model = open_run(folder, parameters)
    if data is None:
        rows = load_rows(model.settings.data, model.graph, model.settings.seed, model)[1]
        validation = model.settings.validation
        elsewhere = bool(validation) and fraction_of(validation) is None
        return (
            model.graph,
            rows,
            f"the training's validation set, {_count(rows)} of {validation if elsewhere else model.settings.data}",
        )
    rows = rows_to_evaluate(data, model.graph, model)
    if Path(data).suffix.lower() in TABLES and Path(data).resolve() == Path(model.settings.data).resolve():
        seen = (
            "Note: most of these rows are those that the model has learned from. Without --data it is measured on the others."
        )
        say(seen, stderr=True)
    return model.graph, rows, f"{_count(rows)} of {data}"


def _count(rows: Dataset) -> str:
    return f"{rows.rows} row{'s' * (rows.rows != 1)}"


def _with_scores(run: Path, settings: Settings, line: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of an epoch, and those of its model by which people judge."""
    logged = {settings.called(name): figure for name, figure in line.items()}
    return logged | {f"validation {name}": figure for name, figure in read_scores(run).items() if name in JUDGED}


def _argument(settings: Settings, name: str) -> str:
    """What a parameter of build() was: as it was set, as the data gave it, or as the model has it by default."""
    known = {**settings.sizes, **settings.arguments}
    if name not in known:
        try:
            known[name] = Build(settings.model).parameters[name].default
        except Exception:  # the model may have gone since, or be under work: its trainings are compared all the same
            return "–"
    return shown_argument(known[name])


def _setting(name: str, value: Any) -> str:
    """A setting as a person reads it."""
    if value is None and name == "batch_size":
        return "all rows"
    if name in OFF and not value:
        return "none"
    return "–" if value is None or value == "" else typed_choices(value) if isinstance(value, dict) else str(value)


def _figure(line: Mapping[str, Any], name: str) -> str:
    """The figure of that name, as a person reads it."""
    return shown(name, line[name]).rpartition(" ")[2] if name in line else "–"


def _smallest(settings: Settings, log: list[dict[str, Any]]) -> str:
    losses = [line.get("validation loss", np.nan) for line in log]
    best = best_epoch(losses) - 1
    return f"{losses[best]:#.4g} in epoch {log[best]['epoch']}{', weighted' * (settings.called('loss') != 'loss')}"


def write_circuits(graph: mg.Graph, rows: Dataset, folder: Path) -> list[tuple[str, ...]]:
    """Write the circuits; each file with what it shows."""
    run = graph.forward(**{name: array[:DRAWN] for name, array in rows.items() if name in graph.inputs})
    for suffix in ("svg", "png"):
        graph.draw(folder / f"circuit.{suffix}")
        graph.draw(folder / f"derivatives.{suffix}", derivatives=True)
        run.draw(folder / f"run.{suffix}")
    return [
        ("circuit.svg, .png", "the circuit, with its shapes"),
        ("derivatives.svg, .png", "the local derivative on every wire"),
        ("run.svg, .png", "the values and gradients after training"),
    ]


def write_plots(
    graph: mg.Graph, history: Mapping[str, list[Any]], validation: Dataset, rows: Dataset, folder: Path, kept: int
) -> list[tuple[str, ...]]:
    """Write them, of a model with the parameters of the epoch that was `kept`; each file with what it shows."""
    plot_history({name: figures for name, figures in history.items() if np.ndim(figures[0]) == 0}, folder / "loss.png", kept)
    written: list[tuple[str, ...]] = [("loss.png", "the loss and other figures, epoch by epoch")]
    try:
        plot_boundary(graph, rows, folder / "boundary.png")
        written.append(("boundary.png", "where the classes part"))
    except mg.GraphError:
        pass  # it does not put points of the plane into classes
    counts = confusions(graph, validation)
    if counts is not None:
        plot_confusions(counts, validation.classes, folder / "confusion.png")
        written.append(("confusion.png", "which validation rows are taken for which class"))
    values = targets_and_predictions(graph, validation)
    if values is not None and np.isfinite(values[1]).all():
        plot_values(*values, folder / "predicted.png", validation.label or "y")
        written.append(("predicted.png", "validation rows: predicted against true values, and residuals"))
    if plot_weights(graph, folder / "weights.png"):
        written.append(("weights.png", "the weights as images"))
    return written
