"""Operations that ONNX has in another form, each written as a few of its operators.

A form is given the writer, the node and the values of its operands.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from minigraph.core.node import Node
from minigraph.core.sizes import SymbolicSize
from minigraph.interop.onnx.call import written_as
from minigraph.ops import OPERATIONS
from minigraph.ops.sizes import Range

__all__ = ["FORMS", "ONLY"]

Form = Callable[..., Any]
FAR = 2**31 - 1


def _clip(w: Any, node: Any, x: Any) -> Any:
    bounds = (None if bound is None else w.constant(bound, x.dtype) for bound in (node.minimum, node.maximum))
    return w.op("Clip", x, *bounds)


def _reduction(w: Any, node: Any, x: Any) -> Any:
    """Axes are an input, and none at all are those over which nothing is reduced."""
    kind = type(node).__name__
    x = w.cast(x, node.dtype) if kind == "ReduceSum" else x
    return w.op(kind, x, w.integers(node.axes), keepdims=node.keepdims) if node.axes else x


def _stack(w: Any, node: Any, *operands: Any) -> Any:
    axis = w.integers(node.axis % node.ndim)
    return w.op("Concat", *(w.op("Unsqueeze", each, axis) for each in operands), axis=node.axis % node.ndim)


def _slice(w: Any, node: Any, x: Any) -> Any:
    if not node.starts:
        return x
    axes = range(len(node.starts)) if node.axes is None else node.axes
    bounds = [[_bound(each) for each in given] for given in (node.starts, node.ends)]
    return w.op("Slice", x, *map(w.integers, (*bounds, tuple(axes), node.steps or (1,) * len(node.starts))))


def _bound(bound: Any) -> Any:
    """A bound beyond every axis, as far as ONNX counts."""
    if isinstance(bound, SymbolicSize) or abs(bound) < FAR:
        return bound
    return (2**63 - 1) if bound > 0 else -(2**63 - 1)


def _reshape(w: Any, node: Any, x: Any, shape: Any) -> Any:
    """A size of 0 is one, where there may be such."""
    counted = all(isinstance(size, int) and size > 0 for size in node.shape)
    return w.op("Reshape", x, shape, allowzero=None if counted else 1)


def _squeeze(w: Any, node: Any, x: Any) -> Any:
    return w.op("Squeeze", x, w.integers(node.axes)) if node.axes else x


def _unsqueeze(w: Any, node: Any, x: Any) -> Any:
    return w.op("Unsqueeze", x, w.integers(node.axes)) if node.axes else x


def _transpose(w: Any, node: Any, x: Any) -> Any:
    perm = tuple(reversed(range(node.ndim))) if node.perm is None else node.perm
    return x if perm == tuple(range(node.ndim)) else w.op("Transpose", x, perm=perm)


def _pad(w: Any, node: Any, x: Any) -> Any:
    pads = [width for pair in zip(*node.pairs(node.operands[0]), strict=True) for width in pair]
    value = w.constant(node.constant_value, x.dtype) if node.mode == "constant" else None
    return w.op("Pad", x, w.integers(pads), value, mode=node.mode) if any(pads) else x


def _trilu(w: Any, node: Any, x: Any) -> Any:
    return w.op("Trilu", x, w.constant(node.k, np.int64), upper=node.upper)


def _cumulative(w: Any, node: Any, x: Any) -> Any:
    axis = w.constant(node.axis, np.int64)
    return w.op(type(node).__name__, x, axis, exclusive=node.exclusive, reverse=node.reverse)


def _top_k(which: int, w: Any, node: Any, x: Any) -> Any:
    """The elements in order and their places are the two values of one operator."""
    if hasattr(node, "k"):
        largest, count = node.largest, w.integers(node.k)
    else:
        largest, count = node.descending, w.integers(node.operands[0].shape[node.axis])
    return w.ops("TopK", x, count, axis=node.axis, largest=largest, sorted=1)[which]


def _resize(w: Any, node: Any, x: Any) -> Any:
    """The batch and the channels are left out by `axes`."""
    axes = range(2, node.ndim)
    keys = ("mode", "coordinate_transformation_mode", "antialias", "cubic_coeff_a", "exclude_outside")
    options = {key: getattr(node, key) for key in keys} | {"axes": tuple(axes)}
    if node.mode == "nearest":
        options["nearest_mode"] = node.nearest_mode
    if node.scales is not None:
        return w.op("Resize", x, None, w.constant(node.scales, np.float32), None, **options)
    options["keep_aspect_ratio_policy"] = node.keep_aspect_ratio_policy
    return w.op("Resize", x, None, None, w.integers(node.sizes), **options)


def _over_classes(w: Any, node: Any, scores: Any, labels: Any) -> Any:
    """Weights of classes are an input."""
    weights = None if node.class_weights is None else w.constant(node.class_weights, scores.dtype)
    return w.op(written_as(type(node)), scores, labels, weights, reduction=node.reduction, ignore_index=node.ignore_index)


def _divided(w: Any, node: Any, a: Any, b: Any) -> Any:
    """The rest of whole numbers, or how often b goes into a: none is divided by 0, or by −1, which processors refuse."""
    one, minus = w.number(1, a), w.number(-1, a)
    none, turned = w.op("Equal", b, w.number(0, a)), w.op("Equal", b, minus)
    safe = w.op("Where", w.op("Or", none, turned), one, b)
    if type(node).__name__ == "Mod":
        return w.op("Mod", a, safe, fmod=node.fmod)
    quotient = w.op("Div", w.op("Sub", a, w.op("Mod", a, safe)), safe)
    return w.op("Where", none, w.number(0, a), w.op("Where", turned, w.op("Neg", a), quotient))


def _mod(w: Any, node: Any, a: Any, b: Any) -> Any:
    return w.op("Mod", a, b, fmod=1) if node.dtype.kind == "f" else _divided(w, node, a, b)


def _itself(w: Any, node: Node, x: Any) -> Any:
    return x


def _cast(w: Any, node: Node, x: Any) -> Any:
    return w.cast(x, node.dtype)


def _range(w: Any, node: Node, *given: Any) -> Any:
    known: list[Any] = [operand.known for operand in node.operands]
    if all(sizes is not None and isinstance(sizes[0], int) for sizes in known):
        return w.constant(np.arange(*(sizes[0] for sizes in known)))
    start, limit, *step = (w.cast(each, np.int64) for each in given)
    return w.op("Range", start, limit, *(step or [w.constant(1, np.int64)]))


BY_NAME: dict[str, Form] = {
    **{
        f"Reduce{kind}": _reduction
        for kind in (["L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare"])
    },
    "ArgSort": partial(_top_k, 1),
    "ArgTopK": partial(_top_k, 1),
    "Cast": _cast,
    "Clip": _clip,
    "CumSum": _cumulative,
    "FloorDivide": _divided,
    "Identity": _itself,
    "Mod": _mod,
    "NegativeLogLikelihood": _over_classes,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "SoftmaxCrossEntropy": _over_classes,
    "Sort": partial(_top_k, 0),
    "Squeeze": _squeeze,
    "Stack": _stack,
    "StopGradient": _itself,
    "TopK": partial(_top_k, 0),
    "Transpose": _transpose,
    "Trilu": _trilu,
    "Unsqueeze": _unsqueeze,
}
FORMS: dict[type[Node], Form] = {OPERATIONS[name]: form for name, form in BY_NAME.items()} | {Range: _range}


def _of_labels(node: Any) -> bool:
    """Whether the classes lie where ONNX has them, each row has one, and there is a row."""
    scores = node.operands[0]
    rows = scores.shape[:1] + scores.shape[2:]
    usual = node.class_axis(scores) % scores.ndim == 1 and node.are_labels(node.operands[1]) and not node.label_smoothing
    return usual and _some(rows)


def _some(sizes: Any) -> bool:
    """Whether there are elements in any case: of none ONNX leaves a mean undefined."""
    return all(isinstance(size, int) and size > 0 for size in sizes)


def _over_axes(node: Any) -> bool:
    """Of no axes ONNX's other reductions have none of their functions."""
    if type(node).__name__ == "ReduceMean":
        return _some(node.operands[0].shape[axis] for axis in node.axes)
    return bool(node.axes) or type(node).__name__ in ("ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum")


def _as_counted(node: Any) -> bool:
    """Whether the last window of a pool with `ceil_mode` starts within the image, as ONNX's did not have to at first."""
    if not node.ceil_mode or node.dtype == np.float64:
        return _in_single(node)
    x = node.operands[0]
    window, image = node.window(x), x.shape[2:]
    if not all(isinstance(size, int) for size in image):
        return False
    axes = zip(image, window.own_margins, window.extents, window.strides, strict=True)
    counts = tuple(-(-(size + sum(margin) - extent) // stride) + 1 for size, margin, extent, stride in axes)
    return bool(node.auto_pad != "NOTSET" or counts == window.places(image))


def _as_resized(node: Any) -> bool:
    """Where runtimes resize as ONNX says; elsewhere it is a product with the matrix of weights, if that is known."""
    x = node.operands[0]
    if not all(isinstance(size, int) for size in (*x.shape[2:], *node.shape[2:])):
        return True
    whole = node.scales is None or all(
        scale * size == count for scale, size, count in zip(node.scales, x.shape[2:], node.shape[2:], strict=True)
    )
    rounded = not whole and node.coordinate_transformation_mode in ("align_corners", "half_pixel_symmetric")
    return x.dtype == np.float32 and not rounded and (node.mode != "cubic" or x.ndim == 4)


SINGLE = (
    "Celu Conv ConvTranspose Elu Gelu GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Hardmax Mish PRelu Selu Softplus "
    "Softsign ThresholdedRelu"
)
"""Operators that runtimes have in single precision: in double precision the rule itself is written."""


def _in_single(node: Any) -> bool:
    return bool(node.dtype != np.float64)


ONLY: dict[type[Node], Callable[[Any], bool]] = {
    **{OPERATIONS[name]: _in_single for name in SINGLE.split()},
    **{kind: _over_axes for kind in FORMS if kind.__name__.startswith("Reduce")},
    **{OPERATIONS[name]: _as_counted for name in ("AveragePool", "LpPool", "MaxPool")},
    **{OPERATIONS[name]: lambda node: node.dtype == np.float32 for name in ("DepthToSpace", "SpaceToDepth")},
    OPERATIONS["BatchNormalization"]: lambda node: not node.training_mode,
    OPERATIONS["ConvTranspose"]: lambda node: (
        _in_single(node)
        and all(
            more < stride
            for more, stride in zip(node.output_padding or (), node.strides or (1,) * (node.ndim - 2), strict=False)
        )
    ),
    OPERATIONS["CumProd"]: lambda node: False,
    OPERATIONS["EyeLike"]: lambda node: node.ndim == 2 and _some(node.shape),
    OPERATIONS["GlobalAveragePool"]: lambda node: _in_single(node) and _some(node.operands[0].shape[2:]),
    OPERATIONS["NegativeLogLikelihood"]: _of_labels,
    OPERATIONS["Resize"]: _as_resized,
    OPERATIONS["SoftmaxCrossEntropy"]: _of_labels,
}
"""Where ONNX's operator means the same; elsewhere the operation's own rule is written."""
