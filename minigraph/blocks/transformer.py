"""The layers of a transformer. Source: A. Vaswani and others, "Attention Is All You Need", 2017."""

from collections.abc import Callable

import numpy as np

from minigraph.blocks.attention import multi_head_attention
from minigraph.blocks.layers import dense, features_of, layer_normalization, residual
from minigraph.core.errors import OperationError
from minigraph.core.node import Node, NodeLike
from minigraph.ops.activations import Relu
from minigraph.ops.block import block
from minigraph.ops.random import Dropout, RandomState

__all__ = ["transformer_decoder_layer", "transformer_encoder_layer"]

Part = Callable[[Node], NodeLike]


def transformer_encoder_layer(
    x: NodeLike,
    *,
    heads: int,
    hidden: int,
    rng: np.random.Generator,
    mask: NodeLike | None = None,
    causal: bool = False,
    activation: Part = Relu,
    norm_first: bool = False,
    dropout: float = 0.0,
    state: RandomState | None = None,
    name: str = "encoder",
) -> Node:
    """Attention of x to itself, then a dense layer of `hidden` units and one back to E, each in a residual.

    Parameters
    ----------
    x : Node
        N × T × E, floating-point.
    heads : int
        The number of heads, which divides E.
    hidden : int
        The units of the inner dense layer.
    rng : np.random.Generator
        What the weights are drawn from.
    mask : Node, optional
        As that of `multi_head_attention`: true where a place may attend, or numbers that are added to the scores.
    causal : bool
        Whether each place attends to those before it and to itself alone, as in a language model without an encoder.
    activation : callable
        That of the inner dense layer.
    norm_first : bool
        Whether each residual is normalised before what is added is computed; otherwise after the sum, as in the paper.
    dropout : float
        How much of what is added is dropped in training.
    state : RandomState, optional
        What dropout draws from, such as mg.RandomState(0).
    name : str
        The block.

    Returns
    -------
    Node
        N × T × E.

    Raises
    ------
    ShapeError
        Where x has not three axes, or heads do not divide E.
    OperationError
        Where a size is no whole number above 0, or there is dropout and no state.

    >>> import minigraph as mg
    >>> transformer_encoder_layer(mg.Input("x", ("N", 5, 8)), heads=2, hidden=32, rng=np.random.default_rng(0))
    LayerNormalization (N × 5 × 8, float32)
    """

    def attend(y: Node) -> Node:
        return multi_head_attention(y, heads=heads, rng=rng, mask=mask, causal=causal)

    inner = _feed_forward(hidden, activation, rng)
    with block(name):
        x = _normalized(x, _dropping(attend, dropout, state), "attention_normalization", norm_first)
        return _normalized(x, _dropping(inner, dropout, state), "feed_forward_normalization", norm_first)


def transformer_decoder_layer(
    x: NodeLike,
    memory: NodeLike,
    *,
    heads: int,
    hidden: int,
    rng: np.random.Generator,
    mask: NodeLike | None = None,
    memory_mask: NodeLike | None = None,
    causal: bool = True,
    activation: Part = Relu,
    norm_first: bool = False,
    dropout: float = 0.0,
    state: RandomState | None = None,
    name: str = "decoder",
) -> Node:
    """Attention of x to itself, then to `memory`, then two dense layers, each in a residual.

    Parameters
    ----------
    x : Node
        N × T × E, floating-point.
    memory : Node
        N × S × E, an encoder's value.
    heads, hidden, rng, mask, causal, activation, norm_first, dropout, state, name
        As those of `transformer_encoder_layer`; the mask and `causal` are for the attention of x to itself.
    memory_mask : Node, optional
        Booleans, T × S or N × T × S: true where a place of x may attend to one of the memory.

    Returns
    -------
    Node
        N × T × E.

    Raises
    ------
    ShapeError, OperationError
        As `transformer_encoder_layer`.

    >>> import minigraph as mg
    >>> x, memory = mg.Input("x", ("N", 5, 8)), mg.Input("memory", ("N", 7, 8))
    >>> transformer_decoder_layer(x, memory, heads=2, hidden=32, rng=np.random.default_rng(0))
    LayerNormalization (N × 5 × 8, float32)
    """

    def attend(y: Node) -> Node:
        return multi_head_attention(y, heads=heads, rng=rng, mask=mask, causal=causal)

    def attend_to_memory(y: Node) -> Node:
        return multi_head_attention(y, memory, heads=heads, rng=rng, mask=memory_mask, name="cross_attention")

    inner = _feed_forward(hidden, activation, rng)
    with block(name):
        x = _normalized(x, _dropping(attend, dropout, state), "attention_normalization", norm_first)
        x = _normalized(x, _dropping(attend_to_memory, dropout, state), "cross_attention_normalization", norm_first)
        return _normalized(x, _dropping(inner, dropout, state), "feed_forward_normalization", norm_first)


def _dropping(part: Part, ratio: float, state: RandomState | None) -> Part:
    """The part, some of whose value is dropped in training."""
    if not ratio:
        return part
    if state is None:
        raise OperationError(f"dropout={ratio} is drawn from a random state: give state=mg.RandomState(seed).")
    return lambda y: Dropout(part(y), state, ratio=ratio)


def _normalized(x: NodeLike, part: Part, name: str, first: bool) -> Node:
    """The part in a residual, normalised before the part or after the sum."""
    if first:
        return residual(x, lambda y: part(layer_normalization(y, name=name)))
    return layer_normalization(residual(x, part), name=name)


def _feed_forward(hidden: int, activation: Part, rng: np.random.Generator) -> Part:
    def apply(x: Node) -> Node:
        with block("feed_forward"):
            inner = dense(x, hidden, rng=rng, name="inner", activation=activation)
            return dense(inner, features_of(x), rng=rng, name="outer")

    return apply
