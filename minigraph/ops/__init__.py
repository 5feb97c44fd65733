"""The operations, one file a family. The families are listed here, and nowhere else."""

from minigraph.core.node import Node
from minigraph.ops import (
    activations,
    arithmetic,
    comparison,
    convolution,
    cumulative,
    distances,
    einsum,
    elementary,
    equivalents,  # noqa: F401 its import says what to write for what minigraph does not have
    gather,
    joining,
    linalg,
    linear,
    logic,
    losses,
    measures,
    normalization,
    numpy_indexing,  # noqa: F401 its import is what makes x[…] compose
    padding,
    pooling,
    random,
    rectifiers,
    reductions,
    resampling,
    scatter,
    shape,
    slicing,
    smooth,
    sorting,
    trigonometry,
    windows,
)

FAMILIES = (
    arithmetic,
    elementary,
    trigonometry,
    comparison,
    logic,
    linear,
    reductions,
    measures,
    cumulative,
    shape,
    gather,
    activations,
    rectifiers,
    smooth,
    losses,
    distances,
    windows,
    convolution,
    pooling,
    resampling,
    einsum,
    joining,
    linalg,
    scatter,
    slicing,
    padding,
    sorting,
    normalization,
    random,
)
OPERATIONS: dict[str, type[Node]] = {name: vars(family)[name] for family in FAMILIES for name in family.__all__}
"""Every operation by its name."""

__all__ = sorted(OPERATIONS)
globals().update(OPERATIONS)  # as mg.ops.Conv; what a checker sees is __init__.pyi


def __dir__() -> list[str]:
    return __all__
