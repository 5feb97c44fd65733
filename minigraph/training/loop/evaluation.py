"""A graph's loss, metrics and predictions over rows, without training it."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.compiler import Program, compile
from minigraph.core.errors import GraphError, InputError, ShapeError, listing
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.node import Node, NodeLike
from minigraph.core.shapes import names_of
from minigraph.core.values import numeric
from minigraph.ops.modes import inference
from minigraph.ops.softmax import Softmax
from minigraph.training.checks import check_graph, check_whole, quoted, row_classification_loss, row_shape
from minigraph.training.data.batches import Batches, rows_in
from minigraph.training.data.dataset import rows_of
from minigraph.training.data.frames import frame_arrays, is_frame
from minigraph.training.data.loader import Data, Loader, batches_of, inputs_of, is_loader
from minigraph.training.metrics.metrics import Metric, classes_of, confusion_matrix
from minigraph.training.metrics.totals import Figures, Totals, check_weighed, graph_of, loss_of, measured, over_batches

__all__ = ["Predictor", "confusions", "evaluate"]


def evaluate(
    graph: Graph,
    data: Data,
    *,
    metrics: Mapping[str, NodeLike | Metric] | None = None,
    batch_size: int = 1000,
) -> dict[str, Any]:
    """The loss and the metrics by name over the rows of `data`; no parameter changes.

    They are those of the graph as it is used, `mg.inference(graph)`, for all rows at once, whatever the batch size: a mean over
    the rows, the labels that count or the weights of their classes, a sum, and what is computed from these. Of a node that is
    not computed from sums over the rows, such as a maximum, it is the mean over the batches, weighed by their rows.

    Parameters
    ----------
    graph : Graph
        Its loss is the output named "loss", else the first.
    data : mapping, frame or loader
        As in `mg.train`: each input's array by its name, say; the first axis is the rows.
    metrics
        As in `mg.train`: unless given, a loss that compares scores with labels comes with its accuracy.
    batch_size : int
        How many rows are computed at once; a loader has its own.

    Returns
    -------
    dict
        Each figure by name, a number or an array.

    Raises
    ------
    MinigraphError
        For data that the graph does not take, or metrics that are none.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, w = mg.Input("x", ("N",)), mg.Parameter("w", 2.0)
    >>> evaluate(mg.Graph(loss=((x - w) ** 2).mean()), {"x": [1.0, 2.0, 5.0]}, batch_size=2)
    {'loss': 3.3333333333333335}
    """
    check_whole("batch_size", batch_size, 1)
    asked = measured(loss_of(graph), metrics)
    figures = over_batches(asked, inference(graph_of(asked)))
    whole = graph_of(figures)
    batches = batches_of("The data", data, whole, graph.inputs, batch_size)
    check_weighed(figures, batches.count)
    return figures_over(batches, compile(whole), figures)


def figures_over(
    rows: Batches | Loader, program: Program, figures: Figures, seen: list[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The figures of all rows, from those that the program gives for each batch; what it gives is also added to `seen`."""
    totals = Totals(figures)
    for batch in rows.in_order():
        outputs = program(**batch)
        totals.add(rows_in(batch), outputs)
        if seen is not None:
            seen.append(outputs)
    return totals.figures()


def confusions(graph: Graph, data: Data) -> NDArray[np.float64] | None:
    """How many rows of each label, down, were taken for each class, across; None unless the graph puts each row into a class.

    It does where it holds one SoftmaxCrossEntropy of scores with a label a row.
    """
    loss = row_classification_loss(graph.nodes)
    if loss is None:
        return None
    metric = confusion_matrix(*loss.operands, **classes_of(loss))
    counts: NDArray[np.float64] = evaluate(graph, data, metrics={"confusions": metric})["confusions"]
    return counts


BATCH = 1000
"""How many rows are predicted at once where they cannot be computed in tiles."""
PIECE = 1 << 26
"""How many bytes of rows are converted at once where they can: they may lie on the disk, in another type."""


class Predictor:
    """What a graph predicts for rows: for a classifier the probabilities of the classes, else its outputs.

    It is the part of the graph that needs no labels, as it is used once it is trained, `mg.inference(graph)`, compiled once and
    for all calls, which may come from several threads. It reads the graph's own parameters: those of the last training step, or
    what was loaded or set since.

    A classifier has one SoftmaxCrossEntropy of a row of scores and a label. Of any other graph it takes the outputs that have a
    row for each row of what they depend on: the input x alone, or where there is no such output, all inputs but the labels y.

    Parameters
    ----------
    graph : Graph
        The graph that was trained.
    threads, engine
        As in `mg.compile`.

    Raises
    ------
    GraphError
        For a graph without such an output.

    Attributes
    ----------
    graph : Graph
        The graph that is computed; its `inputs` are what rows are given for.
    classifies : bool
        Whether it gives probabilities of classes.

    Examples
    --------
    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ("N", 3)), mg.Input("y", ("N",))
    >>> w = mg.Parameter("w", [1.0, 1.0, 1.0])
    >>> value = x @ w
    >>> predict = Predictor(mg.Graph(loss=((value - y) ** 2).mean(), value=value))
    >>> predict([[1, 2, 3], [4, 5, 6]])
    {'value': array([ 6., 15.], dtype=float32)}
    >>> w.value = [0.0, 0.0, 1.0]
    >>> predict([[1, 2, 3]])["value"]
    array([3.], dtype=float32)
    """

    def __init__(self, graph: Graph, threads: int | None = None, engine: str = "numpy") -> None:
        check_graph("What predicts", graph)
        loss = row_classification_loss(graph.nodes)
        self.classifies = loss is not None
        if loss is not None:
            outputs: dict[str, Any] = {"probabilities": Softmax(loss.operands[0])}
        else:
            outputs = _predictions(graph)
        if not outputs:
            raise GraphError(
                "The model has no output that depends on the input x alone, or on others but not on the labels y, with a row "
                f"for each of its rows: its outputs are {listing(graph.outputs)}. Give the prediction to Graph beside the "
                "loss: mg.Graph(loss=loss, prediction=…)."
            )
        self.graph = inference(Graph(outputs))
        self._shapes: dict[str, tuple[int, ...]] = {}
        for name, given in self.graph.inputs.items():
            shape = row_shape(given)
            if shape is None:
                raise GraphError(f"Rows have a fixed number of features, but {given!r} takes any.")
            self._shapes[name] = shape
        self._program = compile(self.graph, threads=threads, engine=engine)
        size = sum(prod(self._shapes[name]) * given.dtype.itemsize for name, given in self.graph.inputs.items())
        self._at_once = max(PIECE // max(size, 1), 1) if self._program.tiled else BATCH

    def __call__(self, rows: ArrayLike | Data) -> dict[str, NDArray[Any]]:
        """Each output, by name, for the rows.

        Parameters
        ----------
        rows : array_like, mapping, frame or loader
            N × features, or as the input has them; where there are several inputs, the array of each by its name, which a
            mapping may give beside others. Of a frame it is the column of the input's name, or the features in their order;
            of a loader, as `mg.train` takes it, what it gives for the inputs in all its batches.

        Returns
        -------
        dict
            The outputs by name, arrays of the caller's own. A row's numbers do not depend on the rows beside it, but for the
            last bits, unless the graph itself mixes rows, by their mean say: then those of at most a thousand.

        Raises
        ------
        MinigraphError
            For rows of another size, or what is no array of numbers.
        """
        if is_loader(rows):
            batches = inputs_of("The data to predict", rows, self.graph.inputs)
            return self._joined([self(batch) for batch in batches])
        whole = self._arrays(frame_arrays("The frame", rows, self.graph.inputs) if is_frame(rows) else rows)
        count = rows_of(whole, "What is predicted") if any(map(len, whole.values())) else 0
        if count <= self._at_once:
            return self._program(**whole)
        starts = range(0, count, self._at_once)
        pieces = ({name: array[start : start + self._at_once] for name, array in whole.items()} for start in starts)
        return self._joined([self._program(**piece) for piece in pieces])

    def _arrays(self, rows: Any) -> dict[str, NDArray[Any]]:
        """The rows for each input, in its shape."""
        if not isinstance(rows, Mapping):
            if len(self._shapes) > 1:
                raise InputError(
                    f"The model takes {listing(self._shapes)}: give the rows of each by its name, not {quoted(rows)}."
                )
            rows = dict.fromkeys(self._shapes, rows)
        missing = [name for name in self._shapes if name not in rows]
        if missing:
            raise InputError(f"The rows give no {listing(missing, 'or')}, which the model takes; they give {listing(rows)}.")
        return {name: self._shaped(name, numeric(rows[name], f"Input {name!r}")) for name in self._shapes}

    def _shaped(self, name: str, rows: NDArray[Any]) -> NDArray[Any]:
        shape = self._shapes[name]
        if rows.ndim and rows.shape[1:] == shape:
            return rows
        if not rows.ndim or prod(rows.shape[1:]) != prod(shape):
            of = f" of {name}" if len(self._shapes) > 1 else ""
            raise ShapeError(f"The model takes {prod(shape)} features a row, and the rows{of} are {rows.shape}.")
        return rows.reshape(len(rows), *shape)

    def _joined(self, parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        return {name: np.concatenate([part[name] for part in parts]) for name in self.graph.outputs}

    def __repr__(self) -> str:
        return f"Predictor of {self.graph!r}"

    def __reduce__(self) -> Any:
        return Predictor, (self.graph, self._program.threads, self._program.engine)


def _predictions(graph: Graph) -> dict[str, Any]:
    """The outputs with a row for each row of x alone, else of all inputs but the labels y."""
    needs = {name: Graph(node).inputs for name, node in graph.outputs.items()}
    having = {
        name: node
        for name, node in graph.outputs.items()
        if needs[name] and "y" not in needs[name] and all(_has_rows(node, given) for given in needs[name].values())
    }
    return {name: node for name, node in having.items() if needs[name].keys() == {"x"}} or having


def _has_rows(node: Node, given: Input) -> bool:
    """Whether a node has rows, of which those of the input decide how many there are."""
    axes = names_of(given.shape[:1])
    return node.ndim > 0 and (axes <= names_of(node.shape[:1]) if axes else node.shape[0] == given.shape[0])
