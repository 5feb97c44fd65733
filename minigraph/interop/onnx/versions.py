"""What ONNX's operators meant in older operator sets, where that is not only said otherwise.

A node is read as its own operator set defines it, and no model is converted to another one. An input that was an attribute
before needs no word here: `Call.array` finds either.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import described, places
from minigraph.interop.onnx.call import Call
from minigraph.ops import OPERATIONS

__all__ = ["OLDER", "Composed"]

Composed = Node | Sequence[Node]
Today = Callable[[Call], Composed]
"""What composes an operator as the newest operator set defines it."""

TYPES = {"FLOAT": np.float32, "DOUBLE": np.float64, "FLOAT16": np.float16, "BOOL": np.bool_} | {
    f"{sign}INT{bits}": np.dtype(f"{sign}int{bits}".lower()) for sign in ("", "U") for bits in (8, 16, 32, 64)
}
"""The element types, by the names that Cast had for them."""


def _with(call: Call, *without: str, **given: Any) -> Call:
    """The call without some attributes, and with others."""
    return replace(call, given={key: value for key, value in call.given.items() if key not in without} | given)


def _flattened(call: Call, today: Today) -> Composed:
    """Softmax and its kin took all axes from one on together, as the rows of a matrix."""
    (x,) = call.operands
    axis = call.axis(call.attributes["axis"], max(x.ndim, 1))
    if axis == x.ndim - 1:
        return today(_with(call, axis=axis))
    matrix = [(name, OPERATIONS["Flatten"](node, axis=axis)) for name, node in call.inputs if node is not None]
    return OPERATIONS["Reshape"](_one(today(replace(_with(call, axis=1), inputs=matrix))), OPERATIONS["Shape"](x))


def _aligned(call: Call, today: Today) -> Composed:
    """The second operand's axes were those of the first from `axis` on, or with no `axis` its last ones."""
    (first, x), (second, y) = call.inputs
    axis = call.given.get("axis")
    if x is not None and y is not None and axis is not None and call.attributes["broadcast"]:
        behind = x.ndim - call.axis(axis, max(x.ndim, 1)) - y.ndim
        y = OPERATIONS["Unsqueeze"](y, axes=tuple(range(y.ndim, y.ndim + behind))) if behind > 0 else y
    return today(replace(_with(call, "axis", "broadcast"), inputs=[(first, x), (second, y)]))


def _each_channel(call: Call, today: Today) -> Composed:
    """PRelu had one slope for each channel, or one for all."""
    x, slope = call.operands
    if slope.shape not in ((), (1,)):
        if x.ndim < 2 or slope.shape != x.shape[1:2]:
            raise ShapeError(
                f"{call.owner} of operator set {call.version} takes a slope for each channel of {described(x)}, or one, not "
                f"{described(slope)}.{places(x)}"
            )
        slope = OPERATIONS["Unsqueeze"](slope, axes=tuple(range(1, x.ndim - 1)))
    return today(replace(call, inputs=[(name, node) for (name, _), node in zip(call.inputs, (x, slope), strict=True)]))


def _normalized(call: Call, today: Today) -> Composed:
    """BatchNormalization trained where it gave more than one value, or before without `is_test`."""
    training = any(call.outputs[1:]) or not call.attributes.get("is_test", 1)
    if training or not call.attributes.get("spatial", 1):
        raise OperationError(
            f"{call.owner} of operator set {call.version} {'trains' if training else 'normalises each place on its own'}, "
            "which is not read.\n  Export the model for inference, in operator set 15 or later."
        )
    return today(_with(call, "is_test", "spatial"))


def _dropped(call: Call, today: Today) -> Composed:
    """Dropout dropped elements at random without `is_test`, and said of no mask what it is where none are dropped."""
    if not call.attributes.get("is_test", 1):
        raise OperationError(
            f"{call.owner} of operator set {call.version} is in training mode; a model that is read computes as one that is "
            "trained.\n  Export it for inference."
        )
    if call.version < 10 and any(call.outputs[1:]):
        raise OperationError(
            f"{call.owner} gives its mask, which operator set {call.version} does not define.\n  Export the model without it."
        )
    return today(call)


def _each_group(call: Call, today: Today) -> Composed:
    """GroupNormalization had one scale and bias for each group, which are those of all its channels."""
    x, *numbers = call.operands
    channels, groups = x.shape[1], call.attributes["num_groups"]
    if not isinstance(channels, int):
        raise OperationError(f"{call.owner} needs to know how many channels {described(x)} has.{places(x)}")
    spread: list[Any] = [np.repeat(each, channels // groups) if groups < channels else each for each in numbers]
    return today(replace(call, inputs=[(name, node) for (name, _), node in zip(call.inputs, (x, *spread), strict=True)]))


def _upsampled(call: Call, today: Today) -> Composed:
    """Upsample is Resize as that was at first; its scales were attributes."""
    sides = [call.given[key] for key in ("height_scale", "width_scale") if key in call.given]
    scales = [1, 1, *sides] if sides else call.array("scales")
    mode = "linear" if call.attributes["mode"] == "bilinear" else call.attributes["mode"]
    inputs = [("X", call.operands[0]), ("scales", _stored(scales))]
    return _resized(replace(call, operator="Resize", given={"mode": mode}, inputs=inputs), today)


def _resized(call: Call, today: Today) -> Composed:
    """Place i lay at i / scale, and the nearest element was that before it; along an axis made shorter, that behind it."""
    scales = np.asarray(call.array("scales"))
    passes = [("floor", np.maximum(scales, 1)), ("ceil", np.minimum(scales, 1))]
    wanted = passes if call.attributes["mode"] == "nearest" else [("floor", scales)]
    x = call.operands[0]
    for rounding, each in wanted:
        if (each != 1).any():
            given = {**call.given, "coordinate_transformation_mode": "asymmetric", "nearest_mode": rounding}
            x = _one(today(replace(call, given=given, inputs=[("X", x), ("scales", _stored(each))])))
    return x


def _tiled(call: Call, today: Today) -> Composed:
    """Tile laid so many side by side, along one axis."""
    x = call.operands[0]
    (count,), (axis,) = call.integers("tiles") or (), call.integers("axis") or ()
    repeats = [count if i == axis else 1 for i in range(x.ndim)]
    return today(replace(call, inputs=[("input", x), ("repeats", Constant(np.array(repeats)))]))


def _cast(call: Call, today: Today) -> Composed:
    """Cast had names for the element types."""
    name = call.given["to"]
    if name not in TYPES:
        raise OperationError(f"{call.owner} casts to {name}, an element type that NumPy does not compute with.")
    return today(_with(call, to=np.dtype(TYPES[name])))


def _whole(call: Call, today: Today) -> Composed:
    """Quantised numbers had one scale, not one for each place along an axis."""
    if call.operands[1].ndim:
        scale = described(call.operands[1])
        raise ShapeError(f"{call.owner} of operator set {call.version} takes one number as its scale, not {scale}.")
    return today(call)


def _split(call: Call, today: Today) -> Composed:
    """Split made parts of one size unless sizes were given, and at first had no axis by default."""
    if "axis" not in call.attributes:
        raise OperationError(f"{call.owner} of operator set 1 has no axis, and none was meant by default.\n  Give it one.")
    axis = call.axis(call.attributes["axis"], call.operands[0].ndim)
    size = call.operands[0].shape[axis]
    if call.array("split") is None and isinstance(size, int) and size % len(call.outputs):
        raise OperationError(
            f"{call.owner} of operator set {call.version} makes parts of one size, and {size} is no multiple of "
            f"{len(call.outputs)}.\n  Give their sizes as its split."
        )
    return today(call)


def _recurrent(call: Call, today: Today) -> Composed:
    """The states at every place are given in any case; the first schema wrote "foward"."""
    forwards = call.attributes["direction"] == "foward"
    return today(_with(call, "output_sequence", **({"direction": "forward"} if forwards else {})))


def _renamed(**names: str) -> Callable[[Call, Today], Composed]:
    """An operator whose attributes had other names, or went without one that now has a default."""

    def composed(call: Call, today: Today) -> Composed:
        return today(replace(call, given={names.get(key, key): value for key, value in call.given.items()}))

    return composed


def _filled(**defaults: Any) -> Callable[[Call, Today], Composed]:
    """An operator with an attribute that must now be given; its type may have changed."""

    def composed(call: Call, today: Today) -> Composed:
        given = {key: type(value)(call.attributes.get(key, value)) for key, value in defaults.items()}
        return today(_with(call, **given))

    return composed


def _all(composed: Composed) -> Sequence[Node]:
    return (composed,) if isinstance(composed, Node) else composed


def _one(composed: Composed) -> Node:
    return _all(composed)[0]


def _stored(numbers: Any) -> Constant:
    return Constant(np.asarray(numbers, np.float32))


BINARY = ("Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor")
OLDER: dict[str, tuple[int, Callable[[Call, Today], Composed]]] = {
    **{name: (7, _aligned) for name in BINARY},
    **{name: (13, _flattened) for name in ("Hardmax", "LogSoftmax", "Softmax")},
    **{name: (7, _recurrent) for name in ("GRU", "LSTM", "RNN")},
    "BatchNormalization": (14, _normalized),
    "Cast": (6, _cast),
    "Concat": (4, _filled(axis=1)),
    "DequantizeLinear": (13, _whole),
    "Dropout": (12, _dropped),
    "Gemm": (7, lambda call, today: today(_with(call, "broadcast"))),
    "GroupNormalization": (21, _each_group),
    "LpPool": (2, _filled(p=2)),
    "PRelu": (7, _each_channel),
    "Pad": (11, _renamed(paddings="pads", value="constant_value")),
    "QuantizeLinear": (13, _whole),
    "Resize": (11, _resized),
    "Scatter": (11, lambda call, today: today(replace(call, operator="ScatterElements"))),
    "Split": (18, _split),
    "Tile": (6, _tiled),
    "TopK": (10, _renamed(k="K")),
    "Upsample": (10, _upsampled),
}
"""The operator set from which on an operator means what it does today, and what composes it before."""
