"""The numbers that the weights of a model start from, under the names of the papers that propose them.

Each takes the generator first, so that nothing is random but by it, and the shape: `he_normal(rng, (784, 256))`. A weight
is inputs × outputs; filters are outputs × inputs × places, as in `Conv`, once there are three axes or more.
"""

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np

from minigraph.core.errors import OperationError, ShapeError

__all__ = [
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "orthogonal",
    "truncated_normal",
]

Weights = np.ndarray[Any, np.dtype[np.float64]]


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many elements each output is made from, and how many outputs each input reaches.

    >>> fans((784, 256)), fans((16, 3, 5, 5))
    ((784, 256), (75, 400))
    """
    if len(shape) < 2:
        raise ShapeError(f"Weights have two axes or more, inputs and outputs, not the shape {tuple(shape)}.")
    if len(shape) == 2:
        return shape[0], shape[1]
    places = prod(shape[2:])
    return shape[1] * places, shape[0] * places


def glorot_uniform(rng: np.random.Generator, shape: Sequence[int]) -> Weights:
    """Uniform within ±√(6 / (inputs + outputs)).

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    >>> bool(abs(glorot_uniform(np.random.default_rng(0), (2, 4))).max() < 1)
    True
    """
    return _uniform(rng, shape, sqrt(6 / max(1, sum(fans(shape)))))


def glorot_normal(rng: np.random.Generator, shape: Sequence[int]) -> Weights:
    """Normal with the standard deviation √(2 / (inputs + outputs)).

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    return _normal(rng, shape, sqrt(2 / max(1, sum(fans(shape)))))


def he_uniform(rng: np.random.Generator, shape: Sequence[int]) -> Weights:
    """Uniform within ±√(6 / inputs), for layers that are followed by a Relu.

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", 2015.
    """
    return _uniform(rng, shape, sqrt(6 / max(1, fans(shape)[0])))


def he_normal(rng: np.random.Generator, shape: Sequence[int]) -> Weights:
    """Normal with the standard deviation √(2 / inputs), for layers that are followed by a Relu.

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers", 2015.
    """
    return _normal(rng, shape, sqrt(2 / max(1, fans(shape)[0])))


def lecun_normal(rng: np.random.Generator, shape: Sequence[int]) -> Weights:
    """Normal with the standard deviation √(1 / inputs), which preserves the variance of what a linear layer is given.

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: Y. LeCun, L. Bottou, G. Orr, K.-R. Müller, "Efficient BackProp", 1998.
    """
    return _normal(rng, shape, sqrt(1 / max(1, fans(shape)[0])))


def orthogonal(rng: np.random.Generator, shape: Sequence[int], gain: float = 1.0) -> Weights:
    """Rows, or columns where there are fewer of them, of one length and at right angles to each other.

    The axes after the first count as one.

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        inputs × outputs, or outputs × inputs × places for filters.
    gain : float
        The length.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator.
    ShapeError
        Where there are fewer than two axes.

    Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014.

    >>> W = orthogonal(np.random.default_rng(0), (3, 3))
    >>> bool(np.allclose(W @ W.T, np.eye(3)))
    True
    """
    fans(shape)
    rows, columns = shape[0], prod(shape[1:])
    Q, R = np.linalg.qr(generator_of(rng).standard_normal((max(rows, columns), min(rows, columns))))
    Q *= np.where(np.diag(R) < 0, -1.0, 1.0)  # without this the directions would not be evenly spread
    return np.asarray(gain * (Q if rows >= columns else Q.T).reshape(shape))


def truncated_normal(rng: np.random.Generator, shape: Sequence[int], deviation: float = 1.0, bound: float = 2.0) -> Weights:
    """Normal with mean 0, drawn again while too far from 0.

    Parameters
    ----------
    rng : np.random.Generator
        What the numbers are drawn from.
    shape : sequence of int
        Of any number of axes.
    deviation : float
        The standard deviation.
    bound : float
        How many deviations from 0 a number is at most; above 0.

    Returns
    -------
    np.ndarray
        Of the shape, float64.

    Raises
    ------
    OperationError
        Where `rng` is no generator, or the bound is not above 0.

    Source: A. Dosovitskiy and others, "An Image is Worth 16x16 Words", 2021, which starts from it.

    >>> bool(abs(truncated_normal(np.random.default_rng(0), (100,), deviation=0.02)).max() <= 0.04)
    True
    """
    if not bound > 0:
        raise OperationError(f"truncated_normal needs a bound above 0, in standard deviations, not {bound!r}.")
    numbers = generator_of(rng).standard_normal(shape)
    while (far := np.abs(numbers) > bound).any():
        numbers[far] = rng.standard_normal(int(far.sum()))
    return np.asarray(deviation * numbers)


def _uniform(rng: np.random.Generator, shape: Sequence[int], limit: float) -> Weights:
    return generator_of(rng).uniform(-limit, limit, shape)


def _normal(rng: np.random.Generator, shape: Sequence[int], deviation: float) -> Weights:
    return generator_of(rng).normal(0.0, deviation, shape)


def generator_of(rng: Any) -> np.random.Generator:
    """The generator itself, or an OperationError for anything else."""
    if not isinstance(rng, np.random.Generator):
        raise OperationError(f"Random numbers come from a generator, such as np.random.default_rng(0), not {rng!r}.")
    return rng
