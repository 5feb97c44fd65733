"""What a model predicts for rows: classes with their probabilities, or values, as arrays, records and the text of a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError, listing, printable

__all__ = ["Predictions"]

PROBABILITIES = "probabilities"
SHOWN = 10
"""How many rows are shown of predictions as they are displayed."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model predicts for rows, in their order.

    Parameters
    ----------
    outputs : mapping
        The arrays that the model gives, by name: of a classifier, the probabilities (N × classes).
    classes : sequence of str
        The names of the classes; empty where the model gives values.
    ids : mapping
        What the rows are called: the cells of a column of a table, or the files of images, by the name of the column.
    label : str
        What the column was called that the model has learned; records and tables call values by it, where these are one output.
    notes : sequence of str
        What is to be known of the rows, such as categories that no training row had.

    Examples
    --------
    >>> found = Predictions({"probabilities": np.array([[0.25, 0.75]])}, ["rose", "tulip"], {"id": ["a7"]})
    >>> found.values, found.records()
    (array(['tulip'], dtype='<U5'), [{'id': 'a7', 'prediction': 'tulip', 'probabilities': {'rose': 0.25, 'tulip': 0.75}}])
    >>> print(found.csv())
    id,prediction,probability of rose,probability of tulip
    a7,tulip,0.25,0.75
    <BLANKLINE>
    """

    outputs: Mapping[str, NDArray[Any]]
    classes: Sequence[str] = ()
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    label: str = ""
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(next(iter(self.outputs.values())))

    def __repr__(self) -> str:
        few = {name: values[:SHOWN] for name, values in self.outputs.items()}
        rows = Predictions(few, self.classes, {name: names[:SHOWN] for name, names in self.ids.items()}, self.label).csv()
        more = "\n…" * (len(self) > SHOWN)
        notes = "".join(f"\nNote: {note}." for note in self.notes)
        return printable(f"Predictions of {len(self)} row{'s' * (len(self) != 1)}\n{rows.rstrip()}{more}{notes}")

    @property
    def probabilities(self) -> NDArray[Any]:
        """The probability of each class, N × classes; a GraphError where the model gives values."""
        if not self.classes:
            raise GraphError(f"The model gives {listing(self.outputs)}, and no probabilities of classes.")
        return self.outputs[PROBABILITIES]

    @property
    def values(self) -> NDArray[Any]:
        """The name of the most probable class of each row, or the values of the model's only output."""
        if self.classes:
            chosen: NDArray[Any] = np.array(self.classes)[self.probabilities.argmax(axis=1)]
            return chosen
        (first, *more) = self.outputs
        if more:
            raise GraphError(f"The model gives {listing(self.outputs)}: take one of them, predictions.outputs[{first!r}].")
        return self.outputs[first]

    @property
    def _named(self) -> Mapping[str, NDArray[Any]]:
        """The values by the names of their columns in records and tables."""
        if self.label and len(self.outputs) == 1 and self.label not in self.ids:
            return {self.label: self.values}
        return self.outputs

    def records(self) -> list[dict[str, Any]]:
        """A dict for each row, of text and Python's own numbers, as JSON has them."""
        rows: list[dict[str, Any]] = [{name: column[i] for name, column in self.ids.items()} for i in range(len(self))]
        if self.classes:
            for row, name, line in zip(rows, self.values.tolist(), self.probabilities.tolist(), strict=True):
                row |= {"prediction": name, PROBABILITIES: dict(zip(self.classes, line, strict=True))}
            return rows
        for name, array in self._named.items():
            for row, value in zip(rows, array.tolist(), strict=True):
                row[name] = value
        return rows

    def csv(self) -> str:
        """A table as text, a line a row: what the rows are called, then the class and all probabilities, or the values."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if self.classes:
            titles = ["prediction", *(f"probability of {name}" for name in self.classes)]
            lines = [
                [name, *(f"{probability:.6g}" for probability in line)]
                for name, line in zip(self.values, self.probabilities, strict=True)
            ]
        else:
            columns = {name: values.reshape(len(self), prod(values.shape[1:])) for name, values in self._named.items()}
            titles = [title for name, values in columns.items() for title in _titles(name, values.shape[1])]
            lines = [[_digits(value) for values in columns.values() for value in values[i]] for i in range(len(self))]
        writer.writerow([*self.ids, *titles])
        for i, line in enumerate(lines):
            writer.writerow([*(column[i] for column in self.ids.values()), *line])
        return text.getvalue()


def _digits(value: np.generic) -> str:
    """A number in as many digits as tell it from every other of its type: 0.1, and 1700000060 as 1.7000001e+09."""
    return str(value).removesuffix(".0")


def _titles(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{i}]" for i in range(count)]
