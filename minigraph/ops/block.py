"""Blocks: the named parts of a model, whose nodes are drawn together and whose parameters bear their names."""

from collections.abc import Iterator
from contextlib import contextmanager

from minigraph.core.provenance import PATH, named, within

__all__ = ["block", "within_block"]


@contextmanager
def block(name: str) -> Iterator[None]:
    """Every node composed inside belongs to the block of that name: its `node.block` ends with it.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 2))
    >>> with block("encoder"), block("attention"):
    ...     y = mg.Tanh(x)
    >>> y.block, x.block
    (('encoder', 'attention'), ())
    """
    named("a block", name)
    with within(PATH, (*PATH.get(), name)):
        yield


def within_block(name: str) -> str:
    """`encoder.attention.W`: the name with those of the blocks around it before it."""
    return ".".join((*PATH.get(), name))
