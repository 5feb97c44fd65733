"""Blocks from the names of a model's nodes, in which exporters write paths: "/encoder/layer.0/Add" is in encoder, layer.0.

Since 2.6 PyTorch writes modules beside the name, as the node's "namespace": ": M/encoder: E/encoder.0: L/add: aten.add".
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Leaf, Node
from minigraph.ops.scan import Scan

__all__ = ["Frames", "frame", "last", "path_of", "within_frames"]

Frames = tuple[str, ...]
"""The names of the blocks that a node's name is in, the outermost first."""


def _parts(name: str) -> Frames:
    return tuple(part for part in name.partition(";")[0].split("/") if part.strip())


def _common(paths: Iterable[Frames]) -> Frames:
    """What all of them begin with."""
    shared: Frames = ()
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared += parts[:1]
    return shared


def path_of(proto: Any) -> Frames:
    """The path of a node of a model, by its name or else by the modules that are written beside it; itself is the last."""
    own, found = _parts(proto.name), list[str]()
    beside = next((each.value for each in getattr(proto, "metadata_props", ()) if each.key == "namespace"), "")
    modules = [each.partition(": ")[0] for each in beside.split("/")[:-1]]
    if len(own) > 1 or not modules:
        return own
    for outer, inner in pairwise(["", *filter(None, modules)]):
        found.append(inner.removeprefix(f"{outer}."))
    return (*found, proto.name)


def within_frames(path: Frames, around: Frames) -> Frames:
    """All frames of a node of that path, which lies in a graph within a node with the frames `around`.

    >>> within_frames(("decoder", "rnn", "LSTM"), ())
    ('decoder', 'rnn')
    >>> within_frames(("decoder", "rnn", "cell", "Add"), ("decoder", "rnn"))
    ('decoder', 'rnn', 'cell')
    """
    own = path[:-1]
    return around + own[len(_common([own, around])) :]


def last(name: str) -> str:
    """What a node is called within its frames: "LSTM" for "/decoder/rnn/LSTM"."""
    return (_parts(name) or (name,))[-1]


def frame(graph: Graph, frames: Collection[Frames]) -> None:
    """Leave out what all frames begin with, which says nothing, and place what has no frame among its neighbours.

    That is what is stored, and what a converter put in between, under a name that is no path.
    """
    common = _common(frames)
    for node in _with_bodies(graph.operations):
        if node.block[: len(common)] == common:
            node.block = node.block[len(common) :]
    users: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.operations:
        for operand in node.operands:
            users[operand].append(node)
    for node in graph.operations:
        before, after = ([each.block for each in some if each.block] for some in (node.operands, users[node]))
        if frames and not node.block and before and after:
            node.block = _common(before + after)
    for leaf, by in users.items():
        if isinstance(leaf, Leaf) and not isinstance(leaf, Input):
            leaf.block = _common(node.block for node in by)


def _with_bodies(operations: Iterable[Node]) -> Iterator[Node]:
    """The operations, and those of which the bodies of scans are made."""
    for node in operations:
        yield node
        if isinstance(node, Scan):
            yield from _with_bodies(node.body.operations)
