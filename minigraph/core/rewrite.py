"""Nodes like others: the same, with other operands, with something else changed, and whole graphs of them."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minigraph.core.name_scope import PATH
from minigraph.core.node import Constant, Leaf, Node
from minigraph.core.values import as_array, frozen, wide

__all__ = ["altered", "copied", "in_single", "moved_operand", "operation", "rebuilt", "signature", "substituted"]

OF_NO_EFFECT = frozenset({"name", "line", "block", "operands"})
"""What a node holds that its value does not depend on, and the operands."""


def operation(node: Node) -> Hashable:
    """What a node does to its operands: equal for two nodes only if they are known to compute the same from equal operands.

    It is made of the class and of all that the node holds, whether declared as an attribute or set in an `__init__`. A
    constant is its numbers, and every other leaf is the same as itself alone.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> operation(mg.Softmax(x)) == operation(mg.Softmax(2 * x)), operation(mg.Softmax(x)) == operation(mg.Softmax(x, axis=0))
    (True, False)
    """
    if isinstance(node, Constant):
        return Constant, frozen(node.value)
    if isinstance(node, Leaf):
        return node
    held = {key: getattr(node, key) for key in node.attributes} | vars(node)  # a default need not be given to be the same
    return type(node), frozenset((key, frozen(value)) for key, value in held.items() if key not in OF_NO_EFFECT)


def signature(node: Node) -> Hashable:
    """Equal for two nodes only if they are known to have the same value: the same operation on the very same operands.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> signature(x + 1) == signature(x + 1)  # two constants
    False
    >>> one = mg.Constant(1.0)
    >>> signature(x + one) == signature(x + one)
    True
    """
    return operation(node), node.operands


def moved_operand(node: Node) -> Node | None:
    """The operand whose elements the value holds, in other places, in another shape or of another type; None for any other.

    An operation says so by its class attribute `moves_elements`. One of a user's own need not: its `forward` is read with
    nodes, and moves elements where it is composed of such operations alone.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> moved_operand(x.T), moved_operand(2 * x)
    (Input 'x' (N × 2, float32), None)
    """
    if node.moves_elements:
        return node.operands[0]
    if node.trusted:
        return None
    try:
        inner = node.forward(*node.operands)
    except Exception:  # a rule that runs on numbers alone does not show what it does
        return None
    while isinstance(inner, Node) and inner not in node.operands:
        inner = moved_operand(inner) if type(inner) is not type(node) else None
    return inner if isinstance(inner, Node) else None


def altered(node: Node, kind: type[Node] | None = None, **changes: Any) -> Any:
    """A node like another but for what is changed, of another kind if one is given. Nothing is inferred or checked anew."""
    made = kind or type(node)
    copy = made.__new__(made)
    vars(copy).update(vars(node), **changes)
    return copy


def rebuilt(node: Node, operands: Sequence[Node]) -> Node:
    """The same operation on other operands of the same shapes and types, or the node itself where these are its own."""
    if all(new is old for new, old in zip(operands, node.operands, strict=True)):
        return node
    copy: Node = altered(node, operands=tuple(operands))
    return copy


def substituted(
    outputs: Iterable[Node], known: Mapping[Node, Node], reads: Mapping[Node, Sequence[Node]] | None = None
) -> dict[Node, Node]:
    """For the outputs, and all that they need, the same with some values `known` as other nodes.

    `reads` are operands that some nodes have instead of their own; they are replaced in turn.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ()), mg.Input("y", ())
    >>> z = mg.Tanh(x)
    >>> substituted([z], {x: y})[z].operands
    (Input 'y' (scalar, float32),)
    """
    instead = reads or {}
    done = dict(known)
    pending = list(outputs)
    while pending:
        node = pending[-1]
        operands = instead.get(node, node.operands)
        waiting = [] if node in done else [operand for operand in operands if operand not in done]
        pending += waiting
        if not waiting:
            pending.pop()
            if node not in done:
                done[node] = rebuilt(node, [done[operand] for operand in operands])
    return done


def copied(order: Iterable[Node], dtype_of: Callable[[Any], np.dtype[Any]]) -> dict[Node, Node]:
    """Each node of a topological order copied, its element types mapped by `dtype_of`."""
    copies: dict[Node, Node] = {}
    for node in order:
        copy = copies[node] = altered(node, operands=tuple(copies[operand] for operand in node.operands))
        copy.dtype = dtype_of(node.dtype)
        if isinstance(node, Constant):  # rounded anew: the 0.1 of a float32 graph is 0.1 in double precision, not 0.10000000149
            copy.value = np.array(as_array(node.given, copy.dtype, f"The constant {node}"))
            continue
        _convert_state(copy, dtype_of)
    return copies


def in_single(node: Node, operands: Sequence[Node]) -> Node:
    """An operation of half precision as it is computed: in float32, on its operands in float32. It has no name of its own."""
    copy: Node = altered(node, operands=tuple(operands), name=None, block=PATH.get())
    _convert_state(copy, wide)
    return copy


def _convert_state(copy: Node, dtype_of: Callable[[Any], np.dtype[Any]]) -> None:
    """Map the element types among a node's own attributes, its own included, and those of its arrays."""
    for key, value in tuple(vars(copy).items()):
        if isinstance(value, np.dtype):
            setattr(copy, key, dtype_of(value))
        elif isinstance(value, np.ndarray):
            setattr(copy, key, np.array(as_array(value, dtype_of(value.dtype), str(copy))))
