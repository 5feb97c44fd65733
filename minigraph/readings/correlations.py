"""Convolutions as mathematics: filters ⋆ an image, and how they slide where that is not one by one over the image alone.

Rows that are added up by their indices, as those of a table are that is looked up in, stand here too, and what is put into
zeros, as the gradient of a slice is.
"""

from dataclasses import replace
from typing import Any

from minigraph.readings.expression import Expression
from minigraph.readings.formula import Formula
from minigraph.readings.layout import format_axes
from minigraph.readings.source import index_text

__all__ = ["CORRELATIONS", "correlation", "sliding"]

CORRELATIONS = {
    "Conv": "correlation",
    "ConvTranspose": "transposed correlation",
    "ConvForImage": "transposed correlation",
    "ConvForFilters": "correlation of images",
}
"""What a star stands for: W ⋆ x, its transpose W ⋆ᵀ δ for the image, and δ ⋆ₙ x, the sum over the images, for the filters."""


def correlation(node: Any, parts: tuple[Expression, ...]) -> Formula | None:
    """An operation that has such a form on written operands, or None for any other.

    W ⋆ x, one_hot(i, 10)ᵀ · δ for rows that are added up, and zeros(N, 16)[:, 4:8 ← δ] for what is put into zeros.
    """
    name = type(node).__name__
    if (placed := _placed(node, parts)) is not None:
        return placed
    if name in CORRELATIONS:
        star = Expression(CORRELATIONS[name], parts, "", node.forward, settings=sliding(node))
        return Formula(star, node.shape, node.dtype)
    if name != "ScatterAdd" or node.axis != 0 or node.ndim > 2:
        return None
    stacked = node.operands[1].ndim - 1
    if stacked < 0 or (stacked and node.ndim == 1):
        return None
    over = format_axes(stacked + 2, tuple(range(stacked))) if stacked else ""
    rows = Expression("added rows", parts, str(node.shape[0]), node.forward, over=over)
    if stacked:
        rows = replace(rows, reading=lambda *parts: node.forward(*parts)[(None,) * stacked])
    return Formula(rows, node.shape, node.dtype, (None,) * stacked + tuple(range(node.ndim)))


def _placed(node: Any, parts: tuple[Expression, ...]) -> Formula | None:
    """Zeros with the first part in the places of a slice, or of one index along an axis; None for any other operation."""
    name, shape = type(node).__name__, ", ".join(map(str, node.shape))
    if name == "ScatterSlice":
        form, index = "placed" if node.starts else "same", index_text(node.at(node), str)
    elif name == "ScatterAdd" and not node.operands[1].shape:
        form, index = "placed at", ":, " * node.axis
    else:
        return None
    return Formula(Expression(form, parts, index, node.forward, over=shape), node.shape, node.dtype)


SHOWN = ("pads", "strides", "dilations", "group", "auto_pad", "output_padding", "output_shape")


def sliding(node: Any) -> tuple[str, ...]:
    """What is said of how the filters slide: what ONNX does not take by itself, and sizes that do not follow from that.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> sliding(mg.Conv(mg.Input("x", ("N", 2, 6, 6)), np.ones((3, 2, 3, 3)), pads=(1, 1, 1, 1), strides=(2, 1)))
    ('pads=1', 'strides=(2, 1)')
    """
    x, w = node.operands[:2]
    given = {key: getattr(node, key) for key in SHOWN if key in node.attributes}
    rank = x.ndim - 2
    strides, dilations = (given[key] or (1,) * rank for key in ("strides", "dilations"))
    pads = given["pads"] or (0,) * (2 * rank)
    around = [before + after for before, after in zip(pads[:rank], pads[rank:], strict=True)]
    follows = given["auto_pad"] in ("NOTSET", "VALID")
    if type(node).__name__ == "ConvForFilters":  # the gradient is what slides, by the dilations
        given |= {"strides": given["dilations"], "dilations": given["strides"]}
        axes = zip(w.shape[2:], x.shape[2:], around, strides, dilations, strict=True)
        found = tuple((size + more - (count - 1) * step - 1) // gap + 1 for size, count, more, step, gap in axes)
        given["kernel_shape"] = None if follows and found == tuple(node.kernel_shape) else tuple(node.kernel_shape)
    elif type(node).__name__ == "ConvForImage":
        axes = zip(x.shape[2:], w.shape[2:], around, strides, dilations, strict=True)
        found = tuple((count - 1) * step + (size - 1) * gap + 1 - more for count, size, more, step, gap in axes)
        given["image_shape"] = None if follows and found == tuple(node.image_shape) else tuple(node.image_shape)
    usual = {"pads": 0, "strides": 1, "dilations": 1, "output_padding": 0, "group": 1, "auto_pad": "NOTSET"}
    short = {key: _short(value) for key, value in given.items() if value is not None}
    return tuple(f"{key}={value}" for key, value in short.items() if value != usual.get(key))


def _short(value: Any) -> Any:
    """One number where all axes have the same."""
    if not isinstance(value, tuple | list):
        return value
    return value[0] if len({*value}) == 1 else f"({', '.join(map(str, value))})"
