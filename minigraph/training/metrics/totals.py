"""What is measured, and the figures that it comes to over the batches of an epoch."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.graph import Graph
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import described, places
from minigraph.core.rewriting import topological_order
from minigraph.ops.joining import Stack
from minigraph.ops.shape import Size
from minigraph.training.checks import check_fields, check_graph, classification_losses, numbers, quoted
from minigraph.training.metrics.metrics import Metric, accuracy_of
from minigraph.training.metrics.sums import over_all_rows
from minigraph.training.optim.updates import has_weight

__all__ = ["Figures", "Totals", "check_weighed", "graph_of", "loss_of", "measured", "over_batches", "over_steps", "shape_of"]

Figures = Mapping[str, Node | Metric]
"""What is measured, by name: scalar nodes, and metrics."""


class Totals:
    """What the figures come to over the batches so far: `figures` by name, added up in float64.

    Of a node it is the mean, each batch weighed by its number of rows.

    >>> import minigraph as mg
    >>> totals = Totals({"loss": mg.Input("loss", ())})
    >>> totals.add(3, {"loss": 1.0})
    >>> totals.add(1, {"loss": 5.0})
    >>> totals.figures()
    {'loss': 2.0}
    """

    def __init__(self, measured: Figures) -> None:
        self._measured = measured
        self.rows = 0
        self.sums: dict[str, Any] = {}

    def add(self, rows: int, outputs: Mapping[str, Any]) -> None:
        """Add a batch of that many rows."""
        self.rows += rows
        for name, measure in self._measured.items():
            value = outputs[name]
            part = np.asarray(value, np.float64) if isinstance(measure, Metric) else float(value) * rows
            self.sums[name] = self.sums.get(name, 0.0) + part

    def figures(self) -> dict[str, Any]:
        """Each figure of all rows so far: a number, or an array such as a confusion matrix."""
        return {name: self._figure(measure, self.sums[name]) for name, measure in self._measured.items()}

    def _figure(self, measure: Node | Metric, total: Any) -> Any:
        if not isinstance(measure, Metric):
            return total / self.rows
        with np.errstate(all="ignore"):
            figure = measure.figure(total)
        return float(figure) if np.ndim(figure) == 0 else figure

    def state(self) -> dict[str, Any]:
        """All of it, as JSON can hold it; floating-point numbers keep every bit."""
        return {"rows": self.rows, "sums": {name: np.asarray(total).tolist() for name, total in self.sums.items()}}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave; a ValueError where it is none of the kind, and nothing has changed."""
        check_fields(state, {"rows": int, "sums": dict})
        sums = {name: numbers(total) for name, total in state["sums"].items()}
        if sums.keys() != (self._measured.keys() if state["rows"] else set()):
            raise ValueError("the sums are not those of the figures")
        for name, total in sums.items():
            measure = self._measured[name]
            if total.shape != (measure.sums.shape if isinstance(measure, Metric) else ()):
                raise ValueError(f"the sums of {name} are of another shape")
        self.rows = state["rows"]
        self.sums = {n: total if isinstance(self._measured[n], Metric) else float(total) for n, total in sums.items()}


def shape_of(measure: Node | Metric) -> tuple[int, ...] | None:
    """The shape of a figure, or None for a metric that does not say it."""
    if isinstance(measure, Node):
        return ()
    try:
        with np.errstate(all="ignore"):
            return tuple(np.shape(measure.figure(np.ones(measure.sums.shape))))
    except Exception:  # it is a function of the user's, and of no sums that it was made for
        return None


def loss_of(graph: Graph) -> Node:
    """The output named "loss", else the first."""
    check_graph("What is trained or evaluated", graph)
    return graph.outputs.get("loss", next(iter(graph.outputs.values())))


def measured(loss: Node, metrics: Mapping[str, NodeLike | Metric] | None, losses: Mapping[str, Node] | None = None) -> Figures:
    """The loss, other losses of the training and the metrics by name."""
    if loss.shape != ():
        raise OperationError(
            f"The loss, {described(loss)}, is not a scalar: reduce it over the rows, as in loss.mean().{places(loss)}"
        )
    if metrics is None:
        found = classification_losses(topological_order([loss]))
        metrics = {"accuracy": accuracy_of(found[0])} if len(found) == 1 else {}
    if not isinstance(metrics, Mapping):
        raise OperationError(
            f"metrics gives nodes by their names, {{'accuracy': mg.accuracy(scores, labels)}}, and is not {quoted(metrics)}."
        )
    checked: dict[str, Node | Metric] = {"loss": loss}
    others = {name: node for name, node in (losses or {}).items() if node is not loss}
    for name, node in {**others, **metrics}.items():
        if not isinstance(node, Node | Metric):
            raise OperationError(f"The metric {name!r} must be a node composed from the graph's own, not {node!r}.")
        if isinstance(node, Node) and node.shape != ():
            raise OperationError(
                f"The metric {name!r}, {described(node)}, is not a scalar: reduce it over the rows, as in node.mean()."
                f"{places(node)}"
            )
        if name == "loss" or name.startswith("validation "):
            raise OperationError(f"A metric cannot be called {name!r}: that is the name of another figure of the history.")
        checked[name] = node
    return checked


def over_batches(figures: Figures, graph: Graph) -> Figures:
    """The figures as `graph` computes them, which has an output for each: their totals over batches are those of all rows."""
    return {
        name: Metric(graph.outputs[name], figure.figure) if isinstance(figure, Metric) else over_all_rows(graph.outputs[name])
        for name, figure in figures.items()
    }


def check_weighed(figures: Figures, batches: int | None) -> None:
    """Raise where a figure weighs its rows and is yet not computed from sums over them: several batches do not give it.

    It is None where nobody knows how many there will be.
    """
    for name, figure in figures.items() if batches != 1 else ():
        if isinstance(figure, Node) and has_weight(figure) is not None:
            raise OperationError(
                f"The figure {name!r}, {described(figure)}, weighs its rows, and what it is for {batches or 'several'} batches "
                f"does not follow from each.{places(figure)}"
                "\n  Name the axis of the rows, Input('x', ('N', 2)), or take all rows in one batch."
            )


def over_steps(figures: Figures, loss: Node) -> Figures:
    """Figures of steps, as means weighed by rows: those of nodes are over the steps in which the loss weighs something."""
    counts, inputs = has_weight(loss), list(Graph(loss).inputs.values())
    if counts is None or not inputs:
        return figures
    rows: Any = counts.astype(np.float64) * Size(inputs[0], axes=(0,)).astype(np.float64)
    return {name: each if isinstance(each, Metric) else _weighed(each, counts, rows) for name, each in figures.items()}


def _weighed(figure: Any, counts: Any, rows: Any) -> Metric:
    total: Any = np.where(counts, figure, 0)
    return Metric(Stack(total.astype(np.float64) * rows, rows), lambda sums: sums[0] / sums[1])


def graph_of(figures: Figures) -> Graph:
    """The graph that computes the figures of a batch."""
    return Graph({name: figure.sums if isinstance(figure, Metric) else figure for name, figure in figures.items()})
