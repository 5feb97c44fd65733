"""Targets brought to mean 0 and standard deviation 1 for the loss, while predictions stay in the targets' own unit."""

from collections.abc import Mapping

from numpy.typing import ArrayLike

from minigraph.core.graph import Graph
from minigraph.core.node import Node
from minigraph.core.rewriting import topological_order
from minigraph.ops.copies import rebuilt, substituted, with_nodes
from minigraph.ops.shape import Flatten, Reshape, Squeeze, Unsqueeze
from minigraph.training.data.standardize import scaled, standardized
from minigraph.training.metrics.compared import compared, put_back

__all__ = ["standardized_rows", "standardized_targets"]


def standardized_targets(graph: Graph, data: Mapping[str, ArrayLike] | None = None) -> Graph:
    """The graph whose loss compares predictions with the targets y less their mean, over their standard deviation.

    The statistics are variables of the graph, y.mean and y.deviation. What the graph predicts is put back: multiplied by the
    deviation, plus the mean. Where targets are far from 0, or large, the loss is then of the size of 1, and trains as well as
    any.

    Parameters
    ----------
    graph : Graph
        A graph; one whose loss does not compare one prediction with a floating-point y comes back as it is.
    data : mapping
        The rows whose statistics they are. Without it the variables are 0 and 1, to be loaded.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N",)), mg.Input("y", ("N",))
    >>> value = x * 1
    >>> graph = standardized_targets(mg.Graph(loss=mg.MeanSquaredError(value, y), value=value), {"y": [90.0, 110.0]})
    >>> graph.forward(x=[0.0, 1.0], y=[100.0, 110.0])["value"], sorted(graph.variables)
    (array([100., 110.], dtype=float32), ['y.deviation', 'y.mean'])
    """
    pair, y = compared(graph), graph.inputs.get("y")
    if pair is None or pair.classes or y is None or y.dtype.kind != "f":
        return graph
    given, mean, deviation = scaled(graph, data, "y")
    target: dict[Node, Node] = {y: ((given - mean) / deviation).astype(y.dtype)}
    prediction = pair.prediction
    while isinstance(
        prediction, Flatten | Reshape | Squeeze | Unsqueeze
    ):  # an output may be what the loss compares in another shape
        prediction = prediction.operands[0]
    known: dict[Node, Node] = {node: node for node in topological_order([prediction])}
    known[y] = given.astype(y.dtype)
    known[prediction] = put_back(prediction, mean, deviation).astype(prediction.dtype)
    for node in pair.nodes:
        operands = [each if each is pair.prediction else substituted([each], target)[each] for each in node.operands]
        known[node] = rebuilt(node, operands)
    return with_nodes(graph, known)


def standardized_rows(graph: Graph, data: Mapping[str, ArrayLike] | None = None) -> Graph:
    """The graph with its input x standardised, and its targets where there are some."""
    return standardized(standardized_targets(graph, data), data)
