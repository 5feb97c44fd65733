"""Attention: each place takes from the values of others, in proportion to how well its query fits their keys."""

import math

import numpy as np

from minigraph.blocks.layers import as_node, check_sizes, dense, features_of
from minigraph.blocks.positions import rotary as rotated
from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.ops.block import block
from minigraph.ops.comparison import Where
from minigraph.ops.shape import Unsqueeze
from minigraph.ops.softmax import Softmax

__all__ = ["attention", "multi_head_attention"]


def attention(
    query: NodeLike,
    key: NodeLike,
    value: NodeLike,
    *,
    mask: NodeLike | None = None,
    causal: bool = False,
    name: str = "attention",
) -> Node:
    """softmax(query keyᵀ / √D) value: each place takes from the values of others.

    Parameters
    ----------
    query : Node
        … × T × D.
    key : Node
        … × S × D.
    value : Node
        … × S × E.
    mask : Node, optional
        Booleans, … × T × S: true where a place may attend. A place that may attend nowhere attends everywhere alike.
    causal : bool
        Whether each place attends to those before it and to itself alone. T and S are known then.
    name : str
        The block.

    Returns
    -------
    Node
        … × T × E.

    Raises
    ------
    OperationError
        Where the mask holds no booleans.
    ShapeError
        Where T or S is not known and the attention is causal.

    Source: A. Vaswani and others, "Attention Is All You Need", 2017.

    >>> import minigraph as mg
    >>> q, k, v = (mg.Input(name, ("N", 5, 8)) for name in "qkv")
    >>> attention(q, k, v, causal=True)
    MatMul (N × 5 × 8, float32)
    """
    query, key, value = as_node(query), as_node(key), as_node(value)
    with block(name):
        scores = query @ (key.mT * (1 / math.sqrt(features_of(key))))
        hidden = float(np.finfo(scores.dtype).min) / 2  # as good as −∞, and its difference to any score is a number
        if causal:
            scores = Where(_lower_triangle(scores), scores, hidden)
        if mask is not None:
            if mask.dtype != np.dtype(bool):
                raise OperationError(f"A mask holds booleans, but {mask} is {mask.dtype}.{places(mask)}")
            scores = Where(mask, scores, hidden)
        return Softmax(scores) @ value


def multi_head_attention(
    query: NodeLike,
    key: NodeLike | None = None,
    value: NodeLike | None = None,
    *,
    heads: int,
    rng: np.random.Generator,
    key_heads: int | None = None,
    mask: NodeLike | None = None,
    causal: bool = False,
    rotary: bool = False,
    bias: bool = True,
    name: str = "attention",
) -> Node:
    """Attention in several heads side by side, of which each has features of its own.

    Parameters
    ----------
    query : Node
        N × T × E.
    key : Node, optional
        N × S × E: the query, unless given.
    value : Node, optional
        N × S × E: the key, unless given.
    heads : int
        The number of heads, which divides E.
    rng : np.random.Generator
        What the weights are drawn from.
    key_heads : int, optional
        The number of heads of keys and values, which divides that of heads: each then serves a group of queries.
    mask : Node, optional
        Booleans, T × S or N × T × S: true where a place may attend.
    causal : bool
        Whether each place attends to those before it and to itself alone.
    rotary : bool
        Whether queries and keys are rotated by their places (`mg.blocks.rotary`).
    bias : bool
        Whether the dense blocks have a bias.
    name : str
        The block. Its parameters are those of the dense blocks query, key, value and output within it.

    Returns
    -------
    Node
        N × T × E.

    Raises
    ------
    ShapeError
        Where the query has not three axes, or heads and features do not divide.
    OperationError
        Where a number of heads is no whole number, or is below 1.

    Source: A. Vaswani and others, "Attention Is All You Need", 2017; for groups J. Ainslie and others, "GQA", 2023.

    >>> import minigraph as mg
    >>> x = mg.Input("x", ("N", 5, 8))
    >>> multi_head_attention(x, heads=4, key_heads=2, rng=np.random.default_rng(0)).shape
    ('N', 5, 8)
    """
    query = as_node(query)
    key = query if key is None else key
    value = key if value is None else value
    features, few = features_of(query), heads if key_heads is None else key_heads
    _check(query, heads, few)
    width = features // heads
    with block(name):
        q = _in_heads(dense(query, features, rng=rng, name="query", bias=bias), heads)
        k = _in_heads(dense(key, few * width, rng=rng, name="key", bias=bias), few)
        v = _in_heads(dense(value, few * width, rng=rng, name="value", bias=bias), few)
        if rotary:
            q, k = rotated(q), rotated(k)
        if few < heads:
            k, v = k.repeat(heads // few, axis=1), v.repeat(heads // few, axis=1)
        if mask is not None and mask.ndim == 3:
            mask = Unsqueeze(mask, axes=1)
        taken = attention(q, k, v, mask=mask, causal=causal, name="heads")
        joined: Node = taken.transpose(0, 2, 1, 3).reshape(*query.shape)
        return dense(joined, features, rng=rng, name="output", bias=bias)


def _in_heads(x: Node, heads: int) -> Node:
    """N × T × E as N × heads × T × E/heads."""
    return x.reshape(*x.shape[:2], heads, features_of(x) // heads).transpose(0, 2, 1, 3)


def _lower_triangle(scores: Node) -> Constant:
    rows, columns = scores.shape[-2:]
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise ShapeError(f"Causal attention needs a known number of places, not {described(scores)}.{places(scores)}")
    return Constant(np.tri(rows, columns, dtype=bool))


def _check(query: Node, heads: int, key_heads: int) -> None:
    features = features_of(query)
    check_sizes("Attention", heads=heads, key_heads=key_heads)
    if query.ndim != 3:
        raise ShapeError(f"Attention in heads takes N × T × features, not {described(query)}.{places(query)}")
    if features % heads:
        raise ShapeError(f"The {features} features of {described(query)} cannot be split into {heads} heads.{places(query)}")
    if heads % key_heads:
        raise ShapeError(f"{heads} heads cannot share {key_heads} heads of keys: each must serve as many as the others.")
