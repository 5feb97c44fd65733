"""ONNX's Fourier transforms, as products with cosines and sines, and its sampling of images at given points.

Complex numbers lie along a last axis of 2, the real and the imaginary part.
"""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described
from minigraph.interop.onnx.call import Call
from minigraph.interop.onnx.checks import known_shape
from minigraph.ops import OPERATIONS

__all__ = ["SIGNALS"]


def _waves(call: Call, rows: int, length: int, bins: int) -> tuple[Any, Any]:
    """The cosine and the sine of 2π n k / length, for the places n of a signal and the frequencies k."""
    call.budget.compute(call.owner, (rows, bins), 32)
    angles = 2 * np.pi * (np.outer(np.arange(rows), np.arange(bins)) % length) / length
    return np.cos(angles), np.sin(angles)


def _fourier(call: Call) -> Any:
    """Σ x[n] · e^(−2πi n k / N), or with `inverse` e^(2πi n k / N) / N; a real signal has an imaginary part of 0.

    With `onesided` a real signal has its first N // 2 + 1 frequencies alone, and the inverse takes these. It is added up in
    double precision.
    """
    x: Any = call.operands[0]
    asked = call.array("axis")
    axis = call.axis(int(np.ravel(-2 if asked is None else asked)[0]), x.ndim)
    if axis == x.ndim - 1 or x.shape[-1] not in (1, 2):
        raise OperationError(f"{call.owner} transforms an axis before the last, which has 1 or 2 places, of {described(x)}.")
    given, (size,) = call.integers("dft_length"), known_shape(call, x, axis)
    inverse, half, dtype = call.attributes["inverse"], call.attributes["onesided"], x.dtype
    length = given[0] if given else 2 * (size - 1) if inverse and half else size
    if length < 1 or (half and not inverse and x.shape[-1] == 2):
        raise OperationError(f"{call.owner} takes a dft_length of 1 or more, and with onesided=1 a real signal.")
    bins = length // 2 + 1 if half else length
    taken, given_bins = min(size, bins if inverse else length), length if inverse else bins
    x = np.moveaxis(x, axis, -2)[..., :taken, :].astype(np.float64)
    cosines, sines = _waves(call, taken, length, given_bins)
    if inverse and half:  # every frequency but the first, and the last of an even length, is there twice
        twice = np.array([[1 if 2 * k in (0, length) else 2] for k in range(taken)])
        cosines, sines = cosines * twice, sines * twice
    sines = sines if inverse else -sines
    real, imaginary = x[..., 0], x[..., 1] if x.shape[-1] == 2 else None
    parts = [real @ cosines, real @ sines]
    if imaginary is not None:
        parts = [parts[0] - imaginary @ sines, parts[1] + imaginary @ cosines]
    found: Any = np.stack(parts[:1] if inverse and half else parts, axis=-1)
    return np.moveaxis((found / length if inverse else found).astype(dtype), -2, axis)


def _short_time_fourier(call: Call) -> Any:
    """The transforms of frames of a real signal, each times a window: a convolution with cosines and sines."""
    x: Any = call.operands[0]
    window: Any = call.operand("window")
    (step,), given = call.integers("frame_step") or (0,), call.integers("frame_length")
    length = given[0] if given else known_shape(call, window, 0)[0] if window is not None else 0
    if x.ndim not in (2, 3) or (x.ndim == 3 and x.shape[2] != 1):
        raise OperationError(f"{call.owner} takes a real signal, N × length × 1, not {described(x)}.")
    if step < 1 or length < 1 or (window is not None and window.shape != (length,)):
        raise OperationError(f"{call.owner} needs frame_step and frame_length of 1 or more, and a window as long as a frame.")
    bins = length // 2 + 1 if call.attributes["onesided"] else length
    cosines, sines = _waves(call, length, length, bins)
    waves: Any = Constant(np.concatenate([cosines.T, -sines.T]), dtype=x.dtype)
    waves = waves if window is None else waves * window
    rows: Any = x.reshape(x.shape[0], 1, x.shape[1])
    found: Any = OPERATIONS["Conv"](rows, np.expand_dims(waves, 1), strides=(step,))
    return found.reshape(found.shape[0], 2, bins, found.shape[2]).transpose(0, 3, 2, 1)


def _grid_sample(call: Call) -> Node:
    """The image at the points of a grid, each between −1 and 1 along every axis, the last axis of the image first."""
    x: Any
    grid: Any
    x, grid = call.operands
    modes = {"linear": _linear, "bilinear": _linear, "nearest": _nearest, "cubic": _cubic, "bicubic": _cubic}
    mode, padding, corners = (call.attributes[key] for key in ("mode", "padding_mode", "align_corners"))
    if mode not in modes or padding not in ("zeros", "border", "reflection"):
        raise OperationError(f"{call.owner} has mode={mode!r} and padding_mode={padding!r}, of which one is not known.")
    sizes = known_shape(call, x, *range(2, x.ndim))
    taps = []
    for i, size in enumerate(sizes):
        at = grid[..., len(sizes) - 1 - i]
        at = (at + 1) / 2 * (size - 1) if corners else ((at + 1) * size - 1) / 2
        if mode not in ("cubic", "bicubic"):
            at = _within(at, size, padding, corners)
        taps.append([(_tap(place, size, padding, corners), weight) for place, weight in modes[mode](at)])
    call.budget.write(call.owner, 8 * math.prod(map(len, taps)))
    image, batch, channels = x.reshape(x.shape[0], x.shape[1], math.prod(sizes)), x.shape[0], x.shape[1]
    total: Any = 0
    for chosen in product(*taps):
        places, inside = 0, None
        weight: Any = None
        for ((place, there), each), size in zip(chosen, sizes, strict=True):
            places = places * size + place
            inside = there if inside is None else inside if there is None else np.logical_and(inside, there)
            weight = each if weight is None else weight if each is None else weight * each
        rows: Any = OPERATIONS["Expand"](np.reshape(places, (batch, 1, -1)), (batch, channels, math.prod(grid.shape[1:-1])))
        value = np.reshape(np.take_along_axis(image, rows, axis=2), (batch, channels, *grid.shape[1:-1]))
        value = value if inside is None else np.where(np.expand_dims(inside, 1), value, 0)
        total = total + (value if weight is None else value * np.expand_dims(weight, 1))
    found: Node = total
    return found


def _linear(at: Any) -> list[tuple[Any, Any]]:
    """The two nearest places, with their weights."""
    low = np.floor(at)
    return [(low, 1 - (at - low)), (low + 1, at - low)]


def _nearest(at: Any) -> list[tuple[Any, Any]]:
    return [(np.rint(at), None)]


def _cubic(at: Any) -> list[tuple[Any, Any]]:
    """The four nearest places, with the weights of R. Keys, "Cubic Convolution Interpolation", 1981, for a = −0.75."""
    low, a = np.floor(at), -0.75
    near, weights = at - low, []
    for i in (-1, 0, 1, 2):
        d = np.abs(near - i)
        if i in (0, 1):
            weights.append((low + i, ((a + 2) * d - (a + 3)) * d * d + 1))
        else:
            weights.append((low + i, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a))
    return weights


def _within(at: Any, size: int, padding: str, corners: Any) -> Any:
    """A point beyond the edges, moved to them or reflected in them."""
    if padding == "border":
        return np.clip(at, 0, size - 1)
    if padding == "reflection":
        low, high = (0, size - 1) if corners else (-0.5, size - 0.5)
        span = high - low
        if span == 0:
            return at * 0
        off = np.mod(at - low, 2 * span)
        return np.clip(np.minimum(off, 2 * span - off) + low, 0, size - 1)
    return at


def _tap(place: Any, size: int, padding: str, corners: Any) -> tuple[Any, Any]:
    """The number of a place, and whether it lies in the image; None where all do."""
    place = _within(place, size, padding, corners)
    inside = np.logical_and(np.greater_equal(place, 0), np.less(place, size)) if padding == "zeros" else None
    return np.clip(place, 0, size - 1).astype(np.int64), inside


SIGNALS: dict[str, Callable[[Call], Node]] = {"DFT": _fourier, "GridSample": _grid_sample, "STFT": _short_time_fourier}
"""What composes them, by the operator."""
