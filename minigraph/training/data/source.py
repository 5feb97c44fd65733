"""The front door: data read from whatever it is given as."""

import os
from collections.abc import Callable, Iterable, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.axes import show_shape
from minigraph.errors import DataError, FileError, listing, nearest
from minigraph.graph import Graph
from minigraph.training.data.examples import digits, moons
from minigraph.training.data.idx import images_in, is_idx, read_idx
from minigraph.training.data.npz import read_npy_folder, read_npz
from minigraph.training.data.streams import exactly, opened
from minigraph.training.data.table import read_csv
from minigraph.training.dataset import Dataset

__all__ = ["EXAMPLES", "read"]

EXAMPLES: dict[str, Callable[[int], Dataset]] = {
    "moons": lambda seed: moons(seed=seed).holding_out(moons(seed=seed + 1)),
    "digits": lambda seed: digits(),
}
"""The data sets that need no file, each drawn with a seed where chance has a part in it."""


def read(
    source: str | os.PathLike[str],
    graph: Graph | None = None,
    *,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    labelled: bool = True,
    seed: int = 0,
) -> Dataset:
    """The data that `source` is: the name of an example, moons or digits; a file; or a folder.

    A file is a table (CSV, TSV), an .npz archive, or one of IDX images with its labels beside it (MNIST's, also .gz). A folder
    holds the IDX files of MNIST's kind, or the arrays x.npy and y.npy, which stay on the disk. What a source keeps to judge by
    is its `held_out`: `split` takes it, or draws some.

    With a `graph` the data is what its inputs take: labels are values where y is floating-point, the rows of x have its shape,
    and what it takes no input for is left out. `classes` and `features` are the names that a training knew, which number the
    labels and order the columns. `labelled=False` reads rows to predict, without labels.

    >>> read("digits")
    Dataset of 1797 rows: x (1797 × 8 × 8, float32), y (1797, int64); classes 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9
    """
    name = os.fspath(source)
    data = EXAMPLES[name](seed) if name in EXAMPLES else _read_path(Path(name), graph, classes, features, labelled)
    if not labelled:
        data = _without(data, {"y"})
    return data if graph is None else _fitted(name, data, graph)


def _read_path(
    path: Path, graph: Graph | None, classes: Sequence[str], features: Sequence[str], labelled: bool
) -> Dataset:
    if path.is_dir():
        return _read_folder(path, classes)
    if not path.exists():
        beside = [str(file) for file in path.parent.glob("*")] if path.parent.is_dir() else []
        raise FileError(f"{path} is neither {listing(EXAMPLES, 'nor')}, nor a file or a folder.{nearest(str(path), beside)}")
    with opened(path) as stream:
        start = bytes(exactly(stream, 8))
    if start.startswith(b"PK"):
        return read_npz(path, classes)
    if is_idx(start):
        return read_idx(path)
    return _read_table(path, graph, classes, features, labelled)


def _read_folder(folder: Path, classes: Sequence[str]) -> Dataset:
    if images_in(folder):
        return read_idx(folder)
    if any(folder.glob("*.npy")):
        return read_npy_folder(folder, classes)
    raise DataError(
        f"{folder} holds no data: neither IDX files, such as train-images-idx3-ubyte.gz, nor arrays, x.npy and y.npy."
    )


def _read_table(
    path: Path, graph: Graph | None, classes: Sequence[str], features: Sequence[str], labelled: bool
) -> Dataset:
    """A table, whose columns are what the graph takes."""
    x, y = (graph.inputs.get(name) if graph else None for name in "xy")
    sizes = [size for size in x.shape[1:] if isinstance(size, int)] if x is not None else []
    width = prod(sizes) if x is not None and len(sizes) == x.ndim - 1 else None
    if not labelled or (graph and y is None):
        labels: str | None = "none"
    elif y is not None:
        labels = "values" if y.dtype.kind == "f" else "classes"
    else:
        labels = None
    dtype = np.float32 if x is None else x.dtype
    return read_csv(path, labels=labels, classes=classes, features=features, width=width, dtype=dtype)


def _without(data: Dataset, names: Iterable[str]) -> Dataset:
    kept = {name: array for name, array in data.items() if name not in set(names)}
    held_out = _without(data.held_out, names) if data.held_out is not None else None
    return Dataset(kept, data.classes, data.features).holding_out(held_out)


def _fitted(name: str, data: Dataset, graph: Graph) -> Dataset:
    """The arrays that the graph takes, the rows of each in its input's shape."""
    arrays = {key: _shaped(name, key, array, graph) for key, array in data.items() if key in graph.inputs}
    held_out = _fitted(name, data.held_out, graph) if data.held_out is not None else None
    return Dataset(arrays, data.classes, data.features).holding_out(held_out)


def _shaped(name: str, key: str, array: NDArray[Any], graph: Graph) -> NDArray[Any]:
    """The array with rows of the input's shape, where they have as many numbers."""
    node = graph.inputs[key]
    sizes = tuple(size for size in node.shape[1:] if isinstance(size, int))
    if array.shape[1:] == sizes or len(sizes) < node.ndim - 1 or not node.ndim:
        return array
    if prod(array.shape[1:]) != prod(sizes):
        raise DataError(
            f"{name}: a row of {key} is {show_shape(array.shape[1:])}, and the model takes {key} ({show_shape(node.shape)})."
        )
    return array.reshape(len(array), *sizes)
