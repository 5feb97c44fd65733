"""Images: a folder of folders, one for each class, or those to predict, in a folder, a list, or a single file."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from math import prod
from numbers import Integral
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError, listing, nearest
from minigraph.core.shapes import show_shape
from minigraph.interop.files import DataError, FileError
from minigraph.training.checks import quoted
from minigraph.training.data.dataset import TRAINING, VALIDATION, Dataset
from minigraph.training.data.pixels import PIXELS, size_of, unpacked

__all__ = ["MODES", "RESIZE", "has_images", "is_image", "picture", "read_images"]

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
MODES = ("L", "RGB")
"""Grey and coloured, as Pillow calls them."""
RESIZE = "--image-size HEIGHTxWIDTH resizes images, as read_images(…, size=(height, width)) does in Python."
Size = tuple[int, int]


def read_images(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    size: int | Size | None = None,
    mode: str | None = None,
    classes: Sequence[str] = (),
    labelled: bool = True,
) -> Dataset:
    """The images of a folder of folders, one for each class. Pillow reads them (`pip install 'minigraph[images]'`).

    Pixels are scaled by what their type can hold, 8, 16 or 32 bits; floating-point ones are from 0 to 1 already. An image lies
    as its EXIF data says. One of several frames is refused. The classes are the names of the folders, sorted. Where the folder
    holds train/ and test/ (or val/), each with the classes, the latter is its `validation` set.

    Parameters
    ----------
    source : str, path or sequence of paths
        The folder with the folders; of images to predict also a file, or several.
    size : int or (int, int), optional
        (height, width) in pixels, or the side of a square, to which the images are resized: by Pillow's bicubic filter, which
        takes the mean of many pixels where an image becomes smaller, and whatever their aspect ratio is, so that nothing is cut
        off. Unless given, they must all be of one size.
    mode : "L" or "RGB", optional
        Grey, or of three colours; transparent pixels are laid over white. Unless given, images are grey where all of them are,
        and one with transparent pixels is refused.
    classes : sequence of str
        The names of a trained model's classes.
    labelled : bool
        False reads images to predict, of the folder itself and those in it, in the order of their paths, which are its `ids`;
        or the files in the order that they are given.

    Returns
    -------
    Dataset
        x, from 0 to 1 as float32, N × height × width for grey images and N × 3 × height × width for colours, as mg.Conv takes
        them; and y, the labels (N, int64). Its `notes` say what was resized or laid over white.

    Raises
    ------
    DataError, FileError
        With the image, and what to do.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, shade in [("dark", 0), ("light", 255)]:
    ...         Path(folder, name).mkdir()
    ...         Image.new("L", (4, 3), shade).save(Path(folder, name, "1.png"))
    ...     read_images(folder)
    Dataset of 2 rows: x (2 × 3 × 4, float32), y (2, int64); classes dark and light
    """
    shape = _checked(size)
    if mode not in (None, *MODES):
        raise GraphError(f"The mode of images is L, grey, or RGB, coloured, not {mode!r}.")
    if not isinstance(source, str | os.PathLike) or Path(source).is_file():
        files: Any = [source] if isinstance(source, str | os.PathLike) else source
        if not isinstance(files, list | tuple) or not files or not all(isinstance(file, str | os.PathLike) for file in files):
            raise DataError(f"Images are read from a folder, a file or a list of files, not {quoted(source)}.")
        return _read_files([Path(file) for file in files], shape, mode, labelled)
    path = Path(source)
    if not path.is_dir():
        raise FileError(f"There is no folder {path} to read images from.")
    training = next((path / name for name in TRAINING if (path / name).is_dir()), None)
    if training is None or not labelled:
        return _read_part(path, shape, mode, classes, labelled)
    data = _read_part(training, shape, mode, classes, labelled)
    other = next((path / name for name in VALIDATION if (path / name).is_dir()), None)
    if other is None:
        return data
    validation = _read_part(other, shape, mode or MODES[data["x"].ndim == 4], data.classes, labelled)
    if validation["x"].shape[1:] != data["x"].shape[1:]:
        shapes = [show_shape(part["x"].shape[1:]) for part in (validation, data)]
        raise DataError(f"The images in {other} are {shapes[0]}, and those in {training} {shapes[1]}. {RESIZE}")
    data.notes = tuple(dict.fromkeys((*data.notes, *validation.notes)))
    return data.with_validation(validation)


def _checked(size: Any) -> Size | None:
    """(height, width), of a size that is asked for, or None."""
    if size is None:
        return None
    sides = (size, size) if isinstance(size, Integral) else tuple(size) if isinstance(size, Iterable) else ()
    whole = [int(side) for side in sides if isinstance(side, Integral) and not isinstance(side, bool) and int(side) >= 1]
    if len(whole) != 2 or len(sides) != 2 or prod(whole) > PIXELS:
        raise GraphError(f"size is (height, width) in pixels, at most {PIXELS} together, not {size!r}.")
    return whole[0], whole[1]


def picture(shape: Sequence[int] | None) -> dict[str, Any]:
    """The size and the mode of images that make rows of a shape, as `read_images` takes them; nothing where none do.

    >>> picture((28, 20)), picture((3, 8, 8)), picture((784,))
    ({'size': (28, 20), 'mode': 'L'}, {'size': (8, 8), 'mode': 'RGB'}, {})
    """
    if shape is None or not (len(shape) == 2 or (len(shape) == 3 and shape[0] in (1, 3))):
        return {}
    return {"size": (shape[-2], shape[-1]), "mode": MODES[len(shape) == 3 and shape[0] == 3]}


def is_image(file: Path) -> bool:
    """Whether a file has the name of an image."""
    return file.suffix.lower() in SUFFIXES


def has_images(folder: Path) -> bool:
    """Whether the folder, or one that it holds at some depth, holds images."""
    return any(_is_image(file, folder) for file in folder.rglob("*"))


def _is_image(file: Path, folder: Path) -> bool:
    """Whether a file in a folder has the name of an image; what is hidden, such as what an editor keeps, has none."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return is_image(file) and not hidden


def _read_files(files: Sequence[Path], size: Size | None, mode: str | None, labelled: bool) -> Dataset:
    """Images that are given by their files, to be predicted."""
    if labelled:
        raise DataError(
            f"{files[0]} is given by itself, and has no label: labelled images are a folder with a folder for each class."
        )
    missing = next((file for file in files if not file.is_file()), None)
    if missing is not None:
        raise FileError(f"{missing} is no file: a list holds the files of images.")
    return _dataset(files, size, mode, ids={"file": list(map(str, files))})


def _dataset(files: Sequence[Path], size: Size | None, mode: str | None, more: Mapping[str, Any] = {}, **known: Any) -> Dataset:
    pixels, notes = _pixels(files, size, mode)
    data = Dataset({"x": pixels, **more}, **known)
    data.notes = tuple(notes)
    return data


def _read_part(folder: Path, size: Size | None, mode: str | None, classes: Sequence[str], labelled: bool) -> Dataset:
    files = sorted(file for file in folder.rglob("*") if _is_image(file, folder) and file.is_file())
    if not files:
        raise DataError(f"{folder} holds no images, that is files ending in {listing(sorted(SUFFIXES), 'or')}.")
    if not labelled:
        return _dataset(files, size, mode, ids={"file": [str(file.relative_to(folder)) for file in files]})
    names = [file.relative_to(folder).parts[0] if file.parent != folder else "" for file in files]
    if "" in names:
        stray = files[names.index("")]
        raise DataError(f"{stray} lies in no folder of a class. Put each image into a folder that is named after its class.")
    odd = next((name for name in names if any("\ud800" <= letter <= "\udfff" for letter in name)), None)
    if odd is not None:
        raise DataError(f"{folder} holds a class whose name is not UTF-8, {odd!r}. Rename the folder.")
    known = tuple(classes) or tuple(sorted(set(names)))
    for file, name in zip(files, names, strict=True):
        if name not in known:
            raise DataError(
                f"{file}: its folder {name!r} is no class that the model was trained on: it knows {listing(known)}."
                f"{nearest(name, known)}"
            )
    if len(known) == 1 and not classes:
        raise DataError(f"{folder} holds only one class, {known[0]!r}. There is nothing to tell apart.")
    return _dataset(files, size, mode, {"y": np.array([known.index(name) for name in names])}, classes=known)


def _pixels(files: Sequence[Path], size: Size | None, mode: str | None) -> tuple[NDArray[np.float32], list[str]]:
    """The images of the files, and what is to be known of them. Their sizes are compared before any of them is unpacked."""
    shapes = [size_of(file) for file in files]
    height, width = size or shapes[0][:2]
    for file, (found_height, found_width, _) in zip(files, shapes, strict=True):
        if size is None and (found_height, found_width) != (height, width):
            _fail_size(file, (found_height, found_width), files[0], (height, width))
    chosen = mode or MODES[not all(is_grey for _, _, is_grey in shapes)]
    images = _allocated(files, (height, width) if chosen == "L" else (3, height, width))
    transparent = False
    for i, file in enumerate(files):
        resized = None if shapes[i][:2] == (height, width) else (width, height)
        pixels, laid = unpacked(file, chosen, resized, mode is not None)
        transparent |= laid
        if pixels.shape[-2:] != (height, width):  # the end of the file says that it is to be rotated
            _fail_size(file, pixels.shape[-2:], files[0], (height, width))
        images[i] = pixels
    resized_to = f"{height} × {width} pixels, their aspect ratio not kept"
    notes = {
        f"images are resized to {resized_to}": any(shape[:2] != (height, width) for shape in shapes),
        f"images of other modes are turned to {chosen}": any(is_grey != (chosen == "L") for _, _, is_grey in shapes),
        "transparent pixels are laid over white": transparent,
    }
    return images, [note for note, holds in notes.items() if holds]


def _fail_size(file: Path, found: Sequence[int], first: Path, size: Sequence[int]) -> NoReturn:
    raise DataError(f"{file} is {show_shape(tuple(found))} pixels, and {first} {show_shape(tuple(size))}. {RESIZE}")


def _allocated(files: Sequence[Path], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """An array for the images, or an error where the memory is too small for them."""
    size = 4 * len(files) * prod(shape)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else size
    with suppress(MemoryError):
        if size <= memory:
            return np.empty((len(files), *shape), np.float32)
    raise DataError(
        f"The {len(files)} images, {files[0]} and on, take {size / 2**30:.1f} GiB as numbers, and there is not so much memory. "
        f"{RESIZE}"
    )
