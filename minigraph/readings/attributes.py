"""What is said of an operation beside its name: the axes that it goes over, and its attributes."""

from typing import Any

from minigraph.core.node import Node
from minigraph.readings.layout import format_axes
from minigraph.readings.letters import format_number
from minigraph.readings.sameness import frozen

__all__ = ["over_of", "settings_of"]

ONNX = {"strides": 1, "dilations": 1, "pads": 0}
"""What ONNX takes along each axis where an attribute is not given."""


def over_of(node: Node) -> str:
    """The axes that an operation goes over, unless those are all, or the last one, which it takes of itself: softmax(z).

    What it does otherwise than by default is said there too: cumsum columns, reverse (x).
    """
    flags = [key for key in _flags(node) if getattr(node, key) is True]
    return ", ".join(filter(None, (_axes(node), *flags)))


def settings_of(node: Node) -> tuple[str, ...]:
    """The attributes that are not what they are by default and are not told in another way, as they are written.

    >>> import minigraph as mg
    >>> x = mg.Input("x", (2, 3))
    >>> settings_of(mg.LeakyRelu(x, alpha=0.2)), settings_of(mg.LeakyRelu(x)), settings_of(mg.LayerNormalization(x, x, axis=0))
    (('alpha=0.2',), (), ('axis=0',))
    """
    told = {*_flags(node), "keepdims", "to"}  # a type is no mathematics; what cuts numbers off is another operation
    if _axes(node) or _over_all(node) or _counts_alike(node):
        told |= {"axis", "axes"}
    given = {key: getattr(node, key) for key in node.attributes if key not in told}
    return tuple(
        f"{key}={_said(value)}"
        for key, value in given.items()
        if value is not None and not _is(value, ONNX.get(key) if node.attributes[key] is None else node.attributes[key])
    )


def _said(value: Any) -> str:
    """The value of an attribute, as it is written."""
    return format_number(value) if isinstance(value, float) else str(value)


def _flags(node: Node) -> list[str]:
    """The attributes that say whether something is done."""
    return [key for key, default in node.attributes.items() if default is False]


def _axes(node: Node) -> str:
    """The axes that an operation goes over, in words."""
    along = getattr(node, "along", ())
    usual = not node.operands or along == () or (node.attributes.get("axis") == -1 and along == (node.operands[0].ndim - 1,))
    return "" if usual else format_axes(node.operands[0].ndim, along)


def _over_all(node: Node) -> bool:
    """Whether saying no axes says which: all of them, which are one, or are all by default."""
    if not node.operands or len(getattr(node, "along", ())) != node.operands[0].ndim:
        return False
    return node.operands[0].ndim == 1 or node.attributes.get("axes", ...) is None


def _counts_alike(node: Node) -> bool:
    """Whether the axis is the one by default, counted from the other end."""
    axis, default = getattr(node, "axis", None), node.attributes.get("axis")
    if default is None and hasattr(node, "usual_axis"):
        default = node.usual_axis(node.operands[0])
    if not isinstance(axis, int) or not isinstance(default, int):
        return False
    return all((axis - default) % ndim == 0 for ndim in (node.ndim, *(each.ndim for each in node.operands[:1])) if ndim)


def _is(value: Any, default: Any) -> bool:
    """Whether an attribute is what it is by default, for each of several axes too."""
    if isinstance(value, tuple | list) and not isinstance(default, tuple | list):
        return len(value) > 0 and all(_is(each, default) for each in value)
    return frozen(value) == frozen(default)
