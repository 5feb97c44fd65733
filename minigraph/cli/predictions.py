"""What a model gives for rows without labels: the classes with their probabilities, or values."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.training.loop.evaluation import Predictor

__all__ = ["written"]


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
    for i in range(len(rows)):
        writer.writerow([_digits(value) for values in columns.values() for value in values[i]])
    return text.getvalue()


def _digits(value: np.generic) -> str:
    """A number in as many digits as tell it from every other of its type: 0.1, and 1700000060 as 1.7000001e+09."""
    return str(value).removesuffix(".0")


def _titles(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}[{i}]" for i in range(count)]
