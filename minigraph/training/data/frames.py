"""Tables in memory: frames of pandas and polars, tables of Arrow, Hugging Face's data sets: what gives its columns by name.

None of these packages is imported. A column, `frame[name][:]`, is what NumPy makes an array of.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import InputError, UnknownNameError, listing, nearest
from minigraph.core.node import Node
from minigraph.core.values import numeric, whole_array
from minigraph.interop.files import fail_at
from minigraph.training.checks import row_shape
from minigraph.training.data.columns import Columns, Wanted, numbers_rows, placed_columns
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.labels import EXACT, VALUES
from minigraph.training.data.npz import labelled_part
from minigraph.training.data.table import NO_LABELS

__all__ = ["FRAME", "Frame", "NamedColumns", "frame_arrays", "is_frame", "read_frame"]

FRAME = "The frame"
"""How an error calls a frame that is read."""


class Frame(Protocol):
    """What has rows, and columns by their names."""

    def __len__(self) -> int:
        """How many rows there are."""

    def __getitem__(self, name: Any, /) -> Any:
        """The column of that name."""


class NamedColumns:
    """Columns by name, as a frame has them; an InputError where they differ in length."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        counts = {name: len(column) for name, column in columns.items()}
        if len(set(counts.values())) > 1:
            raise InputError(f"The rows do not pair: {listing(f'{count} of {name!r}' for name, count in counts.items())}.")
        self._columns = columns

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return list(self._columns)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter(self._columns.values()), ()))

    def __getitem__(self, name: str) -> Any:
        """The column of that name."""
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._columns)


def is_frame(data: Any) -> bool:
    """Whether it has rows, and columns by their names.

    >>> is_frame({"x": [1, 2]}), is_frame(np.zeros((2, 3)))
    (False, False)
    """
    rows = not isinstance(data, Mapping | np.ndarray | type) and hasattr(data, "__len__") and hasattr(data, "__getitem__")
    return rows and isinstance(_names(data), Iterable)


def _names(frame: Any) -> Any:
    """The names of the columns; a column may itself have one of these names, so it is the class that is asked."""
    return frame.column_names if hasattr(type(frame), "column_names") else getattr(frame, "columns", None)


def read_frame(
    frame: Any,
    inputs: Mapping[str, Node],
    *,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    label: str = "",
    labels: str | None = None,
) -> Dataset:
    """The arrays of a frame, as `read_csv` has those of a file with the same columns.

    Columns are inputs by their names. Where there is an input x and no column of that name, it has all columns but the label's,
    in the order of `features` where these are known. The label is found as in a file, and numbered where it is text. Unless
    the `inputs` are known there is x, and y. `labels` is what these are, as in `read_csv`.
    """
    columns, arrays = _arrays(FRAME, frame, inputs, Wanted(None, labels != NO_LABELS, features, known_label=label))
    data = labelled_part(FRAME, arrays, labels, classes)
    return _with_names(data, data.classes, columns)


def frame_arrays(what: str, frame: Any, inputs: Mapping[str, Node], features: Sequence[str] = (), weights: str = "") -> Dataset:
    """The arrays of a frame for a graph's `inputs`, or an error where a column would be left out, or names be numbered.

    The column of its rows' `weights`, where it has one of that name, is an array of its own.

    A data set that `mg.data.read` gives says what was left out, and which label has which number; here nobody would know.
    `what` begins an error: "The training data".
    """
    inputs = {name: node for name, node in inputs.items() if name != weights}
    names = list(map(str, _names(frame)))
    if weights in names:
        rest = NamedColumns({name: frame[name] for name in names if name != weights})
        data = frame_arrays(what, rest, inputs, features)
        return data.with_arrays({**data, weights: _column(what, frame, names.index(weights))})
    columns, arrays = _arrays(what, frame, inputs, Wanted(None, "y" in inputs, features))
    for name in columns.left_out:
        raise UnknownNameError(
            f"{what} gives {name!r}, and the graph has no input of that name; it takes {listing(inputs)}."
            f"{nearest(name, inputs)}\n  Leave the column out; mg.data.read(frame, graph) does, and lists it as left_out."
        )
    if "y" in arrays and arrays["y"].dtype.kind in "US":
        raise InputError(
            f"{what} gives the labels as text, which mg.data.read(frame, graph) numbers: its classes are their names.\n"
            "  Later rows are numbered alike by mg.data.read(more, graph, classes=data.classes)."
        )
    return _with_names(labelled_part(what, arrays, VALUES, ()), (), columns)


def _with_names(data: Dataset, classes: Sequence[str], columns: Columns) -> Dataset:
    label = columns.header[columns.label] if columns.label is not None else ""
    return Dataset(data, classes, columns.names, label, columns.left_out)


def _arrays(what: str, frame: Any, inputs: Mapping[str, Node], wanted: Wanted) -> tuple[Columns, dict[str, NDArray[Any]]]:
    """Which columns are taken, and the array for each input; labels may be text."""
    header = list(map(str, _names(frame)))
    if len(header) < 1 + wanted.labelled:
        wants = "a feature and a label" if wanted.labelled else "a feature"
        fail_at(what, f"it has {len(header)} column{'s' * (len(header) != 1)}. There must be {wants}.")
    twice = next((name for i, name in enumerate(header) if name in header[:i]), None)
    if twice is not None:
        fail_at(what, f"two of its columns are called {twice!r}. Rename one.")
    named = [name for name in inputs or ("x",) if name != "y"]
    by_name = "x" not in named or "x" in header
    shape = row_shape(inputs["x"]) if "x" in inputs else None
    features = named if by_name else wanted.features
    width = len(named) if by_name else prod(shape) if shape is not None else None
    columns = placed_columns(Path(what), 0, header, len(header), replace(wanted, features=features, width=width))
    found = {place: _column(what, frame, place) for place in columns.features}
    columns = columns.without([i for i in columns.numbering if numbers_rows(header[i], list(map(str, found[i].tolist())))])
    arrays = {header[i]: found[i] for i in columns.features} if by_name else {"x": _side_by_side(what, columns, found, shape)}
    if columns.label is not None:
        arrays["y"] = _column(what, frame, columns.label, text=True)
    return columns, arrays


def _column(what: str, frame: Any, place: int, text: bool = False) -> NDArray[Any]:
    """A column as an array: of numbers, or of text where that may be."""
    name = list(_names(frame))[place]
    owner = f"Column {str(name)!r} of {what[0].lower()}{what[1:]}"
    array = whole_array(frame[name][:], owner)
    if array.dtype.kind == "O":
        cells = array.tolist()
        names = [isinstance(cell, str) for cell in cells]
        if text and any(names) and not all(names):
            row = names.index(False)
            fail_at(what, f"the label of row {row} is {cells[row]!r}, where others are text. Correct it or remove the row.")
        array = whole_array(cells, owner)  # lists of one length become an axis
    return array if text and array.dtype.kind in "US" else numeric(array, owner)


def _side_by_side(
    what: str, columns: Columns, found: Mapping[int, NDArray[Any]], shape: tuple[int, ...] | None
) -> NDArray[Any]:
    """The features as the columns of one array, whose rows have that shape where it is known."""
    for place in columns.features:
        if found[place].ndim != 1:
            fail_at(what, f"a row of the column {columns.header[place]!r} is no number: only a column x may hold arrays.")
        if (
            found[place].dtype.kind in "iu"
            and len(found[place])
            and not -EXACT <= found[place].min() <= found[place].max() <= EXACT
        ):
            problem = "holds whole numbers of more digits than a floating-point number keeps. "
            remedy = "An identifier is no feature: leave the column out; else round the numbers."
            fail_at(what, f"the column {columns.header[place]!r} {problem}{remedy}")
    x = np.stack([found[place] for place in columns.features], axis=1)
    return x if shape is None else x.reshape(len(x), *shape)
