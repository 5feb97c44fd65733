"""A model's figures over all rows that it is measured on, at once: those of its loss, and those of its predictions."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.compiler import compile
from minigraph.core.graph import Graph
from minigraph.core.node import NodeLike
from minigraph.ops.modes import inference
from minigraph.training.checks import check_whole
from minigraph.training.data.loader import Data, batches_of
from minigraph.training.loop.evaluation import evaluate, figures_over
from minigraph.training.metrics.compared import Compared, compared
from minigraph.training.metrics.metrics import Metric
from minigraph.training.metrics.scores import classification_scores, regression_scores
from minigraph.training.metrics.totals import check_weighed, graph_of, loss_of, measured, over_batches

__all__ = ["scores", "targets_and_predictions"]

PREDICTION, TARGET = "scored prediction", "scored target"


def scores(
    graph: Graph, data: Data, *, metrics: Mapping[str, NodeLike | Metric] | None = None, batch_size: int = 1000
) -> dict[str, Any]:
    """The loss, the metrics and the figures of the predictions for the rows of `data`; no parameter changes.

    Parameters
    ----------
    graph, data, metrics, batch_size
        As in `evaluate`, which gives the first of these figures.

    Returns
    -------
    dict
        Each figure by name. For a graph that puts each row into a class those of `classification_scores`, with the confusion as
        a matrix; for one whose loss compares a prediction with the targets y those of `regression_scores`, in the unit of the
        targets as they are given; for any other none beside those of `evaluate`.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, y, w = mg.Input("x", ("N",)), mg.Input("y", ("N",)), mg.Parameter("w", 2.0)
    >>> graph = mg.Graph(loss=mg.MeanSquaredError(x * w, y))
    >>> {name: round(figure, 3) for name, figure in scores(graph, {"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 5.0]}).items()}
    {'loss': 0.333, 'RMSE': 0.577, 'MAE': 0.333, 'R²': 0.786}
    """
    check_whole("batch_size", batch_size, 1)
    pair = compared(graph)
    if pair is None:
        return evaluate(graph, data, metrics=metrics, batch_size=batch_size)
    found, prediction, target = _measured(graph, pair, data, metrics, batch_size)
    return {**found, **_of_predictions(pair, prediction, target)}


def targets_and_predictions(graph: Graph, data: Data, batch_size: int = 1000) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """The targets y of the rows and what is predicted for them, in the targets' unit; None unless the loss compares these."""
    pair = compared(graph)
    if pair is None or pair.classes:
        return None
    _, prediction, target = _measured(graph, pair, data, {}, batch_size)
    return target.reshape(len(target), -1), prediction.reshape(len(target), -1)


def _measured(
    graph: Graph, pair: Compared, data: Data, metrics: Mapping[str, NodeLike | Metric] | None, batch_size: int
) -> tuple[dict[str, Any], NDArray[Any], NDArray[Any]]:
    """The loss and the metrics of all rows, and the predictions and targets of each, in one pass."""
    asked = measured(loss_of(graph), metrics)
    used = inference(Graph({**graph_of(asked).outputs, PREDICTION: pair.prediction, TARGET: pair.target}))
    figures = over_batches(asked, used)
    whole = Graph({**graph_of(figures).outputs, **{name: used.outputs[name] for name in (PREDICTION, TARGET)}})
    rows = batches_of("The data", data, whole, graph.inputs, batch_size)
    check_weighed(figures, rows.count)
    seen: list[Mapping[str, Any]] = []
    found = figures_over(rows, compile(whole), figures, seen)
    prediction, target = (np.concatenate([each[name] for each in seen]) for name in (PREDICTION, TARGET))
    return found, prediction, target


def _of_predictions(pair: Compared, prediction: NDArray[Any], target: NDArray[Any]) -> dict[str, Any]:
    """The figures of all predictions; none of classes whose targets lie between 0 and 1, or are all ignored."""
    if not pair.classes:
        return dict(regression_scores(target, prediction))
    if prediction.ndim == 1 or prediction.shape[1] == 1:
        if not np.isin(target, (0, 1)).all():
            return {}
        prediction = np.stack([1 - prediction.reshape(-1), prediction.reshape(-1)], axis=1)
    labels = target.reshape(-1).astype(np.int64)
    counted = np.ones(len(labels), bool) if pair.ignored is None else labels != pair.ignored
    return classification_scores(labels[counted], prediction[counted]) if counted.any() else {}
