"""A step as JAX is given it: primitives, of which random draws are made by NumPy and passed in."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from minigraph.compiler.checkpointing import recomputed
from minigraph.compiler.driver import rewritten
from minigraph.compiler.jax.windows import NATIVE
from minigraph.compiler.loops import lowered_loops
from minigraph.compiler.lowering import lowered
from minigraph.compiler.primitives import first_of_ties
from minigraph.core.node import Node, Sizes
from minigraph.ops.arithmetic import Cast
from minigraph.ops.comparison import Less
from minigraph.ops.random import Bernoulli, DropoutMask, RandomNormal, RandomUniform

__all__ = ["DRAWS", "lowered_for_jax"]

DRAWS = (DropoutMask, RandomNormal, RandomUniform)
"""The draws, of a shape and a state alone."""


def drawn_first(node: Any) -> Node | None:
    """What is 1 with a probability compares it with a draw, which needs none of the probabilities.

    >>> import minigraph as mg
    >>> from minigraph.compiler.driver import outline
    >>> outline(drawn_first(mg.Bernoulli(mg.Input("p", ("N",)), mg.RandomState(0))))
    'Cast(Less(RandomUniform(Sizes (1), random), Cast(p)))'
    """
    if type(node) is not Bernoulli:
        return None
    p, state = node.operands
    drawn = RandomUniform(Sizes(p.shape), state, stream=node.stream, to=float)
    return Cast(Less(drawn, Cast(p, to=float)), to=node.dtype)


LIGHTER = (drawn_first, first_of_ties)
"""What is put in the place of other primitives."""


def lowered_for_jax(nodes: Sequence[Node], again: Sequence[tuple[str, ...]] = ()) -> list[Node]:
    """For each of these nodes the primitive that has its value, with some blocks computed `again`."""
    if again:
        new = recomputed(nodes, again)
        nodes = [new[node] for node in nodes]
    for each in (partial(lowered, lighter=LIGHTER), partial(lowered_loops, lighter=LIGHTER), _native):
        new = each(nodes)
        nodes = [new[node] for node in nodes]
    return list(nodes)


def _native(nodes: Sequence[Node]) -> dict[Node, Node]:
    return rewritten(nodes, *NATIVE, as_given=True)
