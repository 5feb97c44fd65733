"""What a classifier of points in the plane gives each place, as the page draws it."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.rules import compute
from minigraph.core.run import Run
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy
from minigraph.ops.softmax import Softmax

__all__ = ["boundary_record"]

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
    return _plane(lambda rows: _probabilities(run, graph, points, rows), np.asarray(x, np.float64), y)


def _probabilities(run: Run, graph: Graph, points: Input, rows: Any) -> Any:
    """What the graph gives other points, with the run's own parameters."""
    values: dict[Node, Any] = {leaf: run[leaf] for leaf in graph.nodes if not leaf.operands}
    values[points] = rows.astype(points.dtype)
    with np.errstate(all="ignore"):
        for node in graph.operations:
            values[node] = compute(node, [values[operand] for operand in node.operands])
    return values[graph["probabilities"]]


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
