"""Covariances and correlations of variables, of which each row, or column, holds the observations of one."""

import numpy as np

from minigraph.core.errors import ShapeError
from minigraph.core.node import places
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import show_shape
from minigraph.ops.checks import shaped

__all__: list[str] = []


@composes(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None):
    """The covariances of each two variables, divided by the number of observations − `ddof`, or by what their weights make."""
    x = variables(m, rowvar) if y is None else np.concatenate([variables(m, rowvar), variables(y, rowvar)])
    ddof = int(not bias) if ddof is None else ddof
    weights = [shaped(each) for each in (fweights, aweights) if each is not None]
    if not weights:
        centred = weighted = x - np.mean(x, axis=1, keepdims=True)
        count = np.maximum((x.shape[1] if isinstance(x.shape[1], int) else np.size(x, axis=1)) - ddof, 0)  # as NumPy has it
    else:
        w = weights[0] if len(weights) == 1 else weights[0] * weights[1]
        total = np.sum(w)
        centred = x - np.sum(x * w, axis=1, keepdims=True) / total
        weighted = centred * w
        count = total - (0 if ddof == 0 else ddof if aweights is None else ddof * np.sum(w * weights[-1]) / total)
    found = weighted @ centred.T / count
    return np.squeeze(found) if found.shape[0] == 1 else found


@composes(np.corrcoef)
def corrcoef(x, y=None, rowvar=True):
    """The covariances divided by both standard deviations: from −1 to 1, where rounding may put one beyond."""
    c = cov(x, y, rowvar)
    if c.ndim == 0:
        return c / c
    deviations = np.sqrt(np.diagonal(c))
    return c / np.expand_dims(deviations, 1) / deviations


def variables(m, rowvar):
    """A matrix with a variable in each row."""
    m = shaped(m)
    if m.ndim > 2:
        raise ShapeError(f"A covariance is of the rows of a matrix, not of {show_shape(m.shape)}.{places(m)}")
    return m if m.ndim == 2 and rowvar else m.T if m.ndim == 2 else np.reshape(m, (1, -1))
