"""Training: a graph's loss made smaller, step by step, over the rows of a data set."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from minigraph.errors import NonFiniteError, OperationError
from minigraph.graph import Graph
from minigraph.node import Node, Variable, described, places
from minigraph.program import compile
from minigraph.reverse import topological_order
from minigraph.training.batches import Batch, Batches
from minigraph.training.checks import check_whole
from minigraph.training.history import History
from minigraph.training.metrics import accuracy_of, classifiers
from minigraph.training.progress import ProgressBar

__all__ = ["Optimizer", "train"]

Arrays = Mapping[str, ArrayLike]


class Optimizer(Protocol):
    """What makes a loss smaller: it gives the new value of each variable, as nodes."""

    def minimize(self, loss: Node) -> dict[Variable, Node]:
        """The variables that a step changes, each with the node for its new value."""


def train(
    graph: Graph,
    data: Arrays,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    validation: Arrays | None = None,
    metrics: Mapping[str, Node] | None = None,
    seed: int = 0,
    progress: bool = True,
) -> History:
    """Make the graph's loss smaller over the rows of `data`; its parameters change, and the figures are returned.

    The loss is the output named "loss", else the first. `data` and `validation` give each input's array by its name; the
    first axis is the rows. An epoch takes each row once, in steps of `batch_size` rows (all of them, unless given; the
    last step takes what is left), in an order drawn anew by `np.random.default_rng(seed)`.

    `metrics` are scalar nodes by name, composed from the graph's own and computed in the same pass as the loss. Unless
    given, a loss that compares scores with labels comes with its accuracy. Each figure of an epoch is the mean over its
    steps, weighted by their rows, before the step's update; those called "validation …" are computed after the epoch.

    A loss that stops being finite raises a NonFiniteError. Then, and when training is interrupted, the parameters are
    those from before the step that was not completed.

    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 0.0)
    >>> graph = mg.Graph(loss=((x - w) ** 2).mean())
    >>> train(graph, {"x": [1.0, 3.0]}, optimizer=mg.SGD(0.25), epochs=20, progress=False)
    History of 20 epochs: loss 5 → 1
    >>> round(float(w.value), 3)
    2.0
    """
    check_whole("epochs", epochs, 1)
    check_whole("seed", seed, 0)
    if batch_size is not None:
        check_whole("batch_size", batch_size, 1)
    loss = graph.outputs.get("loss", next(iter(graph.outputs.values())))
    measured = _measured(loss, metrics)
    rows = Batches("The training data", data, measured, graph.inputs, batch_size)
    held_out = None if validation is None else Batches("The validation data", validation, measured, graph.inputs, batch_size)
    step, evaluate = _Step(measured, optimizer.minimize(loss), rows), compile(measured)
    rng, history = np.random.default_rng(seed), History()
    with ProgressBar(epochs) if progress else nullcontext() as bar:
        for epoch in range(1, epochs + 1):
            figures = _means(rows.shuffled(rng), step)
            if held_out is not None:
                later = _means(held_out.in_order(), evaluate)
                figures |= {f"validation {name}": figure for name, figure in later.items()}
            history.add(figures)
            if bar:
                bar.show(epoch, figures)
    return history


def _measured(loss: Node, metrics: Mapping[str, Node] | None) -> Graph:
    """The graph of the loss and the metrics."""
    if metrics is None:
        found = classifiers(topological_order([loss]))
        metrics = {"accuracy": accuracy_of(found[0])} if len(found) == 1 else {}
    for name, node in metrics.items():
        if not isinstance(node, Node):
            raise OperationError(f"The metric {name!r} must be a node composed from the graph's own, not {node!r}.")
        if node.shape != ():
            raise OperationError(
                f"The metric {name!r}, {described(node)}, is not a scalar: reduce it over the rows, as in node.mean()."
                f"{places(node)}"
            )
        if name == "loss" or name.startswith("validation "):
            raise OperationError(f"A metric cannot be called {name!r}: that is the name of another figure of the history.")
    outputs: dict[str, Any] = {"loss": loss, **metrics}
    return Graph(**outputs)


def _means(batches: Iterable[Batch], outputs_of: Callable[..., Mapping[str, Any]]) -> dict[str, float]:
    """The mean of each output over the batches, weighted by their rows."""
    sums: dict[str, float] = {}
    total = 0
    for batch in batches:
        rows = len(next(iter(batch.values())))
        total += rows
        for name, value in outputs_of(**batch).items():
            sums[name] = sums.get(name, 0.0) + float(value) * rows
    return {name: figure / total for name, figure in sums.items()}


class _Step:
    """One training step, done whole or not at all: what stops it leaves the variables as they were before it."""

    def __init__(self, measured: Graph, updates: Mapping[Variable, Node], rows: Batches) -> None:
        self._measured, self._program, self._rows = measured, compile(measured, updates=updates), rows
        self._before = {variable: variable.value.copy() for variable in updates}
        self._taken = 0

    def __call__(self, **batch: Any) -> Mapping[str, Any]:
        for variable, array in self._before.items():
            np.copyto(array, variable.value)
        try:
            outputs: dict[str, Any] = self._program(**batch)
            broken = self._not_finite(outputs["loss"])
        except BaseException:
            self._restore()
            raise
        if broken:
            self._restore()
            raise NonFiniteError(self._explained(broken, batch))
        self._taken += 1
        return outputs

    def _restore(self) -> None:
        for variable, array in self._before.items():
            variable.value = array.copy()

    def _not_finite(self, loss: Any) -> str:
        """What of a step's results is not finite, or nothing."""
        if not np.isfinite(loss):
            return "The loss"
        broken = (variable for variable in self._before if not np.isfinite(variable.value).all())
        return next((f"The new value of {variable}" for variable in broken), "")

    def _explained(self, broken: str, batch: Batch) -> str:
        epoch, step = divmod(self._taken, len(self._rows))
        row = self._rows.first_not_finite()
        remedy = f"Correct {row} of the training data." if row else "Lower the learning rate, or scale inputs that are large."
        return (
            f"{broken} is not finite in epoch {epoch + 1}, step {step + 1}. Training stopped; the parameters are those from "
            f"before that step.{self._first_cause(batch)}\n  {remedy}"
        )

    def _first_cause(self, batch: Batch) -> str:
        """What a forward pass of the same batch says of the first node that is not finite."""
        try:
            self._measured.forward(check=True, **batch)
        except NonFiniteError as error:
            return f"\n  {error}"
        return ""
