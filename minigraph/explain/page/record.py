"""What the page shows: the nodes, the steps and, for each snapshot of the parameters, every array.

An array is there in a few words, by its first rows, and as a heat-map small enough to travel with it. For a classifier of
points in the plane there is also what it gives each place.
"""

import copy
import inspect
import textwrap
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import InputError, UnknownNameError, listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node, NodeLike
from minigraph.core.numpy_protocol import numpy_name
from minigraph.core.run import Run, forward
from minigraph.core.shapes import show_shape
from minigraph.explain.circuit.arrays import FEW, details, summary
from minigraph.explain.circuit.clusters import node_ids
from minigraph.explain.circuit.readout import scales_of
from minigraph.explain.circuit.view import kind_of
from minigraph.explain.derivation import gradients_written
from minigraph.explain.numeric import value_of
from minigraph.explain.page.steps import Step, Worked, blocks_of, steps_of, worked_step
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy
from minigraph.ops.softmax import Softmax

__all__ = ["array_record", "page_record", "with_parameters"]


def page_record(run: Run, output: NodeLike | str | None, snapshots: Mapping[str, Run]) -> dict[str, Any]:
    """Everything that the page shows of a run, ready for JSON; the last of the snapshots is the run itself."""
    ids, steps = node_ids(run.graph), steps_of(run, output)
    target = next((step.node for step in steps if step.kind == "cotangent"), None)
    written = {} if target is None else gradients_written(run.graph, target)
    return {
        "nodes": {ids[step.node]: _node(step, ids, written.get(step.node, "")) for step in steps if step.forward},
        "code": _code(run.graph.operations),
        "steps": [_step(step, ids) for step in steps if step.kind != "given"],
        "blocks": [{"path": path, "first": first, "last": last} for path, first, last in blocks_of(steps)],
        "snapshots": [_snapshot(label, each, output, ids) for label, each in snapshots.items()],
        "of": next((step.name.split("/")[0].removeprefix("∂") for step in steps if step.kind == "cotangent"), ""),
        "outputs": {f"output-{i}": ids[node] for i, node in enumerate(run.graph.outputs.values())},
    }


def _node(step: Step, ids: Mapping[Node, str], gradient: str) -> dict[str, Any]:
    """A node as its own step shows it, with where it comes from, and its gradient as it is written out."""
    node = step.node
    kind = kind_of(node)
    return {
        "name": step.name,
        "kind": kind,
        "operation": type(node).__name__,
        "about": _first_words(type(node)) if kind == "operation" else "",
        "formula": step.rule,
        "gradient": gradient,
        "shape": show_shape(node.shape),
        "dtype": str(node.dtype),
        "line": node.line,
        "operands": [ids[operand] for operand in node.operands],
        "attributes": [f"{key} = {getattr(node, key)!r}" for key in node.attributes if getattr(node, key) is not None],
    }


def _first_words(kind: type) -> str:
    """The first paragraph of what a class says of itself, on one line."""
    return (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ").replace("`", "")


def _code(nodes: Iterable[Node]) -> dict[str, dict[str, str]]:
    """The source of both rules of each operation, as its class has them."""
    classes = {type(node).__name__: type(node) for node in nodes}
    return {name: {rule: _source(cls, rule) for rule in ("forward", "backward")} for name, cls in classes.items()}


def _source(cls: type[Node], rule: str) -> str:
    try:
        text = textwrap.dedent(inspect.getsource(getattr(cls, rule))).rstrip()
        return text if cls.ufunc is None else text.replace("self.ufunc", numpy_name(cls.ufunc))
    except (OSError, TypeError):
        return "# Its source is in no file: it was made while a program ran."


def _step(step: Step, ids: Mapping[Node, str]) -> dict[str, Any]:
    record: dict[str, Any] = {"kind": step.kind, "node": ids[step.node], "name": step.name, "rule": step.rule}
    if step.wire:
        record |= {"by": ids[step.wire[0]], "operand": step.wire[1]}
    return record


def _snapshot(label: str, run: Run, output: NodeLike | str | None, ids: Mapping[Node, str]) -> dict[str, Any]:
    """Every array of a run: values and gradients by node, and what each step back gives."""
    back = [step for step in steps_of(run, output) if not step.forward]
    gradients: Mapping[Node, Any] = run.backward(back[0].node) if back else {}
    contributions = {step.wire: step for step in back if step.wire}
    counts = Counter(step.node for step in contributions.values())
    scales = scales_of({wire: step.result for wire, step in contributions.items()})
    worked = {step: worked_step(run, gradients, step, back, (ROWS, COLUMNS)) for step in back}
    plane = boundary_record(run)
    return {
        "label": label,
        "values": {ids[node]: array_record(run[node]) for node in run.graph.nodes},
        "gradients": {ids[node]: array_record(gradients[node], scales.get(node, 0.0)) for node in gradients},
        "contributions": {
            f"{ids[node]} {i}": array_record(step.result) for (node, i), step in contributions.items() if counts[step.node] > 1
        },
        "worked": {
            f"{ids[step.wire[0]]} {step.wire[1]}" if step.wire else f"{ids[step.node]} sum": _worked(found)
            for step, found in worked.items()
            if found
        },
        **({"plane": plane} if plane else {}),
    }


def _worked(worked: Worked) -> dict[str, Any]:
    return {
        "at": list(worked.place),
        "result": worked.result,
        "text": str(worked),
        "terms": [
            {"at": list(t.place), "upstream": t.upstream, "local": t.local, "text": [summary(t.upstream), summary(t.local)]}
            for t in worked.terms
        ],
        "others": worked.others,
        "rest": worked.rest,
    }


def with_parameters(run: Run, label: str, parameters: Mapping[str, ArrayLike]) -> Run:
    """The same graph on the same inputs, with other values for its variables."""
    graph: Graph = copy.deepcopy(run.graph)
    if not isinstance(parameters, Mapping):
        raise InputError(f"The snapshot {label!r} is a mapping of variables' names to arrays, not {type(parameters).__name__}.")
    for name, value in parameters.items():
        if name not in graph.variables:
            raise UnknownNameError(
                f"The snapshot {label!r} has a value for {name!r}, but the graph's variables are {listing(graph.variables)}."
                f"{nearest(name, graph.variables)}"
            )
        graph.variables[name].value = value
    again = forward(graph, **{name: run[node] for name, node in run.graph.inputs.items()})
    return Run(run.graph, {node: again[copied] for node, copied in zip(run.graph.nodes, graph.nodes, strict=True)})


ROWS, COLUMNS = 5, 6
"""How much of a matrix is shown as numbers."""

HEAT_ROWS, HEAT_COLUMNS = 20, 64
"""How fine a heat-map is; each of its cells is the mean of those that it stands for."""

ZERO, NOT_FINITE = 127, 255

Array = np.ndarray[Any, Any]


def array_record(value: Any, scale: float = 0.0) -> dict[str, Any]:
    """All that the page says of an array; what is only rounding next to `scale` is 0 in its summary.

    >>> array_record(np.array([1.0, 2.0]))["table"]
    [['1', '2']]
    """
    array = np.asarray(value)
    if array.dtype.kind == "O":  # several gradients in one, which their parts show
        return {"summary": "", "details": "", "shape": "", "table": [], "rows": [], "left": [0, 0]}
    matrix = _matrix(array)
    shown = matrix[:ROWS, :COLUMNS]
    largest = float(np.abs(array[np.isfinite(array)]).max(initial=0)) if array.dtype.kind == "f" else 0.0
    record: dict[str, Any] = {
        "summary": summary(array, scale),
        "details": details(array),
        "shape": show_shape(array.shape),
        "table": [[summary(x, largest) for x in row] for row in shown],
        "rows": [_index(array, i) for i in range(len(shown))],
        "left": [matrix.shape[0] - shown.shape[0], matrix.shape[1] - shown.shape[1]],
    }
    if array.size > FEW and array.dtype.kind == "f":
        record["heat"] = _heat(matrix)
    return record


def _matrix(array: Array) -> Array:
    """The array as rows: a vector is one, and of more than two axes all but the last come one after the other."""
    if array.ndim < 2:
        return array.reshape(1, -1)
    return array.reshape(-1, array.shape[-1]) if array.size else np.zeros((0, 0), array.dtype)


def _index(array: Array, row: int) -> str:
    """What a row is called: its index along the axes before the last."""
    return ", ".join(map(str, np.unravel_index(row, array.shape[:-1]))) if array.ndim > 1 else ""


def _heat(matrix: Array) -> dict[str, Any]:
    """A byte for each cell: 127 is 0, 0 and 254 the largest size below and above; 255 is no number."""
    cells = _pooled(_pooled(matrix.astype(np.float64), HEAT_ROWS, 0), HEAT_COLUMNS, 1)
    finite = np.isfinite(cells)
    largest = float(np.abs(cells[finite]).max(initial=0.0))
    bytes = np.full(cells.shape, NOT_FINITE, np.uint8)
    bytes[finite] = np.rint(ZERO + ZERO * cells[finite] / (largest or 1)).astype(np.uint8)
    rows, columns = cells.shape
    return {
        "rows": rows,
        "columns": columns,
        "largest": summary(largest),
        "cells": b64encode(bytes.tobytes()).decode(),
        "means": cells.size < matrix.size,
    }


def _pooled(cells: Array, most: int, axis: int) -> Array:
    """At most so many cells along an axis: each the mean of a run of them."""
    count = cells.shape[axis]
    if count <= most:
        return cells
    starts = np.arange(most) * count // most
    lengths = np.diff(np.append(starts, count))
    sums: Array = np.add.reduceat(cells, starts, axis=axis)
    return sums / (lengths[:, None] if axis == 0 else lengths)


GRID = 48
MOST_CLASSES = 8
CONFIDENCE = 31
"""A cell is one byte: the class that is likeliest there in its upper three bits, and how likely in the lower five."""


def boundary_record(run: Run) -> dict[str, Any] | None:
    """The plane and the run's rows in it, or None for a graph that does not put points of the plane into classes."""
    found = [node for node in run.graph.nodes if isinstance(node, SoftmaxCrossEntropy)]
    if len(found) != 1 or found[0].axis != 1 or not isinstance(found[0].operands[1], Input):
        return None
    scores, labels = found[0].operands
    probabilities = Softmax(scores, axis=found[0].axis)
    graph = Graph(probabilities=probabilities)
    points = next(iter(graph.inputs.values()), None)
    if points is None or len(graph.inputs) > 1 or points.shape[1:] != (2,) or labels.shape != points.shape[:1]:
        return None
    x, y = run[points], run[labels]
    if probabilities.ndim != 2 or isinstance(points.shape[0], int) or not x.size or not np.isfinite(x).all():
        return None
    return _plane(lambda rows: _probabilities(run, probabilities, points, rows), np.asarray(x, np.float64), y)


def _probabilities(run: Run, probabilities: Node, points: Input, rows: Any) -> Any:
    """What the node gives other points, with the run's own parameters."""
    leaves = {leaf: run[leaf] for leaf in run.graph.nodes if not leaf.operands}
    with np.errstate(all="ignore"):
        return value_of(probabilities, {points: rows.astype(points.dtype)}, leaves)


def _plane(probabilities: Callable[[Any], Any], x: np.ndarray[Any, Any], y: Any) -> dict[str, Any] | None:
    margin = 0.15 * np.ptp(x, axis=0) + 1e-3
    low, high = x.min(axis=0) - margin, x.max(axis=0) + margin
    across, up = np.meshgrid(np.linspace(low[0], high[0], GRID), np.linspace(high[1], low[1], GRID))
    on_grid = probabilities(np.column_stack([across.ravel(), up.ravel()]))
    if on_grid.shape[1] > MOST_CLASSES or not np.isfinite(on_grid).all():
        return None
    chosen = probabilities(x).argmax(axis=1)
    cells = (on_grid.argmax(axis=1) * (CONFIDENCE + 1) + np.rint(on_grid.max(axis=1) * CONFIDENCE)).astype(np.uint8)
    places = np.round((x - low) / (high - low), 4).tolist()
    return {
        "grid": GRID,
        "classes": on_grid.shape[1],
        "cells": b64encode(cells.tobytes()).decode(),
        "points": [[*place, int(label), int(label == guess)] for place, label, guess in zip(places, y, chosen, strict=True)],
        "right": int((chosen == y).sum()),
    }
