"""The operations, one file a family. The families are listed here, and nowhere else."""

from minigraph.node import Node
from minigraph.nodes import (
    activation,
    arithmetic,
    comparison,
    convolution,
    einsum,
    index,
    indexing,  # noqa: F401 its import is what makes x[…] compose
    layout,
    linear,
    loss,
    matrix,
    pooling,
    reduction,
    scatter,
    shape,
    slicing,
    sorting,
    windows,
)

FAMILIES = (
    arithmetic,
    comparison,
    linear,
    reduction,
    shape,
    index,
    activation,
    loss,
    windows,
    convolution,
    pooling,
    einsum,
    layout,
    matrix,
    scatter,
    slicing,
    sorting,
)
OPERATIONS: dict[str, type[Node]] = {name: vars(family)[name] for family in FAMILIES for name in family.__all__}
"""Every operation by its name."""
