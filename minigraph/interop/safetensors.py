"""Checkpoints: a graph's variables in a safetensors file, https://huggingface.co/docs/safetensors.

The file holds names, shapes, element types and the numbers themselves; reading one runs nothing.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.axes import show_shape
from minigraph.errors import FormatError, GraphError
from minigraph.extras import optional
from minigraph.files import read_bytes, write_whole
from minigraph.graph import Graph

__all__ = ["load", "save"]

DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U64": np.uint64,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
"""NumPy's type for each of the format's element types that it has."""

SHOWN = 10
"""How many differences a message lists."""


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
    package = optional("safetensors.numpy", "safetensors", "train")
    arrays = {name: np.array(variable.value, order="C") for name, variable in graph.variables.items()}
    write_whole(file, package.save(arrays), "The checkpoint")


def load(graph: Graph, file: str | os.PathLike[str]) -> None:
    """Set the graph's variables to those of a safetensors file.

    The file must hold exactly the graph's variables, of the same shapes and element types; what differs is listed in an
    error, and no variable is changed.
    """
    found = _read(file)
    differences = [line for name in sorted(graph.variables.keys() | found) for line in _difference(name, graph, found)]
    if differences:
        more = f"\n  and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise GraphError(
            f"{Path(file)} is not a checkpoint of this graph:\n  " + "\n  ".join(differences[:SHOWN]) + more
            + "\n  Load it into a graph composed as the one that saved it was; nothing was changed."
        )
    for name, variable in graph.variables.items():
        variable.value = np.frombuffer(found[name]["data"], variable.dtype).reshape(found[name]["shape"]).copy()


def _dtype(entry: dict[str, Any]) -> np.dtype[Any] | str:
    """The element type of one of a file's arrays; the format's own word for one that NumPy lacks."""
    return np.dtype(DTYPES[entry["dtype"]]) if entry["dtype"] in DTYPES else str(entry["dtype"])


def _read(file: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    package = optional("safetensors", "safetensors", "train")
    content = read_bytes(file, "a checkpoint")
    try:
        return dict(package.deserialize(content))
    except package.SafetensorError as error:
        if content[8:9] != b"{":
            reason = "is not a safetensors file, which is what graph.save writes"
        else:
            reason = "is damaged or was cut short"
        raise FormatError(f"{Path(file)} {reason}; nothing was changed.") from error


def _difference(name: str, graph: Graph, found: dict[str, dict[str, Any]]) -> list[str]:
    if name not in found:
        return [f"{name} is missing from the file"]
    if name not in graph.variables:
        return [f"{name} is not in the graph"]
    variable, entry = graph.variables[name], found[name]
    ours = f"{show_shape(variable.shape)} of {variable.dtype}"
    theirs = f"{show_shape(tuple(entry['shape']))} of {_dtype(entry)}"
    return [f"{name} is {ours} in the graph, {theirs} in the file"] if ours != theirs else []
