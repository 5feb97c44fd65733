"""Positional encodings: where in a sequence a value stands, for a model that would not know it."""

from typing import Any

import numpy as np

from minigraph.blocks.layers import as_node
from minigraph.core.errors import ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.ops.joining import Concat
from minigraph.ops.sizes import Range

__all__ = ["rotary", "sinusoidal"]


def sinusoidal(length: int, features: int, base: float = 10000.0) -> np.ndarray[Any, Any]:
    """sin(t / base^(2i / features)) in column 2i and its cosine in column 2i + 1, for each place t.

    Parameters
    ----------
    length : int
        The number of places.
    features : int
        The number of columns, which is even.
    base : float
        What the wavelengths grow to, in places, times 2π.

    Returns
    -------
    np.ndarray
        length × features, float64.

    Raises
    ------
    ShapeError
        Where the number of features is odd.

    Source: A. Vaswani and others, "Attention Is All You Need", 2017.

    >>> sinusoidal(2, 2).round(2)
    array([[0.  , 1.  ],
           [0.84, 0.54]])
    """
    if features % 2:
        raise ShapeError(f"Positions are pairs of a sine and a cosine: the number of features must be even, not {features}.")
    angles = np.arange(length)[:, None] * _frequencies(features, base)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, features)


def rotary(x: NodeLike, base: float = 10000.0) -> Node:
    """Each pair of features (i, i + D/2) rotated by the angle t · base^(−2i/D) at place t.

    The product of two values so rotated depends on the distance between their places alone. The pairs are those of ONNX's
    RotaryEmbedding that is not interleaved.

    Parameters
    ----------
    x : Node
        … × T × D, of an even number of features D.
    base : float
        What the wavelengths grow to, in places, times 2π.

    Returns
    -------
    Node
        Of the shape of x.

    Raises
    ------
    ShapeError
        Where D is not known, or is odd.

    Source: J. Su and others, "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.

    >>> import minigraph as mg
    >>> rotated = mg.Graph(y=rotary(mg.Input("x", (2, 2)))).forward(x=[[1, 0], [1, 0]])["y"]
    >>> rotated.round(2)
    array([[1.  , 0.  ],
           [0.54, 0.84]], dtype=float32)
    """
    x = as_node(x)
    length, features = x.shape[-2:] if x.ndim > 1 else (0, "")
    if not isinstance(features, int) or features % 2:
        raise ShapeError(f"rotary takes … × T × D, with an even number of features D, not {described(x)}.{places(x)}")
    half, frequencies = features // 2, _frequencies(features, base)
    if isinstance(length, int):
        cosines, sines = (Constant(f(np.arange(length)[:, None] * frequencies), dtype=x.dtype) for f in (np.cos, np.sin))
    else:
        angles = np.expand_dims(Range(0, length), 1).astype(x.dtype) * frequencies
        cosines, sines = np.cos(angles), np.sin(angles)
    first, second = x[..., :half], x[..., half:]
    return Concat(first * cosines - second * sines, second * cosines + first * sines, axis=-1)


def _frequencies(features: int, base: float) -> np.ndarray[Any, Any]:
    """By how much the angle of each pair of features grows from one place to the next."""
    return base ** (-np.arange(0, features, 2) / features)
