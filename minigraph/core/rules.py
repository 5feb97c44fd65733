"""A node's two rules, called on whatever its operands are. What goes wrong in one is raised with its line and the node's."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from minigraph.core.errors import InputError, MinigraphError, RuleError, UnreadableRuleError, listing
from minigraph.core.node import Constant, Node
from minigraph.core.numpy_protocol import COMPOSED_BY
from minigraph.core.provenance import failed_rule, places, typed, within
from minigraph.core.rewriting import in_single
from minigraph.core.shapes import Shape, show_shape
from minigraph.core.values import ARRAYS, FLOATING, wide, widened

__all__ = ["compute", "contributions", "misfit", "node_vjp", "read_only", "summed"]

NOTHING = nullcontext()
REMEDY = "\n  To be read with nodes a rule keeps to operators and functions that are operations, with np.where for `if`."


def compute(node: Node, operands: list[Any]) -> Any:
    """A node's value. In half precision the rule computes in float32, and its value is rounded once."""
    half = node.dtype.char == "e"
    try:
        if node.validates:
            node.validate(*operands)
        given = [widened(operand) for operand in operands] if half else operands
        value = node.forward(*(given if node.trusted else read_only(given)))
        if value is None:
            raise RuleError(f"{type(node).__name__}.forward gave None: does it return its value?{places(node)}")
        if not isinstance(value, ARRAYS):
            value = np.asarray(value, node.dtype)
        if half and value.dtype == np.float32:
            value = value.astype(node.dtype)
    except (MinigraphError, MemoryError):
        raise
    except Exception as error:
        kind = InputError if isinstance(error, IndexError) and node.selectors else RuleError
        shapes = listing(show_shape(np.shape(operand)) for operand in operands)
        rule = failed_rule(node, "forward", error)
        raise kind(f"{rule} failed on operands of {shapes}: {error}{places(node)}{_remedy(error)}") from error
    if value.dtype != node.dtype or len(value.shape) != len(node.shape):
        raise misfit(node, value)
    return value


def misfit(node: Node, value: Any) -> RuleError:
    """A value that is not of the shape or type that was inferred for it."""
    why = f"{type(node).__name__}.forward gave a value {typed(value)} where its infer says {typed(node)}.{places(node)}"
    return RuleError(f"{why}\n  Mend the rule, as by .astype(x.dtype) for its type, or say in infer(self, x, …) what it gives.")


def node_vjp(node: Node, gradient: Any, y: Any, operands: Sequence[Any], needed: Sequence[bool] = ()) -> list[Any]:
    """The vector-Jacobian product of one node: its gradient contribution to each operand, in the operand's shape.

    `gradient` is the cotangent of its value `y`; all are arrays, or all are nodes. A contribution is None for an operand that
    takes none: labels, indices and constants, and all but those `needed`, if it is said which are. A rule that runs on numbers
    alone, and is given nodes, is an UnreadableRuleError.
    """
    needed = needed or [not isinstance(operand, Constant) for operand in node.operands]
    try:
        given = (gradient, y, *operands) if node.trusted else read_only((gradient, y, *operands))
        with within(FLOATING, y.dtype) if isinstance(y, Node) and y.dtype.kind == "f" else NOTHING:
            found = node.backward(*given)
        parts = found if isinstance(found, tuple) else (found,)
        if len(parts) != len(operands):
            why = f"gave {len(parts)} gradient{'s' * (len(parts) != 1)} for {len(operands)} operands: it must give a tuple with"
            raise RuleError(f"{type(node).__name__}.backward {why} one for each, None for one that takes none.{places(node)}")
        return [
            None if part is None or not wanted else _unbroadcast(part() if callable(part) else part, operand, node)
            for part, operand, wanted in zip(parts, operands, needed)  # noqa: B905 - they are as many, as just checked
        ]
    except (RuleError, MemoryError):
        raise
    except Exception as error:
        rule, kind = failed_rule(node, "backward", error), InputError if isinstance(error, InputError) else RuleError
        if isinstance(y, Node):
            raise UnreadableRuleError(f"{rule} cannot be read with nodes: {error}{places(node)}{REMEDY}") from error
        raise kind(f"{rule} failed: {error}{places(node)}{_remedy(error)}") from error


def contributions(node: Node, gradient: Any, y: Any, operands: Sequence[Any], needed: Sequence[bool] = ()) -> list[Any]:
    """What the node's rule gives for each operand, or None for one that takes none: arrays from arrays, nodes from nodes.

    A rule that cannot be read with nodes gives nodes that call it as it is; see ops/opaque.py. In half precision a rule
    computes in float32, and gives that.
    """
    if "e" in [node.dtype.char, *[operand.dtype.char for operand in node.operands]]:  # e^y of a rounded y would be far off
        operands, composing = [widened(operand) for operand in operands], isinstance(y, Node)
        node = in_single(node, operands if composing else node.operands)
        gradient, y = widened(gradient), node if composing else compute(node, operands)
    try:
        return node_vjp(node, gradient, y, operands, needed)
    except UnreadableRuleError as error:
        parts: Any = COMPOSED_BY[node_vjp](node, gradient, error)
        return list(parts)


def _unbroadcast(part: Any, operand: Any, node: Node) -> Any:
    """The contribution summed over the axes along which its operand was broadcast; of half precision it may be float32."""
    found: Shape | None = getattr(part, "shape", None)
    if found is not None and found != operand.shape:
        part = summed(part, operand.shape)
    fits = found is not None and part.shape == operand.shape
    if fits and (part.dtype == operand.dtype or part.dtype == wide(operand.dtype)):
        return part
    gave = f"{part!r}" if found is None else f"a gradient {typed(part)}"
    why = f"gave {gave} for an operand {typed(operand)}: give an array of that type, as .astype(x.dtype) does, and of that"
    raise RuleError(f"{type(node).__name__}.backward {why} shape or one that broadcasting made of it.{places(node)}")


def summed(part: Any, shape: Shape) -> Any:
    """A gradient contribution summed over the axes along which its operand, of this shape, was broadcast."""
    new = len(part.shape) - len(shape)
    if part.shape == (1,) * new + shape:
        return part.reshape(shape)  # there is nothing to add up
    if new > 0:
        part = part.sum(axis=tuple(range(new)))
    if new < 0 or part.shape == shape:
        return part
    repeated = tuple(i for i, axis in enumerate(shape) if axis == 1 and part.shape[i] != 1)
    return part.sum(axis=repeated, keepdims=True) if repeated else part


def read_only(given: Iterable[Any]) -> list[Any]:
    """What a rule of a user's is given: an array as a view that cannot be written into, since others read it too."""
    views = [each.view() if isinstance(each, np.ndarray) else each for each in given]
    for view in views:
        if isinstance(view, np.ndarray):
            view.flags.writeable = False
    return views


def _remedy(error: Exception) -> str:
    """What to do about a rule that writes into what it was given."""
    written = "read-only" in str(error)
    return "\n  Others read what a rule is given: write into a copy of it, as in g = gradient.copy()." if written else ""
