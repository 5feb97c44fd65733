"""ONNX's operators, each composed from minigraph's operations.

Most are of the same name, operands and attributes, and need no word here: what is said below is only where the two differ.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.leaves import Variable
from minigraph.core.node import Constant, Node, Sizes
from minigraph.core.provenance import described, places
from minigraph.core.sizes import Axis, SymbolicSize
from minigraph.core.values import widened
from minigraph.interop.onnx.arithmetic import divided
from minigraph.interop.onnx.call import CALLED, READ, Call, same
from minigraph.interop.onnx.checks import known_shape
from minigraph.interop.onnx.composed import COMPOSED, counted
from minigraph.interop.onnx.versions import OLDER, Composed
from minigraph.ops import OPERATIONS
from minigraph.ops.indexing import FAR

__all__ = ["ADAPTED", "compose", "known"]

FARTHEST = 10**9
"""From which bound on a slice goes to the end of any axis: so TensorFlow's converter writes one that is left out."""


def compose(call: Call) -> Sequence[Node]:
    """The nodes for the outputs, as many as there are of them; an OperationError where minigraph has no such operation."""
    changed, older = OLDER.get(call.operator, (0, None))
    composed = older(call, _today) if older and call.version < changed else _today(call)
    nodes = (composed,) if isinstance(composed, Node) else tuple(composed)
    if any(call.outputs[len(nodes) :]):
        raise OperationError(f"{call.owner} gives {len(call.outputs)} values, of which minigraph has the first {len(nodes)}.")
    return nodes


def _today(call: Call) -> Composed:
    """The nodes of an operator as the newest operator set defines it."""
    return (COMPOSED.get(call.operator) or ADAPTED.get(call.operator, same))(call)


def known(operator: str) -> bool:
    """Whether minigraph composes the operator."""
    return operator in COMPOSED or operator in OLDER or CALLED.get(operator, operator) in READ


def _reduction(call: Call) -> Node:
    """Axes given but empty are none at all with `noop_with_empty_axes`, else all of them."""
    axes = call.integers("axes") or (() if call.attributes.get("noop_with_empty_axes") else None)
    given = {key: value for key, value in call.given.items() if key != "noop_with_empty_axes"}
    inputs = [(name, node) for name, node in call.inputs if name != "axes"]
    return same(replace(call, inputs=inputs, given=given), axes=axes)


def _product(call: Call) -> Node:
    """Of whole numbers: how many elements there are, from the sizes of axes, is a size; others go through float64."""
    x = call.operands[0]
    if x.dtype.kind == "f":
        return _reduction(call)
    if x.known:
        call.budget.write(call.owner, 2 * len(x.known))
        total = reduce(OPERATIONS["Mul"], (OPERATIONS["Gather"](x, i) for i in range(len(x.known))))
        return OPERATIONS["Stack"](total) if call.attributes["keepdims"] else total
    inputs = [(name, x.astype(np.float64) if node is x else node) for name, node in call.inputs]
    return OPERATIONS["Cast"](_reduction(replace(call, inputs=inputs)), to=x.dtype)


def _reshape(call: Call) -> Node:
    """A size of 0 stands for the size that the axis has, without `allowzero`."""
    x, sizes = call.operands[0], call.operand("shape")
    shape = call.integers("shape") or () if sizes is None or sizes.known is None else sizes.known
    kept = [x.shape[i] if size == 0 and not call.attributes.get("allowzero") else size for i, size in enumerate(shape)]
    return OPERATIONS["Reshape"](x, tuple(kept))


def _expand(call: Call) -> Node:
    """ONNX's shape broadcasts with that of x, where NumPy's must be the result's."""
    x, sizes = call.operands[0], call.operand("shape")
    if sizes is None or sizes.known is None:
        return same(call)
    new = max(x.ndim - len(sizes.known), 0)
    filled = [*x.shape[:new]]
    for i, (own, asked) in enumerate(zip((1,) * (len(sizes.known) - x.ndim) + x.shape[new:], sizes.known, strict=True)):
        taken: Any = asked if isinstance(asked, int) or not sizes.operands else OPERATIONS["Gather"](sizes, i)
        filled.append(own if asked == 1 else taken)
    return OPERATIONS["Expand"](x, tuple(filled))


def _clip(call: Call) -> Node:
    """The bounds are numbers, or missing; one that is computed takes part of the gradient."""
    x, low, high = call.operands[0], call.operand("min"), call.operand("max")
    if all(isinstance(bound, Constant | Variable | None) for bound in (low, high)):
        stored = {"minimum": call.array("min"), "maximum": call.array("max")}
        return OPERATIONS["Clip"](x, **{key: bound.item() for key, bound in stored.items() if bound is not None})
    above = x if low is None else OPERATIONS["Max"](x, low)
    return above if high is None else OPERATIONS["Min"](above, high)


def _slice(call: Call) -> Node:
    """Of an axis that only a run tells the size of, or up to a size that it tells, there must be as many as a bound says."""
    x, starts = call.operands[0], call.sizes("starts") or ()
    axes = [call.axis(axis, x.ndim) for axis in call.integers("axes") or range(len(starts))]
    steps = call.integers("steps") or (1,) * len(starts)
    stops = [FAR if isinstance(end, int) and end >= FARTHEST else end for end in call.sizes("ends") or ()]
    if not len(axes) == len(starts) == len(stops) == len(steps):
        raise OperationError(
            f"{call.owner} has starts {starts}, ends {tuple(stops)}, axes {tuple(axes)} and steps {steps}: of each there must "
            "be as many."
        )
    rest = []
    for axis, start, end, step in zip(axes, starts, stops, steps, strict=True):
        taken = _places(call, x.shape[axis], start, end) if step == 1 else None
        if taken is not None:
            x = OPERATIONS["Gather"](x, taken, axis=axis)
        elif (start, end, step) != (0, FAR, 1) and (start, end, step) != (0, x.shape[axis], 1):
            rest.append((axis, start, end, step))
    if not rest:
        return x
    along, *bounds = zip(*rest, strict=True)
    return OPERATIONS["Slice"](x, axes=along, starts=bounds[0], ends=bounds[1], steps=bounds[2])


def _places(call: Call, size: Axis, start: Axis, end: Axis) -> Any:
    """The first places of an axis, or the last, if either the axis or their number is known only in a run; else None."""
    if isinstance(size, SymbolicSize):
        if isinstance(start, int) and start < 0 and end == FAR:
            call.budget.compute(call.owner, (-start,))
            return np.arange(start, 0)
        if start == 0 and isinstance(end, int) and 0 < end < FAR:
            call.budget.compute(call.owner, (end,))
            return np.arange(end)
    elif start == 0 and isinstance(end, SymbolicSize):
        return counted(Sizes((end,)))
    return None


def _one_hot(call: Call) -> Node:
    """Depth and the two values are operands; a negative index counts from the end, and one beyond chooses nothing."""
    indices: Any = call.operands[0]
    values: Any = call.operand("values")
    depth = int(call.array("depth").item())
    axis = call.axis(call.attributes["axis"], indices.ndim + 1)
    call.budget.compute(call.owner, (depth,))
    classes = np.arange(depth).reshape(-1, *(1,) * (indices.ndim - axis))
    at = OPERATIONS["Unsqueeze"](indices.astype(np.int64), axes=axis)
    chosen = OPERATIONS["Equal"](OPERATIONS["Where"](OPERATIONS["Less"](at, 0), at + depth, at), classes)
    return OPERATIONS["Where"](chosen, values[1], values[0])


def _top_k(call: Call) -> tuple[Node, Node]:
    """The elements and their places are two operations."""
    x, (k,) = call.operands[0], call.sizes("K") or (0,)
    chosen = {"axis": call.attributes["axis"], "k": k, "largest": bool(call.attributes.get("largest", 1))}
    return OPERATIONS["TopK"](x, **chosen), OPERATIONS["ArgTopK"](x, **chosen)


def _whole(call: Call) -> Node:
    """What minigraph has for floating-point numbers alone: whole ones go through float64, exact below 2⁵³, and are cut off."""
    x = call.operands[0]
    if x.dtype.kind == "f":
        return same(call)
    if call.operator == "Div" and (sizes := divided(*call.operands)) is not None:
        return sizes
    taken = OPERATIONS[call.operator].attributes
    inputs = [(name, node if node is None or name in taken else node.astype(np.float64)) for name, node in call.inputs]
    return OPERATIONS["Cast"](same(replace(call, inputs=inputs)), to=x.dtype)


def _max_pool(call: Call) -> tuple[Node, ...]:
    """The places of the maxima in all of x, row by row or with `storage_order` column by column, are the second value."""
    given = {key: value for key, value in call.given.items() if key != "storage_order"}
    pooled: Any = _whole(replace(call, given=given))
    x: Any = call.operands[0]
    if len(call.outputs) == 1 or x.dtype.kind != "f":
        return (pooled,)
    rows, channels, *image = known_shape(call, x)
    call.budget.compute(call.owner, image)
    size, order = math.prod(image), "F" if call.attributes["storage_order"] else "C"
    within = np.arange(size).reshape(1, 1, *image, order=order)  # type: ignore[call-overload]
    places_of = OPERATIONS["Im2Col"].apply(within, **pooled.window(x)._asdict())[0]
    first = np.argmax(pooled.columns(x, fill=-math.inf), axis=2)
    taken: Any = OPERATIONS["OneHot"](first, depth=len(places_of), axis=2, to=np.int64)
    ahead = size * np.arange(rows * channels).reshape(rows, channels, 1)
    return pooled, pooled.image(np.sum(taken * places_of, axis=2) + ahead, x)


def _resize(call: Call) -> Node:
    """The batch and the channels keep their sizes, which minigraph leaves out; so does an axis that `axes` leaves out."""
    x = call.operands[0]
    axes = [call.axis(axis, x.ndim) for axis in call.given.get("axes", range(x.ndim))]
    sizes, scales = call.operand("sizes"), call.array("scales")
    scales = () if scales is None else tuple(scales.tolist())  # which may be left out, or empty
    if x.ndim < 3 or (sizes is None and not scales):
        return OPERATIONS["Resize"](x)  # which says what is missing
    name, given = ("scales", scales) if sizes is None else ("sizes", sizes.known or call.array("sizes"))
    kept = (1.0,) * x.ndim if sizes is None else x.shape
    whole = dict(enumerate(kept)) | dict(zip(axes, given, strict=True))
    if (whole[0], whole[1]) != kept[:2]:
        raise OperationError(f"{call.owner} resizes the batch or the channels of {described(x)}.{places(x)}")
    if call.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch" and set(axes) != set(range(2, x.ndim)):
        raise OperationError(f"{call.owner} keeps the proportions of axes {axes} of {described(x)}, not of the image alone.")
    options = {key: value for key, value in call.given.items() if key != "axes"}
    return same(replace(call, inputs=call.inputs[:1], given=options), **{name: tuple(whole.values())[2:]})


def _is_infinite(call: Call) -> Node:
    """Two attributes say which infinity is looked for."""
    x, both = call.operands[0], call.attributes
    infinite = OPERATIONS["IsInf"](x)
    if not both["detect_negative"]:
        infinite = OPERATIONS["And"](infinite, OPERATIONS["Greater"](x, 0))
    if not both["detect_positive"]:
        infinite = OPERATIONS["And"](infinite, OPERATIONS["Less"](x, 0))
    return infinite


def _over_classes(call: Call) -> Node:
    """The classes lie along axis 1, and their weights, the third input, are an attribute."""
    weights = call.array(call.inputs[2][0]) if len(call.inputs) > 2 else None
    each = None if weights is None else tuple(weights.tolist())
    return same(replace(call, inputs=call.inputs[:2]), axis=1, class_weights=each)


def _cross_entropy(call: Call) -> tuple[Node, ...]:
    """The logarithms of the probabilities are the second value."""
    return (_over_classes(call), OPERATIONS["LogSoftmax"](call.operands[0], axis=1))[: len(call.outputs)]


def _batch_normalization(call: Call) -> Node | tuple[Node, ...]:
    """In training the running statistics, moved on by those of the batch, are the second and the third value."""
    if not call.attributes.get("training_mode"):
        return same(call)
    x, _, _, *running = call.operands
    momentum, axes = call.attributes["momentum"], (0, *range(2, x.ndim))
    batch = np.mean(x, axis=axes), np.var(x, axis=axes)
    moved = [momentum * old + (1 - momentum) * new for old, new in zip(running, batch, strict=True)]
    return same(call), *moved


def _layer_normalization(call: Call) -> tuple[Node, ...]:
    """The mean and the inverse of the standard deviation are the second and the third value, both in float32."""
    x: Any = widened(call.operands[0])
    axes = tuple(range(call.axis(call.attributes["axis"], x.ndim), x.ndim))
    mean = np.mean(x, axis=axes, keepdims=True)
    variance = np.mean((x - mean) ** 2, axis=axes, keepdims=True)
    statistics = mean, 1 / np.sqrt(variance + call.attributes["epsilon"])
    return (same(call), *(each.astype(np.float32) for each in statistics))[: len(call.outputs)]


def _cast(call: Call) -> Node:
    """Names stay the numbers that stand for them."""
    if call.attributes["to"].kind != "U":
        return same(call)
    if not call.labels_of(0):
        raise OperationError(f"{call.owner} gives text, and a graph computes with numbers.\n  Export the model without it.")
    return call.operands[0]


ADAPTED: dict[str, Callable[[Call], Composed]] = {
    **{name: _reduction for name in OPERATIONS if name.startswith("Reduce")},
    "BatchNormalization": _batch_normalization,
    "Cast": _cast,
    "Clip": _clip,
    "CumProd": _whole,
    "Div": _whole,
    "Expand": _expand,
    "IsInf": _is_infinite,
    "LayerNormalization": _layer_normalization,
    "MaxPool": _max_pool,
    "NegativeLogLikelihoodLoss": _over_classes,
    "OneHot": _one_hot,
    "Pow": _whole,
    "ReduceProd": _product,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "SoftmaxCrossEntropyLoss": _cross_entropy,
    "TopK": _top_k,
}
"""The operators whose operation in minigraph takes something in another form."""
