"""Rows of tests.performance.networks: the GPT of models/, and a larger one."""

import numpy as np

from tests.performance.contestants import training
from tests.performance.recurrent import CHARACTERS, texts

__all__ = ["ROWS"]

PARTS = ("query", "key", "value")


def gpt(rows, length, features, heads, layers, row=training):
    def graph():
        from models import gpt

        return gpt.build(CHARACTERS, length, features, heads, layers)

    def network(torch, arrays):
        class GPT(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = torch.nn.Embedding(CHARACTERS, features)
                self.places = torch.nn.Parameter(torch.zeros(length, features))
                options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
                self.layers = torch.nn.ModuleList(
                    torch.nn.TransformerEncoderLayer(features, heads, 4 * features, **options) for _ in range(layers)
                )
                self.last, self.scores = torch.nn.LayerNorm(features), torch.nn.Linear(features, CHARACTERS)
                self.register_buffer("mask", torch.nn.Transformer.generate_square_subsequent_mask(length), persistent=False)

            def forward(self, x):
                a = self.embedding(x) + self.places
                for layer in self.layers:
                    a = layer(a, src_mask=self.mask, is_causal=True)
                return self.scores(self.last(a))

        module, given = GPT(), {"embedding.weight": arrays["embedding.W"], "places": arrays["places"]}
        for number in range(layers):
            own, there = (lambda name, number=number: arrays[f"layer{number + 1}.{name}"]), f"layers.{number}."
            given[f"{there}self_attn.in_proj_weight"] = np.hstack([own(f"attention.{part}.W") for part in PARTS]).T
            given[f"{there}self_attn.in_proj_bias"] = np.hstack([own(f"attention.{part}.b") for part in PARTS])
            for name, ours in {
                "self_attn.out_proj": "attention.output",
                "linear1": "feed_forward.inner",
                "linear2": "feed_forward.outer",
            }.items():
                given |= {f"{there}{name}.weight": own(f"{ours}.W").T, f"{there}{name}.bias": own(f"{ours}.b")}
            for name, ours in {"norm1": "attention_normalization", "norm2": "feed_forward_normalization"}.items():
                given |= {f"{there}{name}.weight": own(f"{ours}.scale"), f"{there}{name}.bias": own(f"{ours}.bias")}
        given |= {"last.weight": arrays["normalization.scale"], "last.bias": arrays["normalization.bias"]}
        given |= {"scores.weight": arrays["scores.W"].T, "scores.bias": arrays["scores.b"]}
        module.load_state_dict({name: torch.from_numpy(array) for name, array in given.items()})
        return module

    def scores(jax, weights, x):
        jnp = jax.numpy

        def normalized(a, name):
            mean, variance = a.mean(-1, keepdims=True), a.var(-1, keepdims=True)
            return (a - mean) * jax.lax.rsqrt(variance + 1e-5) * weights[f"{name}.scale"] + weights[f"{name}.bias"]

        def dense(a, name):
            return a @ weights[f"{name}.W"] + weights[f"{name}.b"]

        a = weights["embedding.W"][x] + weights["places"]
        seen = jnp.tril(jnp.ones((length, length), bool))
        for number in range(1, layers + 1):
            own = f"layer{number}."
            b = normalized(a, f"{own}attention_normalization")
            q, k, v = (dense(b, f"{own}attention.{part}").reshape(*x.shape, heads, -1) for part in PARTS)
            products = jnp.einsum("nihf,njhf->nhij", q, k) / (features // heads) ** 0.5
            chances = jax.nn.softmax(jnp.where(seen, products, -jnp.inf))
            b = jnp.einsum("nhij,njhf->nihf", chances, v).reshape(a.shape)
            a = a + dense(b, f"{own}attention.output")
            b = normalized(a, f"{own}feed_forward_normalization")
            b = jax.nn.gelu(dense(b, f"{own}feed_forward.inner"), approximate=False)
            a = a + dense(b, f"{own}feed_forward.outer")
        return dense(normalized(a, "normalization"), "scores")

    return row(graph, texts(rows, length), network, scores)


ROWS = {
    "gpt.py, 32 × 32 × 48": gpt(32, 32, 48, 4, 2),
    "gpt.py, 4 layers, 16 × 128 × 256": gpt(16, 128, 256, 4, 4),
}
