"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["SOURCES", "Model", "Parameters", "Run", "Seed"]

SOURCES = "moons|FILE.csv"
"""What rows can come from."""

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A Python file with a function build() that gives a Graph, or a dotted name: package.module, or "
        "package.module:function for another function than build.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Where chance starts; build() is given it, if it takes one.")]
Run = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a training: what `minigraph train --out DIR` wrote.")]
Parameters = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A safetensors file with the parameters, such as DIR/best.safetensors.  [default: DIR/model.safetensors]",
    ),
]
