"""ONNX's operators for which minigraph has no operation, composed of those that it has."""

import math
from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant, Node
from minigraph.core.provenance import places
from minigraph.core.sizes import SymbolicSize
from minigraph.core.values import widened
from minigraph.interop.onnx.call import Call, sayable
from minigraph.interop.onnx.checks import known_shape
from minigraph.interop.onnx.estimators import ESTIMATORS
from minigraph.interop.onnx.quantization import QUANTIZED
from minigraph.interop.onnx.recurrent import RECURRENT
from minigraph.interop.onnx.signals import SIGNALS
from minigraph.interop.onnx.versions import Composed
from minigraph.ops import OPERATIONS

__all__ = ["COMPOSED", "counted"]


def _constant(call: Call) -> Node:
    (value,) = call.given.values()
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise OperationError(f"{call.owner} holds text, and a graph computes with numbers.\n  Export the model without it.")
    if array.dtype.kind == "f" and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return Constant(array, dtype=array.dtype)


def _constant_of_shape(call: Call) -> Node:
    value, sizes = call.given.get("value", np.zeros(1, np.float32)), call.operands[0]
    if sizes.known is None or all(isinstance(size, int) for size in sizes.known):
        call.budget.compute(call.owner, call.integers("input") or (), value.itemsize)
        return Constant(np.full(call.integers("input") or (), value.item(), value.dtype), dtype=value.dtype)
    return OPERATIONS["Expand"](Constant(value.item(), dtype=value.dtype), sizes)


def _eye_like(call: Call) -> Node:
    """Ones on the k-th diagonal of a matrix of the operand's shape."""
    x = call.operands[0]
    rows, columns = known_shape(call, x, 0, 1)
    dtype = call.given.get("dtype", x.dtype)
    call.budget.compute(call.owner, (rows, columns))
    return Constant(np.eye(rows, columns, call.attributes["k"], dtype), dtype=dtype)


def _range(call: Call) -> Node:
    """Numbers known before a run, or all from 0 up to a size that a run tells."""
    limit: Any = call.operand("limit")
    if (
        limit.known
        and isinstance(limit.known[0], SymbolicSize)
        and (call.integers("start"), call.integers("delta")) == ((0,), (1,))
    ):
        return counted(OPERATIONS["Stack"](limit))
    dtype = call.array("start").dtype
    exact = np.float32 if dtype.kind == "f" and dtype.itemsize < 4 else dtype  # half precision would not count right
    start, limit, delta = (call.array(name).reshape(()).astype(exact) for name in ("start", "limit", "delta"))
    count = max(math.ceil((limit - start) / delta), 0)
    call.budget.compute(call.owner, (count,))
    return Constant(start + delta * np.arange(count), dtype=dtype)


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
    axis = call.axis(call.attributes["axis"], x.ndim)
    size, parts = x.shape[axis], call.attributes.get("num_outputs", len(call.outputs))
    if parts != len(call.outputs):
        raise OperationError(f"{call.owner} has num_outputs={parts}, but {len(call.outputs)} outputs: they must be as many.")
    given = call.sizes("split")
    if given is None and isinstance(size, SymbolicSize):
        raise OperationError(f"{call.owner} splits an axis whose size is known only in a run.{places(x)}{sayable(x)}")
    sizes = given or [-(-size // parts)] * parts
    negative = any(isinstance(each, int) and each < 0 for each in sizes)
    if given is not None and (sum(sizes) != size or negative or len(sizes) != parts):
        raise OperationError(f"{call.owner} parts {size} elements into {parts} parts of {listing(sizes)}.{places(x)}")
    ends = [*accumulate(sizes)]
    pieces = zip([0, *ends], ends, strict=False)
    return [OPERATIONS["Slice"](x, axes=(axis,), starts=(start,), ends=(end,)) for start, end in pieces]


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
    batch, time = call.attributes["batch_axis"], call.attributes["time_axis"]
    if {batch, time} != {0, 1}:
        raise OperationError(f"{call.owner} has batch_axis={batch} and time_axis={time}: one is 0, the other 1.")
    lengths = lengths.reshape([-1 if axis == batch else 1 for axis in range(x.ndim)])
    call.budget.compute(call.owner, known_shape(call, x, time))
    at = np.arange(known_shape(call, x, time)[0]).reshape([-1 if axis == time else 1 for axis in range(x.ndim)])
    from_end: Any = np.where(np.less(at, lengths), lengths - 1 - at, at)
    turned: Any = np.take_along_axis(x, from_end, axis=time)  # of nodes NumPy makes nodes
    composed: Node = turned
    return composed


def _local_response_normalization(call: Call) -> Node:
    """x / (bias + alpha / size · Σ x²)^beta, summed over the neighbouring channels; Krizhevsky and others, 2012."""
    x: Any = widened(call.operands[0])
    size, channels, options = call.attributes["size"], known_shape(call, x, 1), call.attributes
    call.budget.write(call.owner, 2 * size)
    before = (size - 1) // 2
    widths = [(before, size - 1 - before) if axis == 1 else (0, 0) for axis in range(x.ndim)]
    squares: Any = np.pad(x * x, widths)
    total = sum(squares[:, i : i + channels[0]] for i in range(size))
    return as_type(x / (options["bias"] + options["alpha"] / size * total) ** options["beta"], call.operands[0].dtype)


def _tensor_scatter(call: Call) -> Node:
    """A cache, with an update along an axis from each row's own place on; a circular one goes on at the start."""
    cache, update, *rows = call.operands
    start: Any = rows[0].reshape(-1, *(1,) * (cache.ndim - 1)) if rows else 0
    axis = call.axis(call.attributes["axis"], cache.ndim)
    size, count = known_shape(call, cache, axis) + known_shape(call, update, axis)
    call.budget.compute(call.owner, (count,))
    at: Any = start + np.arange(count).reshape(-1, *(1,) * (cache.ndim - 1 - axis))
    at = np.mod(at, size) if call.attributes["mode"] == "circular" else at
    return OPERATIONS["ScatterElements"](cache, OPERATIONS["Expand"](at, update.shape), update, axis=axis)


def _dropout(call: Call) -> tuple[Node, ...]:
    """Outside of training all is kept, which the second value says of every element."""
    training, ratio = call.array("training_mode"), call.array("ratio")
    if training is not None and training.item() and (ratio is None or ratio.item()):
        raise OperationError(f"{call.owner} is in training mode; a model that is read computes as one that is trained.")
    x = call.operands[0]
    return (x, OPERATIONS["Expand"](np.array(True), OPERATIONS["Shape"](x)))[: len(call.outputs)]


def _random(call: Call) -> Node:
    """Numbers drawn by a state of the model's: of the seed that is given, or 0; ONNX's `mean` is `loc`."""
    normal, like = "Normal" in call.operator, call.operator.endswith("Like")
    shape: Any = call.operands[0] if like else tuple(call.given["shape"])
    dtype = call.attributes.get("dtype") or (call.operands[0].dtype if like else np.float32)
    names = {"mean": "loc", "scale": "scale"} if normal else {"low": "low", "high": "high"}
    numbers = {own: call.attributes[key] for key, own in names.items()}
    kind = OPERATIONS["RandomNormal" if normal else "RandomUniform"]
    return kind(shape, call.random(call.given.get("seed", 0)), to=dtype, **numbers)


def _non_zero(call: Call) -> Node:
    """The places of what is not 0, where they are known before a run: how many there are is the size of an axis."""
    found = np.stack(np.nonzero(call.array("X")))
    call.budget.compute(call.owner, found.shape)
    return Constant(found)


def _bitwise_not(call: Call) -> Any:
    """−1 − x, and of what has no sign the largest number without x."""
    x: Any = call.operands[0]
    return (-1 if x.dtype.kind == "i" else np.iinfo(x.dtype).max) - x


def _bitwise(call: Call) -> Any:
    """a and b is the sum of the powers of 2 that both have; a or b is a + b less that, and only one of them less it twice."""
    a: Any
    b: Any
    a, b = call.operands
    call.budget.write(call.owner, 20)
    both: Any = np.sum(_bits(a) * _bits(b) * _powers(a.dtype), axis=-1).astype(a.dtype)
    return both if call.operator == "BitwiseAnd" else a + b - both * (1 if call.operator == "BitwiseOr" else 2)


def _powers(dtype: Any) -> Constant:
    """What the bits of a number stand for; the last one of a number with a sign is negative."""
    return Constant(np.left_shift(np.array(1, dtype), np.arange(8 * dtype.itemsize, dtype=dtype)), dtype=dtype)


def _bits(x: Any) -> Any:
    """The bits of a number along a new last axis, the lowest first; the sign of one that has a sign is its last."""
    powers, each = _powers(x.dtype).value, np.expand_dims(x, -1)
    if x.dtype.kind == "u":
        return np.mod(np.floor_divide(each, powers), np.array(2, x.dtype))
    low = np.mod(np.floor_divide(each, powers[:-1]), np.array(2, x.dtype))
    return np.concatenate([low, np.less(each, 0).astype(x.dtype)], axis=-1)


def _bit_shift(call: Call) -> Any:
    """x · 2^y, or x / 2^y rounded down; of all bits nothing is left but, to the right, the sign."""
    x: Any
    y: Any
    x, y = call.operands
    signed, bits, left = x.dtype.kind == "i", 8 * x.dtype.itemsize, call.attributes["direction"] == "LEFT"
    most = bits - 2 if signed and not left else bits - 1  # 2^(bits − 1) is negative, of a number with a sign
    power = np.take(_powers(x.dtype), np.clip(y, 0, most).astype(np.int64), axis=0)
    shifted = x * power if left else np.floor_divide(x, power)
    rest = -np.less(x, 0).astype(x.dtype) if signed and not left else np.zeros_like(x)
    return np.where(np.logical_or(np.less(y, 0), np.greater(y, most)), rest, shifted)


COMPOSED: dict[str, Callable[[Call], Composed]] = {
    "BitShift": _bit_shift,
    "BitwiseNot": _bitwise_not,
    **{f"Bitwise{kind}": _bitwise for kind in ("And", "Or", "Xor")},
    "CastLike": _cast_like,
    "Compress": _compress,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Dropout": _dropout,
    "EyeLike": _eye_like,
    "Identity": _identity,
    "LRN": _local_response_normalization,
    "Mean": _variadic("Add", mean=True),
    "NonZero": _non_zero,
    **ESTIMATORS,
    **QUANTIZED,
    "Range": _range,
    **{f"Random{kind}{like}": _random for kind in ("Normal", "Uniform") for like in ("", "Like")},
    **RECURRENT,
    "ReverseSequence": _reverse_sequence,
    **SIGNALS,
    "Split": _split,
    "Sum": _variadic("Add"),
    "TensorScatter": _tensor_scatter,
}
"""What composes them, by the operator."""
