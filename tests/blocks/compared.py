"""The blocks that PyTorch has as modules, each composed into a graph in double precision."""

import numpy as np

import minigraph as mg
from minigraph import blocks


def _over(compose, *others):
    def graph():
        x, *memory = (mg.Input(name, ("N", size, 8), dtype=np.float64) for name, size in (("x", 5), *others))
        y = compose(x, *memory, rng=np.random.default_rng(0))
        return mg.Graph(y=y[0] if isinstance(y, tuple) else y)

    return graph


def _with(block, *units, **options):
    return _over(lambda x, rng: block(x, *units, rng=rng, **options))


BLOCKS = {
    "rnn": _with(blocks.rnn, 3),
    "rnn_both": _with(blocks.rnn, 3, direction="bidirectional"),
    "gru": _with(blocks.gru, 3),
    "gru_both": _with(blocks.gru, 3, direction="bidirectional"),
    "lstm": _with(blocks.lstm, 3),
    "lstm_both": _with(blocks.lstm, 3, direction="bidirectional"),
    "attention": _with(blocks.multi_head_attention, heads=2),
    "attention_causal": _with(blocks.multi_head_attention, heads=2, causal=True),
    "encoder": _with(blocks.transformer_encoder_layer, heads=2, hidden=6),
    "encoder_norm_first": _with(blocks.transformer_encoder_layer, heads=2, hidden=6, norm_first=True),
    "decoder": _over(
        lambda x, memory, rng: blocks.transformer_decoder_layer(x, memory, heads=2, hidden=6, rng=rng), ("memory", 7)
    ),
}
