"""Weights for the classes of a loss: rows of a rare class count for more while it is learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from minigraph.core.errors import GraphError, InputError
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node
from minigraph.ops.copies import with_nodes
from minigraph.ops.cross_entropy import BinaryCrossEntropy
from minigraph.training.checks import check_graph, check_number, row_classification_loss
from minigraph.training.data.weights import SAMPLE_WEIGHT, checked_weights
from minigraph.training.loop.sample_weights import row_weighted, weighted_loss, weights_of_rows

__all__ = ["BALANCED", "balanced_weights", "class_weighted"]

BALANCED = "balanced"


def balanced_weights(labels: ArrayLike, classes: int, sample_weight: ArrayLike | None = None) -> tuple[float, ...]:
    """Weights by which all classes that occur come to the same: rows / (classes that occur · rows of the class), 1 for others.

    A row of `sample_weight` 2 counts as two. These are scikit-learn's.
    G. King, L. Zeng, Logistic regression in rare events data, 2001.

    >>> balanced_weights([0, 0, 0, 1], 2)
    (0.6666666666666666, 2.0)
    """
    weighted = None if sample_weight is None else np.asarray(sample_weight)
    counts = np.bincount(np.asarray(labels).reshape(-1), weighted, minlength=classes)
    occurring = counts > 0
    weights = np.where(occurring, counts.sum() / (max(occurring.sum(), 1) * np.where(occurring, counts, 1)), 1.0)
    return tuple(weights.tolist())


def class_weighted(
    graph: Graph,
    weights: str | Sequence[float],
    data: Mapping[str, ArrayLike] | None = None,
    sample_weight: str = SAMPLE_WEIGHT,
    weighs_rows: bool = False,
) -> Graph:
    """The graph with weights for the classes of its loss, on the same parameters: to be trained in its place.

    Parameters
    ----------
    graph : Graph
        A graph with one SoftmaxCrossEntropy of a row of scores and a label, an input, and without weights; or with one
        BinaryCrossEntropy of a number a row with targets y, an input, whose classes are 0 and 1.
    weights : "balanced" or numbers
        A weight for each class; or "balanced", by which all classes come to the same.
    data : mapping
        The rows that are learned from, whose labels say how frequent each class is: for "balanced".
    sample_weight : str
        By which name the data gives what its rows weigh, where it does.
    weighs_rows : bool
        Whether the loss also weighs its rows, by a further input of that name.

    Raises
    ------
    GraphError, InputError
        Where the graph has no such loss, or there is no weight for each class.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",), dtype=np.int64)
    >>> graph = mg.Graph(loss=mg.SoftmaxCrossEntropy(x, y))
    >>> class_weighted(graph, "balanced", {"y": [0, 0, 0, 1]})["loss"].class_weights
    (0.6666666666666666, 2.0)
    """
    check_graph("What has weights for its classes", graph)
    loss = row_classification_loss(graph.nodes)
    binary = [each for each in graph.nodes if isinstance(each, BinaryCrossEntropy) and each.reduction == "mean"]
    if loss is None and len(binary) == 1 and isinstance(binary[0].operands[1], Input):
        y: Any = binary[0].operands[1]
        negative, positive = _numbers(weights, y, 2, data, sample_weight)
        w = negative + (positive - negative) * y
        if weighs_rows:
            w = w * weights_of_rows(graph, binary[0], sample_weight).reshape(-1, *[1] * (y.ndim - 1))
        return with_nodes(graph, {binary[0]: weighted_loss(binary[0], w)})
    if loss is None or loss.class_weights is not None:
        has = "this one weighs its classes already" if loss is not None else "this graph has none, or several"
        raise GraphError(
            "Weights of classes are for a graph with one SoftmaxCrossEntropy, of a row of scores and a label, without "
            f"class_weights, or with one BinaryCrossEntropy; {has}."
        )
    scores, labels = loss.operands
    classes = int(scores.shape[1])
    numbers = _numbers(weights, labels, classes, data, sample_weight, loss.ignore_index)
    attributes = {name: getattr(loss, name) for name in loss.attributes}
    weighed = type(loss)(scores, labels, **{**attributes, "class_weights": numbers}, name=loss.name)
    found = with_nodes(graph, {loss: weighed})
    return row_weighted(found, sample_weight) if weighs_rows else found


def _numbers(
    weights: str | Sequence[float],
    labels: Node,
    classes: int,
    data: Mapping[str, ArrayLike] | None,
    sample_weight: str,
    ignored: int | None = None,
) -> tuple[float, ...]:
    """A weight for each class, as it is given or as the labels that are learned from say."""
    if isinstance(weights, str):
        if weights != BALANCED:
            raise GraphError(f'Weights of classes are "{BALANCED}" or a number for each class, not {weights!r}.')
        if data is None or str(labels) not in data:
            raise InputError(f"Balanced weights need the labels {labels} of the rows that are learned from.")
        known = np.asarray(data[str(labels)])
        counted = np.ones(len(known), bool) if ignored is None else known != ignored
        rows = checked_weights(sample_weight, data[sample_weight])[counted] if sample_weight in data else None
        weights = balanced_weights(known[counted].astype(np.int64), classes, rows)
    if len(weights) != classes:
        raise GraphError(
            f"The loss has {classes} classes, and {len(weights)} weight{'s are' if len(weights) != 1 else ' is'} given."
        )
    for weight in weights:
        check_number("A weight of a class", weight, least=0)
    return tuple(map(float, weights))
