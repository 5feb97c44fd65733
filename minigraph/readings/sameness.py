"""When two nodes are known to compute the same, and when a node only moves elements: asked by whoever takes one for another.

Common-subexpression elimination, the repeated parts of a picture and the names of a derivation ask here.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from minigraph.core.leaves import Input
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.core.rewriting import topological_order

__all__ = ["computed", "frozen", "moved_operand", "operation", "signature", "structure"]

PLAIN = frozenset({bool, int, str, bytes, type(None), type(Ellipsis), type})
"""The types of which equal values are the same value."""
OF_NO_EFFECT = frozenset({"name", "line", "block", "operands"})
"""What a node holds that its value does not depend on, and the operands."""


def operation(node: Node) -> Hashable:
    """What a node does to its operands: equal for two nodes only if they are known to compute the same from equal operands.

    It is made of the class and of all that the node holds, whether declared as an attribute or set in an `__init__`. A
    constant is its numbers, sizes are those of their axes, and every other leaf is the same as itself alone.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> operation(mg.Softmax(x)) == operation(mg.Softmax(2 * x)), operation(mg.Softmax(x)) == operation(mg.Softmax(x, axis=0))
    (True, False)
    """
    if isinstance(node, Constant):
        return Constant, frozen(node.value)
    if isinstance(node, Sizes):
        return Sizes, node.sizes, node.shape
    if isinstance(node, Leaf):
        return node
    state = {key: getattr(node, key) for key in node.attributes} | vars(node)  # a default need not be given to be the same
    return type(node), frozenset((key, frozen(value)) for key, value in state.items() if key not in OF_NO_EFFECT)


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


def structure(order: Sequence[Node], outputs: Iterable[Node], known: Mapping[Node, Hashable]) -> Hashable:
    """Equal for two graphs only if they are known to compute the same of what is `known`, each node as what is told of it.

    >>> import minigraph as mg
    >>> from minigraph.core.rewriting import topological_order
    >>> def of(x, y):
    ...     return structure(topological_order([y]), [y], {x: "x"})
    >>> x, z = mg.Input("x", ()), mg.Input("z", ())
    >>> of(x, x * 2 + x) == of(z, z * 2 + z), of(x, x * 2 + x) == of(z, z * 2 + 1)
    (True, False)
    """
    index = {node: i for i, node in enumerate(order)}
    nodes = [
        known[node] if node in known else (operation(node), tuple([index[operand] for operand in node.operands]))
        for node in order
    ]
    return tuple(nodes), tuple([index[node] for node in outputs])


def computed(node: Node, known: Callable[[Node], Hashable]) -> Hashable:
    """Equal for two nodes only if they are known to compute the same of other nodes, down to those that `known` says."""

    def of(each: Node) -> Hashable:
        return known(each) if each is not node else None

    order = topological_order([node], operands=lambda each: () if of(each) else each.operands)
    return structure(order, [node], {each: what for each in order if (what := of(each))})


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


def frozen(value: Any) -> Hashable:
    """A key that is equal for two values only if they are known to be the same: in type, and bit by bit.

    An object of any other kind is the same as itself alone.

    >>> frozen([1, 2.0]) == frozen([1, 2.0]), frozen(1) == frozen(True), frozen(0.0) == frozen(-0.0)
    (True, False, False)
    """
    kind = type(value)
    if kind in PLAIN or isinstance(value, type | np.dtype):
        return kind, value
    if kind in (float, complex):
        return kind, repr(value)
    if (kind is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
        return kind, value.dtype, value.shape, value.tobytes()
    if kind in (tuple, list):
        return kind, *map(frozen, value)
    if kind in (set, frozenset):
        return kind, frozenset(map(frozen, value))
    if kind is dict:
        return kind, *((frozen(key), frozen(each)) for key, each in value.items())
    if hasattr(value, "fields"):  # the body of a scan, a graph of inputs of its own
        inputs: dict[Node, Hashable] = {
            node: (i, node.shape, node.dtype) for i, node in enumerate(value.nodes) if isinstance(node, Input)
        }
        return kind, structure(value.nodes, chain(*value.fields), inputs), tuple(map(len, value.fields))
    if kind is slice:
        return kind, frozen(value.start), frozen(value.stop), frozen(value.step)
    return Identity(value)


@dataclass(frozen=True, eq=False)
class Identity:
    """An object as a key: equal to a key of the very same object, which it keeps alive, and to nothing else."""

    of: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.of is self.of

    def __hash__(self) -> int:
        return id(self.of)
