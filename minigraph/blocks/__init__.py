"""Blocks: functions that compose nodes, with parameters from an explicit generator, named by the blocks around them.

>>> import numpy as np
>>> import minigraph as mg
>>> rng = np.random.default_rng(0)
>>> hidden = mg.blocks.dense(mg.Input("x", ("N", 2)), 64, rng=rng, name="hidden", activation=mg.Relu)
>>> list(mg.Graph(y=hidden).parameters), hidden.block
(['hidden.W', 'hidden.b'], ('hidden',))
"""

from minigraph.blocks.attention import attention, multi_head_attention
from minigraph.blocks.batch import batch_normalization
from minigraph.blocks.layers import dense, embedding, l1_penalty, l2_penalty, layer_normalization, residual
from minigraph.blocks.positions import rotary, sinusoidal
from minigraph.blocks.recurrent import gru, lstm, rnn
from minigraph.blocks.transformer import transformer_decoder_layer, transformer_encoder_layer
from minigraph.ops.block import block

__all__ = [
    "attention",
    "batch_normalization",
    "block",
    "dense",
    "embedding",
    "gru",
    "l1_penalty",
    "l2_penalty",
    "layer_normalization",
    "lstm",
    "multi_head_attention",
    "residual",
    "rnn",
    "rotary",
    "sinusoidal",
    "transformer_decoder_layer",
    "transformer_encoder_layer",
]
