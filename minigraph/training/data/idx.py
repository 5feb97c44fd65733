"""IDX files, such as those of MNIST, EMNIST and Fashion-MNIST.

Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits: two zero bytes, a byte for the element type, a byte
for the number of axes, the axes as big-endian numbers of 32 bits, and the elements, the last axis fastest.
"""

import os
import re
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.shapes import show_shape
from minigraph.interop.files import DataError, FileError
from minigraph.training.data.dataset import Dataset
from minigraph.training.data.files import check_size, check_unpacked, exactly, opened
from minigraph.training.data.labels import check_finite, number_labels

__all__ = ["images_in", "is_idx", "read_idx", "read_idx_array"]

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The element type for each code of the format."""
MOST = 8
"""At most how many axes an array has."""
IMAGES = re.compile(r"images([-._])idx\d([-._])ubyte(\.gz)?$")
VALIDATION = re.compile(r"(^|[-_.])(t10k|test)[-_.]")


def read_idx_array(file: str | os.PathLike[str]) -> NDArray[Any]:
    """The array of an IDX file, also of one that is compressed (.gz)."""
    path = Path(file)
    with opened(path) as stream:
        shape, dtype = _header(path, stream)
        size = prod(shape) * dtype.itemsize
        if path.suffix == ".gz":
            check_unpacked(str(path), size, path.stat().st_size)
        content = exactly(stream, size + 1)
        check_size(str(path), shape, dtype, len(content))
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _header(path: Path, stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    magic = exactly(stream, 4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or magic[3] > MOST:
        raise DataError(
            f"{path} is no IDX file: it begins with {bytes(magic).hex(' ') or 'nothing'}, where two zero bytes, an element "
            "type (08 for bytes) and the number of axes belong."
        )
    axes = exactly(stream, 4 * magic[3])
    if len(axes) < 4 * magic[3]:
        raise DataError(f"{path} is cut short in its header, which is to hold {magic[3]} axes. Fetch it again.")
    shape = tuple(int(size) for size in np.frombuffer(axes, ">u4"))
    if not shape or 0 in shape:
        raise DataError(f"{path} holds nothing: its header says {show_shape(shape)}.")
    return shape, np.dtype(TYPES[magic[2]])


def read_idx(
    images: str | os.PathLike[str],
    labels: str | os.PathLike[str] | None = None,
    *,
    classes: Sequence[str] = (),
    labelled: bool = True,
) -> Dataset:
    """The rows of an IDX file of images, or of a folder that holds such files.

    Parameters
    ----------
    images : str or path
        A file, or a folder with one file of images for training and at most one, named "t10k" or "test", that is the
        `validation` set.
    labels : str or path, optional
        The file with the labels. Unless given, it is the file in the same folder that is named alike:
        train-labels-idx1-ubyte.gz for train-images-idx3-ubyte.gz.
    classes : sequence of str
        The names of a trained model's classes.
    labelled : bool
        Whether the labels are read, too.

    Returns
    -------
    Dataset
        x, the images (N × height × width), bytes from 0 to 1 as float32 and other numbers as they are, and y, their labels (N,
        int64).

    Raises
    ------
    DataError, FileError
        With the file, and what to do.
    """
    path = Path(images)
    if path.is_dir():
        return _folder(path, classes)
    labels = (labels_of(path) if labels is None else labels) if labelled else None
    x = read_idx_array(path)
    if x.ndim < 2:
        raise DataError(f"{path} holds {show_shape(x.shape)} numbers, no images: are these the labels? Give the images.")
    if labels is None:
        return Dataset({"x": pixels(path, x)})
    y = read_idx_array(labels)
    if y.shape != x.shape[:1]:
        raise DataError(f"{labels} holds {show_shape(y.shape)} labels, and {path} {len(x)} images. Every image needs one.")
    numbers, names = number_labels(str(labels), y, classes)
    return Dataset({"x": pixels(path, x), "y": numbers}, names)


def _folder(folder: Path, classes: Sequence[str]) -> Dataset:
    files = images_in(folder)
    training = [file for file in files if not VALIDATION.search(file.name)]
    validation = [file for file in files if VALIDATION.search(file.name)]
    if len(training) != 1 or len(validation) > 1:
        found = ", ".join(file.name for file in files) or "none"
        raise DataError(
            f"{folder} must hold one IDX file of images to learn from, and at most one for validation, named t10k or test. "
            f"It holds {found}: give the file itself."
        )
    data = read_idx(training[0], classes=classes)
    return data.with_validation(read_idx(validation[0], classes=data.classes) if validation else None)


def images_in(folder: Path) -> list[Path]:
    """The IDX files of images in a folder, each once, also where it is there compressed and not."""
    found = {file.name.removesuffix(".gz"): file for file in sorted(folder.iterdir(), reverse=True) if IMAGES.search(file.name)}
    return sorted(found.values())


def labels_of(images: Path) -> Path | None:
    """The file with the labels of images, in the same folder, or None where the images' name has no "images"."""
    if not IMAGES.search(images.name):
        return None
    plain = IMAGES.sub(r"labels\1idx1\2ubyte", images.name)
    for file in (images.with_name(f"{plain}.gz"), images.with_name(plain)):
        if file.exists():
            return file
    raise FileError(f"{images} has no labels beside it: there is no {images.with_name(plain)}, nor {plain}.gz.")


def is_idx(start: bytes) -> bool:
    """Whether a file that begins so is an IDX file."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in TYPES and 0 < start[3] <= MOST


def pixels(path: Path, images: NDArray[Any]) -> NDArray[Any]:
    """The images as floating-point numbers that hold them: bytes from 0 to 1 as float32, other numbers as they are."""
    scaled: NDArray[Any] = images.astype(np.result_type(images.dtype, np.float32))
    if images.dtype == np.uint8:
        scaled /= 255
    check_finite(str(path), scaled)
    return scaled
