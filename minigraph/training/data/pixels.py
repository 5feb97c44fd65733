"""The pixels of an image's file from 0 to 1: what of its modes and metadata is read, and what is refused."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigraph.core.errors import MinigraphError
from minigraph.interop.extras import optional
from minigraph.interop.files import DataError

__all__ = ["PIXELS", "size_of", "unpacked"]

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


def size_of(file: Path) -> tuple[int, int, bool]:
    """The height and the width of an image as it is to be seen, and whether it is grey."""
    with _opened(file) as image:
        width, height = image.size
        if width * height > PIXELS:
            raise DataError(f"{file} says it has {height} × {width} pixels; at most {PIXELS} are read. Make it smaller.")
        if _is_rotated(image):
            height, width = width, height
        return height, width, image.mode in GREY


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


def unpacked(file: Path, mode: str, size: tuple[int, int] | None, over_white: bool) -> tuple[NDArray[np.float32], bool]:
    """The pixels of a file's image from 0 to 1, height × width or 3 × height × width, resized to `size`, (width, height).

    And whether some are transparent, which is refused unless they are to be laid over white.
    """
    grey = mode == "L"
    with _opened(file) as image:
        transparent = _check(file, image, over_white)
        upright = optional("PIL.ImageOps", "Pillow", "images").exif_transpose(image)
        if image.mode in DEEP:
            depth = _resized(_scaled(file, image, np.asarray(upright)), size)
            return (depth if grey else np.broadcast_to(depth, (3, *depth.shape))), False
        if transparent:
            white = optional("PIL.Image", "Pillow", "images").new("RGBA", upright.size, "white")
            white.alpha_composite(upright.convert("RGBA"))
            upright = white
        shown = upright.convert(mode)
        pixels: NDArray[np.float32] = np.asarray(shown if size is None else shown.resize(size), np.float32)
        pixels /= 255
        return (pixels if grey else pixels.transpose(2, 0, 1)), transparent


def _check(file: Path, image: Any, over_white: bool) -> bool:
    """Whether pixels are transparent; raise for what an array of pixels would say otherwise than the image does."""
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)  # a telephone's picture holds its preview, too
    transparent = _is_transparent(image)
    if image.mode not in READ:
        raise DataError(f"{file} has colours that are not read, {image.mode}. Save it as RGB.")
    if image.mode not in DEEP and any(map(_is_deep, image.tile)):
        raise DataError(f"{file} has colours of 16 bits, of which Pillow keeps 8. Save it with 8 bits, or as grey.")
    if frames > 1:
        raise DataError(f"{file} holds {frames} frames or pages, and an image is one. Save each as a file of its own.")
    if transparent and (image.mode in DEEP or not over_white):
        remedy = "" if image.mode in DEEP else ", or say --image-mode RGB or mode='RGB' in Python, which lays it over white"
        raise DataError(
            f"{file} has transparent pixels, which are of no colour. Lay it over a background and save it as RGB{remedy}."
        )
    return transparent


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
