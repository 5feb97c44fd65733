"""Checkpoints of parameters: a graph's variables in a safetensors file."""

import os
from collections.abc import Mapping
from pathlib import Path

from minigraph.core.errors import FileError
from minigraph.core.graph import Graph
from minigraph.core.leaves import current_arrays
from minigraph.interop.tensors import differences, read_tensors, refuse, write_tensors

__all__ = ["load", "save"]


def save(graph: Graph, file: str | os.PathLike[str]) -> None:
    """Write the graph's variables, by name, to a safetensors file; the file is written whole or not at all.

    >>> import tempfile
    >>> import minigraph as mg
    >>> w = mg.Parameter("w", [1.0, 2.0])
    >>> graph = mg.Graph(total=w.sum())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     graph.save(f"{folder}/model.safetensors")
    ...     w.value = [0.0, 0.0]
    ...     graph.load(f"{folder}/model.safetensors")
    >>> w.value
    array([1., 2.], dtype=float32)
    """
    if Path(file).suffix not in ("", ".safetensors"):
        raise FileError(f"graph.save writes the safetensors format: name the file {Path(file).with_suffix('.safetensors')}.")
    write_tensors(file, dict(zip(graph.variables, current_arrays(graph.variables.values()), strict=True)))


def load(graph: Graph, file: str | os.PathLike[str]) -> None:
    """Set the graph's variables to those of a safetensors file.

    The file must hold exactly the graph's variables, of the same shapes and element types; what differs is listed in an
    error, and no variable is changed.
    """
    if not isinstance(file, str | os.PathLike):
        remedy = "\n  To set a variable to an array: graph['W'].value = …." if isinstance(file, Mapping) else ""
        raise FileError(f"graph.load takes the name of a file, not {type(file).__name__}.{remedy}")
    found, _ = read_tensors(file)
    remedy = "Load it into a graph composed as the one that saved it was"
    refuse(file, "this graph", differences(graph.variables, found), remedy)
    for name, variable in graph.variables.items():
        variable.value = found[name].array
