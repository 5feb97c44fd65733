"""NumPy's statistics: deviations, averages and quantiles, also of the elements that are numbers alone."""

import math
from functools import partial

import numpy as np

from minigraph.core.errors import OperationError, listing
from minigraph.core.node import Node
from minigraph.core.numpy_protocol import composes
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import as_nodes, axes_of, known_size, shaped
from minigraph.ops.cumulative import CumProd, CumSum, accumulated
from minigraph.ops.norms import ReduceL2
from minigraph.ops.reductions import chosen
from minigraph.ops.shape import Size


def count_of(a, axes):
    """How many elements there are along the axes: a number, or a node of the type of `a` where only a run knows."""
    sizes = [a.shape[i] for i in axes_of(a, axes)]
    named = any(isinstance(size, SymbolicSize) for size in sizes)
    return Size(a, axes=axes_of(a, axes)).astype(a.dtype) if named else math.prod(sizes)


@composes(np.std)
def std(a, axis=None, dtype=None, ddof=0, keepdims=False, where=None, correction=None):
    """The standard deviation: the length of what is left beside the mean, by the root of the degrees of freedom.

    Where nothing is left its derivative is 0, as PyTorch has it.
    """
    a, ddof = a if dtype is None else a.astype(dtype), ddof if correction is None else correction
    if where is None:
        left, count = a - np.mean(a, axis=axis, keepdims=True), count_of(a, axis)
    else:
        left = np.where(where, a - np.mean(a, axis=axis, keepdims=True, where=where), 0)
        count = chosen(where, a, axis, keepdims)
    free = np.sqrt(count - ddof) if isinstance(count, Node) else math.sqrt(max(count - ddof, 0))
    return ReduceL2(left, axes=axis, keepdims=keepdims) / free


@composes(np.ptp)
def ptp(a, axis=None, keepdims=False):
    """The largest element less the smallest."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composes(np.average)
def average(a, axis=None, weights=None, returned=False, keepdims=False):
    """The mean, weighted where there are weights; with `returned` also their sum."""
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        return (mean, np.full_like(mean, 1) * count_of(a, axis)) if returned else mean
    a, weights = as_nodes(a, weights)
    if weights.shape != a.shape:  # one for each place along the axes
        weights = np.expand_dims(weights, tuple(i for i in range(a.ndim) if i not in axes_of(a, axis)))
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (mean, np.broadcast_to(total, np.shape(mean))) if returned else mean


# How a place among n elements in order follows from q: of the definitions in Hyndman and Fan, "Sample quantiles in statistical
# packages", The American Statistician 50, 1996, those that go over smoothly from one element to the next.
SMOOTH = {
    "linear": (1, 1), "hazen": (0.5, 0.5), "weibull": (0, 0), "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
ROUNDED = {"lower": np.floor, "higher": np.ceil, "nearest": np.rint, "midpoint": None}


def quantiles(function, a, q, axis=None, method="linear", keepdims=False, overwrite_input=False, numbers_alone=False):
    """The quantiles for q along the axes, which become one; of rows that hold a nan they are nan, or pass over it."""
    if method not in (*SMOOTH, *ROUNDED):
        raise OperationError(f"{function} of a node takes a method of {listing([*SMOOTH, *ROUNDED], 'or')}, not {method!r}.")
    if not isinstance(q, Node) and not np.all((np.asarray(q) >= 0) & (np.asarray(q) <= 1)):
        raise OperationError(f"{function} takes a part from 0 to all of the elements, not {q}.")
    a, q = as_nodes(a, q)[0], shaped(q)
    axes, many = axes_of(a, axis), [known_size(q, i) for i in range(q.ndim)]
    rest = [i for i in range(a.ndim) if i not in axes]
    size = math.prod(a.shape[i] for i in axes)
    rows = np.transpose(a, (*rest, *axes))
    if len(axes) != 1:
        rows = np.reshape(rows, (*(a.shape[i] for i in rest), size))
    ordered, top = np.sort(rows, axis=-1), np.max(rows, axis=-1, keepdims=True)
    if numbers_alone or not isinstance(size, int):
        counted = np.logical_not(np.isnan(rows)) if numbers_alone else np.full_like(rows, True, dtype=bool)
        size = np.sum(counted, axis=-1, keepdims=True).astype(a.dtype)
    found = []
    for each in [q[i] for i in np.ndindex(*many)] if many else [q]:
        y = quantile_of(ordered, each, size, np.shape(top), method)
        y = np.squeeze(y if numbers_alone else np.where(np.isnan(top), np.nan, y), axis=-1)
        found.append(np.expand_dims(y, axes) if keepdims else y)
    return np.reshape(np.stack(found), (*many, *found[0].shape)) if np.ndim(q) else found[0]


def quantile_of(ordered, q, count, shape, method):
    """The q-quantile of the first `count` elements, in order along the last axis, which stays, with size 1."""

    def at(place):
        if isinstance(place, Node):
            return np.take_along_axis(ordered, np.broadcast_to(place, shape).astype(np.int64), axis=-1)
        return np.take(ordered, [int(place)], axis=-1)

    last = np.subtract(count, 1)
    alpha, beta = SMOOTH.get(method, SMOOTH["linear"])
    place = np.clip(count * q + (alpha + q * (1 - alpha - beta)) - 1, 0, last)
    if ROUNDED.get(method):
        return at(ROUNDED[method](place))
    below = np.floor(place)
    part = np.ceil(place - below) / 2 if method == "midpoint" else place - below
    if not isinstance(part, Node) and part == 0:
        return at(below)
    return at(below) * (1 - part) + at(np.minimum(below + 1, last)) * part


for name in ("quantile", "nanquantile", "percentile", "nanpercentile"):
    composes(getattr(np, name))(
        lambda a, q, axis=None, *, name=name, **options: quantiles(
            f"np.{name}", a, np.divide(q, 100 if "per" in name else 1), axis, numbers_alone="nan" in name, **options
        )
    )
composes(np.median)(lambda a, axis=None, **options: quantiles("np.median", a, 0.5, axis, **options))
composes(np.nanmedian)(lambda a, axis=None, **options: quantiles("np.nanmedian", a, 0.5, axis, numbers_alone=True, **options))


def without_nan(a, instead):
    """The value with a number in the place of what is none."""
    return np.where(np.isnan(a), instead, a)


composes(np.nansum)(lambda a, axis=None, **options: np.sum(without_nan(a, 0), axis=axis, **options))
composes(np.nanprod)(lambda a, axis=None, **options: np.prod(without_nan(a, 1), axis=axis, **options))
composes(np.nancumsum)(lambda a, axis=None, dtype=None: accumulated(CumSum, without_nan(a, 0), axis, dtype))
composes(np.nancumprod)(lambda a, axis=None, dtype=None: accumulated(CumProd, without_nan(a, 1), axis, dtype))
composes(np.nanargmax)(lambda a, axis=None, keepdims=False: np.argmax(without_nan(a, -np.inf), axis=axis, keepdims=keepdims))
composes(np.nanargmin)(lambda a, axis=None, keepdims=False: np.argmin(without_nan(a, np.inf), axis=axis, keepdims=keepdims))


def nanextreme(extreme, a, axis=None, keepdims=False, initial=None, where=None):
    """The extreme of the numbers, or nan where there are none."""
    options = {"axis": axis, "keepdims": keepdims}
    found = extreme(without_nan(a, -np.inf if extreme is np.max else np.inf), initial=initial, where=where, **options)
    return np.where(np.all(np.isnan(a), **options), np.nan, found)


composes(np.nanmax)(partial(nanextreme, np.max))
composes(np.nanmin)(partial(nanextreme, np.min))


def of_numbers(statistic, a, axis=None, where=None, **options):
    """The statistic of the numbers alone, which is nan where there are none."""
    numbers = np.logical_not(np.isnan(a))
    return statistic(a, axis=axis, where=numbers if where is None else np.logical_and(numbers, where), **options)


composes(np.nanmean)(partial(of_numbers, np.mean))
composes(np.nanvar)(partial(of_numbers, np.var))
composes(np.nanstd)(partial(of_numbers, np.std))
