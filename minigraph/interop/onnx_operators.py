"""ONNX's operators, each composed from minigraph's operations.

Most are of the same name, operands and attributes, and need no word here: what is said below is only where the two differ.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from minigraph.errors import OperationError
from minigraph.messages import places
from minigraph.node import Constant, Node, Variable
from minigraph.nodes import OPERATIONS

__all__ = ["CALLED", "Call", "compose"]

CALLED = {"SoftmaxCrossEntropyLoss": "SoftmaxCrossEntropy"}
"""The operators that minigraph calls by another name."""


@dataclass(frozen=True)
class Call:
    """A node of an ONNX model about to be composed."""

    operator: str
    owner: str
    """How an error speaks of it: its operator and name."""
    inputs: list[tuple[str, Node | None]]
    """Each input's name in ONNX's schema with its node, or None for one that is left out."""
    given: dict[str, Any]
    defaults: dict[str, Any]
    outputs: tuple[str, ...]

    def operand(self, name: str) -> Node | None:
        """The input of that name, or None."""
        return next((node for key, node in self.inputs if key == name), None)

    @property
    def operands(self) -> list[Node]:
        """All inputs that are there."""
        return [node for _, node in self.inputs if node is not None]

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes as given, or else by default."""
        return self.defaults | self.given

    def array(self, name: str) -> Any:
        """An input whose numbers must be known before a run, as an array; None where it is left out."""
        node = self.operand(name)
        if node is None:
            return None
        if isinstance(node, Constant | Variable):
            return node.value
        if node.known is not None and all(isinstance(size, int) for size in node.known):
            return np.array(node.known if node.shape else node.known[0], node.dtype)
        raise OperationError(f"{self.owner} needs its {name} stored in the model, but {node} is computed.{places(node)}")

    def integers(self, name: str) -> tuple[int, ...] | None:
        """An input of whole numbers known before a run, as a tuple; None where it is left out."""
        array = self.array(name)
        return None if array is None else tuple(map(int, np.ravel(array)))


def compose(call: Call) -> Sequence[Node]:
    """The nodes for the outputs, as many as there are of them; an OperationError where minigraph has no such operation."""
    made = DIFFERENT.get(call.operator, same)(call)
    nodes = (made,) if isinstance(made, Node) else tuple(made)
    if any(call.outputs[len(nodes) :]):
        raise OperationError(f"{call.owner} gives {len(call.outputs)} values, of which minigraph has the first {len(nodes)}.")
    return nodes


def same(call: Call, **instead: Any) -> Node:
    """The operation of the same name, its operands in the same order.

    An input that minigraph takes as an attribute is given as one. Attributes whose value is ONNX's default may be unknown.
    """
    kind = OPERATIONS.get(CALLED.get(call.operator, call.operator))
    if kind is None:
        raise OperationError(f"minigraph has no operation for {call.owner}.")
    stored = {name: call.array(name) for name, node in call.inputs if name in kind.attributes and node is not None}
    attributes = {name: tuple(array.tolist()) if array.ndim else array.item() for name, array in stored.items()}
    attributes |= {key: value for key, value in call.attributes.items() if key in kind.attributes} | instead
    for key, value in call.given.items():
        if key not in kind.attributes and (key not in call.defaults or value != call.defaults[key]):
            raise OperationError(f"{call.owner} has {key}={value!r}, which minigraph's {kind.__name__} has not.")
    operands = [node for name, node in call.inputs if name not in kind.attributes]
    while operands and operands[-1] is None:
        operands.pop()
    if None in operands:
        raise OperationError(f"{call.owner} leaves out an input before others, which minigraph's {kind.__name__} cannot.")
    return kind(*operands, **{key: _as_declared(kind, key, value) for key, value in attributes.items()})


def _as_declared(kind: type[Node], key: str, value: Any) -> Any:
    """ONNX writes truth as a whole number."""
    return bool(value) if isinstance(kind.attributes[key], bool) else value


def _reduction(call: Call) -> Node:
    """Axes given but empty are none at all with `noop_with_empty_axes`, else all of them."""
    axes = call.integers("axes") or call.given.get("axes") or (() if call.attributes.get("noop_with_empty_axes") else None)
    given = {key: value for key, value in call.given.items() if key != "noop_with_empty_axes"}
    inputs = [(name, node) for name, node in call.inputs if name != "axes"]
    return same(replace(call, inputs=inputs, given=given), axes=axes)


def _constant(call: Call) -> Node:
    (value,) = call.given.values()
    array = np.asarray(value)
    if array.dtype.kind == "f" and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return Constant(array, dtype=array.dtype)


def _constant_of_shape(call: Call) -> Node:
    value = call.given.get("value", np.zeros(1, np.float32))
    return Constant(np.full(call.integers("input") or (), value.item(), value.dtype), dtype=value.dtype)


def _range(call: Call) -> Node:
    start, limit, delta = (call.array(name) for name in ("start", "limit", "delta"))
    return Constant(start + delta * np.arange(max(math.ceil((limit - start) / delta), 0)), dtype=start.dtype)


def _reshape(call: Call) -> Node:
    """A size of 0 stands for the size that the axis has, without `allowzero`."""
    x, sizes = call.operands[0], call.operand("shape")
    if sizes is not None and not isinstance(sizes, Constant | Variable):
        return OPERATIONS["Reshape"](x, sizes)
    shape = call.integers("shape") or ()
    kept = [x.shape[i] if size == 0 and not call.attributes.get("allowzero") else size for i, size in enumerate(shape)]
    return OPERATIONS["Reshape"](x, tuple(kept))


def _expand(call: Call) -> Node:
    """ONNX's shape broadcasts with that of x, where NumPy's must be the result's."""
    x, sizes = call.operands[0], call.operand("shape")
    if sizes is not None and not isinstance(sizes, Constant | Variable):
        return OPERATIONS["Expand"](x, sizes)
    shape = call.integers("shape") or ()
    longest = max(len(shape), x.ndim)
    ours, theirs = ((1,) * (longest - len(each)) + tuple(each) for each in (x.shape, shape))
    return OPERATIONS["Expand"](x, tuple(a if b == 1 else b for a, b in zip(ours, theirs, strict=True)))


def _shape(call: Call) -> Node:
    """A part of the shape is chosen by `start` and `end`."""
    x = call.operands[0]
    part = slice(call.given.get("start"), call.given.get("end"))
    if all(isinstance(size, int) for size in x.shape[part]):
        return Constant(np.array(x.shape[part], np.int64))
    sizes = OPERATIONS["Shape"](x)
    return sizes if part == slice(None, None) else sizes[part]


def _gather(call: Call) -> Node:
    """Sizes taken from a shape stay sizes, which are known before a run."""
    x, indices = call.operands
    if type(x) is not OPERATIONS["Shape"] or not isinstance(indices, Constant) or indices.ndim > 1:
        return same(call)
    sizes = [OPERATIONS["Size"](x.operands[0], axes=(i,)) for i in np.ravel(indices.value).tolist()]
    return OPERATIONS["Stack"](*sizes) if indices.ndim else sizes[0]


def _unsqueeze(call: Call) -> Node:
    """A size made a shape of one axis is still known before a run."""
    x = call.operands[0]
    return same(call) if x.known is None or x.ndim else OPERATIONS["Stack"](x)


def _one_hot(call: Call) -> Node:
    """Depth and the two values are operands; a negative index counts from the end, and one beyond chooses nothing."""
    indices: Any = call.operands[0]
    values: Any = call.operand("values")
    depth = int(call.array("depth").item())
    axis = call.attributes["axis"] % (indices.ndim + 1)
    classes = np.arange(depth).reshape(-1, *(1,) * (indices.ndim - axis))
    at = OPERATIONS["Unsqueeze"](indices.astype(np.int64), axes=axis)
    chosen = OPERATIONS["Equal"](OPERATIONS["Where"](OPERATIONS["Less"](at, 0), at + depth, at), classes)
    return OPERATIONS["Where"](chosen, values[1], values[0])


def _cast_like(call: Call) -> Node:
    return OPERATIONS["Cast"](call.operands[0], to=call.operands[1].dtype)


def _variadic(operation: str, mean: bool = False) -> Callable[[Call], Node]:
    """An operator of any number of operands, added up two by two."""

    def composed(call: Call) -> Node:
        total = reduce(OPERATIONS[operation], call.operands)
        return OPERATIONS["Div"](total, len(call.operands)) if mean else total

    return composed



def _argument(call: Call) -> Node:
    """Among elements that tie ONNX may be asked for the last one: the first of the elements turned round."""
    if not call.attributes.get("select_last_index"):
        return same(call)
    x: Any = call.operands[0]
    axis = call.attributes["axis"]
    given = {key: value for key, value in call.given.items() if key != "select_last_index"}
    turned = same(replace(call, inputs=[("data", np.flip(x, axis=axis))], given=given))
    return OPERATIONS["Sub"](OPERATIONS["Size"](x, axes=axis) - 1, turned)


def _top_k(call: Call) -> tuple[Node, Node]:
    """The elements and their places are two operations."""
    x, (k,) = call.operands[0], call.integers("K") or (0,)
    chosen = {"axis": call.attributes["axis"], "k": k, "largest": bool(call.attributes["largest"])}
    return OPERATIONS["TopK"](x, **chosen), OPERATIONS["ArgTopK"](x, **chosen)


def _split(call: Call) -> list[Node]:
    """Parts of the sizes given, or else all of one size but for the last, which is what is left."""
    x: Any = call.operands[0]
    axis = call.attributes["axis"]
    size, parts = x.shape[axis], call.attributes.get("num_outputs", len(call.outputs))
    if not isinstance(size, int):
        raise OperationError(f"{call.owner} splits an axis whose size is known only in a run.{places(x)}")
    sizes = call.integers("split") or [-(-size // parts)] * parts
    parted: list[Node] = np.split(x, np.cumsum(sizes)[:-1].tolist(), axis=axis)  # type: ignore[assignment]  # of a node
    return parted


def _whole(call: Call) -> Node:
    """What minigraph has for floating-point numbers alone: whole ones go through float64, exact below 2⁵³, and are cut off."""
    x = call.operands[0]
    if x.dtype.kind == "f":
        return same(call)
    inputs = [(name, None if node is None else node.astype(np.float64)) for name, node in call.inputs]
    return OPERATIONS["Cast"](same(replace(call, inputs=inputs)), to=x.dtype)


def _cross_entropy(call: Call) -> tuple[Node, ...]:
    """The classes lie along axis 1; their logarithms are the second value."""
    loss = same(call, axis=1)
    return (loss, OPERATIONS["LogSoftmax"](call.operands[0], axis=1)) if len(call.outputs) > 1 else (loss,)


def _identity(call: Call) -> Node:
    return call.operands[0]


DIFFERENT: dict[str, Callable[[Call], Node | Sequence[Node]]] = {
    **{name: _reduction for name in OPERATIONS if name.startswith("Reduce")},
    "ArgMax": _argument,
    "ArgMin": _argument,
    "CastLike": _cast_like,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Div": _whole,
    "Expand": _expand,
    "Gather": _gather,
    "Identity": _identity,
    "MaxPool": _whole,
    "Mean": _variadic("Add", mean=True),
    "OneHot": _one_hot,
    "Pow": _whole,
    "Range": _range,
    "Reshape": _reshape,
    "Shape": _shape,
    "SoftmaxCrossEntropyLoss": _cross_entropy,
    "Split": _split,
    "Sum": _variadic("Add"),
    "TopK": _top_k,
    "Unsqueeze": _unsqueeze,
}
"""How the operators are composed that differ from minigraph's operation of the same name."""
