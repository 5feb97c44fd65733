"""What a graph's loss compares: the prediction for each row with its label or its target."""

from dataclasses import dataclass
from math import prod
from typing import Any

from minigraph.core.graph import Graph
from minigraph.core.leaves import Variable
from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.ops.activations import Sigmoid
from minigraph.ops.arithmetic import Sub
from minigraph.ops.cross_entropy import BinaryCrossEntropy
from minigraph.ops.losses import Huber, MeanAbsoluteError, MeanSquaredError
from minigraph.ops.softmax import Softmax
from minigraph.training.checks import row_classification_loss, row_shape
from minigraph.training.metrics.totals import loss_of

__all__ = ["Compared", "compared", "put_back"]

OF_VALUES = Huber | MeanAbsoluteError | MeanSquaredError
"""The losses that compare a prediction with a target; composed ones subtract one from the other."""


@dataclass(frozen=True)
class Compared:
    """What is compared row by row: probabilities of classes (N × classes) with labels, or of one (N) with 0 and 1, or values.

    `nodes` are those that compare values, and `ignored` is the label of rows that do not count.
    """

    prediction: Node
    target: Node
    classes: bool = False
    ignored: int | None = None
    nodes: tuple[Node, ...] = ()


def compared(graph: Graph) -> Compared | None:
    """What the loss of a graph compares, or None where it is not one prediction with labels, or the input y.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N", 2)), mg.Input("y", ("N",))
    >>> value = x.sum(axis=1)
    >>> found = compared(mg.Graph(loss=((value - y) ** 2).mean()))
    >>> found.prediction is value, found.target is y, found.classes
    (True, True, False)
    """
    nodes = topological_order([loss_of(graph)])
    loss = row_classification_loss(nodes)
    if loss is not None:
        scores, labels = loss.operands
        return Compared(Softmax(scores), labels, True, loss.ignore_index)
    y = graph.inputs.get("y")
    if y is None or row_shape(y) is None:
        return None
    of_y = _dependent(nodes, {y})
    of_others = _dependent(nodes, {node for name, node in graph.inputs.items() if name != "y"})
    found: dict[Node, Compared] = {}
    for node in nodes:
        if not isinstance(node, Sub | BinaryCrossEntropy | OF_VALUES):
            continue
        pairs = [node.operands, node.operands[::-1]] if isinstance(node, Sub) else [node.operands]
        for prediction, target in pairs:
            fits = target in of_y and target not in of_others and prediction in of_others and prediction not in of_y
            if fits and _sizes(prediction) == _sizes(target) == _sizes(y):
                before = found[prediction].nodes if prediction in found else ()
                found[prediction] = _pair(node, prediction, target, (*before, node))
    return next(iter(found.values())) if len(found) == 1 else None


def _pair(node: Node, prediction: Any, target: Any, nodes: tuple[Node, ...]) -> Compared:
    if isinstance(node, BinaryCrossEntropy):
        return Compared(Sigmoid(prediction) if node.logits else prediction, target, True)
    known = {str(each.name): each for each in topological_order([target]) if isinstance(each, Variable)}
    if known.keys() == {"y.mean", "y.deviation"}:  # the training standardised the targets: they are put back
        (y,) = Graph(target).inputs.values()
        return Compared(put_back(prediction, known["y.mean"], known["y.deviation"]), y)
    return Compared(prediction, target, nodes=nodes)


def put_back(prediction: Any, mean: Any, deviation: Any) -> Any:
    """A prediction of targets less their mean, over their deviation, in the targets' own unit."""
    row = row_shape(prediction) or ()
    mean, deviation = (each if each.shape == row else each.reshape(row) for each in (mean, deviation))
    return prediction.astype(deviation.dtype) * deviation + mean


def _dependent(nodes: Any, inputs: set[Any]) -> set[Node]:
    """Those of the nodes, each after its operands, that depend on one of the inputs."""
    found: set[Node] = set(inputs)
    for node in nodes:
        if any(operand in found for operand in node.operands):
            found.add(node)
    return found


def _sizes(node: Node) -> int | None:
    """How many numbers a row has, or None where it has no rows or their size is not fixed."""
    shape = row_shape(node)
    return None if shape is None or not node.ndim else prod(shape)
