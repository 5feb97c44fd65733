"""What each row of data weighs in a loss: an array of its own beside the inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minigraph.core.errors import InputError, listing
from minigraph.core.values import numeric
from minigraph.training.data.dataset import Dataset

__all__ = ["SAMPLE_WEIGHT", "RowWeights", "checked_weights", "learned_weights", "with_weights"]

SAMPLE_WEIGHT = "sample_weight"
"""What the weights of rows are called where they have no other name."""


@dataclass(frozen=True)
class RowWeights:
    """By which name data gives what its rows weigh, and whether it must; else they weigh 1."""

    name: str
    needed: bool

    def beside(self, what: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The data with the weights of its rows, checked; `what` begins an error: "The training data"."""
        if self.name in data:
            called = f"In {what[0].lower()}{what[1:]} the weight {self.name!r}"
            return with_weights(data, self.name, checked_weights(called, data[self.name]))
        if self.needed:
            raise InputError(f"{what} gives no {self.name!r}, the weight of each row; it gives {listing(map(repr, data))}.")
        return with_weights(data, self.name, np.ones(len(next(iter(data.values()), ())), np.float64))


def checked_weights(called: str, weights: ArrayLike) -> NDArray[np.float64]:
    """The weights as an array, or an error where they are none; `called` begins it."""
    given = numeric(weights, called)
    if given.ndim != 1:
        raise InputError(f"{called} is one number for each row, and is given in the shape {given.shape}.")
    array = given.astype(np.float64)
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        row = int(bad.argmax())
        raise InputError(f"{called} is {given[row]} in row {row}, where it must be finite, and 0 or more.")
    return array


def learned_weights(weights: ArrayLike) -> NDArray[np.float64]:
    """The weights of all rows that are learned from, of which some must be more than 0."""
    array = checked_weights(SAMPLE_WEIGHT, weights)
    if not array.any():
        raise InputError("sample_weight is zero for every row: there is nothing to learn from.")
    return array


def with_weights(data: Mapping[str, Any], name: str, weights: ArrayLike) -> Mapping[str, Any]:
    """The data with that array beside the others."""
    arrays = {**data, name: weights}
    return data.with_arrays(arrays) if isinstance(data, Dataset) else arrays
