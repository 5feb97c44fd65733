"""ONNX's operators of quantised models: whole numbers of eight bits that stand for real ones by a scale and a zero point.

Source: B. Jacob and others, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
2018.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import Node
from minigraph.interop.onnx.call import Call, constant, same, value
from minigraph.ops import OPERATIONS

__all__ = ["QUANTIZED", "dynamic_product", "exact_type", "from_zero"]

LARGEST = 255**2
"""The largest product of two numbers of eight bits from which their zero points are subtracted."""


def _quantize(call: Call) -> Node:
    """Whole numbers for x / scale, rounded and moved by the zero point; those that their type does not hold are bounded.

    They are divided in the type of the scale, or in another that is given as `precision`.
    """
    x: Any
    scale: Any
    x, scale, *zero = call.operands
    exact = _floating(call, "precision", scale.dtype)
    x, scale = x.astype(exact), scale.astype(exact)
    dtype = zero[0].dtype if zero else call.given.get("output_dtype", np.dtype(np.uint8))
    return _rounded(x / _spread(call, scale, x), _spread(call, zero[0], x) if zero else None, dtype)


def _rounded(quotient: Any, zero: Any, dtype: Any) -> Node:
    """The whole number nearest to a quotient, moved by the zero point and bounded to what its type holds."""
    bounds, moved = np.iinfo(dtype), np.rint(quotient)
    moved = moved if zero is None else moved + zero.astype(quotient.dtype)
    return OPERATIONS["Cast"](OPERATIONS["Clip"](moved, minimum=int(bounds.min), maximum=int(bounds.max)), to=dtype)


def _dequantize(call: Call) -> Node:
    """(x − zero point) · scale."""
    x: Any
    scale: Any
    x, scale, *zero = call.operands
    dtype = _floating(call, "output_dtype", scale.dtype)
    numbers = x.astype(scale.dtype)
    if zero:
        numbers = numbers - _spread(call, zero[0], x).astype(scale.dtype)
    scaled: Node = (numbers * _spread(call, scale, x)).astype(dtype)
    return scaled


def _floating(call: Call, name: str, otherwise: np.dtype[Any]) -> np.dtype[Any]:
    """A floating-point type that an attribute says, where it does."""
    dtype = call.given.get(name) or otherwise
    if dtype.kind != "f":
        raise OperationError(f"{call.owner} has {name}={dtype}, and takes a floating-point type.")
    return dtype


def _spread(call: Call, number: Any, x: Node) -> Any:
    """A number for all of x, for each place along an axis, or for each block of so many."""
    if number.ndim == 0:
        return number
    axis = call.axis(call.attributes.get("axis", 0), x.ndim)
    if number.ndim == 1:
        return number.reshape([-1 if i == axis else 1 for i in range(x.ndim)])
    return number.repeat(call.attributes["block_size"], axis=axis)


def exact_type(count: Any) -> Any:
    """The floating-point type in which a sum of so many products is exact; NumPy multiplies matrices of these far faster."""
    return np.float32 if isinstance(count, int) and count * LARGEST <= 2**24 else np.float64


def from_zero(call: Call, x: Any, zero: Any, dtype: Any) -> Any:
    """x − zero point, computed at once where both are stored."""
    found = x.astype(dtype) if zero is None else x.astype(dtype) - zero.astype(dtype)
    stored = constant([each for each in (x, zero) if each is not None])
    return value(found, call.owner, call.budget) if stored else found


def _rows(number: Any) -> Any:
    """A number for each row of a matrix, where there are several."""
    return number if number is None or number.ndim != 1 or number.shape == (1,) else np.expand_dims(number, -1)


def _filters(number: Any, w: Node) -> Any:
    """A number for each filter, along the first axis of the filters, where there are several."""
    return number if number is None or number.ndim == 0 else number.reshape([-1] + [1] * (w.ndim - 1))


def _matrix_product(call: Call, a: Any, b: Any) -> Any:
    """The products of what lies between a, b and their zero points, exact."""
    exact = exact_type(a.shape[-1])
    left, right = _rows(call.operand("a_zero_point")), call.operand("b_zero_point")
    return from_zero(call, a, left, exact) @ from_zero(call, b, right, exact)


def _matmul_integer(call: Call) -> Any:
    return _matrix_product(call, call.operand("A"), call.operand("B")).astype(np.int32)


def _qlinear_matmul(call: Call) -> Node:
    """The product of the real numbers that are meant, quantised again."""
    a, b, scale = call.operand("a"), call.operand("b"), _scale(call, "y_scale")
    ratio = _rows(_scale(call, "a_scale")) * _scale(call, "b_scale") / _rows(scale)
    zero: Any = call.operand("y_zero_point")
    return _rounded(_matrix_product(call, a, b).astype(scale.dtype) * ratio, _rows(zero), zero.dtype)


def _scale(call: Call, name: str) -> Any:
    return call.operand(name)


def _convolution(call: Call, x: Any, w: Any) -> Any:
    """The cross-correlation of what lies between x, w and their zero points, exact; beyond the edges lie zero points."""
    count = math.prod(w.shape[1:]) if all(isinstance(size, int) for size in w.shape[1:]) else None
    exact = exact_type(count)
    zero = _filters(call.operand("w_zero_point"), w)
    moved = [("X", from_zero(call, x, call.operand("x_zero_point"), exact)), ("W", from_zero(call, w, zero, exact))]
    return same(replace(call, operator="Conv", inputs=moved))


def _conv_integer(call: Call) -> Any:
    found: Any = _convolution(call, call.operand("x"), call.operand("w"))
    return found.astype(np.int32)


def _qlinear_conv(call: Call) -> Node:
    """The convolution of the real numbers that are meant, quantised again; the bias is of the scale of the products."""
    x: Any
    w: Any
    x, w = call.operand("x"), call.operand("w")
    total, bias = _convolution(call, x, w), call.operand("B")
    scales = _scale(call, "x_scale") * _scale(call, "w_scale") / _scale(call, "y_scale")
    places = (-1, *(1,) * (x.ndim - 2))
    if bias is not None:
        total = total.astype(np.float64) + OPERATIONS["Reshape"](bias, places)
    zero: Any = call.operand("y_zero_point")
    return _rounded(total.astype(np.float32) * (scales.reshape(places) if scales.ndim else scales), zero, zero.dtype)


def dynamic_product(x: Any, w: Any, scale: Any) -> Any:
    """The product of x, quantised by its own least and largest number, and of weights that lie so far from their zero point."""
    step, origin = _steps(x)
    numbers = np.clip(np.rint(x / step) + origin, 0, 255) - origin
    product: Any = numbers.astype(w.dtype) @ w
    return product.astype(x.dtype) * (step * scale)


def _dynamic_quantize(call: Call) -> tuple[Node, Node, Node]:
    """Numbers from 0 to 255 for those from the least of x, or 0, to the largest, or 0; the scale; and what stands for 0."""
    (x,) = call.operands
    step, origin = _steps(x)
    zero = origin.astype(np.uint8)
    return _rounded(x / step, zero, np.dtype(np.uint8)), step, zero


def _steps(x: Any) -> tuple[Any, Any]:
    """How far two neighbours lie apart of the 256 numbers that x is quantised to, and which of them is 0; of zeros alone, 1."""
    least, largest = np.minimum(np.min(x), 0), np.maximum(np.max(x), 0)
    width = (largest - least) / 255
    step = np.where(np.equal(width, 0), 1, width).astype(x.dtype)
    return step, np.rint(np.clip(-least / step, 0, 255))


QUANTIZED: dict[str, Callable[[Call], Node | tuple[Node, ...]]] = {
    "ConvInteger": _conv_integer,
    "DequantizeLinear": _dequantize,
    "MatMulInteger": _matmul_integer,
    "DynamicQuantizeLinear": _dynamic_quantize,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize,
}
"""What composes them, by the operator."""
