"""ONNX's Scan and Loop: a graph repeated as often as is known before a run, written out one turn after another."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.ops import OPERATIONS

__all__ = ["REPEATED", "Repeat"]

Step = Callable[..., list[Node]]
"""The outputs of the graph for its inputs."""


@dataclass(frozen=True)
class Repeat:
    """A node whose graph is repeated, of the operator set `version`."""

    owner: str
    version: int
    options: dict[str, Any]
    given: list[Any]
    step: Step


def _scanned(call: Repeat) -> list[Node]:
    """Scan; in operator set 8 every value had the rows of a batch, each scanned on its own."""
    if call.version > 8:
        return _scan(call)
    lengths, *given = call.given
    options = {**call.options, "scan_input_directions": call.options.get("directions", [0] * call.options["num_scan_inputs"])}
    rows = given[0].shape[0]
    if lengths is not None or not isinstance(rows, int) or not rows:
        raise OperationError(
            f"{call.owner} of operator set 8 takes a batch of a known size, without lengths of its own.\n  Export the model in "
            "operator set 9 or later."
        )
    parts = [[OPERATIONS["Gather"](x, i, axis=0) for x in given] for i in range(rows)]
    return _stacked(call.owner, [_scan(replace(call, options=options, given=part)) for part in parts])


def _scan(call: Repeat) -> list[Node]:
    """The last states, and what every turn gives, side by side: a turn is given the states and a part of each sequence."""
    owner, options, given, step = call.owner, call.options, call.given, call.step
    count = options["num_scan_inputs"]
    states, sequences = list(given[:-count]), given[-count:]
    axes = options.get("scan_input_axes", [0] * count)
    length = sequences[0].shape[axes[0]]
    if not isinstance(length, int):
        raise OperationError(f"{owner} needs to know the length of {described(sequences[0])}.{places(sequences[0])}")
    backwards = options.get("scan_input_directions", [0] * count)
    turns = []
    for t in range(length):
        at = [length - 1 - t if turned else t for turned in backwards]
        parts = [OPERATIONS["Gather"](*each, axis=axis) for *each, axis in zip(sequences, at, axes, strict=True)]
        results = step(*states, *parts)
        states, rest = results[: len(states)], results[len(states) :]
        turns.append(rest)
    stacked = _stacked(owner, turns)
    axes = options.get("scan_output_axes", [0] * len(stacked))
    backwards = options.get("scan_output_directions", [0] * len(stacked))
    rows = [np.flip(rows, axis=0) if turned else rows for rows, turned in zip(stacked, backwards, strict=True)]
    return [*states, *(np.moveaxis(each, 0, axis) if axis else each for each, axis in zip(rows, axes, strict=True))]


def _loop(call: Repeat) -> list[Node]:
    """The same, of turns that are counted, or end when a condition no longer holds."""
    owner, step = call.owner, call.step
    count, going, *states = call.given
    if not isinstance(count, Constant):
        raise OperationError(f"{owner} needs its number of turns, M, stored in the model.\n  Export it as a constant.")
    turns: list[list[Node]] = []
    going = Constant(np.array(True)) if going is None else going
    for t in range(int(count.value)):
        if not isinstance(going, Constant):
            raise OperationError(f"{owner} needs its condition known before a run, but {going} is computed.{places(going)}")
        if not going.value.item():
            break
        going, *results = step(Constant(np.array(t)), going, *states)
        states, rest = results[: len(states)], results[len(states) :]
        turns.append(rest)
    return [*states, *_stacked(owner, turns)]


def _stacked(owner: str, turns: list[list[Node]]) -> list[Any]:
    """What the turns give, side by side along a first axis."""
    if not turns:
        raise OperationError(f"{owner} has no turns, and what it would give in one is not known.")
    return [OPERATIONS["Stack"](*rows) for rows in zip(*turns, strict=True)]


REPEATED: dict[str, Callable[[Repeat], list[Node]]] = {"Loop": _loop, "Scan": _scanned}
"""What composes them, by the operator."""
