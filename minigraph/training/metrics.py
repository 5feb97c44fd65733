"""Metrics: nodes composed from a graph's own.

A figure that is the mean over the rows is a node, and the batches' values are averaged. One that is not, such as F1, is a
`Metric`: sums over the rows, which are added up over the batches, and the figure that the sums of all rows come to. Averaging
the F1 of batches would give another number.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.errors import OperationError
from minigraph.node import Node, described, places
from minigraph.nodes.arithmetic import Cast
from minigraph.nodes.comparison import Equal
from minigraph.nodes.index import OneHot
from minigraph.nodes.loss import SoftmaxCrossEntropy
from minigraph.nodes.reduction import ReduceMean
from minigraph.training.checks import check_whole, told

__all__ = [
    "Metric",
    "accuracy",
    "accuracy_of",
    "calibration_error",
    "classifiers",
    "confusion_matrix",
    "f1",
    "perplexity",
    "top_k_accuracy",
]


@dataclass(frozen=True)
class Metric:
    """A figure of many rows: `sums`, a node that is a sum over the rows of a batch, and `figure`, a function of the sums.

    The function is written in NumPy's language, so that it takes the sums of all batches as an array and those of one batch
    as a node: `metric.node` is the figure of a batch alone.
    """

    sums: Node
    figure: Callable[[Any], Any]

    @property
    def node(self) -> Node:
        """The figure of the batch that a graph is given."""
        node: Node = self.figure(self.sums)
        return node


def accuracy(scores: Node, labels: Node, axis: int = -1) -> Node:
    """The fraction of the rows whose largest score, along `axis`, is their label's.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = accuracy(scores, labels)
    >>> float(mg.Graph(node).forward(scores=[[0, 2, 1], [5, 0, 0]], labels=[1, 2])[node])
    0.5
    """
    _check_labels("accuracy", scores, labels)
    chosen = np.argmax(scores, axis=axis)
    _check_rows("accuracy", scores, labels, chosen.shape)
    return ReduceMean(Cast(Equal(chosen, labels), to=scores.dtype), keepdims=False)


def top_k_accuracy(scores: Node, labels: Node, k: int = 5) -> Node:
    """The fraction of the rows whose label has one of the k largest scores, the classes along the last axis.

    Where scores tie, all of those that tie count as larger: equal scores for all classes are no knowledge.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = top_k_accuracy(scores, labels, k=2)
    >>> float(mg.Graph(node).forward(scores=[[0, 2, 1], [5, 1, 0]], labels=[2, 2])[node])
    0.5
    """
    check_whole("k", k, 1)
    hot = _one_hot("top-k accuracy", scores, labels)
    own: Any = (hot * scores).sum(axis=-1, keepdims=True)
    place: Any = np.greater_equal(scores, own).astype(scores.dtype).sum(axis=-1)  # 1 for the largest; 0 for one that is nan
    found: Any = np.less_equal(place, k).astype(scores.dtype) * np.greater_equal(place, 1).astype(scores.dtype)
    node: Node = found.mean()
    return node


def perplexity(scores: Node, labels: Node) -> Metric:
    """e to the mean cross-entropy of the labels over all rows: among how many equal choices the model is left.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 4)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = perplexity(scores, labels).node
    >>> float(mg.Graph(node).forward(scores=np.zeros((2, 4)), labels=[0, 3])[node])
    4.0
    """
    total = SoftmaxCrossEntropy(scores, labels, reduction="sum")
    sums: Any = np.stack([total, labels.size.astype(scores.dtype)])
    return Metric(sums, lambda sums: np.exp(sums[0] / sums[1]))


def confusion_matrix(scores: Node, labels: Node) -> Metric:
    """How many rows of each label, down, were taken for each class, across.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = confusion_matrix(scores, labels).node
    >>> mg.Graph(node).forward(scores=[[0, 1], [1, 0], [0, 1]], labels=[1, 0, 0])[node]
    array([[1., 1.],
           [0., 1.]], dtype=float32)
    """
    return Metric(_confusions("confusion matrix", scores, labels), lambda sums: sums)


def f1(scores: Node, labels: Node, of: int | None = None) -> Metric:
    """The harmonic mean of precision and recall, 2 · hits / (labels + predictions), of the class `of`.

    Unless a class is given, it is the mean over the classes that occur among the labels or the predictions (macro F1).

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = f1(scores, labels, of=1).node
    >>> round(float(mg.Graph(node).forward(scores=[[0, 1], [1, 0], [0, 1]], labels=[1, 0, 0])[node]), 4)
    0.6667
    """
    sums = _confusions("F1", scores, labels)
    classes = int(sums.shape[0])
    if of is not None and not (isinstance(of, int | np.integer) and 0 <= of < classes):
        raise OperationError(f"F1 is of one of the classes 0 to {classes - 1}, not {of!r}.")

    def figure(confusions: Any) -> Any:
        hits = (confusions * np.eye(classes)).sum(axis=0)
        both = confusions.sum(axis=0) + confusions.sum(axis=1)
        each = 2 * hits / np.maximum(both, 1)
        return each[of] if of is not None else each.sum() / np.minimum(both, 1).sum()

    return Metric(sums, figure)


def calibration_error(probabilities: Node, labels: Node, bins: int = 15) -> Metric:
    """How far the confidence of the predictions is from their accuracy: Σ |hits − confidence| over `bins` bins, over the rows.

    The rows are put into bins of equal width by their largest probability. Guo, Pleiss, Sun and Weinberger, On calibration of
    modern neural networks, 2017.

    >>> import minigraph as mg
    >>> probabilities, labels = mg.Input("p", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = calibration_error(probabilities, labels).node
    >>> round(float(mg.Graph(node).forward(p=[[0.2, 0.8], [0.2, 0.8]], labels=[1, 0])[node]), 4)
    0.3
    """
    check_whole("bins", bins, 1)
    _check_labels("calibration error", probabilities, labels)
    _check_rows("calibration error", probabilities, labels, probabilities.shape[:-1])
    confidence = probabilities.max(axis=-1).reshape(-1)
    hits = np.equal(np.argmax(probabilities, axis=-1), labels).astype(probabilities.dtype).reshape(-1)
    # the lowest and the highest bin also take what rounding has moved beyond 0 and 1
    place = np.maximum(np.minimum((confidence * bins).astype(np.int64), bins - 1), 0)
    hot = OneHot(place, depth=bins, to=probabilities.dtype)
    columns: list[Any] = [np.stack([of_row]) @ hot for of_row in (hits, confidence, hits * 0 + 1)]
    sums: Any = np.stack(columns).reshape(3, bins)
    return Metric(sums, lambda sums: np.abs(sums[0] - sums[1]).sum() / sums[2].sum())


def classifiers(nodes: Iterable[Node]) -> list[SoftmaxCrossEntropy]:
    """The losses among the nodes that compare scores with labels."""
    return [node for node in nodes if isinstance(node, SoftmaxCrossEntropy) and node.operands[1].dtype.kind in "iu"]


def accuracy_of(loss: SoftmaxCrossEntropy) -> Node:
    """The accuracy of the scores that the loss compares with its labels."""
    scores, labels = loss.operands
    return accuracy(scores, labels, axis=loss.axis)


def _confusions(what: str, scores: Node, labels: Node) -> Any:
    actual = _one_hot(what, scores, labels)
    classes = scores.shape[-1]
    predicted = OneHot(np.argmax(scores, axis=-1), depth=classes, to=scores.dtype)
    return actual.reshape(-1, classes).T @ predicted.reshape(-1, classes)


def _one_hot(what: str, scores: Node, labels: Node) -> Any:
    _check_labels(what, scores, labels)
    _check_rows(what, scores, labels, scores.shape[:-1])
    return OneHot(labels, depth=scores.shape[-1], to=scores.dtype)


def _check_labels(what: str, scores: Node, labels: Node) -> None:
    for each in (scores, labels):
        if not isinstance(each, Node):
            raise OperationError(f"The {what} is composed of nodes, scores and labels, not of {told(each)}.")
    if labels.dtype.kind not in "iu":
        raise OperationError(f"The {what} takes labels as whole numbers, but {labels} is {labels.dtype}.{places(labels)}")
    if scores.ndim == 0:
        raise OperationError(f"The {what} takes a score for each class, but {described(scores)} has no axis.{places(scores)}")


def _check_rows(what: str, scores: Node, labels: Node, rows: Any) -> None:
    if rows != labels.shape:
        raise OperationError(
            f"The {what} takes a label for each row of {described(scores)}, but {described(labels)} is not of that shape."
            f"{places(scores, labels)}"
        )
