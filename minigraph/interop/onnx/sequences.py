"""ONNX's Scan and Loop as scans.

A Loop repeats as often as is known before a run. Where a graph cannot be composed once for all steps (a step needs its number,
say, or a state that grows) it is unrolled.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigraph.core.errors import MinigraphError, OperationError
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import places
from minigraph.interop.files import FormatError
from minigraph.interop.onnx.call import sayable
from minigraph.ops import OPERATIONS
from minigraph.ops.loops import scan
from minigraph.ops.sizes import Range

__all__ = ["REPEATED", "Repeat"]

Body = Callable[..., list[Node]]
"""The outputs of the graph for its inputs."""


@dataclass(frozen=True)
class Repeat:
    """A node whose graph is repeated, of the operator set `version`."""

    owner: str
    version: int
    options: dict[str, Any]
    given: list[Any]
    step: Body
    write: Callable[[int], None]
    """Counts nodes that are about to be written out."""


def _scanned(call: Repeat) -> list[Node]:
    """Scan; in operator set 8 every value had the rows of a batch, each scanned on its own."""
    most = len(call.given) - (call.version == 8)
    if not 1 <= call.options["num_scan_inputs"] <= most:
        raise FormatError(
            f"{call.owner} has num_scan_inputs={call.options['num_scan_inputs']}, of {most} inputs.\n  The file is damaged: "
            "export it anew."
        )
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
    call.write(rows * len(given))
    parts = [[OPERATIONS["Gather"](x, i, axis=0) for x in given] for i in range(rows)]
    return _stacked(call.owner, [_scan(replace(call, options=options, given=part)) for part in parts])


def _scan(call: Repeat) -> list[Node]:
    """The last states, and what every step gives, side by side: a step is given the states and a part of each sequence."""
    owner, options, step = call.owner, call.options, call.step
    count = options["num_scan_inputs"]
    first, sequences = list(call.given[:-count]), call.given[-count:]
    axes = options.get("scan_input_axes", [0] * count)
    backwards = options.get("scan_input_directions", [0] * count)
    along = [np.moveaxis(each, axis, 0) if axis else each for each, axis in zip(sequences, axes, strict=True)]
    along = [np.flip(each, axis=0) if turned else each for each, turned in zip(along, backwards, strict=True)]

    def body(states: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        results = step(*states, *parts)
        return results[: len(states)], results[len(states) :]

    states, stacked = _repeated(owner, body, first, along, along[0].shape[0])
    axes = options.get("scan_output_axes", [0] * len(stacked))
    backwards = options.get("scan_output_directions", [0] * len(stacked))
    rows = [np.flip(rows, axis=0) if turned else rows for rows, turned in zip(stacked, backwards, strict=True)]
    return [*states, *(np.moveaxis(each, 0, axis) if axis else each for each, axis in zip(rows, axes, strict=True))]


def _loop(call: Repeat) -> list[Node]:
    """The same, of iterations that are counted, or end when a condition no longer holds."""
    owner, step = call.owner, call.step
    count, going, *first = call.given
    if not isinstance(count, Constant):
        raise OperationError(
            f"{owner} needs its number of iterations, M, known before a run, but {count} is computed.{places(count)}"
            f"{sayable(count)}"
        )
    length = int(count.value)
    condition = _Condition(owner, Constant(np.array(True)) if going is None else going)

    def body(states: list[Node], parts: list[Node]) -> tuple[list[Node], list[Node]]:
        condition.now, *results = step(*parts, condition.now, *states)
        return results[: len(states)], results[len(states) :]

    numbers = Range(0, length)  # which takes no memory before a run, however many a file asks for
    states, stacked = _repeated(owner, body, first, [numbers], length, condition)
    return [*states, *stacked]


class _Condition:
    """Whether a loop goes on: a condition that is known before a run."""

    def __init__(self, owner: str, first: Any) -> None:
        self.owner, self.first, self.now = owner, first, first

    def __bool__(self) -> bool:
        if not isinstance(self.now, Constant):
            raise OperationError(
                f"{self.owner} needs its condition known before a run, but {self.now} is computed.{places(self.now)}"
                f"{sayable(self.now)}"
            )
        return bool(self.now.value.item())


def _repeated(
    owner: str,
    body: Callable[[list[Node], list[Node]], tuple[list[Node], list[Node]]],
    first: list[Node],
    along: list[Any],
    length: Any,
    condition: _Condition | None = None,
) -> tuple[list[Node], list[Any]]:
    """The last states and the stacks of a body repeated along sequences, or of a loop's along the numbers of its iterations.

    Of constants alone it is unrolled, so that what follows is known before a run.
    """
    known = isinstance(length, int)
    constants = known and all(isinstance(each, Constant) for each in (first if condition is not None else (*first, *along)))
    if not constants and (condition is None or condition):
        try:
            found = scan(body, first, along)
            if condition is None or condition:  # always, then: it depends on nothing that a step computes
                return found
        except MinigraphError:
            if not known:
                raise
    iterations: list[list[Node]] = []
    states = first
    if condition is not None:
        condition.now = condition.first
    for t in range(length):
        if condition is not None and not condition:
            break
        states, rest = body(
            states,
            [Constant(np.array(t))] if condition is not None else [OPERATIONS["Gather"](each, t, axis=0) for each in along],
        )
        iterations.append(rest)
    return states, _stacked(owner, iterations)


def _stacked(owner: str, iterations: list[list[Node]]) -> list[Any]:
    """What the iterations give, side by side along a first axis."""
    if not iterations:
        raise OperationError(f"{owner} has no iterations, and what it would give in one is not known.")
    return [OPERATIONS["Stack"](*rows) for rows in zip(*iterations, strict=True)]


REPEATED: dict[str, Callable[[Repeat], list[Node]]] = {"Loop": _loop, "Scan": _scanned}
"""What composes them, by the operator."""
