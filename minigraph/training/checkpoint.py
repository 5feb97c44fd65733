"""Checkpoints of a training: everything that the next step depends on, in one file.

The arrays (parameters, what the optimizer keeps, averages) are safetensors; the rest (the place in the data, the random state,
the history) is JSON in the file's metadata, with a digest of it all. Reading one runs nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.axes import show_shape
from minigraph.errors import FormatError, GraphError
from minigraph.graph import Graph
from minigraph.node import Constant, Leaf, Node, Variable
from minigraph.tensors import SHOWN, Stored, differences, read_tensors, write_tensors

__all__ = ["FILE", "changes", "fingerprint", "identity", "outline", "read", "refuse", "write"]

FILE = "checkpoint.safetensors"
"""The name of the file in the folder of a run."""
STATE, DIGEST = "minigraph training", "digest"


def write(file: Path, variables: Mapping[str, Variable], state: Mapping[str, Any]) -> None:
    """Write the variables and the state, which JSON can hold, whole or not at all."""
    arrays = {name: variable.value for name, variable in variables.items()}
    text = json.dumps(state)
    write_tensors(file, arrays, {STATE: text, DIGEST: _digest(text, arrays)})


def read(file: Path) -> tuple[dict[str, Stored], dict[str, Any]]:
    """The arrays and the state that `write` wrote, or a FormatError where they are not whole."""
    found, metadata = read_tensors(file)
    if STATE not in metadata:
        raise FormatError(f"{file} holds parameters alone, and no training to resume: graph.load reads it.")
    if any(isinstance(stored.dtype, str) for stored in found.values()) or metadata.get(DIGEST) != _digest(
        metadata[STATE], {name: stored.array for name, stored in found.items()}
    ):
        raise FormatError(f"{file} is damaged: its content is not what was written; nothing was changed.")
    state: dict[str, Any] = json.loads(metadata[STATE])
    return found, state


def _digest(text: str, arrays: Mapping[str, np.ndarray[Any, Any]]) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def changes(
    variables: Mapping[str, Variable], found: Mapping[str, Stored], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> list[str]:
    """What differs between a training and a checkpoint; `ours` and `theirs` hold the `identity` of their graphs."""
    lines = differences(variables, found)
    if theirs["fingerprint"] == ours["fingerprint"]:
        return lines
    before, now = theirs["outline"], ours["outline"]
    for kind, start, end, first, last in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += [f"{line} is in the file alone" for line in before[start:end]]
            lines += [f"{line} is in the graph alone" for line in now[first:last]]
    return lines or ["the operations are joined in another way"]


def refuse(file: Path, lines: list[str]) -> None:
    """Raise where there are differences."""
    if lines:
        more = f"\n  and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
        raise GraphError(
            f"{file} is not a checkpoint of this training:\n  " + "\n  ".join(lines[:SHOWN]) + more
            + "\n  Resume it with the graph, the optimizer and the data that it was written with; nothing was changed."
        )


def identity(graph: Graph) -> dict[str, Any]:
    """What tells the graph from others: its fingerprint, and its outline for the one who reads how they differ."""
    return {"fingerprint": fingerprint(graph), "outline": outline(graph)}


def outline(graph: Graph) -> list[str]:
    """A line for each operation and input, as a person tells them apart.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> outline(mg.Graph(total=x.sum(axis=0)))
    ['Input x (N × 2, float32)', 'ReduceSum total (2, float32) axes=(0) keepdims=False']
    """
    names = {node: name for name, node in graph.names.items()}
    return [_line(node, names.get(node)) for node in graph.nodes if not isinstance(node, Constant | Variable)]


def fingerprint(graph: Graph) -> str:
    """Thirty-two digits that tell the computation from any other: its operations, how they are joined, and its constants."""
    place = {node: number for number, node in enumerate(graph.nodes)}
    digest = hashlib.blake2b(digest_size=16)
    for node in graph.nodes:
        name = node.name if isinstance(node, Leaf) else None
        digest.update(f"{_line(node, name)} {[place[operand] for operand in node.operands]}\n".encode())
        if isinstance(node, Constant):
            digest.update(np.ascontiguousarray(node.value).data)
    return digest.hexdigest()


def _line(node: Node, name: str | None) -> str:
    told = {key: _plain(getattr(node, key)) for key, default in node.attributes.items() if getattr(node, key) is not default}
    attributes = "".join(f" {key}={value}" for key, value in told.items())
    return f"{type(node).__name__}{f' {name}' if name else ''} ({show_shape(node.shape)}, {node.dtype}){attributes}"


def _plain(value: Any) -> str:
    """A value as text that is the same in every process."""
    if isinstance(value, np.ndarray):
        return hashlib.blake2b(np.ascontiguousarray(value).data, digest_size=8).hexdigest()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"({', '.join(map(_plain, value))})"
    text = getattr(value, "__qualname__", None) or repr(value)
    return type(value).__qualname__ if " at 0x" in text else text
