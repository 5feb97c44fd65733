"""Values between samples."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import as_nodes, known_size


@composes(np.interp)
def interpolated(x, xp, fp, left=None, right=None, period=None):
    """The line through the samples `fp` at the places `xp`, which increase; beyond them the first and last, or others."""
    x, xp, fp = as_nodes(x, xp, fp)
    if xp.ndim != 1 or fp.ndim != 1 or xp.shape != fp.shape:
        raise OperationError(f"np.interp takes a vector of places and one of as many samples, not {xp} and {fp}.")
    size = known_size(xp, 0)
    if period is not None:
        x, xp = np.mod(x, period), np.mod(xp, period)
        order = np.argsort(xp)
        xp, fp = np.take(xp, order), np.take(fp, order)
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp, size = np.concatenate([fp[-1:], fp, fp[:1]]), size + 2
    if size > 1:
        below = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, size - 2)
        inside = np.take(fp, below) + (x - np.take(xp, below)) * np.take(np.diff(fp) / np.diff(xp), below)
    else:
        inside = np.broadcast_to(fp[0], np.shape(x))
    if period is not None:
        return inside
    low, high = fp[0] if left is None else left, fp[-1] if right is None else right
    return np.where(np.less(x, xp[0]), low, np.where(np.greater(x, xp[-1]), high, inside))
