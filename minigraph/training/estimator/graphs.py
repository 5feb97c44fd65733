"""The graphs of estimators: layers of tanh units, where none is given, and any in double precision."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.graph import Graph
from minigraph.core.leaves import Input, Parameter
from minigraph.core.node import Node
from minigraph.ops.activations import Tanh
from minigraph.ops.copies import with_nodes
from minigraph.ops.cross_entropy import SoftmaxCrossEntropy
from minigraph.ops.losses import MeanSquaredError
from minigraph.training.checks import check_whole

__all__ = ["in_double", "tanh_classifier", "tanh_regressor"]


def _tanh_layers(features: int, outputs: int, hidden: int | Sequence[int] = 64, seed: int = 0) -> Node:
    """Layers of so many tanh units each on an input x, and an affine layer after them."""
    units: Any = [hidden] if np.ndim(hidden) == 0 else hidden
    for count in units:
        check_whole("hidden", count, 1)
    rng = np.random.default_rng(seed)
    a: Any = Input("x", ("N", features))
    for number, count in enumerate([*units, outputs], 1):
        W = Parameter(f"W{number}", rng.normal(0, a.shape[1] ** -0.5, (a.shape[1], count)))
        z = a @ W + Parameter(f"b{number}", np.zeros(count))
        a = Tanh(z) if number <= len(units) else z
    last: Node = a
    return last


def tanh_classifier(features: int, classes: int, hidden: int | Sequence[int] = 64, seed: int = 0) -> Graph:
    """The graph of a classifier where none is given."""
    scores = _tanh_layers(features, classes, hidden, seed)
    return Graph(loss=SoftmaxCrossEntropy(scores, Input("y", ("N",), dtype=np.int64)))


def tanh_regressor(features: int, outputs: int, hidden: int | Sequence[int] = 64, seed: int = 0) -> Graph:
    """The graph of a regressor where none is given."""
    value: Any = _tanh_layers(features, outputs, hidden, seed)
    value = value.reshape(-1) if outputs == 1 else value
    return Graph(loss=MeanSquaredError(value, Input("y", value.shape)), value=value)


def in_double(graph: Graph) -> Graph:
    """The graph in double precision, on its own variables: a row's prediction hardly depends on the rows beside it.

    >>> w = Parameter("w", 1.0)
    >>> graph = in_double(Graph(y=w * 2))
    >>> w.value = 3.0
    >>> graph.forward()["y"]
    np.float64(6.0)
    """
    double = graph.astype(np.float64)
    own = {double.variables[name]: variable for name, variable in graph.variables.items()}
    cast: dict[Node, Node] = {copy: variable.astype(copy.dtype) for copy, variable in own.items()}
    return with_nodes(double, cast)
