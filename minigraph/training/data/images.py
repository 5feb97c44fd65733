"""Folders of images: a folder for each class, named after it."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import GraphError, MinigraphError, listing, nearest
from minigraph.core.shapes import show_shape
from minigraph.interop.extras import optional
from minigraph.interop.files import DataError, FileError
from minigraph.training.data.dataset import TRAINING, VALIDATION, Dataset

__all__ = ["has_images", "read_images"]

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
RESIZE = "Images must be of one size: read_images(…, size=(height, width)) resizes them."


def read_images(
    folder: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    grey: bool | None = None,
    classes: Sequence[str] = (),
    labelled: bool = True,
) -> Dataset:
    """The images of a folder of folders, one for each class. Pillow reads them (`pip install 'minigraph[images]'`).

    Pixels are scaled by what their type can hold, 8, 16 or 32 bits; floating-point ones are from 0 to 1 already. An image lies
    as its EXIF data says. One with transparent pixels, or of several frames, is refused. The classes are the names of the
    folders, sorted. Where the folder holds train/ and test/ (or val/), each with the classes, the latter is its `validation`
    set.

    Parameters
    ----------
    folder : str or path
        The folder with the folders.
    size : (int, int), optional
        (height, width) in pixels, to which the images are resized. Unless given, they must all be of one size.
    grey : bool, optional
        Whether the images are grey: unless given, they are where all of them are.
    classes : sequence of str
        The names of a trained model's classes.
    labelled : bool
        False reads images to predict, of the folder itself and those in it, in the order of their paths, which are its `ids`.

    Returns
    -------
    Dataset
        x, from 0 to 1 as float32, N × height × width for grey images and N × 3 × height × width for colours, as mg.Conv takes
        them; and y, the labels (N, int64).

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
    path = Path(folder)
    if not path.is_dir():
        raise FileError(f"There is no folder {path} to read images from.")
    if size is not None and (len(size) != 2 or min(size) < 1 or size[0] * size[1] > PIXELS):
        raise GraphError(f"size is (height, width) in pixels, at most {PIXELS} together, not {size!r}.")
    training = next((path / name for name in TRAINING if (path / name).is_dir()), None)
    if training is None or not labelled:
        return _read_part(path, size, grey, classes, labelled)
    data = _read_part(training, size, grey, classes, labelled)
    other = next((path / name for name in VALIDATION if (path / name).is_dir()), None)
    if other is None:
        return data
    validation = _read_part(other, size, data["x"].ndim == 3, data.classes, labelled)
    if validation["x"].shape[1:] != data["x"].shape[1:]:
        shapes = [show_shape(part["x"].shape[1:]) for part in (validation, data)]
        raise DataError(f"The images in {other} are {shapes[0]}, and those in {training} {shapes[1]}. {RESIZE}")
    return data.with_validation(validation)


def has_images(folder: Path) -> bool:
    """Whether the folder, or one that it holds at some depth, holds images."""
    return any(_is_image(file, folder) for file in folder.rglob("*"))


def _is_image(file: Path, folder: Path) -> bool:
    """Whether a file in a folder has the name of an image; what is hidden, such as what an editor keeps, has none."""
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return file.suffix.lower() in SUFFIXES and not hidden


def _read_part(
    folder: Path, size: tuple[int, int] | None, grey: bool | None, classes: Sequence[str], labelled: bool
) -> Dataset:
    files = sorted(file for file in folder.rglob("*") if _is_image(file, folder) and file.is_file())
    if not files:
        raise DataError(f"{folder} holds no images, that is files ending in {listing(sorted(SUFFIXES), 'or')}.")
    if not labelled:
        return Dataset({"x": _pixels(files, size, grey)}, ids={"file": [str(file.relative_to(folder)) for file in files]})
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
    return Dataset({"x": _pixels(files, size, grey), "y": np.array([known.index(name) for name in names])}, known)


def _pixels(files: Sequence[Path], size: tuple[int, int] | None, grey: bool | None) -> NDArray[np.float32]:
    """The images of the files. Their sizes are compared before any of them is unpacked."""
    shapes = [_size_of(file) for file in files]
    height, width = size or shapes[0][:2]
    for file, (found_height, found_width, _) in zip(files, shapes, strict=True):
        if size is None and (found_height, found_width) != (height, width):
            _fail_size(file, (found_height, found_width), files[0], (height, width))
    grey = all(is_grey for _, _, is_grey in shapes) if grey is None else grey
    images = _allocated(files, (height, width) if grey else (3, height, width))
    for i, file in enumerate(files):
        pixels = _unpacked(file, grey, None if shapes[i][:2] == (height, width) else (width, height))
        if pixels.shape[-2:] != (height, width):  # the end of the file says that it is to be rotated
            _fail_size(file, pixels.shape[-2:], files[0], (height, width))
        images[i] = pixels
    return images


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
        "Resize them: read_images(…, size=(height, width))."
    )


def _size_of(file: Path) -> tuple[int, int, bool]:
    """The height and the width of an image as it is to be seen, and whether it is grey."""
    with _opened(file) as image:
        width, height = image.size
        if width * height > PIXELS:
            raise DataError(f"{file} says it has {height} × {width} pixels; at most {PIXELS} are read. Make it smaller.")
        if _is_rotated(image):
            height, width = width, height
        return height, width, image.mode in GREY


PIXELS = 1 << 24
"""At most how many pixels an image has, such as 4096 × 4096."""
DEEP = ("F", "I", "I;16", "I;16L", "I;16B", "I;16N")
"""The modes of more than 8 bits, all grey."""
GREY = ("1", "L", "LA", "La", *DEEP)
READ = (*GREY, "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr")
TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")
METADATA = {"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"}
"""Where an image says how it lies."""
ORIENTATION, BITS, SIGN, PHOTOMETRIC = 274, 258, 339, 262
"""The numbers of tags of TIFF and EXIF."""


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """The image of a file, not yet unpacked.

    Pillow is given the file opened: of its name it makes an array in memory, whose rows are wrong where a TIFF file is rotated.
    """
    package = optional("PIL.Image", "Pillow", "images")
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore", package.DecompressionBombWarning)  # sizes are compared before images are unpacked
            yield package.open(stream)
    except MinigraphError:
        raise
    except package.DecompressionBombError:
        raise DataError(f"{file} says it has more pixels than an image can; at most {PIXELS} are read.") from None
    except package.UnidentifiedImageError:
        raise DataError(f"{file} is no image that Pillow can read. Fetch it again, or take it out.") from None
    except Exception as error:  # broken files make Pillow raise errors of many kinds
        raise DataError(f"{file} is damaged or cut short: {error}. Fetch it again, or take it out.") from None


def _is_rotated(image: Any) -> bool:
    """Whether the image's height is its width once it is upright; Pillow rotates TIFF files itself."""
    described = image.format != "TIFF" and METADATA & image.info.keys()
    return bool(described) and image.getexif().get(ORIENTATION) in (5, 6, 7, 8)


def _unpacked(file: Path, grey: bool, size: tuple[int, int] | None) -> NDArray[np.float32]:
    """The pixels of a file's image from 0 to 1, height × width or 3 × height × width, resized to `size`, (width, height)."""
    with _opened(file) as image:
        _check(file, image)
        upright = optional("PIL.ImageOps", "Pillow", "images").exif_transpose(image)
        if image.mode in DEEP:
            depth = _resized(_scaled(file, image, np.asarray(upright)), size)
            return depth if grey else np.broadcast_to(depth, (3, *depth.shape))
        shown = upright.convert("L" if grey else "RGB")
        pixels: NDArray[np.float32] = np.asarray(shown if size is None else shown.resize(size), np.float32)
        pixels /= 255
        return pixels if grey else pixels.transpose(2, 0, 1)


def _check(file: Path, image: Any) -> None:
    """Raise for what an array of grey or coloured pixels would say otherwise than the image does."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # a telephone's picture holds its preview, too
    transparent = _is_transparent(image)
    if image.mode not in READ:
        raise DataError(f"{file} has colours that are not read, {image.mode}. Save it as RGB.")
    if image.mode not in DEEP and any(map(_is_deep, image.tile)):
        raise DataError(f"{file} has colours of 16 bits, of which Pillow keeps 8. Save it with 8 bits, or as grey.")
    if frames > 1:
        raise DataError(f"{file} holds {frames} frames or pages, and an image is one. Save each as a file of its own.")
    if transparent:
        raise DataError(f"{file} has transparent pixels, which are of no colour. Lay it over a background and save it as RGB.")


def _is_deep(part: tuple[Any, ...]) -> bool:
    """Whether a part of an image has 16 bits for each colour: its decoder is called RGB;16B, or, of PPM, is given the most."""
    codec, _, _, given = part
    return ";16" in str(given) or (codec.startswith("ppm") and given[-1] > 255)


def _is_transparent(image: Any) -> bool:
    if image.mode not in TRANSPARENT and "transparency" not in image.info:
        return False
    return image.mode in DEEP or bool(image.convert("RGBA").getchannel("A").getextrema()[0] < 255)


def _scaled(file: Path, image: Any, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Pixels of more than 8 bits, from 0 to 1: over the most that their type holds."""
    tags = getattr(image, "tag_v2", {})
    bits, signed = tags.get(BITS, (16,))[0], tags.get(SIGN, (1,))[0] == 2
    most = 1.0 if image.mode == "F" else 2.0 ** (bits - signed) - 1
    if image.mode == "I" and bits == 32 and not signed:
        pixels = pixels.view(np.uint32)
    scaled = pixels / most
    if not ((scaled >= 0) & (scaled <= 1)).all():
        found = f"{pixels.min()} to {pixels.max()}"
        raise DataError(f"{file} has pixels from {found}, where they must lie from 0 to {most:g}. Scale them.")
    return (1 - scaled if tags.get(PHOTOMETRIC) == 0 else scaled).astype(np.float32)


def _resized(pixels: NDArray[np.float32], size: tuple[int, int] | None) -> NDArray[np.float32]:
    """The pixels of an image of another size; what it interpolates beyond black and white is cut off, as Pillow does."""
    if size is None:
        return pixels
    image = optional("PIL.Image", "Pillow", "images").fromarray(pixels)
    return np.asarray(image.resize(size)).clip(0, 1)
