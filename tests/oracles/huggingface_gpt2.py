"""Store a small GPT-2 of Hugging Face's transformers: `python tests/oracles/huggingface_gpt2.py`, from the root.

It needs torch, transformers and safetensors. gpt2.safetensors holds the weights by the names that they have there, with the
scores that the model gives a few tokens.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

FILE = Path(__file__).parent / "gpt2.safetensors"

torch.manual_seed(0)
config = GPT2Config(vocab_size=11, n_positions=6, n_embd=8, n_layer=2, n_head=2, initializer_range=0.5)
model = GPT2LMHeadModel(config).eval()
tokens = torch.randint(0, 11, (3, 6))
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):  # which start at 0, and would hide that one is not loaded
            parameter.normal_(0, 0.5)
    scores = model(tokens).logits
weights = {name: tensor.clone() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
save_file({**weights, "tokens": tokens, "scores": scores}, FILE)
