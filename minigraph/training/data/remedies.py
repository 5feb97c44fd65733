"""What to do about an array that an input cannot take, where it is plain what was meant."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.ops.comparison import Where
from minigraph.training.metrics.metrics import classifiers

__all__ = ["remedy", "to_learn_values", "unguarded"]


def to_learn_values(name: str = "y") -> str:
    """What one does whose labels are values, and no classes."""
    return f"To learn values, take a floating-point {name}, mg.Input({name!r}, ('N',)), and a loss such as mg.MeanSquaredError."


def remedy(graph: Graph, node: Input, given: Any) -> str:
    """A line to end a message that the input cannot take what was given, or nothing.

    >>> y = Input("y", ("N",))
    >>> remedy(Graph(y), y, np.zeros((3, 1)))
    '\\n  One number a row is y.reshape(-1).'
    """
    array, name = np.asarray(given), str(node.name)
    if array.ndim == 2 and array.shape[1] == 1 and node.ndim == 1:
        return f"\n  One number a row is {name}.reshape(-1)."
    if array.ndim == 1 and node.shape[1:] == (1,):
        return f"\n  A column of numbers is {name}.reshape(-1, 1)."
    if not any(loss.operands[1] is node for loss in classifiers(graph.nodes)):
        return ""
    if array.dtype.kind in "UO":
        return f"\n  Number the names of the classes: names, {name} = np.unique({name}, return_inverse=True)."
    if array.ndim == node.ndim + 1:
        return f"\n  Labels are one whole number a row; those of one-hot rows are {name}.argmax(axis=-1)."
    if array.dtype.kind == "f" and (np.isfinite(array) & (array != np.trunc(array))).any():
        return f"\n  Labels of classes are whole numbers. {to_learn_values(name)}"
    return ""


def unguarded(graph: Graph, given: Mapping[str, Any]) -> Where | None:
    """The first np.where to which a finite gradient arrives, and which makes it no number, where the loss itself is finite.

    >>> import minigraph as mg
    >>> x = mg.Parameter("x", [1.0, -1.0])
    >>> unguarded(Graph(loss=np.where(x > 0, np.sqrt(x), x).sum()), {})
    Where (2, float32)
    >>> unguarded(Graph(loss=np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), x).sum()), {})
    """
    run = graph.forward(**given)
    if not np.isfinite(run["loss"]).all():
        return None
    found = run.backward("loss")
    for node in graph.operations:
        if isinstance(node, Where) and node in found and np.isfinite(found[node]).all():
            behind = run.backward(node, cotangent=found[node])
            if any(np.isnan(behind[each]).any() for each in behind):
                return node
    return None
