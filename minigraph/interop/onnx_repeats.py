"""ONNX's Scan and Loop: a graph repeated as often as is known before a run, written out one turn after another."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigraph.errors import OperationError
from minigraph.messages import described, places
from minigraph.node import Constant, Node
from minigraph.nodes import OPERATIONS

__all__ = ["REPEATED"]

Step = Callable[..., list[Node]]
"""The outputs of the graph for its inputs."""


def _scan(owner: str, options: dict[str, Any], given: Sequence[Any], step: Step) -> list[Node]:
    """The last states, and what every turn gives, side by side: a turn is given the states and a part of each sequence."""
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
        made = step(*states, *parts)
        states, rest = made[: len(states)], made[len(states) :]
        turns.append(rest)
    stacked = _stacked(owner, turns)
    axes = options.get("scan_output_axes", [0] * len(stacked))
    backwards = options.get("scan_output_directions", [0] * len(stacked))
    rows = [np.flip(rows, axis=0) if turned else rows for rows, turned in zip(stacked, backwards, strict=True)]
    return [*states, *(np.moveaxis(each, 0, axis) if axis else each for each, axis in zip(rows, axes, strict=True))]


def _loop(owner: str, options: dict[str, Any], given: Sequence[Any], step: Step) -> list[Node]:
    """The same, of turns that are counted, or end when a condition no longer holds."""
    count, going, *states = given
    if not isinstance(count, Constant):
        raise OperationError(f"{owner} needs its number of turns, M, stored in the model.")
    turns: list[list[Node]] = []
    going = Constant(np.array(True)) if going is None else going
    for t in range(int(count.value)):
        if not isinstance(going, Constant):
            raise OperationError(f"{owner} needs its condition known before a run, but {going} is computed.{places(going)}")
        if not going.value.item():
            break
        going, *made = step(Constant(np.array(t)), going, *states)
        states, rest = made[: len(states)], made[len(states) :]
        turns.append(rest)
    return [*states, *_stacked(owner, turns)]


def _stacked(owner: str, turns: list[list[Node]]) -> list[Any]:
    """What the turns give, side by side along a first axis."""
    if not turns:
        raise OperationError(f"{owner} has no turns, and what it would give in one is not known.")
    return [OPERATIONS["Stack"](*rows) for rows in zip(*turns, strict=True)]


REPEATED: dict[str, Callable[[str, dict[str, Any], Sequence[Any], Step], list[Node]]] = {"Loop": _loop, "Scan": _scan}
"""What composes them, by the operator."""
