"""The options that say how a model learns."""

from typing import Annotated

import typer

from minigraph.cli.options import SOURCES
from minigraph.cli.settings import OF_MOONS, OF_ROWS, OPTIMIZERS, PATIENCE, RATES
from minigraph.core.errors import listing
from minigraph.training.optim.schedules import SCHEDULES

__all__ = [
    "BatchSizeOption",
    "ClassWeightsOption",
    "ClipNormOption",
    "EarlyStoppingOption",
    "EpochsOption",
    "OptimizerOption",
    "PicturesOption",
    "RateOption",
    "ScheduleOption",
    "StandardizeOption",
    "SweepOption",
    "ValidationOption",
    "WeightDecayOption",
]

EpochsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help=f"How many times every row is learned from.  [default: until --early-stopping {PATIENCE}, at most "
        f"{OF_ROWS['epochs']}; of the moons {OF_MOONS['epochs']}]",
    ),
]
OptimizerOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"One of {listing(OPTIMIZERS, 'or')}.  [default: {OF_ROWS['optimizer']}; of the moons {OF_MOONS['optimizer']}]",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        metavar="X",
        help="The learning rate.  [default: "
        + ", ".join(f"{rate} for {name}" for name, rate in RATES.items())
        + ", else 0.001]",
    ),
]
BatchSizeOption = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help=f"How many rows make a step.  [default: {OF_ROWS['batch_size']}; of the moons all of them]"
    ),
]
StandardizeOption = Annotated[
    bool | None,
    typer.Option(
        "--standardize/--no-standardize",
        help="Bring each feature of x, and values to predict, to mean 0 and deviation 1; the statistics are kept with the "
        "model.  [default: of a table]",
    ),
]
ScheduleOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"How the learning rate goes over the epochs: {listing(SCHEDULES, 'or')}; the last follows the validation "
        "loss.  [default: it stays]",
    ),
]
WeightDecayOption = Annotated[
    float | None, typer.Option(min=0, metavar="X", help="How strongly parameters are drawn to 0.  [default: 0]")
]
ClipNormOption = Annotated[
    float | None, typer.Option(metavar="X", help="The bound of the norm of all gradients together.  [default: none]")
]
EarlyStoppingOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Stop when the validation loss has not become smaller for so many epochs, and keep the best parameters.  "
        f"[default: {PATIENCE} unless --epochs is given]",
    ),
]
ValidationOption = Annotated[
    str | None,
    typer.Option(
        metavar=f"FRACTION|{SOURCES}",
        help="The validation set: a fraction of the rows, such as 0.2, or where its rows are.  [default: the one of the data, "
        "or 0.25]",
    ),
]
ClassWeightsOption = Annotated[
    str | None,
    typer.Option(
        metavar="balanced|A,B",
        help="By what the loss of each class's rows is multiplied: balanced, so that all classes come to the same, however "
        "rare; or numbers in the order of the classes.",
    ),
]
PicturesOption = Annotated[
    bool,
    typer.Option(
        "--pictures/--no-pictures",
        help="Draw the circuits and the plots. A sweep draws those of the best training.  [default: pictures]",
        show_default=False,
    ),
]
SweepOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=A,B,…",
        help="Train with each of the values of a setting, --sweep lr=0.1,0.01, or of a parameter of build(), --sweep "
        "hidden=8,16; given again, with all combinations. The smallest validation loss chooses; layers are 64+32.",
    ),
]
