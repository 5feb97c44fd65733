"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["SOURCES", "SOURCES_HELP", "Model", "Parameters", "Run", "Seed"]

SOURCES = "NAME|FILE|DIR"
"""What rows can come from."""
SOURCES_HELP = (
    "moons or digits, which need no file; a table (.csv, .tsv): its last column, or the one called label, is for the input y, "
    "the others are for x; arrays by name (.npz, or .npy in a folder); IDX files such as MNIST's; images in a folder for each "
    "class; a text (.txt)."
)
"""The same in a sentence."""

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A Python file with a function build() that gives a Graph, or a dotted name: package.module, or "
        "package.module:function for another function than build.",
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, metavar="N", help="The random seed of the rows; build() is given it too, if it takes one.")
]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a training: what `minigraph train --out DIR` wrote.")]
Parameters = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A safetensors file with the parameters, such as DIR/best.safetensors.  [default: DIR/model.safetensors]",
    ),
]
