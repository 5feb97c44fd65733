"""Positional encodings: where in a sequence a value stands, for a model that would not know it."""

from typing import Any

import numpy as np

from minigraph.blocks.layers import as_node
from minigraph.core.errors import ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.ops.joining import Concat

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
    angles = _angles(length, features, base)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, features)


def rotary(x: NodeLike, base: float = 10000.0) -> Node:
    """Each pair of features (i, i + D/2) rotated by the angle t · base^(−2i/D) at place t.

    The product of two values so rotated depends on the distance between their places alone. The pairs are those of ONNX's
    RotaryEmbedding that is not interleaved.

    Parameters
    ----------
    x : Node
        … × T × D; the number of places, T, is known, and D is even.
    base : float
        What the wavelengths grow to, in places, times 2π.

    Returns
    -------
    Node
        Of the shape of x.

    Raises
    ------
    ShapeError
        Where T is not known, or D is not or is odd.

    Source: J. Su and others, "RoFormer: Enhanced Transformer with Rotary Position Embedding", 2021.

    >>> import minigraph as mg
    >>> rotated = mg.Graph(y=rotary(mg.Input("x", (2, 2)))).forward(x=[[1, 0], [1, 0]])["y"]
    >>> rotated.round(2)
    array([[1.  , 0.  ],
           [0.54, 0.84]], dtype=float32)
    """
    x = as_node(x)
    length, features = x.shape[-2:] if x.ndim > 1 else (0, "")
    if not isinstance(length, int) or not isinstance(features, int) or features % 2:
        raise ShapeError(
            f"rotary takes … × T × D, with a known number of places T and an even number of features D, not {described(x)}."
            f"{places(x)}"
        )
    angles, half = _angles(length, features, base), features // 2
    cosines, sines = (Constant(function(angles), dtype=x.dtype) for function in (np.cos, np.sin))
    first, second = x[..., :half], x[..., half:]
    return Concat(first * cosines - second * sines, second * cosines + first * sines, axis=-1)


def _angles(length: int, features: int, base: float) -> np.ndarray[Any, Any]:
    """The angle of each pair of features at each place, length × features / 2."""
    return np.arange(length)[:, None] * base ** (-np.arange(0, features, 2) / features)
