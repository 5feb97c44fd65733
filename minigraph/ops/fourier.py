"""NumPy's functions of complex numbers, which say that there are none; and those of `np.fft` that only move elements."""

import numpy as np

from minigraph.core.errors import OperationError
from minigraph.core.node import places
from minigraph.core.numpy_protocol import COMPOSED_BY, composes, numpy_name
from minigraph.ops.checks import axes_of, known_size

__all__: list[str] = []

REMEDIES = {
    np.linalg.eig: "np.linalg.eigh(x) has those of a symmetric matrix.",
    np.linalg.eigvals: "np.linalg.eigvalsh(x) has those of a symmetric matrix.",
}


def refusing(function):
    """What says that a function's value is complex."""

    def refuse(x, *given, **options):
        remedy = REMEDIES.get(function)
        why = f"{numpy_name(function)} gives complex numbers, and a node holds real ones.{places(x)}"
        raise OperationError(why + (f"\n  {remedy}" if remedy else ""))

    return refuse


COMPLEX = (
    np.linalg.eig, np.linalg.eigvals, np.fft.fft, np.fft.ifft, np.fft.fft2, np.fft.ifft2, np.fft.fftn, np.fft.ifftn,
    np.fft.rfft, np.fft.irfft, np.fft.rfft2, np.fft.irfft2, np.fft.rfftn, np.fft.irfftn, np.fft.hfft, np.fft.ihfft,
)  # fmt: skip
"""The functions whose values are complex, of a matrix that is not symmetric at least."""
COMPOSED_BY.update({function: refusing(function) for function in COMPLEX})


@composes(np.fft.fftshift)
def fftshift(x, axes=None):
    """The elements with the first one moved to the middle of each axis."""
    along = axes_of(x, axes)
    return np.roll(x, [known_size(x, axis) // 2 for axis in along], along)


@composes(np.fft.ifftshift)
def ifftshift(x, axes=None):
    """What undoes fftshift."""
    along = axes_of(x, axes)
    return np.roll(x, [-(known_size(x, axis) // 2) for axis in along], along)
