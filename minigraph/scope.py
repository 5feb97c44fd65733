"""Where in a model something is composed: the names of the blocks around it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from minigraph.messages import named

__all__ = ["PATH", "block", "within_block"]

PATH: ContextVar[tuple[str, ...]] = ContextVar("PATH", default=())
"""The names of the blocks that are being composed, the outermost first."""


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
    kept = PATH.set((*PATH.get(), name))
    try:
        yield
    finally:
        PATH.reset(kept)


def within_block(name: str) -> str:
    """`encoder.attention.W`: the name with those of the blocks around it before it."""
    return ".".join((*PATH.get(), name))
