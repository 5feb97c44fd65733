"""Weights of rows: a loss in which each row counts for as much as its weight says, Σ w l / Σ w."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import GraphError, InputError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.core.values import whole_array
from minigraph.ops.copies import substituted
from minigraph.ops.cross_entropy import OverClasses
from minigraph.ops.losses import Loss
from minigraph.training.checks import check_graph, quoted
from minigraph.training.data.dataset import Dataset
from minigraph.training.metrics.totals import loss_of

__all__ = ["SAMPLE_WEIGHT", "row_weighted", "weighted_loss", "with_ones", "with_weights"]

SAMPLE_WEIGHT = "sample weight"
"""The input that the weights of the rows are for."""


def row_weighted(graph: Graph) -> Graph:
    """The graph whose loss weighs its rows, by a further input "sample weight" (N), on the same parameters.

    Raises a GraphError where the loss holds none of minigraph's losses that is a mean over rows.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    >>> graph = row_weighted(mg.Graph(loss=mg.MeanSquaredError(x, y)))
    >>> float(graph.forward(x=[1.0, 5.0], y=[0.0, 0.0], **{"sample weight": [3.0, 1.0]})["loss"])
    7.0
    """
    check_graph("What weighs its rows", graph)
    losses = [node for node in topological_order([loss_of(graph)]) if _is_mean_of_rows(node)]
    if not losses:
        raise GraphError(
            "Weights of rows are for a loss that is a mean over them, such as mg.SoftmaxCrossEntropy or mg.MeanSquaredError; "
            "this one is composed otherwise. Give the graph an input of weights w, and the loss (w * losses).sum() / w.sum()."
        )
    weights = Input(SAMPLE_WEIGHT, (losses[0].operands[0].shape[0],))
    found = substituted(graph.outputs.values(), {loss: weighted_loss(loss, weights) for loss in losses})
    return Graph({name: found[node] for name, node in graph.outputs.items()})


def _is_mean_of_rows(node: Node) -> bool:
    return isinstance(node, Loss | OverClasses) and node.reduction == "mean" and node.operands[0].ndim > 0


def weighted_loss(loss: Any, weights: Any) -> Node:
    """Σ w l / Σ w instead of the mean of the losses l: where a loss weighs classes too, w is times that weight."""
    attributes = {name: getattr(loss, name) for name in loss.attributes}
    each: Any = type(loss)(*loss.operands, **{**attributes, "reduction": "none"})
    behind = (-1,) + (1,) * (each.ndim - 1)
    w = weights.astype(each.dtype) if weights.ndim == each.ndim else weights.astype(each.dtype).reshape(behind)
    counted: Any = np.ones_like(each)
    z, labels = loss.operands[:2]
    weighs_classes = isinstance(loss, OverClasses)
    if weighs_classes and loss.may_be_empty(labels):
        counted = loss.weighted(loss.chosen(z, labels, z.dtype)).sum(axis=loss.class_axis(z))
    total = (w * counted).sum()
    value: Node = (w * each).sum() / np.where(np.equal(total, 0), 1, total)
    value.name = loss.name
    return value


def with_weights(data: Any, weights: ArrayLike) -> Any:
    """The training data with the weights of its rows, or an error where they are none."""
    if not isinstance(data, Mapping):
        raise InputError(f"sample_weight is for arrays by the names of the inputs, and the training data is {quoted(data)}.")
    array = whole_array(weights, "sample_weight").astype(np.float32)
    if array.ndim != 1 or not (np.isfinite(array).all() and (array >= 0).all()):
        raise InputError("sample_weight is a number for each row, finite and 0 or more.")
    if not array.any():
        raise InputError("sample_weight is 0 for every row: there is nothing to learn from.")
    return _with(data, array)


def with_ones(data: Any) -> Any:
    """Data to measure on, whose rows all weigh 1 unless it has weights."""
    if not isinstance(data, Mapping) or SAMPLE_WEIGHT in data or not data:
        return data
    return _with(data, np.ones(len(next(iter(data.values()))), np.float32))


def _with(data: Mapping[str, Any], weights: Any) -> Mapping[str, Any]:
    arrays = {**data, SAMPLE_WEIGHT: weights}
    return data.with_arrays(arrays) if isinstance(data, Dataset) else arrays
