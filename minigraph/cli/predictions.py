"""What a model gives for rows without labels: the classes with their probabilities, or values."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigraph as mg
from minigraph.errors import listing
from minigraph.training.metrics import classifiers
from minigraph.training.tables import _Table

__all__ = ["FeatureTable", "Predictor", "written"]

BATCH = 1000


class FeatureTable(_Table):
    """A CSV file of features alone, as many as a model takes."""

    def __init__(self, path: Path, count: int, names: Sequence[str]) -> None:
        self._count, self._names = count, names
        super().__init__(path)

    def features(self) -> NDArray[np.float32]:
        """The rows as numbers."""
        return self._features()

    def _rows(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The rows with an empty label, which a table of training has in its last column."""
        for line, cells in super()._rows(text):
            yield line, [*cells, ""]

    def _check_widths(self) -> None:
        for line, cells in self.rows:
            found = len(cells) - 1
            if found != self._count:
                order = f", in this order: {listing(self._names)}" if self._names else ""
                label = " Leave the label out." if found == self._count + 1 else ""
                self._fail(
                    f"it has {found} column{'s' * (found != 1)}, but the model takes {self._count} "
                    f"feature{'s' * (self._count != 1)}{order}.{label}",
                    line,
                )


class Predictor:
    """The part of a graph that needs no labels: for a classifier the probabilities of the classes, else its outputs."""

    def __init__(self, graph: mg.Graph) -> None:
        found = classifiers(graph.nodes)
        self.classifies = len(found) == 1 and len(found[0].operands[0].shape) == 2
        if self.classifies:
            outputs: dict[str, Any] = {"probabilities": mg.Softmax(found[0].operands[0])}
        else:
            labels = {str(name) for name in graph.inputs if name != "x"}
            outputs = {name: node for name, node in graph.outputs.items() if not labels & mg.Graph(node).inputs.keys()}
        if not outputs:
            raise mg.GraphError(
                f"The model has no output that depends on the input x alone: its outputs are {listing(graph.outputs)}. "
                "Give the prediction to Graph beside the loss: mg.Graph(loss=loss, prediction=…)."
            )
        self.graph = mg.Graph(outputs)
        if len(self.graph.inputs) != 1:
            raise mg.GraphError(
                f"A table is predicted for a model of one input, and this one takes {listing(self.graph.inputs)}."
            )
        self._name, self._input = next(iter(self.graph.inputs.items()))
        self._shape = self._input.shape[1:]
        sizes = [size for size in self._shape if isinstance(size, int)]
        if len(sizes) < len(self._shape):
            raise mg.GraphError(f"A table has a fixed number of columns, but {self._input!r} takes any.")
        self.features = math.prod(sizes)
        """How many numbers make a row."""

    def __call__(self, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Each output for the rows."""
        program, parts = mg.compile(self.graph), []
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            parts.append(program(**{self._name: batch.reshape(len(batch), *self._shape)}))
        return {name: np.concatenate([np.atleast_1d(part[name]) for part in parts]) for name in self.graph.outputs}


def written(predictor: Predictor, rows: NDArray[Any], classes: Sequence[str]) -> str:
    """The predictions as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    outputs = predictor(rows)
    if predictor.classifies:
        probabilities = outputs["probabilities"]
        names = list(classes) or [str(i) for i in range(probabilities.shape[1])]
        writer.writerow(["prediction", *(f"probability of {name}" for name in names)])
        for line in probabilities:
            writer.writerow([names[int(line.argmax())], *(f"{share:.6g}" for share in line)])
        return text.getvalue()
    columns = {name: values.reshape(len(rows), -1) for name, values in outputs.items()}
    writer.writerow([title for name, values in columns.items() for title in _titles(name, values.shape[1])])
    for line in np.column_stack(list(columns.values())):
        writer.writerow([f"{value:.7g}" for value in line])
    return text.getvalue()


def _titles(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{i}]" for i in range(count)]
