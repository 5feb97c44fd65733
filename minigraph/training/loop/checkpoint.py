"""Checkpoints of a training: everything that the next step depends on, in one file.

Where there are many checkpoints, a second file holds the earlier part of the history.
The arrays (parameters, the optimizer's state, averages) are safetensors; the rest (the place in the data, the random state,
the history) is JSON in the file's metadata, with a digest of it all. Reading one runs nothing.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.shapes import show_shape
from minigraph.interop.files import FormatError, append, read_bytes, remove
from minigraph.interop.safetensors import Stored, differences, read_tensors, write_tensors
from minigraph.training.checks import check_fields
from minigraph.training.loop.history import History

__all__ = [
    "FILE",
    "Checkpoints",
    "EarlierEpochs",
    "changes",
    "fingerprint",
    "generator",
    "identity",
    "refusing_damage",
    "outline",
    "read",
    "stamp",
]

Arrays = Mapping[str, np.ndarray[Any, Any]]
FILE = "checkpoint.safetensors"
"""The name of the file in the folder of a run."""
EARLIER = "history-"
"""How the name of the file with the earlier history begins."""
STATE, DIGEST = "minigraph training", "digest"
FORMAT = 2
"""The version of what a checkpoint holds."""
FIELDS: dict[str, type] = {
    "format": int,  # the version, FORMAT
    "fingerprint": str,  # of the graph: its operations, how they are joined, its constants
    "outline": list,  # the graph's inputs and operations, a line each, to say what differs
    "names": list,  # of all figures and statistics that are measured
    "rows": int,  # of the training data
    "batch size": int,
    "digest of the rows": str,
    "threads": int,  # over how many a step is spread: it changes sums in their last bits
    "epoch": int,  # how many epochs are done
    "step": int,  # how many steps of the next epoch are done
    "order": dict,  # the state of the random generator at the start of that epoch: it draws the order of the rows
    "totals": dict,  # the sums over that epoch's rows so far from which its figures come
    "statistics": dict,  # the sums from which its statistics come
    "best": list,  # the variables whose arrays after the best epoch are stored too
    "earlier": dict,  # which part of the file of earlier epochs belongs to this checkpoint
    "history": dict,  # the figures and statistics of the epochs after those
}
"""The state of a checkpoint, beside the arrays of the variables, by the keys of its JSON."""
REPEATED = 100
"""How often, at most, the checkpoints of a run write an epoch of the history, on average; then it goes into another file."""


class EarlierEpochs:
    """The earlier epochs of a history, in a file of their own: what a checkpoint costs does not grow with them.

    Where there are few checkpoints, they hold the whole history themselves. A checkpoint says up to where the file belongs to
    it, with the digest of that part. What a run that was killed has written beyond is written over.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._times = folder, 0
        self._start()

    def _start(self) -> None:
        self.name, self.epochs, self.bytes, self._digest = "", 0, 0, hashlib.blake2b(digest_size=16)

    def extend(self, history: History) -> None:
        """Write what a checkpoint would hold too much of."""
        if self.name and not self._is_there():
            self._start()
        self._times += 1
        if (history.epochs - self.epochs) * self._times > history.epochs * REPEATED:
            content = f"{json.dumps(history.state(self.epochs))}\n".encode()
            self.name = self.name or f"{EARLIER}{secrets.token_hex(8)}.jsonl"
            append(self.folder / self.name, content, "The history", self.bytes)
            self._digest.update(content)
            self.epochs, self.bytes = history.epochs, self.bytes + len(content)

    def _is_there(self) -> bool:
        try:
            return (self.folder / self.name).stat().st_size >= self.bytes
        except OSError:
            return False

    def state(self) -> dict[str, Any]:
        """What a checkpoint stores of it."""
        return {"file": self.name, "bytes": self.bytes, "digest": self._digest.hexdigest()}

    def resume(self, state: Mapping[str, Any]) -> list[Any]:
        """Go on from what `state` gave, and give the states of the history in the file; a ValueError where it is another."""
        check_fields(state, {"file": str, "bytes": int, "digest": str})
        self.name, self.bytes = state["file"], state["bytes"]
        if self.name and not re.fullmatch(f"{EARLIER}[0-9a-f]{{16}}.jsonl", self.name):
            raise ValueError(f"{self.name} is no file of earlier epochs")
        content = read_bytes(self.folder / self.name, "earlier epochs")[: self.bytes] if self.name else b""
        self._digest.update(content)
        if self._digest.hexdigest() != state["digest"]:
            raise ValueError(f"{self.name} holds other epochs than those before it")
        states = [json.loads(line) for line in content.splitlines()]
        self.epochs = History.of(states).epochs
        return states

    def remove_others(self) -> None:
        """Remove the earlier epochs of other trainings, whose checkpoint is no longer there."""
        for file in self.folder.glob(f"{EARLIER}*.jsonl"):
            if file.name != self.name:
                remove(file)


class Checkpoints:
    """The checkpoints of one training, in whatever folders."""

    def __init__(self) -> None:
        self._earlier = EarlierEpochs(Path())
        self._stamps: dict[Path, Any] = {}
        self._fresh = True

    def write(self, folder: Path, arrays: Arrays, state: Mapping[str, Any], history: History) -> None:
        """Write the arrays, the state, which JSON can hold, and the history, whole or not at all."""
        place = folder.resolve()
        if place != self._earlier.folder:
            self._earlier, self._fresh = EarlierEpochs(place), True
        self._earlier.extend(history)
        later = {"earlier": self._earlier.state(), "history": history.state(self._earlier.epochs)}
        text = json.dumps({"format": FORMAT, **state, **later})
        write_tensors(folder / FILE, arrays, {STATE: text, DIGEST: _digest(text, arrays)})
        self._stamps[place] = stamp(place / FILE)
        if self._fresh:
            self._earlier.remove_others()
        self._fresh = False

    def continue_from(self, earlier: EarlierEpochs, found: Any) -> None:
        """Go on from a checkpoint that was read, of that stamp."""
        self._earlier, self._fresh = earlier, True
        self._stamps[earlier.folder] = found

    def owns(self, folder: Path) -> bool:
        """Whether the folder holds no checkpoint, or one of this training that nobody else has written over."""
        place = folder.resolve()
        return stamp(place / FILE) in (None, self._stamps.get(place))


def stamp(file: Path) -> Any:
    """What differs between a file and one that is written later under its name; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(file: Path) -> tuple[dict[str, Stored], dict[str, Any]]:
    """The arrays and the state of a checkpoint, or a FormatError where they are not whole."""
    found, metadata = read_tensors(file)
    if STATE not in metadata:
        raise FormatError(f"{file} holds parameters alone, and no training to resume: graph.load reads it.")
    if any(isinstance(stored.dtype, str) for stored in found.values()) or metadata.get(DIGEST) != _digest(
        metadata[STATE], {name: stored.array for name, stored in found.items()}
    ):
        raise FormatError(f"{file} is damaged: its content is not what was written; nothing was changed.")
    with refusing_damage(file):
        state: dict[str, Any] = json.loads(metadata[STATE])
        if not isinstance(state, dict):
            raise ValueError("its state is no mapping")
        if state.get("format") != FORMAT:
            raise FormatError(f"{file} is a checkpoint of another version of minigraph; nothing was changed.")
        check_fields(state, FIELDS)
        for name in ("outline", "names", "best"):
            if not all(type(each) is str for each in state[name]):
                raise ValueError(f"{name} is no list of text")
        if not state["threads"]:
            raise ValueError("threads is 0")
    return found, state


@contextmanager
def refusing_damage(file: Path) -> Iterator[None]:
    """Within it, a ValueError says that the file is not what a training writes."""
    try:
        yield
    except MinigraphError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{file} is not what a training writes ({error}); nothing was changed.") from None


def generator(state: Mapping[str, Any]) -> np.random.Generator:
    """A random generator in the state that was read, or a ValueError where it is none."""
    rng = np.random.default_rng(0)
    try:
        rng.bit_generator.state = state
        same = rng.bit_generator.state == state
    except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
        same = False
    if not same:
        raise ValueError("the order of the rows is no state of a random generator")
    return rng


def _digest(text: str, arrays: Arrays) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.shape} {array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def changes(
    variables: Mapping[str, Any], found: Mapping[str, Stored], current: Mapping[str, Any], saved: Mapping[str, Any]
) -> list[str]:
    """What differs between a training and a checkpoint; `current` and `saved` hold the `identity` of their graphs."""
    lines = differences(variables, found)
    if saved["fingerprint"] == current["fingerprint"]:
        return lines
    before, now = saved["outline"], current["outline"]
    for kind, start, end, first, last in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if kind != "equal":
            lines += [f"{line} is in the file alone" for line in before[start:end]]
            lines += [f"{line} is in the graph alone" for line in now[first:last]]
    return lines or ["the operations are joined in another way"]


def identity(graph: Graph) -> dict[str, Any]:
    """What a graph is recognised by: its fingerprint, and its outline for the one who reads how they differ."""
    return {"fingerprint": fingerprint(graph), "outline": outline(graph)}


def outline(graph: Graph) -> list[str]:
    """A line for each operation and input, as a person reads it.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> outline(mg.Graph(total=x.sum(axis=0)))
    ['Input x (N × 2, float32)', 'ReduceSum total (2, float32) axes=(0) keepdims=False']
    """
    names = {node: name for name, node in graph.names.items()}
    return [_line(node, names.get(node)) for node in graph.nodes if not isinstance(node, Constant | Variable)]


def fingerprint(graph: Graph) -> str:
    """A fingerprint of the computation in thirty-two digits: its operations, how they are joined, and its constants."""
    place = {node: number for number, node in enumerate(graph.nodes)}
    digest = hashlib.blake2b(digest_size=16)
    for node in graph.nodes:
        name = node.name if isinstance(node, Leaf) else None
        digest.update(f"{_line(node, name)} {[place[operand] for operand in node.operands]}\n".encode())
        if isinstance(node, Constant):
            digest.update(np.ascontiguousarray(node.value).data)
    return digest.hexdigest()


def _line(node: Node, name: str | None) -> str:
    given = {key: _plain(getattr(node, key)) for key, default in node.attributes.items() if getattr(node, key) is not default}
    attributes = "".join(f" {key}={value}" for key, value in given.items())
    return f"{type(node).__name__}{f' {name}' if name else ''} ({show_shape(node.shape)}, {node.dtype}){attributes}"


def _plain(value: Any) -> str:
    """A value as text that is the same in every process."""
    if isinstance(value, np.ndarray):
        return hashlib.blake2b(np.ascontiguousarray(value).data, digest_size=8).hexdigest()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"({', '.join(map(_plain, value))})"
    text = getattr(value, "__qualname__", None) or repr(value)
    return type(value).__qualname__ if " at 0x" in text else text
