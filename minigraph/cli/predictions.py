"""What a model gives for rows without labels: the classes with their probabilities, or values."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.errors import listing
from minigraph.training.prediction import Predictor
from minigraph.training.tables import _Table

__all__ = ["FeatureTable", "written"]


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
