"""Store what PyTorch's recurrent layers give: `PYTHONPATH=. python tests/oracles/pytorch_recurrent.py`, with PyTorch.

For each case of tests/blocks/recurrent.py the file holds the states, the last state, a loss of them, its gradients for what is
given and for every parameter, and the gradients of the sum of their squares, laid out as minigraph lays them out.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.blocks.recurrent_cases import CASES, FEATURES, UNITS, arrays
from tests.oracles.pytorch_blocks import ORDERS, gates

FILE = Path(__file__).parent / "recurrent.npz"
DIRECTIONS = {"forward": ["forward"], "reverse": ["reverse"], "bidirectional": ["forward", "reverse"]}


def weights_of(kind, directions, own):
    weights = {}
    for suffix, direction in zip(("", "_reverse"), directions, strict=False):
        W, R, b = (gates(own[f"{kind}.{direction}.{each}"], ORDERS[kind]) for each in "WRb")
        hidden = torch.zeros_like(b)
        if kind == "gru":
            c = own[f"gru.{direction}.c"]
            hidden = torch.cat([hidden[: 2 * len(c)], c])
        weights |= {f"weight_ih_l0{suffix}": W.mT, f"weight_hh_l0{suffix}": R.mT}
        weights |= {f"bias_ih_l0{suffix}": b, f"bias_hh_l0{suffix}": hidden}
    return weights


def turned(x, lengths):
    """Each row's places that count in the opposite order."""
    rows = [torch.cat([row[:n].flip(0), row[n:]]) for row, n in zip(x, lengths, strict=True)]
    return torch.stack(rows)


def called(case, given, own):
    """The states of every place, and the last ones."""
    block, direction, _ = CASES[case]
    kind, directions = block.__name__, DIRECTIONS[direction]
    module = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](
        FEATURES, UNITS, batch_first=True, bidirectional=len(directions) > 1
    )
    x, lengths = given["x"], given.get("lengths")
    if direction == "reverse":
        x = turned(x, lengths)
    first = [given[name].reshape(len(x), -1, UNITS).transpose(0, 1).contiguous() for name in ("h", "c") if name in given]
    packed = x if lengths is None else pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    arguments = (packed, *([tuple(first) if kind == "lstm" else first[0]] if first else []))
    states, last = functional_call(module, weights_of(kind, directions, own), arguments)
    if lengths is not None:
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
    if direction == "reverse":
        states = turned(states, lengths)
    last = last if isinstance(last, tuple) else (last,)
    return states, [each.transpose(0, 1).reshape(len(x), -1) for each in last]


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    answers = {}
    for case in CASES:
        given, own = ({name: torch.tensor(array) for name, array in each.items()} for each in arrays(case))
        leaves = {name: each.requires_grad_() for name, each in (given | own).items() if each.dtype == torch.float64}
        states, last = called(case, given, own)
        loss = torch.sin(states).sum() + sum((each * each).sum() for each in last)
        first = torch.autograd.grad(loss, list(leaves.values()), create_graph=True)
        second = torch.autograd.grad(sum((each * each).sum() for each in first), list(leaves.values()))
        found = {"states": states, "loss": loss} | {f"last{i}": each for i, each in enumerate(last)}
        found |= {f"d {name}": each for name, each in zip(leaves, first, strict=True)}
        found |= {f"dd {name}": each for name, each in zip(leaves, second, strict=True)}
        answers |= {f"{case}/{name}": each.detach().numpy() for name, each in found.items()}
    np.savez_compressed(FILE, **answers)
    print(f"{len(CASES)} cases, {len(answers)} arrays")
