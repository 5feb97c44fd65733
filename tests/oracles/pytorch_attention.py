"""Store how PyTorch attends: `PYTHONPATH=. python tests/oracles/pytorch_attention.py`, with PyTorch.

Values, and gradients for query, key, value and an added mask, in float64 and in float32, in which −1e9 leaves nothing of a
score. scaled_dot_product_attention takes no mask beside `is_causal`, so both are one mask; it has no softcap, which is composed
of PyTorch's functions.
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import scaled_dot_product_attention

from tests.blocks.attended import CASES, made

FILE = Path(__file__).parent / "attention.npz"


def attended(case, query, key, value, mask):
    causal = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    if case.causal and mask is not None:
        mask = mask & causal if mask.dtype == torch.bool else mask.masked_fill(~causal, -torch.inf)
    if case.softcap is None:
        alone = case.causal and mask is None
        return scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=alone, scale=case.scale)
    scores = query @ key.mT * (case.scale or key.shape[-1] ** -0.5)
    scores = case.softcap * torch.tanh(scores / case.softcap)
    if mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, -torch.inf)
    elif mask is not None:
        scores = scores + mask
    whole = torch.isneginf(scores).all(-1, keepdim=True)
    return torch.softmax(scores.masked_fill(whole, 0), -1).masked_fill(whole, 0) @ value


if __name__ == "__main__":
    answers = {}
    for name, case in CASES.items():
        for dtype in (torch.float64, torch.float32):
            *given, cotangent = (torch.tensor(each, dtype=dtype) for each in made(case))
            leaves = {key: each.requires_grad_() for key, each in zip(("query", "key", "value"), given, strict=True)}
            mask = None if case.mask is None else torch.atleast_2d(torch.tensor(case.mask))
            if mask is not None and mask.is_floating_point():
                mask = leaves["mask"] = mask.to(dtype).requires_grad_()
            y = attended(case, *given, mask)
            y.backward(cotangent)
            key = f"{name}/{str(dtype).removeprefix('torch.')}"
            answers |= {f"{key}/{each}": leaf.grad.numpy() for each, leaf in leaves.items()} | {f"{key}/y": y.detach().numpy()}
    np.savez_compressed(FILE, **answers)
    print(f"{len(CASES)} cases, {len(answers)} arrays")
