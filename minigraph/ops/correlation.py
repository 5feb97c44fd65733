"""NumPy's correlation and convolution of two vectors, composed of `Conv`."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.numpy_protocol import composes
from minigraph.core.shapes import show_shape
from minigraph.core.sizes import SymbolicSize
from minigraph.ops.checks import shaped
from minigraph.ops.convolution import Conv

__all__: list[str] = []


@composes(np.correlate)
def correlate(a, v, mode="valid"):
    """The sums of products of the shorter vector with each window of the longer one, which may have zeros put around it.

    A vector whose size is known only in a run is taken for the longer one; "valid" refuses a run where it is not. The size of
    "same" is the longer one's, so it must know which that is.
    """
    a, v = _vectors(a, v, mode)
    if _longer(v, a):
        return np.flip(correlate(v, a, mode))
    size = v.shape[0]
    before, after = {"full": (size - 1, size - 1), "same": (size // 2, size - size // 2 - 1), "valid": (0, 0)}[mode]
    image, window = (np.expand_dims(each, (0, 1)) for each in (a, v))
    return np.squeeze(Conv(image, window, pads=(before, after)), axis=(0, 1))


@composes(np.convolve)
def convolve(a, v, mode="full"):
    """The same, with the shorter vector from its end."""
    a, v = _vectors(a, v, mode)
    return convolve(v, a, mode) if _longer(v, a) else correlate(a, np.flip(v), mode)


def _vectors(a, v, mode):
    """The two operands, or an error where they are no vectors of elements, or there is no such mode."""
    a, v = shaped(a), shaped(v)
    if (a.ndim, v.ndim) != (1, 1) or 0 in (*a.shape, *v.shape) or mode not in ("full", "same", "valid"):
        why = f'two vectors and a mode of "full", "same" or "valid", not {show_shape(a.shape)}, {show_shape(v.shape)}'
        raise OperationError(f"np.correlate and np.convolve take {why} and {mode!r}.")
    if mode == "same" and a.shape != v.shape and any(isinstance(each.shape[0], SymbolicSize) for each in (a, v)):
        which = f"which of {show_shape(a.shape)} and {show_shape(v.shape)} is longer, a run tells"
        why = f"has the size of the longer vector, and {which}"
        remedy = 'Declare the input with its size, or take a part of mode "full".'
        raise OperationError(f'np.correlate and np.convolve of mode "same": it {why}.\n  {remedy}')
    return a, v


def _longer(v, a):
    """Whether v is longer than a."""
    if isinstance(a.shape[0], SymbolicSize):
        return False
    return isinstance(v.shape[0], SymbolicSize) or v.shape[0] > a.shape[0]
