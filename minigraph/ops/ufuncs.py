"""The methods of NumPy's ufuncs: a reduction, an accumulation, and what is made of each pair."""

from functools import partial
from typing import Any

import numpy as np

from minigraph.core.numpy_protocol import composes
from minigraph.ops.reductions import ReduceLogSumExp, ReduceMax, ReduceMin, ReduceProd, ReduceSum

REDUCTIONS: dict[np.ufunc, Any] = {
    **{kind.reduces: kind.from_numpy for kind in (ReduceSum, ReduceProd, ReduceMax, ReduceMin)},
    np.logaddexp: ReduceLogSumExp.from_numpy,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
"""What computes the reduction by a ufunc, along its first axis unless another is given."""
ACCUMULATIONS: dict[np.ufunc, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}


def along_first(compose, array, axis=0, **options):
    """NumPy's reductions and accumulations by a ufunc begin with the first axis."""
    return compose(array, axis=axis, **options)


def outer(ufunc, a, b):
    """The ufunc of each pair of an element of a and one of b."""
    return ufunc(np.expand_dims(a, tuple(range(np.ndim(a), np.ndim(a) + np.ndim(b)))), b)


for ufunc, compose in REDUCTIONS.items():
    composes(ufunc.reduce)(partial(along_first, compose))
for ufunc, compose in ACCUMULATIONS.items():
    composes(ufunc.accumulate)(partial(along_first, compose))
for ufunc in {each for each in vars(np).values() if isinstance(each, np.ufunc)}:
    if ufunc.nin == 2 and ufunc.signature is None:  # one that is no operation says so
        composes(ufunc.outer)(partial(outer, ufunc))
