"""NumPy's functions that make values: like another's, or evenly spaced."""

import numpy as np

from minigraph.core.node import Constant
from minigraph.core.numpy_protocol import composes
from minigraph.ops.shape import Expand, Shape


@composes(np.full_like)
def full_like(a, fill_value, dtype=None):
    """Values of one number, of another's shape and element type."""
    return Expand(Constant(fill_value, dtype=a.dtype if dtype is None else dtype), Shape(a))


composes(np.zeros_like)(lambda a, dtype=None: full_like(a, 0, dtype))
composes(np.ones_like)(lambda a, dtype=None: full_like(a, 1, dtype))
