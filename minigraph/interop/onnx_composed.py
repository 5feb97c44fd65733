"""ONNX's operators for which minigraph has no operation, composed of those that it has."""

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from minigraph.errors import OperationError
from minigraph.interop.onnx_call import Call
from minigraph.interop.onnx_recurrent import RECURRENT
from minigraph.messages import described, places
from minigraph.node import Constant, Node
from minigraph.nodes import OPERATIONS
from minigraph.values import widened

__all__ = ["COMPOSED", "Composed", "counted", "known_shape"]

Composed = Node | Sequence[Node]


def _constant(call: Call) -> Node:
    (value,) = call.given.values()
    array = np.asarray(value)
    if array.dtype.kind == "f" and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return Constant(array, dtype=array.dtype)


def _constant_of_shape(call: Call) -> Node:
    value, sizes = call.given.get("value", np.zeros(1, np.float32)), call.operands[0]
    if sizes.known is None or all(isinstance(size, int) for size in sizes.known):
        return Constant(np.full(call.integers("input") or (), value.item(), value.dtype), dtype=value.dtype)
    return OPERATIONS["Expand"](Constant(value.item(), dtype=value.dtype), sizes)


def _eye_like(call: Call) -> Node:
    """Ones on the k-th diagonal of a matrix of the operand's shape."""
    x = call.operands[0]
    rows, columns = known_shape(call, x, 0, 1)
    dtype = call.given.get("dtype", x.dtype)
    return Constant(np.eye(rows, columns, call.attributes["k"], dtype), dtype=dtype)


def _range(call: Call) -> Node:
    """Numbers known before a run, or all from 0 up to a size that a run tells."""
    limit: Any = call.operand("limit")
    if limit.known and isinstance(limit.known[0], str) and (call.integers("start"), call.integers("delta")) == ((0,), (1,)):
        return counted(OPERATIONS["Stack"](limit))
    start, limit, delta = (call.array(name).reshape(()) for name in ("start", "limit", "delta"))
    return Constant(start + delta * np.arange(max(math.ceil((limit - start) / delta), 0)), dtype=start.dtype)


def counted(size: Node) -> Node:
    """The numbers from 0 up to a size that a run tells, held by an array of one axis: how many ones are before each."""
    return OPERATIONS["CumSum"](OPERATIONS["Expand"](Constant(1), size), axis=0, exclusive=True)


def _identity(call: Call) -> Node:
    return call.operands[0]


def _cast_like(call: Call) -> Node:
    return OPERATIONS["Cast"](call.operands[0], to=call.operands[1].dtype)


def _variadic(operation: str, mean: bool = False) -> Callable[[Call], Node]:
    """An operator of any number of operands, added up two by two."""

    def composed(call: Call) -> Node:
        total = reduce(OPERATIONS[operation], map(widened, call.operands))
        result = OPERATIONS["Div"](total, len(call.operands)) if mean else total
        return as_type(result, call.operands[0].dtype)

    return composed


def as_type(node: Any, dtype: Any) -> Node:
    """A node computed in float32, rounded to half precision where that was asked for."""
    converted: Node = node if node.dtype == dtype else node.astype(dtype)
    return converted


def _split(call: Call) -> list[Node]:
    """Parts of the sizes given, or else all of one size but for the last, which is what is left."""
    x: Any = call.operands[0]
    axis = call.attributes["axis"]
    size, parts = x.shape[axis], call.attributes.get("num_outputs", len(call.outputs))
    if not isinstance(size, int):
        raise OperationError(f"{call.owner} splits an axis whose size is known only in a run.{places(x)}")
    sizes = call.integers("split") or [-(-size // parts)] * parts
    parted: Any = np.split(x, np.cumsum(sizes)[:-1].tolist(), axis=axis)  # of a node NumPy makes nodes
    return list(parted)


def _compress(call: Call) -> Node:
    """The elements where the condition, which is known before a run, holds: along an axis, or of all in a row."""
    x: Any = call.operands[0]
    places_of = np.flatnonzero(call.array("condition"))
    axis = call.given.get("axis")
    return OPERATIONS["Gather"](x.reshape(-1), places_of) if axis is None else OPERATIONS["Gather"](x, places_of, axis=axis)


def _reverse_sequence(call: Call) -> Node:
    """The first elements of each sequence, as many as it is long, turned round."""
    x: Any
    lengths: Any
    x, lengths = call.operands
    batch, time = call.attributes["batch_axis"] % x.ndim, call.attributes["time_axis"] % x.ndim
    lengths = lengths.reshape([-1 if axis == batch else 1 for axis in range(x.ndim)])
    at = np.arange(known_shape(call, x, time)[0]).reshape([-1 if axis == time else 1 for axis in range(x.ndim)])
    from_end: Any = np.where(np.less(at, lengths), lengths - 1 - at, at)
    turned: Any = np.take_along_axis(x, from_end, axis=time)  # of nodes NumPy makes nodes
    composed: Node = turned
    return composed


def _local_response_normalization(call: Call) -> Node:
    """x / (bias + alpha / size · Σ x²)^beta, summed over the neighbouring channels; Krizhevsky and others, 2012."""
    x: Any = widened(call.operands[0])
    size, channels, options = call.attributes["size"], known_shape(call, x, 1), call.attributes
    before = (size - 1) // 2
    widths = [(before, size - 1 - before) if axis == 1 else (0, 0) for axis in range(x.ndim)]
    squares: Any = np.pad(x * x, widths)
    total = sum(squares[:, i : i + channels[0]] for i in range(size))
    return as_type(x / (options["bias"] + options["alpha"] / size * total) ** options["beta"], call.operands[0].dtype)


def _tensor_scatter(call: Call) -> Node:
    """What is held, with an update along an axis from each row's own place on; a circular one goes on at the start."""
    held, update, *rows = call.operands
    start: Any = rows[0].reshape(-1, *(1,) * (held.ndim - 1)) if rows else 0
    axis = call.attributes["axis"] % held.ndim
    size, count = known_shape(call, held, axis) + known_shape(call, update, axis)
    at: Any = start + np.arange(count).reshape(-1, *(1,) * (held.ndim - 1 - axis))
    at = np.mod(at, size) if call.attributes["mode"] == "circular" else at
    return OPERATIONS["ScatterElements"](held, OPERATIONS["Expand"](at, update.shape), update, axis=axis)


def _quantize(call: Call) -> Node:
    """Whole numbers for x / scale, rounded and moved by the zero point; those that their type does not hold are bounded."""
    x: Any
    scale: Any
    x, scale, *zero = call.operands
    dtype = zero[0].dtype if zero else call.given.get("output_dtype", np.dtype(np.uint8))
    bounds = np.iinfo(dtype)
    moved: Any = np.rint(x / _spread(call, scale, x))
    if zero:
        moved = moved + _spread(call, zero[0], x).astype(x.dtype)
    bounded = OPERATIONS["Clip"](moved, minimum=int(bounds.min), maximum=int(bounds.max))
    return OPERATIONS["Cast"](bounded, to=dtype)


def _dequantize(call: Call) -> Node:
    """(x − zero point) · scale."""
    x: Any
    scale: Any
    x, scale, *zero = call.operands
    numbers = x.astype(scale.dtype)
    if zero:
        numbers = numbers - _spread(call, zero[0], x).astype(scale.dtype)
    scaled: Node = numbers * _spread(call, scale, x)
    return scaled


def _spread(call: Call, number: Any, x: Node) -> Any:
    """A number for all of x, for each place along an axis, or for each block of so many."""
    axis = call.attributes.get("axis", 0) % max(x.ndim, 1)
    if number.ndim == 0:
        return number
    if number.ndim == 1:
        return number.reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return number.repeat(call.attributes["block_size"], axis=axis)


def known_shape(call: Call, x: Node, *axes: int) -> tuple[int, ...]:
    """The sizes of some axes, or of all, or an error for one that is not there or has a size known only in a run."""
    wanted = axes or tuple(range(x.ndim))
    for axis in wanted:
        if axis >= x.ndim or isinstance(x.shape[axis], str):
            raise OperationError(f"{call.owner} needs to know how large {described(x)} is along axis {axis}.{places(x)}")
    return tuple(int(x.shape[axis]) for axis in wanted)


def _dropout(call: Call) -> tuple[Node, ...]:
    """Outside of training all is kept, which the second value says of every element."""
    training, ratio = call.array("training_mode"), call.array("ratio")
    if training is not None and training.item() and (ratio is None or ratio.item()):
        raise OperationError(f"{call.owner} is in training mode; a model that is read computes as one that is trained.")
    x = call.operands[0]
    return (x, OPERATIONS["Expand"](np.array(True), OPERATIONS["Shape"](x)))[: len(call.outputs)]


COMPOSED: dict[str, Callable[[Call], Composed]] = {
    "CastLike": _cast_like,
    "Compress": _compress,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "DequantizeLinear": _dequantize,
    "Dropout": _dropout,
    "EyeLike": _eye_like,
    "Identity": _identity,
    "LRN": _local_response_normalization,
    "Mean": _variadic("Add", mean=True),
    "QuantizeLinear": _quantize,
    "Range": _range,
    **RECURRENT,
    "ReverseSequence": _reverse_sequence,
    "Split": _split,
    "Sum": _variadic("Add"),
    "TensorScatter": _tensor_scatter,
}
"""What composes them, by the operator."""
