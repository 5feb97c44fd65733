"""The operations, one file a family.

A family is listed twice in this file, and nowhere else: among the imports, by which an editor finds the docstrings, and in
`NAMES`, in the order of the catalogue. What a type checker sees is `__init__.pyi`, which `python -m tests.stubs` writes.
"""

from importlib import import_module

from minigraph.core.node import Node
from minigraph.ops import (  # noqa: F401 each registers what it composes, or what the core leaves open
    correlation,
    covariance,
    creation,
    differences,
    equations,
    equivalents,
    factors,
    foreign,
    fourier,
    manipulation,
    methods,
    opaque,
    statistics,
    ufuncs,
)
from minigraph.ops.activations import *
from minigraph.ops.arithmetic import *
from minigraph.ops.comparison import *
from minigraph.ops.convolution import *
from minigraph.ops.cross_entropy import *
from minigraph.ops.cumulative import *
from minigraph.ops.diagonals import *
from minigraph.ops.einsum import *
from minigraph.ops.elementary import *
from minigraph.ops.extrema import *
from minigraph.ops.gather import *
from minigraph.ops.indexing import *
from minigraph.ops.joining import *
from minigraph.ops.linalg import *
from minigraph.ops.linear import *
from minigraph.ops.losses import *
from minigraph.ops.normalization import *
from minigraph.ops.norms import *
from minigraph.ops.padding import *
from minigraph.ops.pooling import *
from minigraph.ops.random import *
from minigraph.ops.reductions import *
from minigraph.ops.resampling import *
from minigraph.ops.rounding import *
from minigraph.ops.scatter import *
from minigraph.ops.searching import *
from minigraph.ops.shape import *
from minigraph.ops.softmax import *
from minigraph.ops.sorting import *
from minigraph.ops.special import *
from minigraph.ops.windows import *

NAMES = (
    "arithmetic rounding extrema elementary special comparison linear einsum diagonals linalg reductions norms cumulative "
    "shape joining padding gather scatter indexing sorting searching activations softmax cross_entropy losses normalization "
    "windows convolution pooling resampling random"
)
"""The families in the order in which the catalogue has them."""
FAMILIES = tuple(import_module(f"{__name__}.{name}") for name in NAMES.split())
OPERATIONS: dict[str, type[Node]] = {name: vars(family)[name] for family in FAMILIES for name in family.__all__}
"""Every operation by its name."""

__all__ = sorted(OPERATIONS)


def __dir__() -> list[str]:
    return __all__
