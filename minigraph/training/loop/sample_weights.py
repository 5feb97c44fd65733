"""Weights of rows: a loss in which each row counts for as much as its weight says, Σ w l / Σ w."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import GraphError, InputError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.core.provenance import places
from minigraph.core.rewriting import topological_order
from minigraph.core.values import wide, widened
from minigraph.ops.copies import with_nodes
from minigraph.ops.cross_entropy import OverClasses
from minigraph.ops.losses import Loss
from minigraph.training.checks import check_graph, quoted
from minigraph.training.data.weights import SAMPLE_WEIGHT, learned_weights, with_weights
from minigraph.training.metrics.totals import loss_of

__all__ = ["row_weighted", "rows_weighed", "weighted_loss", "weights_of_rows"]


def row_weighted(graph: Graph, name: str = SAMPLE_WEIGHT) -> Graph:
    """The graph whose loss weighs its rows, by a further input of that name (N), on the same parameters.

    Raises a GraphError where the loss holds none of minigraph's losses that is a mean over rows, or the graph has that input.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    >>> graph = row_weighted(mg.Graph(loss=mg.MeanSquaredError(x, y)))
    >>> float(graph.forward(x=[1.0, 5.0], y=[0.0, 0.0], sample_weight=[3.0, 1.0])["loss"])
    7.0
    """
    check_graph("What weighs its rows", graph)
    losses = [node for node in topological_order([loss_of(graph)]) if _is_mean_of_rows(node)]
    if not losses:
        raise GraphError(
            "Weights of rows are for a loss that is a mean over them, such as mg.SoftmaxCrossEntropy or mg.MeanSquaredError; "
            "this one is composed otherwise. Give the graph an input of weights w, and the loss (w * losses).sum() / w.sum()."
        )
    weights = weights_of_rows(graph, losses[0], name)
    return with_nodes(graph, {loss: weighted_loss(loss, weights) for loss in losses})


def weights_of_rows(graph: Graph, loss: Node, name: str) -> Input:
    """The input of the weights of a loss's rows, or an error where the graph has one of that name."""
    if name in graph.inputs:
        raise GraphError(
            f"The graph takes {name!r} itself, {graph.inputs[name]!r}: it is given with the data, and not as sample_weight."
            f"{places(graph.inputs[name])}"
        )
    return Input(name, (loss.operands[0].shape[0],), dtype=wide(loss.dtype))


def _is_mean_of_rows(node: Node) -> bool:
    return isinstance(node, Loss | OverClasses) and node.reduction == "mean" and node.operands[0].ndim > 0


def weighted_loss(loss: Any, weights: Any) -> Node:
    """Σ w l / Σ w instead of the mean of the losses l: where a loss weighs classes too, w is times that weight."""
    attributes = {name: getattr(loss, name) for name in loss.attributes}
    each = widened(type(loss)(*loss.operands, **{**attributes, "reduction": "none"}))
    behind = (-1,) + (1,) * (each.ndim - 1)
    w = weights.astype(each.dtype) if weights.ndim == each.ndim else weights.astype(each.dtype).reshape(behind)
    counted: Any = np.ones_like(each)
    z, labels = loss.operands[:2]
    weighs_classes = isinstance(loss, OverClasses)
    if weighs_classes and loss.may_be_empty(labels):
        counted = widened(loss.weighted(loss.chosen(z, labels, z.dtype)).sum(axis=loss.class_axis(z)))
    total = (w * counted).sum()
    value: Node = ((w * each).sum() / np.where(np.equal(total, 0), 1, total)).astype(loss.dtype)
    value.name = loss.name
    return value


def rows_weighed(data: Any, weights: ArrayLike) -> Any:
    """The training data with the weights of its rows, or an error where they are none."""
    if not isinstance(data, Mapping):
        raise InputError(
            f"sample_weight is an array for arrays by the names of the inputs, and the training data is {quoted(data)}: let it "
            "give the weights under a name of their own, and say that name, sample_weight='weight'."
        )
    return with_weights(data, SAMPLE_WEIGHT, learned_weights(weights))
