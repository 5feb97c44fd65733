"""Attention: each place takes from the values of others, in proportion to how well its query fits their keys."""

import math

import numpy as np

from minigraph.blocks.layers import as_node, check_sizes, dense, features_of
from minigraph.blocks.positions import rotary as turned
from minigraph.core.errors import OperationError, ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.core.provenance import block
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
    """softmax(query keyᵀ / √D) value, for a query … × T × D, a key … × S × D and a value … × S × E.

    A mask holds booleans, … × T × S: true where a place may look. A causal one lets each place look at those before it and
    at itself. A place that may look nowhere looks everywhere alike.

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
        taken: Node = Softmax(scores) @ value
        return taken


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
    """Attention in several heads side by side: query N × T × E, key and value N × S × E; unless given, they are the query.

    With fewer `key_heads` than heads, each head of keys and values serves a group of queries. A mask is T × S, or N × T × S.
    With `rotary`, queries and keys are turned by their places. The parameters are those of the dense blocks query, key, value
    and output.

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
            q, k = turned(q), turned(k)
        if few < heads:
            k, v = k.repeat(heads // few, axis=1), v.repeat(heads // few, axis=1)
        if mask is not None and mask.ndim == 3:
            mask = Unsqueeze(mask, axes=1)
        taken = attention(q, k, v, mask=mask, causal=causal, name="heads")
        joined: Node = taken.transpose(0, 2, 1, 3).reshape(*query.shape)
        return dense(joined, features, rng=rng, name="output", bias=bias)


def _in_heads(x: Node, heads: int) -> Node:
    """N × T × E as N × heads × T × E/heads."""
    parted: Node = x.reshape(*x.shape[:2], heads, features_of(x) // heads).transpose(0, 2, 1, 3)
    return parted


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
