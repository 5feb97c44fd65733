"""Data sets: arrays by the input that takes them, their rows, and their split into a training and a validation set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from numbers import Real
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from minigraph.core.errors import GraphError, InputError, MinigraphError, listing, printable
from minigraph.core.shapes import show_shape
from minigraph.core.values import whole_array
from minigraph.training.checks import check_arrays, check_whole

__all__ = [
    "TRAINING",
    "VALIDATION",
    "Augmentation",
    "Dataset",
    "Selection",
    "is_on_disk",
    "rows_of",
    "split",
]


class Selection:
    """Some rows of an array that is mapped from the disk, in some order: what indexing that array would copy into memory.

    Indexing it gives the rows themselves; so does np.asarray, all of them.

    >>> chosen = Selection(np.arange(10) ** 2, np.array([5, 2, 7]))
    >>> chosen.shape, chosen[1:]
    ((3,), array([ 4, 49]))
    """

    def __init__(self, array: Any, rows: NDArray[np.integer[Any]]) -> None:
        self.array, self.rows = array, rows
        self.shape: tuple[int, ...] = (len(rows), *array.shape[1:])
        self.dtype: np.dtype[Any] = array.dtype
        self.ndim = len(self.shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return np.asarray(self.array[self.rows[rows]])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.array[self.rows], dtype)

    def __repr__(self) -> str:
        return f"Selection {self.shape} of {self.dtype}, on the disk"


def is_on_disk(array: Any) -> bool:
    """Whether an array is read from the disk where it is used."""
    return isinstance(array, np.memmap | Selection)


Augmentation = Callable[[dict[str, np.ndarray[Any, Any]], np.random.Generator], Mapping[str, ArrayLike]]
"""What changes the rows of a batch at random: images mirrored, or shifted."""

QUARTER = 0.25
TRAINING, VALIDATION = ("train", "training"), ("test", "val", "valid", "validation")
"""What folders, and arrays such as x_train and test_images, are called; those for validation in the order of preference."""


class Dataset(Mapping[str, np.ndarray[Any, Any]]):
    """Arrays by the name of the input that takes them, whose first axis is the rows: a mapping.

    Parameters
    ----------
    arrays : mapping
        {name: array}. Those that are mapped from the disk (np.memmap) stay there.
    classes : sequence of str
        The names of the labels 0, 1, …, where they are known.
    features, label : names, optional
        The names of a table's columns.
    left_out : sequence of str
        The names of a table's columns that are neither features nor the label.
    ids : mapping
        What the rows are called, text for each by the name of a column: the files of images, say.

    Raises
    ------
    InputError
        For arrays whose numbers of rows differ, or that have none.

    Attributes
    ----------
    rows : int
        How many rows there are.
    notes : tuple of str
        What is to be known of the rows, such as categories that no training row had.
    validation : Dataset or None
        The validation set that its source comes with.
    augmentations : tuple
        The functions that change the rows of a training at random, see `augmented`.

    Examples
    --------
    >>> Dataset({"x": np.zeros((3, 2)), "y": [0, 1, 1]}, classes=["red", "blue"])
    Dataset of 3 rows: x (3 × 2, float64), y (3, int64); classes red and blue
    """

    def __init__(
        self,
        arrays: Mapping[str, ArrayLike],
        classes: Sequence[str] = (),
        features: Sequence[str] = (),
        label: str = "",
        left_out: Sequence[str] = (),
        ids: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        check_arrays("The data set", arrays)
        self._arrays: dict[str, Any] = {
            name: array if is_on_disk(array) else whole_array(array, f"The array {name!r}") for name, array in arrays.items()
        }
        self.rows = rows_of(self._arrays, "The data set")
        self.classes, self.features, self.label, self.left_out = tuple(classes), tuple(features), label, tuple(left_out)
        self.ids = {name: tuple(called) for name, called in ids.items()}
        self.notes: tuple[str, ...] = ()
        self.validation: Dataset | None = None
        self.augmentations: tuple[Augmentation, ...] = ()

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        array: np.ndarray[Any, Any] = self._arrays[name]
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        arrays = ", ".join(f"{name} ({show_shape(a.shape)}, {a.dtype})" for name, a in self.items())
        classes = f"; classes {listing(self.classes)}" if self.classes else ""
        left_out = f"; left out {listing(self.left_out)}" if self.left_out else ""
        notes = "".join(f"; {note}" for note in self.notes)
        return printable(f"Dataset of {self.rows} rows: {arrays}{classes}{left_out}{notes}")

    def with_validation(self, validation: "Dataset | None") -> "Dataset":
        """The same rows, with that validation set."""
        data = copy(self)
        data.validation = validation
        return data

    def augmented(self, *augmentations: Augmentation) -> "Dataset":
        """The same rows, which a training takes changed by each of the functions, anew in every epoch.

        Rows are augmented in the background, while the step before is taken; those of a validation set never are.

        Parameters
        ----------
        augmentations : callables
            Functions of a mini-batch, arrays by the name of their input, and a np.random.Generator, the only source of random
            numbers that they may use. Each returns the arrays that it has changed, of the same shapes.

        Examples
        --------
        >>> def shaken(batch, rng):
        ...     return {"x": batch["x"] + rng.normal(0, 0.1, batch["x"].shape)}
        >>> data = Dataset({"x": np.zeros((3, 2)), "y": [0, 1, 1]}).augmented(shaken)
        """
        data = copy(self)
        data.augmentations = (*self.augmentations, *augmentations)
        return data

    def take(self, rows: Any) -> "Dataset":
        """The data set of the rows with these indices, in their order. Arrays on the disk stay there."""
        chosen = np.arange(self.rows)[rows]
        data = self.with_arrays(
            {name: Selection(array, chosen) if is_on_disk(array) else array[chosen] for name, array in self.items()}
        )
        data.ids = {name: tuple(called[row] for row in chosen) for name, called in self.ids.items()}
        return data

    def with_arrays(self, arrays: Mapping[str, ArrayLike]) -> "Dataset":
        """A data set of other arrays, with the same names, notes and augmentations."""
        data = Dataset(arrays, self.classes, self.features, self.label, self.left_out)
        data.ids, data.notes = (self.ids, self.notes) if data.rows == self.rows else ({}, ())
        data.augmentations = self.augmentations
        return data


def rows_of(arrays: Mapping[str, Any], what: str, error: type[MinigraphError] = InputError) -> int:
    """How many rows the arrays have, or an error where they differ or there are none; `what` begins it."""
    counts: dict[str, int] = {}
    for name, array in arrays.items():
        if np.ndim(array) == 0:
            raise error(f"{what} gives {name} as a single number: its first axis must be the rows.")
        counts[name] = np.shape(array)[0]
    if len(set(counts.values())) > 1:
        found = listing(f"{count} of {name}" for name, count in counts.items())
        raise error(f"{what} has rows that do not pair: {found}. Every input needs as many.")
    rows = next(iter(counts.values()), 0)
    if not rows:
        raise error(f"{what} has no rows.")
    return rows


def split(data: Mapping[str, ArrayLike], validation: float | None = None, seed: int = 0) -> tuple[Dataset, Dataset]:
    """The training set and the validation set.

    Parameters
    ----------
    data : mapping
        A Dataset, or arrays by name.
    validation : float, optional
        The fraction of the rows that are for validation, drawn without replacement; at least one row goes either way. Unless
        given, it is the validation set that the data comes with, or a quarter of the rows where it comes with none.
    seed : int
        The random seed of the rows that are drawn: `np.random.default_rng(seed)` draws them.

    Returns
    -------
    tuple
        Two data sets.

    Raises
    ------
    GraphError, InputError
        For a fraction that does not lie between 0 and 1, or a single row.

    Examples
    --------
    >>> training, validation = split({"x": np.arange(8.0), "y": np.arange(8)}, validation=0.25)
    >>> training.rows, validation.rows
    (6, 2)
    """
    whole = data if isinstance(data, Dataset) else Dataset(data)
    check_whole("seed", seed, 0)
    if validation is None and whole.validation is not None:
        return whole.with_validation(None), whole.validation
    fraction = QUARTER if validation is None else validation
    if not isinstance(fraction, Real) or not 0 < fraction < 1:
        raise GraphError(f"The fraction for validation lies between 0 and 1, not {validation!r}.")
    if whole.rows < 2:
        raise InputError("The data set has 1 row, and a split needs at least 2.")
    count = min(max(round(fraction * whole.rows), 1), whole.rows - 1)
    order = np.random.default_rng(seed).permutation(whole.rows)
    return whole.take(order[count:]), whole.take(order[:count])
