"""Store what PyTorch's modules give: `PYTHONPATH=. python tests/oracles/pytorch_blocks.py`, with PyTorch.

For each block the file holds what it was given, the parameters as minigraph names and lays them out, the value, and the
gradients of the sum of the value times a fixed array: for the inputs and for every parameter, laid out the same way.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.func import functional_call

from tests.blocks.compared import BLOCKS

FILE = Path(__file__).parent / "blocks.npz"
ORDERS = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 2, 3, 1)}
"""For each of PyTorch's gates the place of the same one among ours."""
ENCODER = (("attention_normalization", "norm1"), ("feed_forward_normalization", "norm2"))
DECODER = (
    ("attention_normalization", "norm1"), ("cross_attention_normalization", "norm2"), ("feed_forward_normalization", "norm3"),
)  # fmt: skip


def leaf(array):
    return torch.tensor(array).requires_grad_()


def gates(array, order):
    parts = array.chunk(len(order), dim=-1)
    return torch.cat([parts[i] for i in order], dim=-1)


def recurrent(kind, module, directions):
    def call(given, own):
        order, weights = ORDERS[kind], {}
        for suffix, direction in zip(("", "_reverse"), directions, strict=False):
            W, R, b = (gates(own[f"{kind}.{direction}.{each}"], order) for each in "WRb")
            weights |= {f"weight_ih_l0{suffix}": W.mT, f"weight_hh_l0{suffix}": R.mT, f"bias_ih_l0{suffix}": b}
            hidden = torch.zeros_like(b)
            if kind == "gru":
                c = own[f"gru.{direction}.c"]
                hidden = torch.cat([hidden[: 2 * len(c)], c])
            weights[f"bias_hh_l0{suffix}"] = hidden
        return functional_call(module, weights, (given["x"],))[0]

    return call


def of_attention(own, path, to):
    """The weights of nn.MultiheadAttention."""
    parts = ("query", "key", "value")
    return {
        f"{to}in_proj_weight": torch.cat([own[f"{path}.{part}.W"].mT for part in parts]),
        f"{to}in_proj_bias": torch.cat([own[f"{path}.{part}.b"] for part in parts]),
        f"{to}out_proj.weight": own[f"{path}.output.W"].mT,
        f"{to}out_proj.bias": own[f"{path}.output.b"],
    }


def of_layer(own, kind, normalizations):
    weights = of_attention(own, f"{kind}.attention", "self_attn.")
    for ours, theirs in (("inner", "linear1"), ("outer", "linear2")):
        path = f"{kind}.feed_forward.{ours}"
        weights |= {f"{theirs}.weight": own[f"{path}.W"].mT, f"{theirs}.bias": own[f"{path}.b"]}
    for ours, theirs in normalizations:
        weights |= {f"{theirs}.weight": own[f"{kind}.{ours}.scale"], f"{theirs}.bias": own[f"{kind}.{ours}.bias"]}
    return weights


def looking(module, **options):
    def call(given, own):
        x = given["x"]
        return functional_call(module, of_attention(own, "attention", ""), (x, x, x), options)[0]

    return call


def encoder(norm_first):
    module = nn.TransformerEncoderLayer(8, 2, 6, dropout=0.0, batch_first=True, norm_first=norm_first)
    return lambda given, own: functional_call(module, of_layer(own, "encoder", ENCODER), (given["x"],))


def decoder(given, own):
    module = nn.TransformerDecoderLayer(8, 2, 6, dropout=0.0, batch_first=True)
    weights = of_layer(own, "decoder", DECODER) | of_attention(own, "decoder.cross_attention", "multihead_attn.")
    later = torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
    return functional_call(module, weights, (given["x"], given["memory"]), {"tgt_mask": later})


torch.set_default_dtype(torch.float64)
BOTH = {"batch_first": True, "bidirectional": True}
CALLS = {
    "rnn": recurrent("rnn", nn.RNN(8, 3, batch_first=True), ["forward"]),
    "rnn_both": recurrent("rnn", nn.RNN(8, 3, **BOTH), ["forward", "reverse"]),
    "gru": recurrent("gru", nn.GRU(8, 3, batch_first=True), ["forward"]),
    "gru_both": recurrent("gru", nn.GRU(8, 3, **BOTH), ["forward", "reverse"]),
    "lstm": recurrent("lstm", nn.LSTM(8, 3, batch_first=True), ["forward"]),
    "lstm_both": recurrent("lstm", nn.LSTM(8, 3, **BOTH), ["forward", "reverse"]),
    "attention": looking(nn.MultiheadAttention(8, 2, batch_first=True)),
    "attention_causal": looking(
        nn.MultiheadAttention(8, 2, batch_first=True), attn_mask=torch.triu(torch.ones(5, 5, dtype=torch.bool), 1)
    ),
    "encoder": encoder(norm_first=False),
    "encoder_norm_first": encoder(norm_first=True),
    "decoder": decoder,
}


if __name__ == "__main__":
    answers = {}
    for name, compose in BLOCKS.items():
        rng = np.random.default_rng(0)
        graph = compose()
        given = {key: leaf(rng.normal(size=(2, *node.shape[1:]))) for key, node in graph.inputs.items()}
        own = {key: leaf(rng.normal(0, 0.5, node.shape)) for key, node in graph.parameters.items()}
        y = CALLS[name](given, own)
        seed = torch.tensor(rng.normal(size=y.shape))
        (y * seed).sum().backward()
        leaves = given | own
        answers |= {f"{name}/given/{key}": each.detach().numpy() for key, each in leaves.items()}
        answers |= {f"{name}/gradient/{key}": each.grad.numpy() for key, each in leaves.items()}
        answers |= {f"{name}/value": y.detach().numpy(), f"{name}/seed": seed.numpy()}
    np.savez_compressed(FILE, **answers)
    print(f"{len(BLOCKS)} blocks, {len(answers)} arrays")
