"""`mg.data.read`: data read from whatever it is given as."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from minigraph.core.errors import listing, nearest
from minigraph.core.graph import Graph
from minigraph.core.leaves import Input
from minigraph.core.shapes import show_shape
from minigraph.interop.files import DataError, FileError
from minigraph.training.checks import check_graph, quoted, row_shape
from minigraph.training.data.columns import Wanted
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.examples import EXAMPLES
from minigraph.training.data.files import exactly, opened
from minigraph.training.data.frames import FRAME, Frame, is_frame, read_frame
from minigraph.training.data.idx import images_in, is_idx, read_idx
from minigraph.training.data.images import RESIZE, has_images, is_image, picture, read_images
from minigraph.training.data.npz import read_npy, read_npy_folder, read_npz
from minigraph.training.data.raw import RawTable, read_raw
from minigraph.training.data.sheets import SHEETS
from minigraph.training.data.table import NO_LABELS, kind_of_labels, read_table
from minigraph.training.data.text import LENGTH, read_text

__all__ = ["as_images", "read", "read_of_any_size", "shaped", "table_of", "takes_columns", "takes_text"]

ZIP, NPY = (b"PK\x03\x04", b"PK\x05\x06"), b"\x93NUMPY"
"""What .npz archives, also empty ones, and .npy files begin with."""
TEXTS = {".md", ".txt"}


def read(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Frame,
    graph: Graph | None = None,
    *,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
    label: str = "",
    labelled: bool = True,
    seed: int = 0,
    image_size: int | tuple[int, int] | None = None,
    image_mode: str | None = None,
) -> Dataset:
    """The data of a source: an example's name, a file, a folder, or a table in memory.

    A file is a table (CSV, TSV), an .npz archive, IDX images with their labels in a file next to them (MNIST's, also .gz), or a
    text. A folder holds the IDX files of MNIST's kind, or the arrays x.npy and y.npy, which stay on the disk, or a folder of
    images for each class; of images to predict there may be one file, or a list of files. A validation set that a source comes
    with is its `validation`: `split` takes it, or draws one.

    Parameters
    ----------
    source : str, path, sequence of paths or frame
        moons or digits, or a path; or a table in memory, of pandas, polars, Arrow or Hugging Face's datasets, with a column for
        each input, or features and a label as a file has them.
    graph : Graph, optional
        The data is what its inputs take. Labels are values where y is floating-point; the rows of x have its shape; images are
        resized to it; a text is cut into pieces of its length; a table's columns are inputs by their names where there is no x;
        and what it takes no input for is left out. Without one, a file is a text where its name ends in .txt or .md.
    classes, features, label : names, optional
        The names that a training knew, which number the labels and find the columns; columns of other names are the data's
        `left_out`.
    labelled : bool
        Whether there are labels; rows to predict have none.
    seed : int
        The random seed of an example that is drawn.
    image_size, image_mode : optional
        The size and the mode of images, as `read_images` takes them, other than those that the graph takes.

    Returns
    -------
    Dataset
        The arrays by the names of their inputs, x (N × …) and y (N) unless the graph calls them otherwise.

    Raises
    ------
    DataError
        What a file holds cannot be read, with the file, the line or the array, and what to do.
    FileError
        There is no such file, or the system does not let it be read.

    Examples
    --------
    >>> read("digits")
    Dataset of 1797 rows: x (1797 × 8 × 8, float32), y (1797, int64); classes 0, 1, 2, 3, 4, 5, 6, 7, 8 and 9
    """
    images = _holds_images(source)
    if not images and not is_frame(source) and not isinstance(source, str | os.PathLike):
        raise DataError(f"read takes the name of an example, of a file or of a folder, or a frame, not {quoted(source)}.")
    if graph is not None:
        check_graph("What the data is read for", graph)
    name = _called(source)
    if not images and (image_size is not None or image_mode is not None):
        raise DataError(f"{name} holds no images, whose size and mode could be chosen.")
    wanted = _Expected(graph.inputs if graph else {}, classes, features, label, labelled)
    if images:
        files: Any = source
        asked = {"size": image_size, "mode": image_mode}
        known = {**picture(wanted.sizes), **{key: value for key, value in asked.items() if value is not None}}
        data = read_images(files, classes=classes, labelled=labelled, **known)
    elif not isinstance(source, str | os.PathLike):
        data = read_frame(source, wanted.inputs, classes=classes, features=features, label=label, labels=wanted.labels)
    elif name in EXAMPLES:
        data = EXAMPLES[name](seed)
    else:
        data = _read_folder(Path(name), wanted) if os.path.isdir(name) else _read_file(Path(name), wanted)
    if not labelled:
        data = _mapped(data, lambda key, array: None if key == "y" else array)
    return shaped(data, name, graph) if graph else data


def shaped(data: Dataset, name: str, graph: Graph) -> Dataset:
    """The data with rows of the shapes that a graph takes; a DataError, which names the source, where they have other sizes."""
    return _mapped(data, lambda key, array: _shaped(name, key, array, graph))


def _holds_images(source: Any) -> bool:
    """Whether a source is images: a folder of them, a file, or a list of files."""
    if isinstance(source, list | tuple):
        return bool(source) and all(isinstance(file, str | os.PathLike) for file in source)
    if not isinstance(source, str | os.PathLike) or source in EXAMPLES:
        return False
    path = Path(source)
    if not path.is_dir():
        return is_image(path) and path.is_file()
    return not images_in(path) and not any(path.glob("*.npy")) and has_images(path)


def _called(source: Any) -> str:
    """What a message calls a source."""
    if isinstance(source, list | tuple):
        return os.fspath(source[0])
    return os.fspath(source) if isinstance(source, str | os.PathLike) else FRAME


def as_images(source: Any, shape: Sequence[int] | None) -> dict[str, Any]:
    """How `read` is asked for a source, where it is images, so that they make rows of a shape that a training knew."""
    return {f"image_{key}": value for key, value in picture(shape).items()} if _holds_images(source) else {}


def read_of_any_size(source: str, graph: Graph, free: Collection[str], seed: int = 0, **asked: Any) -> Dataset:
    """The data of a source, as `read` gives it, whose `free` inputs of numbers may have rows of another size than a graph's.

    Images are resized to what the graph takes all the same, where its rows are images, unless it is asked otherwise.
    """
    x = graph.inputs.get("x")
    if not asked and x is not None and as_images(source, row_shape(x)):
        return read(source, graph, seed=seed)
    inputs = {
        name: Input(name, (node.shape[0], *(f"{name}{i}" for i in range(1, node.ndim))), dtype=node.dtype)
        if name in free and node.dtype.kind == "f" and node.ndim
        else node
        for name, node in graph.inputs.items()
    }
    return read(source, Graph(inputs), seed=seed, **asked)


@dataclass(frozen=True)
class _Expected:
    """What a model takes: its inputs, and the names that its training knew."""

    inputs: Mapping[str, Input]
    classes: Sequence[str]
    features: Sequence[str]
    label: str
    labelled: bool

    @property
    def x(self) -> Input | None:
        """The input x."""
        return self.inputs.get("x")

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The shape of a row of x, where it is known."""
        return None if self.x is None else row_shape(self.x)

    @property
    def labels(self) -> str | None:
        """What kind of labels a table has, as `read_csv` takes it."""
        if not self.labelled:
            return NO_LABELS
        return kind_of_labels(self.inputs) if self.inputs else None

    def text(self, path: Path) -> bool:
        """Whether a file is a text rather than a table: x and y are rows of whole numbers, or its name says so."""
        return takes_text(self.inputs) if self.inputs else path.suffix.lower() in TEXTS


def takes_text(inputs: Mapping[str, Input]) -> bool:
    """Whether the inputs take the characters of a text: x and y are rows of whole numbers."""
    both = [inputs.get(name) for name in "xy"]
    return all(node is not None and node.ndim == 2 and node.dtype.kind in "iu" for node in both)


def takes_columns(inputs: Mapping[str, Input]) -> bool:
    """Whether the inputs take the columns of a table, of whatever kind they are: x is rows of numbers."""
    x = inputs.get("x")
    return x is not None and x.ndim == 2 and x.dtype.kind == "f"


def table_of(source: str, graph: Graph) -> RawTable | None:
    """The cells of a table with a header whose columns are for an input x of rows of numbers; None for any other source."""
    path = Path(source)
    if not takes_columns(graph.inputs) or source in EXAMPLES or not path.is_file():
        return None
    if path.suffix.lower() not in SHEETS:
        with opened(path) as stream:
            start = bytes(exactly(stream, 8))
        if start.startswith((*ZIP, NPY)) or is_idx(start):
            return None
    return read_raw(path)


def _read_folder(folder: Path, wanted: _Expected) -> Dataset:
    if images_in(folder):
        return read_idx(folder, classes=wanted.classes)
    if any(folder.glob("*.npy")):
        return read_npy_folder(folder, labels=wanted.labels, classes=wanted.classes)
    raise DataError(
        f"{folder} holds no data: neither IDX files, such as train-images-idx3-ubyte.gz, nor arrays, x.npy and y.npy, nor "
        "folders of images."
    )


def _read_file(path: Path, wanted: _Expected) -> Dataset:
    if not path.exists():
        known = [*EXAMPLES, *map(str, path.parent.glob("*"))]
        raise FileError(f"{path} is neither {listing(EXAMPLES, 'nor')}, nor a file or a folder.{nearest(str(path), known)}")
    with opened(path) as stream:
        start = bytes(exactly(stream, 8))
    if start.startswith(ZIP):
        return read_npz(path, labels=wanted.labels, classes=wanted.classes)
    if start.startswith(NPY):
        if wanted.labels != "none":
            raise DataError(f"{path} is one array, and has no labels: put x.npy and y.npy into a folder, and give that.")
        return read_npy(path)
    if is_idx(start):
        return read_idx(path, classes=wanted.classes, labelled=wanted.labelled)
    if wanted.text(path):
        length = wanted.x.shape[1] if wanted.x is not None else LENGTH
        return read_text(path, length if isinstance(length, int) else LENGTH, classes=wanted.classes)
    if wanted.inputs and wanted.x is None:
        return _read_columns(path, wanted)
    width = prod(wanted.sizes) if wanted.sizes is not None else None
    dtype = np.float64 if wanted.x is None or wanted.x.dtype.kind == "f" else wanted.x.dtype
    return _read_table(path, wanted, wanted.features, width, dtype)


def _read_table(path: Path, wanted: _Expected, features: Sequence[str], width: int | None, dtype: DTypeLike) -> Dataset:
    columns = Wanted(None, wanted.labels != NO_LABELS, features, width, wanted.label)
    return read_table(path, columns, wanted.labels, wanted.classes, dtype)


def _read_columns(path: Path, wanted: _Expected) -> Dataset:
    """A table whose columns are inputs of a graph, by their names."""
    names = [name for name in wanted.inputs if name != "y"]
    whole = all(wanted.inputs[name].dtype.kind in "iu" for name in names)
    data = _read_table(path, wanted, names, len(names), np.int64 if whole else np.float64)
    columns = {name: data["x"][:, i] for i, name in enumerate(names)}
    return data.with_arrays({**columns, **{name: array for name, array in data.items() if name == "y"}})


def _mapped(data: Dataset, change: Callable[[str, NDArray[Any]], NDArray[Any] | None]) -> Dataset:
    """The data set with each array changed, or left out, its validation set too."""
    changed = {name: change(name, array) for name, array in data.items()}
    wanted_arrays = {name: array for name, array in changed.items() if array is not None}
    validation = _mapped(data.validation, change) if data.validation is not None else None
    return data.with_arrays(wanted_arrays).with_validation(validation)


def _shaped(name: str, key: str, array: NDArray[Any], graph: Graph) -> NDArray[Any] | None:
    """The array with rows of the input's shape, where they have as many numbers; None where the graph has no such input."""
    node = graph.inputs.get(key)
    if node is None:
        return None
    sizes = row_shape(node)
    if sizes is None or array.shape[1:] == sizes:
        return array
    if prod(array.shape[1:]) != prod(sizes):
        hint = f" {RESIZE}" if _holds_images(name) else ""
        raise DataError(
            f"{name}: a row of {key} is {show_shape(array.shape[1:])}, and the model takes {key} ({show_shape(node.shape)})."
            f"{hint}"
        )
    return array.reshape(len(array), *sizes)
