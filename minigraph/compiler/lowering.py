"""Lowering: a graph as primitives, of which each is one call of NumPy, and what is the same computed once.

A rule that does more than NumPy can say for nodes (Python's own control flow, a function that is no operation of minigraph)
stays as it is, and the program calls it as it is.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from minigraph.compiler.checkpointing import Later
from minigraph.compiler.driver import Rule, rewritten
from minigraph.compiler.primitives import LIGHTER_CALLS, MaskedSum
from minigraph.compiler.simplification import SIMPLIFICATIONS, one_more_than_erf
from minigraph.compiler.views import LIGHTER_VIEWS, At
from minigraph.core.node import Leaf, Node, Sizes
from minigraph.core.rewriting import altered, in_single, topological_order
from minigraph.core.shapes import Shape
from minigraph.core.values import widened
from minigraph.ops.norms import Largest
from minigraph.ops.shape import Reshape
from minigraph.readings import expand
from minigraph.readings.sameness import signature

__all__ = ["lowered", "reshaped", "static_sizes"]


def lowered(outputs: Iterable[Node], lighter: Sequence[Rule] = LIGHTER_CALLS) -> dict[Node, Node]:
    """For every node that the outputs depend on, the primitive or leaf that has its value; of those, the `lighter` ones.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> x = mg.Input("x", ("N", 2))
    >>> y = mg.Swish(x)
    >>> outline(lowered([y])[y])
    'Mul(x, Div(1, Add(1, Exp(Neg(x)))))'
    """
    rules = *SIMPLIFICATIONS, *lighter, *LIGHTER_VIEWS, static_sizes, common_subexpressions(), expanded
    return rewritten(outputs, *rules, before=(one_more_than_erf,))


def reshaped(x: Node, shape: Shape) -> Node:
    """The same elements in another shape, the sizes of which may follow from those of named axes."""
    return x if x.shape == shape else Reshape(x, Sizes(shape))


def static_sizes(node: Any) -> Node | None:
    """A static shape, or a part of one, needs none of what it is the shape of.

    >>> import minigraph as mg
    >>> static_sizes(mg.Shape(mg.Tanh(mg.Input("x", ("N", 2))))).known
    ('N', 2)
    """
    if node.known is None or isinstance(node, Leaf):
        return None
    sizes: Node = altered(Sizes(node.known), shape=node.shape, dtype=node.dtype)
    return sizes


def common_subexpressions() -> Rule:
    """Common-subexpression elimination: a rule that puts the first node that computes something in the place of the others.

    >>> import minigraph as mg
    >>> x, rule = mg.Input("x", ("N", 2)), common_subexpressions()
    >>> first, second = mg.Tanh(x), mg.Tanh(x)
    >>> rule(first), rule(second) is first
    (None, True)
    """
    first: dict[Hashable, Node] = {}

    def common_subexpression(node: Any) -> Node | None:
        key = (node.known, node.shape, node.dtype) if type(node) is Sizes else signature(node)
        same = first.setdefault(key, node)
        return None if same is node else same

    return common_subexpression


def expanded(node: Any) -> Node | None:
    """A composite is what its own `forward` composes of nodes; in half precision, itself in float32, rounded once.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(expanded(mg.Softplus(mg.Input("x", ("N", 2)))))
    'Add(Max(x, 0), Log1p(Exp(Neg(Abs(x)))))'
    """
    if isinstance(node, Leaf | Later):
        return None
    if node.dtype.char == "e" and any(operand.dtype in (node.dtype, object) for operand in node.operands):
        parts = in_single(node, [widened(operand) for operand in node.operands]).astype(node.dtype)
    else:
        one_call = isinstance(node, MaskedSum | Largest | At)  # which of nodes composes several
        parts = node if one_call else expand(node)
    return None if parts is node or _composes_itself(node, parts) else parts


def _composes_itself(node: Node, parts: Node) -> bool:
    """Whether a rule composes its own operation again, on as many operands: expanding it would never end."""
    same = type(node), node.dtype, len(node.operands)
    composed = topological_order([parts], known=set(node.operands))
    return any((type(each), each.dtype, len(each.operands)) == same for each in composed)
