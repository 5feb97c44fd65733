"""Circuits written to files, by Graphviz's `dot`, or by the package graphviz-pure where there is no `dot`."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import graphviz

from minigraph.core.errors import FormatError, MissingPackageError, listing, nearest
from minigraph.explain.circuit.look import FONT
from minigraph.explain.circuit.pdf import FONT as PDF_FONT
from minigraph.explain.circuit.pdf import as_pdf
from minigraph.explain.circuit.web import for_the_web
from minigraph.interop.files import write_whole

__all__ = ["Circuit", "render"]

FORMATS = ("svg", "png", "pdf", "dot")
PURE = "graphviz-pure"


class Circuit(graphviz.Digraph):  # type: ignore[misc]  # graphviz comes without types
    """A drawing in DOT. A notebook shows it, with Graphviz's `dot` or without; its text is `source`."""

    about = ""
    """What it is a picture of, for those who cannot see it."""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": for_the_web(rendered(self, "svg"), self.name, self.about).decode()}


def render(dot: graphviz.Digraph, file: str | os.PathLike[str]) -> Path:
    """Write the circuit in the format that the file's suffix names; the file is written whole or not at all."""
    target = Path(file)
    format = target.suffix[1:].lower()
    if format not in FORMATS:
        raise FormatError(
            f"A circuit cannot be written as {target.name!r}: the suffix must be one of "
            f"{listing((f'.{known}' for known in FORMATS), 'or')}.{nearest(format, FORMATS)}"
        )
    content = rendered(dot, format)
    if format == "svg" and isinstance(dot, Circuit):
        content = for_the_web(content, dot.name, dot.about)
    return write_whole(target, content, "The circuit")


def rendered(dot: graphviz.Digraph, format: str) -> bytes:
    """The picture in one of the formats, as a file holds it."""
    source: str = dot.source
    if format == "dot":
        return source.encode()
    program = _program()
    return _pdf(program, source) if format == "pdf" and program.stem == PURE else _run(program, source, format)


def _pdf(pure: Path, source: str) -> bytes:
    """The PDF of DOT that graphviz-pure lays out."""
    return as_pdf(_run(pure, source.replace(f"fontname={FONT}", f'fontname="{PDF_FONT}"'), "json"))


def _run(program: Path, source: str, format: str) -> bytes:
    """What Graphviz makes of DOT; -q keeps it from warning of letters whose width it does not know.

    A `dot` that crashes, as old ones do on some clusters, leaves the work to graphviz-pure.
    """
    done = subprocess.run([program, "-q", f"-T{format}"], input=source.encode(), capture_output=True)
    pure = _pure() if done.returncode < 0 and program.stem != PURE else None
    if pure:
        return _pdf(Path(pure), source) if format == "pdf" else _run(Path(pure), source, format)
    if done.returncode:
        raise FormatError(f"Graphviz could not draw the circuit: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def _program() -> Path:
    """Graphviz's `dot`, or else graphviz-pure, looked for beside this Python too: its folder need not be on the PATH."""
    found = shutil.which("dot") or _pure()
    if found is None:
        raise MissingPackageError(
            "No renderer was found to draw the circuit: neither Graphviz's dot nor graphviz-pure. Install one: "
            "pip install graphviz-pure."
        )
    return Path(found)


def _pure() -> str | None:
    beside = os.pathsep.join((sysconfig.get_path("scripts"), str(Path(sys.executable).parent)))
    return shutil.which(PURE) or shutil.which(PURE, path=beside)
