"""What the estimators of ONNX-ML have in common: rows of features, scores of classes, and the names of these."""

from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Constant
from minigraph.core.provenance import described, places
from minigraph.interop.onnx.call import Call
from minigraph.ops import OPERATIONS

__all__ = ["classes_of", "floats", "labelled", "matrix", "rows_of", "transformed"]

POST = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")


def floats(x: Any) -> Any:
    return x if x.dtype.kind == "f" and x.dtype.itemsize > 2 else x.astype(np.float32)


def rows_of(call: Call) -> Any:
    """The first input as rows of floating-point numbers."""
    x: Any = call.operands[0]
    x = OPERATIONS["Unsqueeze"](x, axes=0) if x.ndim == 1 else x
    if x.ndim != 2:
        raise OperationError(f"{call.owner} takes rows of features, N × F, not {described(x)}.{places(x)}")
    return floats(x)


def matrix(call: Call, name: str, rows: int, columns: int) -> Any:
    """An attribute of so many numbers as a matrix."""
    numbers = np.asarray(call.attributes.get(name, ()), np.float32)
    if numbers.size != rows * columns or not numbers.size:
        raise OperationError(f"{call.owner} has {numbers.size} {name}, and takes {rows} × {columns}.\n  Export the model anew.")
    return numbers.reshape(rows, columns)


def transformed(call: Call, scores: Any) -> Any:
    """Scores as `post_transform` says: probabilities, or as they are."""
    kind = call.attributes.get("post_transform", "NONE")
    kind = POST[kind] if isinstance(kind, int) and 0 <= kind < len(POST) else kind
    if kind == "SOFTMAX_ZERO":  # what is next to 0 stays as it is
        some = np.greater(np.abs(scores), 1e-7)
        powers = np.where(some, np.exp(scores - np.max(scores, axis=-1, keepdims=True)), 0)
        return np.where(some, powers / np.sum(powers, axis=-1, keepdims=True), scores)
    known: dict[str, Any] = {
        "NONE": lambda x: x,
        "SOFTMAX": lambda x: OPERATIONS["Softmax"](x, axis=-1),
        "LOGISTIC": OPERATIONS["Sigmoid"],
    }
    if kind not in known:
        raise OperationError(f"{call.owner} has post_transform={kind!r}: {listing(POST[:4])} are read.")
    return known[kind](scores)


def classes_of(call: Call, *names: str) -> tuple[Any, ...]:
    """The names of the classes."""
    return next((call.given[name] for name in names if call.given.get(name)), ())


def labelled(call: Call, number: Any, classes: tuple[Any, ...]) -> Any:
    """The class of a number: one that is a whole number, or else the number, whose name the call remembers."""
    if all(isinstance(each, int) for each in classes):
        return number if classes in ((), (*range(len(classes)),)) else np.take(Constant(np.array(classes)), number)
    call.labels[call.outputs[0]] = classes
    return number
