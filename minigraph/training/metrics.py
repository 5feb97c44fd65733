"""Metrics: nodes composed from a graph's own."""

from collections.abc import Iterable

import numpy as np

from minigraph.errors import OperationError
from minigraph.node import Node, described, places
from minigraph.nodes.comparison import Equal
from minigraph.nodes.loss import SoftmaxCrossEntropy

__all__ = ["accuracy", "accuracy_of", "classifiers"]


def accuracy(scores: Node, labels: Node, axis: int = -1) -> Node:
    """The fraction of the rows whose largest score, along `axis`, is their label's.

    >>> import minigraph as mg
    >>> scores, labels = mg.Input("scores", ("N", 3)), mg.Input("labels", ("N",), dtype=np.int64)
    >>> node = accuracy(scores, labels)
    >>> float(mg.Graph(node).forward(scores=[[0, 2, 1], [5, 0, 0]], labels=[1, 2])[node])
    0.5
    """
    if labels.dtype.kind not in "iu":
        raise OperationError(
            f"The accuracy takes labels as whole numbers, but {labels} is {labels.dtype}.{places(labels)}"
        )
    chosen = np.argmax(scores, axis=axis)
    if chosen.shape != labels.shape:
        raise OperationError(
            f"The accuracy takes a label for each row of {described(scores)}, but {described(labels)} is not of that shape."
            f"{places(scores, labels)}"
        )
    correct: Node = Equal(chosen, labels).astype(scores.dtype).mean()
    return correct


def classifiers(nodes: Iterable[Node]) -> list[SoftmaxCrossEntropy]:
    """The losses among the nodes that compare scores with labels."""
    return [node for node in nodes if isinstance(node, SoftmaxCrossEntropy) and node.operands[1].dtype.kind in "iu"]


def accuracy_of(loss: SoftmaxCrossEntropy) -> Node:
    """The accuracy of the scores that the loss compares with its labels."""
    scores, labels = loss.operands
    return accuracy(scores, labels, axis=loss.axis)
