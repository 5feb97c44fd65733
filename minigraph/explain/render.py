"""Circuits written to files, by Graphviz's `dot`, or by the package graphviz-pure where there is no `dot`."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import graphviz

from minigraph.errors import FileError, FormatError, MissingPackageError, listing, nearest

__all__ = ["render"]

FORMATS = ("svg", "png", "pdf", "dot")


def render(dot: graphviz.Digraph, file: str | os.PathLike[str]) -> Path:
    """Write the circuit in the format that the file's suffix names; the file is written whole or not at all."""
    target = Path(file)
    format = target.suffix[1:].lower()
    if format not in FORMATS:
        raise FormatError(
            f"A circuit cannot be written as {target.name!r}: the suffix must be one of "
            f"{listing((f'.{known}' for known in FORMATS), 'or')}.{nearest(format, FORMATS)}"
        )
    content = dot.source.encode() if format == "dot" else _rendered(dot.source, format)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise FileError(f"The circuit cannot be written to {target}: {error.strerror}.") from None
    return target


def _rendered(source: str, format: str) -> bytes:
    done = subprocess.run([_renderer(), f"-T{format}"], input=source.encode(), capture_output=True)
    if done.returncode:
        raise FormatError(f"Graphviz could not draw the circuit: {done.stderr.decode().strip()}")
    return done.stdout


def _renderer() -> str:
    beside = Path(sysconfig.get_path("scripts"))
    for program in ("dot", "graphviz-pure"):
        found = shutil.which(program) or shutil.which(program, path=f"{beside}{os.pathsep}{Path(sys.executable).parent}")
        if found:
            return found
    raise MissingPackageError("Neither Graphviz's dot nor graphviz-pure is installed: pip install graphviz-pure.")
