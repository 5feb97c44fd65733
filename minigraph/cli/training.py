"""`minigraph train`: a model trained, stopped and resumed, with what it leaves in its folder."""

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import minigraph as mg
from minigraph.cli.columns import (
    CategoriesOption,
    DatesOption,
    DecimalOption,
    DropOption,
    FeaturesOption,
    LabelOption,
    MissingOption,
    NumbersOption,
    SampleWeightOption,
    choices_of,
    say_columns,
)
from minigraph.cli.devices import HostsOption, MeshOption, ShardOption, devices
from minigraph.cli.fitting import fit_model
from minigraph.cli.learning import (
    BatchSizeOption,
    ClassWeightsOption,
    ClipNormOption,
    EarlyStoppingOption,
    EpochsOption,
    OptimizerOption,
    PicturesOption,
    RateOption,
    ScheduleOption,
    StandardizeOption,
    SweepOption,
    ValidationOption,
    WeightDecayOption,
)
from minigraph.cli.options import SOURCES, SOURCES_HELP, ImageModeOption, ImageSizeOption, Model, SetOption, images_as_asked
from minigraph.cli.results import say_scores, write_circuits, write_plots
from minigraph.cli.say import INTERRUPTED, fits_a_line, say, say_table
from minigraph.cli.settings import asked_settings, optimizer_of, weights_of
from minigraph.cli.sweep import run_sweep
from minigraph.core.errors import listing
from minigraph.interop.extras import optional
from minigraph.interop.files import remove
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.transformer import ColumnTransformer
from minigraph.training.data.weights import SAMPLE_WEIGHT
from minigraph.training.loop.callbacks import BEST, MILESTONES, milestones
from minigraph.training.loop.checkpoint import FILE
from minigraph.training.loop.interrupts import CTRL_C, SIGTERM, TERMINATED
from minigraph.training.loop.progress import Progress, shown
from minigraph.training.loop.scoring import scores
from minigraph.training.loop.targets import standardized_rows
from minigraph.training.runs.folder import COLUMNS, CONFIG, LOG, PARAMETERS, SCORES, Settings, kept_epoch, write_scores
from minigraph.training.runs.loading import model_name

__all__ = ["train"]

EVENTS = "events"
"""The folder in that of a run with TensorBoard's files."""
CHECKPOINTS = 20
"""How often a training is saved on its way, at most."""
KEPT = 1_000_000
"""Of a model of so many bytes at most the parameters are kept at milestones as well."""
SECONDS = 1
"""How long a training goes on, at least, between two times that it is saved; that takes as long as fifty epochs of the demo."""


def train(
    model: Model,
    data: Annotated[
        str | None,
        typer.Option(
            metavar=SOURCES,
            help=f"{SOURCES_HELP}  [default: moons]",
        ),
    ] = None,
    epochs: EpochsOption = None,
    pairs: SetOption = None,
    label: LabelOption = None,
    drop: DropOption = None,
    features: FeaturesOption = None,
    categories: CategoriesOption = None,
    numbers: NumbersOption = None,
    dates: DatesOption = None,
    missing: MissingOption = None,
    decimal: DecimalOption = None,
    image_size: ImageSizeOption = None,
    image_mode: ImageModeOption = None,
    optimizer: OptimizerOption = None,
    lr: RateOption = None,
    batch_size: BatchSizeOption = None,
    schedule: ScheduleOption = None,
    weight_decay: WeightDecayOption = None,
    clip_norm: ClipNormOption = None,
    early_stopping: EarlyStoppingOption = None,
    validation: ValidationOption = None,
    class_weights: ClassWeightsOption = None,
    sample_weight: SampleWeightOption = None,
    sweep: SweepOption = None,
    pictures: PicturesOption = True,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="The random seed of the rows and their order; build() is given it too, if it takes one.  [default: 0]",
        ),
    ] = None,
    standardize: StandardizeOption = None,
    tensorboard: Annotated[
        bool | None, typer.Option("--tensorboard", help="Also write event files, for `tensorboard --logdir DIR`.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What computes: numpy, c for loops in C where a compiler is found, or jax for accelerators.  [default: numpy]",
        ),
    ] = None,
    mesh: MeshOption = None,
    shard: ShardOption = None,
    hosts: HostsOption = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Where results go.  [default: out/NAME-OF-THE-MODEL]")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from what the folder holds, if anything; --epochs counts from the start.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Start anew where the folder holds a training.")] = False,
) -> None:
    """Train a model; write its pictures and parameters.

    The optimizer makes the loss smaller, and the figures are also taken on a validation set: the one that the data comes with,
    such as a folder test/ beside train/, or a quarter of its rows. The folder gets config.json, log.jsonl (a line an epoch),
    checkpoint.safetensors, best.safetensors (the parameters when the validation loss was smallest), model.safetensors (those at
    the end), epochs/ (those after 1, 2, 4, 8, … epochs, of a model of at most 1 MB), circuit, derivatives and run (.svg and
    .png), and the plots that `minigraph plot` writes. Ctrl-C and SIGTERM save the training and end it, with exit codes 130 and
    143.
    """
    folder = out or Path("out", model_name(model))
    if sweep:
        given = {**locals(), "out": folder}
        del given["folder"]
        run_sweep(train, given)
        return
    where = devices(mesh, shard, hosts)
    asked: dict[str, Any] = {
        "data": data,
        "epochs": epochs,
        "optimizer": optimizer,
        "lr": lr,
        "batch_size": batch_size,
        "seed": seed,
    }
    asked |= {"standardize": standardize, "tensorboard": tensorboard, "engine": engine}
    asked |= {"schedule": schedule, "weight_decay": weight_decay, "clip_norm": clip_norm, "early_stopping": early_stopping}
    asked |= {"validation": validation, "class_weights": class_weights, "image_size": image_size, "image_mode": image_mode}
    named = {"drop": drop, "features": features, "categories": categories, "numbers": numbers, "dates": dates}
    asked["table"] = choices_of(label, missing, sample_weight, decimal, **named).asked or None
    settings = asked_settings(model, folder, {name: value for name, value in asked.items() if value is not None}, resume, pairs)
    images = images_as_asked(settings.image_size, settings.image_mode)
    fitted = fit_model(model, settings.data, settings.seed, settings.arguments, settings.table, settings.validation, images)
    rows = fitted.rows
    if settings.standardize is None:
        settings = replace(settings, standardize=fitted.table is not None and "x.mean" not in fitted.graph.variables)
    graph = standardized_rows(fitted.graph, rows) if settings.standardize else fitted.graph
    optional("matplotlib", "matplotlib", "train")
    optional("safetensors", "safetensors", "train")
    known: dict[str, Any] = {"classes": list(rows.classes), "features": list(rows.features), "label": rows.label}
    settings = replace(settings, **known, sizes=dict(fitted.sizes))
    checkpoint = mg.Checkpoint(
        folder,
        every=max(1, settings.epochs // CHECKPOINTS),
        best="validation loss",
        overwrite=overwrite and not resume,
        seconds=SECONDS,
        milestones=sum(variable.value.nbytes for variable in graph.variables.values()) <= KEPT,
    )
    trainer = _trainer(
        graph, rows, fitted.validation, (settings, fitted.table.columns if fitted.table else None), checkpoint, where
    )
    first = trainer.hosts.first
    with ExitStack() as own:
        with trainer.hosts.agreed():
            if first:
                _make(folder)
                own.enter_context(checkpoint.lock)
        if trainer.hosts.largest(first and (folder / FILE).exists()):
            _check_asked(folder, resume, overwrite)
            if resume:
                trainer.resume(folder)
        if first and not trainer.epoch:
            if data is None and not resume:
                counts = f"{rows.rows} rows for training and {fitted.validation.rows} for validation"
                say(f"Without --data it trains on an example, {settings.data}: {counts}.", stderr=True)
            if fitted.table is not None:
                say_columns(settings.data, fitted.table, bool(settings.standardize), settings.table.get("label", ""))
            _say_findings(fitted.graph, model)
        before = trainer.epoch
        code = _run(trainer, max(settings.epochs, before))
        if not first:
            raise typer.Exit(code)
        if code:
            done = f"{trainer.history.epochs} of {settings.epochs}"
            say(f"\nSaved in {folder}, with {done} epochs done. To go on:", stderr=True)
            place = ["--out", str(folder)] if out else []
            say(shlex.join(["minigraph", "train", model, *place, "--resume"]), stderr=True, whole=True)
            raise typer.Exit(code)
        if trainer.epoch == before:
            why = trainer.history.stopped or f"{before} epochs are done, and --epochs {settings.epochs} asks for no more"
            say(f"Note: nothing was left to train: {why}.", stderr=True)
        _finish(trainer, graph, (rows, fitted.validation), settings, folder, pictures)


def _check_asked(folder: Path, resume: bool, overwrite: bool) -> None:
    """Raise where a folder that holds a training is to be trained into, and nothing says how."""
    if not (resume or overwrite):
        raise mg.FileError(
            f"{folder} holds a training: go on with --resume, start anew with --overwrite, or choose another folder with --out."
        )


def _say_findings(graph: mg.Graph, model: str) -> None:
    """Say in one line, where the lints find something, what and where."""
    found = [f"{finding.lint} at {finding.node.line or finding.node}" for finding in graph.lint()]
    if found:
        why = f". Why: {shlex.join(['minigraph', 'check', model])}"
        counts = [len(found)] if len(found) <= 3 else []
        shown = [[*found[:count], *[f"{len(found) - count} more"] * (count < len(found))] for count in (*counts, 2, 1)]
        lines = [f"Likely mistakes: {listing(each)}{why}" for each in shown] + [f"Likely mistakes: {len(found)}{why}"]
        say(next(filter(fits_a_line, lines), lines[-1]), stderr=True, whole=True)


def _run(trainer: mg.Trainer, epochs: int) -> int:
    """Train; the exit code where a signal has ended it, else 0."""
    try:
        return {CTRL_C: INTERRUPTED, SIGTERM: TERMINATED}.get(trainer.run(epochs).stopped, 0)
    except SystemExit as ended:
        if ended.code != TERMINATED:
            raise
        return TERMINATED


def _finish(
    trainer: mg.Trainer, graph: mg.Graph, data: Sequence[Dataset], settings: Settings, folder: Path, pictures: bool
) -> None:
    """Write what has come of the training, and say it: of the model itself, whose figures count each row once."""
    rows, validation = (each.with_arrays({name: each[name] for name in graph.inputs}) for each in data)
    history = trainer.history
    trainer.use_averages()
    epoch = kept_epoch(settings, history["validation loss"])
    if settings.early_stopping:
        say(f"Of epoch {epoch}, the best of {history.epochs}:")
    trained = {settings.called(name): figures[epoch - 1] for name, figures in history.items()}
    say("\n".join(shown(name, figure) for name, figure in trained.items()))
    found = {f"validation {name}": figure for name, figure in scores(graph, validation).items()}
    say_scores({name: figure for name, figure in found.items() if name not in trained}, rows.classes, rows.label)
    graph.save(folder / PARAMETERS)
    write_scores(folder, {name.removeprefix("validation "): figure for name, figure in found.items()})
    written = [*(write_circuits(graph, rows, folder) if pictures else []), *_written(folder)]
    written += write_plots(graph, history, validation, rows, folder, epoch) if pictures else []
    if settings.tensorboard:
        written.append((EVENTS, f"the figures for `tensorboard --logdir {folder}`"))
    say(f"\nWritten to {folder}:")
    say_table(written)


class _Config(mg.Callback):
    """What was asked for, written before anything else: no checkpoint lies beside the settings of another training."""

    everywhere = False

    def __init__(self, settings: Settings, columns: ColumnTransformer | None, checkpoint: mg.Checkpoint) -> None:
        self._settings, self._columns, self._checkpoint = settings, columns, checkpoint

    def on_train_begin(self, trainer: mg.Trainer) -> None:
        """Write config.json, and where the training before it is to be written over, remove that."""
        remove(self._checkpoint.folder / SCORES)  # of the model as it was
        if self._checkpoint.overwrite:
            self._checkpoint.clear()
            remove(self._checkpoint.folder / PARAMETERS)
            remove(self._checkpoint.folder / COLUMNS)
        if self._columns is not None:
            self._columns.save(self._checkpoint.folder / COLUMNS)
        self._settings.write(self._checkpoint.folder)


def _trainer(
    graph: mg.Graph,
    rows: Dataset,
    validation: Dataset,
    known: tuple[Settings, ColumnTransformer | None],
    checkpoint: mg.Checkpoint,
    where: Mapping[str, Any],
) -> mg.Trainer:
    """The training, which writes its settings, its log and checkpoints into the folder."""
    folder, settings = checkpoint.folder, known[0]
    callbacks = [_Config(*known, checkpoint), mg.JSONLog(folder / LOG), Progress(), checkpoint]
    if settings.early_stopping:
        callbacks.append(mg.EarlyStopping(patience=settings.early_stopping))
    if settings.tensorboard:
        callbacks.append(mg.TensorBoard(folder / EVENTS))
    return mg.Trainer(
        graph,
        rows,
        optimizer=optimizer_of(settings, rows.rows),
        class_weights=weights_of(settings.class_weights),
        sample_weight=SAMPLE_WEIGHT if SAMPLE_WEIGHT in rows else None,
        batch_size=settings.batch_size,
        validation=validation,
        seed=settings.seed,
        engine=settings.engine,
        **where,
        callbacks=callbacks,
    )


def _make(folder: Path) -> None:
    """The folder, where it is missing. Whether results can be written there is known before the training, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise mg.FileError(f"{folder} cannot hold the results: {error.strerror}. Choose another with --out.") from None


def _written(folder: Path) -> list[tuple[str, ...]]:
    """What the folder now holds beside pictures, each file with what it is."""
    return [
        (PARAMETERS, "the parameters"),
        (BEST, "those with the smallest validation loss"),
        *([(f"{MILESTONES}/", "those after 1, 2, 4, 8, … epochs")] if milestones(folder) else []),
        (FILE, "what --resume goes on from"),
        (CONFIG, "what was asked for"),
        (LOG, "the figures, a line an epoch"),
        (SCORES, "those of all validation rows at once"),
    ]
