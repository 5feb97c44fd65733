"""Files of the safetensors format, https://huggingface.co/docs/safetensors, and how one differs from what was expected.

The file holds names, shapes, element types, the numbers themselves and text by name (metadata); reading one runs nothing.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import GraphError
from minigraph.core.shapes import Shape, show_shape
from minigraph.interop.extras import optional
from minigraph.interop.files import FormatError, read_bytes, write_whole

__all__ = ["Stored", "differences", "read_tensors", "refuse", "write_tensors"]

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
LENGTH = 8
"""The bytes at the start that say how long the header is."""


@dataclass(frozen=True)
class Stored:
    """An array of a file; its element type is the format's own word where NumPy has none."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any] | str
    content: bytes | memoryview

    @property
    def array(self) -> np.ndarray[Any, Any]:
        """The array itself; it cannot be written into."""
        array = np.frombuffer(self.content, self.dtype).reshape(self.shape)
        array.flags.writeable = False
        return array


def write_tensors(
    file: str | os.PathLike[str], arrays: Mapping[str, np.ndarray[Any, Any]], metadata: Mapping[str, str] | None = None
) -> Path:
    """Write the arrays, by name, and the metadata to a file, whole or not at all."""
    package = optional("safetensors.numpy", "safetensors", "train")
    ordered = {name: np.array(array, order="C") for name, array in arrays.items()}
    content = package.save(ordered, dict(metadata) if metadata else None)
    return write_whole(file, _in_order(content) if metadata else content, "The checkpoint")


def _in_order(content: bytes) -> bytes:
    """The same file with its metadata sorted by name: the package writes them in an order that changes from run to run."""
    end = LENGTH + int.from_bytes(content[:LENGTH], "little")
    header = json.loads(content[LENGTH:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % LENGTH)  # the numbers stay aligned
    return len(text).to_bytes(LENGTH, "little") + text + content[end:]


def read_tensors(file: str | os.PathLike[str]) -> tuple[dict[str, Stored], dict[str, str]]:
    """The arrays of a file by name, and its metadata."""
    package = optional("safetensors", "safetensors", "train")
    content = read_bytes(file, "a checkpoint")
    try:
        found = package.deserialize(content)
    except package.SafetensorError as error:
        if content[LENGTH : LENGTH + 1] != b"{":
            reason = "is not a safetensors file, which is what graph.save writes"
        else:
            reason = "is damaged or was cut short"
        raise FormatError(f"{Path(file)} {reason}; nothing was changed.") from error
    header = json.loads(content[LENGTH : LENGTH + int.from_bytes(content[:LENGTH], "little")])
    # in the order of their names: the package gives them in one that changes from run to run
    return {name: _stored(entry) for name, entry in sorted(found)}, header.get("__metadata__") or {}


def _stored(entry: Mapping[str, Any]) -> Stored:
    word = str(entry["dtype"])
    return Stored(tuple(entry["shape"]), np.dtype(DTYPES[word]) if word in DTYPES else word, bytes(entry["data"]))


def differences(expected: Mapping[str, Any], found: Mapping[str, Stored]) -> list[str]:
    """What in a file is not as the variables that are expected, one line for each."""
    lines = []
    for name in sorted(expected.keys() | found):
        if name not in found:
            lines.append(f"{name} is missing there")
        elif name not in expected:
            lines.append(f"{name} is not in the graph")
        else:
            in_graph = _shape_and_type(expected[name].shape, expected[name].dtype)
            in_file = _shape_and_type(found[name].shape, found[name].dtype)
            if in_graph != in_file:
                lines.append(f"{name} is {in_graph} in the graph, {in_file} there")
    return lines


def refuse(file: str | os.PathLike[str], owner: str, lines: list[str], remedy: str) -> None:
    """Raise where there are differences between a file and its owner, "this graph"; a few of them are listed."""
    if lines:
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        listed = "\n  ".join([*lines[:SHOWN], *more, f"{remedy}; nothing was changed."])
        raise GraphError(f"{file} does not fit {owner}:\n  {listed}")


def _shape_and_type(shape: Shape, dtype: object) -> str:
    return f"{show_shape(shape)} of {dtype}"
