"""Where a node was composed, by the line of the user's and the blocks around it, and how messages speak of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import lru_cache
from traceback import walk_tb
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.shapes import show_shape

__all__ = ["PATH", "calling_line", "composed_at", "derivative_order", "described", "places", "typed", "within"]

OWN = (os.path.dirname(os.path.dirname(__file__)) + os.sep, os.path.dirname(np.__file__) + os.sep)
"""The folders of minigraph and NumPy: a line in one of them is not the user's."""
LINE: ContextVar[str | None] = ContextVar("LINE", default=None)
"""The line of all that is composed, while `composed_at` holds."""
PATH: ContextVar[tuple[str, ...]] = ContextVar("PATH", default=())
"""The names of the blocks that are being composed, the outermost first."""
DERIVATIVES = ("", "gradient", "second derivative", "third derivative", *(f"derivative {order}" for order in range(4, 100)))
"""The blocks of what `gradient` composes, by how often the graph was differentiated."""


def described(node: Any) -> str:
    """`x (N × 3)`: a node by its name and shape."""
    return f"{node.name} ({show_shape(node.shape)})" if node.name else str(node)


def typed(value: Any) -> str:
    """`(N × 3, float32)`: the shape and element type of a node or an array."""
    return f"({show_shape(value.shape)}, {value.dtype})"


def places(*nodes: Any) -> str:
    """A line that says where each node was made, to end a message with."""
    lines = dict.fromkeys((str(node), node.line) for node in nodes if node.line)
    first, *rest = lines or [("", "")]
    return f"\n  {first[0]} was made at {first[1]}{''.join(f', {name} at {line}' for name, line in rest)}." if lines else ""


def named(kind: str, name: Any) -> str:
    """`Input 'x'`: a node as messages speak of it while it is made, or an OperationError when it cannot have that name."""
    if not isinstance(name, str) or not name:
        raise OperationError(f"The name of {kind} must be a non-empty string, not {name!r}.")
    if kind == "Input" and name == "check":  # what graph.forward takes beside the inputs
        raise OperationError(f"An input cannot be named {name!r}: graph.forward({name}=…) means something else by it.")
    return f"{kind} {name!r}"


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


def failed_rule(node: Any, rule: str, error: BaseException) -> str:
    """`Scale.forward (model.py:12)`: a rule, with the last line of the user's own, if any, that its error passed through."""
    lines = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    own = [(file, line) for file, line in lines if not file.startswith(OWN)]
    return f"{type(node).__name__}.{rule}" + (f" ({_shown(*own[-1])})" if own else "")


@lru_cache(maxsize=4096)
def _shown(file: str, line: int) -> str:
    return f"{os.path.basename(file)}:{line}"


@contextmanager
def within(variable: ContextVar[Any], value: Any) -> Iterator[None]:
    """What is composed inside finds that value in a context variable."""
    before = variable.set(value)
    try:
        yield
    finally:
        variable.reset(before)


def composed_at(line: str) -> AbstractContextManager[None]:
    """Everything composed inside has this line: a long gradient need not look for it at each of its nodes."""
    return within(LINE, line)


def derivative_order(path: tuple[str, ...]) -> int:
    """How often the graph was differentiated for a node of that path: 0 for what was composed by hand.

    >>> derivative_order(("gradient", "encoder")), derivative_order(("encoder",)), derivative_order(("derivative 4",))
    (1, 0, 4)
    """
    return DERIVATIVES.index(path[0]) if path and path[0] in DERIVATIVES else 0
