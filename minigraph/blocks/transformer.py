"""The layers of a transformer. Source: A. Vaswani and others, "Attention Is All You Need", 2017."""

from collections.abc import Callable

import numpy as np

from minigraph.blocks.attention import multi_head_attention
from minigraph.blocks.layers import dense, features_of, layer_normalization, residual
from minigraph.core.errors import OperationError
from minigraph.core.node import Node, NodeLike
from minigraph.core.provenance import block
from minigraph.ops.activations import Relu
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
    """Attention of x, N × T × E, to itself, then a dense layer of `hidden` units and one back to E, each in a residual.

    Each residual is normalised after its sum, as in the paper, or with `norm_first` what goes into its part is. A causal layer
    is that of a language model without an encoder. With `dropout` each part loses that share of its value in training before it
    is added, drawn from a `state`, such as mg.RandomState(0).

    >>> import minigraph as mg
    >>> transformer_encoder_layer(mg.Input("x", ("N", 5, 8)), heads=2, hidden=32, rng=np.random.default_rng(0))
    LayerNormalization (N × 5 × 8, float32)
    """

    def look(y: Node) -> Node:
        return multi_head_attention(y, heads=heads, rng=rng, mask=mask, causal=causal)

    inner = _feed_forward(hidden, activation, rng)
    with block(name):
        x = _normalized(x, _dropping(look, dropout, state), "attention_normalization", norm_first)
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
    """Attention of x, N × T × E, to itself, then to `memory`, N × S × E, an encoder's value, then two dense layers.

    The options are those of `transformer_encoder_layer`.

    >>> import minigraph as mg
    >>> x, memory = mg.Input("x", ("N", 5, 8)), mg.Input("memory", ("N", 7, 8))
    >>> transformer_decoder_layer(x, memory, heads=2, hidden=32, rng=np.random.default_rng(0))
    LayerNormalization (N × 5 × 8, float32)
    """

    def look(y: Node) -> Node:
        return multi_head_attention(y, heads=heads, rng=rng, mask=mask, causal=causal)

    def look_across(y: Node) -> Node:
        return multi_head_attention(y, memory, heads=heads, rng=rng, mask=memory_mask, name="cross_attention")

    inner = _feed_forward(hidden, activation, rng)
    with block(name):
        x = _normalized(x, _dropping(look, dropout, state), "attention_normalization", norm_first)
        x = _normalized(x, _dropping(look_across, dropout, state), "cross_attention_normalization", norm_first)
        return _normalized(x, _dropping(inner, dropout, state), "feed_forward_normalization", norm_first)


def _dropping(part: Part, ratio: float, state: RandomState | None) -> Part:
    """The part, of whose value a share is left out in training."""
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
