"""How messages speak of nodes, by name, shape and the line that made them, and what is said when composing is refused."""

import math
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from traceback import walk_tb
from typing import Any, Protocol

import numpy as np

from minigraph.core.errors import DTypeError, OperationError, RuleError, ShapeError, listing, nearest
from minigraph.core.shapes import Shape, show_shape

__all__ = [
    "attributes_refused",
    "calling_line",
    "described",
    "composed_at",
    "named",
    "not_broadcast",
    "not_floating",
    "not_inferred",
    "operands_refused",
    "places",
    "rule_line",
    "typed",
    "types_mixed",
]

OWN = (os.path.dirname(os.path.dirname(__file__)) + os.sep, os.path.dirname(np.__file__) + os.sep)
"""The folders of minigraph and NumPy: a line in one of them is not the user's."""

OPTIONS = frozenset({"check"})
"""What `graph.forward` takes beside the inputs."""

LINE: ContextVar[str | None] = ContextVar("LINE", default=None)
"""Where everything is said to be made, while `composed_at` holds."""


class Made(Protocol):
    """What a message needs to know of a node."""

    name: str | None
    shape: Shape
    dtype: np.dtype[Any]
    line: str


def described(node: Made) -> str:
    """`x (N × 3)`: a node by its name and shape."""
    return f"{node.name} ({show_shape(node.shape)})" if node.name else str(node)


def typed(value: Any) -> str:
    """`(N × 3, float32)`: the shape and element type of a node or an array."""
    return f"({show_shape(value.shape)}, {value.dtype})"


def places(*nodes: Made) -> str:
    """A line that says where each node was made, to end a message with."""
    made = dict.fromkeys((str(node), node.line) for node in nodes if node.line)
    first, *rest = made or [("", "")]
    return f"\n  {first[0]} was made at {first[1]}{''.join(f', {name} at {line}' for name, line in rest)}." if made else ""


@contextmanager
def composed_at(line: str) -> Iterator[None]:
    """Everything composed inside was made at this line: a long gradient need not look for it at each of its nodes."""
    kept = LINE.set(line)
    try:
        yield
    finally:
        LINE.reset(kept)


def calling_line() -> str:
    """`model.py:12`, the nearest line that is not minigraph's own or NumPy's."""
    known = LINE.get()
    if known is not None:
        return known
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(OWN):
        if frame.f_back is None:
            return ""
        frame = frame.f_back
    return _shown(frame.f_code.co_filename, frame.f_lineno)


def rule_line(error: BaseException) -> str:
    """ " (model.py:12)", the last line of the user's own that an error passed through, or nothing when there is none."""
    lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in lines if not file.startswith(OWN)]
    return f" ({_shown(*own[-1])})" if own else ""


@lru_cache(maxsize=4096)
def _shown(file: str, line: int) -> str:
    return f"{os.path.basename(file)}:{line}"


def named(kind: str, name: Any) -> str:
    """`Input 'x'`: a node as messages speak of it while it is made, or an OperationError when it cannot have that name."""
    if not isinstance(name, str) or not name:
        raise OperationError(f"The name of {kind} must be a non-empty string, not {name!r}.")
    if kind == "Input" and name in OPTIONS:
        raise OperationError(f"An input cannot be named {name!r}: graph.forward({name}=…) means something else by it.")
    return f"{kind} {name!r}"


def attributes_refused(kind: type, given: Collection[str], known: Mapping[str, Any], required: Iterable[str]) -> OperationError:
    """An attribute that the operation does not have, or one that it lacks."""
    for key in sorted(set(given) - known.keys()):
        takes = f"it has {listing(known)}" if known else "it has none"
        return OperationError(f"{kind.__name__} has no attribute {key!r}; {takes}.{nearest(key, known)}")
    missing = min(set(required) - set(given))
    return OperationError(f"{kind.__name__} needs its attribute {missing!r}: {kind.__name__}(…, {missing}=…).")


def operands_refused(kind: type, found: int, names: tuple[str, ...], arity: tuple[int, float]) -> OperationError | RuleError:
    """More or fewer operands than the operation takes."""
    if not names:
        return RuleError(f"{kind.__name__} has no rule for its value: define forward(self, x, …, out=None).")
    least, most = arity
    counts = f"{least}" if least == most else f"{least} to {most}" if most < math.inf else f"at least {least}"
    plural = "s" if counts != "1" else ""
    return OperationError(f"{kind.__name__} takes {counts} operand{plural} ({', '.join(names)}), not {found}.")


def types_mixed(kind: type, nodes: Collection[Made]) -> DTypeError:
    """Operands of two floating types."""
    found = listing(f"{node} is {node.dtype}" for node in nodes)
    return DTypeError(f"{kind.__name__} cannot mix floating types: {found}.{places(*nodes)}\n  Convert one with .astype(…).")


def not_floating(kind: type, node: Made) -> DTypeError:
    """Whole numbers where the operation takes floating-point numbers."""
    return DTypeError(
        f"{kind.__name__} takes floating-point numbers, but {node} is {node.dtype}.{places(node)}"
        "\n  Convert it with .astype(np.float32)."
    )


def booleans_refused(kind: type, node: Made) -> DTypeError:
    """Booleans where the operation takes numbers."""
    return DTypeError(
        f"{kind.__name__} takes numbers, but {node} is bool.{places(node)}"
        "\n  Convert it with .astype(np.int64), or use the logical operations: ~a, a & b, a | b and a ^ b."
    )


def not_broadcast(kind: type, operands: Collection[Made]) -> ShapeError:
    """Shapes that do not broadcast together."""
    return ShapeError(
        f"{kind.__name__} cannot broadcast {listing(map(described, operands))} together: counted from the last, two axes "
        f"must be equal or one of them 1.{places(*operands)}"
    )


def not_inferred(kind: type, operands: Collection[Made], attributes: Mapping[str, Any], error: Exception) -> OperationError:
    """An `infer` that failed, because of an attribute it cannot use or of a slip of its own."""
    given = "".join(f", {key}={value!r}" for key, value in attributes.items())
    return OperationError(
        f"{kind.__name__}.infer{rule_line(error)} failed on {listing(map(described, operands))}{given}: {error}"
        f"{places(*operands)}"
    )
