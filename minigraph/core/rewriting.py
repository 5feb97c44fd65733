"""The walk of a graph, and a node like another: of another type, or with something else changed."""

from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from minigraph.core.node import Node
from minigraph.core.provenance import PATH
from minigraph.core.values import as_array, wide

__all__ = ["altered", "convert_state", "in_single", "topological_order"]

Item = TypeVar("Item", bound=Hashable)


def topological_order(
    outputs: Iterable[Item], known: Container[Item] = (), operands: Callable[[Item], Sequence[Item]] = attrgetter("operands")
) -> list[Item]:
    """Every node that the outputs depend on, operands before what uses them; not those `known`, nor what only they depend on.

    It is a depth-first search, in postorder; `operands` gives what a node, or any other thing, depends on.

    >>> import minigraph as mg
    >>> x, y = mg.Input("x", ()), mg.Input("y", ())
    >>> topological_order([mg.Tanh(x) + y], known={x})
    [Tanh (scalar, float32), Input 'y' (scalar, float32), Add (scalar, float32)]
    """
    order: list[Item] = []
    seen: set[Item] = set()
    pending = [(output, False) for output in reversed(list(outputs))]
    while pending:
        node, operands_done = pending.pop()
        if operands_done:
            order.append(node)
        elif node not in seen and node not in known:
            seen.add(node)
            pending.append((node, True))
            pending.extend((operand, False) for operand in reversed(operands(node)))
    return order


def altered(node: Node, kind: type[Node] | None = None, **changes: Any) -> Any:
    """A node like another but for what is changed, of another kind if one is given. Nothing is inferred or checked anew."""
    new = kind or type(node)
    copy = new.__new__(new)
    vars(copy).update(vars(node), **changes)
    return copy


def in_single(node: Node, operands: Sequence[Node]) -> Node:
    """An operation of half precision as it is computed: in float32, on its operands in float32. It has no name of its own."""
    copy: Node = altered(node, operands=tuple(operands), name=None, block=PATH.get())
    convert_state(copy, wide)
    return copy


def convert_state(copy: Node, dtype_of: Callable[[Any], np.dtype[Any]]) -> None:
    """Map the element types among a node's own attributes, its own included, and those of its arrays."""
    for key, value in tuple(vars(copy).items()):
        if isinstance(value, np.dtype):
            setattr(copy, key, dtype_of(value))
        elif isinstance(value, np.ndarray):
            setattr(copy, key, np.array(as_array(value, dtype_of(value.dtype), str(copy))))
        elif hasattr(value, "converted"):  # the body of a scan
            setattr(copy, key, value.converted(dtype_of))
