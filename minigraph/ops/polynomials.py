"""Polynomials, given by their coefficients, that of the highest power first."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigraph.core.numpy_protocol import composes
from minigraph.ops.checks import as_nodes


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """The polynomial with these coefficients, that of the highest power first, by Horner's rule."""
    first, second, *others = coefficients
    value = second + (x if first == 1 else first * x)
    for coefficient in others:
        value = value * x + coefficient
    return value


@composes(np.polyval)
def polyval(p, x):
    """The polynomial at x."""
    value = np.zeros_like(x)
    for i in range(len(p)):
        value = value * x + p[i]
    return value


@composes(np.polyder)
def polyder(p, m=1):
    """The coefficients of the m-th derivative."""
    powers = range(_degree(p), m - 1, -1)
    return p[: len(powers)] * np.array([math.perm(power, m) for power in powers], float)


@composes(np.polyint)
def polyint(p, m=1, k=None):
    """The coefficients of the m-th antiderivative, with the constants k."""
    p, constants = as_nodes(p, np.zeros(m) if k is None else k)
    for i in range(m):
        p = np.append(p / np.arange(_degree(p) + 1, 0, -1), constants[i] if constants.ndim else constants)
    return p


@composes(np.poly)
def poly(seq_of_zeros):
    """The coefficients of the polynomial that has these zeros, and 1 before its highest power."""
    value = np.ones_like(seq_of_zeros[:1])
    for i in range(len(seq_of_zeros)):
        value = np.append(value, 0.0) - seq_of_zeros[i] * np.append(0.0, value)
    return value


composes(np.polymul)(np.convolve)


@composes(np.polyfit)
def polyfit(x, y, deg, rcond=None, w=None):
    """The coefficients of the polynomial that is nearest to the samples, by least squares, each weighted by w."""
    x, y = as_nodes(x, y)
    powers = np.vander(x, deg + 1)
    if w is not None:
        powers, y = powers * np.expand_dims(w, 1), y * (np.expand_dims(w, 1) if y.ndim > 1 else w)
    size = np.linalg.norm(powers, axis=0)  # of the powers, which NumPy brings to one length before it compares them
    size = np.where(np.equal(size, 0), 1, size)
    solution = np.linalg.lstsq(powers / size, y)[0]
    return solution / (np.expand_dims(size, 1) if y.ndim > 1 else size)


@composes(np.polyadd)
def polyadd(a1, a2):
    """The coefficients of the sum."""
    rank = max(_degree(a1), _degree(a2))
    return np.add(*(np.pad(each, [(rank - _degree(each), 0)]) for each in (a1, a2)))


composes(np.polysub)(lambda a1, a2: polyadd(a1, np.negative(a2)))


def _degree(p):
    return p.shape[0] - 1
