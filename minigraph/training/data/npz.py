"""Arrays that NumPy has saved: .npz archives, and .npy files, which are read from the disk only where they are used.

The formats are described at https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. Nothing is unpickled.
"""

import os
import re
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from minigraph.core.errors import listing
from minigraph.core.shapes import show_shape
from minigraph.interop.files import DataError
from minigraph.training.data.dataset import TRAINING, VALIDATION, Dataset, rows_of
from minigraph.training.data.files import check_size, check_unpacked, exactly, fail_archive, opened
from minigraph.training.data.labels import CLASSES, check_finite, number_labels

__all__ = ["as_dataset", "labelled_part", "read_npy", "read_npy_folder", "read_npz"]

NAMES = {"data": "x", "features": "x", "images": "x", "labels": "y", "target": "y", "targets": "y"}
"""What the inputs x and y are also called."""


def read_npz(file: str | os.PathLike[str], *, labels: str | None = None, classes: Sequence[str] = ()) -> Dataset:
    """The arrays of an .npz archive, each for the input of its name.

    Arrays called x_train and x_test, or train_images and test_images, are the training set and the validation set; images and
    data are x, labels and target are y.

    Parameters
    ----------
    file : str or path
        A path.
    labels : str, optional
        "classes": labels that are text are numbered from 0 in the order of their names, and whole numbers from 0 stay as they
        are. "values": any numbers do. Unless given, they are values where they are floating-point.
    classes : sequence of str
        The names of a trained model's classes, which number the labels.

    Returns
    -------
    Dataset
        The arrays by name.

    Raises
    ------
    DataError, FileError
        With the file and the array, and what to do.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile(suffix=".npz") as file:
    ...     np.savez(file, x=np.zeros((3, 2), np.float32), y=["red", "blue", "red"])
    ...     file.flush()
    ...     read_npz(file.name)
    Dataset of 3 rows: x (3 × 2, float32), y (3, int64); classes blue and red
    """
    path = Path(file)
    with opened(path) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                entries = [entry for entry in archive.infolist() if entry.filename.endswith(".npy")]
                arrays = {entry.filename.removesuffix(".npy"): _read_entry(path, archive, entry) for entry in entries}
                if not arrays:
                    fail_archive(path, archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
            raise DataError(f"{path} is damaged, or is no .npz archive: {error}. Save it again with np.savez.") from None
    return as_dataset(path, arrays, labels, classes)


def _read_entry(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """An array of the archive, once its header is found to agree with its size."""
    where = f"{path}, {entry.filename}"
    with archive.open(entry) as stream:
        shape, fortran, dtype = _read_header(where, stream)
        size = prod(shape) * dtype.itemsize
        check_size(where, shape, dtype, entry.file_size - stream.tell())
        check_unpacked(where, size, entry.compress_size)
        content = exactly(stream, size)
    check_size(where, shape, dtype, len(content))
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _read_header(where: str, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that Python 2 wrote it changes nothing
            shape, fortran, dtype = read(stream)
    except tokenize.TokenError:  # its words, and the position with them, are each Python's own
        raise DataError(f"{where} is no array that NumPy has saved: its header does not end. Save it again.") from None
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{where} is no array that NumPy has saved: {reason}. Save it again.") from None
    if dtype.hasobject:
        raise DataError(f"{where} holds Python objects, which are not read, as reading them can run anything. Save numbers.")
    if dtype.kind not in "fiubUS" or dtype.itemsize == 0:
        raise DataError(f"{where} holds {dtype}, no real numbers or text. Save numbers.")
    if any(size < 0 for size in shape):
        raise DataError(f"{where} has a header that says {show_shape(shape)}. It is damaged: save it again.")
    return shape, fortran, dtype


def read_npy_folder(folder: str | os.PathLike[str], *, labels: str | None = None, classes: Sequence[str] = ()) -> Dataset:
    """The arrays of a folder of .npy files, x.npy and y.npy, each for the input of its name.

    They stay on the disk, and a batch reads its own rows: the data may be larger than memory. Numbers are not checked before
    they are used. As in an .npz archive, x_train.npy and x_test.npy are of two parts.
    """
    arrays = {file.stem: _mapped(file) for file in sorted(Path(folder).glob("*.npy"))}
    return as_dataset(Path(folder), arrays, labels, classes)


def read_npy(file: str | os.PathLike[str]) -> Dataset:
    """The array of an .npy file as x, left on the disk."""
    return as_dataset(Path(file), {"x": _mapped(Path(file))}, None, ())


def _mapped(file: Path) -> NDArray[Any]:
    """The array of a file, left on the disk."""
    with opened(file) as stream:
        shape, fortran, dtype = _read_header(str(file), stream)
        start = stream.tell()
    check_size(str(file), shape, dtype, file.stat().st_size - start)
    if not prod(shape):
        return np.empty(shape, dtype)
    return np.memmap(file, dtype, "r", start, shape, order="F" if fortran else "C")


def as_dataset(path: Path, arrays: Mapping[str, NDArray[Any]], labels: str | None, classes: Sequence[str]) -> Dataset:
    """The arrays as a data set, with its validation set and its labels numbered."""
    parts: dict[str, dict[str, NDArray[Any]]] = {}
    for name, array in arrays.items():
        part, kind = _meaning(name)
        other = parts.setdefault(part, {}).setdefault(kind, array)
        if other is not array:
            raise DataError(f"{path} holds two arrays for the input {kind}: {listing(arrays)}. Name them as the inputs.")
    training = parts.get("train") or parts.get("")
    if training is None:
        raise DataError(f"{path} holds {listing(arrays)}, and nothing to learn from: name it x and y, or x_train and y_train.")
    data = labelled_part(str(path), training, labels, classes)
    validation = next((parts[part] for part in VALIDATION if part in parts), None)
    return data.with_validation(labelled_part(str(path), validation, labels, data.classes) if validation else None)


def _meaning(name: str) -> tuple[str, str]:
    """The part and the input that an array's name means: x_test is of the part "test", for the input x."""
    words = re.split("[-_]", name)
    for i in (0, -1):
        word = words[i].lower()
        if len(words) > 1 and word in (*TRAINING, *VALIDATION):
            part = "train" if word in TRAINING else word
            rest = "_".join(words[1:] if i == 0 else words[:-1])
            return part, _input(rest)
    return "", _input(name)


def _input(name: str) -> str:
    return NAMES.get(name.lower(), name.lower() if name in "XY" else name)


def labelled_part(path: str, arrays: dict[str, NDArray[Any]], labels: str | None, classes: Sequence[str]) -> Dataset:
    """The arrays of one part of the data, of finite numbers, with the labels y numbered where they are classes."""
    rows_of(arrays, path, DataError)
    for name, array in arrays.items():
        check_finite(f"{path}: {name}", array)
    found: tuple[str, ...] = ()
    y = arrays.get("y")
    if y is not None and y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y is not None and y.ndim == 1 and y.dtype.kind != "f" and labels in (None, CLASSES):
        arrays["y"], found = number_labels(f"{path}: y", y, classes)
    for name, array in arrays.items():
        if array.dtype.kind in "US":
            reason = "the labels are to be values" if name == "y" else "only the labels, y, may be"
            raise DataError(f"{path}: {name} is text, and {reason}. Save numbers.")
    return Dataset(arrays, found)
