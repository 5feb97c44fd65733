"""A graph's loss and metrics over rows, without training it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.compiler import compile
from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.ops.modes import inference
from minigraph.training.loop.batches import Batches
from minigraph.training.loop.checks import check_whole
from minigraph.training.metrics.metrics import Metric, classes_of, confusion_matrix, row_classifier
from minigraph.training.metrics.totals import Totals, check_weighed, graph_of, loss_of, measured, over_batches

__all__ = ["confusions", "evaluate"]


def evaluate(
    graph: Graph,
    data: Mapping[str, ArrayLike],
    *,
    metrics: Mapping[str, Node | Metric] | None = None,
    batch_size: int = 1000,
) -> dict[str, Any]:
    """The loss and the metrics by name over the rows of `data`; no parameter changes.

    They are those of the graph as it is used, `mg.inference(graph)`, for all rows at once, whatever the batch size: a mean over
    the rows, the labels that count or the weights of their classes, a sum, and what is computed from these. Of a node that is
    not computed from sums over the rows, such as a maximum, it is the mean over the batches, weighed by their rows. The metrics
    are those of `mg.train`: unless given, a loss that compares scores with labels comes with its accuracy.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 2.0)
    >>> evaluate(mg.Graph(loss=((x - w) ** 2).mean()), {"x": [1.0, 2.0, 5.0]}, batch_size=2)
    {'loss': 3.3333333333333335}
    """
    check_whole("batch_size", batch_size, 1)
    asked = measured(loss_of(graph), metrics)
    figures = over_batches(asked, inference(graph_of(asked)))
    whole = graph_of(figures)
    batches = Batches("The data", data, whole, graph.inputs, batch_size)
    check_weighed(figures, len(batches))
    program, totals = compile(whole), Totals(figures)
    for batch in batches.in_order():
        totals.add(len(next(iter(batch.values()))), program(**batch))
    return totals.figures()


def confusions(graph: Graph, data: Mapping[str, ArrayLike]) -> NDArray[np.float64] | None:
    """How many rows of each label, down, were taken for each class, across; None unless the graph puts each row into a class.

    It does where it holds one SoftmaxCrossEntropy of scores with a label a row.
    """
    loss = row_classifier(graph.nodes)
    if loss is None:
        return None
    metric = confusion_matrix(*loss.operands, **classes_of(loss))
    counts: NDArray[np.float64] = evaluate(graph, data, metrics={"confusions": metric})["confusions"]
    return counts
