"""Views: what only looks at a value otherwise costs no copy, and a copy that cannot be spared is made into planned memory."""

from typing import Any

from minigraph.compiler.driver import Rule
from minigraph.core.node import Constant, Leaf, Node, Sizes
from minigraph.ops.arithmetic import Identity
from minigraph.ops.copies import rebuilt
from minigraph.ops.gather import Gather, ScatterAdd
from minigraph.ops.indexing import Slice
from minigraph.ops.shape import Reshape, Squeeze, Transpose, Unsqueeze

__all__ = ["IN_ORDER", "LIGHTER_VIEWS", "At", "is_view", "of_all_steps"]

IN_ORDER = (Reshape, Squeeze, Unsqueeze)
"""The operations that show elements, in the order in which they are, in another shape."""


class At(Node):
    """The elements at one place of an axis, as a view: `x[:, 2]`. Where the axis has this place is known."""

    place: int
    axis: int = 0
    moves_elements = True

    def forward(self, x: Any, out: Any = None) -> Any:
        only = () if self.ndim else (...,)  # of a single element NumPy would give a number, and no view
        return x[(*[slice(None)] * self.axis, self.place, *only)]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axis that it takes away, as a slice has its axes."""
        return (self.axis,)

    def infer(self, x: Any) -> tuple[Any, Any]:
        return x.shape[: self.axis] + x.shape[self.axis + 1 :], x.dtype


def view_of_one(node: Any) -> Node | None:
    """What is taken at one place, a number, is a view and no copy.

    >>> import minigraph as mg
    >>> view_of_one(mg.Input("x", ("N", 4))[:, 2])
    At (N, float32)
    """
    if type(node) is not Gather or node.operands[0].known is not None:
        return None
    x, place = node.operands
    size = x.shape[node.axis]
    if not isinstance(place, Constant) or place.ndim or not isinstance(size, int) or not -size <= place.value < size:
        return None
    return At(x, place=int(place.value) % size, axis=node.axis)


def order_of_indices(node: Any) -> Node | None:
    """The rows of a table, whose places are then arranged otherwise, are taken in that order: so they lie in memory in order.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> words = mg.Input("words", ("N", 5), dtype=np.int64)
    >>> outline(order_of_indices(mg.Parameter("table", np.ones((50, 8)))[words].transpose(1, 0, 2)))
    'Gather(table, Transpose(words))'
    """
    taken: Any = node.operands[0] if type(node) is Transpose else None
    if type(taken) is not Gather or taken.axis:
        return None
    table, indices = taken.operands
    order, rank = node.perm or tuple(reversed(range(node.ndim))), indices.ndim
    if order[rank:] != tuple(range(rank, node.ndim)):
        return None
    return Gather(table, Transpose(indices, perm=order[:rank]))


def order_of_updates(node: Any) -> Node | None:
    """Rows that are added up by their places, and arranged otherwise before, are added up in the order in which they lie.

    >>> import numpy as np
    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> words, rows = mg.Input("words", ("N", 5), dtype=np.int64), mg.Input("rows", (5, "N", 8))
    >>> outline(order_of_updates(mg.ScatterAdd(rows.transpose(1, 0, 2), words, (50, 8))))
    'ScatterAdd(rows, Transpose(words), Constant (2))'
    """
    arranged: Any = node.operands[0] if type(node) is ScatterAdd and not node.axis else None
    if type(arranged) is not Transpose:
        return None
    order, rank = arranged.perm or tuple(reversed(range(arranged.ndim))), node.operands[1].ndim
    if order[rank:] != tuple(range(rank, arranged.ndim)):
        return None
    back = tuple(order.index(axis) for axis in range(rank))
    return ScatterAdd(arranged.operands[0], Transpose(node.operands[1], perm=back), node.operands[2])


def laid_in_order(node: Any) -> Node | None:
    """What is seen in another order of its axes, and then in another shape, is copied in that order, into memory of its own.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(laid_in_order(mg.Input("x", ("N", 2, 3)).transpose(1, 0, 2).reshape(2, -1)).operands[0])
    'Identity(Transpose(x))'
    """
    if type(node) is not Reshape or node.known is not None:
        return None
    base = seen = node.operands[0]
    while type(base) in IN_ORDER:
        base = base.operands[0]
    return rebuilt(node, [Identity(seen), *node.operands[1:]]) if type(base) in (Transpose, Slice, At) else None


LIGHTER_VIEWS: tuple[Rule, ...] = (view_of_one, order_of_indices, order_of_updates, laid_in_order)


def is_view(node: Any) -> bool:
    """Whether a node only looks at its first operand, in a way that `of_all_steps` can do for all steps of a loop at once."""
    if isinstance(node, Leaf) or node.known is not None or any(operand.known is None for operand in node.operands[1:]):
        return False
    return type(node) in (Transpose, At, *IN_ORDER) or (type(node) is Slice and len(node.operands) == 1)


def of_all_steps(node: Any, values: Node) -> Node:
    """What a view of one step's value is of the values of all steps, which lie along the first axis.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 6))
    >>> of_all_steps(x[:, 2:4], mg.Input("xs", ("T", "N", 6)))
    Slice (T × N × 2, float32)
    """
    if type(node) is Transpose:
        order = node.perm or tuple(reversed(range(node.ndim)))
        return Transpose(values, perm=(0, *(axis + 1 for axis in order)))
    if type(node) is At:
        return At(values, place=node.place, axis=node.axis + 1)
    if type(node) is Slice:
        axes = tuple(axis + 1 for axis in node.axes or ())
        return Slice(values, starts=node.starts, ends=node.ends, axes=axes, steps=node.steps)
    return Reshape(values, Sizes((values.shape[0], *node.shape)))
