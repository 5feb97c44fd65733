"""What a graph gives for rows without labels."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.compiler import compile
from minigraph.core.errors import GraphError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.values import numeric
from minigraph.ops.modes import inference
from minigraph.ops.softmax import Softmax
from minigraph.training.metrics.metrics import row_classifier

__all__ = ["Predictor"]

BATCH = 1000


class Predictor:
    """The part of a graph that needs no labels: for a classifier the probabilities of the classes, else its outputs.

    A classifier has one SoftmaxCrossEntropy of a row of scores and a label. Of any other graph it takes the outputs that depend
    on the input x alone. `input` is the name of what it takes, and `features` how many numbers make a row of it.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N", 3)), mg.Input("y", ("N",))
    >>> value = x.sum(axis=1)
    >>> Predictor(mg.Graph(loss=((value - y) ** 2).mean(), value=value))([[1, 2, 3], [4, 5, 6]])
    {'value': array([ 6., 15.], dtype=float32)}
    """

    def __init__(self, graph: Graph) -> None:
        loss = row_classifier(graph.nodes)
        self.classifies = loss is not None
        if loss is not None:
            outputs: dict[str, Any] = {"probabilities": Softmax(loss.operands[0])}
        else:
            outputs = {name: node for name, node in graph.outputs.items() if Graph(node).inputs.keys() == {"x"}}
        if not outputs:
            raise GraphError(
                f"The model has no output that depends on the input x alone: its outputs are {listing(graph.outputs)}. "
                "Give the prediction to Graph beside the loss: mg.Graph(loss=loss, prediction=…)."
            )
        self.graph = inference(Graph(outputs))
        if len(self.graph.inputs) != 1:
            raise GraphError(f"Rows are predicted for a model of one input, and this one takes {listing(self.graph.inputs)}.")
        self.input, given = next(iter(self.graph.inputs.items()))
        sizes = [size for size in given.shape[1:] if isinstance(size, int)]
        if len(sizes) < given.ndim - 1:
            raise GraphError(f"Rows have a fixed number of features, but {given!r} takes any.")
        self._shape, self.features = tuple(sizes), prod(sizes)

    def __call__(self, rows: ArrayLike) -> dict[str, NDArray[Any]]:
        """Each output, by name, for the rows (N × features, or as the input has them)."""
        whole = numeric(rows, f"Input {self.input!r}")
        if prod(whole.shape[1:]) != self.features or not whole.ndim:
            raise ShapeError(f"The model takes {self.features} features a row, and the rows are {whole.shape}.")
        whole, program = whole.reshape(len(whole), *self._shape), compile(self.graph)
        batches = [whole[start : start + BATCH] for start in range(0, max(len(whole), 1), BATCH)]
        parts = [program(**{self.input: batch}) for batch in batches]
        return {name: np.concatenate([part[name] for part in parts]) for name in self.graph.outputs}
