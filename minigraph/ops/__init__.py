"""The operations, one file a family. The families are listed here, and nowhere else."""

from minigraph.core.node import Node
from minigraph.ops import (
    activations,
    arithmetic,
    comparison,
    convolution,
    cross_entropy,
    cumulative,
    elementary,
    equivalents,  # noqa: F401 its import says what to write for what minigraph does not have
    gather,
    indexing,
    joining,
    linalg,
    linear,
    losses,
    normalization,
    padding,
    pooling,
    random,
    reductions,
    resampling,
    scatter,
    shape,
    softmax,
    sorting,
    windows,
)

FAMILIES = (
    arithmetic,
    elementary,
    comparison,
    linear,
    linalg,
    reductions,
    cumulative,
    shape,
    joining,
    padding,
    gather,
    scatter,
    indexing,
    sorting,
    activations,
    softmax,
    cross_entropy,
    losses,
    normalization,
    windows,
    convolution,
    pooling,
    resampling,
    random,
)
OPERATIONS: dict[str, type[Node]] = {name: vars(family)[name] for family in FAMILIES for name in family.__all__}
"""Every operation by its name."""

__all__ = sorted(OPERATIONS)
globals().update(OPERATIONS)  # as mg.ops.Conv; what a checker sees is __init__.pyi


def __dir__() -> list[str]:
    return __all__
