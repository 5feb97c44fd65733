"""Circuits written to files, by Graphviz's `dot`, or by the package graphviz-pure where there is no `dot`."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import graphviz

from minigraph.errors import FormatError, MissingPackageError, listing, nearest
from minigraph.files import write_whole

__all__ = ["Circuit", "render"]

FORMATS = ("svg", "png", "pdf", "dot")


class Circuit(graphviz.Digraph):
    """A drawing in DOT. It shows itself in a notebook, with Graphviz's `dot` or without; its text is `source`."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": rendered(self, "svg").decode()}


def render(dot: graphviz.Digraph, file: str | os.PathLike[str]) -> Path:
    """Write the circuit in the format that the file's suffix names; the file is written whole or not at all."""
    target = Path(file)
    format = target.suffix[1:].lower()
    if format not in FORMATS:
        raise FormatError(
            f"A circuit cannot be written as {target.name!r}: the suffix must be one of "
            f"{listing((f'.{known}' for known in FORMATS), 'or')}.{nearest(format, FORMATS)}"
        )
    return write_whole(target, rendered(dot, format), "The circuit")


def rendered(dot: graphviz.Digraph, format: str) -> bytes:
    """The picture in one of the formats, as a file holds it."""
    if format == "dot":
        return dot.source.encode()
    done = subprocess.run([_renderer(), "-q", f"-T{format}"], input=dot.source.encode(), capture_output=True)
    if done.returncode:
        raise FormatError(f"Graphviz could not draw the circuit: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _renderer() -> str:
    beside = Path(sysconfig.get_path("scripts"))
    for program in ("dot", "graphviz-pure"):
        found = shutil.which(program) or shutil.which(program, path=f"{beside}{os.pathsep}{Path(sys.executable).parent}")
        if found:
            return found
    raise MissingPackageError("Neither Graphviz's dot nor graphviz-pure is installed: pip install graphviz-pure.")
