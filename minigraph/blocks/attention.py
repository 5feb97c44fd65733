"""Attention: each place takes from the values of others, in proportion to how well its query fits their keys."""

import math
from typing import Any

import numpy as np

from minigraph.blocks.layers import as_node, check_sizes, dense, features_of
from minigraph.blocks.positions import rotary as rotated
from minigraph.core.errors import DTypeError, OperationError, ShapeError
from minigraph.core.node import Constant, Node, NodeLike, described, places
from minigraph.core.shapes import broadcast, show_shape
from minigraph.core.values import numeric
from minigraph.ops.block import block
from minigraph.ops.comparison import And, Equal, Not
from minigraph.ops.diagonals import Trilu
from minigraph.ops.extrema import Max
from minigraph.ops.shape import Expand, Shape
from minigraph.ops.softmax import Softmax

__all__ = ["attention", "multi_head_attention"]


def attention(
    query: NodeLike,
    key: NodeLike,
    value: NodeLike,
    *,
    mask: NodeLike | None = None,
    causal: bool = False,
    scale: float | None = None,
    softcap: float | None = None,
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
    mask : Node or array, optional
        What broadcasts to … × T × S. Booleans are true where a place may attend. Floating-point numbers are added to the
        scores; −∞ is where it may not. A place that may attend nowhere takes nothing: its row is 0, and so is its gradient.
    causal : bool
        Whether place i attends to places 0 to i alone. A mask then holds beside it: what either hides is hidden.
    scale : float, optional
        What the products of queries and keys are multiplied with, 1 / √D unless given.
    softcap : float, optional
        A bound for the scores: before anything is masked, s becomes softcap · tanh(s / softcap).
    name : str
        The block.

    Returns
    -------
    Node
        … × T × E.

    Raises
    ------
    DTypeError
        Where the mask holds whole numbers.
    ShapeError
        Where the mask does not broadcast to … × T × S.
    OperationError
        Where the scale is no finite number, or the softcap none above 0.

    Source: A. Vaswani and others, "Attention Is All You Need", 2017; for softcap Gemma Team, "Gemma 2", 2024.

    >>> import minigraph as mg
    >>> q, k, v = (mg.Input(name, ("N", "T", 8)) for name in "qkv")
    >>> attention(q, k, v, causal=True)
    MatMul (N × T × 8, float32)
    """
    query, key, value = as_node(query), as_node(key), as_node(value)
    with block(name):
        factor = 1 / math.sqrt(features_of(key)) if scale is None else _number("scale", scale)
        scores: Any = query @ (key.mT * factor)
        if softcap is not None:
            bound = _number("softcap", softcap, above=0)
            scores = bound * np.tanh(scores / bound)
        weights = _masked_softmax(scores, None if mask is None else _as_mask(mask, scores), causal)
        taken: Node = weights @ value
        return taken


def _masked_softmax(scores: Any, mask: Node | None, causal: bool) -> Any:
    """The softmax of the scores that are not hidden, and 0 for those that are; a row may be hidden whole."""
    hidden = -1e32 if scores.dtype != np.float16 else -3e4
    allowed: list[Any] = [_lower_triangle(scores)] if causal else []
    if mask is not None and mask.dtype == bool:
        allowed.append(mask)
    elif mask is not None:
        added, finite = _added(mask, hidden / 2)
        scores = scores + added
        allowed += [] if finite is None else [finite]
    if not allowed:
        return Softmax(scores)
    seen = allowed[0] if len(allowed) == 1 else _both(*allowed)
    weights = Softmax(np.where(seen, scores, hidden))  # as good as −∞, and sums of it and differences to it are numbers
    everywhere = mask is None or (isinstance(seen, Constant) and seen.value.any(axis=-1).all())
    return weights if everywhere else np.where(seen, weights, 0)


def _added(mask: Node, least: float) -> tuple[Node, Node | None]:
    """What is added to the scores, not below `least`, and where it is not −∞, or None where it is known to be nowhere."""
    if not isinstance(mask, Constant):
        return Max(mask, least), Not(Equal(mask, -np.inf))
    finite = mask.value != -np.inf
    added = mask if not (mask.value < least).any() else Constant(np.maximum(mask.value, least), dtype=mask.dtype)
    return added, None if finite.all() else Constant(finite)


def _both(first: Node, second: Node) -> Node:
    if isinstance(first, Constant) and isinstance(second, Constant):
        return Constant(first.value & second.value)
    return And(first, second)


def _lower_triangle(scores: Node) -> Node:
    rows, columns = scores.shape[-2:]
    if isinstance(rows, int) and isinstance(columns, int):
        return Constant(np.tri(rows, columns, dtype=bool))
    return Trilu(Expand(Constant(True), Shape(scores, start=-2)), upper=False)


def _as_mask(mask: NodeLike, scores: Node) -> Node:
    """The mask as a node: booleans, or numbers of the type of the scores."""
    given = mask if isinstance(mask, Node) else _constant(numeric(mask, "The mask of attention"), scores.dtype)
    if given.dtype.kind not in "bf":
        raise DTypeError(
            "A mask holds booleans, true where a place may attend, or floating-point numbers that are added to the scores, but "
            f"{described(given)} holds {given.dtype}.{places(given)}"
        )
    if broadcast(given.shape, scores.shape) != scores.shape:
        raise ShapeError(
            f"A mask broadcasts to the scores, … × T × S, here {show_shape(scores.shape)}, and {described(given)} does not."
            f"{places(given)}"
        )
    return given


def _constant(array: Any, dtype: Any) -> Constant:
    return Constant(array, dtype=dtype if array.dtype.kind == "f" else None)


def _number(name: str, value: Any, above: float = -math.inf) -> float:
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool) or not above < value < math.inf:
        what = "a number above 0" if above == 0 else "a finite number"
        raise OperationError(f"Attention takes {what} as its {name}, not {value!r}.")
    return float(value)


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
    scale: float | None = None,
    softcap: float | None = None,
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
    mask : Node or array, optional
        As in `attention`: T × S, N × T × S or N × heads × T × S.
    causal, scale, softcap
        As in `attention`; the scale is 1 / √(E / heads) unless given.
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
        if mask is not None:
            mask = mask if isinstance(mask, Node) else numeric(mask, "The mask of attention")
            mask = np.expand_dims(mask, 1) if mask.ndim == 3 else mask
        taken = attention(q, k, v, mask=mask, causal=causal, scale=scale, softcap=softcap, name="heads")
        joined: Node = taken.transpose(0, 2, 1, 3).reshape(*query.shape)
        return dense(joined, features, rng=rng, name="output", bias=bias)


def _in_heads(x: Node, heads: int) -> Node:
    """N × T × E as N × heads × T × E/heads."""
    return x.reshape(*x.shape[:2], heads, features_of(x) // heads).transpose(0, 2, 1, 3)


def _check(query: Node, heads: int, key_heads: int) -> None:
    features = features_of(query)
    check_sizes("Attention", heads=heads, key_heads=key_heads)
    if query.ndim != 3:
        raise ShapeError(f"Attention in heads takes N × T × features, not {described(query)}.{places(query)}")
    if features % heads:
        raise ShapeError(f"The {features} features of {described(query)} cannot be split into {heads} heads.{places(query)}")
    if heads % key_heads:
        raise ShapeError(f"{heads} heads cannot share {key_heads} heads of keys: each must serve as many as the others.")
