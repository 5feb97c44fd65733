"""Where in a model something is composed: the names of the blocks around it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from minigraph.core.messages import named

__all__ = ["PATH", "Placing", "derivative_blocks", "block", "derivative_order", "composed_in", "within_block"]

PATH: ContextVar[tuple[str, ...]] = ContextVar("PATH", default=())
"""The names of the blocks that are being composed, the outermost first."""

Placing = Callable[[Any], AbstractContextManager[None]]
"""Inside of what something is composed, by what it is composed for."""


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
    with composed_in((*PATH.get(), name)):
        yield


@contextmanager
def composed_in(path: tuple[str, ...]) -> Iterator[None]:
    """Every node composed inside has this path of blocks, whatever is around it."""
    kept = PATH.set(path)
    try:
        yield
    finally:
        PATH.reset(kept)


def within_block(name: str) -> str:
    """`encoder.attention.W`: the name with those of the blocks around it before it."""
    return ".".join((*PATH.get(), name))


DERIVATIVES = ("", "gradient", "second derivative", "third derivative")
"""The blocks of what `gradient` composes, by how often the graph was differentiated."""


def derivative_order(path: tuple[str, ...]) -> int:
    """How often the graph was differentiated for a node of that path: 0 for what was composed by hand.

    >>> derivative_order(("gradient", "encoder")), derivative_order(("encoder",)), derivative_order(("derivative 4",))
    (1, 0, 4)
    """
    outermost = path[0] if path else ""
    if outermost in DERIVATIVES:
        return DERIVATIVES.index(outermost)
    number = outermost.removeprefix("derivative ")
    return int(number) if number != outermost and number.isdecimal() else 0


def derivative_blocks(paths: Iterable[tuple[str, ...]]) -> Placing:
    """Where the derivative of a graph with these paths is composed: for a node's path, the block of the same name beside it.

    >>> within = derivative_blocks([("encoder",), ("gradient", "encoder")])
    >>> with within(("encoder",)):
    ...     PATH.get()
    ('second derivative', 'encoder')
    """
    order = 1 + max(map(derivative_order, paths), default=0)
    name = DERIVATIVES[order] if order < len(DERIVATIVES) else f"derivative {order}"
    return lambda path: composed_in((name, *path[derivative_order(path) > 0 :]))
