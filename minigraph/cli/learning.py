"""The options that say how a model learns."""

from typing import Annotated

import typer

from minigraph.cli.options import SOURCES
from minigraph.core.errors import listing
from minigraph.training.optim.schedules import SCHEDULES

__all__ = [
    "ClassWeightsOption",
    "ClipNormOption",
    "EarlyStoppingOption",
    "ScheduleOption",
    "SweepOption",
    "ValidationOption",
    "WeightDecayOption",
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
        help="Stop when the validation loss has not become smaller for so many epochs, and keep the best parameters.",
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
SweepOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=A,B,…",
        help="Train with each of the values of a setting, --sweep lr=0.1,0.01, or of a parameter of build(), --sweep "
        "hidden=8,16; given again, with all combinations. The smallest validation loss chooses; layers are 64+32.",
    ),
]
