"""A node's two rules, called on whatever its operands are; what goes wrong in one is told with its line and the node's."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.axes import Shape, show_shape
from minigraph.copies import in_single
from minigraph.errors import InputError, MinigraphError, RuleError, listing
from minigraph.messages import places, rule_line, typed
from minigraph.node import Node
from minigraph.values import wide, widened

__all__ = ["as_shares", "compute", "misfit", "passed_back", "shares_of", "unbroadcast"]

ARRAYS = (np.ndarray, np.generic)
REMEDY = "\n  To be read with nodes a rule keeps to operators and functions that are operations, with np.where for `if`."


def compute(node: Node, operands: list[Any]) -> Any:
    """A node's value; what goes wrong in its rule is told with the rule's line and the node's.

    In half precision the rule computes in float32, and its value is rounded once.
    """
    half = node.dtype.char == "e"
    try:
        if node.validates:
            node.validate(*operands)
        value = node.forward(*map(widened, operands)) if half else node.forward(*operands)
        if not isinstance(value, ARRAYS):
            value = _as_value(node, value)
        if half and value.dtype == wide(node.dtype):
            value = value.astype(node.dtype)
    except (MinigraphError, MemoryError):
        raise
    except Exception as error:
        kind = InputError if isinstance(error, IndexError) and node.selectors else RuleError
        shapes = listing(show_shape(np.shape(operand)) for operand in operands)
        raise kind(
            f"{type(node).__name__}.forward{rule_line(error)} failed on operands of {shapes}: {error}{places(node)}"
        ) from error
    if value.dtype != node.dtype or len(value.shape) != len(node.shape):
        raise misfit(node, value)
    return value


def misfit(node: Node, value: Any) -> RuleError:
    """A value that is not of the shape or type that was inferred for it."""
    return RuleError(
        f"{type(node).__name__}.forward gave a value {typed(value)} where its infer says {typed(node)}.{places(node)}\n"
        "  Mend the rule, or say in infer(self, x, …) what shape and type it gives."
    )


def _as_value(node: Node, value: Any) -> Any:
    if value is None:
        raise RuleError(f"{type(node).__name__}.forward gave None: does it return its value?{places(node)}")
    return np.asarray(value, node.dtype)


def shares_of(node: Node, gradient: Any, y: Any, operands: Sequence[Any]) -> tuple[Any, ...]:
    """What the node's rule gives each operand; what goes wrong in the rule is told with its line and the node's."""
    try:
        return as_shares(node, node.backward(gradient, y, *operands))
    except (RuleError, MemoryError):
        raise
    except Exception as error:
        does, remedy = ("cannot be read with nodes", REMEDY) if isinstance(y, Node) else ("failed", "")
        raise RuleError(f"{type(node).__name__}.backward{rule_line(error)} {does}: {error}{places(node)}{remedy}") from error


def passed_back(node: Node, gradient: Any, y: Any, operands: Sequence[Any]) -> tuple[Any, ...]:
    """What reverse mode gives each operand: what the rule gives, which in half precision computes in float32.

    The value that such a rule is given is not the rounded one: e^y is far from the power where y was rounded.
    """
    if node.dtype.char != "e" and all(operand.dtype.char != "e" for operand in node.operands):
        return shares_of(node, gradient, y, operands)
    values = [widened(operand) for operand in operands]
    symbolic = isinstance(y, Node)
    single = in_single(node, values if symbolic else node.operands)
    return shares_of(single, widened(gradient), single if symbolic else single.forward(*values), values)


def as_shares(node: Node, shares: Any) -> tuple[Any, ...]:
    """What a backward rule returned, one share an operand; a rule of one operand may return its share alone."""
    each: tuple[Any, ...] = shares if isinstance(shares, tuple) else (shares,)
    if len(each) != len(node.operands):
        raise RuleError(
            f"{type(node).__name__}.backward gave {len(each)} gradient{'s' * (len(each) != 1)} for {len(node.operands)} "
            f"operands: it must give a tuple with one for each, None for one that takes none.{places(node)}"
        )
    return each


def unbroadcast(share: Any, operand: Any, node: Node) -> Any:
    """The share summed over the axes along which its operand was broadcast, so that it has the operand's shape.

    A gradient of half precision may be in float32, in which it is carried.
    """
    found: Shape | None = getattr(share, "shape", None)
    if found == operand.shape and _typed_as(operand, share):
        return share
    if found is not None:
        share = _summed(share, operand.shape)
    if found is None or share.shape != operand.shape or not _typed_as(operand, share):
        gave = f"{share!r}" if found is None else f"a gradient {typed(share)}"
        raise RuleError(
            f"{type(node).__name__}.backward gave {gave} for an operand {typed(operand)}: give an array of that type, and of "
            f"that shape or one that broadcasting made of it.{places(node)}"
        )
    return share


def _typed_as(operand: Any, share: Any) -> bool:
    return bool(share.dtype == operand.dtype or share.dtype == wide(operand.dtype))


def _summed(share: Any, shape: Shape) -> Any:
    new = len(share.shape) - len(shape)
    if share.shape == (1,) * new + shape:
        return share.reshape(shape)  # there is nothing to add up
    if new > 0:
        share = share.sum(axis=tuple(range(new)))
    if new < 0 or share.shape == shape:
        return share
    repeated = tuple(i for i, axis in enumerate(shape) if axis == 1 and share.shape[i] != 1)
    return share.sum(axis=repeated, keepdims=True) if repeated else share
