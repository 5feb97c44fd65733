"""Metrics: nodes composed from a graph's own.

A figure that is one number of the rows, such as a mean over them, is a node. Any other, such as a matrix or F1, is a `Metric`:
sums over the rows, which are added up over the batches, and the figure that the sums of all rows come to. Averaging the F1 of
batches would give another number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import described, places
from minigraph.ops.arithmetic import Cast
from minigraph.ops.checks import normal_axis
from minigraph.ops.comparison import Equal
from minigraph.ops.cross_entropy import OverClasses, SoftmaxCrossEntropy
from minigraph.ops.gather import OneHot
from minigraph.ops.reductions import ReduceMean
from minigraph.training.checks import check_whole, quoted

__all__ = [
    "Metric",
    "accuracy",
    "accuracy_of",
    "calibration_error",
    "classes_of",
    "confusion_matrix",
    "f1",
    "perplexity",
    "top_k_accuracy",
]


@dataclass(frozen=True)
class Metric:
    """A figure of many rows, from sums over them that add up over the mini-batches.

    Parameters
    ----------
    sums : Node
        A sum over the rows of a batch, of any fixed shape.
    figure : callable
        The figure, a number or an array, from the sums. It is written in NumPy's language, so that it takes the sums of all
        batches as an array and those of one batch as a node.
    """

    sums: Node
    figure: Callable[[Any], Any]

    @property
    def node(self) -> Node:
        """The figure of the batch that a graph is given."""
        node: Node = self.figure(self.sums)
        return node


def accuracy(scores: NodeLike, labels: NodeLike, axis: int | None = None, ignore_index: int | None = None) -> Node:
    """The fraction of the rows whose largest score is their label's.

    Parameters
    ----------
    scores : Node
        A node with a score for each class, N × classes or with more axes.
    labels : Node
        A node of whole numbers from 0, of the shape of the scores without the axis of the classes.
    axis : int, optional
        Along which axis the classes lie: 1 unless given, or 0 where there is no other, as in a loss over classes.
        `classes_of(loss)` gives a loss's, and the label that it ignores.
    ignore_index : int, optional
        The label of rows that do not count.

    Returns
    -------
    Node
        A scalar, of the element type of the scores.

    Raises
    ------
    OperationError
        For nodes of other shapes and types. So does every metric here.

    Examples
    --------
    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = accuracy(scores, labels)
    >>> float(mg.Graph(node).forward(scores=[[0, 2, 1], [5, 0, 0]], labels=[1, 2])[node])
    0.5
    """
    rows = _rows("accuracy", scores, labels, axis, ignore_index)
    return rows.mean(Cast(Equal(np.argmax(rows.scores, axis=-1), labels), to=scores.dtype))


def top_k_accuracy(
    scores: NodeLike, labels: NodeLike, k: int = 5, *, axis: int | None = None, ignore_index: int | None = None
) -> Node:
    """The fraction of the rows whose label has one of the k largest scores, a scalar node.

    Where scores tie, all of those that tie count as larger: equal scores for all classes are no knowledge.

    Parameters
    ----------
    k : int
        How many scores count, at least 1.
    scores, labels, axis, ignore_index
        As in `accuracy`.

    Examples
    --------
    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = top_k_accuracy(scores, labels, k=2)
    >>> float(mg.Graph(node).forward(scores=[[0, 2, 1], [5, 1, 0]], labels=[2, 2])[node])
    0.5
    """
    check_whole("k", k, 1)
    rows = _rows("top-k accuracy", scores, labels, axis, ignore_index)
    own: Any = (rows.hot * rows.scores).sum(axis=-1, keepdims=True)
    place: Any = np.greater_equal(rows.scores, own).astype(scores.dtype).sum(axis=-1)  # 1 for the largest; 0 for a nan
    found: Any = np.less_equal(place, k).astype(scores.dtype) * np.greater_equal(place, 1).astype(scores.dtype)
    return rows.mean(found)


def perplexity(scores: NodeLike, labels: NodeLike, *, axis: int | None = None, ignore_index: int | None = None) -> Metric:
    """e to the mean cross-entropy of the labels over all rows: among how many equal choices the model is left, a scalar.

    Parameters
    ----------
    scores, labels, axis, ignore_index
        As in `accuracy`.

    Examples
    --------
    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 4)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = perplexity(scores, labels).node
    >>> float(mg.Graph(node).forward(scores=np.zeros((2, 4)), labels=[0, 3])[node])
    4.0
    """
    rows = _rows("perplexity", scores, labels, axis, ignore_index)
    total = SoftmaxCrossEntropy(scores, labels, reduction="sum", axis=axis, ignore_index=ignore_index)
    sums: Any = np.stack([total, rows.count])
    return Metric(sums, lambda sums: np.exp(sums[0] / sums[1]))


def confusion_matrix(scores: NodeLike, labels: NodeLike, *, axis: int | None = None, ignore_index: int | None = None) -> Metric:
    """How many rows of each label, down, were predicted as each class, across: classes × classes.

    Parameters
    ----------
    scores, labels, axis, ignore_index
        As in `accuracy`.

    Examples
    --------
    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = confusion_matrix(scores, labels).node
    >>> mg.Graph(node).forward(scores=[[0, 1], [1, 0], [0, 1]], labels=[1, 0, 0])[node]
    array([[1., 1.],
           [0., 1.]], dtype=float32)
    """
    return Metric(_rows("confusion matrix", scores, labels, axis, ignore_index).confusions(), lambda sums: sums)


def f1(
    scores: NodeLike, labels: NodeLike, of: int | None = None, *, axis: int | None = None, ignore_index: int | None = None
) -> Metric:
    """The harmonic mean of precision and recall, 2 · hits / (labels + predictions), a scalar.

    Parameters
    ----------
    of : int, optional
        The class that it is of. Unless given, it is the mean over the classes that occur among the labels or the predictions
        (macro F1).
    scores, labels, axis, ignore_index
        As in `accuracy`.

    Examples
    --------
    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = f1(scores, labels, of=1).node
    >>> round(float(mg.Graph(node).forward(scores=[[0, 1], [1, 0], [0, 1]], labels=[1, 0, 0])[node]), 4)
    0.6667
    """
    sums = _rows("F1", scores, labels, axis, ignore_index).confusions()
    classes = int(sums.shape[0])
    if of is not None and not (isinstance(of, int | np.integer) and 0 <= of < classes):
        raise OperationError(f"F1 is of one of the classes 0 to {classes - 1}, not {of!r}.")

    def figure(confusions: Any) -> Any:
        hits = (confusions * np.eye(classes)).sum(axis=0)
        both = confusions.sum(axis=0) + confusions.sum(axis=1)
        each = 2 * hits / np.maximum(both, 1)
        return each[of] if of is not None else each.sum() / np.minimum(both, 1).sum()

    return Metric(sums, figure)


def calibration_error(
    probabilities: NodeLike, labels: NodeLike, bins: int = 15, *, axis: int | None = None, ignore_index: int | None = None
) -> Metric:
    """How far the confidence of predictions is from their accuracy: Σ |hits − confidence| over bins, over the rows, a scalar.

    The rows are put into bins of equal width by their largest probability. Guo, Pleiss, Sun and Weinberger, On calibration of
    modern neural networks, 2017.

    Parameters
    ----------
    probabilities : Node
        As the scores of `accuracy`, from 0 to 1.
    bins : int
        How many bins there are.
    labels, axis, ignore_index
        As in `accuracy`.

    Examples
    --------
    >>> import minigraph as mg
    >>> probabilities, labels = mg.Input("p", ("N", 2)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = calibration_error(probabilities, labels).node
    >>> round(float(mg.Graph(node).forward(p=[[0.2, 0.8], [0.2, 0.8]], labels=[1, 0])[node]), 4)
    0.3
    """
    check_whole("bins", bins, 1)
    rows = _rows("calibration error", probabilities, labels, axis, ignore_index)
    confidence = rows.scores.max(axis=-1).reshape(-1)
    hits = np.equal(np.argmax(rows.scores, axis=-1), labels).astype(probabilities.dtype).reshape(-1)
    # the lowest and the highest bin also take what rounding has moved beyond 0 and 1
    place = np.maximum(np.minimum((confidence * bins).astype(np.int64), bins - 1), 0)
    hot = OneHot(place, depth=bins, to=probabilities.dtype)
    ones = hits * 0 + 1 if rows.counted is None else rows.counted.reshape(-1)
    columns: list[Any] = [np.stack([of_row * ones]) @ hot for of_row in (hits, confidence, ones)]
    sums: Any = np.stack(columns).reshape(3, bins)
    return Metric(sums, lambda sums: np.abs(sums[0] - sums[1]).sum() / sums[2].sum())


def classes_of(loss: OverClasses) -> dict[str, Any]:
    """Along which axis the classes of a loss lie, and the label that it ignores, as each metric takes them.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 8, 3)), mg.Input("labels", ("N", 8), dtype=np.int64)
    >>> loss = mg.SoftmaxCrossEntropy(scores, labels, axis=-1, ignore_index=0)
    >>> accuracy(scores, labels, **classes_of(loss))
    Div (scalar, float32)
    """
    return {"axis": loss.axis, "ignore_index": loss.ignore_index}


def accuracy_of(loss: OverClasses) -> Node:
    """The accuracy of the scores that the loss compares with its labels."""
    scores, labels = loss.operands
    return accuracy(scores, labels, **classes_of(loss))


@dataclass(frozen=True)
class _Rows:
    """Scores with the classes along the last axis, their labels, and 1 for each row that counts and 0 for the others."""

    scores: Any
    labels: Any
    counted: Any

    @property
    def count(self) -> Any:
        """How many rows count."""
        return self.labels.size.astype(self.scores.dtype) if self.counted is None else self.counted.sum()

    @property
    def hot(self) -> Any:
        """The labels as one-hot rows, zeros for a row that does not count."""
        labels = self.labels if self.counted is None else np.where(np.equal(self.counted, 0), 0, self.labels)
        hot = OneHot(labels, depth=self.scores.shape[-1], to=self.scores.dtype)
        return hot if self.counted is None else hot * np.expand_dims(self.counted, -1)

    def mean(self, values: Node) -> Node:
        """The mean of a value for each row over those that count."""
        if self.counted is None:
            return ReduceMean(values, keepdims=False)
        total: Any = (values * self.counted).sum()
        mean: Node = total / self.count
        return mean

    def confusions(self) -> Any:
        """How many rows of each label were predicted as each class."""
        classes = self.scores.shape[-1]
        predicted = OneHot(np.argmax(self.scores, axis=-1), depth=classes, to=self.scores.dtype)
        return self.hot.reshape(-1, classes).T @ predicted.reshape(-1, classes)


def _rows(what: str, scores: NodeLike, labels: NodeLike, axis: int | None, ignore_index: int | None) -> _Rows:
    _check_labels(what, scores, labels)
    along = normal_axis(min(1, scores.ndim - 1) if axis is None else axis, scores.ndim)
    if along is None:
        raise OperationError(f"The {what} takes classes along an axis of {described(scores)}, not {axis!r}.{places(scores)}")
    if labels.shape != scores.shape[:along] + scores.shape[along + 1 :]:
        hint = f"\n  Its classes are those along axis {along}; give axis=-1 if they lie along the last one."
        raise OperationError(
            f"The {what} takes a label for each row of {described(scores)}, but {described(labels)} is not of that shape."
            f"{places(scores, labels)}{hint if scores.ndim > 2 and labels.shape == scores.shape[:-1] else ''}"
        )
    last: Any = scores
    if along != scores.ndim - 1:
        last = np.moveaxis(last, along, -1)
    counted = None if ignore_index is None else np.not_equal(labels, ignore_index).astype(scores.dtype)
    return _Rows(last, labels, counted)


def _check_labels(what: str, scores: NodeLike, labels: NodeLike) -> None:
    for each in (scores, labels):
        if not isinstance(each, Node):
            raise OperationError(f"The {what} is composed of nodes, scores and labels, not of {quoted(each)}.")
    if labels.dtype.kind not in "iu":
        raise OperationError(f"The {what} takes labels as whole numbers, but {labels} is {labels.dtype}.{places(labels)}")
    if scores.ndim == 0:
        raise OperationError(f"The {what} takes a score for each class, but {described(scores)} has no axis.{places(scores)}")
